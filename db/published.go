package db

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Publication is a stage's claim to have published a data day.
type Publication struct {
	Stage       string
	Scope       string // a calibration's bank
	Day         Day
	Complete    bool  // false when only some learners were published
	Revision    int64 // the newest revision of the answers it stands on, read before them
	Calibration *uuid.UUID
}

// Publish records, in the slice's own transaction, that it published its day.
// The publication's stamp is the transaction's now(), which is also the
// computed_at of the rows it wrote.
func (tx *Tx) Publish(ctx context.Context, run *Run, p Publication) error {
	_, err := tx.tx.Exec(ctx, `
		INSERT INTO sextant.published (stage, scope, data_day, complete, run_id, revision, calibration, stamp)
		VALUES ($1, $2, $3, $4, $5, $6, $7, now())`,
		p.Stage, p.Scope, p.Day, p.Complete, run.ID, p.Revision, p.Calibration)
	return classify("record the publication", err)
}

// PublishedBy is the run that published a day of a stage last, for all learners or
// for one; nil: none, or none that the ledger still holds.
func (tx *Tx) PublishedBy(ctx context.Context, stage string, day Day, userID string) (*Run, error) {
	return first[Run](ctx, tx.tx, `
		SELECT `+runColumns+` FROM sextant.run WHERE id = (
			SELECT p.run_id FROM sextant.published p
			WHERE p.stage = $1 AND p.scope = '' AND p.data_day = $2
			  AND (p.complete OR EXISTS (SELECT FROM sextant.run r WHERE r.id = p.run_id AND r.params -> 'users' ? $3))
			ORDER BY p.id DESC LIMIT 1)`, stage, day, userID)
}

// Revision is the newest revision of the answers in a window of days.
func (tx *Tx) Revision(ctx context.Context, from, to Day) (int64, error) {
	return scalar[int64](ctx, tx.tx, `SELECT coalesce(max(revision), 0) FROM sextant.answer_day WHERE day BETWEEN $1 AND $2`, from, to)
}

// NewestRevision is the newest revision of all answers.
func (tx *Tx) NewestRevision(ctx context.Context) (int64, error) {
	return scalar[int64](ctx, tx.tx, `SELECT coalesce(max(revision), 0) FROM sextant.answer_day`)
}

// DayState is how a day stands with a stage.
type DayState struct {
	Day         Day        `db:"day"`
	PublishedAt *time.Time `db:"published_at"` // nil: never, or never for all learners
	Stale       bool       `db:"stale"`        // answers it stands on have changed since
}

// DayStates tells, for each day of [from, to] and for each older published day
// that is stale, how it stands with a stage that reads depth days up to its own.
func (d *DB) DayStates(ctx context.Context, stage string, from, to Day, depth int) ([]DayState, error) {
	return d.ScopedDayStates(ctx, stage, "", from, to, depth)
}

// ScopedDayStates is DayStates within a scope: a calibration's bank.
func (d *DB) ScopedDayStates(ctx context.Context, stage, scope string, from, to Day, depth int) ([]DayState, error) {
	return collect[DayState](ctx, d.pool, `
		WITH newest AS (
			SELECT DISTINCT ON (data_day) data_day, at, revision FROM sextant.published
			WHERE stage = $1 AND scope = $5 AND complete AND data_day <= $3 ORDER BY data_day, id DESC
		), state AS (
			SELECT data_day AS day, at AS published_at,
			       EXISTS (SELECT FROM sextant.answer_day a
			               WHERE a.day BETWEEN n.data_day - ($4::int - 1) AND n.data_day AND a.revision > n.revision) AS stale
			FROM newest n
		)
		SELECT coalesce(s.day, w.day::date) AS day, s.published_at, coalesce(s.stale, false) AS stale
		FROM state s
		FULL JOIN generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') w (day) ON w.day::date = s.day
		WHERE w.day IS NOT NULL OR s.stale
		ORDER BY 1`, stage, from, to, depth, scope)
}

// DayCount is how much a day holds.
type DayCount struct {
	Day      Day   `db:"day"`
	Learners int64 `db:"learners"`
	Answers  int64 `db:"answers"`
}

// DayCounts counts the answers with a topic, and their learners, of each day.
func (d *DB) DayCounts(ctx context.Context, days []Day, users []string) (map[Day]DayCount, error) {
	starts := make([]time.Time, len(days))
	for i, day := range days {
		starts[i] = day.Start()
	}
	rows, err := collect[DayCount](ctx, d.pool, `
		SELECT (s.day AT TIME ZONE 'UTC')::date AS day, n.learners, n.answers
		FROM unnest($1::timestamptz[]) s (day)
		CROSS JOIN LATERAL (
			SELECT count(DISTINCT user_id) AS learners, count(*) AS answers FROM sextant.answer
			WHERE answered_at >= s.day AND answered_at < s.day + interval '24 hours' AND topic_id IS NOT NULL
			  AND (cardinality($2::text[]) = 0 OR user_id = ANY ($2))) n`, starts, text(users))
	out := map[Day]DayCount{}
	for _, r := range rows {
		out[r.Day] = r
	}
	return out, err
}

// text is a non-nil slice: a nil one would reach PostgreSQL as null.
func text(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
