package jobs_test

import (
	"slices"
	"testing"

	"sextant/jobs"
)

// Two calibrations differ in facts, in parameters and in how they were linked.
func TestCalibrationsAreCompared(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	one := b.run(jobs.Request{Stage: "mirt-calibrate", Date: day("2026-03-28")})
	two := b.run(jobs.Request{Stage: "mirt-calibrate", Options: map[string]string{"min-answers": "3"}})
	c, err := b.service().CompareRuns(b.ctx, two.ID, one.ID)
	if err != nil {
		t.Fatal(err)
	}
	if c.A.ID != one.ID || c.B.ID != two.ID || c.Items == nil || len(c.Items.Items) == 0 {
		t.Fatalf("compared %s and %s, items %+v", c.A.ID, c.B.ID, c.Items)
	}
	names := map[jobs.ComparedKind][]string{}
	lines := map[string]jobs.ComparedLine{}
	for _, l := range c.Lines {
		names[l.Kind] = append(names[l.Kind], l.Name)
		lines[string(l.Kind)+" "+l.Name] = l
		if l.Differs != (l.A != l.B) {
			t.Errorf("%+v", l)
		}
	}
	// The console has words for each of these.
	if want := []string{"stage", "status", "error", "days", "took", "units", "rows read", "rows written", "failures", "trigger", "actor", "reason", "host", "version", "scale", "prior"}; !slices.Equal(names[jobs.ComparedFact], want) {
		t.Errorf("facts %q, want %q", names[jobs.ComparedFact], want)
	}
	if l := lines["parameter min-answers"]; l.B != "3" || !l.Differs {
		t.Errorf("the parameter: %+v of %q", l, names[jobs.ComparedParameter])
	}
	if l := lines["fact days"]; l.A != "2026-03-28" || !l.Differs {
		t.Errorf("days %+v", l)
	}
	if l := lines["linking link to"]; l.A != "anchors" || l.Differs {
		t.Errorf("linked: %+v of %q", l, names[jobs.ComparedLinking])
	}
}
