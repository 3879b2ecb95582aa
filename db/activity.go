package db

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// quiet are the learners, of those named if any, whose newest activity of any
// kind is at least threshold whole days and at most 56 days before the day.
func quiet(p platform) crowd {
	filter := func(alias string) string {
		return ` AND (cardinality(@users::text[]) = 0 OR ` + alias + `.user_id = ANY (@users::text[]))`
	}
	// A learner's newest answer is known; only where it lies after the day has
	// an older one to be looked for.
	sources := `
			SELECT l.user_id, l.last_at AS at FROM sextant.learner l WHERE l.last_at >= @since AND l.last_at < @end` + filter("l") + `
			UNION ALL
			SELECT l.user_id, a.at FROM sextant.learner l
			CROSS JOIN LATERAL (
				SELECT max(answered_at) AS at FROM sextant.answer
				WHERE user_id = l.user_id AND answered_at >= @since AND answered_at < @end) a
			WHERE l.last_at >= @end AND l.first_at < @end` + filter("l")
	if p.has("exam_results") {
		sources += `
			UNION ALL
			SELECT e.user_id COLLATE "C", e.created_at FROM public.exam_results e
			WHERE e.status = 'ready' AND e.user_id <> '' AND e.created_at >= @since AND e.created_at < @end` + filter("e") + p.unforgotten("e.user_id")
	}
	if p.has("session") {
		sources += `
			UNION ALL
			SELECT s.user_id COLLATE "C", s.ended_at FROM public.session s
			WHERE s.user_id <> '' AND s.ended_at >= @since AND s.ended_at < @end` + filter("s") + p.unforgotten("s.user_id")
	}
	return crowd{`SELECT user_id FROM (` + sources + `) seen GROUP BY user_id HAVING max(at) < @until`,
		` AND {t}user_id COLLATE "C" IN (SELECT user_id FROM who)`}
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
	// Answers read from exam_results have the session and the moment of their
	// row there: the rows alone show the same activity.
	same, err := scalar[bool](ctx, tx.tx, `SELECT coalesce((SELECT reader = 'exam_results' FROM sextant.sync_state), false)`)
	if err != nil {
		return 0, 0, err
	}
	err = tx.tx.QueryRow(ctx, inactivityQuery(p, !same), quietArgs(o, threshold)).Scan(&looked, &written)
	return looked, written, classify(what, err)
}

// QuietCount counts the learners PublishInactivity would look at.
func (d *DB) QuietCount(ctx context.Context, o KPIOptions, threshold int) (DayCount, error) {
	p, err := inspectPlatform(ctx, d.pool)
	if err != nil {
		return DayCount{}, err
	}
	n, err := scalar[int64](ctx, d.pool, `SELECT count(*) FROM (`+quiet(p).body+`) who`, quietArgs(o, threshold))
	return DayCount{Day: o.Day, Learners: n}, err
}

func inactivityQuery(p platform, answers bool) string {
	c := quiet(p)
	return `WITH who AS MATERIALIZED (` + c.body + `), ` + when(answers, visits(c)+`, `, ``) + activity(p, c, answers) + `, ` + goals(p) + `,
	input AS MATERIALIZED (
		SELECT who.user_id, ` + outlookColumns + `
		FROM who
		` + outlookJoins + `
	), outlook AS (
		SELECT user_id, jsonb_build_object('P', p, 'S', s) AS kpis
		FROM (SELECT user_id, ` + column(reach) + `, ` + column(churn) + ` FROM input) k
		WHERE p IS NOT NULL OR s IS NOT NULL
	), due AS (
		SELECT o.user_id, o.kpis FROM outlook o
		LEFT JOIN sextant.kpi_row r ON r.user_id = o.user_id AND r.week_start = @week
		LEFT JOIN public.weekly_kpi k ON k.user_id = o.user_id COLLATE "default" AND k.week_start = @week
		WHERE (r.kpis_day IS NULL OR r.kpis_day <= @day) AND (r.quiet_day IS NULL OR r.quiet_day <= @day)
		  AND (k.kpis @> o.kpis) IS NOT TRUE
	), gone AS (
		SELECT r.user_id, '{P,S}'::text[] AS keys FROM sextant.kpi_row r
		WHERE r.week_start = @week AND r.quiet_day = @day AND r.kpis_day IS NULL
		  AND (cardinality(@users::text[]) = 0 OR r.user_id = ANY (@users))
		  AND r.user_id IN (SELECT user_id FROM sextant.kpi_row WHERE week_start = @week EXCEPT SELECT user_id FROM outlook)
	), forgotten AS (
		UPDATE sextant.kpi_row r SET quiet_day = NULL FROM gone g WHERE r.user_id = g.user_id AND r.week_start = @week
	), ` + takeBack + `, noted AS (
		INSERT INTO sextant.kpi_row AS r (user_id, week_start, quiet_day)
		SELECT user_id, @week, @day FROM due ORDER BY user_id
		ON CONFLICT (user_id, week_start) DO UPDATE SET quiet_day = excluded.quiet_day
	), put AS (` + putKPIs + `)
	SELECT (SELECT count(*) FROM who), (SELECT count(*) FROM put) + (SELECT count(*) FROM kept) + (SELECT count(*) FROM emptied)`
}
