package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// QueueServer says how a worker serves the queue.
type QueueServer struct {
	Worker      uuid.UUID
	Concurrency int           // runs at once
	Grace       time.Duration // how long a stop waits for the runs in hand before it cancels them
	Log         *slog.Logger

	// Work serves the oldest due run of a lock key. A positive duration asks to
	// be called again after it; an error, after a while that grows.
	Work func(ctx context.Context, lockKey int64) (again time.Duration, err error)
}

const (
	fetchCooldown = 20 * time.Millisecond // between two fetches; River's own 100 ms would bound a burst of short runs
	fetchPoll     = 2 * time.Second       // a new job is announced; this finds those whose announcement was lost
	longestRun    = 7 * 24 * time.Hour    // River takes a job for stuck after it; who is dead, the ledger's heartbeats tell
)

// ServeQueue runs queued runs until ctx ends, then stops taking any, waits for
// those in hand and returns. It reconnects by itself; an error means that it
// could not begin.
func (d *DB) ServeQueue(ctx context.Context, q QueueServer) error {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &tokenWorker{work: q.Work}); err != nil {
		return fmt.Errorf("serve the queue: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(d.pool), &river.Config{
		Schema: riverSchema, ID: q.Worker.String(), Logger: slog.New(warnings{q.Log.Handler()}), Workers: workers,
		Queues:        map[string]river.QueueConfig{riverQueue: {MaxWorkers: q.Concurrency}},
		FetchCooldown: fetchCooldown, FetchPollInterval: fetchPoll,
		JobTimeout: longestRun, RescueStuckJobsAfter: longestRun + time.Hour, SoftStopTimeout: q.Grace,
		CompletedJobRetentionPeriod: time.Hour, // the ledger keeps what was run
	})
	if err != nil {
		return fmt.Errorf("serve the queue: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return classify("serve the queue", err)
	}
	<-client.Stopped()
	return nil
}

// warnings passes on what a person should see of what River tells.
type warnings struct{ slog.Handler }

// Enabled leaves out everything below a warning.
func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

// WithAttrs keeps the level.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the level.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// tokenWorker hands River's jobs on.
type tokenWorker struct {
	river.WorkerDefaults[token]
	work func(context.Context, int64) (time.Duration, error)
}

// Work serves one job.
func (w *tokenWorker) Work(ctx context.Context, job *river.Job[token]) error {
	again, err := w.work(ctx, job.Args.LockKey)
	switch {
	case err != nil && (ctx.Err() != nil || errors.Is(err, context.Canceled)):
		return river.JobSnooze(0) // the worker stops: the next one takes it
	case err != nil:
		return err
	case again > 0:
		return river.JobSnooze(again)
	}
	return nil
}

// NextRetry is after 5 s, then longer, at most a minute: what fails here is the
// way to the database, not the run.
func (w *tokenWorker) NextRetry(job *river.Job[token]) time.Time {
	return time.Now().Add(min(time.Duration(job.Attempt)*5*time.Second, time.Minute))
}
