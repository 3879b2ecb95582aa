package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"sextant/db/dbtest"
)

// asSextant makes the test binary behave as sextant itself, for what only a
// process can show: exit codes, signals, runs launched from a console.
const asSextant = "SEXTANT_TEST_AS_SEXTANT"

func TestMain(m *testing.M) {
	if os.Getenv(asSextant) != "" {
		main()
		return
	}
	os.Exit(dbtest.Main(m))
}

// now is one moment for the whole test process, so that no test sees midnight pass.
var now = time.Now().UTC().Truncate(time.Second)

// bench is a command line without a terminal, in this process.
type bench struct {
	*testing.T
	env map[string]string
	url string // of the database, empty for the private server
	in  string
	tty bool
}

// newBench is on an empty database.
func newBench(t *testing.T) *bench { return benchOn(t, dbtest.New(t, dbtest.Template{})) }

// newMigratedBench is on a database with the schema and nothing in it.
func newMigratedBench(t *testing.T) *bench { return benchOn(t, dbtest.Migrated(t)) }

// newDemoBench is on a database with a small demo.
func newDemoBench(t *testing.T) *bench { return benchOn(t, dbtest.New(t, demoTemplate)) }

func benchOn(t *testing.T, url string) *bench {
	t.Helper()
	b := &bench{T: t, env: map[string]string{"XDG_CONFIG_HOME": t.TempDir(), "XDG_DATA_HOME": t.TempDir(), "USER": "tester"}}
	if url != "" {
		b.url, b.env["DATABASE_URL"] = url, url
	}
	return b
}

var demoSize = []string{"--learners", "120", "--items", "60", "--days", "30", "--seed", "7"}

// demoTemplate is made by the demo itself, once a test process.
var demoTemplate = dbtest.Template{Name: "clidemo", Version: fmt.Sprint(os.Getpid(), now.UnixNano()),
	Build: func(ctx context.Context, url string) error {
		var out, errOut bytes.Buffer
		folder, err := os.MkdirTemp("", "sextant-test-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		a := newTestApp(map[string]string{"XDG_DATA_HOME": folder}, strings.NewReader(""), &out, &errOut)
		if code := a.execute(ctx, append([]string{"demo", "--database", url}, demoSize...)); code != exitDone {
			return fmt.Errorf("sextant demo: exit %d: %s", code, errOut.String())
		}
		// Its reports: their files are one folder's, and the databases made from it are many.
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, `TRUNCATE sextant.report_object, public.report_artifacts;
			-- With so few learners the scale's error is past the alarm, of which doctor would warn.
			UPDATE sextant.calibration SET linking = jsonb_set(linking, '{accumulated_se}', '0.01');
			DELETE FROM sextant.published WHERE stage = 'generate-weekly-report'`)
		return err
	}}

func newTestApp(env map[string]string, in *strings.Reader, out, errOut *bytes.Buffer) *app {
	return &app{in: in, out: out, errOut: errOut, getenv: func(k string) string { return env[k] },
		environ: func() []string { return append(os.Environ(), asSextant+"=1") }, program: os.Args[0],
		clock: func() time.Time { return now }, version: "test"}
}

// result is what a command left behind.
type result struct {
	code        int
	out, errOut string
}

// sextant runs a command line.
func (b *bench) sextant(args ...string) result {
	b.Helper()
	var out, errOut bytes.Buffer
	a := newTestApp(b.env, strings.NewReader(b.in), &out, &errOut)
	a.inTTY, a.outTTY, a.errTTY = b.tty, b.tty, b.tty
	if b.tty {
		a.width = 120
	}
	code := a.execute(b.Context(), args)
	return result{code, out.String(), errOut.String()}
}

// ok runs a command line that must succeed and gives what it printed.
func (b *bench) ok(args ...string) string {
	b.Helper()
	r := b.sextant(args...)
	if r.code != exitDone {
		b.Fatalf("sextant %s: exit %d\n%s", strings.Join(args, " "), r.code, r.errOut)
	}
	return r.out
}

// fails runs a command line that must exit with a code and one line that holds
// the words.
func (b *bench) fails(code int, words string, args ...string) {
	b.Helper()
	r := b.sextant(args...)
	if r.code != code || !strings.Contains(r.errOut, words) {
		b.Errorf("sextant %s: exit %d, want %d and %q:\n%s", strings.Join(args, " "), r.code, code, words, r.errOut)
	}
	if strings.Count(r.errOut, "\n") != 1 || !strings.HasPrefix(r.errOut, "sextant: ") {
		b.Errorf("sextant %s: the error is not one line:\n%s", strings.Join(args, " "), r.errOut)
	}
}

// read decodes what a command prints with --json.
func read[T any](b *bench, args ...string) T {
	b.Helper()
	var v T
	text := b.ok(append(args, "--json")...)
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		b.Fatalf("sextant %s --json: %v\n%s", strings.Join(args, " "), err, text)
	}
	return v
}

// pool is the database as the test sees it.
func (b *bench) pool() *pgxpool.Pool { return dbtest.Pool(b.T, b.url) }

// everything counts the rows of all tables, the ledger's included.
func (b *bench) everything() map[string]int64 {
	b.Helper()
	pool := b.pool()
	rows, err := pool.Query(b.Context(), `SELECT c.oid::regclass::text FROM pg_class c
		WHERE c.relkind IN ('r', 'p') AND c.relnamespace IN ('public'::regnamespace, to_regnamespace('sextant'))`)
	if err != nil {
		b.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.Fatal(err)
	}
	counts := map[string]int64{}
	for _, t := range tables {
		var n int64
		if err := pool.QueryRow(b.Context(), "SELECT count(*) FROM "+t).Scan(&n); err != nil {
			b.Fatal(err)
		}
		counts[t] = n
	}
	return counts
}

// learner is one with answers.
func (b *bench) learner() string {
	b.Helper()
	return read[[]struct {
		UserID string `json:"user_id"`
	}](b, "learner", "list", "--limit", "1")[0].UserID
}

// process is sextant as a process of its own.
type process struct {
	*exec.Cmd
	out, errOut *dbtest.Buffer
}

// start starts a command line as a process.
func (b *bench) start(args ...string) *process {
	b.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...), out: &dbtest.Buffer{}, errOut: &dbtest.Buffer{}}
	p.Env = append(os.Environ(), asSextant+"=1")
	for k, v := range b.env {
		p.Env = append(p.Env, k+"="+v)
	}
	p.Stdout, p.Stderr = p.out, p.errOut
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.Process.Kill() }) // it has ended unless the test failed
	return p
}

// code waits for the end and gives the exit code.
func (p *process) code(t testing.TB) int {
	t.Helper()
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

// writeFile makes a file and the folders above it.
func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
