package db

import (
	"context"
	"time"
)

// Clock is the time by the database's clock.
func (d *DB) Clock(ctx context.Context) (time.Time, error) {
	return scalar[time.Time](ctx, d.pool, `SELECT clock_timestamp()`)
}

// ClockSkew is how far the database's clock is ahead of this machine's.
func (d *DB) ClockSkew(ctx context.Context) (time.Duration, error) {
	return clockSkew(ctx, d.pool, 1)
}

// clockSkew compares the clocks in so many round trips and believes the
// quickest: it is off by half of that at most.
func clockSkew(ctx context.Context, q querier, trips int) (skew time.Duration, err error) {
	quickest := time.Duration(-1)
	for range trips {
		began := time.Now()
		theirs, err := scalar[time.Time](ctx, q, `SELECT clock_timestamp()`)
		if err != nil {
			return 0, err
		}
		if trip := time.Since(began); quickest < 0 || trip < quickest {
			quickest, skew = trip, theirs.Sub(began.Add(trip/2))
		}
	}
	return skew, nil
}
