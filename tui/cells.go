package tui

import (
	"math"
	"slices"
	"time"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

func dayOr(th *theme.Theme, d *db.Day) string {
	if d == nil {
		return th.Glyph.Dash
	}
	return d.String()
}

// stateCell is a stage's state, with a mark where an upstream is newer.
func stateCell(th *theme.Theme, s jobs.StageStatus) widget.Cell {
	sign, style := stateLook(th, s.State)
	line := widget.S(style, sign+" "+stateWord(th, s.State))
	if s.UpstreamNewer != nil {
		line = line.Add(th.Due, " "+th.Glyph.Up)
	}
	return widget.Cell{Line: line, Text: true}
}

func lagCell(th *theme.Theme, s jobs.StageStatus) widget.Cell {
	switch {
	case s.LagDays == nil:
		return widget.N(th.Faint, th.Glyph.Dash, math.NaN())
	case *s.LagDays > 0:
		return widget.N(th.Late, th.Tr("%d d", *s.LagDays), float64(*s.LagDays))
	}
	return widget.N(th.Text, th.Tr("%d d", 0), 0)
}

func lastRunCell(th *theme.Theme, now time.Time, r *db.Run) widget.Cell {
	if r == nil {
		return widget.N(th.Faint, th.Glyph.Dash, math.NaN())
	}
	sign, style := statusLook(th, r.Status)
	return widget.Cell{Line: widget.S(style, sign+" "+statusWord(th, r.Status)).Add(th.Muted, " "+ago(th, now, r.CreatedAt)), Value: float64(r.CreatedAt.Unix())}
}

func tookCell(th *theme.Theme, now time.Time, r *db.Run) widget.Cell {
	if r != nil {
		if d, ok := runLength(now, *r); ok {
			return widget.N(th.Muted, shortDuration(th, d), d.Seconds())
		}
	}
	return widget.N(th.Faint, th.Glyph.Dash, math.NaN())
}

func nextCell(th *theme.Theme, now time.Time, s jobs.StageStatus) widget.Cell {
	if s.NextTick == nil {
		return widget.N(th.Muted, th.Tr("events"), math.NaN())
	}
	return widget.N(th.Muted, in(th, now, *s.NextTick), float64(s.NextTick.Unix()))
}

// sparkOf draws recent runs, oldest first: a bar's height is how long the run
// took, and a run that did not succeed shows its sign.
func sparkOf(th *theme.Theme, recent []db.Run) widget.Line { return sparkRun(th, recent, sparkRuns) }

func sparkRun(th *theme.Theme, recent []db.Run, n int) widget.Line {
	bars := make([]widget.SparkBar, 0, len(recent))
	for _, r := range slices.Backward(recent) {
		sign, style := statusLook(th, r.Status)
		b := widget.SparkBar{Style: style, Sign: sign}
		if d, ok := runLength(r.CreatedAt, r); ok && r.Status == db.RunSucceeded {
			b.Sign, b.Value = "", d.Seconds()
		}
		bars = append(bars, b)
	}
	return widget.Spark(th, n, bars)
}
