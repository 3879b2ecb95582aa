package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"sextant/db"
)

// BenchmarkKPIs publishes all six KPIs of active learners with 100 answers each
// in the 56 days, ten a session, and then the inactivity of as many, all of whom
// have been quiet for more than a week; sessions, results, goals and θs as on a
// platform.
func BenchmarkKPIs(b *testing.B) {
	for _, learners := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(learners), func(b *testing.B) { benchmarkKPIs(b, learners) })
	}
}

func benchmarkKPIs(b *testing.B, learners int) {
	d, sql := benchmark(b)
	mustExec(b, sql, `ALTER TABLE sextant.answer DROP CONSTRAINT answer_pkey; DROP INDEX sextant.answer_user, sextant.answer_moment`)
	mustExec(b, sql, fmt.Sprintf(`
		INSERT INTO sextant.answer
		SELECT 'learner-' || u, ((u * 7 + q * 13 + k %% 5 * 3) %% 400 + 1)::text, 't' || ((u + q / 5) %% 20), 's-' || u || '-' || k,
		       hashint4(u * 31 + q + k) & 1 = 1, 1000 + abs(hashint4(u * 17 + q + k) %% 30000), abs(hashint4(u + q + k) %% 10) / 9,
		       '2026-02-04Z'::timestamptz + (k * 5 + u %% 5) * interval '1 day' + (u %% 86000) * interval '1 second', 's-' || u || '-' || k, q
		FROM generate_series(0, 9) k, generate_series(0, %d) u, generate_series(0, 9) q
		ORDER BY k, u %% 5, u`, learners-1))
	for _, statement := range []string{
		`ALTER TABLE sextant.answer ADD CONSTRAINT answer_pkey PRIMARY KEY (source_key, position)`,
		`CREATE INDEX answer_user ON sextant.answer (user_id, answered_at)`,
		`CREATE INDEX answer_moment ON sextant.answer (answered_at)`,
		`INSERT INTO sextant.answer_tally SELECT user_id, topic_id, (answered_at AT TIME ZONE 'UTC')::date, count(*), count(*) FILTER (WHERE correct)
			FROM sextant.answer GROUP BY 1, 2, 3 ORDER BY 3`,
		`INSERT INTO sextant.learner SELECT user_id, min(answered_at), max(answered_at), count(*), 10 FROM sextant.answer GROUP BY 1`,
		`CREATE TABLE public.exam_results AS SELECT session_id, min(user_id) AS user_id, 'ready'::text AS status, max(answered_at) AS created_at
			FROM sextant.answer GROUP BY 1`,
		`CREATE TABLE public.session AS SELECT session_id AS id, user_id, created_at AS ended_at FROM public.exam_results`,
		`CREATE TABLE public.interest_goal AS SELECT user_id, 't1'::text AS topic_id, 0.5::numeric(6,3) AS target_level, 1::smallint AS priority FROM sextant.learner`,
		`SELECT sextant.theta_month('2026-03-01Z'), sextant.theta_month('2026-02-01Z')`,
		`INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, model, version, source, as_of)
			SELECT user_id, topic_id, 0.1, 0.3, '2PL', 'v1', 'calibration', as_of FROM sextant.learner,
				unnest('{NULL,t1,t2}'::text[]) topic_id, generate_series('2026-02-10Z', '2026-03-30Z', interval '8 days') as_of`,
		`VACUUM ANALYZE sextant.answer, sextant.answer_tally, sextant.learner, sextant.theta_history, public.exam_results, public.session, public.interest_goal`,
	} {
		mustExec(b, sql, statement)
	}
	var kpis, quiet time.Duration
	for b.Loop() {
		mustExec(b, sql, `TRUNCATE public.weekly_kpi, sextant.kpi_row`)
		o := db.KPIOptions{Day: lastDay, Lookback: 30, Horizon: 14, UseTheta: true}
		began := time.Now()
		if err := d.InTx(b.Context(), func(tx *db.Tx) error {
			read, written, err := tx.PublishKPIs(b.Context(), o)
			if err == nil && (read != int64(100*learners) || written != int64(learners)) {
				err = fmt.Errorf("%d answers read, %d rows written", read, written)
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
		kpis = time.Since(began)
		o.Day = lastDay.Add(7) // another week, in which all have been quiet
		began = time.Now()
		if err := d.InTx(b.Context(), func(tx *db.Tx) error {
			looked, _, err := tx.PublishInactivity(b.Context(), o, 7)
			if err == nil && looked != int64(learners) {
				err = fmt.Errorf("%d learners looked at", looked)
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
		quiet = time.Since(began)
	}
	b.ReportMetric(kpis.Seconds(), "kpis-s")
	b.ReportMetric(quiet.Seconds(), "inactivity-s")
}
