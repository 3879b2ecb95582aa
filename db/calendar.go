package db

import (
	"context"
	"time"
)

// CalendarDay is how a day stands with a stage, for people who look at many.
type CalendarDay struct {
	Day         Day        `db:"day" json:"day"`
	Ends        bool       `db:"ends" json:"ends"`                 // a slice of the stage ends on it: every day, or every Sunday
	PublishedAt *time.Time `db:"published_at" json:"published_at"` // nil: never
	Complete    bool       `db:"complete" json:"complete"`         // published for all learners, in every scope it was published for
	Changed     bool       `db:"changed" json:"changed"`           // the slice's own answers have changed since
	Answers     bool       `db:"answers" json:"answers"`           // there are answers of that slice or, where none ends, of that day
}

// Calendar tells how each day of [from, to] stands with a stage, oldest first,
// whose slices are days, or weeks that end on Sunday.
func (d *DB) Calendar(ctx context.Context, stage string, weekly bool, from, to Day) ([]CalendarDay, error) {
	return collect[CalendarDay](ctx, d.pool, `
		WITH newest AS ( -- of each scope: a bank of its own, as a rule
			SELECT DISTINCT ON (data_day, scope) data_day, at, complete, revision FROM sextant.published
			WHERE stage = $1 AND data_day BETWEEN $3 AND $4 ORDER BY data_day, scope, complete DESC, id DESC
		), state AS (
			SELECT data_day, max(at) AS at, bool_and(complete) AS complete, min(revision) AS revision FROM newest GROUP BY data_day
		), span AS (
			SELECT at::date AS day, NOT $2 OR extract(isodow FROM at) = 7 AS ends
			FROM generate_series($3::date::timestamp, $4::date::timestamp, interval '1 day') at
		)
		SELECT w.day, w.ends, s.at AS published_at, coalesce(s.complete, false) AS complete,
		       coalesce(a.revision > s.revision, false) AS changed, a.revision IS NOT NULL AS answers
		FROM span w
		LEFT JOIN state s ON s.data_day = w.day
		LEFT JOIN LATERAL (
			SELECT max(revision) AS revision FROM sextant.answer_day
			WHERE day BETWEEN w.day - CASE WHEN $2 AND w.ends THEN 6 ELSE 0 END AND w.day
		) a ON true
		ORDER BY 1`, stage, weekly, from, to)
}
