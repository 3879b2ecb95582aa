package jobs_test

import (
	"fmt"
	"testing"

	"sextant/jobs"
)

// Every number of days has a most, up to which a run goes through: none reaches
// the database that it could not count with.
func TestTheMostDaysGoThrough(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := *day(sunday)
	b.load(randomWorld(3, d, 8))
	for _, stage := range jobs.Stages().All() {
		info := stage.Info()
		options := map[string]string{}
		for _, s := range jobs.Specs(stage.Params()) {
			if s.Kind == "int" && s.Max == "" && s.Name != "max-obs" && s.Name != "min-answers" {
				t.Errorf("%s: --%s has no most", info.Name, s.Name)
			}
			if s.Kind == "int" && s.Max != "" {
				options[s.Name] = s.Max
			}
		}
		if info.Slice != "day" {
			continue
		}
		t.Run(info.Name, func(t *testing.T) {
			r := jobs.Request{Stage: info.Name, Options: options}
			p, err := b.runner.Preview(b.ctx, r)
			if err != nil || p.Todo() == 0 {
				t.Errorf("preview with %v: %d to do, %v", options, p.Todo(), err)
			}
			r.Date = &d
			if got := b.run(r); got.UnitsDone != 1 {
				t.Errorf("run with %s: %d units", fmt.Sprint(options), got.UnitsDone)
			}
		})
	}
}
