package db_test

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"sextant/db"
	"sextant/db/dbtest"
)

func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"rapid.checks":  "6", // each is dozens of statements; -rapid.checks=100 digs deeper
		"test.parallel": "6", // the tests wait for the server, and some for each other
	} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(dbtest.Main(m))
}

// base is a database of the test's own, as Sextant and as a bare pool see it.
type base struct {
	*db.DB
	url string
	sql *pgxpool.Pool
}

// empty gives a database that holds only what the statements make.
func empty(t *testing.T, statements ...string) base {
	t.Helper()
	return open(t, dbtest.New(t, dbtest.Template{}), statements...)
}

// migrated gives a database with schema sextant, then runs the statements.
func migrated(t *testing.T, statements ...string) base {
	t.Helper()
	return open(t, dbtest.Migrated(t), statements...)
}

func open(t *testing.T, url string, statements ...string) base {
	t.Helper()
	// Unqualified names are the platform's: the role's own schema is sextant.
	b := base{url: url, sql: dbtest.Pool(t, url+"&search_path=public")}
	for _, s := range statements {
		b.exec(t, s)
	}
	b.DB = dbtest.Open(t, url) // afterwards: a statement may alter the database's settings
	return b
}

func (b base) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := b.sql.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", brief(sql), err)
	}
}

// role makes a role of the test's own, which may log in, and takes it away with
// what it owns and was granted when the test ends.
func (b base) role(t *testing.T, name string) string {
	t.Helper()
	role := name + "_" + strings.TrimPrefix(value[string](t, b, `SELECT current_database()`), "test_")
	b.exec(t, `CREATE ROLE `+role+` LOGIN`)
	t.Cleanup(func() {
		if _, err := b.sql.Exec(background(), `DROP OWNED BY `+role+` CASCADE; DROP ROLE `+role); err != nil {
			t.Error(err)
		}
	})
	return role
}

// rows renders a query's result: a line a row, values between bars, null as ∅.
func (b base) rows(t *testing.T, sql string, args ...any) string {
	t.Helper()
	return strings.Join(b.lines(t, sql, args...), "\n")
}

func (b base) lines(t *testing.T, sql string, args ...any) []string {
	t.Helper()
	got, err := b.sql.Query(t.Context(), `SELECT array_to_string(ARRAY(
		SELECT coalesce(value, '∅') FROM json_each_text(row_to_json(q))), '|', '∅') FROM (`+sql+`) q`, args...)
	if err != nil {
		t.Fatalf("%s: %v", brief(sql), err)
	}
	out, err := pgx.CollectRows(got, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", brief(sql), err)
	}
	return out
}

func value[T any](t *testing.T, b base, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := b.sql.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", brief(sql), err)
	}
	return v
}

// inTx runs fn in a transaction that must succeed.
func (b base) inTx(t *testing.T, fn func(*db.Tx) error) {
	t.Helper()
	if err := b.InTx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// sync brings the answers up to date and returns what it did.
func (b base) sync(t *testing.T, o db.SyncOptions) (r db.SyncReport) {
	t.Helper()
	b.inTx(t, func(tx *db.Tx) (err error) {
		r, err = tx.Sync(t.Context(), o)
		return err
	})
	return r
}

// awaitLockWait returns once some session of the database waits for a lock.
func (b base) awaitLockWait(t *testing.T) {
	t.Helper()
	const waiting = `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`
	for !value[bool](t, b, waiting) {
		if t.Context().Err() != nil {
			t.Fatal("nobody waits for a lock")
		}
	}
}

func brief(sql string) string {
	sql = strings.Join(strings.Fields(sql), " ")
	return sql[:min(len(sql), 200)]
}

func diff(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

func background() context.Context { return context.Background() }
