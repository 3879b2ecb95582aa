package dbtest

import (
	"context"
	"testing"

	"sextant/db"
	"sextant/migrations"
)

// Migrated returns the URL of a fresh database that holds schema sextant and the published tables.
func Migrated(t testing.TB) (url string) {
	t.Helper()
	version, err := Hash(migrations.FS)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return New(t, Template{Name: "migrated", Version: version, Build: migrate})
}

func migrate(ctx context.Context, url string) error {
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.Migrate(ctx)
	return err
}

// Open opens the database as the product does and closes it when the test ends.
func Open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Config{URL: url})
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(d.Close)
	return d
}
