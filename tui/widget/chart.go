package widget

import (
	"fmt"
	"math"
	"strings"
	"time"

	"sextant/tui/theme"
)

// Point is one estimate in time. SE 0 or NaN: unknown.
type Point struct {
	At        time.Time
	Value, SE float64
}

// Chart draws estimates through time with the band of one standard error
// around them, over a dated axis. Series are not joined: each is a scale of
// its own.
type Chart struct {
	Series [][]Point
}

// dots of one braille cell, by column and row, as bits above U+2800.
var brailleDots = [2][4]rune{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}

// The inks of a canvas: the heavier one covers the lighter.
const (
	inkBand  = 1
	inkLine  = 2
	inkAlarm = 3
)

// canvas is a grid of dots: two columns and four rows a cell in braille, one
// and one in ASCII.
type canvas struct {
	w, h   int // in cells
	dx, dy int // dots a cell
	ink    []byte
	labels map[int][]label // texts over the dots, by row
}

// label is a text over the dots, from a column on.
type label struct {
	col  int
	text Span
}

// label writes a text next to a cell, on the side where there is room, unless
// another text is in its way.
func (c *canvas) label(col, row int, text Span) {
	w := width(text.Text)
	for _, from := range []int{col + 1, col - w} {
		free := from >= 0 && from+w <= c.w && row >= 0 && row < c.h
		for _, l := range c.labels[row] {
			if from < l.col+width(l.text.Text)+1 && l.col < from+w+1 {
				free = false
			}
		}
		if free {
			if c.labels == nil {
				c.labels = map[int][]label{}
			}
			c.labels[row] = append(c.labels[row], label{from, text})
			return
		}
	}
}

// labelAt is the label that begins at a cell.
func (c *canvas) labelAt(col, row int) (label, bool) {
	for _, l := range c.labels[row] {
		if l.col == col {
			return l, true
		}
	}
	return label{}, false
}

func newCanvas(w, h int, ascii bool) *canvas {
	c := &canvas{w: w, h: h, dx: 2, dy: 4}
	if ascii {
		c.dx, c.dy = 1, 1
	}
	c.ink = make([]byte, w*c.dx*h*c.dy)
	return c
}

func (c *canvas) set(x, y int, ink byte) {
	if x < 0 || y < 0 || x >= c.w*c.dx || y >= c.h*c.dy {
		return
	}
	if i := y*c.w*c.dx + x; c.ink[i] < ink {
		c.ink[i] = ink
	}
}

// line renders one row of cells.
func (c *canvas) line(th *theme.Theme, row int) Line {
	var out Line
	var text []byte // of the span that is being drawn, a cell at a time
	style := th.Band
	flush := func() {
		if len(text) > 0 {
			out = out.Add(style, string(text))
			text = text[:0]
		}
	}
	for col := 0; col < c.w; col++ {
		if l, ok := c.labelAt(col, row); ok {
			flush()
			out = append(out, l.text)
			style = l.text.Style // which blanks go on in
			col += width(l.text.Text) - 1
			continue
		}
		sign, ink := c.cell(th, col, row)
		if next := inkStyle(th, ink); ink > 0 && next != style || len(out)+len(text) == 0 {
			flush()
			style = next
		}
		text = append(text, sign...)
	}
	flush()
	return out
}

// inkStyle is how an ink looks.
func inkStyle(th *theme.Theme, ink byte) theme.Style {
	switch ink {
	case inkLine:
		return th.Line
	case inkAlarm:
		return th.Wrong
	}
	return th.Band
}

// cell is the sign of a cell's dots, and its heaviest ink.
func (c *canvas) cell(th *theme.Theme, col, row int) (sign string, top byte) {
	var bits rune
	for x := range c.dx {
		for y := range c.dy {
			k := c.ink[(row*c.dy+y)*c.w*c.dx+col*c.dx+x]
			if k > top { // a cell has one colour: the line's dots push out the band's
				bits, top = 0, k
			}
			if k > 0 && k == top {
				bits |= brailleDots[x][y]
			}
		}
	}
	switch {
	case bits == 0:
		return " ", 0
	case th.ASCII:
		return [...]string{" ", ".", "*", "x"}[top], top
	}
	return string(0x2800 + bits), top
}

// View draws the chart into w × h cells, axes included.
func (c Chart) View(th *theme.Theme, w, h int) []string {
	series := c.finite()
	const labels = 6
	plotW, plotH := w-labels-1, h-2
	if len(series) == 0 || plotW < 8 || plotH < 2 {
		return []string{S(th.Faint, th.Tr("no history yet")).Truncate(w, th.Glyph.Ellipsis).String()}
	}
	low, high := valueRange(series)
	from, to := timeRange(series)
	cv := newCanvas(plotW, plotH, th.ASCII)
	maxX, maxY := float64(plotW*cv.dx-1), float64(plotH*cv.dy-1)
	x := func(t time.Time) float64 { return float64(t.Sub(from)) / float64(to.Sub(from)) * maxX }
	y := func(v float64) float64 { return (high - v) / (high - low) * maxY }
	for _, s := range series {
		cv.draw(s, x, y)
	}
	ticks := axisTicks(low, high, plotH, func(v float64) int { return int(y(v)) / cv.dy })
	out := make([]string, 0, h)
	for row := range plotH {
		label := S(th.Muted, ticks[row]).Pad(labels-1, "", th.Muted, true)
		mark := " "
		if ticks[row] != "" {
			mark = th.Glyph.Horizontal
		}
		line := label.Add(th.Rule, mark+th.Glyph.Vertical)
		out = append(out, append(line, cv.line(th, row)...).String())
	}
	out = append(out, S(th.Rule, strings.Repeat(" ", labels)+th.Glyph.BottomLeft+strings.Repeat(th.Glyph.Horizontal, plotW)).String())
	return append(out, S(th.Muted, strings.Repeat(" ", labels+1)+dateAxis(from, to, plotW)).String())
}

// finite drops what cannot be drawn.
func (c Chart) finite() [][]Point {
	var out [][]Point
	for _, s := range c.Series {
		var keep []Point
		for _, p := range s {
			if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
				continue
			}
			if !(p.SE > 0) || math.IsInf(p.SE, 0) {
				p.SE = 0
			}
			keep = append(keep, p)
		}
		if len(keep) > 0 {
			out = append(out, keep)
		}
	}
	return out
}

// draw fills the band and joins the points, dot column by dot column.
func (c *canvas) draw(s []Point, x func(time.Time) float64, y func(float64) float64) {
	prev := math.NaN()
	first, last := int(math.Round(x(s[0].At))), int(math.Round(x(s[len(s)-1].At)))
	i := 0
	for col := first; col <= last; col++ {
		for i+1 < len(s)-1 && x(s[i+1].At) <= float64(col) {
			i++
		}
		v, se := s[i].Value, s[i].SE
		if i+1 < len(s) {
			a, b := s[i], s[i+1]
			f := 1.0
			if d := x(b.At) - x(a.At); d > 0 {
				f = math.Max(0, math.Min(1, (float64(col)-x(a.At))/d))
			}
			v, se = a.Value+(b.Value-a.Value)*f, a.SE+(b.SE-a.SE)*f
		}
		c.band(col, y(v+se), y(v-se))
		at := y(v)
		lo, hi := at, at
		if !math.IsNaN(prev) { // reach towards the last column, so that steep parts stay joined
			mid := (prev + at) / 2
			lo, hi = math.Min(at, mid), math.Max(at, mid)
		}
		for row := int(math.Round(lo)); row <= int(math.Round(hi)); row++ {
			c.set(col, row, inkLine)
		}
		prev = at
	}
}

// band dots every other place, so that it reads as lighter than the line even
// without colour.
func (c *canvas) band(col int, top, bottom float64) {
	for row := int(math.Round(top)); row <= int(math.Round(bottom)); row++ {
		if c.dy == 1 || (col+row)%2 == 0 {
			c.set(col, row, inkBand)
		}
	}
}

func valueRange(series [][]Point) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range series {
		for _, p := range s {
			low, high = math.Min(low, p.Value-p.SE), math.Max(high, p.Value+p.SE)
		}
	}
	if d := 1 - (high - low); d > 0 { // a flat line is not a mountain range
		low, high = low-d/2, high+d/2
	}
	return low - 0.05, high + 0.05
}

func timeRange(series [][]Point) (from, to time.Time) {
	for _, s := range series {
		for _, p := range s {
			if from.IsZero() || p.At.Before(from) {
				from = p.At
			}
			if p.At.After(to) {
				to = p.At
			}
		}
	}
	if to.Sub(from) < time.Hour {
		from, to = from.Add(-12*time.Hour), to.Add(12*time.Hour)
	}
	return from, to
}

// axisTicks labels round values, at most one a row and about one in three.
func axisTicks(low, high float64, rows int, row func(float64) int) map[int]string {
	step := 0.05
	for _, round := range []float64{0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if (high-low)/step <= math.Max(2, float64(rows)/2) {
			break
		}
		step = round
	}
	ticks := map[int]string{}
	digits := 2
	switch {
	case step >= 10:
		digits = 0
	case step >= 0.5:
		digits = 1
	}
	for v := math.Ceil(low/step) * step; v <= high; v += step {
		text := fmt.Sprintf("%.*f", digits, v+0) // +0 turns a negative zero
		if v > -step/2 && v < step/2 {
			text = fmt.Sprintf("%.*f", digits, 0.0)
		}
		ticks[row(v)] = text
	}
	return ticks
}

// dateAxis writes the first and last date, and those between for which there
// is room.
func dateAxis(from, to time.Time, w int) string {
	layout := "01-02"
	if to.Sub(from) > 300*24*time.Hour {
		layout = "2006-01"
	}
	n := len(layout)
	if w < 2*n+2 {
		return from.UTC().Format(layout)
	}
	count := max(2, min(6, w/(n+8)))
	axis := []byte(strings.Repeat(" ", w))
	for i := range count {
		at := from.Add(time.Duration(float64(to.Sub(from)) * float64(i) / float64(count-1)))
		start := int(math.Round(float64(w-1)*float64(i)/float64(count-1))) - n/2
		copy(axis[max(0, min(w-n, start)):], at.UTC().Format(layout))
	}
	return string(axis)
}
