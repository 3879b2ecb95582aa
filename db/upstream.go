package db

import (
	"context"
	"errors"
	"time"
)

// Standing says which of the days that a stage has published its rows still
// show: only those can be behind what they stand on.
type Standing string

// The standings of a stage's published days.
const (
	EveryDay   Standing = "day"    // each day has rows of its own
	LastOfWeek Standing = "week"   // the rows are a week's, of the last day published
	NewestDay  Standing = "newest" // a later day replaces the earlier
)

// Consumer is what a stage's published days stand on.
type Consumer struct {
	Stage    string
	Upstream []string // the stages whose published days it reads
	Depth    int      // days, its own included, that it reads
	Standing Standing
	Theta    bool // it reads θ
}

// Newer says that what a published day stands on has changed since.
type Newer struct {
	Kind string     `db:"kind"` // stage, calibration or answers
	From string     `db:"from"` // the stage that published, where it is one
	Day  Day        `db:"day"`  // the day published again; of answers, the first published day they changed
	At   *time.Time `db:"at"`   // nil for answers, whose changes carry no time
}

// UpstreamNewer says whether an upstream has published a day again since the
// consumer's newest day read it; whether another calibration has come into force
// than the one that day used; or whether answers of published days have changed.
//
// The calibration of the following night is no news: on the contract's schedule
// it always comes after, and the next run reads it. News are a calibration of
// the same day or an older one than was used, one on another scale, and one that
// came late: of a day before the consumer's own.
func (d *DB) UpstreamNewer(ctx context.Context, c Consumer) (*Newer, error) {
	return first[Newer](ctx, d.pool, `
		WITH newest AS (
			SELECT DISTINCT ON (data_day) data_day, revision, stamp FROM sextant.published
			WHERE stage = $1 AND scope = '' AND complete ORDER BY data_day, id DESC
		), mine AS (
			SELECT * FROM newest ORDER BY data_day DESC LIMIT 1
		), standing AS (
			SELECT DISTINCT ON (CASE $4 WHEN 'day' THEN data_day WHEN 'week' THEN date_trunc('week', data_day::timestamp)::date END) *
			FROM newest
			ORDER BY CASE $4 WHEN 'day' THEN data_day WHEN 'week' THEN date_trunc('week', data_day::timestamp)::date END, data_day DESC
		), used AS (
			SELECT c.run_id, c.version, c.data_day FROM mine m JOIN sextant.calibration c ON c.bank = '' AND c.in_force_at <= m.stamp
			ORDER BY c.in_force_at DESC LIMIT 1
		), force AS (
			SELECT run_id, version, data_day, in_force_at FROM sextant.calibration
			WHERE bank = '' AND in_force_at IS NOT NULL ORDER BY in_force_at DESC LIMIT 1
		)
		SELECT kind, "from", day, at FROM (
		(SELECT 1 AS rank, 'stage' AS kind, u.stage AS "from", u.data_day AS day, u.at
		 FROM mine m JOIN sextant.published u ON u.stage = ANY ($2) AND u.scope = '' AND u.complete
			AND u.data_day BETWEEN m.data_day - ($3::int - 1) AND m.data_day AND u.at > m.stamp
		 ORDER BY u.at DESC LIMIT 1)
		UNION ALL
		SELECT 2, 'calibration', '', f.data_day, f.in_force_at
		FROM mine m CROSS JOIN force f LEFT JOIN used o ON true
		WHERE $5 AND f.in_force_at > m.stamp AND f.run_id IS DISTINCT FROM o.run_id
		  AND (f.data_day < m.data_day OR f.data_day <= o.data_day OR f.version <> o.version)
		UNION ALL
		(SELECT 3, 'answers', '', s.data_day, NULL FROM standing s
		 WHERE EXISTS (SELECT FROM sextant.answer_day a
		               WHERE a.day BETWEEN s.data_day - ($3::int - 1) AND s.data_day AND a.revision > s.revision)
		 ORDER BY s.data_day LIMIT 1)) news
		ORDER BY rank LIMIT 1`, c.Stage, text(c.Upstream), c.Depth, c.Standing, c.Theta)
}

// Outrun is how many learners' θ in force is older than the calibration in
// force, and does not stand on it.
type Outrun struct {
	Learners int64
	Day      Day       // of the calibration
	At       time.Time // since when it is in force
}

// ThetaOutrun finds the learners whose θ was estimated at a session's end after
// the calibration's data day and before it came into force: the calibration did
// not replace that θ, which has seen newer answers, nor did that θ use its
// parameters. It is nil when there are none.
func (d *DB) ThetaOutrun(ctx context.Context) (*Outrun, error) {
	c, err := d.CalibrationInForce(ctx, "")
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	// Joined to the calibration's row instead, the planner would take a third of all
	// learners to have answered since, and read every θ there is.
	o := Outrun{Day: c.DataDay, At: *c.InForceAt}
	o.Learners, err = scalar[int64](ctx, d.pool, `
		SELECT count(*) FROM sextant.learner l
		JOIN public.mirt_ability m ON m.user_id = l.user_id COLLATE "default" AND m.version = $1
			AND m.fitted_at >= $2 AND m.fitted_at < $3
		WHERE l.last_at >= $2`, c.Version, c.DataDay.End(), o.At)
	if err != nil || o.Learners == 0 {
		return nil, err
	}
	return &o, nil
}
