// Package dbtest gives every test a fresh database on a real PostgreSQL.
//
// All test processes of a user share one throwaway server, started by the first and stopped by the
// last, in $SEXTANT_TEST_DATA or else a folder under the system's temporary one. A package that uses
// it hands its tests to Main:
//
//	func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"sextant/db/embedded"
)

// settings trade the safety of data nobody will miss for speed.
var settings = map[string]string{
	"fsync":            "off",
	"full_page_writes": "off",
	"shared_buffers":   "128MB",
	"max_wal_size":     "512MB",
	"max_connections":  "300", // every parallel test opens a pool
	"autovacuum":       "off", // plans must not depend on when it came by; a test that needs statistics runs ANALYZE
}

// startWithin is generous: the first use makes a cluster, on a machine busy with building tests.
const startWithin = 2 * time.Minute

// process is this test process's share of the server.
var process struct {
	mu     sync.Mutex
	inMain bool
	server *embedded.Server
	err    error // of the first try; more would fail alike
	serial int
}

// Main runs the tests, ends this process's use of the server and returns the exit code.
func Main(m *testing.M) int {
	process.mu.Lock()
	process.inMain = true
	process.mu.Unlock()

	code := m.Run()

	process.mu.Lock()
	defer process.mu.Unlock()
	if process.server == nil {
		return code
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	if err := process.server.Leave(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "dbtest:", err)
		return max(code, 1)
	}
	return code
}

// New returns the URL of a fresh database, a clone of the template, and drops it when the test ends.
// The zero Template gives an empty database.
func New(t testing.TB, template Template) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	server, name := join(ctx, t)

	conn := admin(ctx, t, server)
	defer conn.Close(ctx)
	if err := template.clone(ctx, conn, server, name); err != nil {
		t.Fatalf("dbtest: make a database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startWithin)
		defer cancel()
		conn := admin(ctx, t, server)
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dbtest: drop the database: %v", err)
		}
	})
	return withDatabase(server, name)
}

// Pool opens connections to a database and closes them when the test ends.
func Pool(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatalf("dbtest: open a pool: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// join returns the shared server's URL and an unused database name.
func join(ctx context.Context, t testing.TB) (server, name string) {
	t.Helper()
	process.mu.Lock()
	defer process.mu.Unlock()
	if !process.inMain {
		t.Fatal("dbtest: this package lacks func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }")
	}
	if process.server == nil && process.err == nil {
		process.server, process.err = joinServer(ctx)
	}
	if process.err != nil {
		t.Fatalf("dbtest: %v (scripts/bootstrap installs what tests need)", process.err)
	}
	process.serial++
	return process.server.URL(), fmt.Sprintf("%s%d_%d", namePrefix, os.Getpid(), process.serial)
}

func joinServer(ctx context.Context) (*embedded.Server, error) {
	dir := os.Getenv("SEXTANT_TEST_DATA")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "sextant-test-"+strconv.Itoa(os.Geteuid()))
	}
	// A cluster belongs to one major version; after an upgrade of PostgreSQL the tests go on with
	// another.
	bin, err := embedded.Locate(ctx, embedded.Options{DataDir: dir})
	if err != nil {
		return nil, err
	}
	server, err := embedded.Join(ctx, embedded.Options{
		DataDir:  filepath.Join(dir, "pg"+strconv.Itoa(bin.Major)),
		BinDir:   bin.Dir,
		Settings: settings,
	})
	if err != nil {
		return nil, err
	}
	if err := sweep(ctx, server.URL()); err != nil {
		return nil, errors.Join(fmt.Errorf("sweep old databases: %w", err), server.Leave(ctx))
	}
	return server, nil
}

func admin(ctx context.Context, t testing.TB, server string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return conn
}

func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // embedded made it
	}
	u.Path = "/" + name
	return u.String()
}
