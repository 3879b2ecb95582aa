package jobs_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

// record is a week's row of a learner as the rules of merging make it, one run
// after another: what it says, and of which days; 0 is none.
type record struct {
	row               map[string]*float64
	kpisDay, quietDay db.Day
}

// records keeps the week of every learner.
type records map[string]*record

// merge is what a run of a stage for a day does to the week of some learners.
func (r records) merge(stage string, n naive, users []string) {
	for _, u := range users {
		if r[u] == nil {
			r[u] = &record{row: map[string]*float64{}}
		}
		if stage == kpis {
			r[u].kpis(n.day, n.of(u))
		} else {
			r[u].quiet(n.day, n.quiet(u))
		}
	}
}

// kpis puts the KPIs of a day in place, null for one who is not active. A day
// never undoes what a later one wrote.
func (r *record) kpis(day db.Day, six map[string]*float64) {
	later := day.Before(r.quietDay)
	switch {
	case day.Before(r.kpisDay):
	case six != nil:
		for key, v := range six {
			if !later || key != "P" && key != "S" {
				r.row[key] = v
			}
		}
		r.kpisDay = day
	case !r.kpisDay.IsZero():
		for _, f := range db.Formulas() {
			if f.Key != "P" && f.Key != "S" || !r.kpisDay.Before(r.quietDay) {
				delete(r.row, f.Key)
			}
		}
		r.kpisDay = db.Day{}
	}
}

// quiet merges P and S of a day, null for one who is not quiet.
func (r *record) quiet(day db.Day, two map[string]*float64) {
	if two == nil || two["P"] == nil && two["S"] == nil {
		if r.quietDay == day && r.kpisDay.IsZero() {
			delete(r.row, "P")
			delete(r.row, "S")
			r.quietDay = db.Day{}
		}
		return
	}
	if day.Before(r.kpisDay) || day.Before(r.quietDay) {
		return
	}
	for key, v := range two {
		if old, ok := r.row[key]; !ok || (old == nil) != (v == nil) || v != nil && *old != *v {
			maps.Copy(r.row, two)
			r.quietDay = day
		}
	}
}

func (r records) rows() map[string]map[string]*float64 {
	out := map[string]map[string]*float64{}
	for u, rec := range r {
		if len(rec.row) > 0 {
			out[u] = rec.row
		}
	}
	return out
}

func (r records) days() (days []string) {
	name := func(d db.Day) string {
		if d.IsZero() {
			return "none"
		}
		return d.String()
	}
	for u, rec := range r {
		if !rec.kpisDay.IsZero() || !rec.quietDay.IsZero() {
			days = append(days, u+" "+name(rec.kpisDay)+" "+name(rec.quietDay))
		}
	}
	slices.Sort(days)
	return days
}

// Both stages on any days of one week, in any order, for all learners or some
// and with any parameters, leave the rows that the rules of merging make one
// after another.
func TestRunsInAnyOrderMergeByTheRules(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			r := rand.New(rand.NewPCG(seed, 5))
			n := naive{world: randomWorld(seed+40, *day(sunday), 32), day: *day(sunday)}
			b.load(n.world)
			all, week := n.users(), n.day.Monday()
			want, complete := records{}, map[string]db.Day{}
			for step := range 24 {
				n.day = week.Add(r.IntN(7))
				n.lookback, n.inactiveAfter = []int{3, 9, 30}[r.IntN(3)], []int{1, 5, 12}[r.IntN(3)]
				n.horizon, n.target = []int{14, 30}[r.IntN(2)], []float64{0, 0, 1}[r.IntN(3)]
				q := jobs.Request{Stage: []string{kpis, inactive}[r.IntN(2)], Date: &n.day, Force: true, Options: map[string]string{
					"churn-horizon-days": strconv.Itoa(n.horizon), "default-target": fmt.Sprint(n.target)}}
				users := all
				if r.IntN(3) > 0 {
					users = slices.Clone(all)
					r.Shuffle(len(users), func(i, j int) { users[i], users[j] = users[j], users[i] })
					users = users[:1+r.IntN(len(users)-1)]
					q.Users = users
				}
				if q.Stage == kpis {
					q.Options["lookback-days"] = strconv.Itoa(n.lookback)
				} else {
					q.Options["threshold-days"] = strconv.Itoa(n.inactiveAfter)
				}
				b.run(q)
				if !n.day.Before(complete[q.Stage]) { // else the week stands on a later day
					want.merge(q.Stage, n, users)
					if len(users) == len(all) {
						complete[q.Stage] = n.day
					}
				}
				what := fmt.Sprintf("after step %d, %s of %s for %d of %d learners", step, q.Stage, n.day, len(users), len(all))
				b.same(what, b.stored(week), want.rows())
				got := one[[]string](b, `SELECT coalesce(array_agg(concat_ws(' ', user_id, coalesce(kpis_day::text, 'none'), coalesce(quiet_day::text, 'none'))), '{}')
					FROM sextant.kpi_row WHERE coalesce(kpis_day, quiet_day) IS NOT NULL`)
				slices.Sort(got)
				if !slices.Equal(got, want.days()) {
					t.Errorf("%s the rows are of the days\n%v\nwant\n%v", what, got, want.days())
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

// Who was last seen 56 whole days ago is quiet, who was 57 days ago is gone.
func TestTheQuietWereThereInFiftySixDays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := *day(sunday)
	var w world
	for _, back := range []int{0, 6, 7, 8, 55, 56, 57} {
		user := fmt.Sprintf("%02d days", back)
		w.answers = append(w.answers, answered{user: user, item: "1", at: d.Add(-back).Last()}, answered{user: user, item: "1", at: d.Add(-70).Start()})
		w.thetas = append(w.thetas, estimate{user: user, theta: 0.5, se: 0.25, at: d.Add(-80).Start()})
	}
	b.load(w)
	for threshold, want := range map[string]string{"1": "06 days, 07 days, 08 days, 55 days, 56 days", "7": "07 days, 08 days, 55 days, 56 days", "56": "56 days"} {
		b.exec(`DELETE FROM public.weekly_kpi`)
		b.exec(`DELETE FROM sextant.kpi_row`)
		b.run(jobs.Request{Stage: inactive, Date: &d, Force: true, Options: map[string]string{"threshold-days": threshold}})
		if got := one[string](b, `SELECT string_agg(user_id, ', ' ORDER BY user_id) FROM public.weekly_kpi`); got != want {
			t.Errorf("quiet for at least %s days: %s, want %s", threshold, got, want)
		}
	}
}
