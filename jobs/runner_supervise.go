package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

// supervise runs the stage under a heartbeat and records how it ended.
func (r *Runner) supervise(ctx context.Context, stage Stage, job *Job, lock *db.Lock, lost []uuid.UUID) (db.Run, error) {
	ledger := newLedgerHandler(r.DB, job.Run.ID)
	job.Log = slog.New(slog.NewMultiHandler(ledger, r.Log.Handler()))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		r.beat(ctx, job, lock, ledger, cancel)
	}()

	for _, id := range lost {
		job.Log.Warn("an earlier run of this stage died and is marked lost", "run", id.String())
	}
	job.Log.Info("run started", "stage", job.Run.Stage, "run", job.Run.ID.String())
	if job.service != nil {
		job.service.log = job.Log // the ledger tells what it took to get an answer
		job.Log.Info("θ comes from the R service", "service", job.service.base.String())
	}
	err := job.execute(ctx, stage)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = stopped(cause, job.Request.Actor)
	}
	cancel(nil)
	<-beating

	end, stop := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer stop()
	status, text := outcome(err)
	attrs := []any{"status", string(status)}
	if text != "" {
		attrs = append(attrs, "error", text)
	}
	job.Log.Log(end, levelOf(status), "run ended", attrs...)
	flushErr := ledger.flush(end)
	finishErr := r.DB.FinishRun(end, job.Run.ID, status, job.progress(), text)
	if errors.Is(finishErr, db.ErrNotFound) { // declared lost meanwhile
		finishErr = db.ErrFenced
	}
	run, readErr := r.DB.FindRun(end, job.Run.ID.String())
	if readErr != nil {
		run = *job.Run
		run.Status = status
	}
	if err == nil {
		err = errors.Join(finishErr, flushErr)
	}
	r.observe(job)
	return run, err
}

// stopped turns the reason a run's context ended into its error: a signal is a
// cancellation by the actor, the rest speaks for itself.
func stopped(cause error, actor string) error {
	if errors.Is(cause, context.Canceled) {
		return &CancelledError{By: actor}
	}
	return cause
}

// outcome is the final status of a run that ended with err, and its error text.
func outcome(err error) (db.RunStatus, string) {
	var partial *PartialError
	var cancelled *CancelledError
	switch {
	case err == nil:
		return db.RunSucceeded, ""
	case errors.As(err, &partial):
		return db.RunPartial, err.Error()
	case errors.As(err, &cancelled):
		return db.RunCancelled, err.Error()
	}
	return db.RunFailed, err.Error()
}

func levelOf(s db.RunStatus) slog.Level {
	switch s {
	case db.RunSucceeded:
		return slog.LevelInfo
	case db.RunPartial, db.RunCancelled:
		return slog.LevelWarn
	}
	return slog.LevelError
}

// beat keeps the ledger row alive until ctx ends, and ends ctx when a
// cancellation is asked for, the lock's connection is gone, or another process
// declared the run lost. Log lines reach the ledger with it.
func (r *Runner) beat(ctx context.Context, job *Job, lock *db.Lock, ledger *ledgerHandler, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		try, done := context.WithTimeout(ctx, heartbeat*2)
		lockErr := lock.Check(try)
		by, beatErr := r.DB.Beat(try, job.Run.ID, job.progress())
		flushErr := ledger.flush(try)
		done()
		switch {
		case ctx.Err() != nil:
			return
		case lockErr != nil:
			cancel(fmt.Errorf("the connection that held the lock is gone: %w", lockErr))
		case errors.Is(beatErr, db.ErrNotFound):
			cancel(db.ErrFenced)
		case by != nil:
			cancel(&CancelledError{By: *by})
		case beatErr != nil || flushErr != nil: // the lock holds: the next beat tries again
			r.Log.Warn("heartbeat failed", "error", errors.Join(beatErr, flushErr).Error())
		}
		r.observe(job)
	}
}

func (r *Runner) observe(job *Job) {
	if r.Observe != nil {
		r.Observe(*job.Run, job.progress())
	}
}
