package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"sextant/db"
	"sextant/db/embedded"
)

// dayAfter is n days after the last complete one.
func dayAfter(n int) string { return db.DayOf(now).Add(n - 1).String() }

func TestBadCommandLines(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	for _, tt := range []struct {
		code  int
		words string
		args  string
	}{
		{exitUsage, `unknown command "stats" (did you mean status?); see 'sextant --help'`, "stats"},
		{exitUsage, `unknown command "shw"`, "runs shw"},
		{exitUsage, "unknown flag: --nope; see 'sextant status --help'", "status --nope"},
		{exitUsage, "--lang", "demo --lang tlh"},
		{exitUsage, "unknown stage \"now\"; the stages are", "status now"},
		{exitUsage, "takes the name of one stage", "status mirt-calibrate now"},
		{exitUsage, "needs a command", "theta"},
		{exitUsage, "needs the id of one learner", "theta show"},
		{exitUsage, "--log-format is text or json", "status --log-format xml"},
		{exitUsage, "name the stage: aggregate-features-daily", "run"},
		{exitUsage, `unknown stage "nosuch"; the stages are`, "run nosuch"},
		{exitUsage, `unknown stage "nosuch"; the stages are`, "runs --stage nosuch"},
		{exitUsage, "2026-11-18 is no Monday; the week that holds it starts on 2026-11-16", "run generate-weekly-report --week 2026-11-18"},
		{exitUsage, `--date: "2025-02-30" is not a calendar day`, "run mirt-calibrate --date 2025-02-30"},
		{exitUsage, "--from 2025-03-03 is after --to 2025-03-01", "run mirt-calibrate --from 2025-03-03 --to 2025-03-01"},
		{exitUsage, "is not complete yet", "run mirt-calibrate --date " + dayAfter(1)},
		{exitUsage, "is not complete yet", "run mirt-calibrate --from 2025-03-03 --to " + dayAfter(365)},
		{exitUsage, "--date excludes --from", "run mirt-calibrate --date 2025-03-03 --from 2025-03-01"},
		{exitUsage, "--to needs --from", "run mirt-calibrate --to 2025-03-03"},
		{exitUsage, `--lookback-days: "x" is not a number`, "run mirt-calibrate --lookback-days x"},
		{exitUsage, "--lookback-days: 0 is below the least, 1", "run mirt-calibrate --lookback-days 0"},
		{exitUsage, "--trigger: it is one of cli", "run mirt-calibrate --trigger luck"},
		{exitUsage, `unknown status "done"`, "runs --status done"},
		{exitUsage, "--limit is at least 1", "runs --limit 0"},
		{exitUsage, "--limit is at least 1", "learner list --limit -1"},
		{exitFailed, "no run's id starts with", "runs show ffff"},
		{exitFailed, `unknown learner "nobody"`, "theta show nobody"},
		{exitFailed, `unknown learner "nobody"`, "theta history nobody"},
		{exitFailed, `unknown learner "nobody"`, "theta recompute nobody --dry-run"},
		{exitUsage, "takes no --user", "run mirt-calibrate --dry-run --user 1"},
	} {
		b.fails(tt.code, tt.words, strings.Fields(tt.args)...)
	}
	b.env["AGG_LOOKBACK_DAYS"] = "many"
	b.fails(exitUsage, "(from AGG_LOOKBACK_DAYS)", "run", "aggregate-features-daily")
	b.env["DRY_RUN"] = "perhaps"
	b.fails(exitUsage, "DRY_RUN", "run", "mirt-calibrate")
}

func TestErrorsAreJSONWithJSON(t *testing.T) {
	b := benchOn(t, "")
	for code, args := range map[int][]string{
		exitUsage:    {"status", "--json", "--nope"},
		exitNotReady: {"status", "--json", "--database", "postgres://u:hunter2@127.0.0.1:1/d"},
	} {
		r := b.sextant(args...)
		var said struct {
			Error    string `json:"error"`
			ExitCode int    `json:"exit_code"`
		}
		if err := json.Unmarshal([]byte(r.errOut), &said); err != nil {
			t.Fatalf("%v: %q", err, r.errOut)
		}
		if r.code != code || said.ExitCode != code || said.Error == "" || r.out != "" || strings.Contains(r.errOut, "hunter2") {
			t.Errorf("exit %d, said %+v, printed %q", r.code, said, r.out)
		}
	}
}

func TestDatabaseIsNotReady(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	t.Run("not migrated", func(t *testing.T) {
		for _, args := range []string{"status", "runs", "run mirt-calibrate", "run mirt-calibrate --dry-run", "theta show x", "learner list"} {
			b.fails(exitNotReady, "run 'sextant db migrate'", strings.Fields(args)...)
		}
		if r := b.sextant("db", "status"); r.code != exitNotReady || !strings.Contains(r.out, "is missing, this binary needs") {
			t.Errorf("db status: exit %d, printed %q", r.code, r.out)
		}
		if n := len(b.everything()); n != 0 {
			t.Errorf("%d tables were made unasked", n)
		}
	})
	t.Run("unreachable", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		l.Close()
		b.fails(exitNotReady, "check that PostgreSQL runs there", "status", "--database", "postgres://u:hunter2@"+address+"/d")
	})
	t.Run("no such database", func(t *testing.T) {
		b.fails(exitNotReady, "create it, or correct DATABASE_URL", "status", "--database", strings.Replace(b.url, "/test_", "/gone_", 1))
	})
	t.Run("unreadable URL", func(t *testing.T) {
		b.fails(exitUsage, "read the database URL", "status", "--database", "postgres://u:p@h:notaport/d")
	})
	t.Run("newer than the binary", func(t *testing.T) {
		newer := newMigratedBench(t)
		if _, err := newer.pool().Exec(t.Context(), `INSERT INTO sextant.schema_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
			t.Fatal(err)
		}
		newer.fails(exitNotReady, "use a newer sextant", "status")
		newer.fails(exitNotReady, "use a newer sextant", "db", "migrate")
		if r := newer.sextant("db", "status"); r.code != exitNotReady || !strings.Contains(r.out, "use a newer sextant") {
			t.Errorf("db status: exit %d, printed %q", r.code, r.out)
		}
	})
	t.Run("no platform", func(t *testing.T) {
		newMigratedBench(t).fails(exitNotReady, "none of the tables attempt, responses and exam_results", "run", "sync-answers", "--quiet")
	})
}

// TestServerOfItsOwn starts a private server with password authentication, and
// follows it from down to up and back.
func TestServerOfItsOwn(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "sextant-cli") // shorter than the test's own folder: a socket's path is limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // the server runs as another user
		t.Fatal(err)
	}
	hba := filepath.Join(dir, "hba.conf")
	if err := os.WriteFile(hba, []byte("local all alice scram-sha-256\nlocal all all trust\nhost all alice all scram-sha-256\nhost all all all trust\n"), 0o644); err != nil { // likewise
		t.Fatal(err)
	}
	b := benchOn(t, "")
	data := []string{"--data-dir", filepath.Join(dir, "data")}
	if out := b.ok(append(data, "db", "status")...); !strings.Contains(out, "stopped") {
		t.Errorf("db status before the start: %s", out)
	}
	b.fails(exitNotReady, "sextant db up", append(data, "db", "url")...)

	server, err := embedded.Join(t.Context(), embedded.Options{DataDir: data[1], Settings: map[string]string{"hba_file": hba}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Leave(context.WithoutCancel(t.Context())) }) // it has left unless the test failed
	if out := b.ok(append(data, "db", "up")...); !strings.Contains(out, "stays up until") {
		t.Errorf("db up: %s", out)
	}
	url := strings.TrimSpace(b.ok(append(data, "db", "url")...))
	if url != server.URL() {
		t.Errorf("db url: %s, want %s", url, server.URL())
	}
	b.wrongPassword(url)
	if out := b.ok(append(data, "status")...); !strings.Contains(out, "mirt-calibrate") {
		t.Errorf("status migrates the private server: %s", out)
	}
	if st := read[databaseStatus](b, append(data, "db", "status")...); !st.Ready || st.Schema != st.Wanted || !st.Server.Running {
		t.Errorf("db status: %+v", st)
	}
	b.fails(exitFailed, "in use by process", append(data, "db", "down")...)
	if err := server.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := b.ok(append(data, "db", "down")...); !strings.Contains(out, "stopped") {
		t.Errorf("db down: %s", out)
	}
}

// wrongPassword checks that a refused password is not repeated.
func (b *bench) wrongPassword(url string) {
	b.Helper()
	pool, err := pgxpool.New(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(b.Context(), "CREATE ROLE alice LOGIN PASSWORD 'right'"); err != nil {
		b.Fatal(err)
	}
	alice := func(password string) string {
		return strings.Replace(url, "sextant@", fmt.Sprintf("alice:%s@", password), 1)
	}
	b.fails(exitNotReady, "check the user and password", "status", "--database", alice("hunter2"))
	if r := b.sextant("status", "--database", alice("hunter2")); strings.Contains(r.errOut, "hunter2") {
		b.Errorf("the password is repeated: %s", r.errOut)
	}
	if out := b.ok("db", "url", "--database", alice("hunter2")); strings.Contains(out, "hunter2") {
		b.Errorf("db url shows the password: %s", out)
	}
	b.fails(exitNotReady, "permission denied", "db", "migrate", "--database", alice("right"))
}
