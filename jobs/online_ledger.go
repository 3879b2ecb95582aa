package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

// minuteLedger gives a worker's θ updates one ledger run a minute, made with
// the minute's first update. The worker's hands count into it side by side; the
// rest is its loop's.
type minuteLedger struct {
	runner   *Runner
	actor    string
	lookback int
	scorer   string
	lockKey  int64

	run    *db.Run
	ends   time.Time
	events *ledgerHandler
	log    *slog.Logger

	mu     sync.Mutex
	done   db.RunProgress
	failed int

	interrupted error // the R service failed, and has not answered since
}

// current is the run of this minute.
func (l *minuteLedger) current(ctx context.Context) (*db.Run, error) {
	if l.run != nil && time.Now().Before(l.ends) {
		return l.run, nil
	}
	if err := l.close(ctx); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make a run id: %w", err)
	}
	params, err := json.Marshal(map[string]any{"lookback-days": l.lookback, "scorer": l.scorer})
	if err != nil {
		return nil, fmt.Errorf("record the parameters: %w", err)
	}
	pid, now := os.Getpid(), l.runner.Clock().UTC()
	today := db.DayOf(now)
	run := &db.Run{ID: id, Stage: updateTheta, Params: params, WindowFrom: &today, WindowTo: &today, Trigger: db.TriggerEvent,
		Actor: l.actor, Reason: "sessions ended", Host: l.runner.Host, PID: &pid, Version: l.runner.Version, LockKey: l.lockKey}
	if err := l.runner.DB.StartRun(ctx, run); err != nil {
		return nil, err
	}
	l.run, l.done, l.failed, l.interrupted = run, db.RunProgress{}, 0, nil
	l.ends = time.Now().Truncate(time.Minute).Add(time.Minute)
	l.events = newLedgerHandler(l.runner.DB, id)
	l.log = slog.New(slog.NewMultiHandler(l.events, l.runner.Log.Handler()))
	return run, nil
}

// count adds updates that were committed.
func (l *minuteLedger) count(updates int, read, written int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done.UnitsDone += updates
	l.done.UnitsTotal += updates
	l.done.RowsRead += read
	l.done.RowsWritten += written
}

// fail adds a learner who failed for good.
func (l *minuteLedger) fail() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed++
}

// beat keeps the run alive, and ends it when its minute is over.
func (l *minuteLedger) beat(ctx context.Context) error {
	if l.run == nil {
		return nil
	}
	if !time.Now().Before(l.ends) {
		return l.close(ctx)
	}
	_, err := l.runner.DB.Beat(ctx, l.run.ID, l.done)
	if errors.Is(err, db.ErrNotFound) {
		l.run = nil
		return db.ErrFenced
	}
	return errors.Join(err, l.events.flush(ctx))
}

// close records the run's outcome.
func (l *minuteLedger) close(ctx context.Context) error {
	if l.run == nil {
		return nil
	}
	status, text := db.RunSucceeded, ""
	switch {
	case l.interrupted != nil && l.done.UnitsDone == 0:
		status, text = db.RunFailed, l.interrupted.Error()
	case l.interrupted != nil:
		status, text = db.RunPartial, "some updates had to wait: "+l.interrupted.Error()
	case l.failed > 0:
		status, text = db.RunPartial, fmt.Sprintf("%d learners failed and the rest were done; see the run's failures", l.failed)
	}
	flushErr := l.events.flush(ctx)
	err := l.runner.DB.FinishRun(ctx, l.run.ID, status, l.done, text)
	if err != nil && !errors.Is(err, db.ErrNotFound) { // declared lost meanwhile: the ledger says so
		return errors.Join(flushErr, err)
	}
	l.run = nil
	return flushErr
}
