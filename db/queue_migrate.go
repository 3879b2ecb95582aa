package db

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

func queueMigrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: riverSchema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("read the queue's migrations: %w", err)
	}
	return m, nil
}

// wantedQueue is the version of River's tables that this binary works with.
var wantedQueue = sync.OnceValues(func() (newest int, err error) {
	m, err := queueMigrator(nil)
	if err != nil {
		return 0, err
	}
	for _, v := range m.AllVersions() {
		newest = max(newest, v.Version)
	}
	return newest, nil
})

// queueVersion is the version of River's tables that the database has, 0 for none.
func (d *DB) queueVersion(ctx context.Context) (int, error) {
	v, err := scalar[int](ctx, d.pool, `SELECT coalesce(max(version), 0)::int FROM sextant.river_migration`)
	if IsKind(err, KindNotMigrated) {
		return 0, nil
	}
	return v, err
}

// checkQueue is CheckSchema for River's tables.
func (d *DB) checkQueue(ctx context.Context) error {
	want, err := wantedQueue()
	if err != nil {
		return err
	}
	have, err := d.queueVersion(ctx)
	switch {
	case err != nil:
		return err
	case have < want:
		return &Error{Kind: KindNotMigrated, Op: "database " + d.Target(), Hint: "run 'sextant db migrate'",
			Err: fmt.Errorf("the queue's tables are at version %d, this binary needs %d", have, want)}
	case have > want:
		return &Error{Kind: KindTooNew, Hint: "use a newer sextant",
			Err: fmt.Errorf("the queue's tables are at version %d, newer than this binary's %d", have, want)}
	}
	return nil
}

// migrateQueue brings River's tables, which stand beside the ledger, to the
// binary's version, and names what it applied.
func (d *DB) migrateQueue(ctx context.Context) ([]string, error) {
	applied := []string{}
	if err := d.checkQueue(ctx); err == nil || !IsKind(err, KindNotMigrated) {
		return applied, err
	}
	m, err := queueMigrator(d.pool)
	if err != nil {
		return applied, err
	}
	result, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if result != nil {
		for _, v := range result.Versions {
			applied = append(applied, fmt.Sprintf("%03d %s", v.Version, v.Name))
		}
	}
	return applied, classify("make the queue's tables", err)
}
