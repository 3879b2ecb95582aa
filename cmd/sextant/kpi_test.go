package main

import (
	"fmt"
	"strings"
	"testing"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
)

func TestKPIShow(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	b.ok("run", "compute-daily-kpis", "--quiet")
	user := b.learner()
	d := read[jobs.KPIDetail](b, "kpi", "show", user)
	last := db.DayOf(now).Add(-1)
	if d.UserID != user || d.Date != last || d.Stored == nil || len(d.KPIs) != 6 || !d.Active {
		t.Fatalf("detail %+v", d)
	}
	for _, k := range d.KPIs {
		if (k.Value == nil) != (k.Stored == nil) || k.Value != nil && *k.Value != *k.Stored {
			t.Errorf("%s: computed %v, stored %v", k.Key, k.Value, k.Stored)
		}
	}
	table := b.ok("kpi", "show", user)
	for _, words := range []string{"stored as of " + last.String(), "COMPUTED", "churn risk"} {
		if !strings.Contains(table, words) {
			t.Errorf("no %q in\n%s", words, table)
		}
	}
	if long := b.ok("kpi", "show", user, "--explain", "--date", last.String()); !strings.Contains(long, "exposure = min(1, ") {
		t.Errorf("--explain prints\n%s", long)
	}
	b.fails(exitFailed, "unknown learner", "kpi", "show", "no-such")
	b.fails(exitUsage, "not complete yet", "kpi", "show", user, "--date", "2999-01-01")
}

func TestAChanceShortOfCertainIsNotShownAsCertain(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	user := b.learner()
	if _, err := dbtest.Pool(t, b.url).Exec(t.Context(), `DELETE FROM public.interest_goal WHERE user_id = $1`, user); err != nil {
		t.Fatal(err)
	}
	in := read[jobs.KPIDetail](b, "kpi", "show", user).Inputs
	target := fmt.Sprintf("--default-target=%.6f", *in.Theta-5.4**in.SE) // P = Φ(5.4) = 0.99999997
	if p := read[jobs.KPIDetail](b, "kpi", "show", user, target).KPIs[4].Value; p == nil || *p >= 1 || *p < 0.9999999 {
		t.Fatalf("P = %v", p)
	}
	if long := b.ok("kpi", "show", user, target, "--explain"); !strings.Contains(long, "\nP    > 0.999999  ") || !strings.Contains(long, ") > 0.999999\n") {
		t.Errorf("--explain prints\n%s", long)
	}
	if table := b.ok("kpi", "show", user, target); !strings.Contains(table, "  > 0.999  ") {
		t.Errorf("the table is\n%s", table)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if out := b.ok("explain", "a_t"); !strings.HasPrefix(out, "A_t: engagement\n\n") || !strings.Contains(out, "0.35 · clamp(sessions / 28)") {
		t.Errorf("explain a_t prints\n%s", out)
	}
	if e := read[jobs.Explanation](b, "explain", "detect-inactivity"); e.Name != "detect-inactivity" || !strings.Contains(e.Text, "$INACTIVITY_THRESHOLD_DAYS") {
		t.Errorf("explanation %+v", e)
	}
	b.fails(exitUsage, "nothing is called", "explain", "nonsense")
}
