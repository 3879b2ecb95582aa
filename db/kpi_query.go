package db

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// KPIOptions chooses whose KPIs are computed, as of which day and how.
type KPIOptions struct {
	Day      Day
	Users    []string // empty: all learners
	Lookback int      // days that end with Day; learners with an answer in them are active
	Target   float64  // θ that P is judged against without a goal
	Horizon  int      // days without activity after which S is at its highest
	UseTheta bool     // I_t in its θ form where there is one
}

// args are the parameters of the statements below. The windows are moments that
// Go has reckoned, so that no time zone has a say in them.
func (o KPIOptions) args() pgx.NamedArgs {
	return pgx.NamedArgs{"day": o.Day, "week": o.Day.Monday(), "users": text(o.Users), "lookback": o.Lookback,
		"target": o.Target, "horizon": o.Horizon, "earlier": o.Day.Add(-55).Start(), "recent": o.Day.Add(-27).Start(),
		"prev14": o.Day.Add(-27).Start(), "recent14": o.Day.Add(-13).Start(), "end": o.Day.End()}
}

// crowd is a set of learners: the body of the CTE who, and the condition that
// holds a query on a table with a user_id to them.
type crowd struct{ body, filter string }

// chosen holds a query to the learners named, if any. All of them need no
// filter: rows of others find no partner in who.
func (o KPIOptions) chosen() crowd {
	return crowd{filter: when(len(o.Users) > 0, named().filter, ``)}
}

// active are the learners with an answer in the lookback, of those named if any.
func (o KPIOptions) active() crowd {
	c := o.chosen()
	c.body = `SELECT DISTINCT user_id FROM sextant.answer_tally
		WHERE day > @day::date - @lookback::int AND day <= @day::date` + c.on("")
	return c
}

// named are the learners named, active or not.
func named() crowd {
	return crowd{`SELECT DISTINCT u COLLATE "C" AS user_id FROM unnest(@users::text[]) u`, ` AND {t}user_id = ANY (@users::text[])`}
}

// on is the condition for the table of that alias.
func (c crowd) on(alias string) string {
	if alias != "" {
		alias += "."
	}
	return strings.ReplaceAll(c.filter, "{t}", alias)
}

// kpiQuery selects a row a learner of the crowd: everything the KPIs come from,
// and the KPIs as i_t, e_t, r_t, a_t, p and s.
func kpiQuery(o KPIOptions, p platform, c crowd) string {
	return `WITH who AS MATERIALIZED (` + c.body + `), ` + visits(c) + `, ` + activity(p, c) + `, ` + goals(p, c, `JOIN who ON who.user_id = g.user_id COLLATE "C"`) + `,
	windows AS ( -- I_t
		SELECT user_id,
		       (sum(attempts) FILTER (WHERE day > @day::date - 14))::float8 AS n_recent,
		       (sum(correct) FILTER (WHERE day > @day::date - 14))::float8 AS k_recent,
		       (sum(attempts) FILTER (WHERE day <= @day::date - 14))::float8 AS n_prev,
		       (sum(correct) FILTER (WHERE day <= @day::date - 14))::float8 AS k_prev
		FROM sextant.answer_tally
		WHERE day > @day::date - 28 AND day <= @day::date` + c.on("") + `
		GROUP BY user_id
	), pace AS ( -- E_t, and what of A_t is not by session
		SELECT user_id, count(*) AS read,
		       percentile_cont(0.5) WITHIN GROUP (ORDER BY response_time_ms)
		           FILTER (WHERE correct AND response_time_ms > 0 AND answered_at < @recent) AS median_prev,
		       count(*) FILTER (WHERE correct AND response_time_ms > 0 AND answered_at < @recent) AS timed_prev,
		       percentile_cont(0.5) WITHIN GROUP (ORDER BY response_time_ms)
		           FILTER (WHERE correct AND response_time_ms > 0 AND answered_at >= @recent) AS median_recent,
		       count(*) FILTER (WHERE correct AND response_time_ms > 0 AND answered_at >= @recent) AS timed_recent,
		       count(*) FILTER (WHERE answered_at >= @recent) AS answers,
		       sum(hints) FILTER (WHERE answered_at >= @recent) AS hints,
		       count(DISTINCT answered_at) FILTER (WHERE answered_at >= @recent) AS moments,
		       extract(epoch FROM max(answered_at) - min(answered_at) FILTER (WHERE answered_at >= @recent))::float8 / 86400 AS span_days
		FROM sextant.answer
		WHERE answered_at >= @earlier AND answered_at < @end` + c.on("") + `
		GROUP BY user_id
	), attendance AS ( -- the rest of A_t
		SELECT user_id, count(*) FILTER (WHERE recent) AS sessions, count(dwell_ms) AS timed_sessions, avg(dwell_ms)::float8 / 1000 AS dwell_seconds
		FROM visit GROUP BY user_id
	), retries AS ( -- R_t
		SELECT r.user_id, count(*) AS retried, count(*) FILTER (WHERE r.correct) AS recovered
		FROM sextant.answer r
		WHERE r.answered_at >= @recent AND r.answered_at < @end` + c.on("r") + `
		  AND EXISTS (SELECT FROM sextant.answer w
		              WHERE w.answered_at >= @earlier AND w.answered_at < @recent AND NOT w.correct` + c.on("w") + `
		                AND w.user_id = r.user_id AND w.item_id = r.item_id AND coalesce(w.topic_id, '') = coalesce(r.topic_id, '')
		                -- Goes without saying, and said all the same: or every process would sort all that went wrong out for itself.
		                AND w.answered_at < r.answered_at)
		GROUP BY r.user_id
	), input AS MATERIALIZED ( -- or the planner would write out z at each of its mentions in P
		SELECT who.user_id, coalesce(a.read, 0) AS read,
		       coalesce(w.n_recent, 0)::bigint AS n_recent, coalesce(w.k_recent, 0)::bigint AS k_recent,
		       coalesce(w.n_prev, 0)::bigint AS n_prev, coalesce(w.k_prev, 0)::bigint AS k_prev,
		       recent.theta AS theta_recent, recent.se AS se_recent, prev.theta AS theta_prev,
		       ` + when(o.UseTheta, improvementTheta, improvementAccuracy) + ` AS i_t,
		       a.median_prev, coalesce(a.timed_prev, 0) AS timed_prev, a.median_recent, coalesce(a.timed_recent, 0) AS timed_recent,
		       coalesce(r.retried, 0) AS retried, coalesce(r.recovered, 0) AS recovered,
		       coalesce(a.answers, 0) AS answers, coalesce(v.sessions, 0) AS sessions, coalesce(a.moments, 0) AS moments,
		       CASE WHEN a.moments > 1 THEN a.span_days / (a.moments - 1) END AS gap_days,
		       coalesce(a.hints, 0)::bigint AS hints, coalesce(v.timed_sessions, 0) AS timed_sessions, v.dwell_seconds,
		       ` + outlookColumns + `
		FROM who
		LEFT JOIN windows w ON w.user_id = who.user_id
		LEFT JOIN pace a ON a.user_id = who.user_id
		LEFT JOIN attendance v ON v.user_id = who.user_id
		LEFT JOIN retries r ON r.user_id = who.user_id
		LEFT JOIN LATERAL (` + when(o.UseTheta, thetaOf(`IS NULL`, `@recent14`, `@end`), noTheta) + `) recent ON true
		LEFT JOIN LATERAL (` + when(o.UseTheta, thetaOf(`IS NULL`, `@prev14`, `@recent14`), noTheta) + `) prev ON true
		LEFT JOIN activity c ON c.user_id = who.user_id
		LEFT JOIN goal g ON g.user_id = who.user_id
		` + outlookThetas + `
	)
	SELECT *, ` + column(efficiency) + `, ` + column(recovery) + `, ` + column(engagement) + `, ` + column(reach) + `, ` + column(churn) + `
	FROM input`
}

// column is a formula's SQL under the lower-case name of its key.
func column(f Formula) string { return f.sql + ` AS ` + strings.ToLower(f.Key) }

// visits are the sessions of the 56 days as the answers show them; answers
// without a session make one a day.
func visits(c crowd) string {
	return `visit AS MATERIALIZED (
		SELECT user_id, session_id, CASE WHEN session_id IS NULL THEN (answered_at AT TIME ZONE 'UTC')::date END AS day,
		       max(answered_at) AS moment, bool_or(answered_at >= @recent) AS recent,
		       sum(response_time_ms) FILTER (WHERE response_time_ms > 0 AND answered_at >= @recent) AS dwell_ms
		FROM sextant.answer
		WHERE answered_at >= @earlier AND answered_at < @end` + c.on("") + `
		GROUP BY 1, 2, 3
	)`
}

// activity counts each learner's sessions of the 56 days, of all that shows
// activity (the answers by way of visit), and tells the first and the last of
// their moments.
func activity(p platform, c crowd) string {
	return `activity AS (
		SELECT user_id, count(*) AS visits, min(moment) AS first_visit, max(moment) AS last_visit
		FROM (SELECT user_id, session_id, day, max(moment) AS moment FROM (` +
		p.moments(`SELECT user_id, session_id, day, moment FROM visit`, `@earlier`, c) + `) source GROUP BY 1, 2, 3) session
		GROUP BY user_id
	)`
}

// moments lists the moments of activity from one on, with their sessions: those
// of the answers, of graded results and of sessions that ended. Where the
// answers are read from exam_results, each has the session and the moment of its
// row there, and what the sync has noted of the rows shows the same in a tenth
// of the bytes.
func (p platform) moments(answers, since string, c crowd) string {
	var sources []string
	exams := p.from("exam_results")
	if p.mirrored {
		exams = `sextant.source_session`
	} else {
		sources = append(sources, answers)
	}
	if p.mirrored || p.reads("exam_results", "session_id", "user_id", "status", "created_at") {
		sources = append(sources, `
			SELECT e.user_id COLLATE "C" AS user_id, e.session_id COLLATE "C" AS session_id, NULL::date AS day, e.created_at AS moment FROM `+exams+` e
			WHERE e.status = 'ready' AND e.user_id <> '' AND e.created_at >= `+since+` AND e.created_at < @end`+c.on("e")+p.unforgotten("e.user_id"))
	}
	if p.reads("session", "id", "user_id", "ended_at") {
		sources = append(sources, `
			SELECT s.user_id COLLATE "C" AS user_id, s.id COLLATE "C" AS session_id, NULL::date AS day, s.ended_at AS moment FROM `+p.from("session")+` s
			WHERE s.user_id <> '' AND s.ended_at >= `+since+` AND s.ended_at < @end`+c.on("s")+p.unforgotten("s.user_id"))
	}
	return strings.Join(sources, `
			UNION ALL`)
}

// goals are the learners' goals that count, of those that a join holds to who,
// if any; a platform may have no such table. Its own index serves the crowd's
// condition, but not the comparison in bytes.
func goals(p platform, c crowd, join string) string {
	if !p.reads("interest_goal", "user_id", "topic_id", "target_level") {
		return `goal AS (SELECT NULL::text COLLATE "C" AS user_id, NULL::text COLLATE "C" AS topic_id, NULL::float8 AS target WHERE false)`
	}
	return `goal AS (
		SELECT DISTINCT ON (g.user_id COLLATE "C") g.user_id COLLATE "C" AS user_id, g.topic_id COLLATE "C" AS topic_id, g.target_level::float8 AS target
		FROM ` + p.from("interest_goal") + ` g ` + join + `
		WHERE g.target_level::float8 > '-Infinity' AND g.target_level::float8 < 'Infinity'` + c.on("g") + `
		ORDER BY g.user_id COLLATE "C", coalesce(g.priority, 0) DESC, g.topic_id COLLATE "C"
	)`
}

// usableTheta is the condition that a row h of the history counts for the
// formulas: one without a positive SE counts as none, and so does one so absurd
// that arithmetic on it would overflow.
const usableTheta = `h.bank = '' AND h.se > 0 AND h.se < 1e100 AND abs(h.theta) < 1e100`

// thetaOf finds the newest usable θ of a learner in who whose topic_id meets a
// condition, its as-of in [from, before). Sorting by the topic too lets the index
// give the newest row first where topic_id is null.
func thetaOf(topic, from, before string) string {
	return `SELECT h.theta, h.se, h.as_of, h.version FROM sextant.theta_history h
			WHERE h.user_id = who.user_id AND h.topic_id ` + topic + ` AND ` + usableTheta + `
			  AND h.as_of >= ` + from + ` AND h.as_of < ` + before + ` ORDER BY h.topic_id, h.as_of DESC, h.estimated_at DESC LIMIT 1`
}

const noTheta = `SELECT NULL::float8 AS theta, NULL::float8 AS se, NULL::timestamptz AS as_of`

// outlookColumns are what P and S come from: of who, with the activity c and the
// goal g, and of outlookThetas.
const outlookColumns = `g.topic_id AS goal_topic, j.target, CASE WHEN j.by_topic THEN g.topic_id END AS theta_topic, j.theta, j.se, j.as_of AS theta_as_of,
		       CASE WHEN j.target - j.theta > 38 * j.se THEN 38 WHEN j.target - j.theta < -38 * j.se THEN -38
		            WHEN abs(j.target - j.theta) <= 1e-17 * j.se THEN 0 ELSE (j.target - j.theta) / j.se END AS z,
		       coalesce(c.visits, 0) AS visits, c.last_visit, @day::date - (c.last_visit AT TIME ZONE 'UTC')::date AS days_since,
		       CASE WHEN c.visits > 1 THEN extract(epoch FROM c.last_visit - c.first_visit)::float8 / 86400 / (c.visits - 1) END AS visit_gap_days`

var outlookThetas = `
		LEFT JOIN LATERAL (` + thetaOf(`= g.topic_id`, `'-infinity'`, `@end`) + `) by_topic ON true
		LEFT JOIN LATERAL (` + thetaOf(`IS NULL AND by_topic.theta IS NULL`, `'-infinity'`, `@end`) + `) overall ON true
		CROSS JOIN LATERAL (
			SELECT coalesce(g.target, @target::float8) AS target, by_topic.theta IS NOT NULL AS by_topic,
			       coalesce(by_topic.theta, overall.theta) AS theta, coalesce(by_topic.se, overall.se) AS se,
			       coalesce(by_topic.as_of, overall.as_of) AS as_of) j`

// inspect looks at the platform from inside a transaction.
func (tx *Tx) inspect(ctx context.Context) (platform, error) { return inspectActivity(ctx, tx.tx) }

// inspectActivity looks at the platform, and at whether the sync reads
// exam_results and so keeps note of its rows.
func inspectActivity(ctx context.Context, q querier) (platform, error) {
	p, err := inspectPlatform(ctx, q)
	if err != nil {
		return p, err
	}
	p.mirrored, err = scalar[bool](ctx, q, `SELECT coalesce((SELECT reader = 'exam_results' FROM sextant.sync_state), false)`)
	return p, err
}
