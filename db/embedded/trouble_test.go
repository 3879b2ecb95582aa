package embedded

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestStalePidFile(t *testing.T) {
	t.Parallel()
	for name, pid := range map[string]int{
		"of a dead process":     999_999_999,
		"of another process":    os.Getpid(),
		"of another's parent's": os.Getppid(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newFolder(t)
			mustLeave(t, mustJoin(t, Options{DataDir: dir}))
			stale := strings.Join([]string{
				strconv.Itoa(pid), filepath.Join(dir, "cluster"), "1700000000", "5432",
				filepath.Join(dir, "run"), "", "  1234567 0", "ready   ",
			}, "\n") + "\n"
			if err := os.WriteFile(filepath.Join(dir, "cluster", "postmaster.pid"), []byte(stale), 0o600); err != nil {
				t.Fatal(err)
			}
			if status := mustInspect(t, dir); status.Running || status.PID != 0 {
				t.Errorf("a stale lock file passes for a server: %+v", status)
			}
			s := mustJoin(t, Options{DataDir: dir})
			if got := query(t, s.URL(), "SELECT 'works'"); got != "works" {
				t.Errorf("got %q", got)
			}
			mustLeave(t, s)
		})
	}
}

func TestDeadPostmasterLosesNothingCommitted(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	first := mustJoin(t, Options{DataDir: dir})
	idle, err := connect(t.Context(), first.URL()) // a backend that is orphaned
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close(t.Context())
	dead := mustInspect(t, dir).PID
	execute(t, first.URL(), "CREATE TABLE kept AS SELECT 'committed' AS word")
	if err := syscall.Kill(dead, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}

	second := mustJoin(t, Options{DataDir: dir})
	if got := mustInspect(t, dir).PID; got == dead || got == 0 {
		t.Errorf("the server's process is %d, and was %d before it was killed", got, dead)
	}
	if got := query(t, second.URL(), "SELECT word FROM kept"); got != "committed" {
		t.Errorf("read %q", got)
	}
	if first.URL() != second.URL() {
		t.Errorf("the URL changed from %s to %s: older users lost their server", first.URL(), second.URL())
	}
	mustLeave(t, second)
	if !mustInspect(t, dir).Running {
		t.Error("the server was stopped while its first user goes on")
	}
	mustLeave(t, first)
}

func TestHalfMadeClusterIsMadeAgain(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	half := filepath.Join(dir, "cluster.new", "base")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	mustLeave(t, mustJoin(t, Options{DataDir: dir}))
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half-made cluster is still there: %v", err)
	}
}

func TestClusterOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	mustLeave(t, mustJoin(t, Options{DataDir: dir}))
	version := filepath.Join(dir, "cluster", "PG_VERSION")
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Join(t.Context(), Options{DataDir: dir})
	var mismatch *VersionMismatchError
	if !errors.As(err, &mismatch) || mismatch.ClusterMajor != 9 || len(mismatch.Found) == 0 {
		t.Fatalf("Join: %v, want a VersionMismatchError", err)
	}
	for _, want := range []string{"made by PostgreSQL 9", mismatch.Found[0].Version, "install PostgreSQL 9", "pg_upgrade"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	oneLine(t, err)
	if content, err := os.ReadFile(version); err != nil || string(content) != "9\n" {
		t.Errorf("the cluster was touched: %q, %v", content, err)
	}
}

func TestFolderOfSomethingElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	treasure := filepath.Join(dir, "cluster", "treasure")
	if err := os.Mkdir(filepath.Dir(treasure), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(treasure, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Join(t.Context(), Options{DataDir: dir})
	var wrong *FolderError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("Join: %v, want a FolderError", err)
	}
	oneLine(t, err)
	if _, err := os.Stat(treasure); err != nil {
		t.Error(err)
	}
}

func TestServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	_, err := Join(t.Context(), Options{DataDir: dir, Settings: map[string]string{"shared_buffers": "lots"}})
	var failed *StartError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "server.log") {
		t.Fatalf("Join: %v, want a StartError that names the log", err)
	}
	oneLine(t, err)
	mustLeave(t, mustJoin(t, Options{DataDir: dir}))
}

// A socket's path holds a hundred bytes or so; a longer one takes a port, and then a password.
func TestLongPathTakesAPort(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(newFolder(t), strings.Repeat("long", 25))
	s := mustJoin(t, Options{DataDir: dir})
	if got := query(t, s.URL(), "SELECT 'works'"); got != "works" {
		t.Errorf("got %q", got)
	}

	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	passFile := u.Query().Get("passfile")
	if u.Hostname() != "127.0.0.1" || passFile == "" {
		t.Fatalf("URL %s, want a loopback port and a password file", s.URL())
	}
	secret, err := os.ReadFile(passFile)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(passFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("password file: %v, %v; want it closed to others", info.Mode(), err)
	}
	if fields := strings.Split(strings.TrimSpace(string(secret)), ":"); strings.Contains(s.URL(), fields[4]) {
		t.Error("the URL holds the password")
	}

	cfg, err := pgx.ParseConfig(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Password = "guess"
	_, err = pgx.ConnectConfig(t.Context(), cfg)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "28P01" {
		t.Errorf("a wrong password: %v, want it refused", err)
	}
	mustLeave(t, s)
}

func TestOperatorsSettingsPrevail(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	s := mustJoin(t, Options{DataDir: dir})
	execute(t, s.URL(), "ALTER SYSTEM SET work_mem = '11MB'")
	mustLeave(t, s)
	s = mustJoin(t, Options{DataDir: dir})
	if got := query(t, s.URL(), "SHOW work_mem"); got != "11MB" {
		t.Errorf("work_mem is %s after a restart, want what ALTER SYSTEM set", got)
	}
	mustLeave(t, s)
}

func oneLine(t *testing.T, err error) {
	t.Helper()
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is not an error of one line", err)
	}
}
