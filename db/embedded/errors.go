package embedded

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// ErrNotReady means that the server process runs but does not answer.
var ErrNotReady = errors.New("the private PostgreSQL server does not answer")

// errGone means that the postmaster that was waited for has ended.
var errGone = errors.New("the server has ended")

// NoBinariesError means that no usable PostgreSQL server programs were found.
type NoBinariesError struct {
	// Dir is the folder the caller named, "" after a search.
	Dir string
	// Unusable are programs that were found but cannot be used, each with its reason.
	Unusable []string
}

func (e *NoBinariesError) Error() string {
	var b strings.Builder
	if e.Dir != "" {
		fmt.Fprintf(&b, "no PostgreSQL server (postgres and initdb, version %d or newer) in %s", minMajor, e.Dir)
	} else {
		b.WriteString("no PostgreSQL server found in PATH or the usual folders")
	}
	if len(e.Unusable) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(e.Unusable, "; "))
	}
	fmt.Fprintf(&b, ": %s, or set DATABASE_URL to a server of your own", installHint(runtime.GOOS))
	return b.String()
}

func installHint(goos string) string {
	switch goos {
	case "darwin":
		return "install it with `brew install postgresql@17`"
	case "linux":
		return "install it with `apt-get install postgresql` (Debian, Ubuntu) or `dnf install postgresql-server` (Fedora, RHEL)"
	default:
		return fmt.Sprintf("install PostgreSQL %d or newer", minMajor)
	}
}

// VersionMismatchError means that the cluster was made by another major version of PostgreSQL than
// any that is installed. Sextant never upgrades a cluster.
type VersionMismatchError struct {
	ClusterDir   string
	ClusterMajor int
	Found        []Binaries
}

func (e *VersionMismatchError) Error() string {
	found := make([]string, len(e.Found))
	for i, b := range e.Found {
		found[i] = fmt.Sprintf("%s in %s", b.Version, b.Dir)
	}
	return fmt.Sprintf("the cluster in %s was made by PostgreSQL %d, but the server found is %s: install PostgreSQL %d, or upgrade the cluster with pg_upgrade",
		e.ClusterDir, e.ClusterMajor, strings.Join(found, ", "), e.ClusterMajor)
}

// InUseError means that Down left the server running because other processes use it.
type InUseError struct {
	PID   int
	Users []int // their process ids
}

func (e *InUseError) Error() string {
	pids := make([]string, len(e.Users))
	for i, pid := range e.Users {
		pids[i] = strconv.Itoa(pid)
	}
	return fmt.Sprintf("the private PostgreSQL server is in use by process %s: it stops when the last of them ends",
		strings.Join(pids, ", "))
}

// StartError means that the server ended instead of starting.
type StartError struct {
	Reason  string // the server's last words
	LogFile string
}

func (e *StartError) Error() string {
	return fmt.Sprintf("the private PostgreSQL server did not start: %s (see %s)", e.Reason, e.LogFile)
}

// FolderError means that the data folder cannot hold the server.
type FolderError struct {
	Dir    string
	Reason string // what is wrong and what to do
}

func (e *FolderError) Error() string { return fmt.Sprintf("data folder %s: %s", e.Dir, e.Reason) }
