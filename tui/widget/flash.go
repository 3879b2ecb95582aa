package widget

import (
	"time"

	"sextant/tui/theme"
)

// flashFor is how long a cell shows that it has changed.
const flashFor = 1500 * time.Millisecond

// place is a cell of a table.
type place struct {
	id     string
	column int
}

// flashes are the cells of a table that have just changed.
type flashes struct {
	fresh []place // since the last tick
	since map[place]time.Time
}

// note compares the rows with those that replace them. What is new is not
// changed: a search brings other rows with every letter.
func (f *flashes) note(columns []Column, old, rows []Row) {
	f.fresh = f.fresh[:0] // of a table that is drawn without a clock
	if len(old) == 0 {
		return
	}
	was := make(map[string][]Cell, len(old))
	for _, r := range old {
		was[r.ID] = r.Cells
	}
	for _, r := range rows {
		before := was[r.ID]
		for i, c := range r.Cells {
			if i < len(before) && !columns[i].Quiet && changed(before[i], c) {
				f.fresh = append(f.fresh, place{r.ID, i})
			}
		}
	}
}

// changed compares what cells sort by: an age that grows is no change.
func changed(a, b Cell) bool {
	if a.Text || b.Text {
		return a.Plain() != b.Plain()
	}
	return a.Value != b.Value && (a.Value == a.Value || b.Value == b.Value) // NaN is absent, and stays so
}

// tick lets the cells changed since the last one flash from now on, and those
// that have flashed long enough stop.
func (f *flashes) tick(now time.Time) {
	if len(f.fresh) > 0 && f.since == nil {
		f.since = map[place]time.Time{}
	}
	for _, p := range f.fresh {
		f.since[p] = now
	}
	f.fresh = f.fresh[:0]
	for p, t := range f.since {
		if now.Sub(t) >= flashFor {
			delete(f.since, p)
		}
	}
}

// on reports whether a cell flashes.
func (f *flashes) on(id string, column int) bool {
	_, yes := f.since[place{id, column}]
	return yes
}

// Tick tells the table the time, before View: cells that changed flash for a
// moment.
func (t *Table) Tick(now time.Time) { t.flash.tick(now) }

// Values are values outside a table that flash for a moment when they change.
type Values struct {
	text  map[string]string
	since map[string]time.Time
}

// Style is how a value, known by a name, looks at a time: flashing if its text
// has just changed. What is there for the first time has not.
func (v *Values) Style(th *theme.Theme, s theme.Style, now time.Time, name, text string) theme.Style {
	if v.text == nil {
		v.text, v.since = map[string]string{}, map[string]time.Time{}
	}
	if before, known := v.text[name]; known && before != text {
		v.since[name] = now
	}
	v.text[name] = text
	if since, changed := v.since[name]; changed && now.Sub(since) < flashFor {
		return th.Flash(s)
	}
	return s
}
