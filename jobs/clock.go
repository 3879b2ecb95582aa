package jobs

import (
	"context"
	"time"
)

// SkewTolerance is how far the clocks of the database and of this machine may
// differ and still count as one.
const SkewTolerance = 30 * time.Second

// ClockSkew is how far the database's clock is ahead of this machine's, or 0
// within SkewTolerance.
func (r *Runner) ClockSkew(ctx context.Context) (time.Duration, error) {
	measure := r.Skew
	if measure == nil {
		measure = r.DB.ClockSkew
	}
	skew, err := measure(ctx)
	if err != nil || skew.Abs() <= SkewTolerance {
		return 0, err
	}
	return skew, nil
}

// now is the time by the database's clock, the one that all machines share, and
// how far it is ahead of this machine's. Which day is complete, what is late and
// whether a pause has run out are judged by it.
func (r *Runner) now(ctx context.Context) (time.Time, time.Duration, error) {
	skew, err := r.ClockSkew(ctx)
	return r.Clock().UTC().Add(skew), skew, err
}
