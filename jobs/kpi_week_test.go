package jobs_test

import (
	"maps"
	"testing"
	"time"

	"sextant/db"
	"sextant/jobs"
)

const sunday = "2026-03-29"

// newWeek gives a bench with a random world around a Sunday, and the naive KPIs.
func newWeek(t *testing.T, seed uint64) (*bench, naive) {
	t.Helper()
	b := newBench(t)
	n := naive{world: randomWorld(seed, *day(sunday), 32), day: *day(sunday), lookback: 30, horizon: 14, inactiveAfter: 7}
	b.load(n.world)
	return b, n
}

func TestTheRunAfterSundayMakesTheWeekFinal(t *testing.T) {
	t.Parallel()
	b, n := newWeek(t, 11)
	n.lookback = 4 // learners drop out in the course of the week
	b.env["KPI_LOOKBACK_DAYS"] = "4"
	want := expected(n)
	var stays, dropped string
	for _, u := range n.users() {
		monday := n
		monday.day = n.day.Monday()
		switch {
		case want[u] != nil:
			stays = u
		case monday.of(u) != nil:
			dropped = u
		}
	}
	if stays == "" || dropped == "" {
		t.Fatal("the world lacks a learner who stays or one who drops out")
	}
	week := n.day.Monday()
	b.exec(`INSERT INTO public.weekly_kpi (user_id, week_start, kpis) VALUES ($1, $4, '{"note": "kept", "I_t": 9}'), ($2, $4, '{"note": [1]}'), ($3, $4, '{"P": 0.5}')`,
		stays, dropped, "nobody of ours", week)
	b.run(jobs.Request{Stage: kpis, From: &week, To: &n.day})
	theirs := map[string]*float64{"P": value(0.5)}
	full := maps.Clone(want)
	full["nobody of ours"] = theirs
	b.same("the full week", b.stored(week), full)
	if got := one[string](b, `SELECT string_agg(kpis ->> 'note', '; ' ORDER BY kpis ->> 'note') FROM public.weekly_kpi WHERE kpis ? 'note'`); got != "[1]; kept" {
		t.Errorf("the keys of others are %s", got)
	}
	before := b.contents("public.weekly_kpi", "sextant.kpi_row")
	wednesday := week.Add(2)
	b.run(jobs.Request{Stage: kpis, Date: &wednesday, Force: true})
	b.run(jobs.Request{Stage: kpis, Date: &wednesday, Users: []string{stays, dropped}})
	if after := b.contents("public.weekly_kpi", "sextant.kpi_row"); after != before {
		t.Errorf("a late Wednesday changed the week:\n%s\nbefore:\n%s", after, before)
	}
	b.run(jobs.Request{Stage: kpis, Date: &n.day})
	if after := b.contents("public.weekly_kpi", "sextant.kpi_row"); after != before {
		t.Errorf("Sunday again differs:\n%s\nbefore:\n%s", after, before)
	}
}

func TestARowOfALaterDayStays(t *testing.T) {
	t.Parallel()
	b, n := newWeek(t, 12)
	var user string
	for u := range expected(n) {
		user = u
	}
	b.run(jobs.Request{Stage: kpis, Date: &n.day, Users: []string{user}})
	saturday := n
	saturday.day = n.day.Add(-1)
	b.run(jobs.Request{Stage: kpis, Date: &saturday.day})
	want := expected(saturday)
	want[user] = n.of(user)
	b.same("Saturday after one learner's Sunday", b.stored(n.day.Monday()), want)
}

func TestWhatNoLongerHoldsIsTakenBack(t *testing.T) {
	t.Parallel()
	b, n := newWeek(t, 13)
	b.run(jobs.Request{Stage: kpis, Date: &n.day})
	b.run(jobs.Request{Stage: inactive, Date: &n.day})
	var gone, noted string
	for u := range expected(n) {
		gone, noted = noted, u
	}
	b.exec(`UPDATE public.weekly_kpi SET kpis = kpis || '{"note": 1}', updated_at = now() WHERE user_id = $1`, noted)
	b.exec(`DELETE FROM public.responses WHERE user_id IN ($1, $2)`, gone, noted)
	b.run(jobs.Request{Stage: "sync-answers", Options: map[string]string{"full": "true"}})
	b.run(jobs.Request{Stage: kpis, Date: &n.day})
	if got := one[int](b, `SELECT count(*) FROM public.weekly_kpi WHERE user_id = $1`, gone); got != 0 {
		t.Errorf("%d rows of a learner without answers", got)
	}
	if got := one[string](b, `SELECT kpis FROM public.weekly_kpi WHERE user_id = $1`, noted); got != `{"note": 1}` {
		t.Errorf("the row of others is %s", got)
	}
}

func TestInactivityWritesOnlyWhatChanges(t *testing.T) {
	t.Parallel()
	b, n := newWeek(t, 14)
	b.run(jobs.Request{Stage: kpis, Date: &n.day})
	if r := b.run(jobs.Request{Stage: inactive, Date: &n.day}); r.RowsWritten == 0 {
		t.Error("nobody is quiet")
	}
	before := b.contents("public.weekly_kpi", "sextant.kpi_row")
	if r := b.run(jobs.Request{Stage: inactive, Date: &n.day}); one[int](b, `SELECT count(*) FROM public.weekly_kpi WHERE updated_at >= $1`, r.StartedAt) != 0 {
		t.Error("rows that say the same were written again")
	}
	if after := b.contents("public.weekly_kpi", "sextant.kpi_row"); after != before {
		t.Errorf("the second time differs:\n%s\nbefore:\n%s", after, before)
	}
	// A learner who turns out to have been there is quiet no more.
	back := one[string](b, `SELECT user_id FROM sextant.kpi_row WHERE quiet_day IS NOT NULL AND kpis_day IS NULL LIMIT 1`)
	b.exec(`INSERT INTO public.session (id, user_id, ended_at) VALUES ('late news', $1, $2)`, back, n.day.Start())
	b.run(jobs.Request{Stage: inactive, Date: &n.day})
	if got := one[int](b, `SELECT count(*) FROM public.weekly_kpi WHERE user_id = $1`, back); got != 0 {
		t.Errorf("%d rows of a learner who is not quiet", got)
	}
}

func TestKPIsNeedNoTableBesideTheAnswers(t *testing.T) {
	t.Parallel()
	b, n := newWeek(t, 15)
	b.exec(`DROP TABLE public.exam_results, public.session, public.interest_goal`)
	n.exams, n.ended, n.goals = nil, nil, nil
	b.run(jobs.Request{Stage: kpis, Date: &n.day})
	b.same("answers alone", b.stored(n.day.Monday()), expected(n))
	b.run(jobs.Request{Stage: inactive, Date: &n.day})
}

func TestRoutineRunsMendWhatWeeksStandOn(t *testing.T) {
	t.Parallel()
	b, _ := newWeek(t, 16)
	r := b.run(jobs.Request{Stage: kpis}) // as of Tuesday; Sunday was missed
	days := func(r db.Run) string {
		return one[string](b, `SELECT coalesce(string_agg(data_day::text, ' ' ORDER BY id), '') FROM sextant.published WHERE run_id = $1`, r.ID)
	}
	if got := days(r); got != "2026-03-29 2026-03-31" {
		t.Errorf("a first run published %s", got)
	}
	b.run(jobs.Request{Stage: kpis, Date: day("2026-03-22")})
	b.exec(`INSERT INTO public.responses VALUES ('new', '1', true, '2026-03-20 10:00Z')`)
	b.run(jobs.Request{Stage: "sync-answers", Options: map[string]string{"full": "true"}})
	if got := days(b.run(jobs.Request{Stage: kpis})); got != "2026-03-22 2026-03-29 2026-03-31" {
		t.Errorf("after a late answer a run published %s", got)
	}
}

// Where the answers are read from exam_results, detect-inactivity looks at the
// results alone.
func TestInactivityIsTheSameFromResultsAlone(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.exec(`DELETE FROM public.exam_results WHERE created_at >= '2026-03-20' AND hashtext(user_id) % 3 = 0`)
	b.exec(`DELETE FROM public.session WHERE ended_at >= '2026-03-20'`)
	b.run(jobs.Request{Stage: inactive})
	rows := b.stored(lastDay.Monday())
	if len(rows) < 3 {
		t.Fatalf("only %d learners are quiet", len(rows))
	}
	for user, row := range rows {
		d, err := b.service().LearnerKPIs(b.ctx, user, &lastDay, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s := d.KPIs[5].Value; s == nil || row["S"] == nil || *s != *row["S"] {
			t.Errorf("%s: S is %v from results, %v from all there is", user, row["S"], s)
		}
	}
}

// After Monday's run at 02:10, whatever the week's own nights have published,
// the week that has ended is the naive full week's.
func TestMondaysRunEndsTheWeek(t *testing.T) {
	t.Parallel()
	for name, nights := range map[string][]int{"of every night": {-5, -4, -3, -2, -1, 0}, "of no night": nil, "of Wednesday's": {-4}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, n := newWeek(t, 17)
			at := func(d db.Day) {
				b.runner.Clock = func() time.Time { return d.Start().Add(2*time.Hour + 10*time.Minute) }
			}
			for _, back := range nights {
				at(n.day.Add(back))
				b.run(jobs.Request{Stage: kpis})
			}
			monday := n.day.Add(1)
			at(monday)
			b.run(jobs.Request{Stage: kpis})
			b.same("the week that ended", b.stored(n.day.Monday()), expected(n))
			if rows := b.stored(monday); len(rows) != 0 {
				t.Errorf("Monday's week has %d rows before Monday is complete", len(rows))
			}
		})
	}
}
