package jobs_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

func (b *bench) service() *jobs.Service { return jobs.NewService(b.db, b.runner, jobs.About{}, nil) }

func TestTheExplanationIsWhatIsStored(t *testing.T) {
	t.Parallel()
	b, n := newWeek(t, 21)
	// What this environment says now counts for nothing: the run's parameters do.
	b.run(jobs.Request{Stage: kpis, Date: &n.day, Options: map[string]string{"use-irt-theta": "true", "default-target": "0.25", "churn-horizon-days": "20"}})
	b.env["METRICS_CHURN_HORIZON_DAYS"], b.env["METRICS_DEFAULT_TARGET"] = "30", "0.250"
	certain := 0 // but for rounding
	for user := range b.stored(n.day.Monday()) {
		d, err := b.service().LearnerKPIs(b.ctx, user, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d.Date != n.day || !d.Active || d.Stored == nil || d.Stored.KPIsDay == nil || *d.Stored.KPIsDay != n.day {
			t.Fatalf("%s: as of %s, active %v, stored %+v", user, d.Date, d.Active, d.Stored)
		}
		if unlike := strings.Join(d.Unlike, "; "); unlike != "churn-horizon-days 20, here 30; use-irt-theta true, here false" || d.Run == nil {
			t.Fatalf("of run %v, unlike here: %s", d.Run, unlike)
		}
		again := fromInputs(d)
		for i, k := range d.KPIs {
			switch {
			case (k.Value == nil) != (k.Stored == nil) || (k.Value == nil) != (again[i] == nil):
				t.Errorf("%s: %s is null computed %v, stored %v, from its inputs %v", user, k.Key, k.Value == nil, k.Stored == nil, again[i] == nil)
				continue
			case k.Value != nil && math.Float64bits(*k.Value) != math.Float64bits(*k.Stored):
				t.Errorf("%s: %s computed %.17g, stored %.17g", user, k.Key, *k.Value, *k.Stored)
			case k.Value != nil && math.Abs(*k.Value-*again[i]) > 1e-12:
				t.Errorf("%s: %s = %.17g, but its inputs come to %.17g", user, k.Key, *k.Value, *again[i])
			}
			last, end := k.Steps[len(k.Steps)-1], "null"
			if k.Value != nil {
				end = "= " + strconv.FormatFloat(*k.Value, 'g', 6, 64)
			}
			if k.Key == "P" && k.Value != nil && *k.Value < 1 && *k.Value > 0.9999995 {
				end, certain = "> 0.999999", certain+1
			}
			if !strings.Contains(last, end) {
				t.Errorf("%s: %s ends with %q, which does not say %q", user, k.Key, last, end)
			}
		}
	}
	if certain == 0 {
		t.Error("nobody has a P that only rounding makes 1")
	}
	for user := range b.stored(n.day.Monday()) {
		d, err := b.service().LearnerKPIs(b.ctx, user, nil, map[string]string{"churn-horizon-days": "7"})
		if err != nil || d.Params.Horizon != 7 || !d.Params.UseTheta || len(d.Unlike) != 1 {
			t.Errorf("with an option: %+v, %v, %v", d.Params, d.Unlike, err)
		}
		// A later run of this learner alone is what their row is of.
		r := b.run(jobs.Request{Stage: kpis, Date: &n.day, Users: []string{user}})
		if d, err = b.service().LearnerKPIs(b.ctx, user, nil, nil); err != nil || d.Params.Horizon != 30 || d.Params.UseTheta || *d.Run != r.ID || len(d.Unlike) != 0 {
			t.Errorf("after a run of their own: %+v of run %v, %v", d.Params, d.Run, err)
		}
		break
	}
}

// fromInputs computes the KPIs anew from the numbers an explanation shows.
func fromInputs(d jobs.KPIDetail) []*float64 {
	k := d.Inputs
	out := make([]*float64, 6)
	n, exposure := float64(k.Recent), math.Min(1, float64(k.Recent)/30)
	switch {
	case d.Params.UseTheta && k.Recent >= 5 && k.ThetaRecent != nil && k.ThetaPrev != nil:
		out[0] = value(math.Max(-1, math.Min(1, (*k.ThetaRecent-*k.ThetaPrev)*exposure*(1-math.Min(0.5, 1.96**k.SERecent)))))
	case k.Recent > 0 && k.Prev > 0:
		p := float64(k.RecentCorrect) / n
		out[0] = value((p - float64(k.PrevCorrect)/float64(k.Prev)) * exposure * (1 - math.Min(0.5, 1.96*math.Sqrt(p*(1-p)/n))))
	}
	if k.MedianPrev != nil && k.MedianRecent != nil {
		out[1] = value(unit((*k.MedianPrev - *k.MedianRecent) / *k.MedianPrev))
	}
	if k.Retried > 0 {
		out[2] = value(float64(k.Recovered) / float64(k.Retried))
	}
	if k.Answers > 0 {
		g, w := 0.5, 0.5
		if k.GapDays != nil {
			g = unit(1 / *k.GapDays)
		}
		if k.DwellSeconds != nil {
			w = unit(*k.DwellSeconds / 900)
		}
		out[3] = value(0.35*unit(float64(k.Sessions)/28) + 0.25*g + 0.2*unit(1-float64(k.Hints)/float64(k.Answers)/3) + 0.2*w)
	}
	if k.Theta != nil {
		out[4] = value(math.Erfc((k.Target-*k.Theta) / *k.SE / math.Sqrt2) / 2)
	}
	if k.Visits > 0 {
		gap := 1.0
		if k.VisitGapDays != nil {
			gap = unit(*k.VisitGapDays / 7)
		}
		out[5] = value(unit(0.6*unit(float64(*k.DaysSince)/float64(d.Params.Horizon)) + 0.25*gap + 0.15*unit(1-float64(k.Visits)/10)))
	}
	return out
}

func TestKPIsOfLearnersWithoutARow(t *testing.T) {
	t.Parallel()
	b, n := newWeek(t, 22)
	b.run(jobs.Request{Stage: "sync-answers"})
	var unknown *jobs.UnknownLearnerError
	if _, err := b.service().LearnerKPIs(b.ctx, "no-such", nil, nil); !errors.As(err, &unknown) {
		t.Errorf("error %v", err)
	}
	for user := range expected(n) {
		d, err := b.service().LearnerKPIs(b.ctx, user, &n.day, nil)
		if err != nil || d.Stored != nil || !d.Active || d.KPIs[5].Value == nil {
			t.Errorf("%s before the first run: %+v, %v", user, d, err)
		}
		long := n.day.Add(-3000)
		if d, err = b.service().LearnerKPIs(b.ctx, user, &long, nil); err != nil || d.Active || d.KPIs[3].Value != nil || d.KPIs[3].Steps[0][:4] != "null" {
			t.Errorf("%s long ago: %+v, %v", user, d, err)
		}
		break
	}
	if _, err := b.service().LearnerKPIs(b.ctx, "x", nil, map[string]string{"nonsense": "1"}); err == nil {
		t.Error("an unknown parameter was taken")
	}
}

// The examples of the docs, fed to the pipeline as answers.
func TestTheExamplesComeToWhatTheySay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := *day(sunday)
	b.load(examples(d))
	b.run(jobs.Request{Stage: kpis, Date: &d})
	stored := b.stored(d.Monday())
	for _, f := range db.Formulas() {
		got := stored[f.Key][f.Key]
		if got == nil || math.Abs(*got-f.Want) > 1e-12 {
			t.Errorf("%s = %v, want %v", f.Key, got, f.Want)
			continue
		}
		if said := strconv.FormatFloat(f.Want, 'f', 6, 64); !strings.Contains(f.Example, said) {
			t.Errorf("the example of %s does not say %s: %s", f.Key, said, f.Example)
		}
	}
	b.run(jobs.Request{Stage: kpis, Date: &d, Force: true, Options: map[string]string{"use-irt-theta": "true"}})
	if got := b.stored(d.Monday())["I_t"]["I_t"]; got == nil || math.Abs(*got-0.152) > 1e-12 || !strings.Contains(db.Formulas()[0].Example, "0.152000") {
		t.Errorf("I_t in its θ form = %v, want 0.152 as the example says", got)
	}
}

// That of the features, fed to their stage.
func TestTheFeaturesExampleComesToWhatItSays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := *day(sunday)
	var w world
	for i, a := range []answered{{correct: true, ms: value(10000), hints: 2}, {correct: true, ms: value(20000)}, {ms: value(60000), hints: 1}, {correct: true}} {
		a.user, a.item, a.topic, a.at = "u", strconv.Itoa(i), "a", d.Start().Add(dayLength/2)
		w.answers = append(w.answers, a)
	}
	for i := range 5 {
		w.answers = append(w.answers, answered{user: "u", item: strconv.Itoa(i), topic: "a", correct: i < 2, at: d.Add(-20).Start()})
	}
	b.load(w)
	b.run(jobs.Request{Stage: features, Date: &d})
	row := one[string](b, `SELECT format('attempts = %s, correct = %s; avg_time_ms = 90 / 3 s = %s, rt_median = %s, hints = %s; %s', attempts, correct, avg_time_ms,
		rt_median, hints, improvement) FROM public.features_topic_daily WHERE date = $1`, d)
	e, err := jobs.Explain(jobs.Stages(), features)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(e.Text, "\n", " ")
	for _, said := range strings.Split(row, "; ") {
		if !strings.Contains(text, said) {
			t.Errorf("the example does not say %q of the row %s", said, row)
		}
	}
	if !strings.HasSuffix(row, "; 0.027") {
		t.Errorf("the row is %s", row)
	}
}

// examples has a learner for each KPI, named for it.
func examples(d db.Day) world {
	var w world
	add := func(user, item string, back int, correct bool, seconds, hints int, session string) {
		a := answered{user: user, item: item, correct: correct, hints: hints, session: session, at: d.Add(-back).Start().Add(10 * dayLength / 24)}
		if seconds > 0 {
			a.ms = value(1000 * seconds)
		}
		w.answers = append(w.answers, a)
	}
	for i := range 10 {
		add("I_t", strconv.Itoa(i), 20, i < 4, 0, 0, "")
	}
	for i := range 15 {
		add("I_t", strconv.Itoa(i), 5, i < 12, 0, 0, "")
	}
	for _, seconds := range []int{20, 40, 30} {
		add("E_t", "1", 40, true, seconds, 0, "")
	}
	for _, seconds := range []int{24, 18} {
		add("E_t", "1", 3, true, seconds, 0, "")
	}
	for _, item := range []string{"1", "2", "3"} {
		add("R_t", item, 30, false, 0, 0, "")
	}
	add("R_t", "1", 9, true, 0, 0, "")
	add("R_t", "1", 8, true, 0, 0, "")
	add("R_t", "2", 8, false, 0, 0, "")
	add("R_t", "4", 8, true, 0, 0, "")
	for _, user := range []string{"A_t", "S"} {
		add(user, "1", 20, true, 120, 3, user+" first")
		add(user, "2", 20, false, 240, 0, user+" first")
		add(user, "3", 16, true, 0, 0, user+" second")
	}
	add("P", "1", 1, true, 0, 0, "")
	w.goals = []goal{{"P", "a", value(0.5), nil}}
	w.thetas = []estimate{{user: "P", topic: "a", theta: 0.8, se: 0.4, at: d.Start()},
		{user: "I_t", theta: 0.1, se: 0.3, at: d.Add(-20).Start()}, {user: "I_t", theta: 0.6, se: 0.2, at: d.Add(-5).Start()}}
	return w
}
