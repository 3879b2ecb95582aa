package jobs_test

import (
	"errors"
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

// A learner of whom nothing is known fails, alone and by name, in a run of days;
// one of whom an answer, a result, a session or a published row is known does not.
func TestStrangersFailInRunsOfDays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := *day(sunday)
	b.load(world{answers: []answered{{user: "answered", item: "1", topic: "t", at: d.Start()}},
		exams: []moment{{"examined", "s1", "ready", value(d.Start())}}, ended: []moment{{"sat", "s2", "", value(d.Start())}}})
	b.exec(`INSERT INTO public.weekly_kpi (user_id, week_start, kpis) VALUES ('published', $1, '{}')`, d.Monday())
	known := []string{"answered", "examined", "sat", "published"}
	for _, stage := range []string{features, kpis, inactive} {
		b.run(jobs.Request{Stage: stage, Date: &d, Users: known})
		r, err := b.runner.Run(b.ctx, jobs.Request{Stage: stage, Date: &d, Users: append([]string{"no one"}, known...), Trigger: db.TriggerCLI})
		var partial *jobs.PartialError
		if r.Status != db.RunPartial || !errors.As(err, &partial) || partial.Failed != 1 {
			t.Errorf("%s: status %s, %v", stage, r.Status, err)
		}
		if got := one[string](b, `SELECT string_agg(concat_ws(' ', kind, subject), ', ') FROM sextant.run_failure WHERE run_id = $1`, r.ID); got != "learner no one" {
			t.Errorf("%s: failures %s", stage, got)
		}
		before := b.contents("public.features_topic_daily", "public.weekly_kpi", "sextant.published")
		r, err = b.runner.Run(b.ctx, jobs.Request{Stage: stage, Date: &d, Users: []string{"no one"}, Trigger: db.TriggerCLI})
		if r.Status != db.RunFailed || err == nil || !strings.HasPrefix(err.Error(), `unknown learner "no one"`) {
			t.Errorf("%s: status %s, %v", stage, r.Status, err)
		}
		if after := b.contents("public.features_topic_daily", "public.weekly_kpi", "sextant.published"); after != before {
			t.Errorf("%s for no one wrote\n%s\nbefore\n%s", stage, after, before)
		}
		p, err := b.runner.Preview(b.ctx, jobs.Request{Stage: stage, Date: &d, Users: []string{"answered", "no one"}})
		if err != nil || len(p.Notes) != 1 || !strings.HasPrefix(p.Notes[0], `unknown learner "no one"`) {
			t.Errorf("%s: preview %v, %v", stage, p.Notes, err)
		}
		var usage *jobs.UsageError
		if _, err := b.runner.Run(b.ctx, jobs.Request{Stage: stage, Date: &d, Users: []string{"answered", ""}}); !errors.As(err, &usage) {
			t.Errorf("%s: an empty id: %v", stage, err)
		}
	}
}

// Of a backfill for one learner the log tells the days apart.
func TestSlicesOfOneLearnerNameTheirDay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := *day(sunday)
	from := d.Add(-1)
	b.load(world{answers: []answered{{user: "ann", item: "1", topic: "t", at: d.Start()}}})
	b.run(jobs.Request{Stage: features, From: &from, To: &d, Users: []string{"ann"}})
	for _, slice := range []string{`slice="2026-03-28 ann"`, `slice="2026-03-29 ann"`} {
		if !strings.Contains(b.log.String(), slice) {
			t.Errorf("no line of %s in\n%s", slice, b.log)
		}
	}
	p, err := b.runner.Preview(b.ctx, jobs.Request{Stage: "update-theta", Users: []string{"ann"}})
	if err != nil || p.Slices[0].Label() != "ann" {
		t.Errorf("the slice of a θ is %v, %v", p.Slices, err)
	}
}
