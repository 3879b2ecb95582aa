package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawTopics is the share of correct answers by topic beside the week before's,
// and, where topics have one, their θ with its SE.
func drawTopics(s *sketch, d Document) *Figure {
	var topics []Topic
	compared, judged := false, false
	for _, t := range d.ShownTopics() {
		if t.Answers <= 0 {
			continue
		}
		topics = append(topics, t)
		compared = compared || t.LastAnswers > 0
		judged = judged || hasTheta(t)
	}
	if len(topics) == 0 {
		return nil
	}
	s.begin(90+rowHeight*float64(len(topics)), s.words.TopicsTitle)
	keys := []key{{sampleCorrect, s.words.ThisWeek}}
	if compared {
		keys = append(keys, key{sampleLast, s.words.LastWeek})
	}
	if judged {
		keys = append(keys, key{sampleTheta, s.words.Estimate + ", ±1 SE"})
	}
	s.legend(keys...)

	bars := shareBars{sketch: s}
	for _, t := range topics {
		bars.rows = append(bars.rows, s.topicRow(t))
	}
	left := s.canvas
	if judged {
		left = draw.Crop(s.canvas, 0, -126, 0, 0)
		right := draw.Crop(s.canvas, figureWidth-110, 0, 0, 0)
		s.panel(right, s.words.TrajectoryY, s.thetaPlot(topics))
	}
	s.panel(left, s.words.TopicsX, s.sharePlot(bars))
	return s.finish()
}

// panel draws a plot with its axis' label below.
func (s *sketch) panel(c draw.Canvas, label string, p *plot.Plot) {
	style := s.text(smallSize, regular, soft, draw.XCenter, draw.YBottom)
	write(&c, style, c.Center().X, c.Min.Y, label)
	p.Draw(draw.Crop(c, 0, 0, smallSize*(ascent+descent)+2, 0))
}

func sampleLast(c draw.Canvas) { diamond(&c, 4.2, c.Center()) }

func sampleTheta(c draw.Canvas) {
	y := c.Center().Y
	whisker(&c, vg.Point{X: c.Min.X + 1, Y: y}, vg.Point{X: c.Max.X - 1, Y: y})
	dot(&c, blue, 2.8, c.Center())
}

func (s *sketch) topicRow(t Topic) shareRow {
	row := shareRow{name: t.Topic, share: float64(t.Correct) / float64(t.Answers)}
	if row.name == "" {
		row.name = s.words.NoTopic
	}
	row.value = fmt.Sprintf("%s (%d/%d)", s.language.Percent(row.share), t.Correct, t.Answers)
	if t.LastAnswers > 0 {
		was := float64(t.LastCorrect) / float64(t.LastAnswers)
		row.was = &was
	}
	return row
}

func hasTheta(t Topic) bool {
	return t.Theta != nil && t.SE != nil && finite(*t.Theta, *t.SE) && *t.SE > 0
}

// thetaPlot has a dot with whiskers for each topic, in the rows of the bars.
func (s *sketch) thetaPlot(topics []Topic) *plot.Plot {
	p := s.plot()
	low, high := math.Inf(1), math.Inf(-1)
	for _, t := range topics {
		if hasTheta(t) {
			low, high = min(low, *t.Theta-*t.SE), max(high, *t.Theta+*t.SE)
		}
	}
	if gap := 1 - (high - low); gap > 0 {
		low, high = low-gap/2, high+gap/2
	}
	margin := (high - low) * 0.08
	p.X.Min, p.X.Max = low-margin, high+margin
	values, marks := s.ticks(p.X.Min, p.X.Max, 3)
	p.X.Tick.Marker = marks
	p.Y.Min, p.Y.Max = 0, float64(len(topics))
	p.Y.Tick.Marker, p.Y.Padding = plot.ConstantTicks{}, 0
	p.Add(grid{x: values}, thetaDots(topics))
	return p
}

type thetaDots []Topic

// Plot implements plot.Plotter.
func (d thetaDots) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i, t := range d {
		if !hasTheta(t) {
			continue
		}
		height := y(float64(len(d)-1-i)) + 7 + 4.5 // the middle of the bar
		whisker(&c, vg.Point{X: x(*t.Theta - *t.SE), Y: height}, vg.Point{X: x(*t.Theta + *t.SE), Y: height})
		dot(&c, blue, 3, vg.Point{X: x(*t.Theta), Y: height})
	}
}
