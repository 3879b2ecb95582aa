package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

const (
	followEvery  = 250 * time.Millisecond
	retriedSoon  = time.Second      // within which a run that failed under its worker has its retry
	retriedLater = 30 * time.Second // the same for a lost one, which another worker has to find first
)

// Follow watches a run from afar until it ends, its retries included, and gives
// the row it ended with; the error is the one that a run in this process would
// have given. each is told of every new line of the log and of the progress.
func (s *Service) Follow(ctx context.Context, id uuid.UUID, each func(db.Run, []db.RunEvent)) (db.Run, error) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	var last int64
	var endedAt time.Time
	for {
		d, err := s.Run(ctx, id, last)
		switch {
		case err != nil && !faltered(err):
			return d.Run, err
		case err == nil:
			each(d.Run, d.Events)
			for _, e := range d.Events {
				last = max(last, e.Seq)
			}
			if d.Status.Final() && len(d.Events) == 0 {
				if endedAt.IsZero() {
					endedAt = time.Now()
				}
				next, err := s.db.RetryOf(ctx, id)
				if err == nil {
					id, last, endedAt = next.ID, 0, time.Time{}
					continue
				}
				if !errors.Is(err, db.ErrNotFound) || time.Since(endedAt) > mayBeRetried(d.Run) {
					return d.Run, endOf(d.Run)
				}
			}
		}
		select {
		case <-ctx.Done():
			return d.Run, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// mayBeRetried is how long after its end a run may yet get its retry.
func mayBeRetried(r db.Run) time.Duration {
	switch {
	case r.CancelRequestedAt != nil || r.Attempt >= maxTries && r.Status != db.RunCancelled:
		return 0
	case r.Status == db.RunLost:
		return retriedLater
	case r.Status == db.RunFailed, r.Status == db.RunCancelled:
		return retriedSoon
	}
	return 0
}

// endOf is the error of a run that ended elsewhere.
func endOf(r db.Run) error {
	text := string(r.Status)
	if r.Error != nil {
		text = *r.Error
	}
	switch r.Status {
	case db.RunSucceeded, db.RunSkipped:
		return nil
	case db.RunPartial:
		return &elsewhereError{text, &PartialError{}}
	case db.RunCancelled:
		return &elsewhereError{text, &CancelledError{}}
	}
	return fmt.Errorf("run %s: %s", r.ID, text)
}

// elsewhereError is an error in the words of the process that met it.
type elsewhereError struct {
	text string
	kind error
}

func (e *elsewhereError) Error() string { return e.text }
func (e *elsewhereError) Unwrap() error { return e.kind }
