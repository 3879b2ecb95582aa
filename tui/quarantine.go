package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// quarantine lists why source rows could not be taken, how often, and what
// mends it.
type quarantine struct {
	base
	list
	feed  *feed[jobs.Quarantine]
	drawn drawn
}

const quarantineSpark = 28 // days

func newQuarantine(a *app) *quarantine {
	s := &quarantine{base: base{app: a}, feed: newFeed(a, a.console.Quarantine)}
	s.list.init(a, "quarantine", "nothing is in quarantine: every row could be taken", []widget.Column{
		{Title: "REASON", Min: 12, Sort: true},
		{Title: "OPEN", Min: 5, Right: true, Sort: true},
		{Title: "NEW, 28 DAYS", Min: quarantineSpark, Drop: 2},
		{Title: "7 DAYS", Min: 4, Right: true, Drop: 3, Sort: true},
		{Title: "MENDED", Min: 5, Right: true, Drop: 4, Sort: true},
		{Title: "COSTS", Min: 7, Sort: true},
		{Title: "LAST SEEN", Min: 8, Right: true, Drop: 1, Sort: true},
		{Title: "FIRST SEEN", Min: 8, Right: true, Drop: 5, Sort: true},
		{Title: "FROM", Min: 8, Max: 16, Drop: 6, Sort: true},
	})
	return s
}

// Title is the screen's.
func (s *quarantine) Title() string { return s.app.tr("Quarantine") }

// Typing is on while the filter is open.
func (s *quarantine) Typing() bool { return s.filter.Typing() }

// Every is how often the quarantine is counted.
func (s *quarantine) Every() time.Duration { return 10 * time.Second }

// Refresh asks for the counts.
func (s *quarantine) Refresh() tea.Cmd { return s.feed.Refresh() }

// Close ends the request in flight.
func (s *quarantine) Close() { s.feed.Close() }

// SetSize gives the screen its room.
func (s *quarantine) SetSize(w, h int) { s.base.SetSize(w, h) }

// Update takes replies and the filter's text.
func (s *quarantine) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return s.filter.update(msg)
	}
	s.feed.Take(msg)
	return nil
}

// current is the reason under the cursor.
func (s *quarantine) current() (jobs.QuarantinedReason, bool) {
	i := slices.IndexFunc(s.feed.value.Reasons, func(r jobs.QuarantinedReason) bool { return reasonID(r) == s.CurrentID() })
	if i < 0 {
		return jobs.QuarantinedReason{}, false
	}
	return s.feed.value.Reasons[i], true
}

func reasonID(r jobs.QuarantinedReason) string { return r.Source + " " + r.Reason }

// Keys are what can be done with the reason under the cursor.
func (s *quarantine) Keys() []Key {
	if s.Typing() {
		return s.filter.keys(&s.Table)
	}
	a := s.app
	r, ok := s.current()
	return append([]Key{
		{Strokes: []string{"enter"}, Label: "samples", Help: "show what the reason keeps out, the newest first", Off: when(!ok, "no reason is selected"),
			Do: func() tea.Cmd { return a.push(newQuarantined(a, r.Reason)) }},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that counts the same", Do: func() tea.Cmd { return a.copy("sextant quarantine list") }},
	}, s.list.keys()...)
}

// View draws the counts and, under them, what the reason under the cursor means.
func (s *quarantine) View() []string {
	a, th := s.app, s.app.theme
	if !s.feed.loaded {
		return loading(a, "the quarantine", s.feed.err)
	}
	s.fill()
	rows := []string{a.fit(widget.S(th.Strong, plural(th, s.feed.value.Open, "%s row or answer is set aside", "%s rows or answers are set aside")).
		Add(th.Muted, "  "+s.list.summary(th, "%s reason", "%s reasons")))}
	if s.height >= 14 {
		rows = append(rows, "")
	}
	var advice []string
	if r, ok := s.current(); ok {
		advice = adviceLines(th, r, s.width)
	}
	_, all := s.Count()
	listH := max(3, min(all+1, s.height-len(rows)-len(advice)-1))
	if s.filter.Typing() || s.filter.used() {
		listH++
	}
	rows = append(rows, s.list.view(a, s.width, listH)...)
	if len(advice) > 0 {
		rows = append(append(rows, ""), advice...)
	}
	return rows
}

// adviceLines say what a reason means, what it costs and what mends it.
func adviceLines(th *theme.Theme, r jobs.QuarantinedReason, w int) []string {
	lines := []widget.Line{
		widget.S(th.Strong, r.Reason).Add(th.Text, "  "+th.Tr(r.Means)).Add(th.Muted, "  "+costsWords(th, r.Costs)),
		widget.S(th.Accent, th.Glyph.Arrow+" ").Add(th.Text, th.Tr(r.Do)),
	}
	var rows []string
	for _, l := range lines {
		for _, row := range widget.WrapIndented(l, w-2) {
			rows = append(rows, " "+row)
		}
	}
	return rows
}

// costsWords say what is lost.
func costsWords(th *theme.Theme, costs string) string {
	switch costs {
	case "answer":
		return th.Tr("costs the answer")
	case "field":
		return th.Tr("costs that field only")
	case "session":
		return th.Tr("costs the session's answers")
	}
	return costs
}

func costsWord(th *theme.Theme, costs string) string {
	switch costs {
	case "answer":
		return th.Tr("answer")
	case "field":
		return th.Tr("field")
	case "session":
		return th.Tr("session")
	}
	return costs
}

// fill makes the table's rows of the newest snapshot.
func (s *quarantine) fill() {
	if !s.drawn.again(s.app, s.feed.serial) {
		return
	}
	th, now := s.app.theme, s.app.now()
	rows := make([]widget.Row, len(s.feed.value.Reasons))
	for i, r := range s.feed.value.Reasons {
		name, number := th.Text, th.Strong
		if r.Open == 0 {
			name, number = th.Faint, th.Faint
		}
		costs := th.Late
		if r.Costs == "field" {
			costs = th.Muted
		}
		rows[i] = widget.Row{ID: reasonID(r), Cells: []widget.Cell{
			widget.T(name, r.Reason),
			widget.N(number, count(r.Open), float64(r.Open)),
			{Line: daySpark(th, r.Days), Text: true},
			widget.N(th.Text, count(r.LastWeek()), float64(r.LastWeek())),
			widget.N(th.Muted, count(r.Resolved), float64(r.Resolved)),
			widget.T(costs, costsWord(th, r.Costs)),
			widget.N(th.Text, ago(th, now, r.LastSeen), float64(r.LastSeen.Unix())),
			widget.N(th.Muted, ago(th, now, r.FirstSeen), float64(r.FirstSeen.Unix())),
			widget.T(th.Muted, r.Source),
		}}
	}
	s.SetRows(rows)
}

// daySpark draws counts by day; a day without any is a dot.
func daySpark(th *theme.Theme, days []int64) widget.Line {
	bars := make([]widget.SparkBar, len(days))
	for i, n := range days {
		bars[i] = widget.SparkBar{Value: float64(n), Style: th.Accent}
		if n == 0 {
			bars[i] = widget.SparkBar{Sign: th.Glyph.Track, Style: th.Faint}
		}
	}
	return widget.Spark(th, quarantineSpark, bars)
}
