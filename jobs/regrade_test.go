package jobs_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"sextant/jobs"
)

// inHistory requires that the newest row of the history of each published θ of a
// learner is that θ.
func (b *bench) inHistory(user string) {
	b.Helper()
	if n := one[int](b, `
		SELECT count(*) FROM (SELECT NULL AS topic_id, theta, se FROM public.mirt_ability WHERE user_id = $1
			UNION ALL SELECT topic_id, theta, se FROM public.student_topic_theta WHERE user_id = $1) p
		LEFT JOIN LATERAL (SELECT theta, se FROM sextant.theta_history h
			WHERE h.user_id = $1 AND h.topic_id IS NOT DISTINCT FROM p.topic_id ORDER BY as_of DESC, estimated_at DESC LIMIT 1) h ON true
		WHERE (h.theta, h.se) IS DISTINCT FROM (p.theta, p.se)`, user); n > 0 {
		b.Errorf("%d published θs of %s are not in the history", n, user)
	}
}

// A re-grade of old answers reaches the θ history, and P with it, though nobody
// has answered since; others' histories stay.
func TestARegradeReachesTheHistoryAndP(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate", Date: day("2026-03-30")})
	b.run(jobs.Request{Stage: kpis})
	idle := one[[]string](b, `SELECT array_agg(user_id ORDER BY answers DESC, user_id) FROM sextant.learner l
		WHERE answers >= 30 AND last_at >= '2026-03-23' AND last_at < '2026-03-31' AND EXISTS (SELECT FROM public.mirt_ability m WHERE m.user_id = l.user_id)`)
	if len(idle) < 2 {
		t.Fatal("the world has too few learners without answers on the last day")
	}
	user, other := idle[0], idle[1]
	p := func() float64 {
		return one[float64](b, `SELECT (kpis ->> 'P')::float8 FROM public.weekly_kpi WHERE user_id = $1 AND week_start = '2026-03-30'`, user)
	}
	rows := func(user string) int {
		return one[int](b, `SELECT count(*) FROM sextant.theta_history WHERE user_id = $1 AND as_of > '2026-03-31'`, user)
	}
	before := p()
	wrong := before > 0.5 // the verdicts that move P away from where it is
	b.exec(`UPDATE public.exam_results SET updated_at = now(), result_json = jsonb_build_object('questions',
		(SELECT jsonb_agg(q || jsonb_build_object('is_correct', NOT $2::bool)) FROM jsonb_array_elements(result_json -> 'questions') q))
		WHERE user_id = $1 AND jsonb_typeof(result_json -> 'questions') = 'array'`, user, wrong)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	b.inHistory(user)
	if rows(user) == 0 || rows(other) != 0 {
		t.Errorf("%d rows of who was graded anew, %d of another", rows(user), rows(other))
	}
	b.run(jobs.Request{Stage: kpis, Force: true})
	if after := p(); math.Abs(after-before) < 0.1 {
		t.Errorf("P was %v and is %v after all verdicts were turned", before, after)
	}
	told := one[int](b, `SELECT count(*) FROM sextant.theta_history`)
	b.run(jobs.Request{Stage: "mirt-calibrate", Force: true})
	if n := one[int](b, `SELECT count(*) FROM sextant.theta_history`); n != told {
		t.Errorf("doing it again appended %d rows", n-told)
	}
}

// A day done again by another model says so in the history of all it published.
func TestAnotherModelReachesTheHistory(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate", Date: day("2026-03-30")})
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	b.run(jobs.Request{Stage: "mirt-calibrate", Force: true, Options: map[string]string{"model": "rasch"}})
	for _, u := range one[[]string](b, `SELECT array_agg(user_id) FROM public.mirt_ability`) {
		b.inHistory(u)
	}
}

// Between calibrations, too, θ is by the model of the one in force, whatever
// its linked parameters look like.
func TestTheModelIsTheCalibrations(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	b.run(jobs.Request{Stage: "mirt-calibrate", Force: true, Options: map[string]string{"model": "rasch"}})
	b.run(jobs.Request{Stage: "update-theta", Users: users[:1]})
	b.online("one")
	b.finish(rand.New(rand.NewPCG(1, 2)), users[1])
	b.served()
	const models = `SELECT string_agg(source || ' ' || model, ', ' ORDER BY source) FROM (
		SELECT DISTINCT source, model FROM sextant.theta_history WHERE source <> 'calibration') h`
	if got := one[string](b, models); got != "manual RASCH, online RASCH" {
		t.Errorf("models of the history: %s", got)
	}
	if got := one[string](b, `SELECT string_agg(DISTINCT model, ',') FROM public.mirt_ability WHERE user_id = ANY ($1)`, users[:2]); got != "RASCH" {
		t.Errorf("published: %s", got)
	}
}
