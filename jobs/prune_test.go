package jobs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
	"sextant/jobs/demo"
)

// aged gives every history two years of rows: a θ a week of each learner, in
// every fourth estimate without an SE; a quarter of the learners have had none
// for 500 days.
func (b *bench) aged() {
	b.Helper()
	b.exec(`SELECT sextant.theta_month(m) FROM generate_series('2024-03-01Z'::timestamptz, '2026-03-01Z', interval '1 month') m`)
	b.exec(`INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, model, version, source, as_of, estimated_at)
		SELECT user_id, nullif(topic, ''), sin(extract(epoch FROM at) + length(user_id)), CASE WHEN week % 4 = length(user_id) % 4 THEN NULL ELSE 0.3 END,
		       '2PL', 'v1', 'calibration', at, at
		FROM (SELECT user_id, row_number() OVER (ORDER BY user_id) AS nth FROM sextant.learner) l, unnest(ARRAY['', 'algebra.linear', 'gone']) topic,
		     generate_series(0, 104) week, LATERAL (SELECT '2024-04-01 23:59:59Z'::timestamptz + week * interval '7 days' AS at) m
		WHERE nth % 4 <> 0 OR at < '2026-03-31'::date - 500`)
	b.exec(`INSERT INTO sextant.run (id, stage, trigger, actor, status, lock_key, created_at, started_at, finished_at)
		SELECT gen_random_uuid(), stage, 'cron', 'cron', CASE WHEN d % 3 = 0 THEN 'failed' ELSE 'succeeded' END, 1, at, at, at
		FROM generate_series(0, 729) d, unnest(ARRAY['a', 'b']) stage, LATERAL (SELECT '2024-04-01 03:00Z'::timestamptz + d * interval '1 day' AS at) m
		WHERE stage = 'a' OR d < 100`)
	b.exec(`INSERT INTO sextant.run_event (run_id, level, message) SELECT id, 'info', 'line ' || n FROM sextant.run, generate_series(1, 3) n WHERE stage IN ('a', 'b')`)
	b.exec(`INSERT INTO sextant.run_failure (run_id, kind, subject, error) SELECT id, 'learner', 'x', 'y' FROM sextant.run WHERE stage = 'a' AND status = 'failed'`)
	b.exec(`INSERT INTO sextant.calibration (run_id, bank, model, version, data_day, prior_mean, prior_sd, fitted_at, in_force_at)
		SELECT gen_random_uuid(), '', '2PL', CASE WHEN w < 10 THEN 'v0' ELSE 'v1' END, at::date, 0, 1, at, at
		FROM generate_series(0, 80) w, LATERAL (SELECT '2024-04-01 03:00Z'::timestamptz + w * interval '7 days' AS at) m`)
	b.exec(`INSERT INTO sextant.item_history (run_id, item_id, n) SELECT run_id, i::text, 1 FROM sextant.calibration, generate_series(1, 4) i`)
	b.exec(`INSERT INTO sextant.published (stage, data_day, complete, run_id, stamp, at)
		SELECT 'compute-daily-kpis', '2024-06-01'::date + d, n < 3, gen_random_uuid(), at, at
		FROM generate_series(0, 99) d, generate_series(1, 3) n, LATERAL (SELECT '2024-06-02Z'::timestamptz + d * interval '1 day' AS at) m`)
}

func TestPruneBoundsTheHistoriesAndLosesNothingThatCounts(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, demo.Options{Learners: 40, Items: 40, Days: 40, Seed: 9})
	b.env["METRICS_USE_IRT_THETA"], b.env["AGG_INCLUDE_THETA"] = "true", "true"
	b.run(jobs.Request{Stage: "sync-answers"})
	b.aged()
	derive := func() string {
		t.Helper()
		b.exec(`TRUNCATE public.features_topic_daily, public.weekly_kpi, sextant.kpi_row`)
		b.run(jobs.Request{Stage: features, From: day("2026-03-25"), To: day("2026-03-31"), Force: true})
		for _, d := range []string{"2026-03-22", "2026-03-31"} {
			b.run(jobs.Request{Stage: "compute-daily-kpis", Date: day(d), Force: true})
			b.run(jobs.Request{Stage: "detect-inactivity", Date: day(d), Force: true})
		}
		return one[string](b, `SELECT string_agg((to_jsonb(f) - 'computed_at')::text, E'\n' ORDER BY user_id, topic_id, date) FROM public.features_topic_daily f`) +
			one[string](b, `SELECT string_agg(concat_ws(' ', user_id, week_start, kpis), E'\n' ORDER BY user_id, week_start) FROM public.weekly_kpi`)
	}
	before := derive()
	// What a sync or a run of the KPIs would touch.
	b.exec(`INSERT INTO sextant.kpi_row SELECT 'u', '2024-04-01'::date + 7 * w, '2024-04-01'::date + 7 * w FROM generate_series(0, 100) w`)
	b.exec(`INSERT INTO sextant.quarantine (source, source_key, position, reason, first_seen, last_seen, resolved_at)
		SELECT 'exam_results', 'k' || d, 1, 'bad_item', at, at, CASE WHEN d % 20 = 0 THEN '2026-03-01Z'::timestamptz END
		FROM generate_series(0, 700, 10) d, LATERAL (SELECT '2024-04-01 03:00Z'::timestamptz + d * interval '1 day' AS at) m`)
	const newest = `SELECT string_agg(concat_ws(' ', user_id, topic_id, theta, se, as_of), E'\n' ORDER BY user_id, topic_id) FROM (
		SELECT DISTINCT ON (user_id, topic_id) * FROM sextant.theta_history WHERE se > 0 ORDER BY user_id, topic_id, as_of DESC) h`
	thetas := one[string](b, newest)

	q := jobs.Request{Stage: "prune", Options: map[string]string{"older-than": "400"}}
	state := b.everything()
	p, err := b.runner.PreviewPrune(b.ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	if b.everything() != state {
		t.Error("the preview wrote something")
	}
	tables := []string{"run", "run_event", "run_failure", "published", "theta_history", "calibration", "item_history", "quarantine", "kpi_row"}
	had := map[string]int64{}
	for _, table := range tables {
		had["sextant."+table] = one[int64](b, `SELECT count(*) FROM sextant.`+table)
	}
	run := b.run(q)
	b.exec(`DELETE FROM sextant.run WHERE id = $1`, run.ID) // and its log
	for _, c := range p.Removed {
		if gone := had[c.Table] - one[int64](b, `SELECT count(*) FROM `+c.Table); gone != c.Rows || gone == 0 {
			t.Errorf("%s: %d rows gone, the preview said %d", c.Table, gone, c.Rows)
		}
	}
	if len(p.Removed) != len(tables) || run.RowsWritten != p.Rows() {
		t.Errorf("the run says %d rows, the preview %+v", run.RowsWritten, p)
	}
	if again, err := b.runner.PreviewPrune(b.ctx, q); err != nil || again.Rows() != 0 {
		t.Errorf("left to prune: %+v, %v", again, err)
	}
	if after := derive(); after != before {
		t.Error("features or KPIs of the last days differ from before")
	}
	if after := one[string](b, newest); after != thetas {
		t.Errorf("the newest θs were\n%s\nand are\n%s", thetas, after)
	}
	for what, want := range map[string]string{
		`SELECT concat_ws(' ', count(*), min(status), max(status)) FROM sextant.run WHERE stage = 'b'`:                                    "2 failed succeeded", // the newest failed
		`SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE version = 'v0')) FROM sextant.calibration WHERE fitted_at < '2025-02-25'`: "2 1",
		`SELECT count(*)::text FROM sextant.published WHERE data_day < '2025-01-01'`:                                                      "200",
		`SELECT count(*)::text FROM sextant.theta_history WHERE as_of < '2025-02-25' AND estimated_at < as_of + interval '1 hour'`: fmt.Sprint(
			one[int](b, `SELECT count(*) FROM (SELECT DISTINCT user_id, topic_id FROM sextant.theta_history) k`) +
				one[int](b, `SELECT count(*) FROM (SELECT DISTINCT ON (user_id, topic_id) se FROM sextant.theta_history WHERE as_of < '2025-02-25'
					ORDER BY user_id, topic_id, as_of DESC) k WHERE se IS NULL`)),
	} {
		if got := one[string](b, what); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	if months := one[string](b, `SELECT min(relname) FROM pg_class WHERE relname ~ '^theta_history_2'`); months < "theta_history_202408" {
		t.Errorf("the first month is %s: the empty ones were not dropped", months)
	}
}

func TestPruneRefusesTooShortOrTooLongATime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	asks := func(stage, days string) jobs.Request {
		return jobs.Request{Stage: stage, Trigger: db.TriggerCLI, Options: map[string]string{"older-than": days}}
	}
	refused := func(stage, days string, err error) {
		t.Helper()
		var usage *jobs.UsageError
		if !errors.As(err, &usage) {
			t.Errorf("%s %s days: %v", stage, days, err)
		}
	}
	// 999,999,999 days before now lie after now once PostgreSQL has them.
	for _, days := range []string{"89", "1", "-5", "36501", "3000000", "999999999"} {
		_, err := b.runner.PreviewPrune(b.ctx, asks("prune", days))
		refused("preview of prune", days, err)
		_, err = b.runner.Run(b.ctx, asks("prune", days))
		refused("prune", days, err)
	}
	for _, days := range []string{"0", "36501", "999999999"} {
		_, err := b.runner.PreviewPruneReports(b.ctx, asks("prune-reports", days))
		refused("preview of prune-reports", days, err)
		_, err = b.runner.Run(b.ctx, asks("prune-reports", days))
		refused("prune-reports", days, err)
	}
	b.run(asks("prune", "90"))
	b.run(asks("prune", "36500"))
	b.runner.ReadOnly = true
	if _, err := b.runner.Run(b.ctx, jobs.Request{Stage: "prune"}); !errors.Is(err, jobs.ErrReadOnly) {
		t.Errorf("read-only: %v", err)
	}
}

func TestForgettingGoesThroughTheLedgerWithoutTheID(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	b.run(jobs.Request{Stage: features})
	user := b.busiest()
	b.run(jobs.Request{Stage: "update-theta", Users: []string{user}, Reason: "for " + user})
	q := jobs.Request{Stage: "forget-learner", Users: []string{user}, Reason: user + " asked for it"}
	state := b.everything()
	p, err := b.runner.PreviewForget(b.ctx, q)
	if err != nil || b.everything() != state {
		t.Fatalf("preview: %v", err)
	}
	run := b.run(q)
	if run.RowsWritten != p.Rows() || p.Rows() == 0 || len(p.Platform) == 0 {
		t.Errorf("%d rows, the preview said %+v", run.RowsWritten, p)
	}
	for _, table := range []string{"sextant.run", "sextant.run_event", "sextant.run_failure", "sextant.learner", "sextant.answer",
		"sextant.theta_history", "public.mirt_ability", "public.student_topic_theta", "public.features_topic_daily"} {
		if n := one[int](b, `SELECT count(*) FROM `+table+` t WHERE strpos(to_jsonb(t)::text, $1) > 0`, user); n != 0 {
			t.Errorf("%s: %d rows name the learner", table, n)
		}
	}
	if run.Reason != db.Pseudonym(user)+" asked for it" || !strings.Contains(string(run.Params), db.Pseudonym(user)) {
		t.Errorf("the ledger says %q, %s", run.Reason, run.Params)
	}
	b.run(jobs.Request{Stage: "mirt-calibrate", Force: true})
	var unknown *jobs.UnknownLearnerError
	if _, err := b.service().Learner(b.ctx, user); !errors.As(err, &unknown) {
		t.Errorf("after a calibration: %v", err)
	}
	q.Options = map[string]string{"lift": "true"}
	b.run(q)
	b.run(jobs.Request{Stage: "sync-answers"})
	if _, err := b.service().Learner(b.ctx, user); err != nil {
		t.Errorf("after lifting: %v", err)
	}
	if _, err := b.runner.PreviewForget(b.ctx, jobs.Request{Stage: "forget-learner", Users: []string{"nobody"}}); !errors.As(err, &unknown) {
		t.Errorf("nobody: %v", err)
	}
	b.runner.ReadOnly = true
	if _, err := b.runner.Run(b.ctx, q); !errors.Is(err, jobs.ErrReadOnly) {
		t.Errorf("read-only: %v", err)
	}
}
