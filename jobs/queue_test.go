package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
)

// worker starts one in this process, which ends with the test at the latest.
func (b *bench) worker(change func(*jobs.Worker)) (stop func()) {
	b.Helper()
	r := newRunner(b.db, b.log)
	r.Clock = b.runner.Clock
	w := &jobs.Worker{Runner: r, Log: slog.New(slog.NewTextHandler(b.log, nil)), Concurrency: 2, Grace: 10 * time.Second}
	if change != nil {
		change(w)
	}
	w.Service = jobs.NewService(b.db, w.Runner, jobs.About{Version: "test"}, nil)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stopped := false
	stop = func() {
		if cancel(); !stopped {
			stopped = true
			if err := <-ended; err != nil {
				b.Errorf("the worker: %v", err)
			}
		}
	}
	b.Cleanup(stop)
	return stop
}

// enqueue leaves a run to the workers.
func (b *bench) enqueue(q jobs.Request) db.Run {
	b.Helper()
	q.Trigger = db.TriggerCLI
	r, err := b.runner.Enqueue(b.ctx, q)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// follow waits for a run's end.
func (b *bench) follow(id uuid.UUID) (db.Run, error) {
	b.Helper()
	return b.service().Follow(b.ctx, id, func(db.Run, []db.RunEvent) {})
}

// logged counts the lines of a run's log that say so.
func (b *bench) logged(id uuid.UUID, message string) int {
	b.Helper()
	return one[int](b, `SELECT count(*) FROM sextant.run_event WHERE run_id = $1 AND message = $2`, id, message)
}

func TestAWorkerRunsWhatWasAskedForElsewhere(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.env["AGG_LOOKBACK_DAYS"] = "3" // here; the worker's own environment says nothing
	asked := b.enqueue(jobs.Request{Stage: features, Reason: "it's a test", Options: map[string]string{"include-theta": "true"}})
	if asked.Status != db.RunQueued || asked.Host != "" || asked.PID != nil {
		t.Errorf("queued: %+v", asked)
	}
	b.worker(func(w *jobs.Worker) { w.Runner.Clock = func() time.Time { return lastDay.Add(5).End() } }) // days later
	r, err := b.follow(asked.ID)
	if err != nil || r.Status != db.RunSucceeded || r.ID != asked.ID {
		t.Fatalf("status %s, error %v\n%s", r.Status, err, b.log)
	}
	if r.Host != "testhost" || r.PID == nil || r.Actor != "tester" || r.Reason != "it's a test" || r.Attempt != 1 || r.Token <= asked.Token {
		t.Errorf("the ledger says %+v", r)
	}
	if got := one[string](b, `SELECT concat_ws(' ', params->>'lookback-days', params->>'include-theta', window_to) FROM sextant.run WHERE id = $1`, r.ID); got != "3 true 2026-03-31" {
		t.Errorf("it ran with %s", got)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE stage = $1`, features); n != 3 {
		t.Errorf("%d days published, want the 3 that were asked for", n)
	}
}

func TestAQueuedRunWaitsForItsStageAndSaysWhy(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	lock, free, err := b.db.TryLock(b.ctx, db.LockKey("stage:"+features))
	if err != nil || !free {
		t.Fatal(free, err)
	}
	asked := b.enqueue(jobs.Request{Stage: features})
	b.worker(nil)
	dbtest.Until(t, "the ledger says why it waits", func() bool { return b.logged(asked.ID, "waits for the stage's lock") == 1 })
	lock.Release(b.ctx)
	if r, err := b.follow(asked.ID); err != nil || r.Status != db.RunSucceeded {
		t.Errorf("status %s, error %v", r.Status, err)
	}
}

func TestTwoWorkersShareAQueueInOrder(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	var ids []uuid.UUID
	for range 12 {
		ids = append(ids, b.enqueue(jobs.Request{Stage: "sync-answers"}).ID)
	}
	b.worker(nil)
	b.worker(nil)
	for _, id := range ids {
		if r, err := b.follow(id); err != nil || r.Status != db.RunSucceeded {
			t.Fatalf("status %s, error %v", r.Status, err)
		}
		if n := b.logged(id, "run started"); n != 1 {
			t.Errorf("run %s was started %d times", id, n)
		}
	}
	if n := one[int](b, `SELECT count(*) FROM (SELECT started_at < lag(started_at) OVER (ORDER BY created_at, id) AS wrong FROM sextant.run) t WHERE wrong`); n != 0 {
		t.Errorf("%d runs started before one that was asked for earlier", n)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.run`); n != len(ids) {
		t.Errorf("%d runs, want %d", n, len(ids))
	}
}

func TestWhatAPauseHoldsIsNotQueuedOrIsSkipped(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	asked := b.enqueue(jobs.Request{Stage: features})
	if _, err := b.service().Pause(b.ctx, features, "maintenance", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.runner.Enqueue(b.ctx, jobs.Request{Stage: features}); err == nil || !strings.Contains(err.Error(), "paused by tester") {
		t.Errorf("queued while paused: %v", err)
	}
	b.worker(nil)
	if r, err := b.follow(asked.ID); err != nil || r.Status != db.RunSkipped {
		t.Errorf("status %s, error %v", r.Status, err)
	}
}

func TestAQueuedRunThatMakesNoSenseFails(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	asked := b.enqueue(jobs.Request{Stage: features})
	b.exec(`UPDATE sextant.run SET params = params || '{"of-another-version": 1}' WHERE id = $1`, asked.ID)
	b.worker(nil)
	if r, err := b.follow(asked.ID); err == nil || r.Status != db.RunFailed || !strings.Contains(err.Error(), "no parameter of-another-version") {
		t.Errorf("status %s, error %v", r.Status, err)
	}
}

// heldUp starts a worker on one queued run and waits until its slice hangs on
// the table, which release lets go.
func (b *bench) heldUp(change func(*jobs.Worker)) (asked db.Run, stop, release func()) {
	b.Helper()
	b.run(jobs.Request{Stage: "sync-answers"})
	tx, err := b.sql.Begin(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	release = func() { _ = tx.Rollback(context.WithoutCancel(b.ctx)) }
	b.Cleanup(release)
	if _, err := tx.Exec(b.ctx, `LOCK TABLE public.features_topic_daily IN EXCLUSIVE MODE`); err != nil {
		b.Fatal(err)
	}
	asked = b.enqueue(jobs.Request{Stage: features, Date: day("2026-03-31")})
	stop = b.worker(change)
	dbtest.Until(b, "the slice to wait", func() bool { return b.waiters("public.features_topic_daily") > 0 })
	return asked, stop, release
}

func TestAStoppedWorkersRunGoesOnElsewhere(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	asked, stop, release := b.heldUp(func(w *jobs.Worker) { w.Grace = 50 * time.Millisecond })
	stop()
	r, err := b.db.FindRun(b.ctx, asked.ID.String())
	if err != nil || r.Status != db.RunCancelled || !strings.Contains(*r.Error, "which is stopping") {
		t.Errorf("status %s, error %v, %v", r.Status, *r.Error, err)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.worker`); n != 0 {
		t.Errorf("%d workers on the list, want none", n)
	}
	release()
	b.worker(nil)
	again, err := b.follow(asked.ID)
	if err != nil || again.Status != db.RunSucceeded || *again.RetryOf != asked.ID || again.Attempt != 1 {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestAStopWaitsForTheRunInHand(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	asked, stop, release := b.heldUp(nil)
	stopped := make(chan struct{})
	go func() {
		stop()
		close(stopped)
	}()
	dbtest.Until(t, "the worker says that it stops", func() bool {
		return one[int](b, `SELECT count(*) FROM sextant.worker WHERE stopping AND jsonb_array_length(doing) = 1`) == 1
	})
	release()
	<-stopped
	if r, err := b.db.FindRun(b.ctx, asked.ID.String()); err != nil || r.Status != db.RunSucceeded {
		t.Errorf("status %s, %v", r.Status, err)
	}
}

func TestARunWhoseDatabaseFailsIsTriedAgainAndOneThatFailsIsNot(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	asked, _, release := b.heldUp(nil)
	b.terminate(`EXISTS (SELECT FROM pg_locks k WHERE k.pid = a.pid AND k.locktype = 'advisory' AND k.mode = 'ExclusiveLock' AND k.objsubid = 1)`)
	dbtest.Until(t, "the run to end", func() bool {
		return one[string](b, `SELECT status FROM sextant.run WHERE id = $1`, asked.ID) == "failed"
	})
	release()
	r, err := b.follow(asked.ID)
	if err != nil || r.Status != db.RunSucceeded || r.Attempt != 2 || *r.RetryOf != asked.ID {
		t.Errorf("%+v, %v", r, err)
	}

	b.exec(`ALTER TABLE public.features_topic_daily ADD CONSTRAINT no_good CHECK (attempts < 0) NOT VALID`)
	bad := b.enqueue(jobs.Request{Stage: features, Date: day("2026-03-31"), Force: true})
	if r, err := b.follow(bad.ID); err == nil || r.Status != db.RunFailed || r.ID != bad.ID {
		t.Errorf("%+v, %v", r, err)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.run WHERE retry_of = $1`, bad.ID); n != 0 {
		t.Errorf("%d retries of what a try cannot mend", n)
	}
}

func TestAWorkerOutlivesItsDatabase(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.worker(nil)
	before := b.enqueue(jobs.Request{Stage: features})
	if r, err := b.follow(before.ID); err != nil || r.Status != db.RunSucceeded {
		t.Fatalf("status %s, error %v", r.Status, err)
	}
	var err error
	admin := dbtest.Pool(t, strings.Replace(b.url, b.sql.Config().ConnConfig.Database, "postgres", 1))
	name := b.sql.Config().ConnConfig.Database
	shut := func(open bool) {
		t.Helper()
		if _, err := admin.Exec(b.ctx, fmt.Sprintf(`ALTER DATABASE %s ALLOW_CONNECTIONS %t`, name, open)); err != nil {
			t.Fatal(err)
		}
	}
	shut(false)
	for range 3 { // whoever comes back in between goes again
		if _, err := admin.Exec(b.ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name); err != nil {
			t.Fatal(err)
		}
	}
	dbtest.Until(t, "the worker to notice", func() bool {
		return strings.Contains(b.log.String(), "is interrupted") || strings.Contains(b.log.String(), "failed")
	})
	shut(true)
	var after db.Run
	dbtest.Until(t, "the test's own connections to be back", func() (ok bool) {
		after, err = b.runner.Enqueue(b.ctx, jobs.Request{Stage: features, Date: day("2026-03-30"), Trigger: db.TriggerCLI})
		return err == nil
	})
	if r, err := b.follow(after.ID); err != nil || r.Status != db.RunSucceeded {
		t.Errorf("status %s, error %v\n%s", r.Status, err, b.log)
	}
}

func TestAWorkerOutlivesACutLine(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	p := newProxy(t, b.url)
	far, err := db.Open(b.ctx, db.Config{URL: p.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(far.Close)
	b.worker(func(w *jobs.Worker) { w.Runner.DB = far })
	before := b.enqueue(jobs.Request{Stage: features})
	if r, err := b.follow(before.ID); err != nil || r.Status != db.RunSucceeded {
		t.Fatalf("status %s, error %v", r.Status, err)
	}
	p.cut()
	after := b.enqueue(jobs.Request{Stage: features, Date: day("2026-03-30")})
	p.hangUp() // the line's ends learn of it at last
	p.restore()
	if r, err := b.follow(after.ID); err != nil || r.Status != db.RunSucceeded {
		t.Errorf("status %s, error %v\n%s", r.Status, err, b.log)
	}
}
