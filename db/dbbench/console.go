package dbbench

import (
	"context"
	"fmt"
)

// benchID is the id of the u-th learner as SQL: of the kinds that platforms have,
// a fifth each: UUIDs, counted names, Korean names, e-mail addresses and numbers.
const benchID = `CASE u % 5
	WHEN 0 THEN md5(u::text)::uuid::text
	WHEN 1 THEN 'user-' || lpad(u::text, 8, '0')
	WHEN 2 THEN (ARRAY['김','이','박','최','정','강','조','윤','장','임'])[u / 5 % 10 + 1] ||
		(ARRAY['서연','민준','도윤','하은','지우','시우','지유','하준','서준','예은'])[u / 50 % 10 + 1] || '-' || u
	WHEN 3 THEN (ARRAY['kim','lee','park','choi','jung'])[u / 5 % 5 + 1] || '.' || left(md5(u::text), 10) || '@school' || u % 97 || '.kr'
	ELSE (100000000 + u)::text END`

// FillConsole fills schema sextant and the published tables with what the
// console shows: learners with ten answers each, θ histories, KPIs of three
// weeks, twelve calibrations of a bank of 5,000 items, and runs. The source it
// names is an empty one.
func (s *Server) FillConsole(ctx context.Context, url string, learners, runs int) error {
	const block = 100_000
	statements := []string{
		`SET maintenance_work_mem = '512MB'`, `SET work_mem = '64MB'`, `SET synchronous_commit = off`,
		`ALTER TABLE sextant.answer DROP CONSTRAINT answer_pkey`, `DROP INDEX sextant.answer_user, sextant.answer_moment, sextant.learner_trgm`,
		`CREATE TABLE public.responses (user_id text, item_id text, is_correct boolean, responded_at timestamptz)`,
		`CREATE TABLE public.interest_goal (user_id text, topic_id text, target_level numeric(6,3), priority smallint DEFAULT 0, created_at timestamptz,
			PRIMARY KEY (user_id, topic_id))`,
		`INSERT INTO sextant.sync_state (source, reader, synced_at, full_at, reconciled_at) VALUES ('responses', 'responses', now(), now(), now())`,
	}
	statements = append(statements, fillBank...)
	for from := 0; from < learners; from += block { // in pieces, so that none runs for minutes
		statements = append(statements, fillLearners(from, min(from+block, learners)-1)...)
	}
	statements = append(statements, fillRuns(runs)...)
	return s.exec(ctx, url, append(statements,
		`ALTER TABLE sextant.answer ADD CONSTRAINT answer_pkey PRIMARY KEY (source_key, position)`,
		`CREATE INDEX answer_user ON sextant.answer (user_id, answered_at)`,
		`CREATE INDEX answer_moment ON sextant.answer (answered_at)`,
		`CREATE INDEX learner_trgm ON sextant.learner USING gin (user_id gin_trgm_ops)`,
		`INSERT INTO sextant.answer_day SELECT DISTINCT day, 1 FROM sextant.answer_tally`,
		`INSERT INTO sextant.quarantine (source, source_key, position, reason, raw)
			SELECT 'responses', 'q' || i, 1, (ARRAY['no_item','no_verdict','unreadable_time'])[i % 3 + 1], '{"question_id": "abc"}' FROM generate_series(1, 20000) i`,
		`VACUUM ANALYZE`,
		`CHECKPOINT`)...)
}

// fillBank writes the items, a calibration a week of them, and the months of the
// θ history.
var fillBank = []string{
	`SELECT sextant.theta_month(now() - n * interval '1 month') FROM generate_series(0, 3) n`,
	`INSERT INTO public.mirt_item_params (item_id, model, params, version, fitted_at)
		SELECT i::text, '2PL', jsonb_build_object('a', 0.6 + i % 140 / 100.0, 'b', i * 7919 % 500 / 100.0 - 2.5, 'c', 0, 'se_a', 0.08, 'se_b', 0.06, 'n', 2000),
		       'v1', date_trunc('day', now()) - interval '1 microsecond'
		FROM generate_series(1, 5000) i`,
	`INSERT INTO sextant.calibration (run_id, model, version, data_day, prior_mean, prior_sd, linking, metrics, fitted_at, in_force_at)
		SELECT md5('calibration' || n)::uuid, '2PL', 'v1', current_date - 1 - 7 * n, 0.01 * n, 1 + 0.005 * n,
		       jsonb_build_object('method', 'stocking-lord', 'reference', 'anchors', 'a', 1 + 0.002 * n, 'b', 0.01 * n, 'items', 40),
		       '{"n_persons": 400000, "n_answers": 4000000}', now() - n * interval '7 days', now() - n * interval '7 days'
		FROM generate_series(0, 11) n`,
	`INSERT INTO sextant.item_history (run_id, item_id, a, b, c, se_a, se_b, n, p_correct, infit, outfit)
		SELECT md5('calibration' || n)::uuid, i::text, 0.6 + i % 140 / 100.0 + 0.01 * n, i * 7919 % 500 / 100.0 - 2.5 + hashint4(i + n) % 100 / 2000.0, 0,
		       0.08, 0.06, 2000, 0.6, 1.0, 1.0
		FROM generate_series(0, 11) n, generate_series(1, 5000) i`,
	`INSERT INTO public.mirt_fit_meta (run_id, model_spec, metrics, fitted_at)
		SELECT run_id::text, jsonb_build_object('linking_constants', linking, 'lookback_days', 30), metrics, fitted_at FROM sextant.calibration`,
}

// fillLearners writes learners from the one number to the other: each has two
// sessions of five answers in the last sixty days.
func fillLearners(from, to int) []string {
	crowd := fmt.Sprintf(`(SELECT u, (%s) COLLATE "C" AS id, abs(hashint4(u)) AS h, date_trunc('day', now()) - abs(hashint4(u)) %% 86400 * interval '1 minute' AS last
		FROM generate_series(%d, %d) u) l`, benchID, from, to)
	return []string{
		`INSERT INTO sextant.learner (user_id, first_at, last_at, answers, sessions)
			SELECT id, last - interval '9 days', last, 10, 2 FROM ` + crowd,
		`INSERT INTO sextant.answer
			SELECT id, ((h::bigint + s * 31 + q * 13) % 5000 + 1)::text, 't' || (h + s) % 20, 's' || u || '-' || s, hashint4(u + q + s) & 1 = 1,
			       1000 + (h + q) % 30000, (h + q) % 10 / 9, last - s * interval '9 days' + (q - 5) * interval '1 minute', 's' || u || '-' || s, q
			FROM ` + crowd + `, generate_series(0, 1) s, generate_series(1, 5) q`,
		`INSERT INTO sextant.answer_tally
			SELECT id, 't' || (h + s) % 20, (last - s * interval '9 days' - interval '4 minutes')::date, 5, 3 FROM ` + crowd + `, generate_series(0, 1) s`,
		`INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, n_answers, newest_answer_at, model, version, source, run_id, as_of, estimated_at)
			SELECT id, CASE WHEN t > 0 THEN 't' || (h + t - 1) % 20 END, h % 6000 / 1000.0 - 3 + 0.1 * s, 0.3 + h % 500 / 1000.0, 10 - 5 * s, last, '2PL', 'v1',
			       'calibration', md5('calibration' || s)::uuid, date_trunc('day', now()) - s * interval '7 days' - interval '1 microsecond', now() - s * interval '7 days'
			FROM ` + crowd + `, generate_series(0, 1) s, generate_series(0, 2) t`,
		`INSERT INTO public.mirt_ability (user_id, theta, se, model, version, fitted_at)
			SELECT id, h % 6000 / 1000.0 - 3, 0.3 + h % 500 / 1000.0, '2PL', 'v1', date_trunc('day', now()) - interval '1 microsecond' FROM ` + crowd,
		`INSERT INTO public.student_topic_theta (user_id, topic_id, theta, se, model, version, fitted_at)
			SELECT id, 't' || (h + t) % 20, h % 5000 / 1000.0 - 2.5, 0.5, '2PL', 'v1', date_trunc('day', now()) - interval '1 microsecond'
			FROM ` + crowd + `, generate_series(0, 1) t`,
		`INSERT INTO public.weekly_kpi (user_id, week_start, kpis)
			SELECT id, date_trunc('week', now())::date - 7 * w, jsonb_build_object('I_t', h % 100 / 500.0, 'E_t', h % 90 / 100.0, 'R_t', 0.5, 'A_t', h % 80 / 100.0,
			       'P', h % 1000 / 1000.0, 'S', (h + w * 31) % 1000 / 1000.0)
			FROM ` + crowd + `, generate_series(0, 2) w`,
		`INSERT INTO public.interest_goal (user_id, topic_id, target_level, priority, created_at)
			SELECT id, 't' || h % 20, 0.5, 1, now() FROM ` + crowd + ` WHERE u % 4 = 0`,
	}
}

// fillRuns writes runs of all stages, triggers and outcomes, a run every ten
// minutes, with five lines of log each.
func fillRuns(runs int) []string {
	return []string{
		fmt.Sprintf(`INSERT INTO sextant.run (id, stage, params, window_from, window_to, trigger, actor, reason, host, pid, version, status, lock_key,
				created_at, started_at, finished_at, heartbeat_at, units_done, units_total, rows_read, rows_written, error)
			SELECT overlay(md5(n::text) PLACING lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') FROM 1 FOR 12)::uuid, stage, '{}', at::date - 1, at::date - 1,
			       CASE WHEN n %% 10 < 7 THEN 'cron' WHEN n %% 10 = 7 THEN 'console' WHEN n %% 10 = 8 THEN 'event' ELSE 'cli' END,
			       CASE WHEN n %% 1000 = 7 THEN 'kim' WHEN n %% 10 < 7 THEN 'sextant' ELSE 'ops' || n %% 7 END, '', 'host' || n %% 5, 1000 + n, '0.1.0',
			       status, n, at, at, at + n %% 90 * interval '1 second', at + n %% 90 * interval '1 second', 1, 1, 1000, 100,
			       CASE status WHEN 'failed' THEN 'the database went away' END
			FROM (SELECT n, now() - n * interval '10 minutes' AS at,
			       (ARRAY['aggregate-features-daily','compute-daily-kpis','mirt-calibrate','generate-weekly-report','detect-inactivity','update-theta'])[n %% 6 + 1] AS stage,
			       CASE WHEN n %% 97 = 0 THEN 'failed' WHEN n %% 89 = 0 THEN 'partial' WHEN n %% 211 = 0 THEN 'cancelled' WHEN n %% 977 = 0 THEN 'lost' ELSE 'succeeded' END AS status
			      FROM generate_series(1, %d) n) r`, runs),
		`INSERT INTO sextant.run_event (run_id, at, level, message, attrs)
			SELECT id, created_at, (ARRAY['info','info','info','warn','info'])[l], (ARRAY['run started','answers taken in','slice done','answers set aside','run ended'])[l],
			       '{"sessions": 212, "answers": 3180}' FROM sextant.run, generate_series(1, 5) l`,
		`INSERT INTO sextant.published (stage, data_day, complete, run_id, revision, calibration, stamp, at)
			SELECT stage, current_date - d, true, md5(stage || d)::uuid, 1, md5('calibration0')::uuid, now() - d * interval '1 day', now() - d * interval '1 day'
			FROM (SELECT DISTINCT stage FROM sextant.run WHERE stage <> 'update-theta') s, generate_series(1, 365) d`,
	}
}
