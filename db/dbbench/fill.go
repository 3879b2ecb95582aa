package dbbench

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// LastDay is the last day of every benchmark's data, long past.
const LastDay = "2025-03-31"

// FillDays writes 28 full days of answers straight into schema sextant (as JSON
// they would take far longer to make than the benchmark takes): a day holds ten
// answers of each of perDay/10 learners, every other one of twice as many, five
// to each of two topics. The source it names is an empty one.
func (s *Server) FillDays(ctx context.Context, url string, perDay int) error {
	learners := perDay / 10
	statements := []string{
		`SET maintenance_work_mem = '1GB'`,
		`ALTER TABLE sextant.answer DROP CONSTRAINT answer_pkey`, `DROP INDEX sextant.answer_user, sextant.answer_moment`,
	}
	for day := range 28 { // a statement a day, so that none runs for minutes
		statements = append(statements, fmt.Sprintf(`
			INSERT INTO sextant.answer
			SELECT 'learner-' || u, ((u * 7 + q * 13) %% 400 + 1)::text, 't' || ((u + q / 5) %% 20), 's%[1]d-' || u,
			       hashint4(u * 31 + q + %[1]d) & 1 = 1, 1000 + abs(hashint4(u * 17 + q + %[1]d) %% 30000), abs(hashint4(u + q + %[1]d) %% 10) / 9,
			       '%[3]sZ'::timestamptz + (%[1]d - 27) * interval '1 day' + (u %% 86000) * interval '1 second', 's%[1]d-' || u, q
			FROM generate_series(%[1]d %% 2, 2 * %[2]d - 1, 2) u, generate_series(0, 9) q`, day, learners, LastDay))
	}
	return s.exec(ctx, url, append(statements,
		`ALTER TABLE sextant.answer ADD CONSTRAINT answer_pkey PRIMARY KEY (source_key, position)`,
		`CREATE INDEX answer_user ON sextant.answer (user_id, answered_at)`,
		`CREATE INDEX answer_moment ON sextant.answer (answered_at)`,
		`INSERT INTO sextant.answer_tally
			SELECT user_id, topic_id, (answered_at AT TIME ZONE 'UTC')::date AS day, count(*), count(*) FILTER (WHERE correct)
			FROM sextant.answer GROUP BY 1, 2, 3 ORDER BY day`,
		`INSERT INTO sextant.answer_day SELECT DISTINCT day, 1 FROM sextant.answer_tally`,
		`CREATE TABLE public.responses (user_id text, item_id text, is_correct boolean, responded_at timestamptz)`,
		`INSERT INTO sextant.sync_state (source, reader, synced_at, full_at, reconciled_at) VALUES ('responses', 'responses', now(), now(), now())`,
		`VACUUM ANALYZE sextant.answer, sextant.answer_tally, public.responses`,
		`CHECKPOINT`)...)
}

// BareDay is what a day of features is measured beside: the one GROUP BY that
// anybody would write, into a table with the same columns and key.
func (s *Server) BareDay(ctx context.Context, url string) error {
	return s.exec(ctx, url, fmt.Sprintf(`
		INSERT INTO public.bare (user_id, topic_id, date, attempts, correct, avg_time_ms, rt_median, hints, last_seen_at)
		SELECT user_id, topic_id, '%[1]s', count(*), count(*) FILTER (WHERE correct), avg(response_time_ms),
		       percentile_cont(0.5) WITHIN GROUP (ORDER BY response_time_ms), sum(hints), max(answered_at)
		FROM sextant.answer
		WHERE answered_at >= '%[1]sZ' AND answered_at < '%[1]sZ'::timestamptz + interval '1 day' AND topic_id IS NOT NULL
		GROUP BY user_id, topic_id`, LastDay))
}

// LayByTime puts the rows of exam_results in the order of time, in which those of
// a platform lie that has grown; the simulation wrote them learner by learner.
func (s *Server) LayByTime(ctx context.Context, url string) error {
	return s.exec(ctx, url, `CREATE INDEX lay_by_time ON public.exam_results (created_at)`, `CLUSTER public.exam_results USING lay_by_time`,
		`DROP INDEX public.lay_by_time`, `VACUUM ANALYZE public.exam_results`)
}

// FillThetas gives every learner a θ as of two and of four weeks before the last
// day, overall and in two topics, and every one of them a goal.
func (s *Server) FillThetas(ctx context.Context, url string) error {
	return s.exec(ctx, url,
		`SELECT sextant.theta_month(m) FROM generate_series('2025-03-01Z'::timestamptz, '2025-04-01Z', interval '14 days') m`,
		fmt.Sprintf(`
		INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, model, version, source, as_of)
		SELECT user_id, topic_id, hashtext(user_id || weeks) %% 1000 / 500.0, 0.3, '2PL', 'v1', 'calibration',
		       '%sZ'::timestamptz - weeks * interval '7 days'
		FROM (SELECT DISTINCT user_id FROM sextant.answer_tally) u,
		     LATERAL (SELECT NULL AS topic_id UNION ALL (SELECT DISTINCT t.topic_id FROM sextant.answer_tally t WHERE t.user_id = u.user_id AND topic_id <> '' LIMIT 2)) t,
		     generate_series(2, 4, 2) weeks`, LastDay),
		`VACUUM ANALYZE sextant.theta_history, public.interest_goal`)
}

// Forget empties what the stages publish, and with answers what they read too,
// as before a first run.
func (s *Server) Forget(ctx context.Context, url string, answers bool) error {
	tables := `public.features_topic_daily, public.weekly_kpi, sextant.kpi_row, sextant.published`
	if answers {
		tables += `, sextant.answer, sextant.answer_tally, sextant.sync_state, sextant.source_session, sextant.answer_day,
			sextant.learner, sextant.quarantine, sextant.theta_history, sextant.calibration, sextant.item_history,
			public.mirt_item_params, public.mirt_ability, public.mirt_fit_meta, public.student_topic_theta`
	}
	return s.exec(ctx, url, `TRUNCATE `+tables, `DROP TABLE IF EXISTS public.bare`,
		`CREATE TABLE public.bare (LIKE public.features_topic_daily INCLUDING ALL)`, `CHECKPOINT`)
}

// Answers counts the answers that a sync has taken.
func (s *Server) Answers(ctx context.Context, url string) (int, error) {
	return s.count(ctx, url, `SELECT count(*) FROM sextant.answer`)
}

// Quiet counts the learners whom detect-inactivity has written.
func (s *Server) Quiet(ctx context.Context, url string) (int, error) {
	return s.count(ctx, url, `SELECT count(*) FROM sextant.kpi_row WHERE quiet_day IS NOT NULL`)
}

func (s *Server) count(ctx context.Context, url, sql string) (n int, err error) {
	err = s.on(ctx, url, func(conn *pgx.Conn) error { return conn.QueryRow(ctx, sql).Scan(&n) })
	return n, err
}

// AgeThetas doubles the θ history: every row as of two weeks before, too.
func (s *Server) AgeThetas(ctx context.Context, url string) error {
	return s.exec(ctx, url,
		`SELECT sextant.theta_month(as_of - interval '14 days') FROM (SELECT DISTINCT as_of FROM sextant.theta_history) h`,
		`INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, n_answers, model, version, source, as_of)
			SELECT user_id, topic_id, theta, se, n_answers, model, version, source, as_of - interval '14 days' FROM sextant.theta_history`,
		`VACUUM ANALYZE sextant.theta_history`)
}
