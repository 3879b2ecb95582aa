package tui

import (
	"context"
	"strings"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// stageCalendar asks how the last days stand with a stage.
func stageCalendar(a *app, stage string) func(context.Context) ([]db.CalendarDay, error) {
	console := a.console
	from, to := jobs.CalendarSpan(db.DayOf(a.now()).Add(-1))
	return func(ctx context.Context) ([]db.CalendarDay, error) { return console.Calendar(ctx, stage, from, to) }
}

// calendarDays are the days as the calendar draws them.
func calendarDays(days []db.CalendarDay) []widget.CalendarDay {
	out := make([]widget.CalendarDay, len(days))
	for i, d := range days {
		out[i] = widget.CalendarDay{Date: d.Day.Start(), Mark: dayMark(d)}
	}
	return out
}

// CalendarText is how days stand with a stage, as the command line prints it.
func CalendarText(days []db.CalendarDay) []string {
	const width = 80
	th, grid := theme.New(theme.Mode{NoColor: true}), widget.Calendar{Days: calendarDays(days), From: 1}
	var out []string
	for _, l := range append(grid.View(th, width, false), grid.Legend(th, width)...) {
		out = append(out, strings.TrimRight(l.Plain(), " "))
	}
	return out
}

func dayMark(d db.CalendarDay) widget.DayMark {
	switch {
	case d.PublishedAt == nil && !d.Ends:
		return widget.DayNone
	case d.PublishedAt == nil && !d.Answers:
		return widget.DayIdle
	case d.PublishedAt == nil:
		return widget.DayMissing
	case !d.Complete:
		return widget.DayPart
	case d.Changed:
		return widget.DayChanged
	}
	return widget.DayDone
}

// dayWords says how a day stands.
func dayWords(th *theme.Theme, d db.CalendarDay) string {
	name := d.Day.String() + " " + weekday(th, d.Day.Start().Weekday())
	at := ""
	if d.PublishedAt != nil {
		at = d.PublishedAt.UTC().Format("01-02 15:04")
	}
	switch dayMark(d) {
	case widget.DayNone:
		return th.Tr("%s: published with its week, as %s", name, d.Day.Monday().Add(6))
	case widget.DayIdle:
		return th.Tr("%s: nobody answered", name)
	case widget.DayMissing:
		return th.Tr("%s: not published", name)
	case widget.DayPart:
		return th.Tr("%s: published in part, %s UTC", name, at)
	case widget.DayChanged:
		return th.Tr("%s: published %s UTC, answers changed since", name, at)
	}
	return th.Tr("%s: published %s UTC", name, at)
}
