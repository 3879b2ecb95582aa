package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
)

func TestRunReportsItsOutcome(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	r := b.sextant("run", "aggregate-features-daily", "--reason", "a test", "--trigger", "schedule", "--id", "01a20000-0000-7000-8000-000000000001")
	if r.code != exitDone || !strings.Contains(r.out, "aggregate-features-daily succeeded in ") || !strings.Contains(r.out, "1 of 1 slice done") ||
		!strings.Contains(r.out, "run 01a20000-0000-7000-8000-000000000001; its log: sextant runs logs 01a20000-0000") {
		t.Errorf("exit %d:\n%s%s", r.code, r.out, r.errOut)
	}
	if !strings.Contains(r.errOut, `msg="run started"`) {
		t.Errorf("no log lines off a terminal: %s", r.errOut)
	}
	if quiet := b.sextant("run", "aggregate-features-daily", "--quiet"); quiet.code != exitDone || quiet.out+quiet.errOut != "" {
		t.Errorf("--quiet: exit %d, said %q", quiet.code, quiet.out+quiet.errOut)
	}
	run := read[db.Run](b, "run", "aggregate-features-daily", "--user", b.learner(), "--include-theta", "--log-format", "json")
	var params map[string]any
	if err := json.Unmarshal(run.Params, &params); err != nil {
		t.Fatal(err)
	}
	if run.Status != db.RunSucceeded || run.Trigger != db.TriggerCron || run.Host == "" || params["include-theta"] != true {
		t.Errorf("the ledger says %+v, %v", run, params)
	}
	b.env["AGG_LOOKBACK_DAYS"] = "3"
	if p := read[jobs.Preview](b, "run", "aggregate-features-daily", "--dry-run"); len(p.Slices) != 3 {
		t.Errorf("%d slices, want AGG_LOOKBACK_DAYS=3", len(p.Slices))
	}
}

func TestDryRunsAndReadOnlyWriteNothing(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	user := b.learner()
	before := b.everything()
	preview := read[jobs.Preview](b, "run", "aggregate-features-daily", "--from", dayAfter(-3), "--to", dayAfter(0), "--dry-run")
	if preview.Todo() != 4 || len(preview.Slices) != 4 || preview.Slices[0].Reason == "" ||
		preview.Command != "sextant run aggregate-features-daily --from "+dayAfter(-3)+" --to "+dayAfter(0) {
		t.Errorf("preview %+v", preview)
	}
	if out := b.ok("run", "mirt-calibrate", "--missing", "--dry-run"); !strings.Contains(out, "0 of 1 slice would run") || !strings.Contains(out, "skip") {
		t.Errorf("preview:\n%s", out)
	}
	b.env["DRY_RUN"] = "1"
	b.ok("run", "sync-answers")
	b.ok("theta", "recompute", user)
	delete(b.env, "DRY_RUN")
	b.ok("theta", "recompute", user, "--dry-run", "--read-only")
	b.fails(exitUsage, "read-only", "run", "sync-answers", "--read-only")
	b.fails(exitUsage, "read-only", "theta", "recompute", user, "--read-only")
	b.fails(exitUsage, "read-only", "runs", "cancel", read[[]db.Run](b, "runs")[0].ID.String(), "--read-only")
	for _, look := range []string{"status", "runs", "learner list", "theta show " + user, "theta history " + user} {
		b.ok(append(strings.Fields(look), "--read-only")...)
	}
	if after := b.everything(); !maps.Equal(before, after) {
		t.Errorf("rows before %v, after %v", before, after)
	}
}

func TestLockedStageExitsWith3(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	lock, free, err := dbtest.Open(t, b.url).TryLock(t.Context(), db.LockKey("stage:mirt-calibrate"))
	if err != nil || !free {
		t.Fatal(free, err)
	}
	defer lock.Release(context.WithoutCancel(t.Context()))
	b.fails(exitLocked, "see 'sextant runs'", "run", "mirt-calibrate")
	b.ok("run", "aggregate-features-daily", "--quiet")
}

func TestPartialRunExitsWith4(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	r := b.sextant("theta", "recompute", b.learner(), "nobody", "--quiet")
	if r.code != exitPartial || !strings.Contains(r.errOut, `unknown learner "nobody"`) {
		t.Fatalf("exit %d: %s", r.code, r.errOut)
	}
	run := read[[]db.Run](b, "runs", "--status", "partial")[0]
	if out := b.ok("runs", "show", run.ID.String()[:18]); !strings.Contains(out, "1 failure:") || !strings.Contains(out, "nobody") {
		t.Errorf("the failure is not shown:\n%s", out)
	}
}

// blocked starts a run as a process and waits until it hangs on a table that
// the test holds locked.
func (b *bench) blocked(args ...string) *process {
	b.Helper()
	tx, err := b.pool().Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(b.Context())) })
	if _, err := tx.Exec(b.Context(), `LOCK TABLE public.features_topic_daily IN ACCESS EXCLUSIVE MODE`); err != nil {
		b.Fatal(err)
	}
	p := b.start(args...)
	dbtest.Until(b, "the run waits for the table", func() bool {
		var waiting bool
		err := tx.QueryRow(b.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'public.features_topic_daily'::regclass
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waiting)
		return err == nil && waiting
	})
	return p
}

func TestSignalCancelsARun(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		b := newDemoBench(t)
		p := b.blocked("run", "aggregate-features-daily")
		b.fails(exitLocked, "follow it with 'sextant runs show", "run", "aggregate-features-daily")
		if err := p.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if code := p.code(t); code != exitCancelled {
			t.Fatalf("%s: exit %d: %s", signal, code, p.errOut)
		}
		if run := read[[]db.Run](b, "runs", "--limit", "1")[0]; run.Status != db.RunCancelled || run.FinishedAt == nil {
			t.Errorf("%s: the ledger says %+v", signal, run)
		}
		if !strings.Contains(p.out.String(), "aggregate-features-daily cancelled in") {
			t.Errorf("%s: printed %q", signal, p.out)
		}
	}
}

func TestCancelFromElsewhere(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	p := b.blocked("run", "aggregate-features-daily", "--quiet")
	run := read[[]db.Run](b, "runs", "--status", "running")[0]
	follow := b.start("runs", "logs", run.ID.String(), "--follow")
	if out := b.ok("runs", "cancel", run.ID.String()[:18]); !strings.Contains(out, "asked run") {
		t.Errorf("printed %q", out)
	}
	if code := p.code(t); code != exitCancelled || !strings.HasPrefix(p.errOut.String(), "sextant: cancelled by ") {
		t.Errorf("exit %d: %q", code, p.errOut)
	}
	if code := follow.code(t); code != exitDone || !strings.Contains(follow.out.String(), "run ended  ") {
		t.Errorf("--follow: exit %d:\n%s", code, follow.out)
	}
	b.fails(exitUsage, "already finished", "runs", "cancel", run.ID.String())
}

func TestLaunchedRunIsAProcessOfItsOwn(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	a := newTestApp(b.env, strings.NewReader(""), nil, nil)
	a.errOut = io.Discard
	s, err := a.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	service := a.serviceLogging(s, slog.New(slog.DiscardHandler))
	launch := func(q jobs.Request) db.Run {
		t.Helper()
		q.Trigger = db.TriggerConsole
		id, err := service.Launch(t.Context(), q)
		if err != nil || id == uuid.Nil {
			t.Fatal(id, err)
		}
		var d jobs.RunDetail
		dbtest.Until(t, "the launched run ends", func() bool {
			d, err = service.Run(t.Context(), id, 0)
			return err == nil && d.Status.Final()
		})
		return d.Run
	}
	if run := launch(jobs.Request{Stage: "aggregate-features-daily", Reason: "it's a test"}); run.Status != db.RunSucceeded ||
		run.Trigger != db.TriggerConsole || run.Reason != "it's a test" {
		t.Errorf("the ledger says %+v", run)
	}
	if run := launch(jobs.Request{Stage: "update-theta", Users: []string{b.learner(), "--odd"}}); run.Status != db.RunPartial {
		t.Errorf("the ledger says %+v", run)
	}
}
