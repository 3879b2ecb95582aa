package db

import (
	"context"
	"encoding/json"
	"time"
)

// QuarantineReason counts what was set aside of one source for one reason.
type QuarantineReason struct {
	Reason    string    `db:"reason" json:"reason"`
	Source    string    `db:"source" json:"source"`     // the relation it was read from
	Open      int64     `db:"open" json:"open"`         // still so at the last reading
	Resolved  int64     `db:"resolved" json:"resolved"` // mended since
	FirstSeen time.Time `db:"first_seen" json:"first_seen"`
	LastSeen  time.Time `db:"last_seen" json:"last_seen"`
	Days      []int64   `db:"days" json:"new_by_day"` // first seen on each of the last days, oldest first, today last
}

// LastWeek is how many rows were first seen in the last seven days.
func (r QuarantineReason) LastWeek() (n int64) {
	for _, day := range r.Days[max(0, len(r.Days)-7):] {
		n += day
	}
	return n
}

// QuarantinedRow is one source row or answer that could not be taken. Raw is
// what the platform holds: it may name a learner.
type QuarantinedRow struct {
	Source     string          `db:"source" json:"source"`
	Key        string          `db:"source_key" json:"source_key"`
	Position   int             `db:"position" json:"position"` // of the answer; 0: the row as a whole
	Reason     string          `db:"reason" json:"reason"`
	Raw        json.RawMessage `db:"raw" json:"raw"`
	FirstSeen  time.Time       `db:"first_seen" json:"first_seen"`
	LastSeen   time.Time       `db:"last_seen" json:"last_seen"`
	TimesSeen  int             `db:"times_seen" json:"times_seen"`
	ResolvedAt *time.Time      `db:"resolved_at" json:"resolved_at"`
}

// QuarantineReasons counts the quarantine by reason and source, the most open
// first, with what was new on each of the last days.
func (d *DB) QuarantineReasons(ctx context.Context, days int) ([]QuarantineReason, error) {
	return collect[QuarantineReason](ctx, d.pool, `
		WITH today AS (SELECT (now() AT TIME ZONE 'UTC')::date AS day),
		counted AS ( -- one pass: a row of it is a reason's day
			SELECT reason, source, (first_seen AT TIME ZONE 'UTC')::date AS day, count(*) AS n,
			       count(*) FILTER (WHERE resolved_at IS NULL) AS open, min(first_seen) AS first_seen, max(last_seen) AS last_seen
			FROM sextant.quarantine GROUP BY 1, 2, 3
		)
		SELECT reason, source, sum(open)::bigint AS open, sum(n - open)::bigint AS resolved, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
		       (SELECT array_agg(coalesce((SELECT sum(k.n)::bigint FROM counted k
		                                   WHERE k.reason = c.reason AND k.source = c.source AND k.day = today.day - back), 0) ORDER BY back DESC)
		        FROM today, generate_series(0, $1::int - 1) back) AS days
		FROM counted c GROUP BY reason, source ORDER BY 3 DESC, 4 DESC, 1, 2`, days)
}

// QuarantinedRows lists what was set aside for a reason, the newest first; an
// empty reason is any. Resolved ones come along when they are asked for.
func (d *DB) QuarantinedRows(ctx context.Context, reason string, resolved bool, limit int) ([]QuarantinedRow, error) {
	return collect[QuarantinedRow](ctx, d.pool, `
		SELECT source, source_key, position, reason, raw, first_seen, last_seen, times_seen, resolved_at
		FROM sextant.quarantine WHERE ($1 = '' OR reason = $1) AND ($2 OR resolved_at IS NULL)
		ORDER BY last_seen DESC, id DESC LIMIT $3`, reason, resolved, limit)
}
