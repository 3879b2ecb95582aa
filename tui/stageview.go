package tui

import (
	"cmp"
	"time"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// whole draws everything about the stage: what is known of it beside its
// calendar and parameters; under both its runs or, while the keys move there,
// its parameters in full.
func (s *stage) whole(st jobs.StageStatus) []string {
	heat := 2*jobs.CalendarWeeks + 14
	right, wide := heat, s.width >= 150
	if wide {
		right = s.width / 2
	}
	reading := s.pane == paneParams
	left := s.width - right - 2
	facts := s.about(st, left-2, s.height/2, true)
	if !wide && !reading {
		facts = append(facts, s.someParams(left-2, max(0, s.height/2-len(facts)))...)
	}
	var side []string
	if st.SliceDays() > 0 {
		side = s.heat(heat, calendarRows)
	}
	if wide && !reading {
		params := widget.Block{Width: right - heat - 2, Lines: s.someParams(right-heat-4, calendarRows)}
		if st.SliceDays() == 0 {
			params = widget.Block{Width: right, Lines: s.someParams(right-2, calendarRows)}
			heat = 0
		}
		side = widget.Columns(calendarRows, 2, widget.Block{Width: heat, Lines: side}, params)
	}
	h := min(max(len(facts), len(side)), s.height*2/3)
	rows := widget.Columns(h, 2, widget.Block{Width: left, Lines: facts}, widget.Block{Width: right, Lines: side})
	rows = append(rows, "")
	if reading {
		return append(rows, s.allParams(s.width-2, s.height-h-1)...)
	}
	return append(rows, s.history(s.width, s.height-h-1)...)
}

// about is what is known of the stage, in at most h lines; in full, or no more
// than its state.
func (s *stage) about(st jobs.StageStatus, w, h int, full bool) []string {
	th := s.app.theme
	sign, style := stateLook(th, st.State)
	lines := []widget.Line{widget.S(th.Strong, st.Name).Add(th.Blank, "  ").Add(style, sign+" "+stateWord(th, st.State))}
	if st.Why != "" {
		lines = append(lines, widget.S(th.Text, widget.Clean(whyWords(th, s.app.now(), st))))
	}
	if n := st.UpstreamNewer; n != nil {
		lines = append(lines, widget.S(th.Due, th.Glyph.Up+" "+th.Tr("upstream newer:")+" ").Add(th.Text, widget.Clean(th.Told(n.Why))))
	}
	if full {
		lines = append(lines, widget.S(th.Muted, th.Tr(st.Summary)))
	}
	lines = append(lines, pair(th, "data day", dayOr(th, st.DataDay)))
	if full {
		lines = append(lines, stageFacts(th, s.app.now(), st)...)
	}
	var rows []string
	for _, l := range lines {
		for _, r := range widget.Wrap(l, w) {
			rows = append(rows, " "+r)
		}
	}
	return append(rows[:min(len(rows), max(1, h-1))], "")
}

// heat is the calendar in at most h lines, with the day under its cursor.
func (s *stage) heat(w, h int) []string {
	th := s.app.theme
	focused := s.pane == paneCalendar
	title := widget.S(s.paneTitle(paneCalendar), " "+th.Tr("Published days")).Add(th.Faint, "  "+plural(th, jobs.CalendarWeeks, "%s week", "%s weeks"))
	if !s.days.loaded {
		return append([]string{title.String()}, loading(s.app, "the calendar", s.days.err)...)
	}
	rows := []string{title.Truncate(w, th.Glyph.Ellipsis).String()}
	for _, l := range s.calendar.View(th, w-1, focused) {
		rows = append(rows, " "+l.Truncate(w-1, th.Glyph.Ellipsis).String())
	}
	if focused {
		for _, l := range widget.Wrap(widget.S(th.Text, dayWords(th, s.days.value[s.calendar.Cursor])), w-1) {
			rows = append(rows, " "+l)
		}
		return rows[:min(len(rows), max(0, h))]
	}
	for _, l := range s.calendar.Legend(th, w-1) {
		rows = append(rows, " "+l.Truncate(w-1, th.Glyph.Ellipsis).String())
	}
	return rows[:min(len(rows), max(0, h))]
}

// paneTitle is how a pane's title looks: strong where the keys move.
func (s *stage) paneTitle(p stagePane) theme.Style {
	if s.pane == p {
		return s.app.theme.Strong
	}
	return s.app.theme.Muted
}

// someParams are as many of the parameters in force as fit into h lines, none of
// them cut.
func (s *stage) someParams(w, h int) []string {
	if h < 2 {
		return nil
	}
	th := s.app.theme
	rows := []string{s.paramsTitle().String()}
	lines := paramLines(th, s.specs)
	for i, l := range lines {
		var own []string
		for j, r := range widget.Wrap(l, w-2) {
			if j > 0 {
				r = "  " + r
			}
			own = append(own, " "+widget.Frame([]string{r}, w, 1)[0])
		}
		left := len(lines) - i
		if last := left == 1; len(rows)+len(own) > h || !last && len(rows)+len(own) == h {
			return append(rows, widget.S(th.Faint, " "+plural(th, left, "%s parameter more: tab", "%s parameters more: tab")).String())
		}
		rows = append(rows, own...)
	}
	if len(lines) == 0 {
		rows = append(rows, widget.S(th.Faint, " "+th.Tr("none")).String())
	}
	return rows
}

// allParams are the parameters in force in h lines, scrolled by the keys.
func (s *stage) allParams(w, h int) []string {
	th := s.app.theme
	s.params.SetSize(w-1, max(1, h-1))
	view := s.params.View(th)
	title := s.paramsTitle()
	if n := s.params.Below(); n > 0 {
		title = title.Add(th.Faint, "  "+plural(th, n, "%s line more below", "%s lines more below"))
	}
	rows := []string{title.Truncate(w, th.Glyph.Ellipsis).String()}
	for _, r := range view {
		rows = append(rows, " "+r)
	}
	return rows
}

func (s *stage) paramsTitle() widget.Line {
	return widget.S(s.paneTitle(paneParams), " "+s.app.tr("Parameters in force"))
}

// history is the stage's runs in h lines, under how long the last ones took.
func (s *stage) history(w, h int) []string {
	th := s.app.theme
	head := widget.S(s.paneTitle(paneRuns), " "+th.Tr("Runs")).Add(th.Faint, "  "+s.summary(th, "%s run", "%s runs"))
	if runs := s.feed.value[:min(len(s.feed.value), historyRuns)]; len(runs) > 0 && w >= 60 {
		head = append(head.Add(th.Blank, "   "), sparkRun(th, runs, len(runs))...)
		if least, most, ok := span(runs); ok {
			head = head.Add(th.Muted, "  "+shortDuration(th, least)+" – "+shortDuration(th, most))
		}
	}
	return append([]string{head.Truncate(w-1, th.Glyph.Ellipsis).String()}, s.list.view(s.app, w, h-1)...)
}

// historyRuns is how many runs the spark line of a stage shows.
const historyRuns = 24

// span gives the shortest and the longest of the runs that succeeded.
func span(runs []db.Run) (least, most time.Duration, ok bool) {
	for _, r := range runs {
		d, took := runLength(r.CreatedAt, r)
		if !took || r.Status != db.RunSucceeded {
			continue
		}
		if !ok || d < least {
			least = d
		}
		most, ok = max(most, d), true
	}
	return least, most, ok
}

// paramLines are a stage's parameters with their defaults, a line each.
func paramLines(th *theme.Theme, specs []jobs.ParamSpec) []widget.Line {
	lines := make([]widget.Line, len(specs))
	for i, p := range specs {
		lines[i] = widget.S(th.Accent, p.Name).Add(th.Text, " = "+cmp.Or(p.Default, th.Tr(p.Empty), th.Glyph.Dash)).Add(th.Muted, "  "+th.Tr(p.Help))
	}
	return lines
}
