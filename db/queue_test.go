package db_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/db/dbtest"
)

// queued writes a queued run of a stage with a lock of its own name.
func queued(t *testing.T, d *db.DB, stage string) db.Run {
	t.Helper()
	r := db.Run{ID: uuid.Must(uuid.NewV7()), Stage: stage, Params: json.RawMessage(`{}`), Trigger: db.TriggerCLI,
		Actor: "tester", LockKey: db.LockKey("stage:" + stage)}
	if err := d.Enqueue(t.Context(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// serve serves the queue until the test ends, and ends before the database goes.
func serve(t *testing.T, d *db.DB, work func(context.Context, int64) (time.Duration, error)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- d.ServeQueue(ctx, db.QueueServer{Worker: uuid.New(), Concurrency: 4, Grace: time.Second,
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Work: work})
	}()
	stopped := false
	stop = func() {
		if cancel(); !stopped {
			stopped = true
			if err := <-ended; err != nil {
				t.Errorf("serve the queue: %v", err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

func TestQueuedRunsOfALockGoInOrder(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.Migrated(t))
	first, second := queued(t, d, "a"), queued(t, d, "a")
	other := queued(t, d, "b")
	if first.Status != db.RunQueued || first.DueAt == nil || first.AskedAt == nil || first.Attempt != 1 {
		t.Errorf("the row says %+v", first)
	}
	var order []uuid.UUID
	for range 2 {
		next, err := d.NextQueued(t.Context(), first.LockKey)
		if err != nil {
			t.Fatal(err)
		}
		next.Host = "here"
		if err := d.ClaimRun(t.Context(), &next); err != nil {
			t.Fatal(err)
		}
		if next.Status != db.RunRunning || next.StartedAt == nil {
			t.Errorf("claimed: %+v", next)
		}
		if err := d.ClaimRun(t.Context(), &next); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("a second claim: %v", err)
		}
		order = append(order, next.ID)
	}
	if order[0] != first.ID || order[1] != second.ID {
		t.Errorf("order %v, want %v then %v", order, first.ID, second.ID)
	}
	if _, err := d.NextQueued(t.Context(), first.LockKey); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("the queue of a is not empty: %v", err)
	}
	if next, err := d.NextQueued(t.Context(), other.LockKey); err != nil || next.ID != other.ID {
		t.Errorf("of b: %v, %v", next.ID, err)
	}
}

func TestEveryQueuedRunBringsAWorker(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.Migrated(t))
	for range 5 {
		queued(t, d, "a")
	}
	queued(t, d, "b")
	asked := make(chan int64, 100)
	snoozed := false
	serve(t, d, func(_ context.Context, key int64) (time.Duration, error) {
		if key == db.LockKey("stage:b") && !snoozed {
			snoozed = true
			return 10 * time.Millisecond, nil
		}
		asked <- key
		return 0, nil
	})
	got := map[int64]int{}
	for range 6 {
		got[<-asked]++
	}
	if got[db.LockKey("stage:a")] != 5 || got[db.LockKey("stage:b")] != 1 {
		t.Errorf("asked for %v", got)
	}
}

func TestACancelledQueuedRunEndsAtOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.Migrated(t))
	r := queued(t, d, "a")
	if asked, err := d.RequestCancel(t.Context(), r.ID, "someone"); err != nil || !asked {
		t.Fatal(asked, err)
	}
	after, err := d.FindRun(t.Context(), r.ID.String())
	if err != nil || after.Status != db.RunCancelled || after.FinishedAt == nil || *after.Error != "cancelled by someone before it began" {
		t.Errorf("the row says %+v, %v", after, err)
	}
	if err := d.ClaimRun(t.Context(), &r); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("it can be claimed: %v", err)
	}
}

func TestMendQueueTriesLostRunsAgainAndBringsWorkers(t *testing.T) {
	t.Parallel()
	url := dbtest.Migrated(t)
	d, sql := dbtest.Open(t, url), dbtest.Pool(t, url)
	dead, waiting := queued(t, d, "a"), queued(t, d, "b")
	if err := d.ClaimRun(t.Context(), &dead); err != nil {
		t.Fatal(err)
	}
	if _, err := sql.Exec(t.Context(), `UPDATE sextant.run SET heartbeat_at = now() - interval '2 minutes' WHERE id = $1`, dead.ID); err != nil {
		t.Fatal(err)
	}
	// b's job is with a worker that was killed, and so was the dead run's.
	for _, s := range []string{`UPDATE sextant.run SET due_at = now() - interval '1 minute' WHERE status = 'queued'`,
		`UPDATE sextant.river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{nobody}'`} {
		if _, err := sql.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	m, err := d.MendQueue(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Lost) != 1 || len(m.Retried) != 1 || *m.Retried[0].RetryOf != dead.ID || m.Retried[0].Attempt != 2 || m.Tokens != 1 {
		t.Errorf("mended %+v", m)
	}
	if again, err := d.MendQueue(t.Context(), 2); err != nil || len(again.Lost)+len(again.Retried)+again.Tokens != 0 {
		t.Errorf("mended again: %+v, %v", again, err)
	}
	asked := make(chan int64, 100)
	serve(t, d, func(_ context.Context, key int64) (time.Duration, error) {
		asked <- key
		return 0, nil
	})
	got := map[int64]int{<-asked: 1}
	got[<-asked]++
	if got[dead.LockKey] != 1 || got[waiting.LockKey] != 1 {
		t.Errorf("asked for %v", got)
	}
	// The retry is lost in its turn: there are no more than two attempts.
	again := m.Retried[0]
	if err := d.ClaimRun(t.Context(), &again); err != nil {
		t.Fatal(err)
	}
	if _, err := sql.Exec(t.Context(), `UPDATE sextant.run SET heartbeat_at = now() - interval '2 minutes' WHERE id = $1`, again.ID); err != nil {
		t.Fatal(err)
	}
	if m, err := d.MendQueue(t.Context(), 2); err != nil || len(m.Lost) != 1 || len(m.Retried) != 0 {
		t.Errorf("mended %+v, %v", m, err)
	}
}

func TestTheQueuesTablesAreMissed(t *testing.T) {
	t.Parallel()
	url := dbtest.Migrated(t)
	d, sql := dbtest.Open(t, url), dbtest.Pool(t, url)
	if _, err := sql.Exec(t.Context(), `DELETE FROM sextant.river_migration WHERE version = 8`); err != nil {
		t.Fatal(err)
	}
	if err := d.CheckSchema(t.Context()); !db.IsKind(err, db.KindNotMigrated) {
		t.Errorf("an old queue: %v", err)
	}
	if m, err := d.Migrate(t.Context()); err != nil || len(m.Applied) != 0 || len(m.Queue) != 1 {
		t.Errorf("migrated %+v, %v", m, err)
	}
	if err := d.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAFullQueueIsDrainedByTwoWorkersOnceEach(t *testing.T) {
	t.Parallel()
	url := dbtest.Migrated(t)
	d := dbtest.Open(t, url)
	const runs = 1000
	for range runs / 2 {
		queued(t, d, "a")
		queued(t, d, "b")
	}
	var mu sync.Mutex
	claimed := map[uuid.UUID]int{}
	work := func(ctx context.Context, key int64) (time.Duration, error) {
		for {
			r, err := d.NextQueued(ctx, key)
			if errors.Is(err, db.ErrNotFound) {
				return 0, nil
			}
			if err == nil {
				err = d.ClaimRun(ctx, &r)
			}
			if errors.Is(err, db.ErrNotFound) {
				continue // the other was faster
			}
			if err != nil {
				return 0, err
			}
			mu.Lock()
			claimed[r.ID]++
			mu.Unlock()
			return 0, d.FinishRun(ctx, r.ID, db.RunSucceeded, db.RunProgress{}, "")
		}
	}
	serve(t, d, work)
	serve(t, d, work)
	dbtest.Until(t, "the queue to be empty", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(claimed) == runs
	})
	for id, n := range claimed {
		if n != 1 {
			t.Errorf("run %s was taken %d times", id, n)
		}
	}
	if depth, err := d.QueueDepth(t.Context()); err != nil || len(depth) != 0 {
		t.Errorf("still queued: %+v, %v", depth, err)
	}
}
