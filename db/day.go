package db

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Day is a UTC calendar day.
type Day struct{ t time.Time }

const dayLayout = "2006-01-02"

// DayOf is the UTC day that holds t.
func DayOf(t time.Time) Day { return Day{t.UTC().Truncate(24 * time.Hour)} }

// ParseDay reads YYYY-MM-DD; a day the calendar does not have is an error.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(dayLayout, s)
	if err != nil {
		return Day{}, fmt.Errorf("%q is not a calendar day; write it as YYYY-MM-DD", s)
	}
	return Day{t}, nil
}

// String is YYYY-MM-DD.
func (d Day) String() string { return d.t.Format(dayLayout) }

// Start is the day's first moment.
func (d Day) Start() time.Time { return d.t }

// End is the next day's first moment: the day is [Start, End).
func (d Day) End() time.Time { return d.t.Add(24 * time.Hour) }

// Last is the day's last microsecond, PostgreSQL's resolution: the as-of moment
// of what a stage estimates from the whole day.
func (d Day) Last() time.Time { return d.End().Add(-time.Microsecond) }

// Add is n days later.
func (d Day) Add(n int) Day { return Day{d.t.AddDate(0, 0, n)} }

// Sub is the number of days from o to d.
func (d Day) Sub(o Day) int { return int(d.t.Sub(o.t) / (24 * time.Hour)) }

// Before reports whether d is earlier than o.
func (d Day) Before(o Day) bool { return d.t.Before(o.t) }

// IsZero reports whether d was never set.
func (d Day) IsZero() bool { return d.t.IsZero() }

// Monday is the first day of d's ISO week.
func (d Day) Monday() Day { return d.Add(-int(d.t.Weekday()+6) % 7) }

// MarshalText writes YYYY-MM-DD.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD.
func (d *Day) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDay(string(b))
	return err
}

// Value gives PostgreSQL a date.
func (d Day) Value() (driver.Value, error) { return d.t, nil }

// Scan reads a PostgreSQL date.
func (d *Day) Scan(v any) error {
	t, ok := v.(time.Time)
	if !ok {
		return fmt.Errorf("scan a day from %T", v)
	}
	*d = DayOf(t)
	return nil
}
