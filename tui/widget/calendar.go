package widget

import (
	"strings"
	"time"

	"sextant/tui/theme"
)

// DayMark is how a day of a Calendar stands.
type DayMark int

// The marks of a day.
const (
	DayNone    DayMark = iota // none that is published by itself
	DayIdle                   // nothing to publish
	DayMissing                // not published
	DayPart                   // published in part
	DayChanged                // published, and changed since
	DayDone                   // published
)

// CalendarDay is one day of a Calendar.
type CalendarDay struct {
	Date time.Time
	Mark DayMark
}

// Calendar draws consecutive days, a week a column, Monday at the top.
type Calendar struct {
	Days     []CalendarDay
	Cursor   int // an index of Days
	From, To int // the days chosen, both ends included; none when From > To

	shown int // weeks that View drew last
}

// look is a mark as a sign and a style.
func (m DayMark) look(th *theme.Theme) (string, theme.Style) {
	g := th.Glyph.Day
	switch m {
	case DayNone:
		return " ", th.Blank
	case DayMissing:
		return g[1], th.Due
	case DayPart:
		return g[2], th.Late
	case DayChanged:
		return g[3], th.Due
	case DayDone:
		return g[4], th.Fresh
	}
	return g[0], th.Faint
}

// Move moves the cursor by days; it stays within those there are.
func (c *Calendar) Move(days int) { c.Cursor = max(0, min(c.Cursor+days, len(c.Days)-1)) }

// row is a day's line under the months: 0 for Monday.
func row(t time.Time) int { return (int(t.Weekday()) + 6) % 7 }

// View draws the newest weeks that fit into w cells: the months, then a line a
// day of the week.
func (c *Calendar) View(th *theme.Theme, w int, focused bool) []Line {
	if len(c.Days) == 0 {
		return nil
	}
	const label, cell = 5, 2
	weeks := (row(c.Days[0].Date) + len(c.Days) + 6) / 7
	c.shown = max(1, min(weeks, (w-label)/cell))
	lines := make([]Line, 8)
	for i, name := range []string{th.Tr("Mon"), "", th.Tr("Wed"), "", th.Tr("Fri"), "", th.Tr("Sun")} {
		lines[i+1] = S(th.Muted, name).Pad(label, "", th.Muted, false)
	}
	lines[0] = c.months(th, weeks, label, cell)
	for week := weeks - c.shown; week < weeks; week++ {
		for r := range 7 {
			lines[r+1] = append(lines[r+1], c.cell(th, week*7+r-row(c.Days[0].Date), focused)...)
		}
	}
	return lines
}

// cell is one day and the blank after it.
func (c *Calendar) cell(th *theme.Theme, i int, focused bool) Line {
	if i < 0 || i >= len(c.Days) {
		return S(th.Blank, "  ")
	}
	sign, style := c.Days[i].Mark.look(th)
	blank := th.Blank
	if i >= c.From && i <= c.To {
		style = th.Selected(style)
		if i+7 <= c.To {
			blank = th.Selected(blank)
		}
	}
	if focused && i == c.Cursor {
		style = th.Button
	}
	return S(style, sign).Add(blank, " ")
}

// months names each month over the week in which it begins, where there is
// room.
func (c *Calendar) months(th *theme.Theme, weeks, label, cell int) Line {
	var names []string
	var at []int
	for week := weeks - c.shown; week < weeks; week++ {
		first := c.Days[max(0, week*7-row(c.Days[0].Date))].Date
		end := c.Days[min(week*7+6-row(c.Days[0].Date), len(c.Days)-1)].Date
		if len(names) > 0 && names[len(names)-1] == end.Format("01") {
			continue
		}
		if len(names) > 0 {
			first = end
		}
		names, at = append(names, first.Format("01")), append(at, label+(week-(weeks-c.shown))*cell)
	}
	text, used := "", 0
	for i, name := range names {
		if i+1 < len(at) && at[i+1] < at[i]+len(name)+1 {
			continue // the next would run into it
		}
		text += strings.Repeat(" ", at[i]-used) + name
		used = at[i] + len(name)
	}
	return S(th.Muted, text)
}

// Legend says, in lines of at most w cells, what the signs of the marks there
// are mean.
func (c *Calendar) Legend(th *theme.Theme, w int) []Line {
	seen := map[DayMark]bool{}
	for _, d := range c.Days {
		seen[d.Mark] = true
	}
	lines := []Line{nil}
	for m, word := range []string{DayIdle: th.Tr("idle"), DayMissing: th.Tr("missing"), DayPart: th.Tr("in part"),
		DayChanged: th.Tr("changed since"), DayDone: th.Tr("published")} {
		if word == "" || !seen[DayMark(m)] {
			continue
		}
		sign, style := DayMark(m).look(th)
		item := S(style, sign).Add(th.Muted, " "+word).Add(th.Blank, "  ")
		last := &lines[len(lines)-1]
		if len(*last) > 0 && last.Width()+item.Width() > w+2 {
			lines = append(lines, nil)
			last = &lines[len(lines)-1]
		}
		*last = append(*last, item...)
	}
	return lines
}

// Gap gives the missing days around one, over the idle days among them; the
// day alone where it is not missing.
func (c *Calendar) Gap(at int) (from, to int) {
	from, to = at, at
	if at < 0 || at >= len(c.Days) || c.Days[at].Mark != DayMissing {
		return from, to
	}
	for i := at; i >= 0 && c.Days[i].Mark <= DayMissing; i-- {
		if c.Days[i].Mark == DayMissing {
			from = i
		}
	}
	for i := at; i < len(c.Days) && c.Days[i].Mark <= DayMissing; i++ {
		if c.Days[i].Mark == DayMissing {
			to = i
		}
	}
	return from, to
}
