package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"sextant/migrations"
)

const versionTable = "sextant.schema_version"

// Migrated is what Migrate did.
type Migrated struct {
	From    int64    `json:"from"`    // version before; 0 when the schema was missing
	To      int64    `json:"to"`      // version now
	Applied []string `json:"applied"` // the files applied, in order
	Queue   []string `json:"queue"`   // of the queue's tables, which River brings: what was applied
}

// Migrate brings schema sextant, the queue's tables in it and the published
// tables to the binary's version. It runs under an advisory lock, one
// transaction a file, and gives up after 5 s of waiting for a table lock rather
// than queue platform writes behind itself. Run again, it changes nothing.
func (d *DB) Migrate(ctx context.Context) (Migrated, error) {
	release, err := d.lockMigrations(ctx)
	if err != nil {
		return Migrated{}, err
	}
	defer release()
	have, err := d.SchemaVersion(ctx)
	if err != nil {
		return Migrated{}, err
	}
	want := latestMigration()
	if have > want {
		return Migrated{}, tooNew(have, want)
	}
	done := Migrated{From: have, To: want, Applied: []string{}, Queue: []string{}}
	if have < want {
		if err := d.migrateOurs(ctx, &done); err != nil {
			return done, err
		}
	}
	done.Queue, err = d.migrateQueue(ctx)
	return done, err
}

// migrateOurs applies the embedded files that the database lacks.
func (d *DB) migrateOurs(ctx context.Context, done *Migrated) error {
	if err := d.createSchema(ctx); err != nil {
		return err
	}
	conf := d.conf.Copy()
	conf.RuntimeParams["lock_timeout"] = "5s"
	conn := stdlib.OpenDB(*conf)
	defer conn.Close()
	store, err := database.NewStore(database.DialectPostgres, versionTable)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	p, err := goose.NewProvider("", conn, migrations.FS, goose.WithStore(store))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	results, err := p.Up(ctx)
	for _, r := range results {
		done.Applied = append(done.Applied, r.Source.Path)
	}
	if err != nil {
		return migrationError(err)
	}
	return nil
}

// lockMigrations waits for any other migration to end. goose's own lock would
// come too late for the schema and look only every few seconds.
func (d *DB) lockMigrations(ctx context.Context) (release func(), err error) {
	conn, err := pgx.ConnectConfig(ctx, d.conf.Copy())
	if err != nil {
		return nil, classify("connect to "+d.Target(), err)
	}
	l := &Lock{conn, LockKey("migrate")}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, l.key); err != nil {
		l.Release(ctx)
		return nil, classify("wait for another migration", err)
	}
	return func() { l.Release(ctx) }, nil
}

// createSchema makes schema sextant, except where an administrator has done so:
// IF NOT EXISTS would ask for the right to make schemas all the same.
func (d *DB) createSchema(ctx context.Context) error {
	there, err := scalar[bool](ctx, d.pool, `SELECT to_regnamespace('sextant') IS NOT NULL`)
	if err != nil || there {
		return err
	}
	_, err = d.pool.Exec(ctx, `CREATE SCHEMA sextant`)
	return classify("create schema sextant", err)
}

// migrationError says which file failed and what to do about a busy table.
func migrationError(err error) error {
	op := "migrate"
	var partial *goose.PartialError
	if errors.As(err, &partial) && partial.Failed != nil {
		op = "migrate to " + partial.Failed.Source.Path
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "55P03" {
		return &Error{Kind: KindTransient, Op: op, Err: err,
			Hint: "another session holds the table; run 'sextant db migrate' again, it goes on where it stopped"}
	}
	return classify(op, err)
}

// CheckSchema reports an Error of KindNotMigrated or KindTooNew when the
// database does not have exactly the binary's schema.
func (d *DB) CheckSchema(ctx context.Context) error {
	have, err := d.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	switch want := latestMigration(); {
	case have == 0:
		return &Error{Kind: KindNotMigrated, Op: "database " + d.Target(), Hint: "run 'sextant db migrate'",
			Err: errors.New("schema sextant is missing")}
	case have < want:
		return &Error{Kind: KindNotMigrated, Op: "database " + d.Target(), Hint: "run 'sextant db migrate'",
			Err: fmt.Errorf("schema sextant is at version %d, this binary needs %d", have, want)}
	case have > want:
		return tooNew(have, want)
	}
	return d.checkQueue(ctx)
}

func tooNew(have, want int64) error {
	return &Error{Kind: KindTooNew, Hint: "use a newer sextant",
		Err: fmt.Errorf("schema sextant is at version %d, newer than this binary's %d", have, want)}
}

// WantedSchema is the version of schema sextant that this binary works with.
func WantedSchema() int64 { return latestMigration() }

// SchemaVersion is the newest migration the database has, 0 when it has none.
func (d *DB) SchemaVersion(ctx context.Context) (int64, error) {
	v, err := scalar[int64](ctx, d.pool, `SELECT coalesce(max(version_id), 0) FROM sextant.schema_version WHERE is_applied`)
	if IsKind(err, KindNotMigrated) {
		return 0, nil
	}
	return v, err
}

// latestMigration is the number of the newest embedded file.
func latestMigration() int64 {
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil || len(names) == 0 {
		panic("migrations: no files embedded") // a broken build, not a runtime condition
	}
	var newest int64
	for _, n := range names {
		v, err := strconv.ParseInt(strings.SplitN(n, "_", 2)[0], 10, 64)
		if err != nil {
			panic("migrations: " + n + " has no number")
		}
		newest = max(newest, v)
	}
	return newest
}
