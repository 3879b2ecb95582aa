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
	// A table of its own lets the planner use parallel workers, which it never
	// does below INSERT.
	tag, err := tx.tx.Exec(ctx, `CREATE TEMP TABLE feature_slice ON COMMIT DROP AS `+featuresQuery(o),
		featureArgs(o)...)
	if err != nil {
		return 0, 0, classify("aggregate "+o.Day.String(), err)
	}
	keep := ``
	if o.IncludeTheta {
		keep = `, theta_estimate = excluded.theta_estimate, theta_sd = excluded.theta_sd`
	}
	_, err = tx.tx.Exec(ctx, `
		INSERT INTO public.features_topic_daily (user_id, topic_id, date, attempts, correct, avg_time_ms, rt_median, hints,
			theta_estimate, theta_sd, improvement, last_seen_at, computed_at)
		SELECT user_id, topic_id, $1, attempts, correct, avg_time_ms, rt_median, hints,
			theta_estimate, theta_sd, improvement, last_seen_at, now()
		FROM feature_slice
		ON CONFLICT (user_id, topic_id, date) DO UPDATE SET attempts = excluded.attempts, correct = excluded.correct,
			avg_time_ms = excluded.avg_time_ms, rt_median = excluded.rt_median, hints = excluded.hints,
			improvement = excluded.improvement, last_seen_at = excluded.last_seen_at, computed_at = excluded.computed_at`+keep, o.Day)
	if err != nil {
		return 0, 0, classify("publish "+o.Day.String(), err)
	}
	// Ours are the rows that carry the stamp of an earlier publication of the day.
	gone, err := tx.tx.Exec(ctx, `
		DELETE FROM public.features_topic_daily f
		WHERE f.date = $1 AND f.computed_at <> now()
		  AND f.computed_at IN (SELECT stamp FROM sextant.published WHERE stage = $2 AND data_day = $1)
		  AND (cardinality($3::text[]) = 0 OR f.user_id = ANY ($3))`, o.Day, stage, text(o.Users))
	if err != nil {
		return 0, 0, classify("remove stale rows of "+o.Day.String(), err)
	}
	read, err = scalar[int64](ctx, tx.tx, `SELECT coalesce(sum(attempts), 0)::bigint FROM feature_slice`)
	return read, tag.RowsAffected() + gone.RowsAffected(), err
}

func featureArgs(o FeaturesOptions) []any {
	args := []any{o.Day.Start(), o.Day.End()}
	if !o.NoImprove || o.UseTheta {
		args = append(args, o.Day.Add(-13).Start(), o.Day.Add(-27).Start())
	}
	if len(o.Users) > 0 {
		args = append(args, o.Users)
	}
	return args
}

// featuresQuery selects the day's features. Parameters: $1, $2 the day; $3 the
// start of the recent window, $4 of the one before.
func featuresQuery(o FeaturesOptions) string {
	users, own := ``, `$3`
	if !o.NoImprove || o.UseTheta {
		own = `$5`
	}
	if len(o.Users) > 0 {
		users = ` AND user_id = ANY (` + own + `)`
	}
	return strings.NewReplacer(
		"{users}", users,
		"{windows}", when(!o.NoImprove, strings.ReplaceAll(windowCounts, "{users}", users), ``),
		"{improvement}", when(!o.NoImprove, when(o.UseTheta, improvementTheta, improvementAccuracy), `NULL`),
		"{join}", when(!o.NoImprove, `JOIN windows w USING (user_id, topic_id)`, ``)+when(o.UseTheta && !o.NoImprove, windowThetas, ``),
		"{theta}", when(o.IncludeTheta, `t.theta`, `NULL`), "{sd}", when(o.IncludeTheta, `t.se`, `NULL`),
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
	){windows}
	SELECT d.user_id, d.topic_id, d.attempts, d.correct, d.avg_time_ms, d.rt_median, d.hints, d.last_seen_at,
	       ({theta})::numeric(6,3) AS theta_estimate, ({sd})::numeric(6,3) AS theta_sd,
	       ({improvement})::numeric(6,3) AS improvement
	FROM day d {join} {thetas}`)
}

func when(yes bool, then, otherwise string) string {
	if yes {
		return then
	}
	return otherwise
}

// windowCounts counts each learner's answers to a topic in the two windows of
// the improvement index.
const windowCounts = `, windows AS (
		SELECT user_id, topic_id,
		       (count(*) FILTER (WHERE answered_at >= $3))::float8 AS n_recent,
		       (count(*) FILTER (WHERE answered_at >= $3 AND correct))::float8 AS k_recent,
		       (count(*) FILTER (WHERE answered_at < $3))::float8 AS n_prev,
		       (count(*) FILTER (WHERE answered_at < $3 AND correct))::float8 AS k_prev
		FROM sextant.answer
		WHERE answered_at >= $4 AND answered_at < $2 AND topic_id IS NOT NULL{users}
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

// windowThetas finds the newest θ of each window; one without a positive SE
// counts as none.
const windowThetas = `
	LEFT JOIN LATERAL (
		SELECT h.theta, h.se FROM sextant.theta_history h
		WHERE h.user_id = d.user_id AND h.topic_id = d.topic_id AND h.bank = '' AND h.se > 0
		  AND h.as_of >= $3 AND h.as_of < $2 ORDER BY h.as_of DESC, h.estimated_at DESC LIMIT 1) recent ON true
	LEFT JOIN LATERAL (
		SELECT h.theta FROM sextant.theta_history h
		WHERE h.user_id = d.user_id AND h.topic_id = d.topic_id AND h.bank = '' AND h.se > 0
		  AND h.as_of >= $4 AND h.as_of < $3 ORDER BY h.as_of DESC, h.estimated_at DESC LIMIT 1) prev ON true`

// newestTheta finds the newest θ up to the day's end: the topic's, else the
// overall one.
const newestTheta = `
	LEFT JOIN LATERAL (
		SELECT h.theta, h.se FROM sextant.theta_history h
		WHERE h.user_id = d.user_id AND (h.topic_id = d.topic_id OR h.topic_id IS NULL) AND h.bank = '' AND h.se > 0
		  AND h.as_of < $2
		ORDER BY h.topic_id IS NULL, h.as_of DESC, h.estimated_at DESC LIMIT 1) t ON true`
