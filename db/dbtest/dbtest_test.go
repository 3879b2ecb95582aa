package dbtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// uniqueVersion keeps templates of earlier runs out of the test.
func uniqueVersion(t *testing.T) string { return fmt.Sprint(t.Name(), os.Getpid()) }

func exec(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

func TestTemplateIsBuiltOnceForParallelTests(t *testing.T) {
	var built atomic.Int32
	tpl := Template{Name: "once", Version: uniqueVersion(t), Build: func(ctx context.Context, url string) error {
		built.Add(1)
		return exec(ctx, url, "CREATE TABLE seed AS SELECT generate_series(1, 10) AS n")
	}}
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			pool := Pool(t, New(t, tpl))
			var n int
			if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM seed").Scan(&n); err != nil || n != 10 {
				t.Errorf("a clone holds %d rows, %v; want 10", n, err)
			}
			if _, err := pool.Exec(t.Context(), "DELETE FROM seed"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := built.Load(); got != 1 {
		t.Errorf("the template was built %d times, want once", got)
	}
}

func TestTemplateOfAnotherVersionReplacesTheOld(t *testing.T) {
	tables := func(url string) (n int) {
		t.Helper()
		if err := Pool(t, url).QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	build := func(sql string) func(context.Context, string) error {
		return func(ctx context.Context, url string) error { return exec(ctx, url, sql) }
	}
	v := uniqueVersion(t)
	one := New(t, Template{Name: "replaced", Version: v + "a", Build: build("CREATE TABLE a ()")})
	two := New(t, Template{Name: "replaced", Version: v + "b", Build: build("CREATE TABLE a (); CREATE TABLE b ()")})
	if a, b := tables(one), tables(two); a != 1 || b != 2 {
		t.Errorf("tables in the clones: %d and %d, want 1 and 2", a, b)
	}
	conn := admin(t.Context(), t, one)
	defer conn.Close(t.Context())
	left, err := databases(t.Context(), conn, templatePrefix+"replaced_%")
	if err != nil || len(left) != 1 {
		t.Errorf("templates left: %v, %v; want the newer alone", left, err)
	}
}

func TestFailedBuildLeavesNoTemplate(t *testing.T) {
	server, _ := join(t.Context(), t)
	tpl := Template{Name: "failing", Version: uniqueVersion(t), Build: func(ctx context.Context, url string) error {
		return exec(ctx, url, "CREATE TABLE half (); SELECT 1/0")
	}}
	conn := admin(t.Context(), t, server)
	defer conn.Close(t.Context())
	if err := tpl.clone(t.Context(), conn, server, "never_made"); err == nil {
		t.Fatal("clone of a failing template succeeded")
	}
	found, err := databases(t.Context(), conn, templatePrefix+"failing_%")
	if err != nil || len(found) != 0 {
		t.Errorf("templates of a failed build: %v, %v; want none", found, err)
	}
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) {
	var url string
	t.Run("inner", func(t *testing.T) { url = New(t, Template{}) })
	if err := exec(t.Context(), url, "SELECT 1"); err == nil {
		t.Error("the database of an ended test still answers")
	}
}

func TestSweepDropsTheDatabasesOfTheDead(t *testing.T) {
	server, mine := join(t.Context(), t)
	dead := namePrefix + "999999999_1" // beyond any process id
	for _, name := range []string{dead, mine} {
		if err := exec(t.Context(), server, "CREATE DATABASE "+name); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := exec(context.Background(), server, "DROP DATABASE IF EXISTS "+name); err != nil {
				t.Error(err)
			}
		})
	}
	if err := sweep(t.Context(), server); err != nil {
		t.Fatal(err)
	}
	conn := admin(t.Context(), t, server)
	defer conn.Close(t.Context())
	for name, want := range map[string]int{dead: 0, mine: 1} {
		if found, err := databases(t.Context(), conn, name); err != nil || len(found) != want {
			t.Errorf("after the sweep: %v, %v; want %d of %s", found, err, want, name)
		}
	}
}

func TestHashTellsFilesApart(t *testing.T) {
	hash := func(files fstest.MapFS) string {
		t.Helper()
		h, err := Hash(files)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	base := hash(fstest.MapFS{"a.sql": {Data: []byte("one")}})
	if again := hash(fstest.MapFS{"a.sql": {Data: []byte("one")}}); again != base {
		t.Error("the same files hash differently")
	}
	for name, files := range map[string]fstest.MapFS{
		"content":   {"a.sql": {Data: []byte("two")}},
		"name":      {"b.sql": {Data: []byte("one")}},
		"more":      {"a.sql": {Data: []byte("one")}, "b.sql": {}},
		"in folder": {"x/a.sql": {Data: []byte("one")}},
	} {
		if hash(files) == base {
			t.Errorf("%s: other files hash alike", name)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	tpl := Template{Name: "bench", Version: "1", Build: func(ctx context.Context, url string) error {
		return exec(ctx, url, "CREATE TABLE seed AS SELECT generate_series(1, 10000) AS n")
	}}
	for b.Loop() {
		New(b, tpl)
	}
}
