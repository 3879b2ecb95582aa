package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// items lists a bank's items as the calibration in force left them, beside or
// before the charts of the bank as a whole.
type items struct {
	base
	list
	bank    string // empty: the unfiltered one
	feed    *feed[jobs.Items]
	summary *feed[jobs.BankSummary]
	filled  itemsOf
	page    int // 0: the list; else the charts from that one on
	picture picture[chartsOf]
}

// itemsOf is what the list's rows depend on: the items, which come as the same
// ones again until the next calibration.
type itemsOf struct {
	first *jobs.Item
	items int
	theme *theme.Theme
}

// chartsOf is what the charts depend on.
type chartsOf struct {
	feed        *feed[jobs.BankSummary]
	serial      int
	theme       *theme.Theme
	first, w, h int
}

func newItems(a *app) *items {
	s := &items{base: base{app: a}}
	s.list.init(a, "items", "no items", []widget.Column{
		{Title: "ITEM", Min: 6, Max: 28, Sort: true, Grow: true},
		{Title: "a", Min: 4, Right: true, Sort: true},
		{Title: "b", Min: 5, Right: true, Sort: true},
		{Title: "c", Min: 4, Right: true, Drop: 6, Sort: true},
		{Title: "SE b", Min: 4, Right: true, Drop: 5, Sort: true},
		{Title: "-3    0     3", Min: itemScale, Drop: 9},
		{Title: "N", Min: 4, Right: true, Drop: 3, Sort: true},
		{Title: "P", Min: 4, Right: true, Drop: 4, Sort: true},
		{Title: "INFIT", Min: 5, Right: true, Drop: 7, Sort: true},
		{Title: "OUTFIT", Min: 5, Right: true, Drop: 2, Sort: true},
		{Title: "S-X² p", Min: 5, Right: true, Drop: 8, Sort: true},
		{Title: "Δb", Min: 5, Right: true, Drop: 1, Sort: true},
		{Title: "Z", Min: 4, Right: true, Sort: true},
		{Title: "FLAGS", Min: 11, Max: 34, Sort: true},
		{Title: "MARKS", Hide: true},
	})
	s.ask()
	return s
}

const (
	itemScale = 13
	columnC   = 3
)

// ask points the feeds at the bank.
func (s *items) ask() {
	a, bank := s.app, s.bank
	s.feed = newFeed(a, func(ctx context.Context) (jobs.Items, error) {
		return a.console.Items(ctx, jobs.ItemFilter{Bank: bank})
	})
	s.summary = newFeed(a, func(ctx context.Context) (jobs.BankSummary, error) { return a.console.Bank(ctx, bank) })
}

// Title is the screen's.
func (s *items) Title() string { return s.app.tr("Items") }

// Typing is on while the filter is open.
func (s *items) Typing() bool { return s.filter.Typing() }

// Every is how often the bank is asked for: calibrations are rare.
func (s *items) Every() time.Duration { return 20 * time.Second }

// Refresh asks for the items and the summary.
func (s *items) Refresh() tea.Cmd { return tea.Batch(s.feed.Refresh(), s.summary.Refresh()) }

// Close ends the requests in flight.
func (s *items) Close() {
	s.feed.Close()
	s.summary.Close()
}

// SetSize gives the screen its room.
func (s *items) SetSize(w, h int) { s.base.SetSize(w, h) }

// Update takes replies and the filter's text.
func (s *items) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return s.filter.update(msg)
	}
	s.feed.Take(msg)
	s.summary.Take(msg)
	return nil
}

// Keys are what can be done with the item under the cursor and with the bank.
func (s *items) Keys() []Key {
	if s.Typing() {
		return s.filter.keys(&s.Table)
	}
	a := s.app
	none := when(s.CurrentID() == "", "no item is selected")
	refused := s.summary.value.Refused
	keys := []Key{
		{Strokes: []string{"enter"}, Label: "open", Help: "open the item: its curves and its history", Off: none,
			Do: func() tea.Cmd { return a.push(newItem(a, s.bank, s.CurrentID())) }},
		{Strokes: []string{"tab"}, Label: "list/charts", Help: "move on to the bank's charts: learners against items, precision, drift",
			Off: when(s.feed.value.Calibration == nil, "there is no calibration to draw"), Do: s.next},
		{Strokes: []string{"b"}, Label: "bank", Help: "choose a bank", Off: when(!s.summary.loaded, "the banks are not loaded yet"), Do: s.chooseBank},
	}
	if refused != nil {
		keys = append(keys, Key{Strokes: []string{"r"}, Label: "refused", Help: "the calibration that was refused, and its items",
			Do: func() tea.Cmd { return a.push(newRefusal(a, refused.ID)) }})
	}
	keys = append(keys, Key{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that lists the same", Do: func() tea.Cmd { return a.copy(s.command()) }})
	return append(keys, s.list.keys()...)
}

func (s *items) command() string {
	text := "sextant items list"
	if s.page > 0 {
		text = "sextant items bank"
	}
	if s.bank != "" {
		text += " --bank " + shellWord(s.bank)
	}
	return text
}

// next turns the page: the list, unless it stands beside them, then the charts,
// as many at a time as fit.
func (s *items) next() tea.Cmd {
	beside := s.width >= sideBySide
	switch {
	case s.page == 0 && !beside:
		s.page = 1
	default:
		w, h := s.chartRoom()
		s.page = max(1, s.page) + chartsFit(w, h)
	}
	if s.page > bankCharts {
		s.page = 0
	}
	return nil
}

// chartRoom is the room that the charts have.
func (s *items) chartRoom() (w, h int) {
	h = s.height - len(s.head())
	if s.width >= sideBySide {
		return s.width - s.width*3/5 - 3, h
	}
	return s.width, h
}

// chooseBank offers the banks.
func (s *items) chooseBank() tea.Cmd {
	a := s.app
	banks := s.summary.value.Banks
	if len(banks) == 0 {
		a.say(warning, a.tr("no bank has been calibrated yet"))
		return nil
	}
	return a.open(newPicker(a, a.tr("Bank"), banks, s.bank, func(b string) string { return bankName(a.theme, b) }, func(b string) tea.Cmd {
		s.Close()
		s.bank = b
		s.ask()
		s.filled = itemsOf{}
		s.SetRows(nil) // another bank's numbers are no changes
		return s.Refresh()
	}))
}

// bankName is a bank as people call it.
func bankName(th *theme.Theme, bank string) string {
	if bank == "" {
		return th.Tr("the unfiltered bank")
	}
	return bank
}

// sideBySide is the width from which list and charts stand beside each other.
const sideBySide = 150

// View draws the list and the charts, side by side where there is room.
func (s *items) View() []string {
	a := s.app
	if !s.feed.loaded {
		return loading(a, "the items", s.feed.err)
	}
	if s.feed.value.Calibration == nil {
		return []string{a.fit(widget.S(a.theme.Strong, a.tr("No calibration yet"))), "",
			a.fit(widget.S(a.theme.Muted, a.tr("mirt-calibrate estimates the items; run it from the pipeline (1, R)")))}
	}
	s.fill()
	rows := s.head()
	left := s.height - len(rows)
	w, h := s.chartRoom()
	switch {
	case s.width >= sideBySide:
		listW := s.width - w - 3
		return append(rows, widget.Columns(left, 2, widget.Block{Width: listW, Lines: s.list.view(a, listW, left)},
			widget.Block{Width: w, Lines: s.charts(max(1, s.page), w, h)})...)
	case s.page > 0:
		return append(rows, s.charts(s.page, w, h)...)
	}
	return append(rows, s.list.view(a, s.width, left)...)
}

// head is the calibration in a line or two, and what went wrong since.
func (s *items) head() []string {
	a, th, v := s.app, s.app.theme, s.feed.value
	c := v.Calibration
	var line widget.Line
	if s.bank != "" {
		line = widget.S(th.Accent, widget.Clean(s.bank)).Add(th.Blank, "  ")
	}
	line = line.Add(th.Strong, s.summaryWords()).Add(th.Muted, "  "+a.tr("%s of %s, scale %s", c.Model, c.DataDay, widget.Clean(c.Version)))
	if v.Previous != nil && s.width >= 76 {
		line = line.Add(th.Muted, ", "+a.tr("drift since %s", v.Previous.DataDay))
	}
	rows := []string{a.fit(line)}
	if r := s.summary.value.Refused; r != nil {
		day := ""
		if r.WindowTo != nil {
			day = r.WindowTo.String()
		}
		rows = append(rows, a.fit(widget.S(th.Failed, th.Glyph.Bad+" ").Add(th.Text, a.tr("the calibration of %s failed; r shows its items", day))))
	}
	if s.height >= 16 {
		rows = append(rows, "")
	}
	return rows
}

func (s *items) summaryWords() string { return s.list.summary(s.app.theme, "%s item", "%s items") }
