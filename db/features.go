package db

import (
	"context"
	"strings"
)

// FeaturesOptions chooses what a day of features_topic_daily holds.
type FeaturesOptions struct {
	Day          Day
	Users        []string // empty: all learners
	IncludeTheta bool     // fill theta_estimate and theta_sd
	UseTheta     bool     // the improvement index in its θ form where there is a θ
	NoImprove    bool     // leave the improvement index out (null); for benchmarks
}

// PublishFeatures replaces the day's rows of features_topic_daily, one per
// learner and topic with an answer that day, and returns how many answers it
// read and rows it wrote. Rows of the day that Sextant published earlier and
// that have no answers any more are deleted; all others stay.
func (tx *Tx) PublishFeatures(ctx context.Context, stage string, o FeaturesOptions) (read, written int64, err error) {
	what := "publish " + o.Day.String()
	args := []any{o.Day.Start(), o.Day.End(), o.Day, text(o.Users)}
	for _, st := range []step{
		{sql: `SET LOCAL work_mem = '128MB'; DROP TABLE IF EXISTS pg_temp.feature_slice`},
		// A table of its own, as with the KPIs: what only reads may use several processes.
		{sql: `CREATE TEMP TABLE feature_slice ON COMMIT DROP AS ` + featuresQuery(o) + ` SELECT * FROM slice`, args: args},
		{sql: putFeatures(o), count: &written},
	} {
		tag, err := tx.tx.Exec(ctx, st.sql, st.args...)
		if err != nil {
			return 0, 0, classify(what, err)
		}
		if st.count != nil {
			*st.count = tag.RowsAffected()
		}
	}
	if read, err = scalar[int64](ctx, tx.tx, `SELECT coalesce(sum(attempts), 0)::bigint FROM feature_slice`); err != nil {
		return 0, 0, classify(what, err)
	}
	gone, err := tx.dropStale(ctx, stage, o)
	return read, written + gone, err
}

// putFeatures writes the slice; without include-theta, the θ of a row that
// stands stays.
func putFeatures(o FeaturesOptions) string {
	const columns = `user_id, topic_id, date, attempts, correct, avg_time_ms, rt_median, hints, theta_estimate, theta_sd, improvement, last_seen_at`
	return `
		INSERT INTO public.features_topic_daily (` + columns + `, computed_at)
		SELECT ` + columns + `, now() FROM feature_slice
		ON CONFLICT (user_id, topic_id, date) DO UPDATE SET attempts = excluded.attempts, correct = excluded.correct,
			avg_time_ms = excluded.avg_time_ms, rt_median = excluded.rt_median, hints = excluded.hints,
			improvement = excluded.improvement, last_seen_at = excluded.last_seen_at, computed_at = excluded.computed_at` +
		when(o.IncludeTheta, `, theta_estimate = excluded.theta_estimate, theta_sd = excluded.theta_sd`, ``)
}

// dropStale deletes the day's rows that carry the stamp of an earlier
// publication of ours: what is still true carries this one's.
func (tx *Tx) dropStale(ctx context.Context, stage string, o FeaturesOptions) (int64, error) {
	before, err := scalar[bool](ctx, tx.tx, `SELECT EXISTS (SELECT FROM sextant.published WHERE stage = $1 AND data_day = $2)`, stage, o.Day)
	if err != nil || !before {
		return 0, err
	}
	tag, err := tx.tx.Exec(ctx, `
		DELETE FROM public.features_topic_daily f
		WHERE f.date = $1 AND f.computed_at <> now()
		  AND f.computed_at IN (SELECT stamp FROM sextant.published WHERE stage = $2 AND data_day = $1)
		  AND (cardinality($3::text[]) = 0 OR f.user_id = ANY ($3))`, o.Day, stage, text(o.Users))
	return tag.RowsAffected(), classify("remove stale rows of "+o.Day.String(), err)
}

// featuresQuery is a WITH clause whose last part, slice, holds the day's
// features. Parameters: $1 and $2, the day's start and end; $3, the day; $4, the
// learners, none for all.
func featuresQuery(o FeaturesOptions) string {
	improve := !o.NoImprove
	users := when(len(o.Users) > 0, ` AND user_id = ANY ($4)`, ` AND cardinality($4::text[]) = 0`)
	return strings.NewReplacer(
		"{users}", users,
		"{windows}", when(improve, strings.ReplaceAll(windowCounts, "{users}", users), ``),
		"{improvement}", when(improve, when(o.UseTheta, improvementTheta, improvementAccuracy), `NULL`),
		"{join}", when(improve, `LEFT JOIN windows w USING (user_id, topic_id)`+when(o.UseTheta, windowThetas, ``), ``),
		"{theta}", when(o.IncludeTheta, fits("t.theta"), `NULL`), "{sd}", when(o.IncludeTheta, fits("t.se"), `NULL`),
		"{thetas}", when(o.IncludeTheta, newestTheta, ``),
	).Replace(`
	WITH day AS MATERIALIZED (
		SELECT user_id, topic_id, count(*)::int AS attempts, (count(*) FILTER (WHERE correct))::int AS correct,
		       round(avg(response_time_ms))::int AS avg_time_ms,
		       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY response_time_ms))::numeric)::int AS rt_median,
		       (count(*) FILTER (WHERE hints > 0))::int AS hints, max(answered_at) AS last_seen_at
		FROM sextant.answer
		WHERE answered_at >= $1 AND answered_at < $2 AND topic_id IS NOT NULL{users}
		GROUP BY user_id, topic_id
	){windows}, slice AS (
		SELECT d.user_id, d.topic_id, $3::date AS date, d.attempts, d.correct, d.avg_time_ms, d.rt_median, d.hints, d.last_seen_at,
		       ({theta})::numeric(6,3) AS theta_estimate, ({sd})::numeric(6,3) AS theta_sd,
		       ({improvement})::numeric(6,3) AS improvement
		FROM day d {join} {thetas}
	)`)
}

// fits is null where numeric(6,3) cannot hold the θ found: an absurd one must
// not stop a day.
func fits(column string) string {
	return `CASE WHEN abs(t.theta) < 999.9995 AND t.se < 999.9995 THEN ` + column + ` END`
}

func when(yes bool, then, otherwise string) string {
	if yes {
		return then
	}
	return otherwise
}

// windowCounts counts each learner's answers to a topic in the two windows of
// the improvement index: [d−13, d] and [d−27, d−14].
const windowCounts = `, windows AS (
		SELECT user_id, topic_id,
		       (sum(attempts) FILTER (WHERE day > $3::date - 14))::float8 AS n_recent,
		       (sum(correct) FILTER (WHERE day > $3::date - 14))::float8 AS k_recent,
		       (sum(attempts) FILTER (WHERE day <= $3::date - 14))::float8 AS n_prev,
		       (sum(correct) FILTER (WHERE day <= $3::date - 14))::float8 AS k_prev
		FROM sextant.answer_tally
		WHERE day > $3::date - 28 AND day <= $3::date AND topic_id <> ''{users}
		GROUP BY user_id, topic_id
	)`

// improvementAccuracy is the index's accuracy form; null if a window is empty.
const improvementAccuracy = `CASE WHEN w.n_prev > 0 AND w.n_recent > 0 THEN greatest(-1, least(1,
		(w.k_recent / w.n_recent - w.k_prev / w.n_prev) * least(1, w.n_recent / 30)
		* (1 - least(0.5, 1.96 * sqrt(w.k_recent / w.n_recent * (1 - w.k_recent / w.n_recent) / w.n_recent))))) END`

// improvementTheta is its θ form where both windows hold a θ and there are five
// recent answers, else the accuracy form.
const improvementTheta = `CASE WHEN w.n_recent >= 5 AND recent.theta IS NOT NULL AND prev.theta IS NOT NULL THEN greatest(-1, least(1,
		(recent.theta - prev.theta) * least(1, w.n_recent / 30) * (1 - least(0.5, 1.96 * recent.se))))
	ELSE ` + improvementAccuracy + ` END`

// windowThetas finds the newest usable θ of each window.
const windowThetas = `
	LEFT JOIN LATERAL (
		SELECT h.theta, h.se FROM sextant.theta_history h
		WHERE h.user_id = d.user_id AND h.topic_id = d.topic_id AND ` + usableTheta + `
		  AND h.as_of >= $1 - interval '13 days' AND h.as_of < $2 ORDER BY h.as_of DESC, h.estimated_at DESC LIMIT 1) recent ON true
	LEFT JOIN LATERAL (
		SELECT h.theta FROM sextant.theta_history h
		WHERE h.user_id = d.user_id AND h.topic_id = d.topic_id AND ` + usableTheta + `
		  AND h.as_of >= $1 - interval '27 days' AND h.as_of < $1 - interval '13 days' ORDER BY h.as_of DESC, h.estimated_at DESC LIMIT 1) prev ON true`

// newestTheta finds the newest usable θ up to the day's end: the topic's, else
// the overall one.
const newestTheta = `
	LEFT JOIN LATERAL ( -- two look-ups in the index; one with OR would read the learner's whole history
		SELECT h.theta, h.se FROM (
			(SELECT h.theta, h.se, 0 AS rank FROM sextant.theta_history h
			 WHERE h.user_id = d.user_id AND h.topic_id = d.topic_id AND ` + usableTheta + ` AND h.as_of < $2
			 ORDER BY h.as_of DESC, h.estimated_at DESC LIMIT 1)
			UNION ALL
			(SELECT h.theta, h.se, 1 FROM sextant.theta_history h
			 WHERE h.user_id = d.user_id AND h.topic_id IS NULL AND ` + usableTheta + ` AND h.as_of < $2
			 ORDER BY h.as_of DESC, h.estimated_at DESC LIMIT 1)) h
		ORDER BY rank LIMIT 1) t ON true`
