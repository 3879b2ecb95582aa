package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// helperFolder, when set, makes the test program a process that uses the server of that folder: it
// joins, says so, and leaves when its standard input ends.
const helperFolder = "SEXTANT_TEST_JOIN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperFolder); dir != "" {
		os.Exit(helperMain(dir))
	}
	os.Exit(m.Run())
}

func helperMain(dir string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := Join(ctx, Options{DataDir: dir})
	if err != nil {
		fmt.Println("failed", err)
		return 1
	}
	fmt.Println("joined", s.URL())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		fmt.Println(err)
		return 1
	}
	if err := s.Leave(ctx); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// helper is another process that uses a server.
type helper struct {
	cmd   *exec.Cmd
	stdin io.Closer
	// word is "joined" or "failed", and rest the URL or the error.
	word, rest string
}

// startHelper runs the test program as a user of the server in dir; as says under which user id, 0
// for this process's own.
func startHelper(t *testing.T, dir string, as uint32) *helper {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), helperFolder+"="+dir)
	cmd.Stderr = os.Stderr
	if as != 0 {
		cmd.Path = openCopy(t, program)
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: as, Gid: as}}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // most have ended by then
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the helper process said %q: %v", line, err)
	}
	h := &helper{cmd: cmd, stdin: stdin}
	h.word, h.rest, _ = strings.Cut(strings.TrimSpace(line), " ")
	return h
}

func (h *helper) leave(t *testing.T) {
	t.Helper()
	if err := errors.Join(h.stdin.Close(), h.cmd.Wait()); err != nil {
		t.Fatalf("the helper process did not leave: %v", err)
	}
}

func (h *helper) kill(t *testing.T) {
	t.Helper()
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := h.cmd.Wait(); !errors.As(err, &exit) {
		t.Fatalf("the killed helper process ended with %v", err)
	}
}

// openCopy copies a program to where any user may run it.
func openCopy(t *testing.T, program string) string {
	t.Helper()
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(openFolderFor(t, 0), "helper")
	if err := errors.Join(os.WriteFile(path, content, 0o755), os.Chmod(path, 0o755)); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

// openFolderFor makes a folder that belongs to a user and that every user may enter, unlike
// t.TempDir, and whose path is short enough for a socket.
func openFolderFor(t *testing.T, uid uint32) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sx-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeFolder(t, dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if uid != 0 {
		if err := os.Chown(dir, int(uid), int(uid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// newFolder is an empty data folder.
func newFolder(t *testing.T) string {
	t.Helper()
	return openFolderFor(t, 0)
}

func removeFolder(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	f := &folder{dir: dir}
	if pm, alive := f.running(); alive { // a failed test's
		if err := f.stop(ctx, pm); err != nil {
			t.Error(err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

func mustJoin(t *testing.T, opts Options) *Server {
	t.Helper()
	s, err := Join(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustLeave(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func mustInspect(t *testing.T, dir string) Status {
	t.Helper()
	status, err := Inspect(t.Context(), Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// query returns the one text value of a statement.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var value string
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
