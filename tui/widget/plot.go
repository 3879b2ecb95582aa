package widget

import (
	"fmt"
	"math"
	"strings"

	"sextant/tui/theme"
)

// XY is a point of a plot.
type XY struct{ X, Y float64 }

// Curve is points joined by a line.
type Curve struct {
	Points []XY
	Past   bool // drawn lighter: how it was before
	Right  bool // read off the right axis
}

// Dot is a single point; one with a name shows it.
type Dot struct {
	XY
	Name  string
	Alarm bool
}

// Plot draws curves and dots over numbered axes. Axes whose Low and High are
// equal are made to fit.
type Plot struct {
	XLow, XHigh float64
	YLow, YHigh float64
	RLow, RHigh float64 // the right axis, drawn when a curve is read off it

	Curves    []Curve
	Dots      []Dot
	Verticals []float64 // dotted lines at these x
	Levels    []float64 // and at these y
	Diagonal  bool      // the line of y = x, for two measures of one thing
	Empty     string    // shown when there is nothing to draw
}

const (
	tickLabels = 6 // cells of a number at an axis, its blank included
	leastPlotW = 10
	leastPlotH = 3
)

// View draws the plot into w × h cells, axes included.
func (p Plot) View(th *theme.Theme, w, h int) []string {
	p, some := p.fitted()
	right := 0
	for _, c := range p.Curves {
		if c.Right && len(c.Points) > 0 {
			right = tickLabels
		}
	}
	plotW, plotH := w-tickLabels-1-right, h-2
	if !some || plotW < leastPlotW || plotH < leastPlotH {
		return []string{S(th.Faint, th.Tr(p.Empty)).Truncate(w, th.Glyph.Ellipsis).String()}
	}
	cv := newCanvas(plotW, plotH, th.ASCII)
	p.draw(th, cv)
	left := axisTicks(p.YLow, p.YHigh, plotH, func(v float64) int { return int(cv.y(v, p.YLow, p.YHigh)) / cv.dy })
	var rights map[int]string
	if right > 0 {
		rights = axisTicks(p.RLow, p.RHigh, plotH, func(v float64) int { return int(cv.y(v, p.RLow, p.RHigh)) / cv.dy })
	}
	out := make([]string, 0, h)
	for row := range plotH {
		mark := " "
		if left[row] != "" {
			mark = th.Glyph.Horizontal
		}
		line := S(th.Muted, left[row]).Pad(tickLabels-1, "", th.Muted, true).Add(th.Rule, mark+th.Glyph.Vertical)
		line = append(line, cv.line(th, row)...)
		if right > 0 {
			line = line.Pad(tickLabels+1+plotW, "", th.Blank, false).Add(th.Muted, " "+rights[row])
		}
		out = append(out, line.String())
	}
	out = append(out, S(th.Rule, strings.Repeat(" ", tickLabels)+th.Glyph.BottomLeft+strings.Repeat(th.Glyph.Horizontal, plotW)).String())
	return append(out, S(th.Muted, strings.Repeat(" ", tickLabels+1)+numberAxis(p.XLow, p.XHigh, plotW)).String())
}

// y is the dot row of a value on an axis.
func (c *canvas) y(v, low, high float64) float64 {
	return math.Round((high - v) / (high - low) * float64(c.h*c.dy-1))
}

// x is the dot column of a value on an axis.
func (c *canvas) x(v, low, high float64) float64 {
	return math.Round((v - low) / (high - low) * float64(c.w*c.dx-1))
}

func (p Plot) draw(th *theme.Theme, cv *canvas) {
	maxX, maxY := cv.w*cv.dx-1, cv.h*cv.dy-1
	for _, v := range p.Verticals {
		x := int(cv.x(v, p.XLow, p.XHigh))
		for y := 0; y <= maxY; y += 2 {
			cv.set(x, y, inkBand)
		}
	}
	for _, v := range p.Levels {
		y := int(cv.y(v, p.YLow, p.YHigh))
		for x := 0; x <= maxX; x += 3 {
			cv.set(x, y, inkBand)
		}
	}
	if p.Diagonal {
		for x := 0; x <= maxX; x++ {
			v := p.XLow + (p.XHigh-p.XLow)*float64(x)/float64(maxX)
			if y := int(cv.y(v, p.YLow, p.YHigh)); x%2 == 0 || cv.dx == 1 {
				cv.set(x, y, inkBand)
			}
		}
	}
	for _, past := range []bool{true, false} {
		for _, c := range p.Curves {
			if c.Past == past {
				p.join(cv, c)
			}
		}
	}
	for _, d := range p.Dots {
		x, y, ink := int(cv.x(d.X, p.XLow, p.XHigh)), int(cv.y(d.Y, p.YLow, p.YHigh)), byte(inkLine)
		if d.Alarm {
			ink = inkAlarm
			for i := range 3 * (cv.dx - 1) { // in dots, heavier than its neighbours, also without colour
				cv.set(x+(i+1)%2, y+(i+1)/2, ink)
			}
		}
		cv.set(x, y, ink)
	}
	for _, d := range p.Dots {
		if d.Name != "" {
			x, y := int(cv.x(d.X, p.XLow, p.XHigh)), int(cv.y(d.Y, p.YLow, p.YHigh))
			cv.label(x/cv.dx+1, y/cv.dy, Span{Clean(d.Name), th.Wrong})
		}
	}
}

// join draws a curve, steep parts without gaps. What leaves the axes is cut.
func (p Plot) join(cv *canvas, c Curve) {
	low, high, ink := p.YLow, p.YHigh, byte(inkLine)
	if c.Right {
		low, high = p.RLow, p.RHigh
	}
	if c.Past || c.Right {
		ink = inkBand
	}
	for i := 1; i < len(c.Points); i++ {
		a, b := c.Points[i-1], c.Points[i]
		x0, y0 := cv.x(a.X, p.XLow, p.XHigh), cv.y(a.Y, low, high)
		x1, y1 := cv.x(b.X, p.XLow, p.XHigh), cv.y(b.Y, low, high)
		steps := math.Max(1, math.Max(math.Abs(x1-x0), math.Abs(y1-y0)))
		if math.IsNaN(steps) || steps > 1e5 {
			continue
		}
		for s := 0.0; s <= steps; s++ {
			cv.set(int(math.Round(x0+(x1-x0)*s/steps)), int(math.Round(y0+(y1-y0)*s/steps)), ink)
		}
	}
}

// fitted is the plot with what cannot be drawn left out and its axes made to
// fit, and whether there is anything to draw.
func (p Plot) fitted() (Plot, bool) {
	left, right, across := span{}, span{}, span{}
	var dots []Dot
	for _, d := range p.Dots {
		if finite(d.X) && finite(d.Y) {
			across.take(d.X)
			left.take(d.Y)
			dots = append(dots, d)
		}
	}
	var curves []Curve
	for _, c := range p.Curves {
		var keep []XY
		for _, q := range c.Points {
			if !finite(q.X) || !finite(q.Y) {
				continue
			}
			keep = append(keep, q)
			across.take(q.X)
			if c.Right {
				right.take(q.Y)
			} else {
				left.take(q.Y)
			}
		}
		c.Points = keep
		curves = append(curves, c)
	}
	p.Dots, p.Curves = dots, curves
	if p.XLow == p.XHigh {
		p.XLow, p.XHigh = across.wide()
	}
	if p.YLow == p.YHigh {
		p.YLow, p.YHigh = left.wide()
	}
	if p.RLow == p.RHigh {
		p.RLow, p.RHigh = right.wide()
	}
	return p, across.any
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// span is the range of some values.
type span struct {
	low, high float64
	any       bool
}

func (s *span) take(v float64) {
	if !s.any {
		*s = span{v, v, true}
	}
	s.low, s.high = math.Min(s.low, v), math.Max(s.high, v)
}

// wide is the range with some air, never empty.
func (s span) wide() (low, high float64) {
	air := math.Max(0.1, (s.high-s.low)*0.03)
	return s.low - air, s.high + air
}

// numberAxis writes round numbers under an axis of w cells.
func numberAxis(low, high float64, w int) string {
	step := 0.5
	for (high-low)/step*7 > float64(w) {
		step *= 2
	}
	axis := []byte(strings.Repeat(" ", w))
	free := 0
	for v := math.Ceil(low/step) * step; v <= high+1e-9; v += step {
		text := fmt.Sprintf("%.1f", v)
		if step >= 1 {
			text = fmt.Sprintf("%.0f", v)
		}
		text = strings.Replace(text, "-0.0", "0.0", 1)
		if text == "-0" {
			text = "0"
		}
		at := int(math.Round((v - low) / (high - low) * float64(w-1)))
		start := max(0, min(w-len(text), at-len(text)/2))
		if v < 0 && start > 0 && at > 0 { // the sign hangs out, the number stands under its tick
			start = max(0, min(w-len(text), at-(len(text)-1)/2-1))
		}
		if start < free {
			continue
		}
		copy(axis[start:], text)
		free = start + len(text) + 1
	}
	return string(axis)
}
