package widget

import (
	"math"
	"strings"

	"sextant/tui/theme"
)

// Progress is a bar of w cells filled to a share between 0 and 1.
func Progress(th *theme.Theme, style theme.Style, w int, share float64) Line {
	if !(share > 0) { // NaN too
		share = 0
	}
	steps := max(1, len(th.Glyph.Partial)+1)
	filled := int(math.Min(1, share) * float64(w*steps))
	full, part := filled/steps, filled%steps
	line := S(style, strings.Repeat(th.Glyph.Full, full))
	if part > 0 {
		line = line.Add(style, th.Glyph.Partial[part-1])
		full++
	}
	return line.Add(th.Rule, strings.Repeat(th.Glyph.Empty, max(0, w-full)))
}

// SparkBar is one bar of a spark line; a bar with a Sign shows that instead of
// its height.
type SparkBar struct {
	Value float64
	Sign  string
	Style theme.Style
}

// Spark draws bars by their share of the largest, the last w of them.
func Spark(th *theme.Theme, w int, bars []SparkBar) Line {
	bars = bars[max(0, len(bars)-w):]
	top := 0.0
	for _, b := range bars {
		if b.Sign == "" && !math.IsInf(b.Value, 0) {
			top = math.Max(top, b.Value)
		}
	}
	var line Line
	for _, b := range bars {
		sign := b.Sign
		if sign == "" {
			level := 0
			if top > 0 && b.Value > 0 {
				level = int(math.Min(1, b.Value/top) * float64(len(th.Glyph.Spark)-1))
			}
			sign = th.Glyph.Spark[level]
		}
		line = line.Add(b.Style, sign)
	}
	return line
}

// Interval draws a value with its uncertainty on a scale from low to high, w
// cells wide, with a mark at zero. What lies outside is drawn at the edge.
func Interval(th *theme.Theme, w int, low, high, value, se float64) Line {
	if w < 3 || math.IsNaN(value) || high <= low {
		return S(th.Faint, strings.Repeat(" ", max(0, w)))
	}
	cell := func(v float64) int {
		return max(0, min(w-1, int(math.Round((math.Max(low, math.Min(high, v))-low)/(high-low)*float64(w-1)))))
	}
	at, zero := cell(value), cell(0)
	from, to := at, at
	if se > 0 {
		from, to = cell(value-se), cell(value+se)
	}
	var line Line
	for i := range w {
		switch {
		case i == at:
			line = line.Add(th.Line, th.Glyph.Point)
		case i >= from && i <= to:
			line = line.Add(th.Accent, th.Glyph.Whisker)
		case i == zero:
			line = line.Add(th.Muted, th.Glyph.Zero)
		default:
			line = line.Add(th.Rule, th.Glyph.Track)
		}
	}
	return line
}
