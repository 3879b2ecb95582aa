package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"sextant/tui/widget"
)

// savedFilter is a filter of a list that somebody kept.
type savedFilter struct {
	Text string `json:"text"`
}

// savedFilters are those of a screen, the last saved first.
func (a *app) savedFilters(screen string) []savedFilter { return a.memory.Filters[screen] }

// saveFilter keeps a screen's filter from one session to the next.
func (a *app) saveFilter(screen, text string) tea.Cmd {
	if text == "" {
		a.say(warning, "there is no filter to save")
		return nil
	}
	if a.memory.Filters == nil {
		a.memory.Filters = map[string][]savedFilter{}
	}
	rest := slices.DeleteFunc(a.memory.Filters[screen], func(f savedFilter) bool { return f.Text == text })
	kept := append([]savedFilter{{Text: text}}, rest...)
	a.memory.Filters[screen] = kept[:min(len(kept), filtersKept)]
	a.say(good, a.tr("saved: %s", text))
	return a.remember()
}

// dropFilter forgets a saved filter.
func (a *app) dropFilter(screen, text string) tea.Cmd {
	a.memory.Filters[screen] = slices.DeleteFunc(a.memory.Filters[screen], func(f savedFilter) bool { return f.Text == text })
	return a.remember()
}

// filters is the box in which one of a screen's saved filters is chosen.
type filters struct {
	app    *app
	screen string
	table  widget.Table
	apply  func(text string) tea.Cmd
}

// newFilters offers the saved filters of a screen; apply hears which one.
func newFilters(a *app, screen string, apply func(text string) tea.Cmd) dialog {
	f := &filters{app: a, screen: screen, apply: apply}
	f.table = widget.Table{Columns: []widget.Column{{Title: "FILTER", Min: 20, Grow: true}}, Empty: "no filter is saved yet: ctrl-s keeps the one in force"}
	f.fill()
	return f
}

func (f *filters) fill() {
	saved := f.app.savedFilters(f.screen)
	rows := make([]widget.Row, len(saved))
	for i, s := range saved {
		rows[i] = widget.Row{ID: s.Text, Cells: []widget.Cell{widget.T(f.app.theme.Text, widget.Clean(s.Text))}}
	}
	f.table.SetRows(rows)
}

// Title is the box's.
func (f *filters) Title() string { return f.app.tr("Saved filters") }

// Typing is false: there is nothing to edit.
func (f *filters) Typing() bool { return false }

// Update ignores messages.
func (f *filters) Update(tea.Msg) tea.Cmd { return nil }

// Keys choose, forget and close.
func (f *filters) Keys() []Key {
	id := f.table.CurrentID()
	none := when(id == "", "no filter is saved yet")
	return append([]Key{
		{Strokes: []string{"enter"}, Label: "use", Help: "filter the list by it", Off: none, Do: func() tea.Cmd { f.app.dismiss(); return f.apply(id) }},
		{Strokes: []string{"x"}, Label: "forget", Help: "forget the saved filter", Off: none, Do: func() tea.Cmd {
			cmd := f.app.dropFilter(f.screen, id)
			f.fill()
			return cmd
		}},
		{Strokes: []string{"esc", "q"}, Label: "close", Do: f.app.dismiss},
	}, movement(&f.table)...)
}

// Box draws the list.
func (f *filters) Box(w, h int) []string {
	_, n := f.table.Count()
	f.table.SetSize(min(w, 60), min(h, max(2, n+1)))
	return f.table.View(f.app.theme)
}
