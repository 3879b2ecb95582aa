package tui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"sextant/tui/theme"
	"sextant/tui/widget"
)

// filter is the line that `/` opens: what it holds narrows a list or a log.
type filter struct {
	input  widget.Input
	typing bool
	apply  func(text string) tea.Cmd // called with every change
}

// Typing reports whether the line is open.
func (f *filter) Typing() bool { return f.typing }

// open starts typing.
func (f *filter) open() tea.Cmd {
	f.typing = true
	return nil
}

// set replaces the filter as if it had been typed.
func (f *filter) set(text string) tea.Cmd {
	f.input.SetValue(text)
	return f.apply(text)
}

// clear empties the filter and ends typing.
func (f *filter) clear() tea.Cmd {
	f.typing = false
	return f.set("")
}

// used reports whether the filter holds something.
func (f *filter) used() bool { return f.input.Value() != "" }

// update takes text.
func (f *filter) update(msg tea.Msg) tea.Cmd {
	f.input.Update(msg)
	return f.apply(f.input.Value())
}

// keys work while the line is open; m is what the arrows still move.
func (f *filter) keys(m mover) []Key {
	stop := func() tea.Cmd { f.typing = false; return nil }
	by := func(n int) func() tea.Cmd { return func() tea.Cmd { m.Move(n); return nil } }
	return []Key{
		{Strokes: []string{"enter", "tab"}, Label: "keep", Help: "keep the filter", Do: stop},
		{Strokes: []string{"esc"}, Label: "clear", Help: "drop the filter", Do: f.clear},
		{Strokes: []string{"down"}, Help: "down", Do: by(1)},
		{Strokes: []string{"up"}, Help: "up", Do: by(-1)},
	}
}

// line shows the filter while it is open or holds something.
func (f *filter) line(a *app, w int) (string, bool) {
	if !f.typing && !f.used() {
		return "", false
	}
	th := a.theme
	line := widget.S(th.Key, " / ")
	return append(line, f.input.View(th, w-4, f.typing)...).String(), true
}

// list is a table with a filter: what the list screens share.
type list struct {
	widget.Table
	filter filter

	on     *app
	kept   string         // its filters are saved under
	sorted func() tea.Cmd // called when the order has changed; nil: the table sorts its rows
}

// init gives a list its columns, what it says while it has no rows, and the name
// that its filters are saved under.
func (l *list) init(a *app, name, empty string, columns []widget.Column) {
	l.on, l.kept = a, name
	l.Columns, l.Empty = columns, empty
	l.filter.apply = func(text string) tea.Cmd { l.SetFilter(text); return nil }
}

// keys are those every list has; esc is there only while it has something to
// clear.
func (l *list) keys() []Key {
	keys := append(movement(&l.Table),
		Key{Strokes: []string{"/"}, Label: "filter", Help: "filter: words, or title:word for one column", Do: l.filter.open},
	)
	keys = append(append(keys, l.sortKeys()...), l.savedKeys()...)
	if l.Marks {
		keys = append(keys, Key{Strokes: []string{"space"}, Label: "mark", Help: "mark for an action on several", Do: func() tea.Cmd { l.ToggleMark(); return nil }},
			Key{Strokes: []string{"v"}, Help: "mark all from the nearest mark to here", Do: func() tea.Cmd { l.MarkRange(); return nil }},
			Key{Strokes: []string{"*"}, Help: "mark all that is shown, or nothing", Do: func() tea.Cmd { l.MarkAll(); return nil }})
	}
	switch {
	case len(l.Marked()) > 0:
		keys = append(keys, Key{Strokes: []string{"esc"}, Help: "drop the marks", Do: func() tea.Cmd { l.ClearMarks(); return nil }})
	case l.filter.used():
		keys = append(keys, Key{Strokes: []string{"esc"}, Help: "drop the filter", Do: l.filter.clear})
	}
	return keys
}

// sortKeys choose the order: a column by its name, or the one beside.
func (l *list) sortKeys() []Key {
	by := func(n int) func() tea.Cmd { return func() tea.Cmd { l.SortStep(n); return l.resorted() } }
	return []Key{
		{Strokes: []string{"s"}, Help: "sort by a column, chosen from all", Do: l.chooseOrder},
		{Strokes: []string{">"}, Help: "sort by the next column", Do: by(1)},
		{Strokes: []string{"<"}, Help: "sort by the column before", Do: by(-1)},
		{Strokes: []string{"o"}, Help: "turn the order around", Do: func() tea.Cmd { l.Reverse(); return l.resorted() }},
	}
}

// resorted tells of a new order.
func (l *list) resorted() tea.Cmd {
	if l.sorted == nil {
		return nil
	}
	return l.sorted()
}

// asGiven is the order in which the rows come.
const asGiven = -1

// chooseOrder asks for the column to sort by.
func (l *list) chooseOrder() tea.Cmd {
	a := l.on
	var names []string
	if !l.Remote {
		names = append(names, strconv.Itoa(asGiven))
	}
	for i, c := range l.Columns {
		if c.Sort && !c.Hide {
			names = append(names, strconv.Itoa(i))
		}
	}
	now, _ := l.SortedBy()
	title := func(name string) string {
		i, _ := strconv.Atoi(name) // names are what chooseOrder made them
		if i == asGiven {
			return a.tr("as they come")
		}
		return a.theme.Tr(l.Columns[i].Title)
	}
	return a.open(newPicker(a, a.tr("Sort by"), names, strconv.Itoa(now), title, func(name string) tea.Cmd {
		i, _ := strconv.Atoi(name)
		l.SortBy(i, false)
		return l.resorted()
	}))
}

// savedKeys keep the filter in force, and bring back one that was kept; the
// footer shows them once there is something to keep or to bring back.
func (l *list) savedKeys() []Key {
	a := l.on
	save := Key{Strokes: []string{"ctrl+s"}, Help: "save the filter", Do: func() tea.Cmd { return a.saveFilter(l.kept, l.filter.input.Value()) }}
	saved := Key{Strokes: []string{"f"}, Help: "saved filters", Do: func() tea.Cmd { return a.open(newFilters(a, l.kept, l.filter.set)) }}
	if l.filter.used() {
		save.Label = "save filter"
	}
	if l.filter.used() || len(a.savedFilters(l.kept)) > 0 {
		saved.Label = "saved filters"
	}
	return []Key{save, saved}
}

// view draws the table into w × h cells, the filter under it while it is in
// use.
func (l *list) view(a *app, w, h int) []string {
	line, filtering := l.filter.line(a, w)
	if filtering {
		h--
	}
	l.Sought = ""
	if !l.Remote && l.Filter() == "" { // the database filters
		l.Sought = l.filter.input.Value()
	}
	l.SetSize(w, h)
	l.Tick(a.now())
	rows := widget.Fill(l.View(a.theme), h)
	if filtering {
		rows = append(rows, line)
	}
	return rows
}

// summary says how much of the list is shown and marked.
func (l *list) summary(th *theme.Theme, one, many string) string {
	shown, all := l.Count()
	text := plural(th, all, one, many)
	if shown != all {
		text = th.Tr("%s of %s", count(shown), text)
	}
	if n := len(l.Marked()); n > 0 {
		text += ", " + th.Tr("%d marked", n)
	}
	return text
}
