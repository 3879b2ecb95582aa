package db_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/db/dbtest"
)

func (b base) start(t *testing.T, stage string) *db.Run {
	t.Helper()
	r := &db.Run{ID: uuid.New(), Stage: stage, Params: json.RawMessage(`{}`), Trigger: db.TriggerCLI, Actor: "tester", LockKey: db.LockKey(stage)}
	if err := b.StartRun(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (b base) status(t *testing.T, r *db.Run) db.RunStatus {
	t.Helper()
	got, err := b.FindRun(t.Context(), r.ID.String())
	if err != nil {
		t.Fatal(err)
	}
	return got.Status
}

func (b base) lock(t *testing.T, key int64) (*db.Lock, bool) {
	t.Helper()
	l, ok, err := b.TryLock(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if ok {
		t.Cleanup(func() { l.Release(background()) })
	}
	return l, ok
}

func nothing(*db.Tx) error { return nil }

func TestLockIsExclusive(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	// Keys with either half negative, as hashes have them.
	for _, key := range []int64{1, -1, db.LockKey("a"), 0x7fffffff_ffffffff, -0x80000000_00000000, 0x00000001_80000000} {
		first, ok := b.lock(t, key)
		if !ok {
			t.Fatalf("lock %x is not free at first", key)
		}
		if _, ok := b.lock(t, key); ok {
			t.Errorf("lock %x was given twice", key)
		}
		if err := first.Check(t.Context()); err != nil {
			t.Errorf("lock %x: %v", key, err)
		}
		first.Release(t.Context())
		if err := first.Check(t.Context()); err == nil {
			t.Errorf("a released lock %x still says that it is held", key)
		}
		again, ok := b.lock(t, key)
		if !ok {
			t.Errorf("lock %x is not free after its release", key)
			continue
		}
		again.Release(t.Context())
	}
}

func TestLockDiesWithItsConnection(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	l, _ := b.lock(t, 42)
	b.exec(t, `SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND
		database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if err := l.Check(t.Context()); !db.IsKind(err, db.KindTransient) {
		t.Errorf("check of a dead lock: %v, want KindTransient", err)
	}
	if _, ok := b.lock(t, 42); !ok {
		t.Error("a dead connection keeps its lock")
	}
}

func TestHolderIsTheRunningRun(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	key := db.LockKey("stage")
	if _, err := b.Holder(t.Context(), key); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("nobody holds: %v, want ErrNotFound", err)
	}
	done, running := b.start(t, "stage"), b.start(t, "stage")
	if err := b.FinishRun(t.Context(), done.ID, db.RunSucceeded, db.RunProgress{}, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Holder(t.Context(), key); err != nil || got.ID != running.ID || got.Token <= done.Token {
		t.Errorf("holder %v with token %d, %v; want %v with a token beyond %d", got.ID, got.Token, err, running.ID, done.Token)
	}
}

func TestSliceNeedsItsToken(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	b.exec(t, `CREATE TABLE written (run uuid)`)
	write := func(r *db.Run) error {
		return b.InSlice(t.Context(), r, func(tx *db.Tx) error {
			return tx.Publish(t.Context(), r, db.Publication{Stage: r.Stage, Day: day(t, "2026-03-01")})
		})
	}
	mine := b.start(t, "stage")
	if err := write(mine); err != nil {
		t.Fatal(err)
	}
	forged := *mine
	forged.Token++
	if err := write(&forged); !errors.Is(err, db.ErrFenced) {
		t.Errorf("another token: %v, want ErrFenced", err)
	}
	lost, err := b.TakeOver(t.Context(), mine.LockKey)
	if err != nil || !slices.Equal(lost, []uuid.UUID{mine.ID}) {
		t.Errorf("take over: %v, %v; want the run", lost, err)
	}
	if err := write(mine); !errors.Is(err, db.ErrFenced) {
		t.Errorf("after another took over: %v, want ErrFenced", err)
	}
	if got := b.status(t, mine); got != db.RunLost {
		t.Errorf("status %s, want lost", got)
	}
	next := b.start(t, "stage")
	if err := write(next); err != nil {
		t.Error(err)
	}
	if err := b.FinishRun(t.Context(), next.ID, db.RunSucceeded, db.RunProgress{}, ""); err != nil {
		t.Fatal(err)
	}
	if err := write(next); !errors.Is(err, db.ErrFenced) {
		t.Errorf("after the run finished: %v, want ErrFenced", err)
	}
	if n := value[int](t, b, `SELECT count(*) FROM sextant.published`); n != 2 {
		t.Errorf("%d publications, want 2", n)
	}
}

func TestFailedSliceWritesNothing(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	r := b.start(t, "stage")
	mine := errors.New("mine")
	err := b.InSlice(t.Context(), r, func(tx *db.Tx) error {
		if err := tx.Publish(t.Context(), r, db.Publication{Stage: "stage", Day: day(t, "2026-03-01")}); err != nil {
			return err
		}
		return mine
	})
	if !errors.Is(err, mine) {
		t.Errorf("error %v, want the slice's own", err)
	}
	if n := value[int](t, b, `SELECT count(*) FROM sextant.published`); n != 0 {
		t.Errorf("%d publications, want none", n)
	}
}

// Whoever takes over waits for the slice in flight: it commits whole, before the run is lost.
func TestTakeOverWaitsForTheSliceInFlight(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	r := b.start(t, "stage")
	inside, finish, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- b.InSlice(t.Context(), r, func(tx *db.Tx) error {
			close(inside)
			<-finish
			return tx.Publish(t.Context(), r, db.Publication{Stage: "stage", Day: day(t, "2026-03-01")})
		})
	}()
	<-inside
	taken := make(chan error, 1)
	go func() {
		_, err := b.TakeOver(t.Context(), r.LockKey)
		taken <- err
	}()
	b.awaitLockWait(t)
	if got := b.status(t, r); got != db.RunRunning {
		t.Errorf("the run is %s while its slice is in flight", got)
	}
	close(finish)
	if err := <-done; err != nil {
		t.Errorf("the slice in flight: %v", err)
	}
	if err := <-taken; err != nil {
		t.Error(err)
	}
	diff(t, "published, then lost", b.rows(t, `SELECT count(*), (SELECT status FROM sextant.run) FROM sextant.published`), "1|lost")
}

func TestSlicesOfOneRunDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	r := b.start(t, "stage")
	err := b.InSlice(t.Context(), r, func(*db.Tx) error { return b.InSlice(t.Context(), r, nothing) })
	if err != nil {
		t.Error(err)
	}
}

func TestLostRunsAreThoseSilentAndUnlocked(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	runs := map[string]*db.Run{}
	for _, stage := range []string{"silent", "silent but locked", "fresh", "fresh and locked", "finished", "silent θ of a learner"} {
		runs[stage] = b.start(t, stage)
	}
	for _, stage := range []string{"silent but locked", "fresh and locked"} {
		b.lock(t, runs[stage].LockKey)
	}
	if err := b.FinishRun(t.Context(), runs["finished"].ID, db.RunFailed, db.RunProgress{}, "x"); err != nil {
		t.Fatal(err)
	}
	b.exec(t, `UPDATE sextant.run SET heartbeat_at = now() - interval '61 seconds' WHERE stage LIKE 'silent%'`)
	lost, err := b.MarkLost(t.Context())
	if err != nil || len(lost) != 2 {
		t.Errorf("lost: %v, %v; want two", lost, err)
	}
	for stage, want := range map[string]db.RunStatus{
		"silent": db.RunLost, "silent θ of a learner": db.RunLost, "silent but locked": db.RunRunning,
		"fresh": db.RunRunning, "fresh and locked": db.RunRunning, "finished": db.RunFailed,
	} {
		if got := b.status(t, runs[stage]); got != want {
			t.Errorf("%s: %s, want %s", stage, got, want)
		}
	}
	if r, _ := b.FindRun(t.Context(), runs["silent"].ID.String()); r.Error == nil || r.FinishedAt == nil || !strings.Contains(*r.Error, "heartbeat") {
		t.Errorf("a lost run does not say why: %+v", r)
	}
	if err := b.InSlice(t.Context(), runs["silent"], nothing); !errors.Is(err, db.ErrFenced) {
		t.Errorf("a slice of a lost run: %v, want ErrFenced", err)
	}
	if again, err := b.MarkLost(t.Context()); err != nil || len(again) != 0 {
		t.Errorf("marked again: %v, %v", again, err)
	}
}

// A lock of the same key in another database of the server is somebody else's.
func TestLockOfAnotherDatabaseHoldsNothing(t *testing.T) {
	t.Parallel()
	b, other := migrated(t), migrated(t)
	r := b.start(t, "stage")
	other.lock(t, r.LockKey)
	b.exec(t, `UPDATE sextant.run SET heartbeat_at = now() - interval '2 minutes'`)
	if lost, err := b.MarkLost(t.Context()); err != nil || len(lost) != 1 {
		t.Errorf("lost: %v, %v; want the run", lost, err)
	}
}

func TestFinishedRunNeverChanges(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	for _, status := range []db.RunStatus{db.RunSucceeded, db.RunPartial, db.RunFailed, db.RunCancelled, db.RunLost, db.RunSkipped} {
		r := b.start(t, "stage")
		p := db.RunProgress{UnitsDone: 1, UnitsTotal: 2, RowsRead: 3, RowsWritten: 4}
		if by, err := b.Beat(t.Context(), r.ID, p); err != nil || by != nil {
			t.Fatalf("beat: %v, %v", by, err)
		}
		if ok, err := b.RequestCancel(t.Context(), r.ID, "operator"); !ok || err != nil {
			t.Fatalf("cancel: %v, %v", ok, err)
		}
		if by, err := b.Beat(t.Context(), r.ID, p); err != nil || by == nil || *by != "operator" {
			t.Fatalf("beat after the request: %v, %v", by, err)
		}
		if err := b.FinishRun(t.Context(), r.ID, status, p, "why"); err != nil {
			t.Fatal(err)
		}
		before := b.rows(t, `SELECT r.*, xmin FROM sextant.run r WHERE id = $1`, r.ID)
		if _, err := b.Beat(t.Context(), r.ID, db.RunProgress{}); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%s: beat %v, want ErrNotFound", status, err)
		}
		if err := b.FinishRun(t.Context(), r.ID, db.RunSucceeded, db.RunProgress{}, ""); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%s: finish again %v, want ErrNotFound", status, err)
		}
		if ok, err := b.RequestCancel(t.Context(), r.ID, "late"); ok || err != nil {
			t.Errorf("%s: cancel %v, %v", status, ok, err)
		}
		for _, sql := range []string{`UPDATE sextant.run SET status = 'running' WHERE id = $1`, `UPDATE sextant.run SET error = NULL WHERE id = $1`} {
			if _, err := b.sql.Exec(t.Context(), sql, r.ID); err == nil || !strings.Contains(err.Error(), "cannot change") {
				t.Errorf("%s: %s: %v", status, sql, err)
			}
		}
		diff(t, string(status), b.rows(t, `SELECT r.*, xmin FROM sextant.run r WHERE id = $1`, r.ID), before)
	}
	if _, err := b.Beat(t.Context(), uuid.New(), db.RunProgress{}); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("beat of no run: %v, want ErrNotFound", err)
	}
}

func TestRunIsFoundByItsPrefix(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	r := b.start(t, "stage")
	for _, prefix := range []string{r.ID.String(), r.ID.String()[:8], strings.ToUpper(r.ID.String()[:13])} {
		if got, err := b.FindRun(t.Context(), prefix); err != nil || got.ID != r.ID {
			t.Errorf("%q: %v, %v", prefix, got.ID, err)
		}
	}
	for _, prefix := range []string{"x", "%", "_", "0000000000"} {
		if _, err := b.FindRun(t.Context(), prefix); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%q: %v, want ErrNotFound", prefix, err)
		}
	}
	b.start(t, "stage")
	if _, err := b.FindRun(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "ambiguous") {
		t.Errorf("an ambiguous prefix: %v", err)
	}
}

// What a run says goes into the ledger whatever bytes it holds.
func TestRunLogTakesAnyText(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	r := b.start(t, "stage")
	odd := "a\x00b \xff 가"
	events := []db.RunEvent{{At: r.CreatedAt, Level: "info", Message: odd}, {At: r.CreatedAt, Level: "warn", Message: "two", Attrs: json.RawMessage(`{"n": "\u0000"}`)}}
	if err := b.AppendEvents(t.Context(), r.ID, events); err != nil {
		t.Fatal(err)
	}
	if err := b.AddFailure(t.Context(), r.ID, db.RunFailure{Kind: "learner", Subject: odd, Error: odd}); err != nil {
		t.Fatal(err)
	}
	if err := b.FinishRun(t.Context(), r.ID, db.RunFailed, db.RunProgress{}, odd); err != nil {
		t.Fatal(err)
	}
	got, err := b.RunEvents(t.Context(), r.ID, 0)
	if err != nil || len(got) != 2 || got[0].Message != "ab \uFFFD 가" || string(got[0].Attrs) != "{}" || got[1].Message != "two" {
		t.Errorf("events %+v, %v", got, err)
	}
	if more, err := b.RunEvents(t.Context(), r.ID, got[0].Seq); err != nil || len(more) != 1 {
		t.Errorf("events after the first: %+v, %v", more, err)
	}
}

func TestReadOnlySessionsRefuseWrites(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.Migrated(t), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
	for name, write := range map[string]func() error{
		"ledger": func() error {
			return d.StartRun(t.Context(), &db.Run{ID: uuid.New(), Params: json.RawMessage(`{}`), Trigger: "cli"})
		},
		"features": func() error {
			return d.InTx(t.Context(), func(tx *db.Tx) error {
				_, _, err := tx.PublishFeatures(t.Context(), "s", db.FeaturesOptions{Day: day(t, "2026-03-01")})
				return err
			})
		},
		"lost": func() error { _, err := d.TakeOver(t.Context(), 1); return err },
	} {
		if err := write(); !db.IsKind(err, db.KindReadOnly) {
			t.Errorf("%s: %v, want KindReadOnly", name, err)
		}
	}
}
