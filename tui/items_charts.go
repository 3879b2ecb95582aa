package tui

import (
	"slices"
	"strings"

	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// The charts of a bank, in the order of their pages.
const (
	chartMap = iota + 1
	chartInformation
	chartDrift
	bankCharts = chartDrift
)

const (
	chartWidth  = 54 // from twice which two charts stand side by side
	chartHeight = 13 // the least of one among several
)

// chartsFit is how many of the bank's charts fit at once.
func chartsFit(w, h int) int {
	return min(bankCharts, max(1, w/chartWidth)*max(1, h/chartHeight))
}

// charts are the bank's charts from one on, as many as fit, kept until the bank
// or the room changes.
func (s *items) charts(first, w, h int) []string {
	a := s.app
	if !s.summary.loaded {
		return loading(a, "the bank", s.summary.err)
	}
	of := chartsOf{s.summary, s.summary.serial, a.theme, first, w, h}
	return s.picture.draw(of, func() []string { return s.drawCharts(first, w, h) })
}

// drawCharts draws them in columns where the room is wide, under each other
// where it is high.
func (s *items) drawCharts(first, w, h int) []string {
	n := min(chartsFit(w, h), bankCharts-first+1)
	columns := min(n, max(1, w/chartWidth))
	lines := (n + columns - 1) / columns
	var out []string
	for row := range lines {
		height := (h - len(out)) / (lines - row)
		var blocks []widget.Block
		for col := range columns {
			chart := first + row*columns + col
			if chart >= first+n {
				break
			}
			cw := (w - 2*(columns-1)) / columns
			if row == lines-1 && n%columns != 0 { // the last ones share the row
				cw = (w - 2*(n%columns-1)) / (n % columns)
			}
			blocks = append(blocks, widget.Block{Width: cw, Lines: s.chart(chart, cw, height)})
		}
		out = append(out, widget.Columns(height, 2, blocks...)...)
	}
	return out
}

// chart draws one of the charts under its name and the numbers that go with it.
func (s *items) chart(chart, w, h int) []string {
	th, b := s.app.theme, s.summary.value
	var head []widget.Line
	var body func(w, h int) []string
	switch chart {
	case chartMap:
		head = []widget.Line{widget.S(th.Strong, th.Tr("Learners and items")).Add(th.Muted, "  "+populationWords(th, b))}
		body = func(w, h int) []string { return wrightMap(th, b).View(th, w, h) }
	case chartInformation:
		head = []widget.Line{widget.S(th.Strong, th.Tr("Precision")).Add(th.Muted, "  "+th.Tr("reliability %s of the bank, %s of the answers", number(b.Reliability, 2), number(b.Fit.Reliability, 2))),
			widget.S(th.Line, th.Glyph.Horizontal+" "+th.Tr("test information")).Add(th.Band, "   "+th.Glyph.Horizontal+" "+th.Tr("SE of %s, read at the right", th.Glyph.Theta))}
		body = func(w, h int) []string { return informationPlot(b).View(th, w, h) }
	default:
		head = driftHead(th, b)
		body = func(w, h int) []string { return driftBody(th, b.Moved, w, h) }
	}
	var rows []string
	for _, l := range head[:min(len(head), max(1, h-8))] {
		rows = append(rows, " "+l.Truncate(w-1, th.Glyph.Ellipsis).String())
	}
	room := h - len(rows) - 1
	for _, l := range body(w-2, room) {
		rows = append(rows, " "+l)
	}
	return append(rows, "")
}

// populationWords say how the learners are distributed.
func populationWords(th *theme.Theme, b jobs.BankSummary) string {
	c := b.Calibration
	words := th.Glyph.Theta + " ~ N(" + number(c.PriorMean, 2) + ", " + number(c.PriorSD, 2) + "²)"
	if t := b.Thetas; t != nil {
		n := plural(th, t.Counted, "%s learner", "%s learners")
		if t.Sample {
			n = th.Tr("a sample of %s", n)
		}
		words += ", " + n
	}
	return words
}

// wrightMap sets the learners against the items. A bank of its own publishes no
// θ: its population is drawn as the calibration has it.
func wrightMap(th *theme.Theme, b jobs.BankSummary) widget.Pyramid {
	p := widget.Pyramid{Low: b.ItemBars.Low, High: b.ItemBars.High, Right: floats(b.ItemBars.Bars),
		LeftName: th.Tr("learners"), RightName: th.Tr("items by b")}
	if b.Thetas != nil {
		p.Left = floats(b.Thetas.Bars)
		return p
	}
	p.LeftName = th.Tr("population, estimated")
	p.Left = normalBars(b.Calibration.PriorMean, b.Calibration.PriorSD, p.Low, p.High, len(p.Right))
	return p
}

func floats(bars []int64) []float64 {
	out := make([]float64, len(bars))
	for i, n := range bars {
		out[i] = float64(n)
	}
	return out
}

// informationPlot draws the test information and, read off the right axis, the
// standard error that it gives.
func informationPlot(b jobs.BankSummary) widget.Plot {
	info, se := widget.Curve{}, widget.Curve{Right: true}
	top := 0.0
	for _, p := range b.Information {
		top = max(top, p.Information)
		info.Points = append(info.Points, widget.XY{X: p.Theta, Y: p.Information})
		if p.Information > 0 && p.SE <= mostSE {
			se.Points = append(se.Points, widget.XY{X: p.Theta, Y: p.SE})
		}
	}
	p := widget.Plot{XLow: -4, XHigh: 4, YHigh: max(0.1, top*1.05), Curves: []widget.Curve{info, se}, Empty: "no item measures"}
	for _, q := range se.Points {
		p.RHigh = max(p.RHigh, q.Y*1.05)
	}
	if len(info.Points) == 0 {
		p.YHigh = 0
	}
	return p
}

// mostSE is the greatest standard error drawn: beyond it nothing is measured.
const mostSE = 2

// driftHead says how the calibration was linked and what has moved.
func driftHead(th *theme.Theme, b jobs.BankSummary) []widget.Line {
	title := widget.S(th.Strong, th.Tr("Drift"))
	if b.Previous != nil {
		title = title.Add(th.Muted, "  "+th.Tr("b against that of %s", b.Previous.DataDay))
	}
	names := driftedNames(b.Moved)
	verdict := widget.S(th.Fresh, th.Glyph.OK+" "+th.Tr("no item has drifted"))
	if len(names) > 0 {
		verdict = widget.S(th.Late, th.Glyph.Warn+" "+plural(th, len(names), "%s item has drifted", "%s items have drifted")).Add(th.Text, ": "+widget.Clean(strings.Join(names, ", ")))
	}
	if b.Previous == nil {
		verdict = nil
	}
	return slices.DeleteFunc([]widget.Line{title, verdict, linkingLine(th, b.Linking)}, func(l widget.Line) bool { return l == nil })
}

// linkingLine is how a calibration was put on its scale.
func linkingLine(th *theme.Theme, l *jobs.Linking) widget.Line {
	if l == nil {
		return nil
	}
	if l.To == "scale" {
		return widget.S(th.Muted, th.Tr("it started the scale: nothing to link to"))
	}
	line := widget.S(th.Muted, th.Tr("linked to %s", linkedTo(th, l.To))).Add(th.Text, "  A "+number(l.A, 3)+"  B "+number(l.B, 3)).
		Add(th.Muted, "  SE "+number(l.AccumulatedSE, 3))
	if l.Alarm {
		line = line.Add(th.Due, " "+th.Glyph.Warn+" "+th.Tr("past the alarm of %s", number(jobs.LinkAlarm, 2)))
	}
	return line.Add(th.Muted, "  "+th.Tr("%s of %s items", count(l.Items), count(l.Common))+"  "+th.Tr("residual %s", number(l.Residual, 3)))
}

// linkedTo is what a calibration is linked to, in words.
func linkedTo(th *theme.Theme, to string) string {
	switch to {
	case "anchors":
		return th.Tr("the anchors")
	case "previous":
		return th.Tr("the calibration before")
	}
	return to
}

func driftedNames(moved []jobs.MovedItem) []string {
	var names []string
	for _, m := range moved {
		if m.Drifted {
			names = append(names, m.ItemID)
		}
	}
	return names
}

// moversWidth is what a list of the items that moved most takes.
const moversWidth = 36

// driftBody draws the plot and, where it would be stretched otherwise, the items
// that moved most beside it.
func driftBody(th *theme.Theme, moved []jobs.MovedItem, w, h int) []string {
	plot := driftPlot(th, moved)
	if w < 3*h+moversWidth || len(moved) == 0 {
		return plot.View(th, w, h)
	}
	var lines []string
	for _, m := range moved[:max(0, min(len(moved), h-1))] {
		style := th.Text
		if m.Drifted {
			style = th.Late
		}
		line := widget.S(style, widget.Clean(m.ItemID)).Pad(12, th.Glyph.Ellipsis, th.Blank, false)
		line = append(line, widget.S(th.Muted, number(m.Before.B, 2)).Pad(6, "", th.Blank, true)...).Add(th.Faint, " "+th.Glyph.Arrow+" ")
		line = append(line, widget.S(style, number(m.Now.B, 2)).Pad(5, "", th.Blank, true)...).Add(th.Muted, "  z "+optional(m.Z, 1))
		lines = append(lines, line.String())
	}
	return widget.Columns(h, 3, widget.Block{Width: w - moversWidth - 3, Lines: plot.View(th, w-moversWidth-3, h)}, widget.Block{Width: moversWidth, Lines: lines})
}

// driftPlot sets each item's b against what it was; those that have drifted
// stand out by name.
func driftPlot(th *theme.Theme, moved []jobs.MovedItem) widget.Plot {
	p := widget.Plot{Diagonal: true, Empty: "no calibration before it on this scale"}
	low, high := 0.0, 0.0
	for _, m := range moved {
		d := widget.Dot{XY: widget.XY{X: m.Before.B, Y: m.Now.B}, Alarm: m.Drifted}
		if m.Drifted {
			d.Name = m.ItemID
		}
		p.Dots = append(p.Dots, d)
		if max(abs(d.X), abs(d.Y)) <= furthestB {
			low, high = min(low, d.X, d.Y), max(high, d.X, d.Y)
		}
	}
	if len(p.Dots) > 0 { // both axes alike, so that the diagonal means: unmoved
		p.XLow, p.XHigh, p.YLow, p.YHigh = low-0.2, high+0.2, low-0.2, high+0.2
	}
	return p
}

// furthestB is the greatest b that the drift plot makes room for: a single wild
// item must not squeeze all others into a corner.
const furthestB = 6
