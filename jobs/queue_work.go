package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

const (
	maxTries    = 3                // of a run whose process dies or whose database fails
	longestHold = 24 * time.Hour   // that a queued run waits for its stage's lock
	turn        = 10 * time.Second // of one stage, before the others' runs have theirs
	mendEvery   = 10 * time.Second // how often dead workers' runs are looked for
)

// queue serves queued runs in this process.
type queue struct {
	runner      *Runner
	worker      uuid.UUID
	name        string
	concurrency int
	grace       time.Duration
	log         *slog.Logger
	ended       func(db.Run) // told of every run that ended here

	mu   sync.Mutex
	hand map[uuid.UUID]db.InHand
}

// inHand lists the runs that are being run, oldest first.
func (s *queue) inHand() []db.InHand {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []db.InHand
	for _, h := range s.hand {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b db.InHand) int { return a.Since.Compare(b.Since) })
	return out
}

// Run serves until ctx ends, then finishes what is in hand.
func (s *queue) Run(ctx context.Context) error {
	return s.runner.DB.ServeQueue(ctx, db.QueueServer{Worker: s.worker, Concurrency: s.concurrency, Grace: s.grace,
		Log: s.log, Work: s.work})
}

// mend sees, now and then, to what dead workers left behind.
func (s *queue) mend(ctx context.Context) error {
	tick := time.NewTicker(mendEvery)
	defer tick.Stop()
	for {
		m, err := s.mendOnce(ctx)
		for _, id := range m.Lost {
			s.log.Warn("a run died and is marked lost", "run", id.String())
		}
		for _, r := range m.Retried {
			s.log.Warn("a lost run is tried again", "run", r.ID.String(), "of", r.RetryOf.String(), "attempt", r.Attempt)
		}
		if m.Tokens > 0 {
			s.log.Warn("queued runs that a dead worker had taken are handed out again", "stages", m.Tokens)
		}
		if err != nil {
			return fmt.Errorf("mend the queue: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *queue) mendOnce(ctx context.Context) (db.Mended, error) {
	ctx, cancel := context.WithTimeout(ctx, roundWithin)
	defer cancel()
	return s.runner.DB.MendQueue(ctx, maxTries)
}

// work runs the due runs of a lock key, oldest first, for a while, or says when
// to come again. One after the other, for whoever else came would have found the
// lock taken and be back only later.
func (s *queue) work(ctx context.Context, key int64) (again time.Duration, err error) {
	d := s.runner.DB
	for began := time.Now(); ; {
		run, err := d.NextQueued(ctx, key)
		switch {
		case errors.Is(err, db.ErrNotFound):
			return 0, nil
		case err != nil:
			return 0, err
		}
		taken, err := d.LockTaken(ctx, key)
		if err == nil && taken {
			err = s.runner.locked(ctx, run)
		}
		var ended db.Run
		if err == nil {
			ended, err = s.serve(ctx, run)
		}
		var locked *LockedError
		switch {
		case errors.As(err, &locked):
			return s.wait(ctx, run, locked)
		case errors.Is(err, db.ErrNotFound) && ended.ID == uuid.Nil: // cancelled, or another worker was faster
			continue
		case ended.ID == uuid.Nil && err != nil:
			return 0, s.unbegun(ctx, run, err)
		case ended.ID == uuid.Nil: // skipped
			continue
		}
		s.ended(ended)
		if err := s.after(ctx, ended, err); err != nil || ctx.Err() != nil || time.Since(began) > turn {
			return 0, err
		}
	}
}

// serve runs one queued run to its outcome. When the worker is told to stop and
// the grace has passed, the run is cancelled in its name.
func (s *queue) serve(ctx context.Context, run db.Run) (db.Run, error) {
	q, err := queuedRequest(run)
	if err != nil {
		return db.Run{}, err
	}
	s.mu.Lock()
	s.hand[run.ID] = db.InHand{Run: run.ID, Stage: run.Stage, Since: time.Now().UTC()}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.hand, run.ID)
		s.mu.Unlock()
	}()
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(s.stopError()) })()
	r := *s.runner
	r.Log = s.log.With("run_id", run.ID.String())
	return r.Run(own, q)
}

func (s *queue) stopError() error { return &CancelledError{By: s.name + ", which is stopping"} }

// unbegun deals with a run that could not begin: one that makes no sense here
// fails, and a database that cannot be reached is River's to wait for.
func (s *queue) unbegun(ctx context.Context, run db.Run, err error) error {
	var usage *UsageError
	if !errors.As(err, &usage) {
		return err
	}
	s.log.Error("a queued run cannot begin", "run", run.ID.String(), "error", err.Error())
	err = s.runner.DB.EndQueued(ctx, run.ID, db.RunFailed, err.Error())
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	return err
}

// wait puts a run off while its stage is busy, tells the ledger why, and gives up
// after a day.
func (s *queue) wait(ctx context.Context, run db.Run, locked *LockedError) (time.Duration, error) {
	now, _, err := s.runner.now(ctx)
	if err != nil {
		return 0, err
	}
	waited := now.Sub(*run.DueAt)
	if waited > longestHold {
		err := s.runner.DB.EndQueued(ctx, run.ID, db.RunFailed, fmt.Sprintf("waited %s in vain: %s", longestHold, locked))
		if errors.Is(err, db.ErrNotFound) {
			err = nil
		}
		return 0, err
	}
	attrs := map[string]any{}
	if locked.Holder != nil {
		attrs = map[string]any{"run": locked.Holder.ID.String(), "by": locked.Holder.Actor, "host": locked.Holder.Host}
	}
	if err := s.runner.DB.NoteRun(ctx, run.ID, "waits for the stage's lock", attrs); err != nil {
		return 0, err
	}
	pause := min(max(waited/10, time.Second), 15*time.Second)
	return pause + time.Duration(rand.Int64N(int64(pause/2))), nil
}

// after decides whether a run that ended is tried again: when the worker stopped
// under it, or the database did. What a stage itself fails at would fail again.
func (s *queue) after(ctx context.Context, run db.Run, err error) error {
	var cancelled *CancelledError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &cancelled) && cancelled.Error() == s.stopError().Error():
		return s.retry(ctx, run, run.Attempt, 0, s.name+" stopped")
	case !faltered(err):
		return nil
	case run.Attempt >= maxTries:
		s.log.Error("a run failed with the database, and is not tried again", "run", run.ID.String(), "attempts", run.Attempt)
		return nil
	}
	n := time.Duration(run.Attempt)
	return s.retry(ctx, run, run.Attempt+1, n*n*n*n*2*time.Second, "the database failed: "+err.Error())
}

// faltered reports whether the database is what failed, for a time.
func faltered(err error) bool {
	return db.IsKind(err, db.KindTransient) || db.IsKind(err, db.KindUnreachable) || errors.Is(err, db.ErrFenced)
}

// retry queues a run once more. The database may still be away, so it insists
// for a while; after that, the run stays as it ended.
func (s *queue) retry(ctx context.Context, run db.Run, attempt int, pause time.Duration, why string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		again, err := s.runner.DB.Retry(ctx, run, attempt, pause, why)
		switch {
		case err == nil:
			s.log.Warn("the run is queued again", "run", again.ID.String(), "of", run.ID.String(), "attempt", attempt, "why", why)
			return nil
		case errors.Is(err, db.ErrNotFound): // it has its retry
			return nil
		case !faltered(err) || ctx.Err() != nil:
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}
