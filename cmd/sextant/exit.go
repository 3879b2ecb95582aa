package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"sextant/db"
	"sextant/db/embedded"
	"sextant/jobs"
	"sextant/jobs/report/store"
)

// The exit codes.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2   // flags, arguments or configuration
	exitLocked    = 3   // another run holds the lock
	exitPartial   = 4   // some learners or slices failed
	exitNotReady  = 5   // the database is down, not migrated, …
	exitCancelled = 130 // as the shell reports SIGINT
)

// usageError is a command line or configuration that makes no sense.
type usageError struct {
	msg  string
	help bool // the command's --help would have told
}

func (e *usageError) Error() string { return e.msg }

// usagef is for what is wrong with the arguments or flags of a command.
func usagef(format string, args ...any) error {
	return &usageError{msg: fmt.Sprintf(format, args...), help: true}
}

// configf is for what is wrong with the configuration, or with a request that is
// well formed: the command's --help would not help.
func configf(format string, args ...any) error {
	return &usageError{msg: fmt.Sprintf(format, args...)}
}

// statusError ends the process with a code when everything has been said.
type statusError struct{ code int }

func (e *statusError) Error() string { return fmt.Sprintf("exit %d", e.code) }

// exitCode maps an error to the documented exit code.
func exitCode(err error) int {
	var (
		status    *statusError
		usage     *usageError
		request   *jobs.UsageError
		locked    *jobs.LockedError
		partial   *jobs.PartialError
		cancelled *jobs.CancelledError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &status):
		return status.code
	case errors.As(err, &usage), errors.As(err, &request), db.IsKind(err, db.KindConfig):
		return exitUsage
	case errors.As(err, &locked):
		return exitLocked
	case errors.As(err, &partial):
		return exitPartial
	case errors.As(err, &cancelled), errors.Is(err, context.Canceled):
		return exitCancelled
	case notReady(err):
		return exitNotReady
	}
	return exitFailed
}

// notReady reports whether the environment, not the work, is what is wrong.
func notReady(err error) bool {
	for _, k := range []db.Kind{db.KindUnreachable, db.KindAuth, db.KindNoDatabase, db.KindNotMigrated, db.KindTooNew,
		db.KindPrivilege, db.KindReadOnly} {
		if db.IsKind(err, k) {
			return true
		}
	}
	var service *jobs.PlumberError
	if errors.As(err, &service) && service.Down || store.Fails(err) {
		return true
	}
	var (
		binaries *embedded.NoBinariesError
		mismatch *embedded.VersionMismatchError
		start    *embedded.StartError
		folder   *embedded.FolderError
	)
	return errors.As(err, &binaries) || errors.As(err, &mismatch) || errors.As(err, &start) ||
		errors.As(err, &folder) || errors.Is(err, embedded.ErrNotReady) || errors.Is(err, db.ErrNoSource)
}

// report says on stderr, in one line, what went wrong.
func (a *app) report(err error, asJSON bool) {
	var status *statusError
	if errors.As(err, &status) {
		return
	}
	msg := mask(strings.Join(strings.Fields(err.Error()), " "))
	if errors.Is(err, context.Canceled) {
		msg = "cancelled"
	}
	if !asJSON {
		fmt.Fprintln(a.errOut, "sextant: "+msg)
		return
	}
	line, jsonErr := json.Marshal(struct {
		Error    string `json:"error"`
		ExitCode int    `json:"exit_code"`
	}{msg, exitCode(err)})
	if jsonErr != nil {
		line = []byte(msg)
	}
	fmt.Fprintln(a.errOut, string(line))
}

// secret matches the password of a URL, up to the last @ of the word, and of a
// keyword string.
var secret = regexp.MustCompile(`(://[^:/@\s]*:)\S*(@)|(password\s*=\s*)('[^']*'|[^&\s]+)`)

// mask hides passwords in a text that may quote a connection string.
func mask(s string) string { return secret.ReplaceAllString(s, "${1}${3}***${2}") }
