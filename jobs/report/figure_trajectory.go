package report

import (
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"sextant/db"
)

const secondsPerDay = 24 * 60 * 60

// drawTrajectory is θ over time with a band of one SE on either side. Where the
// scale changes the line is broken, since θs of two scales do not compare.
func drawTrajectory(s *sketch, d Document) *Figure {
	var points []Ability
	for _, a := range d.Trajectory {
		if finite(a.Theta, a.SE) && a.SE > 0 {
			points = append(points, a)
		}
	}
	if len(points) == 0 {
		return nil
	}
	s.begin(216, s.words.TrajectoryTitle)
	s.legend(key{sampleLine, s.words.Estimate}, key{sampleBand, s.words.Band})
	s.axisLabels(s.words.TrajectoryX, s.words.TrajectoryY)

	p := s.plot()
	s.dateAxis(p, db.DayOf(points[0].AsOf), d.Week.Sunday)
	low, high := thetaRange(points)
	values, marks := s.ticks(low, high, 4)
	p.Y.Min, p.Y.Max, p.Y.Tick.Marker = low, high, marks
	p.Add(grid{y: values}, trajectory(points))
	s.nameLast(points[len(points)-1])
	p.Draw(draw.Crop(s.canvas, 0, -3.5, 0, 0)) // room for the last dot
	return s.finish()
}

// nameLast writes the newest θ and its SE at the end of the title's line.
func (s *sketch) nameLast(last Ability) {
	words := "θ " + s.language.Number(last.Theta, 2) + " ± " + s.language.Number(last.SE, 2)
	write(&s.canvas, s.text(titleSize, bold, blue, draw.XRight, draw.YTop), figureWidth, vg.Length(s.figure.height), words)
}

func sampleLine(c draw.Canvas) {
	y := c.Center().Y
	c.StrokeLine2(draw.LineStyle{Color: blue, Width: 2}, c.Min.X, y, c.Max.X, y)
	dot(&c, blue, 2.8, c.Center())
}

func sampleBand(c draw.Canvas) {
	fillRect(&c, pale, c.Min.X, c.Min.Y, c.Max.X, c.Max.Y)
	for _, y := range []vg.Length{c.Min.Y, c.Max.Y} {
		c.StrokeLine2(draw.LineStyle{Color: edge, Width: 0.8}, c.Min.X, y, c.Max.X, y)
	}
}

// thetaRange holds every point's band, and at least one unit of θ: a learner
// whose θ hardly moves gets a flat line, not a mountain range.
func thetaRange(points []Ability) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, a := range points {
		low, high = min(low, a.Theta-a.SE), max(high, a.Theta+a.SE)
	}
	if gap := 1 - (high - low); gap > 0 {
		low, high = low-gap/2, high+gap/2
	}
	margin := (high - low) * 0.06
	return low - margin, high + margin
}

// dateAxis runs to the end of the week, over two weeks at least, with a date at
// so many Mondays as can be read.
func (s *sketch) dateAxis(p *plot.Plot, from, to db.Day) {
	if least := to.Add(-13); least.Start().Before(from.Start()) {
		from = least
	}
	p.X.Min, p.X.Max = dayNumber(from.Start())-0.5, dayNumber(to.Start())+0.5
	weeks := int(p.X.Max-p.X.Min) / 7
	step := 7 * max(1, int(math.Ceil(float64(weeks)/5)))
	var marks plot.ConstantTicks
	for d := to.Monday(); !d.Start().Before(from.Start()); d = d.Add(-step) {
		marks = append(marks, plot.Tick{Value: dayNumber(d.Start()), Label: s.language.ShortDate(d)})
	}
	p.X.Tick.Marker = marks
}

func dayNumber(t time.Time) float64 { return float64(db.DayOf(t).Start().Unix()) / secondsPerDay }

// trajectory draws the band, the line and its points.
type trajectory []Ability

// Plot implements plot.Plotter.
func (t trajectory) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	at := func(a Ability, sigmas float64) vg.Point {
		return vg.Point{X: x(dayNumber(a.AsOf)), Y: y(a.Theta + sigmas*a.SE)}
	}
	for from := 0; from < len(t); {
		to := from + 1
		for to < len(t) && t[to].Scale == t[from].Scale {
			to++
		}
		if from > 0 {
			border := (at(t[from-1], 0).X + at(t[from], 0).X) / 2
			c.StrokeLine2(draw.LineStyle{Color: soft, Width: 1, Dashes: []vg.Length{2, 3}}, border, c.Min.Y, border, c.Max.Y)
		}
		drawStretch(&c, t[from:to], at)
		from = to
	}
}

// drawStretch draws points of one scale.
func drawStretch(c *draw.Canvas, points []Ability, at func(a Ability, sigmas float64) vg.Point) {
	var line, upper, lower []vg.Point
	for _, a := range points {
		line, upper, lower = append(line, at(a, 0)), append(upper, at(a, 1)), append(lower, at(a, -1))
	}
	if len(points) == 1 {
		whisker(c, upper[0], lower[0])
	} else {
		band := append([]vg.Point{}, upper...)
		for i := len(lower) - 1; i >= 0; i-- {
			band = append(band, lower[i])
		}
		c.FillPolygon(pale, band)
		c.StrokeLines(draw.LineStyle{Color: edge, Width: 0.8}, upper, lower)
		c.StrokeLines(draw.LineStyle{Color: blue, Width: 2}, line)
	}
	radius := vg.Length(2.4)
	if len(points) > 25 { // a dot a day would hide the line
		line, radius = line[len(line)-1:], 3.2
	}
	for _, p := range line {
		dot(c, blue, radius, p)
	}
}

// whisker is an interval upright, or lying where both ends are at one height.
func whisker(c *draw.Canvas, a, b vg.Point) {
	style := draw.LineStyle{Color: edge, Width: 1.6}
	c.StrokeLine2(style, a.X, a.Y, b.X, b.Y)
	cap := vg.Point{X: 3.5}
	if a.Y == b.Y {
		cap = vg.Point{Y: 3.5}
	}
	for _, p := range []vg.Point{a, b} {
		c.StrokeLine2(style, p.X-cap.X, p.Y-cap.Y, p.X+cap.X, p.Y+cap.Y)
	}
}
