package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"sextant/db"
)

const (
	waitFor        = 500 * time.Millisecond // for changes, before the worker looks at itself again
	answerWithin   = 10 * time.Second       // longer, and the line is taken for cut
	paceEvery      = 20 * time.Millisecond  // between two looks at changes that others may hold
	changesMost    = 8192                   // at a time
	batchMost      = 256                    // learners in one transaction
	aloneMost      = 32                     // learners that one hand serves alone
	searchEvery    = time.Minute            // for what the log does not hold
	searchOverlap  = time.Hour              // transactions may commit this long after their updated_at
	searchEagerly  = time.Second            // where no trigger writes the log
	eagerOverlap   = 10 * time.Second
	searchShare    = 20 // a search takes at most one part in so many of the time
	reconnectAfter = 500 * time.Millisecond
	reconnectMost  = 10 * time.Second
	batchWithin    = time.Minute
	thetaAttempts  = 3 // of a learner, before the failure is recorded and their changes closed
)

// Online keeps θ up to date as sessions end: it polls the change log, searches
// for what the log does not hold, and updates the learners found. Any number of
// them can work on one database.
type Online struct {
	Runner   *Runner
	Name     string // of the worker, the actor of its runs
	Lookback int    // days of answers that θ rests on
	Scorer   string // who estimates θ; empty: the engine
	// Served is called with every update that was published, and how long its
	// change had waited; it may be nil.
	Served func(waited time.Duration)
}

// Run works until the context ends, and then finishes what is in hand. It
// outlives the database's restarts.
func (o *Online) Run(ctx context.Context) error {
	service, err := o.Runner.service(&ThetaParams{Scorer: o.Scorer})
	if err != nil {
		return err
	}
	log := o.Runner.Log.With("worker", o.Name)
	wait := reconnectAfter
	for {
		began := time.Now()
		err := o.connected(ctx, log, service)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrReadOnly) || db.IsKind(err, db.KindPrivilege) || db.IsKind(err, db.KindNotMigrated) || db.IsKind(err, db.KindTooNew) {
			return err
		}
		if time.Since(began) > reconnectMost {
			wait = reconnectAfter
		}
		log.Warn("θ updates are interrupted; trying again", "after", wait.String(), "error", err.Error())
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
			wait = min(2*wait, reconnectMost)
		}
	}
}

// connected works under one lock, until the context ends or the database fails.
func (o *Online) connected(ctx context.Context, log *slog.Logger, service *plumber) error {
	if o.Runner.ReadOnly {
		return ErrReadOnly
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name the worker: %w", err)
	}
	key := db.LockKey("worker:" + id.String())
	lock, _, err := o.Runner.DB.TryLock(ctx, key)
	if err != nil {
		return err
	}
	defer lock.Release(context.WithoutCancel(ctx))
	s := &serving{online: o, db: o.Runner.DB, log: log, service: service,
		ledger: &minuteLedger{runner: o.Runner, actor: o.Name, lookback: o.Lookback, scorer: cmp.Or(o.Scorer, ScorerEngine), lockKey: key}}
	waiter, err := o.Runner.DB.NewWaiter(ctx)
	if err != nil {
		return err
	}
	defer waiter.Close(context.WithoutCancel(ctx))
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return s.loop(ctx, lock, waiter) })
	both.Go(func() error { return s.search(ctx) })
	err = both.Wait()
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer stop()
	return errors.Join(err, s.ledger.close(end))
}

// serving is an online worker while its lock holds.
type serving struct {
	online *Online
	db     *db.DB
	log    *slog.Logger
	ledger *minuteLedger
	hands  []*hand

	asked time.Time // when it was last asked whether an operator holds the stage
	why   string    // an operator does; empty: nobody does

	service  *plumber     // that scores; nil: the engine does
	answered atomic.Int64 // batches, by the service
	outage   outage       // of the service
}

// hand serves learners, beside the others of its worker.
type hand struct {
	*serving
	bank    bankCache
	answers int // of the R service, so far
}

func (s *serving) loop(ctx context.Context, lock *db.Lock, waiter *db.Waiter) error {
	for range runtime.GOMAXPROCS(0) {
		s.hands = append(s.hands, &hand{serving: s, bank: bankCache{service: s.service}})
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		began := time.Now()
		waiting, err := s.waiting(ctx, waiter)
		if err == nil && len(waiting) > 0 {
			err = s.endure(s.share(ctx, bySubject(waiting)))
		}
		select {
		case <-beat.C:
			err = errors.Join(err, lock.Check(ctx), s.ledger.beat(ctx))
		default:
		}
		if err != nil || ctx.Err() != nil {
			return unlessDone(ctx, err)
		}
		if len(waiting) < s.changesMost() { // else there is more
			time.Sleep(time.Until(began.Add(paceEvery)))
		}
	}
}

// share divides the learners among the hands; few are left to one, since each
// transaction has its price.
func (s *serving) share(ctx context.Context, subjects [][]db.Change) error {
	run, err := s.ledger.current(ctx)
	if err != nil {
		return err
	}
	hands := s.hands
	if len(subjects) <= aloneMost {
		hands = hands[:1]
	}
	group, ctx := errgroup.WithContext(ctx)
	share := (len(subjects) + len(hands) - 1) / len(hands)
	for i, h := range hands {
		own := subjects[min(i*share, len(subjects)):min((i+1)*share, len(subjects))]
		group.Go(func() error {
			for batch := range slices.Chunk(own, s.batchMost()) {
				if ctx.Err() != nil {
					return nil
				}
				if err := h.serve(ctx, run, slices.Concat(batch...)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// waiting gives the changes that wait, as soon as there are any, or none after
// a while.
func (s *serving) waiting(ctx context.Context, waiter *db.Waiter) ([]db.Change, error) {
	held, err := s.held(ctx)
	if err != nil {
		return nil, err
	}
	if held || s.outage.lasts() {
		select {
		case <-ctx.Done():
		case <-time.After(waitFor):
		}
		return nil, nil
	}
	if some, err := waiter.Wait(ctx, waitFor, answerWithin); !some || err != nil {
		return nil, err
	}
	return s.db.Changes(ctx, s.changesMost())
}

// held reports whether an operator has paused θ at session end, or the config
// file switched it off. It asks at most twice a second; changes gather meanwhile.
func (s *serving) held(ctx context.Context) (bool, error) {
	if time.Since(s.asked) < waitFor {
		return s.why != "", nil
	}
	stage, err := s.online.Runner.Stages.Find(updateTheta)
	if err != nil {
		return false, err
	}
	now, _, err := s.online.Runner.now(ctx)
	if err != nil {
		return false, err
	}
	why, err := s.online.Runner.hold(ctx, stage, now)
	if err != nil {
		return false, err
	}
	if why != s.why {
		s.log.Info("θ at session end", "held", cmp.Or(why, "no more"))
	}
	s.asked, s.why = time.Now(), why
	return why != "", nil
}

// search looks for what the change log does not hold: everything since the last
// sync at first, then every minute the last hour again, for transactions that
// commit late; and where no trigger writes the log, every second what is new. It
// never takes more than its share of the time.
func (s *serving) search(ctx context.Context) error {
	var last, thorough time.Time // by the database's clock
	var due time.Time            // of the next thorough one, by ours
	for {
		began := time.Now()
		since, whole := last.Add(-eagerOverlap), !began.Before(due)
		switch {
		case whole && thorough.IsZero():
			since = time.Time{}
		case whole:
			since = thorough.Add(-searchOverlap)
		}
		_, at, err := s.db.FindUnserved(ctx, since)
		if err != nil {
			return unlessDone(ctx, err)
		}
		if last = at; whole {
			thorough, due = at, began.Add(searchEvery)
		}
		triggers, err := s.db.Triggers(ctx)
		if err != nil {
			return unlessDone(ctx, err)
		}
		every := searchEagerly
		if slices.ContainsFunc(triggers, func(t db.TriggerState) bool { return t.Installed }) {
			every = searchEvery
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(every, searchShare*time.Since(began))):
		}
	}
}

// unlessDone is nil when the context has ended: then errors only say so.
func unlessDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
