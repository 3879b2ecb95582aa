package jobs_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
	"sextant/jobs/demo"
)

func TestSyncTakesExactlyWhatIsUsable(t *testing.T) {
	t.Parallel()
	b, s := newDemoBench(t, demo.Options{Learners: 400, Items: 60, Days: 40, Seed: 11})
	b.run(jobs.Request{Stage: "sync-answers"})
	if n := one[int](b, `SELECT count(*) FROM sextant.answer`); n != s.Usable {
		t.Errorf("%d answers taken of %d usable ones", n, s.Usable)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.quarantine WHERE resolved_at IS NULL`); n == 0 {
		t.Error("nothing was set aside")
	}
}

func TestAStageRunTwiceLeavesTheSameRows(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	published := []string{"public.features_topic_daily", "public.mirt_item_params", "public.mirt_ability", "public.student_topic_theta",
		"sextant.answer", "sextant.learner", "sextant.quarantine"}
	twice := func() {
		for _, q := range []jobs.Request{
			{Stage: "mirt-calibrate"},
			{Stage: features, From: day("2026-03-01"), To: day("2026-03-31"), Options: map[string]string{"include-theta": "true", "use-irt-theta": "true"}},
		} {
			b.run(q)
		}
	}
	twice()
	first := b.contents(published...)
	history := one[int](b, `SELECT count(*) FROM sextant.theta_history`)
	twice()
	if second := b.contents(published...); second != first {
		t.Errorf("the second time differs:\n%s\nfirst:\n%s", second, first)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.theta_history`); n != history {
		t.Errorf("the θ history grew from %d to %d rows without a new answer", history, n)
	}
}

// Learners whose true θ stands still, scored by the pipeline from end to end:
// the anchors carry true parameters, so the estimates are on the true scale.
func TestThetaRecoversTheTruth(t *testing.T) {
	t.Parallel()
	o := demo.Options{Learners: 2600, Items: 400, Days: 60, Seed: 3, Still: true}
	b, _ := newDemoBench(t, o)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	o.Until = lastDay.Start()
	sim, err := demo.New(o)
	if err != nil {
		t.Fatal(err)
	}
	estimates := map[string][2]float64{}
	rows, err := b.sql.Query(b.ctx, `SELECT user_id, theta, se FROM public.mirt_ability`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var user string
		var theta, se float64
		if err := rows.Scan(&user, &theta, &se); err != nil {
			t.Fatal(err)
		}
		estimates[user] = [2]float64{theta, se}
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	var n, covered, squares, ses float64
	for k := range sim.Options().Learners {
		truth := sim.Truth(k)
		e, ok := estimates[truth.UserID]
		if !ok {
			continue
		}
		d := e[0] - truth.Theta[len(truth.Theta)-1]
		n++
		squares += d * d
		ses += e[1]
		if math.Abs(d) <= 1.96*e[1] {
			covered++
		}
	}
	coverage, rmse, se := covered/n, math.Sqrt(squares/n), ses/n
	t.Logf("%d learners: coverage %.1f %%, RMSE %.3f, mean SE %.3f", int(n), 100*coverage, rmse, se)
	if n < 2000 {
		t.Errorf("%d learners scored, want at least 2000", int(n))
	}
	if coverage < 0.93 || coverage > 0.97 {
		t.Errorf("coverage of the 95 %% intervals = %.3f, want 0.93 to 0.97", coverage)
	}
	if rmse > 1.1*se {
		t.Errorf("RMSE %.3f is more than 1.1 × the mean SE %.3f", rmse, se)
	}
}

func TestCalibrationPublishesItsItemsLinksAndHistories(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, demo.Options{Learners: 400, Items: 60, Days: 40, Seed: 5})
	r := b.run(jobs.Request{Stage: "mirt-calibrate"})
	var spec struct {
		Model   string
		Prior   struct{ Mean, SD float64 }
		Linking struct {
			Method, To    string
			A, B, SE      float64
			Items         int
			AccumulatedSE float64 `json:"accumulated_se"`
		} `json:"linking_constants"`
	}
	if err := json.Unmarshal([]byte(one[string](b, `SELECT model_spec FROM public.mirt_fit_meta WHERE run_id = $1`, r.ID.String())), &spec); err != nil {
		t.Fatal(err)
	}
	l := spec.Linking
	if spec.Model != "2PL" || l.To != "anchors" || l.Method != "stocking_lord" || l.Items < 5 || !(l.A > 0.5 && l.A < 2) || !(l.SE > 0) {
		t.Errorf("model_spec = %+v", spec)
	}
	if math.Abs(spec.Prior.SD-l.A) > 1e-9 || math.Abs(spec.Prior.Mean-l.B) > 1e-9 {
		t.Errorf("the prior N(%v, %v²) is not N(B, A²) of %v, %v", spec.Prior.Mean, spec.Prior.SD, l.B, l.A)
	}
	// Nothing that is not a number, and every published item in the history too.
	if n := one[int](b, `SELECT count(*) FROM public.mirt_item_params p
		WHERE NOT EXISTS (SELECT FROM sextant.item_history h WHERE h.run_id = $1 AND h.item_id = p.item_id COLLATE "C"
			AND h.a = (p.params ->> 'a')::float8 AND h.se_b = (p.params ->> 'se_b')::float8)`, r.ID); n != 0 {
		t.Errorf("%d published items are not in the history", n)
	}
	if n := one[int](b, `SELECT count(*) FROM public.mirt_ability WHERE version <> 'v1' OR NOT se > 0 OR se = 'NaN' OR theta = 'NaN'`); n != 0 {
		t.Errorf("%d unusable abilities", n)
	}
	if n := one[int](b, `SELECT count(*) FROM public.student_topic_theta`); n == 0 {
		t.Error("no topic θ")
	}
}

func TestAnOlderCalibrationChangesOnlyHistories(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	inForce := []string{"public.mirt_item_params", "public.mirt_ability", "public.student_topic_theta"}
	before := b.contents(inForce...)
	in, err := b.db.CalibrationInForce(b.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	old := b.run(jobs.Request{Stage: "mirt-calibrate", Date: day("2026-03-20")})
	if after := b.contents(inForce...); after != before {
		t.Errorf("what was in force changed:\n%s\nbefore:\n%s", after, before)
	}
	if now, err := b.db.CalibrationInForce(b.ctx, ""); err != nil || now.RunID != in.RunID {
		t.Errorf("calibration in force = %v, %v", now.RunID, err)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.theta_history WHERE run_id = $1`, old.ID); n == 0 {
		t.Error("the older calibration left no history")
	}
}

func TestCalibrationsAreLinkedToThePreviousWithoutAnchors(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, demo.Options{Learners: 400, Items: 60, Days: 40, Seed: 5})
	b.exec(`UPDATE public.question SET meta = meta - 'tags'`)
	first := b.run(jobs.Request{Stage: "mirt-calibrate", Date: day("2026-03-24")})
	second := b.run(jobs.Request{Stage: "mirt-calibrate"})
	to := func(r db.Run) string {
		return one[string](b, `SELECT linking ->> 'to' FROM sextant.calibration WHERE run_id = $1`, r.ID)
	}
	if to(first) != "scale" || to(second) != "previous" {
		t.Errorf("linked to %s, then %s; want scale, then previous", to(first), to(second))
	}
	if se := one[float64](b, `SELECT (linking ->> 'accumulated_se')::float8 FROM sextant.calibration WHERE run_id = $1`, second.ID); !(se > 0) {
		t.Errorf("accumulated SE = %v", se)
	}
}

func TestRecomputePreviewTellsWhatARunWouldDo(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	user := one[string](b, `SELECT user_id FROM sextant.answer WHERE answered_at >= '2026-03-10' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`)
	// A question of their own that has no parameters, and one answer too old to count.
	b.exec(`INSERT INTO public.exam_results (id, session_id, user_id, status, result_json, created_at, updated_at)
		VALUES (gen_random_uuid(), 'extra', $1, 'ready', '{"questions":[{"question_id": 999999, "is_correct": true}]}', '2026-03-31 10:00Z', now())`, user)
	q := jobs.Request{Stage: "update-theta", Users: []string{user}}
	p, err := b.runner.PreviewTheta(b.ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	if p[0].Unsynced != 1 {
		t.Errorf("unsynced sessions = %d, want 1", p[0].Unsynced)
	}
	b.run(jobs.Request{Stage: "sync-answers"})
	if p, err = b.runner.PreviewTheta(b.ctx, q); err != nil {
		t.Fatal(err)
	}
	v := p[0]
	total := one[int](b, `SELECT count(*) FROM sextant.answer WHERE user_id = $1`, user)
	if len(v.Used)+len(v.LeftOut) != total {
		t.Errorf("%d used and %d left out of %d answers", len(v.Used), len(v.LeftOut), total)
	}
	reasons := map[string]int{}
	for _, x := range v.LeftOut {
		reasons[x.Reason]++
	}
	if reasons["its item has no parameters"] == 0 {
		t.Errorf("reasons = %v", reasons)
	}
	if v.Outcome != jobs.OutcomeUpdate || v.Old == nil || v.New == nil || v.Calibration == "" || v.PriorSD <= 0 {
		t.Fatalf("preview = %+v", v)
	}
	b.run(q)
	var theta, se float64
	if err := b.sql.QueryRow(b.ctx, `SELECT theta, se FROM public.mirt_ability WHERE user_id = $1`, user).Scan(&theta, &se); err != nil {
		t.Fatal(err)
	}
	if theta != v.New.Theta || se != *v.New.SE {
		t.Errorf("published %v ± %v, previewed %v ± %v", theta, se, v.New.Theta, *v.New.SE)
	}
	if s := one[string](b, `SELECT source FROM sextant.theta_history WHERE user_id = $1 ORDER BY estimated_at DESC LIMIT 1`, user); s != "manual" {
		t.Errorf("history source = %s", s)
	}
}

func TestUnknownLearnersFailAloneAndByName(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	user := one[string](b, `SELECT user_id FROM sextant.answer WHERE answered_at >= '2026-03-10' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`)
	r, err := b.runner.Run(b.ctx, jobs.Request{Stage: "update-theta", Users: []string{"no-such", user}, Trigger: db.TriggerCLI})
	if err == nil || r.Status != db.RunPartial || !strings.Contains(err.Error(), `unknown learner "no-such"`) {
		t.Errorf("status %s, error %v", r.Status, err)
	}
	if r.UnitsDone != 1 || r.UnitsTotal != 2 {
		t.Errorf("%d of %d learners are done, want 1 of 2", r.UnitsDone, r.UnitsTotal)
	}
	failures, err := b.db.RunFailures(b.ctx, r.ID)
	if err != nil || len(failures) != 1 || failures[0].Kind != "learner" || failures[0].Subject != "no-such" {
		t.Errorf("failures = %+v, %v", failures, err)
	}
	p, err := b.runner.PreviewTheta(b.ctx, jobs.Request{Stage: "update-theta", Users: []string{"no-such", user}})
	if err != nil || len(p) != 2 || p[0].Outcome != jobs.OutcomeUnknown || p[1].New == nil {
		t.Errorf("preview %+v, %v", p, err)
	}
	var usage *jobs.UsageError
	if r, err := b.runner.Run(b.ctx, jobs.Request{Stage: "update-theta"}); !errors.As(err, &usage) || r.ID != uuid.Nil {
		t.Errorf("without learners: run %s, %v; want a refusal that the ledger does not know of", r.ID, err)
	}
}

func TestTouchedDaysAreRecomputedByTheNextRun(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: features, From: day("2026-03-01"), To: day("2026-03-31")})
	session := one[string](b, `SELECT session_id FROM sextant.answer WHERE answered_at >= '2026-03-10' AND answered_at < '2026-03-11' AND topic_id IS NOT NULL LIMIT 1`)
	// A re-grade long after: all answers of the session turn wrong, and the last one goes away.
	b.exec(`UPDATE public.exam_results SET updated_at = now(), result_json = jsonb_build_object('questions',
		(SELECT jsonb_agg(q || '{"is_correct": false, "correct": false}') FROM jsonb_array_elements((result_json -> 'questions') - (-1)) q))
		WHERE session_id = $1`, session)
	r := b.run(jobs.Request{Stage: features})
	// 2026-03-10 itself and every later day whose improvement looks back on it.
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE run_id = $1`, r.ID); n != 22 {
		t.Errorf("%d days were recomputed, want 22", n)
	}
	got := b.contents("public.features_topic_daily")
	b.exec(`TRUNCATE public.features_topic_daily`)
	b.run(jobs.Request{Stage: features, From: day("2026-03-01"), To: day("2026-03-31")})
	if want := b.contents("public.features_topic_daily"); got != want {
		t.Errorf("mended rows differ from fresh ones:\n%s%s", got, want)
	}
}
