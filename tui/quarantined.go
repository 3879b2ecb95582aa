package tui

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/widget"
)

// quarantined lists the newest of what one reason keeps out, with the raw value
// under the cursor in full.
type quarantined struct {
	base
	list
	reason   string
	resolved bool // those mended since come along
	feed     *feed[jobs.QuarantineSample]
	drawn    drawn
}

const samplesShown = 200

func newQuarantined(a *app, reason string) *quarantined {
	s := &quarantined{base: base{app: a}, reason: reason}
	s.list.init(a, "quarantine-samples", "no row of it is open any more; r shows those that were mended", []widget.Column{
		{Title: "KEY", Min: 12, Max: 44, Sort: true},
		{Title: lang.Sense("place", "AT"), Min: 2, Right: true, Drop: 3, Sort: true},
		{Title: "LAST SEEN", Min: 8, Right: true, Sort: true},
		{Title: "FIRST SEEN", Min: 8, Right: true, Drop: 2, Sort: true},
		{Title: "TIMES", Min: 4, Right: true, Drop: 1, Sort: true},
		{Title: "RAW", Min: 16, Grow: true, Sort: true},
	})
	s.ask()
	return s
}

func (s *quarantined) ask() {
	a, reason, resolved := s.app, s.reason, s.resolved
	s.feed = newFeed(a, func(ctx context.Context) (jobs.QuarantineSample, error) {
		return a.console.QuarantineSample(ctx, reason, resolved, samplesShown)
	})
}

// Title is the reason.
func (s *quarantined) Title() string { return s.reason }

// Typing is on while the filter is open.
func (s *quarantined) Typing() bool { return s.filter.Typing() }

// Every is how often the rows are asked for.
func (s *quarantined) Every() time.Duration { return 10 * time.Second }

// Refresh asks for the rows.
func (s *quarantined) Refresh() tea.Cmd { return s.feed.Refresh() }

// Close ends the request in flight.
func (s *quarantined) Close() { s.feed.Close() }

// SetSize gives the screen its room.
func (s *quarantined) SetSize(w, h int) { s.base.SetSize(w, h) }

// Update takes replies and the filter's text.
func (s *quarantined) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return s.filter.update(msg)
	}
	s.feed.Take(msg)
	return nil
}

func rowID(r db.QuarantinedRow) string {
	return fmt.Sprint(r.Source, "\x1f", r.Key, "\x1f", r.Position)
}

// current is the row under the cursor.
func (s *quarantined) current() (db.QuarantinedRow, bool) {
	i := slices.IndexFunc(s.feed.value.Rows, func(r db.QuarantinedRow) bool { return rowID(r) == s.CurrentID() })
	if i < 0 {
		return db.QuarantinedRow{}, false
	}
	return s.feed.value.Rows[i], true
}

// Keys are what can be done with the rows.
func (s *quarantined) Keys() []Key {
	if s.Typing() {
		return s.filter.keys(&s.Table)
	}
	a := s.app
	_, ok := s.current()
	command := "sextant quarantine show " + s.reason
	if s.resolved {
		command += " --resolved"
	}
	return append([]Key{
		{Strokes: []string{"enter", "d"}, Label: "raw", Help: "the raw value in full", Off: when(!ok, "no row is selected"), Do: s.describe},
		{Strokes: []string{"r"}, Label: "mended too", Help: "show also what was mended since, or only what is open", Do: s.toggle},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that shows the same", Do: func() tea.Cmd { return a.copy(command) }},
	}, s.list.keys()...)
}

func (s *quarantined) toggle() tea.Cmd {
	s.Close()
	s.resolved = !s.resolved
	s.ask()
	s.drawn = drawn{}
	return s.Refresh()
}

// describe shows a row with its raw value set out.
func (s *quarantined) describe() tea.Cmd {
	a, th := s.app, s.app.theme
	r, _ := s.current()
	d := &textDialog{app: a, title: s.reason, copies: "sextant quarantine show " + s.reason}
	lines := []widget.Line{pair(th, "source", r.Source), pair(th, "key", strings.ReplaceAll(r.Key, "\x1f", " "))}
	if r.Position > 0 {
		lines = append(lines, pair(th, "answer", fmt.Sprint(r.Position)))
	}
	lines = append(lines, pair(th, "first seen", stamp(r.FirstSeen)), pair(th, "last seen", stamp(r.LastSeen)), pair(th, "times seen", count(r.TimesSeen)))
	if r.ResolvedAt != nil {
		lines = append(lines, pair(th, "mended", stamp(*r.ResolvedAt)))
	}
	lines = append(lines, nil)
	for _, l := range rawLines(r.Raw) {
		lines = append(lines, widget.S(th.Text, l))
	}
	d.viewer.SetLines(lines)
	return a.open(d)
}

// rawLines set a raw value out over lines; the indents stay.
func rawLines(raw json.RawMessage) []string {
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return []string{rawText(raw)}
	}
	lines := strings.Split(out.String(), "\n")
	for i, l := range lines {
		text := strings.TrimLeft(l, " ")
		lines[i] = l[:len(l)-len(text)] + widget.Clean(text)
	}
	return lines
}

// rawText is a raw value on one line; nothing is a dash.
func rawText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "–"
	}
	return widget.Clean(string(raw))
}

// View draws what the reason means, the rows, and the value under the cursor.
func (s *quarantined) View() []string {
	a, th := s.app, s.app.theme
	if !s.feed.loaded {
		return loading(a, "the rows", s.feed.err)
	}
	s.fill()
	v := s.feed.value
	rows := adviceLines(th, v.QuarantinedReason, s.width)
	words := s.list.summary(th, "%s row", "%s rows") + ", " + th.Tr("%s open, %s mended since", count(v.Open), count(v.Resolved))
	rows = append(rows, a.fit(widget.S(th.Muted, words)))
	if s.height >= 16 {
		rows = append(rows, "")
	}
	var under []string
	if r, ok := s.current(); ok && s.height >= 16 {
		text := widget.WrapIndented(widget.S(th.Muted, th.Tr("raw")+"  ").Add(th.Text, rawText(r.Raw)), s.width-2)
		for _, l := range text[:min(len(text), s.height/4)] {
			under = append(under, " "+l)
		}
	}
	listH := s.height - len(rows)
	if len(under) > 0 {
		listH -= len(under) + 1
	}
	rows = append(rows, s.list.view(a, s.width, listH)...)
	if len(under) > 0 {
		rows = append(append(rows, ""), under...)
	}
	return rows
}

// fill makes the table's rows of the newest snapshot.
func (s *quarantined) fill() {
	if !s.drawn.again(s.app, s.feed.serial) {
		return
	}
	th, now := s.app.theme, s.app.now()
	rows := make([]widget.Row, len(s.feed.value.Rows))
	for i, r := range s.feed.value.Rows {
		style := th.Text
		if r.ResolvedAt != nil {
			style = th.Faint
		}
		at := ""
		if r.Position > 0 {
			at = count(r.Position)
		}
		rows[i] = widget.Row{ID: rowID(r), Cells: []widget.Cell{
			widget.T(style, widget.Clean(strings.ReplaceAll(r.Key, "\x1f", " "))),
			widget.N(th.Muted, at, float64(r.Position)),
			widget.N(style, ago(th, now, r.LastSeen), float64(r.LastSeen.Unix())),
			widget.N(th.Muted, ago(th, now, r.FirstSeen), float64(r.FirstSeen.Unix())),
			widget.N(th.Muted, count(r.TimesSeen), float64(r.TimesSeen)),
			widget.T(th.Muted, rawText(r.Raw)),
		}}
	}
	s.SetRows(rows)
}
