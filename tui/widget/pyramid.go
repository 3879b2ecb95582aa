package widget

import (
	"fmt"
	"math"
	"strings"

	"sextant/tui/theme"
)

// Pyramid sets two distributions along one scale back to back: a Wright map
// has the learners at the left and the items at the right. The scale stands
// upright, its high end on top.
type Pyramid struct {
	Low, High           float64
	Left, Right         []float64 // bars of equal width from Low to High
	LeftName, RightName string
}

// View draws it into w × h cells, the names above it.
func (p Pyramid) View(th *theme.Theme, w, h int) []string {
	const axis = 8 // " -4.0 │ "
	half := (w - axis) / 2
	n := max(len(p.Left), len(p.Right))
	rows := h - 1
	if half < 6 || rows < 4 || n == 0 {
		return []string{S(th.Faint, th.Tr("too little room")).Truncate(w, th.Glyph.Ellipsis).String()}
	}
	rows = min(rows, n)
	lefts, rights := gather(p.Left, rows), gather(p.Right, rows)
	leftTop, rightTop := largest(lefts), largest(rights)
	head := S(th.Muted, p.LeftName).Pad(half, th.Glyph.Ellipsis, th.Muted, true)
	head = head.Add(th.Muted, strings.Repeat(" ", axis)).Add(th.Muted, p.RightName)
	out := []string{head.Truncate(w, th.Glyph.Ellipsis).String()}
	step := (p.High - p.Low) / float64(rows)
	for i := rows - 1; i >= 0; i-- {
		line := barLeft(th, th.Band, half, lefts[i]/leftTop)
		line = line.Add(th.Rule, " "+th.Glyph.Vertical).Add(th.Muted, scaleLabel(p.Low+step*float64(i), step)).Add(th.Rule, th.Glyph.Vertical+" ")
		line = append(line, barRight(th, th.Accent, half, rights[i]/rightTop)...)
		out = append(out, line.String())
	}
	return out
}

// scaleLabel is the round value in a row that begins at low, if there is one:
// each half where rows are narrow enough, else each whole one.
func scaleLabel(low, step float64) string {
	round := 1.0
	if step <= 0.25 {
		round = 0.5
	}
	v := math.Ceil(low/round-1e-9) * round
	if v >= low+step-1e-9 {
		return "    "
	}
	return strings.Replace(fmt.Sprintf("%4.1f", v), "-0.0", " 0.0", 1)
}

// gather spreads bars over so many rows of equal width.
func gather(bars []float64, rows int) []float64 {
	out := make([]float64, rows)
	each := float64(len(bars)) / float64(rows) // bars a row
	for i := range out {
		from, to := float64(i)*each, float64(i+1)*each
		for b := int(from); b < len(bars) && float64(b) < to; b++ {
			out[i] += bars[b] * (math.Min(to, float64(b+1)) - math.Max(from, float64(b)))
		}
	}
	return out
}

// largest is the tallest of some bars, at least 1.
func largest(bars []float64) float64 {
	top := 1.0
	for _, b := range bars {
		top = max(top, b)
	}
	return top
}

// barRight is a bar that grows to the right; a share above none shows.
func barRight(th *theme.Theme, style theme.Style, w int, share float64) Line {
	steps := len(th.Glyph.Partial) + 1
	filled := cellsOf(w*steps, share)
	line := S(style, strings.Repeat(th.Glyph.Full, filled/steps))
	if part := filled % steps; part > 0 {
		line = line.Add(style, th.Glyph.Partial[part-1])
	}
	return line
}

// barLeft is a bar that grows to the left, exactly w cells with the blanks
// before it.
func barLeft(th *theme.Theme, style theme.Style, w int, share float64) Line {
	steps := 1
	if th.Glyph.RightHalf != "" {
		steps = 2
	}
	filled := cellsOf(w*steps, share)
	full, part := filled/steps, filled%steps
	line := S(th.Blank, strings.Repeat(" ", w-full-part))
	if part > 0 {
		line = line.Add(style, th.Glyph.RightHalf)
	}
	return line.Add(style, strings.Repeat(th.Glyph.Full, full))
}

// cellsOf is a share of n steps; more than nothing is at least one.
func cellsOf(n int, share float64) int {
	if !(share > 0) {
		return 0
	}
	return max(1, min(n, int(share*float64(n)+0.5)))
}

// Diverging is a bar of w cells that grows from its middle: to the right for a
// share above 0, to the left below it.
func Diverging(th *theme.Theme, left, right theme.Style, w int, share float64) Line {
	half := (w - 1) / 2
	if half < 1 {
		return nil
	}
	if share < 0 {
		return barLeft(th, left, half, -share).Add(th.Muted, th.Glyph.Zero).Add(th.Blank, strings.Repeat(" ", half))
	}
	line := S(th.Blank, strings.Repeat(" ", half)).Add(th.Muted, th.Glyph.Zero)
	return append(line, barRight(th, right, half, share)...).Pad(2*half+1, "", th.Blank, false)
}

// Poles names the two sides of Diverging's axis, next to it.
func Poles(left, right string, w int) string {
	half := (w - 1) / 2
	return strings.Repeat(" ", max(0, half-1-width(left))) + left + "   " + right
}
