package jobs

import (
	"fmt"
	"time"

	"github.com/adhocore/gronx"
)

// ParseMoment reads a moment to come: a day, a time of one in UTC, RFC 3339, or
// a length of time from now.
func ParseMoment(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil {
		return now.UTC().Add(d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no moment; write 2026-04-03T06:00 (UTC), 2026-04-03, or a length of time as 36h", s)
}

// TicksBetween counts the ticks of a schedule in (from, to), and gives up
// beyond limit.
func TicksBetween(schedule string, from, to time.Time, limit int) (int, error) {
	n := 0
	for t := from.UTC(); n < limit; n++ {
		next, err := gronx.NextTickAfter(schedule, t, false)
		if err != nil {
			return 0, fmt.Errorf("schedule %q: %w", schedule, err)
		}
		if !next.Before(to) {
			break
		}
		t = next
	}
	return n, nil
}
