package db

import (
	"context"
	"time"
)

// KPI is a learner's KPIs as of a day and everything they come from. A nil
// value is one whose inputs are missing.
type KPI struct {
	UserID string `db:"user_id" json:"user_id"`
	Read   int64  `db:"read" json:"answers_56_days"`

	// I_t: answers and correct ones in [d−13, d] and [d−27, d−14]; the θs only
	// where the use of θ is on.
	Recent        int64    `db:"n_recent" json:"n_recent"`
	RecentCorrect int64    `db:"k_recent" json:"k_recent"`
	Prev          int64    `db:"n_prev" json:"n_prev"`
	PrevCorrect   int64    `db:"k_prev" json:"k_prev"`
	ThetaRecent   *float64 `db:"theta_recent" json:"theta_recent"`
	SERecent      *float64 `db:"se_recent" json:"se_recent"`
	ThetaPrev     *float64 `db:"theta_prev" json:"theta_prev"`

	// E_t: medians in ms of the correct answers with a time, and their number,
	// in [d−27, d] and [d−55, d−28].
	MedianRecent *float64 `db:"median_recent" json:"median_recent_ms"`
	TimedRecent  int64    `db:"timed_recent" json:"timed_recent"`
	MedianPrev   *float64 `db:"median_prev" json:"median_prev_ms"`
	TimedPrev    int64    `db:"timed_prev" json:"timed_prev"`

	// R_t: answers in [d−27, d] to what went wrong in [d−55, d−28].
	Retried   int64 `db:"retried" json:"retried"`
	Recovered int64 `db:"recovered" json:"recovered"`

	// A_t, over [d−27, d].
	Answers       int64    `db:"answers" json:"answers"`
	Sessions      int64    `db:"sessions" json:"sessions"`
	Moments       int64    `db:"moments" json:"moments"` // distinct answer times
	GapDays       *float64 `db:"gap_days" json:"gap_days"`
	Hints         int64    `db:"hints" json:"hints"`
	TimedSessions int64    `db:"timed_sessions" json:"timed_sessions"`
	DwellSeconds  *float64 `db:"dwell_seconds" json:"dwell_seconds"` // mean of the timed sessions

	// P: topics are nil for the default target and for the overall θ.
	GoalTopic  *string    `db:"goal_topic" json:"goal_topic"`
	Target     float64    `db:"target" json:"target"`
	ThetaTopic *string    `db:"theta_topic" json:"theta_topic"`
	Theta      *float64   `db:"theta" json:"theta"`
	SE         *float64   `db:"se" json:"se"`
	ThetaAsOf  *time.Time `db:"theta_as_of" json:"theta_as_of"`
	Z          *float64   `db:"z" json:"z"` // (target − θ) / SE, cut at ±38

	// S, over [d−55, d].
	Visits       int64      `db:"visits" json:"visits"` // sessions of any activity
	LastVisit    *time.Time `db:"last_visit" json:"last_visit"`
	DaysSince    *int       `db:"days_since" json:"days_since"`
	VisitGapDays *float64   `db:"visit_gap_days" json:"visit_gap_days"`

	KPIValues
}

// KPIs computes the KPIs of the learners that o names, active or not, as
// PublishKPIs would publish them.
func (tx *Tx) KPIs(ctx context.Context, o KPIOptions) ([]KPI, error) {
	p, err := tx.inspect(ctx)
	if err != nil {
		return nil, err
	}
	return collect[KPI](ctx, tx.tx, kpiQuery(o, p, named()), o.args())
}

// PublishKPIs merges the KPIs of the active learners into the rows of the week
// that holds the day, and takes back those that an earlier day of that week
// published and that are no longer due. Rows that stand on a later day stay. It
// returns how many answers it read and rows it wrote.
func (tx *Tx) PublishKPIs(ctx context.Context, o KPIOptions) (read, written int64, err error) {
	what := "publish the KPIs of " + o.Day.String()
	p, err := tx.inspect(ctx)
	if err != nil {
		return 0, 0, err
	}
	if err := tx.tuneKPIs(ctx); err != nil {
		return 0, 0, err
	}
	for _, sql := range []string{
		// A table of its own rather than one statement: reading may then use several processes.
		`CREATE TEMP TABLE kpi_slice ON COMMIT DROP AS
			SELECT user_id, read, jsonb_build_object('I_t', i_t, 'E_t', e_t, 'R_t', r_t, 'A_t', a_t, 'P', p, 'S', s) AS kpis
			FROM (` + kpiQuery(o, p, o.active()) + `) k`,
		`ANALYZE kpi_slice`,
	} {
		if _, err := tx.tx.Exec(ctx, sql, o.args()); err != nil {
			return 0, 0, classify(what, err)
		}
	}
	if err := tx.tx.QueryRow(ctx, mergeKPIs, o.args()).Scan(&read, &written); err != nil {
		return 0, 0, classify(what, err)
	}
	gone, err := scalar[int64](ctx, tx.tx, `WITH gone AS (
			SELECT r.user_id, CASE WHEN r.quiet_day > r.kpis_day THEN '{I_t,E_t,R_t,A_t}' ELSE '{I_t,E_t,R_t,A_t,P,S}' END::text[] AS keys
			FROM sextant.kpi_row r
			WHERE r.week_start = @week AND r.kpis_day <= @day AND (cardinality(@users::text[]) = 0 OR r.user_id = ANY (@users))
			  AND r.user_id IN (SELECT user_id FROM sextant.kpi_row WHERE week_start = @week EXCEPT SELECT user_id FROM kpi_slice)
		), forgotten AS (
			UPDATE sextant.kpi_row r SET kpis_day = NULL FROM gone g WHERE r.user_id = g.user_id AND r.week_start = @week
		), `+takeBack+`
		SELECT (SELECT count(*) FROM kept) + (SELECT count(*) FROM emptied)`, o.args())
	return read, written + gone, classify(what, err)
}

// tuneKPIs sets the transaction up for one large statement.
func (tx *Tx) tuneKPIs(ctx context.Context) error {
	_, err := tx.tx.Exec(ctx, `SET LOCAL work_mem = '64MB';
		SET LOCAL extra_float_digits = 1; -- JSON numbers keep every bit, whatever the server's setting
		-- Tables that have just been filled pass for empty, and a loop of one such in another takes hours.
		SET LOCAL enable_nestloop = off;
		-- For a merge it would read tables in the learners' order, all over the disk.
		SET LOCAL enable_mergejoin = off`)
	return classify("prepare the transaction", err)
}

// mergeKPIs puts the slice into weekly_kpi and notes what day it is of. P and S
// of a later day, which detect-inactivity may have written, stay.
const mergeKPIs = `
	WITH due AS (
		SELECT s.user_id, s.kpis - CASE WHEN r.quiet_day > @day THEN '{P,S}' ELSE '{}' END::text[] AS kpis
		FROM kpi_slice s LEFT JOIN sextant.kpi_row r ON r.user_id = s.user_id AND r.week_start = @week
		WHERE r.kpis_day IS NULL OR r.kpis_day <= @day
	), noted AS (
		INSERT INTO sextant.kpi_row AS r (user_id, week_start, kpis_day)
		SELECT user_id, @week, @day FROM due ORDER BY user_id
		ON CONFLICT (user_id, week_start) DO UPDATE SET kpis_day = excluded.kpis_day
	), put AS (` + putKPIs + `)
	SELECT (SELECT coalesce(sum(read), 0) FROM kpi_slice)::bigint, (SELECT count(*) FROM put)`

// putKPIs merges the rows of due into the week's rows of weekly_kpi: the other
// keys of a row are somebody else's.
const putKPIs = `
		INSERT INTO public.weekly_kpi AS k (user_id, week_start, kpis, created_at, updated_at)
		SELECT user_id, @week, kpis, now(), now() FROM due ORDER BY user_id
		ON CONFLICT (user_id, week_start) DO UPDATE SET updated_at = now(),
			kpis = ` + mergedKPIs + ` || excluded.kpis
		RETURNING user_id`

// mergedKPIs is what a row k of weekly_kpi has to be merged with.
const mergedKPIs = `CASE WHEN jsonb_typeof(k.kpis) = 'object' THEN k.kpis ELSE '{}' END`

// takeBack removes the keys of gone from the week's rows, and the rows that
// then hold nothing.
const takeBack = `kept AS (
			UPDATE public.weekly_kpi k SET kpis = k.kpis - g.keys, updated_at = now() FROM gone g
			WHERE k.user_id = g.user_id COLLATE "default" AND k.week_start = @week AND jsonb_typeof(k.kpis) = 'object' AND k.kpis - g.keys <> '{}'
			RETURNING k.user_id
		), emptied AS (
			DELETE FROM public.weekly_kpi k USING gone g
			WHERE k.user_id = g.user_id COLLATE "default" AND k.week_start = @week AND jsonb_typeof(k.kpis) = 'object' AND k.kpis - g.keys = '{}'
			RETURNING k.user_id
		)`

// ActiveCount counts the learners PublishKPIs would publish and their answers in
// the lookback.
func (d *DB) ActiveCount(ctx context.Context, o KPIOptions) (DayCount, error) {
	rows, err := collect[DayCount](ctx, d.pool, `
		SELECT @day::date AS day, count(DISTINCT user_id) AS learners, coalesce(sum(attempts), 0)::bigint AS answers
		FROM sextant.answer_tally
		WHERE day > @day::date - @lookback::int AND day <= @day::date`+o.active().on(""), o.args())
	if err != nil {
		return DayCount{}, err
	}
	return rows[0], nil
}

// WeekState is how far the week of a day has been published.
type WeekState struct {
	Week Day `db:"week"` // its Monday
	Last Day `db:"last"` // the newest of its days published in full
}

// WeekStates tells how far a stage has published each week since from's.
func (d *DB) WeekStates(ctx context.Context, stage string, from Day) (map[Day]Day, error) {
	rows, err := collect[WeekState](ctx, d.pool, `
		SELECT date_trunc('week', data_day::timestamp)::date AS week, max(data_day) AS last FROM sextant.published
		WHERE stage = $1 AND complete AND data_day >= $2 GROUP BY 1`, stage, from.Monday())
	out := map[Day]Day{}
	for _, r := range rows {
		out[r.Week] = r.Last
	}
	return out, err
}

// StoredKPIs is a learner's row of weekly_kpi.
type StoredKPIs struct {
	Week      Day            `db:"week_start" json:"week_start"`
	KPIs      map[string]any `db:"kpis" json:"kpis"`
	KPIsDay   *Day           `db:"kpis_day" json:"kpis_day"`   // of which day the six are; nil: not known
	QuietDay  *Day           `db:"quiet_day" json:"quiet_day"` // of which day detect-inactivity wrote P and S
	UpdatedAt *time.Time     `db:"updated_at" json:"updated_at"`
}

// StoredKPIs is the learner's row of the week that holds a day, or nil.
func (tx *Tx) StoredKPIs(ctx context.Context, userID string, day Day) (*StoredKPIs, error) {
	return first[StoredKPIs](ctx, tx.tx, `
		SELECT k.week_start, CASE WHEN jsonb_typeof(k.kpis) = 'object' THEN k.kpis ELSE '{}' END AS kpis, r.kpis_day, r.quiet_day, k.updated_at
		FROM public.weekly_kpi k
		LEFT JOIN sextant.kpi_row r ON r.user_id = k.user_id COLLATE "C" AND r.week_start = k.week_start
		WHERE k.user_id = $1 AND k.week_start = $2`, userID, day.Monday())
}
