package report

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawGoals is the probability of each goal, beside what counts as likely.
func drawGoals(s *sketch, d Document) *Figure {
	bars := shareBars{sketch: s, goal: Likely}
	for _, g := range d.ShownGoals() {
		if g.P == nil || !finite(*g.P) {
			continue
		}
		row := shareRow{name: g.Topic, share: *g.P, value: s.language.Chance(*g.P)}
		if g.Theta != nil && g.Target != nil && math.Abs(*g.Theta) < 100 && math.Abs(*g.Target) < 100 {
			row.note = "θ " + s.language.Number(*g.Theta, 2) + " → " + s.language.Number(*g.Target, 2)
		}
		if row.name == "" {
			row.name = s.words.NoTopic
		}
		bars.rows = append(bars.rows, row)
	}
	if len(bars.rows) == 0 {
		return nil
	}
	s.begin(76+rowHeight*float64(len(bars.rows)), s.words.GoalsTitle)
	s.legend(key{sampleLikely, s.words.LikelyLine})
	s.panel(s.canvas, s.words.GoalsX, s.sharePlot(bars))
	return s.finish()
}

func sampleLikely(c draw.Canvas) {
	x := c.Center().X
	c.StrokeLine2(goalStyle(ink, 1.4, []vg.Length{3, 2}), x, c.Min.Y-2, x, c.Max.Y+2)
}
