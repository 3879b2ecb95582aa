package tui

import (
	"strings"
	"testing"
	"time"
)

// TestAChangedEstimateFlashes takes a new θ in while a learner is open.
func TestAChangedEstimateFlashes(t *testing.T) {
	f := newFixture()
	d := drive(t, f, 120, 36, Options{Background: Dark}).keys("3 enter")
	th := d.app.theme
	flashing := func(text string) bool { return strings.Contains(d.frame(), th.Flash(th.Strong).Render(text)) }
	if flashing("1.24 ± 0.21") {
		t.Error("the estimate flashes at first sight")
	}
	f.learners[0].Theta = ptr(1.31)
	d.run(d.app.refresh())
	if !flashing("1.31 ± 0.21") {
		t.Errorf("the new estimate does not flash:\n%q", d.frame())
	}
	d.now = d.now.Add(2 * time.Second)
	if flashing("1.31 ± 0.21") {
		t.Error("the new estimate flashes for ever")
	}
	if !strings.Contains(d.frame(), th.Strong.Render("θ 1.31 ± 0.21")) {
		t.Error("the new estimate is not shown")
	}
}
