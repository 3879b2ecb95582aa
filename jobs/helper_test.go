package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
	"sextant/jobs/demo"
)

// The last complete day of every test's clock.
var lastDay = must(db.ParseDay("2026-03-31"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func day(s string) *db.Day {
	d := must(db.ParseDay(s))
	return &d
}

// bench is a database with a runner on it.
type bench struct {
	*testing.T
	ctx    context.Context
	url    string
	db     *db.DB
	sql    *pgxpool.Pool
	runner *jobs.Runner
	log    *dbtest.Buffer
	env    map[string]string
}

// newBench gives a migrated database without platform tables.
func newBench(t *testing.T) *bench {
	t.Helper()
	return benchOn(t, dbtest.Migrated(t))
}

func benchOn(t *testing.T, url string) *bench {
	t.Helper()
	b := &bench{T: t, ctx: t.Context(), url: url, log: &dbtest.Buffer{}, env: map[string]string{}}
	b.db, b.sql = dbtest.Open(t, b.url), dbtest.Pool(t, b.url)
	b.runner = newRunner(b.db, b.log)
	b.runner.Getenv = func(k string) string { return b.env[k] }
	return b
}

// newDemoBench gives one with a demo platform whose last day is lastDay.
func newDemoBench(t *testing.T, o demo.Options) (*bench, demo.Summary) {
	t.Helper()
	b := newBench(t)
	o.Until = lastDay.Start()
	s, err := demo.Load(b.ctx, b.db, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

func newRunner(d *db.DB, log *dbtest.Buffer) *jobs.Runner {
	return &jobs.Runner{DB: d, Stages: jobs.Stages(), Log: slog.New(slog.NewTextHandler(log, nil)),
		Clock:  func() time.Time { return lastDay.End().Add(9 * time.Hour) },
		Getenv: func(string) string { return "" }, Host: "testhost", Version: "test", Actor: "tester"}
}

// run runs a stage and fails the test unless it succeeds.
func (b *bench) run(q jobs.Request) db.Run {
	b.Helper()
	q.Trigger = db.TriggerCLI
	r, err := b.runner.Run(b.ctx, q)
	if err != nil {
		b.Fatalf("run %s: %v\n%s", q.Stage, err, b.log)
	}
	if r.Status != db.RunSucceeded {
		b.Fatalf("run %s: status %s", q.Stage, r.Status)
	}
	return r
}

// exec runs SQL of the test's own.
func (b *bench) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.sql.Exec(b.ctx, sql, args...); err != nil {
		b.Fatalf("%v\n%s", err, sql)
	}
}

// one reads one value.
func one[T any](b *bench, sql string, args ...any) T {
	b.Helper()
	var v T
	if err := b.sql.QueryRow(b.ctx, sql, args...).Scan(&v); err != nil {
		b.Fatalf("%v\n%s", err, sql)
	}
	return v
}

// contents is a digest of every row of the tables Sextant writes, times of
// computation and run ids aside.
func (b *bench) contents(tables ...string) string {
	b.Helper()
	var out strings.Builder
	for _, t := range tables {
		n := one[string](b, `SELECT count(*) || ' ' || coalesce(md5(string_agg(row, E'\n' ORDER BY row)), '')
			FROM (SELECT (to_jsonb(t) - 'computed_at' - 'fitted_at' - 'updated_at' - 'run_id' - 'estimated_at' - 'in_force_at')::text AS row FROM `+t+` t) r`)
		fmt.Fprintf(&out, "%s %s\n", t, n)
	}
	return out.String()
}

// everything counts the rows of all tables of ours and the published ones.
func (b *bench) everything() string {
	b.Helper()
	tables := one[[]string](b, `SELECT array_agg(c.oid::regclass::text ORDER BY 1) FROM pg_class c
		WHERE c.relkind IN ('r', 'p') AND c.relnamespace IN ('public'::regnamespace, 'sextant'::regnamespace)`)
	var out strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&out, "%s %d\n", t, one[int64](b, `SELECT count(*) FROM `+t))
	}
	return out.String()
}

// waiters counts the sessions of this database that wait for a table's lock
// (clones of one template share their tables' oids).
func (b *bench) waiters(table string) int {
	b.Helper()
	return one[int](b, `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::regclass
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, table)
}
