package db

import (
	"context"
	"errors"
	"time"
)

// Overview is what the pipeline screen needs beside the stages' own runs.
type Overview struct {
	Source   string     `db:"source"`
	SyncedAt *time.Time `db:"synced_at"`
	Answers  int64      `db:"answers"` // the planner's estimate
	Waiting  *time.Time `db:"waiting"` // the newest answer of the learner whose θ has waited longest; nil: none waits

	InForce *Calibration `db:"-"` // nil before the first
}

// Overview reads the state of the answers and of θ at session end.
func (d *DB) Overview(ctx context.Context) (Overview, error) {
	// Only the last two days can wait, and of those what came after the data of the
	// calibration in force: it serves the rest, and to look all of them up takes long.
	// The planner has to know that moment to see how few they are.
	var served *time.Time
	var inForce *Calibration
	switch c, err := d.CalibrationInForce(ctx, ""); {
	case err == nil:
		last := c.DataDay.Last()
		served, inForce = &last, &c
	case !errors.Is(err, ErrNotFound):
		return Overview{}, err
	}
	rows, err := collect[Overview](ctx, d.pool, `
		SELECT coalesce(s.source, '') AS source, s.synced_at,
		       greatest(c.reltuples, 0)::bigint AS answers, w.waiting
		FROM (SELECT) one
		LEFT JOIN sextant.sync_state s ON true
		LEFT JOIN pg_class c ON c.oid = to_regclass('sextant.answer')
		LEFT JOIN LATERAL (
			SELECT min(l.last_at) AS waiting FROM sextant.learner l
			WHERE l.last_at > greatest(now() - interval '2 days', $1::timestamptz) AND l.last_at <= now()
			  AND NOT EXISTS (SELECT FROM public.mirt_ability m
				WHERE m.user_id = l.user_id COLLATE "default" AND m.fitted_at >= l.last_at)) w ON true`, served)
	if err != nil {
		return Overview{}, err
	}
	rows[0].InForce = inForce
	return rows[0], nil
}

// PublishedDays gives, by stage, the newest data day published in full.
func (d *DB) PublishedDays(ctx context.Context) (map[string]Day, error) {
	rows, err := collect[struct {
		Stage string `db:"stage"`
		Day   Day    `db:"data_day"`
	}](ctx, d.pool, `SELECT stage, max(data_day) AS data_day FROM sextant.published WHERE complete AND scope = '' GROUP BY stage`)
	out := map[string]Day{}
	for _, r := range rows {
		out[r.Stage] = r.Day
	}
	return out, err
}

// RecentRuns gives the newest runs of each stage named, newest first.
func (d *DB) RecentRuns(ctx context.Context, stages []string, each int) (map[string][]Run, error) {
	rows, err := collect[Run](ctx, d.pool, `
		SELECT r.* FROM unnest($1::text[]) s (stage)
		CROSS JOIN LATERAL (
			SELECT `+runColumns+` FROM sextant.run WHERE stage = s.stage ORDER BY created_at DESC LIMIT $2) r`, stages, each)
	out := map[string][]Run{}
	for _, r := range rows {
		out[r.Stage] = append(out[r.Stage], r)
	}
	return out, err
}

// LastTries gives, by stage, its newest run that could have published the day
// due of it: one over all learners, and not of a bank of its own, whose window
// reaches that day.
func (d *DB) LastTries(ctx context.Context, due map[string]Day) (map[string]Run, error) {
	var stages []string
	var days []time.Time
	for stage, day := range due {
		stages, days = append(stages, stage), append(days, day.Start())
	}
	rows, err := collect[Run](ctx, d.pool, `
		SELECT r.* FROM unnest($1::text[], $2::date[]) s (stage, due)
		CROSS JOIN LATERAL (
			SELECT `+runColumns+` FROM sextant.run
			WHERE stage = s.stage AND status <> 'skipped' AND window_to >= s.due AND NOT params ? 'users'
			  AND coalesce(params ->> 'topic', '') = '' AND coalesce(params ->> 'subject', '') = ''
			  AND created_at > s.due::timestamp AT TIME ZONE 'UTC' -- bounds the search: the day had to come first
			ORDER BY created_at DESC LIMIT 1) r`, text(stages), days)
	out := map[string]Run{}
	for _, r := range rows {
		out[r.Stage] = r
	}
	return out, err
}

// Ping checks that the database answers.
func (d *DB) Ping(ctx context.Context) error { return classify("reach "+d.Target(), d.pool.Ping(ctx)) }

// IsUnready reports whether an error means that the environment, not the
// request, is at fault: no database, no access, not migrated.
func IsUnready(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Kind {
	case KindConfig, KindUnreachable, KindAuth, KindNoDatabase, KindNotMigrated, KindTooNew:
		return true
	}
	return false
}
