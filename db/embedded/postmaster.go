package embedded

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// postmaster is what the server's lock file, postmaster.pid, tells of it. The later fields are empty
// while it is still starting.
type postmaster struct {
	pid       int
	port      int
	socketDir string
	listen    string
}

// running returns the cluster's postmaster and whether it is alive. It trusts no process id alone,
// since another process may have got that of a dead postmaster.
func (f *folder) running() (postmaster, bool) {
	content, err := os.ReadFile(filepath.Join(f.cluster(), "postmaster.pid"))
	if err != nil {
		return postmaster{}, false
	}
	lines := strings.Split(string(content), "\n")
	line := func(i int) string {
		if i < len(lines)-1 { // the last piece is not a whole line
			return strings.TrimSpace(lines[i])
		}
		return ""
	}
	var pm postmaster
	if pm.pid, err = strconv.Atoi(line(0)); err != nil || pm.pid <= 0 {
		return postmaster{}, false
	}
	if pm.port, err = strconv.Atoi(line(3)); err == nil {
		pm.socketDir, pm.listen = line(4), line(5)
	}
	return pm, f.isPostmaster(pm.pid)
}

// isPostmaster says whether a live process serves this cluster.
func (f *folder) isPostmaster(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	if runtime.GOOS == "linux" {
		// A postmaster's working folder is its cluster; a dead one's that still waits for its parent
		// has none any more.
		at, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
		if err != nil {
			return false
		}
		here, err := os.Stat(f.cluster())
		return err == nil && os.SameFile(at, here)
	}
	out, err := exec.Command("ps", "-o", "stat=,command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return false
	}
	line := strings.TrimSpace(string(out))
	return !strings.HasPrefix(line, "Z") && strings.Contains(line, "postgres") && strings.Contains(line, f.cluster())
}

// signal reaches the postmaster, and nobody else under its number.
func (f *folder) signal(pm postmaster, sig syscall.Signal) error {
	if !f.isPostmaster(pm.pid) {
		return nil
	}
	if err := syscall.Kill(pm.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal process %d: %w", pm.pid, err)
	}
	return nil
}

// endpoint is where the server listens: a socket folder, or a port on the loopback address.
type endpoint struct {
	socketDir string
	port      int
}

// socketPort names the socket file; nothing listens on the port of this number.
const socketPort = 5432

// endpoint prefers the socket: it needs no password, and no other program can take its place.
func (f *folder) endpoint() (endpoint, error) {
	limit := 107 // what fits a socket address, less the final zero
	if runtime.GOOS == "darwin" {
		limit = 103
	}
	if socket := filepath.Join(f.socketDir(), ".s.PGSQL."+strconv.Itoa(socketPort)); len(socket) <= limit {
		return endpoint{socketDir: f.socketDir(), port: socketPort}, nil
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return endpoint{}, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return endpoint{port: port}, l.Close()
}

// flags are on the command line, where no configuration file overrides them.
func (e endpoint) flags() []string {
	listen, socketDir := "127.0.0.1", ""
	if e.socketDir != "" {
		listen, socketDir = "", `"`+strings.ReplaceAll(e.socketDir, `"`, `""`)+`"`
	}
	return []string{
		"-c", "listen_addresses=" + listen,
		"-c", "unix_socket_directories=" + socketDir,
		"-c", "unix_socket_permissions=0700",
		"-c", "port=" + strconv.Itoa(e.port),
	}
}

// url is the connection URL of a postmaster, "" while it does not tell yet where it listens.
func (f *folder) url(pm postmaster) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database}
	q := url.Values{"sslmode": {"disable"}}
	switch {
	case pm.socketDir != "":
		q.Set("host", pm.socketDir)
		q.Set("port", strconv.Itoa(pm.port))
	case pm.listen != "":
		u.Host = net.JoinHostPort(pm.listen, strconv.Itoa(pm.port))
		q.Set("passfile", f.passFile())
	default:
		return ""
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// removeStale clears away what a dead postmaster left: a lock file whose number another process
// carries by now would keep the server from starting. The caller holds the start lock and has seen
// that no postmaster is alive.
func (f *folder) removeStale() error {
	if err := os.RemoveAll(f.socketDir()); err != nil {
		return err
	}
	err := os.Remove(filepath.Join(f.cluster(), "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
