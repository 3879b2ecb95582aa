package jobs

import (
	"context"
	"errors"
	"time"

	"sextant/db"
)

const (
	outagePause = time.Second      // before an R service that failed is asked again
	outageMost  = 30 * time.Second // at most, when it keeps failing
	idleSlack   = 30 * time.Second // that the database waits beyond the service's time before it takes the line for cut
	doubtMost   = 8                // learners on whom the service may crash before it is taken for broken
)

// outage is a time in which a worker leaves its R service alone. The changes
// wait, and no learner pays for it with an attempt.
type outage struct {
	until    time.Time
	wait     time.Duration // the last pause; 0: the service is well
	answered int64         // batches, before it
}

func (o *outage) lasts() bool { return time.Now().Before(o.until) }

// endure takes a failure of the R service out of what came of the learners who
// waited: they go on waiting.
func (s *serving) endure(err error) error {
	answered := s.answered.Load()
	down, yes := serviceFails(err)
	if !yes {
		if s.outage.wait > 0 && answered > s.outage.answered {
			s.outage, s.ledger.interrupted = outage{}, nil
			s.ledger.log.Info("the R service answers again")
		}
		return err
	}
	s.outage.answered = answered
	s.outage.wait = min(max(2*s.outage.wait, outagePause), outageMost)
	s.outage.until = time.Now().Add(s.outage.wait)
	s.ledger.interrupted = down
	s.ledger.log.Warn("θ updates wait for the R service", "for", s.outage.wait.String(), "error", down.Error())
	return nil
}

// score has a batch scored. The database holds the transaction open for as long
// as an R service may take.
func (u *update) score(ctx context.Context, by scorer, persons []personAnswers) ([]scored, error) {
	s := u.hand
	if s.service == nil || len(persons) == 0 {
		return by.score(ctx, persons)
	}
	patience := s.service.patience()
	if err := u.tx.IdleUpTo(ctx, patience+idleSlack); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, s.service.fails(true, "took more than %s for %s", patience, plural(int64(len(persons)), "learner")))
	defer cancel()
	out, err := by.score(ctx, persons)
	if err != nil {
		return nil, err
	}
	s.answers++
	s.answered.Add(1)
	return out, nil
}

// batchMost is how many learners one transaction takes.
func (s *serving) batchMost() int {
	if s.service != nil {
		return plumberBatch
	}
	return batchMost
}

// changesMost is how many changes are taken up at a time.
func (s *serving) changesMost() int {
	if s.service != nil {
		return plumberPoll
	}
	return changesMost
}

// within bounds a transaction.
func (s *serving) within() time.Duration {
	if s.service != nil {
		return batchWithin + s.service.patience()
	}
	return batchWithin
}

// crashes reports whether the R service said 500: R does so when it is broken,
// and when it cannot take what one learner answered.
func crashes(err error) bool {
	var e *PlumberError
	return errors.As(err, &e) && e.crashed()
}

// oneByOne updates learners whose batch failed each for themselves. When the R
// service crashes on some and answers for others, it is well, and the trouble is
// theirs; when it answers for nobody, it is the service's.
func (s *hand) oneByOne(ctx context.Context, run *db.Run, subjects [][]db.Change) error {
	type doubt struct {
		own []db.Change
		err error
	}
	var doubts []doubt
	before := s.answers
	for _, own := range subjects {
		err := s.batch(ctx, run, own)
		switch {
		case err == nil:
		case errors.Is(err, db.ErrSyncing):
			return nil
		case crashes(err):
			if doubts = append(doubts, doubt{own, err}); s.answers == before && len(doubts) == doubtMost {
				return err
			}
		case fatal(err):
			return err
		default:
			if err := s.setAside(ctx, run, own, err); err != nil {
				return err
			}
		}
	}
	for _, d := range doubts {
		if s.answers == before {
			return d.err
		}
		if err := s.setAside(ctx, run, d.own, d.err); err != nil {
			return err
		}
	}
	return nil
}
