package tui

import (
	"math"

	"sextant/irt"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

func abs(v float64) float64 { return math.Abs(v) }

// normalBars are n bars of a normal distribution from low to high.
func normalBars(mean, sd, low, high float64, n int) []float64 {
	out := make([]float64, n)
	step := (high - low) / float64(n)
	for i := range out {
		z := (low + step*(float64(i)+0.5) - mean) / sd
		out[i] = 1000 * math.Exp(-z*z/2)
	}
	return out
}

// curveSteps are the points that an item's curve is drawn by.
const curveSteps = 160

// curveOf is a function of θ over the scale that items are drawn on.
func curveOf(f func(theta float64) float64, past bool) widget.Curve {
	c := widget.Curve{Past: past}
	for i := range curveSteps + 1 {
		theta := -4 + 8*float64(i)/curveSteps
		c.Points = append(c.Points, widget.XY{X: theta, Y: f(theta)})
	}
	return c
}

// characteristic draws an item's characteristic curve, with b marked and the
// asymptote where there is guessing; before, if not nil, is drawn lighter.
func characteristic(now *irt.ItemParams, before *irt.ItemParams) widget.Plot {
	p := widget.Plot{XLow: -4, XHigh: 4, YLow: 0, YHigh: 1, Empty: "no parameters"}
	if before != nil {
		p.Curves = append(p.Curves, curveOf(before.Prob, true))
	}
	if now != nil {
		p.Curves = append(p.Curves, curveOf(now.Prob, false))
		p.Verticals = []float64{now.B}
		if now.C > 0 {
			p.Levels = []float64{now.C}
		}
	}
	return p
}

// informationCurve draws how much an answer to the item tells about θ.
func informationCurve(now *irt.ItemParams, before *irt.ItemParams) widget.Plot {
	p := widget.Plot{XLow: -4, XHigh: 4, Empty: "no parameters"}
	top := 0.0
	for _, c := range []struct {
		params *irt.ItemParams
		past   bool
	}{{before, true}, {now, false}} {
		if c.params == nil {
			continue
		}
		curve := curveOf(c.params.Information, c.past)
		for _, q := range curve.Points {
			top = max(top, q.Y)
		}
		p.Curves = append(p.Curves, curve)
	}
	if len(p.Curves) > 0 {
		p.YHigh = max(0.1, top*1.08)
	}
	return p
}

// flagWord is a flag of an item, or the reason for which it was set aside.
func flagWord(th *theme.Theme, flag string) string {
	switch flag {
	case string(irt.FlagNegativeA):
		return th.Tr("negative discrimination")
	case string(irt.FlagLowA):
		return th.Tr("low discrimination")
	case string(irt.FlagHighA):
		return th.Tr("high discrimination")
	case string(irt.FlagExtremeB):
		return th.Tr("extreme difficulty")
	case string(irt.FlagFew):
		return th.Tr("few answers")
	case string(irt.FlagNoSE):
		return th.Tr("no standard error")
	case string(irt.FlagMisfit):
		return th.Tr("misfit")
	case "drift":
		return th.Tr("drift")
	case string(irt.DropNoAnswers):
		return th.Tr("no answers")
	case string(irt.DropTooFew):
		return th.Tr("too few answers")
	case string(irt.DropNoVariation):
		return th.Tr("no variation")
	}
	return widget.Clean(flag)
}
