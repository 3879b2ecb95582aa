package main

import (
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

func TestDemoHasAPast(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	p := read[jobs.Pipeline](b, "status")
	last := db.DayOf(now).Add(-1)
	for _, s := range p.Stages {
		if s.Schedule == "" || s.Slice != "day" && s.Name != calibrateStage {
			continue
		}
		if s.State != jobs.StateFresh || s.DataDay == nil || *s.DataDay != last {
			t.Errorf("%s is %s with data day %v, want fresh with %s", s.Name, s.State, s.DataDay, last)
		}
	}
	runs := read[[]db.Run](b, "runs")
	calibrations := 0
	for _, r := range runs {
		if r.Stage == "mirt-calibrate" {
			calibrations++
		}
		if r.Status != db.RunSucceeded || r.Reason != "demo" || r.Trigger != db.TriggerCLI {
			t.Errorf("run %+v", r)
		}
	}
	if want := len(calibrationDays(last.Add(-29), last, last)); calibrations != want {
		t.Errorf("%d calibrations, want %d", calibrations, want)
	}
	if history := read[[]db.ThetaPoint](b, "theta", "history", b.learner()); len(history) < 2 {
		t.Errorf("θ has no past: %+v", history)
	}
}

func TestDemoAgainChangesNothing(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	b.ok("demo", "--quiet") // the reports, which the tests' template leaves out
	before := b.everything()
	out := b.ok("demo")
	if !strings.Contains(out, "mirt-calibrate") {
		t.Errorf("no status table:\n%s", out)
	}
	b.ok(append([]string{"demo"}, demoSize...)...)
	for table, n := range b.everything() {
		if n != before[table] {
			t.Errorf("%s: %d rows, was %d", table, n, before[table])
		}
	}
}

func TestDemoOfAnotherSizeAsksForReset(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	b.fails(exitUsage, "--reset", "demo", "--learners", "121")
	b.fails(exitUsage, "--seed 7", "demo", "--seed", "8")
	smaller := []string{"demo", "--reset", "--learners", "60", "--items", "30", "--days", "16", "--quiet"}
	p := jobs.Pipeline{}
	for range 2 { // a reset of what is there, and of what it made
		p = read[jobs.Pipeline](b, smaller...)
	}
	if p.Answers == 0 || p.Stages[0].State != jobs.StateFresh {
		t.Errorf("after the reset: %+v", p)
	}
	b.fails(exitUsage, "--learners 60", "demo", "--learners", "120")
}

func TestDemoKeepsOffForeignData(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.pool().Exec(t.Context(), `CREATE TABLE exam_results (id int)`); err != nil {
		t.Fatal(err)
	}
	b.fails(exitFailed, "exam_results in schema public", "demo", "--quiet")
	b.fails(exitFailed, "exam_results in schema public", "demo", "--quiet", "--reset")
	if counts := b.everything(); len(counts) != 1 {
		t.Errorf("the demo left tables behind: %v", counts)
	}
	b.fails(exitUsage, "read-only", "demo", "--read-only")
	b.fails(exitUsage, "want 20 (one a topic)", "demo", "--items", "3", "--database", b.url)
}

func TestDaysTheDemoPublishes(t *testing.T) {
	day := func(s string) db.Day {
		d, err := db.ParseDay(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	words := func(days []db.Day) string {
		var s []string
		for _, d := range days {
			s = append(s, d.String())
		}
		return strings.Join(s, " ")
	}
	for _, tt := range []struct{ first, until, last, want string }{
		{"2026-01-01", "2026-01-30", "2026-01-30", "2026-01-14 2026-01-21 2026-01-28 2026-01-30"},
		{"2026-01-01", "2026-01-28", "2026-01-31", "2026-01-14 2026-01-21 2026-01-28 2026-01-31"},
		{"2026-01-01", "2026-01-03", "2026-01-03", "2026-01-03"},
	} {
		if got := words(calibrationDays(day(tt.first), day(tt.until), day(tt.last))); got != tt.want {
			t.Errorf("from %s to %s, seen on %s: calibrations on %s, want %s", tt.first, tt.until, tt.last, got, tt.want)
		}
	}
	for _, tt := range []struct{ first, last, want string }{
		{"2026-03-02", "2026-03-18", "2026-03-08 2026-03-15 2026-03-18"}, // Monday to Wednesday
		{"2026-03-08", "2026-03-15", "2026-03-08 2026-03-15"},            // Sunday to Sunday
		{"2026-03-04", "2026-03-04", "2026-03-04"},
	} {
		if got := words(weekEnds(day(tt.first), day(tt.last))); got != tt.want {
			t.Errorf("from %s to %s: weeks end on %s, want %s", tt.first, tt.last, got, tt.want)
		}
	}
}
