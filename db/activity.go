package db

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// quiet selects the learners, of those named if any, whose newest activity of
// any kind is at least threshold whole days and at most 56 days before the day,
// with their sessions of the last 56 days: activity and who in one, so that
// every source is read once.
func (o KPIOptions) quiet(p platform) string {
	c := o.chosen()
	answers := `
			SELECT user_id, session_id, CASE WHEN session_id IS NULL THEN (answered_at AT TIME ZONE 'UTC')::date END AS day, answered_at AS moment
			FROM sextant.answer WHERE answered_at >= @since AND answered_at < @end` + c.on("")
	return `SELECT user_id, count(moment) AS visits, min(moment) AS first_visit, max(moment) AS last_visit
		FROM (SELECT user_id, session_id, day, max(moment) AS newest, max(moment) FILTER (WHERE moment >= @earlier) AS moment
		      FROM (` + p.moments(answers, `@since`, c) + `) source GROUP BY 1, 2, 3) session
		GROUP BY user_id HAVING max(newest) < @until`
}

func quietArgs(o KPIOptions, threshold int) pgx.NamedArgs {
	args := o.args()
	args["since"], args["until"] = o.Day.Add(-56).Start(), o.Day.Add(1-threshold).Start()
	return args
}

// PublishInactivity merges P and S of the learners who have been quiet for at
// least threshold days into the rows of the week that holds the day, and takes
// back what it published for that day of learners who turn out not to be. Rows
// that stand on a later day, and those that say the same already, stay. It
// returns how many learners it looked at and rows it wrote.
func (tx *Tx) PublishInactivity(ctx context.Context, o KPIOptions, threshold int) (looked, written int64, err error) {
	what := "publish the inactivity of " + o.Day.String()
	p, err := tx.inspect(ctx)
	if err != nil {
		return 0, 0, err
	}
	if err := tx.tuneKPIs(ctx); err != nil {
		return 0, 0, err
	}
	for _, sql := range []string{
		// Most learners have a session or two: several processes sort them faster than one can hash them.
		`SET LOCAL work_mem = '128MB'; SET LOCAL enable_hashagg = off; SET LOCAL enable_mergejoin = on`,
		// Tables of their own, as with the KPIs, for several processes to read into,
		// and these no temporary ones, for several to read again.
		`CREATE UNLOGGED TABLE sextant.quiet_learner AS ` + quietQuery(o, p), `ANALYZE sextant.quiet_learner`,
		// The formulas are dearer than rows that change hands.
		`SET LOCAL enable_mergejoin = off; SET LOCAL parallel_tuple_cost = 0.01`,
		`CREATE UNLOGGED TABLE sextant.quiet_theta AS ` + quietThetas(o.chosen()), `ANALYZE sextant.quiet_theta`,
		// What it finds there stays so: looking for a conflict would double the cost of a row.
		`LOCK TABLE sextant.kpi_row, public.weekly_kpi IN SHARE ROW EXCLUSIVE MODE`,
		`CREATE TEMP TABLE quiet_slice ON COMMIT DROP AS ` + outlookQuery,
		`DROP TABLE sextant.quiet_learner, sextant.quiet_theta`,
	} {
		if _, err := tx.tx.Exec(ctx, sql, quietArgs(o, threshold)); err != nil {
			return 0, 0, classify(what, err)
		}
	}
	err = tx.tx.QueryRow(ctx, mergeInactivity, o.args()).Scan(&looked, &written)
	return looked, written, classify(what, err)
}

// QuietCount counts the learners PublishInactivity would look at.
func (d *DB) QuietCount(ctx context.Context, o KPIOptions, threshold int) (DayCount, error) {
	p, err := inspectActivity(ctx, d.pool)
	if err != nil {
		return DayCount{}, err
	}
	n, err := scalar[int64](ctx, d.pool, `SELECT count(*) FROM (`+o.quiet(p)+`) who`, quietArgs(o, threshold))
	return DayCount{Day: o.Day, Learners: n}, err
}

// quietQuery selects the quiet and the goals that count of those who have one.
func quietQuery(o KPIOptions, p platform) string {
	return `WITH who AS (` + o.quiet(p) + `), ` + goals(p, o.chosen(), ``) + `
		SELECT who.*, g.topic_id AS goal_topic, g.target FROM who LEFT JOIN goal g ON g.user_id = who.user_id ORDER BY who.user_id`
}

// quietThetas selects what P of the quiet comes from: the newest θ in the topic
// of the goal or, without one, overall, as {1 by topic, as of, estimated at, θ,
// SE}. It reads through the history once; thetaOf's LIMIT 1, which looks each
// learner up, is beyond parallel workers.
func quietThetas(c crowd) string {
	return `
	SELECT h.user_id, max(ARRAY[(h.topic_id IS NOT NULL)::int, date_part('epoch', h.as_of), date_part('epoch', h.estimated_at), h.theta, h.se]) AS newest
	FROM sextant.quiet_learner who
	JOIN sextant.theta_history h ON h.user_id = who.user_id AND (h.topic_id IS NULL OR h.topic_id = who.goal_topic)
	WHERE h.as_of < @end AND ` + usableTheta + c.on("h") + `
	GROUP BY h.user_id`
}

// outlookQuery selects P and S of the quiet, null where neither is known, and
// how their week stands: whether it is noted in kpi_row and present in
// weekly_kpi, and whether it is due to be written.
var outlookQuery = `
	SELECT user_id, kpis, noted, present, kpis IS NOT NULL AND open AND (stands @> kpis) IS NOT TRUE AS due
	FROM (SELECT *, CASE WHEN p IS NOT NULL OR s IS NOT NULL THEN jsonb_build_object('P', p, 'S', s) END AS kpis
	      FROM (SELECT *, ` + column(reach) + `, ` + column(churn) + ` FROM (
		SELECT who.user_id, r.user_id IS NOT NULL AS noted, k.user_id IS NOT NULL AS present, k.kpis AS stands,
		       (r.kpis_day IS NULL OR r.kpis_day <= @day) AND (r.quiet_day IS NULL OR r.quiet_day <= @day) AS open, ` + outlookColumns + `
		FROM sextant.quiet_learner who
		LEFT JOIN sextant.quiet_theta t ON t.user_id = who.user_id
		LEFT JOIN sextant.kpi_row r ON r.user_id = who.user_id AND r.week_start = @week
		LEFT JOIN public.weekly_kpi k ON k.user_id = who.user_id COLLATE "default" AND k.week_start = @week
		CROSS JOIN LATERAL (SELECT who.visits, who.first_visit, who.last_visit) c
		CROSS JOIN LATERAL (SELECT who.goal_topic AS topic_id) g
		CROSS JOIN LATERAL (
			SELECT coalesce(who.target, @target::float8) AS target, newest[1] = 1 AS by_topic, newest[4] AS theta, newest[5] AS se,
			       to_timestamp(newest[2]) AS as_of) j
		` + once + `) input ` + once + `) known ` + once + `) k
	ORDER BY user_id`

// mergeInactivity puts the slice into weekly_kpi, notes what day it is of and
// takes back what no longer holds.
const mergeInactivity = `
	WITH gone AS (
		SELECT r.user_id, '{P,S}'::text[] AS keys FROM sextant.kpi_row r
		WHERE r.week_start = @week AND r.quiet_day = @day AND r.kpis_day IS NULL
		  AND (cardinality(@users::text[]) = 0 OR r.user_id = ANY (@users))
		  AND r.user_id IN (SELECT user_id FROM sextant.kpi_row WHERE week_start = @week
		                    EXCEPT SELECT user_id FROM quiet_slice WHERE kpis IS NOT NULL)
	), forgotten AS (
		UPDATE sextant.kpi_row r SET quiet_day = NULL FROM gone g WHERE r.user_id = g.user_id AND r.week_start = @week
	), ` + takeBack + `, noted AS (
		INSERT INTO sextant.kpi_row (user_id, week_start, quiet_day)
		SELECT user_id, @week, @day FROM quiet_slice WHERE due AND NOT noted
	), moved AS (
		UPDATE sextant.kpi_row r SET quiet_day = @day FROM quiet_slice d
		WHERE d.due AND d.noted AND r.user_id = d.user_id AND r.week_start = @week
	), added AS (
		INSERT INTO public.weekly_kpi (user_id, week_start, kpis, created_at, updated_at)
		SELECT user_id, @week, kpis, now(), now() FROM quiet_slice WHERE due AND NOT present
	), changed AS (
		UPDATE public.weekly_kpi k SET updated_at = now(), kpis = ` + mergedKPIs + ` || d.kpis FROM quiet_slice d
		WHERE d.due AND d.present AND k.user_id = d.user_id COLLATE "default" AND k.week_start = @week
	)
	SELECT (SELECT count(*) FROM quiet_slice),
	       (SELECT count(*) FROM quiet_slice WHERE due) + (SELECT count(*) FROM kept) + (SELECT count(*) FROM emptied)`
