package db

import (
	"context"
	"time"
)

// CalendarDay is how a day stands with a stage, for people who look at many.
type CalendarDay struct {
	Day         Day        `db:"day" json:"day"`
	PublishedAt *time.Time `db:"published_at" json:"published_at"` // nil: never
	Complete    bool       `db:"complete" json:"complete"`         // published for all learners, in every scope it was published for
	Changed     bool       `db:"changed" json:"changed"`           // its own answers have changed since
	Answers     bool       `db:"answers" json:"answers"`           // there are answers of that day
}

// Calendar tells how each day of [from, to] stands with a stage, oldest first.
func (d *DB) Calendar(ctx context.Context, stage string, from, to Day) ([]CalendarDay, error) {
	return collect[CalendarDay](ctx, d.pool, `
		WITH newest AS ( -- of each scope: a bank of its own, as a rule
			SELECT DISTINCT ON (data_day, scope) data_day, at, complete, revision FROM sextant.published
			WHERE stage = $1 AND data_day BETWEEN $2 AND $3 ORDER BY data_day, scope, complete DESC, id DESC
		), state AS (
			SELECT data_day, max(at) AS at, bool_and(complete) AS complete, min(revision) AS revision FROM newest GROUP BY data_day
		)
		SELECT w.day::date AS day, s.at AS published_at, coalesce(s.complete, false) AS complete,
		       coalesce(a.revision > s.revision, false) AS changed, a.day IS NOT NULL AS answers
		FROM generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') w (day)
		LEFT JOIN state s ON s.data_day = w.day::date
		LEFT JOIN sextant.answer_day a ON a.day = w.day::date
		ORDER BY 1`, stage, from, to)
}
