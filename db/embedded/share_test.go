package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestJoinFromAnEmptyFolder(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	s := mustJoin(t, Options{DataDir: dir, Settings: map[string]string{"work_mem": "7MB"}})

	for sql, want := range map[string]string{
		"SELECT current_user::text":       "sextant",
		"SELECT current_database()::text": "sextant",
		"SHOW server_encoding":            "UTF8",
		"SELECT datcollate::text FROM pg_database WHERE datname = 'sextant'":            "C",
		"SELECT string_agg(w, '<' ORDER BY w) FROM unnest('{나,b,가,A}'::text[]) AS t(w)": "A<b<가<나",
		"SELECT ('학습' ~ '^[[:alpha:]]+$')::text":                                        "true", // what trigram search needs
		"SHOW timezone":         "UTC",
		"SHOW fsync":            "on",
		"SHOW listen_addresses": "",
		"SHOW work_mem":         "7MB",
	} {
		if got := query(t, s.URL(), sql); got != want {
			t.Errorf("%s = %q, want %q", sql, got, want)
		}
	}
	for _, path := range []string{"cluster", "run", "users"} {
		if info, err := os.Stat(filepath.Join(dir, path)); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v; want it closed to others", path, info.Mode(), err)
		}
	}

	status := mustInspect(t, dir)
	if !status.Running || status.URL != s.URL() || status.DataDir != dir || status.Stay || !reflect.DeepEqual(status.Users, []int{os.Getpid()}) {
		t.Errorf("status of a running server: %+v", status)
	}
	if group, err := syscall.Getpgid(status.PID); err != nil || group != status.PID {
		t.Errorf("the server's process group is %d, %v; want its own, %d, which Ctrl-C does not reach", group, err, status.PID)
	}

	mustLeave(t, s)
	mustLeave(t, s)
	status = mustInspect(t, dir)
	if status.Running || status.PID != 0 || status.URL != "" || len(status.Users) != 0 || status.ServerVersion == "" {
		t.Errorf("status of a stopped server: %+v", status)
	}
}

func TestInspectOfNothingMakesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(newFolder(t), "absent")
	if status := mustInspect(t, dir); status.Running || status.DataDir != dir {
		t.Errorf("status of no server: %+v", status)
	}
	if err := Down(t.Context(), Options{DataDir: dir}); err != nil {
		t.Errorf("Down of no server: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestServerOutlivesItsKilledStarter(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	starter := startHelper(t, dir, 0)
	s := mustJoin(t, Options{DataDir: dir})
	if s.URL() != starter.rest {
		t.Fatalf("two users, two servers: %s and %s", starter.rest, s.URL())
	}
	before := mustInspect(t, dir)
	if len(before.Users) != 2 {
		t.Errorf("users: %v, want two", before.Users)
	}

	execute(t, s.URL(), "CREATE TABLE kept AS SELECT 'before the kill' AS word")
	starter.kill(t)

	if got := query(t, s.URL(), "SELECT word FROM kept"); got != "before the kill" {
		t.Errorf("read %q after the starter was killed", got)
	}
	after := mustInspect(t, dir)
	if after.PID != before.PID || !reflect.DeepEqual(after.Users, []int{os.Getpid()}) {
		t.Errorf("after the starter was killed: %+v, want server %d with this user alone", after, before.PID)
	}
	mustLeave(t, s)
	if mustInspect(t, dir).Running {
		t.Error("the server runs on without users")
	}
}

func TestServerOfAKilledLastUserIsReused(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	startHelper(t, dir, 0).kill(t)
	before := mustInspect(t, dir)
	if !before.Running || len(before.Users) != 0 {
		t.Fatalf("after its only user was killed: %+v, want a server without users", before)
	}
	next := startHelper(t, dir, 0)
	if after := mustInspect(t, dir); after.PID != before.PID {
		t.Errorf("another server was started: %d, not %d", after.PID, before.PID)
	}
	next.leave(t)
	if mustInspect(t, dir).Running {
		t.Error("the server runs on without users")
	}
}

func TestUsersComeAndGoAtOnce(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	var users sync.WaitGroup
	for range 6 {
		users.Go(func() {
			for range 5 {
				s, err := Join(t.Context(), Options{DataDir: dir})
				if err != nil {
					t.Error(err)
					return
				}
				conn, err := connect(t.Context(), s.URL())
				if err != nil {
					t.Error(err)
				} else if err := conn.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if err := s.Leave(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	users.Wait()
	if status := mustInspect(t, dir); status.Running || len(status.Users) != 0 {
		t.Errorf("after all have left: %+v", status)
	}
}

func TestUpStaysUntilDown(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	opts := Options{DataDir: dir}
	up, err := Up(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if !up.Running || !up.Stay || up.URL == "" || len(up.Users) != 0 {
		t.Errorf("status after Up: %+v", up)
	}
	s := mustJoin(t, opts)
	mustLeave(t, s)
	if status := mustInspect(t, dir); !status.Running || status.PID != up.PID {
		t.Errorf("after its last user left: %+v, want server %d to stay", status, up.PID)
	}
	for range 2 {
		if err := Down(t.Context(), opts); err != nil {
			t.Fatal(err)
		}
		if status := mustInspect(t, dir); status.Running || status.Stay {
			t.Errorf("status after Down: %+v", status)
		}
	}
}

func TestDownLeavesUsersTheirServer(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	opts := Options{DataDir: dir}
	if _, err := Up(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	s := mustJoin(t, opts)

	err := Down(t.Context(), opts)
	var inUse *InUseError
	if !errors.As(err, &inUse) || !reflect.DeepEqual(inUse.Users, []int{os.Getpid()}) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("Down of a server in use: %v, want an InUseError that names process %d", err, os.Getpid())
	}
	if got := query(t, s.URL(), "SELECT 'works'"); got != "works" {
		t.Error("the user lost its server")
	}
	mustLeave(t, s)
	if mustInspect(t, dir).Running {
		t.Error("the server runs on after Down and its last user")
	}
}

func TestJoinGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := f.lockStart(t.Context()) // another process that starts the server, for long
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := Join(ctx, Options{DataDir: dir}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Join while another process starts the server: %v, want the context's error", err)
	}
}
