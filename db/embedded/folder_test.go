package embedded

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// ordinaryUser is the user id of nobody: initdb wants a user that the system knows.
func ordinaryUser(t *testing.T) uint32 {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can run processes as another user")
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(uid)
}

func TestOrdinaryUserRunsTheServerAsItself(t *testing.T) {
	t.Parallel()
	someUser := ordinaryUser(t)
	dir := openFolderFor(t, someUser)
	h := startHelper(t, dir, someUser)
	if h.word != "joined" {
		t.Fatalf("an ordinary user's Join: %s", h.rest)
	}
	if got := query(t, h.rest, "SELECT 'works'"); got != "works" {
		t.Errorf("got %q", got)
	}
	// Root works in the folder as the user it belongs to, and leaves it usable.
	s := mustJoin(t, Options{DataDir: dir})
	h.leave(t)
	mustLeave(t, s)
	s = mustJoin(t, Options{DataDir: dir})
	info, err := os.Stat(filepath.Join(dir, "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if uid, _ := owner(info); uid != someUser {
		t.Errorf("root's server runs as user %d, want the folder's owner", uid)
	}
	mustLeave(t, s)
	again := startHelper(t, dir, someUser)
	if again.word != "joined" {
		t.Fatalf("after root used the folder, its owner's Join: %s", again.rest)
	}
	again.leave(t)
}

func TestFolderOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	someUser := ordinaryUser(t)
	h := startHelper(t, openFolderFor(t, someUser), someUser-1)
	if h.word != "failed" || !strings.Contains(h.rest, "name a folder of your own") {
		t.Errorf("Join in a stranger's folder: %s %s", h.word, h.rest)
	}
}

func TestFolderTheServersUserCannotEnter(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root starts the server as another user")
	}
	wall := newFolder(t)
	if err := os.Chmod(wall, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Join(t.Context(), Options{DataDir: filepath.Join(wall, "a", "b")})
	var wrong *FolderError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "chmod o+x "+wall) {
		t.Errorf("Join: %v, want a FolderError that says how to open %s", err, wall)
	}
	oneLine(t, err)
}

func TestFoldersThatAreMadeLetTheServersUserThrough(t *testing.T) {
	old := syscall.Umask(0o077) // the process's own, so no other test may run beside this one
	t.Cleanup(func() { syscall.Umask(old) })
	s := mustJoin(t, Options{DataDir: filepath.Join(newFolder(t), "a", "b")})
	mustLeave(t, s)
}

func TestDefaultDataDir(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/somewhere")
	if got, err := DefaultDataDir(); err != nil || got != "/somewhere/sextant" {
		t.Errorf("with XDG_DATA_HOME: %q, %v", got, err)
	}
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "/home/someone")
	want := "/home/someone/.local/share/sextant"
	if os.Geteuid() == 0 {
		want = "/var/lib/sextant"
	}
	if got, err := DefaultDataDir(); err != nil || got != want {
		t.Errorf("without XDG_DATA_HOME: %q, %v; want %q", got, err, want)
	}
}
