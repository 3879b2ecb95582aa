package jobs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
	"sextant/jobs/demo"
)

const features = "aggregate-features-daily"

var small = demo.Options{Learners: 60, Items: 60, Days: 40, Seed: 7}

func TestRunRecordsWhoWhatAndHow(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	r := b.run(jobs.Request{Stage: features, Reason: "a test", Options: map[string]string{"lookback-days": "3"}})
	got, err := b.db.FindRun(b.ctx, r.ID.String()[:18])
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != db.RunSucceeded || got.Actor != "tester" || got.Host != "testhost" || got.Reason != "a test" ||
		got.Version != "test" || got.Trigger != db.TriggerCLI || got.PID == nil || got.FinishedAt == nil {
		t.Errorf("ledger row = %+v", got)
	}
	if got.UnitsDone != 3 || got.UnitsTotal != 3 || got.RowsRead == 0 || got.RowsWritten == 0 {
		t.Errorf("progress = %d of %d units, %d rows read, %d written", got.UnitsDone, got.UnitsTotal, got.RowsRead, got.RowsWritten)
	}
	events, err := b.db.RunEvents(b.ctx, r.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	for _, e := range events {
		log = append(log, e.Message)
	}
	for _, want := range []string{"run started", "answers synced", "done", "run ended"} {
		if !strings.Contains(strings.Join(log, "\n"), want) {
			t.Errorf("the ledger's log lacks %q: %q", want, log)
		}
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE run_id = $1 AND complete`, r.ID); n != 3 {
		t.Errorf("%d days published, want 3", n)
	}
}

func TestASecondRunOfALockedStageIsRefused(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	lock, free, err := b.db.TryLock(b.ctx, db.LockKey("stage:"+features))
	if err != nil || !free {
		t.Fatal(free, err)
	}
	defer lock.Release(b.ctx)
	holder := db.Run{ID: uuid.Must(uuid.NewV7()), Stage: features, Params: []byte(`{}`), Trigger: db.TriggerCron, Actor: "cron",
		Host: "elsewhere", LockKey: db.LockKey("stage:" + features)}
	if err := b.db.StartRun(b.ctx, &holder); err != nil {
		t.Fatal(err)
	}
	_, err = b.runner.Run(b.ctx, jobs.Request{Stage: features, Trigger: db.TriggerCLI})
	var locked *jobs.LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("error = %v, want a LockedError", err)
	}
	if locked.Holder == nil || locked.Holder.ID != holder.ID || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("the error names %+v: %v", locked.Holder, err)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.run`); n != 1 {
		t.Errorf("%d ledger rows, want the holder's alone", n)
	}
}

func TestCancelFromElsewhereStopsARunWithinAHeartbeat(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: features}) // publishes some days
	before := b.contents("public.features_topic_daily")
	// A row lock of the test's own holds the next slice where it is.
	tx, err := b.sql.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(b.ctx)) }()
	if _, err := tx.Exec(b.ctx, `LOCK TABLE public.features_topic_daily IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	id := uuid.Must(uuid.NewV7())
	type result struct {
		run db.Run
		err error
	}
	ended := make(chan result, 1)
	go func() {
		r, err := b.runner.Run(b.ctx, jobs.Request{ID: id, Stage: features, Date: day("2026-03-31"), Trigger: db.TriggerCLI})
		ended <- result{r, err}
	}()
	dbtest.Until(t, "the slice to wait for the lock", func() bool {
		return b.waiters("public.features_topic_daily") > 0
	})
	if asked, err := b.db.RequestCancel(b.ctx, id, "someone else"); err != nil || !asked {
		t.Fatal(asked, err)
	}
	select {
	case got := <-ended:
		var cancelled *jobs.CancelledError
		if !errors.As(got.err, &cancelled) || cancelled.By != "someone else" {
			t.Errorf("error = %v", got.err)
		}
		if got.run.Status != db.RunCancelled {
			t.Errorf("status = %s", got.run.Status)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the run did not stop")
	}
	_ = tx.Rollback(b.ctx)
	if after := b.contents("public.features_topic_daily"); after != before {
		t.Error("the cancelled slice left something behind")
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE run_id = $1`, id); n != 0 {
		t.Error("the cancelled slice counts as published")
	}
}

func TestASignalCancels(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	ctx, cancel := context.WithCancel(b.ctx)
	b.runner.Observe = func(db.Run, db.RunProgress) { cancel() } // at the first heartbeat
	tx, err := b.sql.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(b.ctx)) }()
	if _, err := tx.Exec(b.ctx, `LOCK TABLE public.features_topic_daily IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	r, err := b.runner.Run(ctx, jobs.Request{Stage: features, Trigger: db.TriggerCLI})
	var cancelled *jobs.CancelledError
	if !errors.As(err, &cancelled) || r.Status != db.RunCancelled {
		t.Errorf("status %s, error %v; want cancelled", r.Status, err)
	}
}

func TestReadOnlyAndDryRunsWriteNothing(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: features, Options: map[string]string{"lookback-days": "2"}})
	user := one[string](b, `SELECT user_id FROM sextant.learner ORDER BY answers DESC LIMIT 1`)
	before := b.everything()

	b.runner.ReadOnly = true
	for _, q := range []jobs.Request{{Stage: features}, {Stage: "mirt-calibrate"}, {Stage: "update-theta", Users: []string{user}}} {
		if _, err := b.runner.Run(b.ctx, q); !errors.Is(err, jobs.ErrReadOnly) {
			t.Errorf("%s: error = %v, want ErrReadOnly", q.Stage, err)
		}
	}
	p, err := b.runner.Preview(b.ctx, jobs.Request{Stage: features, From: day("2026-03-01"), To: day("2026-03-31"), Missing: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Slices) != 31 || p.Todo() != 29 {
		t.Errorf("preview has %d days, %d to do; want 31 and 29", len(p.Slices), p.Todo())
	}
	if s := p.Slices[30]; !s.Skip || !strings.HasPrefix(s.Reason, "published") || s.Learners == 0 || s.Answers == 0 {
		t.Errorf("the last day = %+v", s)
	}
	if p.Command != "sextant run aggregate-features-daily --from 2026-03-01 --to 2026-03-31 --missing" {
		t.Errorf("command = %s", p.Command)
	}
	if _, err := b.runner.Preview(b.ctx, jobs.Request{Stage: "mirt-calibrate"}); err != nil {
		t.Error(err)
	}
	if _, err := b.runner.PreviewTheta(b.ctx, jobs.Request{Stage: "update-theta", Users: []string{user}}); err != nil {
		t.Error(err)
	}
	if after := b.everything(); after != before {
		t.Errorf("something was written:\n%s\nbefore:\n%s", after, before)
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	r := newRunner(nil, &dbtest.Buffer{})
	for name, c := range map[string]struct {
		q    jobs.Request
		want string
	}{
		"unknown stage":     {jobs.Request{Stage: "nope"}, "unknown stage"},
		"from after to":     {jobs.Request{Stage: features, From: day("2026-03-02"), To: day("2026-03-01")}, "--from 2026-03-02 is after --to 2026-03-01"},
		"the future":        {jobs.Request{Stage: features, Date: day("2026-04-01")}, "the last complete UTC day is 2026-03-31"},
		"date and range":    {jobs.Request{Stage: features, Date: day("2026-03-02"), From: day("2026-03-01")}, "--date excludes"},
		"to without from":   {jobs.Request{Stage: features, To: day("2026-03-01")}, "--to needs --from"},
		"bad number":        {jobs.Request{Stage: features, Options: map[string]string{"lookback-days": "x"}}, `lookback-days: "x" is not a number`},
		"too small":         {jobs.Request{Stage: features, Options: map[string]string{"lookback-days": "0"}}, "below the least"},
		"too large":         {jobs.Request{Stage: features, Options: map[string]string{"lookback-days": "99999999999"}}, "lookback-days: 99999999999 is above the most, 36500"},
		"too quiet":         {jobs.Request{Stage: inactive, Options: map[string]string{"threshold-days": "57"}}, "57 is above the most, 56"},
		"all may drift":     {jobs.Request{Stage: calibrate, Options: map[string]string{"max-drift": "1.01"}}, "1.01 is above the most, 1"},
		"nameless scale":    {jobs.Request{Stage: calibrate, Options: map[string]string{"scale": ""}}, `scale: "" is no name`},
		"blank scale":       {jobs.Request{Stage: calibrate, Options: map[string]string{"scale": "v2 "}}, `scale: "v2 " is no name`},
		"empty learner":     {jobs.Request{Stage: features, Users: []string{"a", ""}}, "a learner's id cannot be empty"},
		"unknown parameter": {jobs.Request{Stage: features, Options: map[string]string{"colour": "red"}}, "no parameter colour"},
		"bad choice":        {jobs.Request{Stage: "mirt-calibrate", Options: map[string]string{"model": "4pl"}}, "not one of rasch, 1pl, 2pl, 3pl"},
	} {
		err := r.Validate(c.q)
		var usage *jobs.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want a usage error with %q", name, err, c.want)
		}
	}
	if _, err := db.ParseDay("2025-02-30"); err == nil || !strings.Contains(err.Error(), "not a calendar day") {
		t.Errorf("2025-02-30: %v", err)
	}
}
