package db_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/db/embedded"
)

// wantError requires an error of a kind that is one line and holds no secret.
func wantError(t *testing.T, what string, err error, kind db.Kind, secrets ...string) {
	t.Helper()
	if !db.IsKind(err, kind) {
		t.Errorf("%s: %v, want kind %d", what, err, kind)
		return
	}
	for _, s := range append(secrets, "\n") {
		if strings.Contains(err.Error(), s) {
			t.Errorf("%s: the error holds %q: %v", what, s, err)
		}
	}
}

func openURL(t *testing.T, u string) error {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: u, Timeout: 2 * time.Second})
	if err == nil {
		d.Close()
	}
	return err
}

// freePort is a loopback port on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestUnreachableDatabase(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	const secret = "s3:cr@t/#? '\\"
	for what, u := range map[string]string{
		"URL":                "postgres://u:" + url.QueryEscape(secret) + "@127.0.0.1:" + port + "/d",
		"keywords":           `host=127.0.0.1 port=` + port + ` user=u password='s3:cr@t/#? \'\\' dbname=d`,
		"socket":             "postgres://u:hidden@/d?host=" + t.TempDir(),
		"password parameter": "postgres://u@127.0.0.1:" + port + "/d?password=hidden",
		"no such host":       "postgres://u:hidden@no-such-host.invalid/d",
		"two hosts":          "postgres://u:hidden@127.0.0.1:" + port + ",127.0.0.1:" + port + "/d",
	} {
		wantError(t, what, openURL(t, u), db.KindUnreachable, secret, "hidden", "s3:cr", "cr@t")
	}
}

// A server that accepts and says nothing is as good as none.
func TestSilentServerIsUnreachable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d, err := db.Open(t.Context(), db.Config{URL: "postgres://u:hidden@" + l.Addr().String() + "/d?sslmode=disable", Timeout: 200 * time.Millisecond})
	if err == nil {
		d.Close()
	}
	wantError(t, "silence", err, db.KindUnreachable, "hidden")
}

func TestUnreadableURL(t *testing.T) {
	t.Parallel()
	for _, u := range []string{
		"postgres://u:s3cret@host:port/d",
		"postgres://u:s3cret@host:99999/d",
		"postgres://u:s3/cret@host/d",
		"postgres://u:s3#cret@host:5432/d?sslmode=nonsense",
		"postgres://u:s3?cret@host/d?sslmode=nonsense",
		"postgres://u:s3@cret@host/d?sslmode=nonsense",
		"postgres://u:s3%zzcret@host/d",
		"postgres://u:s3 cret@host/d?sslmode=nonsense",
		"host=h password=s3 cret sslmode=nonsense",
		"host=h password=s3`: cret sslmode=nonsense",
		"postgres://u:s3`:%20cret@host/d?sslmode=nonsense",
		"postgres://u@host/d?password=s3cret&sslmode=nonsense",
		"postgres://u@host/d?pass%77ord=s3cret&sslmode=nonsense",
		"postgresql://u:s3cret@host/d?sslmode=nonsense",
		"POSTGRES://u:s3cret@host/d",
		"mysql://u:s3cret@host/d",
		"host=h password=s3cret sslmode=nonsense",
		"host=h password = s3cret sslmode=nonsense",
		"host=h password='s3 cret' sslmode=nonsense",
		`host=h password='s3 \' cret' sslmode=nonsense`,
		`host=h password='s3 cret sslmode=nonsense`,
		`host=h password=s3\ cret sslmode=nonsense`,
		"host=h sslpassword=s3cret sslmode=nonsense",
		"u:s3cret@host/d",
		"s3cret",
	} {
		err := openURL(t, u)
		wantError(t, u, err, db.KindConfig, "s3", "cret")
		if err != nil && !strings.Contains(err.Error(), "DATABASE_URL") {
			t.Errorf("%s: %v does not say what to mend", u, err)
		}
	}
	if err := openURL(t, "postgres://host/d?sslmode=nonsense"); err == nil || !strings.Contains(err.Error(), "sslmode") {
		t.Errorf("where there is no secret, the error says what is wrong: %v", err)
	}
}

// With a password to check, the server of the tests is no use: it trusts its user.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	server := passwordServer(t)
	const right, wrong = `r1ght':@/ \`, "wr0ng:@/?"
	admin, err := pgx.Connect(t.Context(), server.String())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(background())
	if _, err := admin.Exec(t.Context(), `CREATE ROLE locked LOGIN PASSWORD 'r1ght'':@/ \'`); err != nil {
		t.Fatal(err)
	}
	at := func(password string) string {
		u := *server
		u.User = url.UserPassword("locked", password)
		return u.String()
	}
	if err := openURL(t, at(right)); err != nil {
		t.Errorf("the right password: %v", err)
	}
	wantError(t, "URL", openURL(t, at(wrong)), db.KindAuth, wrong, "wr0ng")
	wantError(t, "keywords", openURL(t, "host="+server.Query().Get("host")+" user=locked dbname=sextant password="+wrong), db.KindAuth, "wr0ng")
	wantError(t, "no password", openURL(t, strings.Replace(at(""), ":@", "@", 1)), db.KindAuth)
	wantError(t, "no such role", openURL(t, strings.Replace(at(wrong), "locked", "nobody", 1)), db.KindAuth, "wr0ng")
}

// passwordServer starts a server of its own that asks all but its own user for
// passwords, and returns its URL.
func passwordServer(t *testing.T) *url.URL {
	t.Helper()
	dir, err := os.MkdirTemp("", "sextant-auth-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // the server runs as another user where the test is root
		t.Fatal(err)
	}
	data := filepath.Join(dir, "server")
	s, err := embedded.Join(t.Context(), embedded.Options{DataDir: data, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Leave(background()); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(background())
	var hba string
	if err := conn.QueryRow(t.Context(), `SHOW hba_file`).Scan(&hba); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hba, []byte("local all sextant trust\nlocal all all scram-sha-256\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `SELECT pg_reload_conf()`); err != nil {
		t.Fatal(err)
	}
	loaded := func() (ok bool) {
		if err := conn.QueryRow(t.Context(), `SELECT count(*) = 2 AND bool_and(error IS NULL) FROM pg_hba_file_rules`).Scan(&ok); err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if !loaded() {
		t.Fatal("the server cannot read the new pg_hba.conf")
	}
	// The postmaster reloads when it gets to it.
	for start := time.Now(); time.Since(start) < 10*time.Second; {
		u2 := *u
		u2.User = url.User("nobody")
		_, err := pgx.Connect(t.Context(), u2.String())
		if err != nil && strings.Contains(err.Error(), "28P01") || err != nil && strings.Contains(err.Error(), "password") {
			return u
		}
	}
	t.Fatal("the server does not reload pg_hba.conf")
	return nil
}

func TestErrorsOfTheServer(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	wantError(t, "no such database", openURL(t, strings.Replace(b.url, "/test_", "/missing_", 1)), db.KindNoDatabase)
	poor := dbtest.Open(t, strings.Replace(b.url, "sextant@", b.role(t, "poor")+"@", 1))
	_, err := poor.Runs(t.Context(), db.RunFilter{})
	wantError(t, "privilege", err, db.KindPrivilege)

	bare := dbtest.Open(t, dbtest.New(t, dbtest.Template{}))
	_, err = bare.Runs(t.Context(), db.RunFilter{})
	wantError(t, "not migrated", err, db.KindNotMigrated)
	if !db.IsUnready(err) || !strings.Contains(err.Error(), "sextant db migrate") {
		t.Errorf("not migrated: %v", err)
	}
}

func TestLostConnectionIsTransient(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	err := b.InTx(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.LearnerExists(t.Context(), "u"); err != nil {
			return err
		}
		b.exec(t, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`)
		_, err := tx.LearnerExists(t.Context(), "u")
		return err
	})
	wantError(t, "in mid transaction", err, db.KindTransient)
	if err := b.Ping(t.Context()); err != nil {
		t.Errorf("the next statement: %v", err)
	}
}

func TestCancelledStatements(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	wait := func(ctx context.Context, cancel func()) error {
		return b.InTx(background(), func(tx *db.Tx) error {
			return b.InTx(background(), func(other *db.Tx) error {
				if err := tx.LockLearner(ctx, "u"); err != nil {
					return err
				}
				done := make(chan struct{})
				go func() {
					defer close(done)
					if cancel != nil {
						b.awaitLockWait(t)
						cancel()
					}
				}()
				err := other.LockLearner(ctx, "u")
				<-done
				return err
			})
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := wait(ctx, cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled by the caller: %v, want context.Canceled", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := wait(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || db.IsKind(err, db.KindTransient) {
		t.Errorf("past the caller's deadline: %v, want context.DeadlineExceeded, not worth another try", err)
	}
	// An administrator, or statement_timeout, stops a statement: trying again would be stopped again.
	err := wait(t.Context(), func() {
		b.exec(t, `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
	})
	if err == nil || db.IsKind(err, db.KindTransient) {
		t.Errorf("cancelled on the server: %v, want an error not worth another try", err)
	}
}

func TestDeadlockIsTransient(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	both := make(chan struct{})
	errs := make(chan error, 2)
	for _, order := range [][]string{{"u", "v"}, {"v", "u"}} {
		go func() {
			errs <- b.InTx(t.Context(), func(tx *db.Tx) error {
				if err := tx.LockLearner(t.Context(), order[0]); err != nil {
					return err
				}
				select { // each waits until both hold their first
				case both <- struct{}{}:
				case <-both:
				}
				return tx.LockLearner(t.Context(), order[1])
			})
		}()
	}
	one, two := <-errs, <-errs
	if one == nil {
		one, two = two, one
	}
	wantError(t, "deadlock", one, db.KindTransient)
	if two != nil {
		t.Errorf("the survivor: %v", two)
	}
}
