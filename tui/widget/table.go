package widget

import (
	"math"
	"slices"
	"strings"

	"sextant/tui/lang"
	"sextant/tui/theme"
)

// Column describes one column of a Table.
type Column struct {
	Title string // in English, with its context where it has one
	Min   int    // the narrowest useful width
	Want  int    // less important columns give way until it has so much, if its content takes it
	Max   int    // 0: as wide as its content
	Right bool   // aligned, as numbers are
	Drop  int    // when space is short the highest goes first; 0 never goes
	Grow  bool   // takes the space that is left
	Sort  bool   // can be sorted by
	Desc  bool   // sorted elsewhere, it descends unless turned around
	Hide  bool   // is filtered by, not shown
	Quiet bool   // changes all the time: it never flashes
}

// Cell is one value: how it looks, and what it sorts by.
type Cell struct {
	Line
	Value float64 // NaN, the value of an absent number, sorts last; see ByText
	Text  bool    // sorts by its text instead
}

// T makes a cell that sorts by its text.
func T(style theme.Style, text string) Cell { return Cell{Line: S(style, text), Text: true} }

// N makes a cell that sorts by a number.
func N(style theme.Style, text string, value float64) Cell {
	return Cell{Line: S(style, text), Value: value}
}

// Row is one line of a Table.
type Row struct {
	ID    string // keeps the cursor and marks in place when rows change
	Cells []Cell
}

// Table is a list under column titles with a cursor, marks, a filter and a
// sort order, all of which survive new rows.
type Table struct {
	Columns []Column
	Empty   string // shown in place of rows
	Marks   bool   // rows can be marked
	Blurred bool   // the keys move something else: the cursor does not show
	Remote  bool   // the rows come sorted, and filtered, from elsewhere
	Sought  string // what the rows were filtered by elsewhere

	rows    []Row
	natural []int // content width by column, titles aside
	shown   []int // rows after filter and sort, by index
	marked  map[string]bool
	titled  []string // the titles as last shown
	filter  string
	flash   flashes
	sort    int // 1 + the column; 0: as given
	reverse bool

	cursor, top   int
	width, height int
}

// SetSize gives the table its room, the title line included.
func (t *Table) SetSize(w, h int) {
	t.width, t.height = w, h
	t.scroll()
}

// SetRows replaces the rows; the cursor stays on its row, by ID.
func (t *Table) SetRows(rows []Row) {
	id := t.CurrentID()
	t.flash.note(t.Columns, t.rows, rows)
	t.rows = rows
	t.natural = make([]int, len(t.Columns))
	for _, r := range rows {
		for i, c := range r.Cells {
			t.natural[i] = max(t.natural[i], c.Width())
		}
	}
	t.arrange(id)
}

// arrange applies filter and sort and puts the cursor back on row id.
func (t *Table) arrange(id string) {
	t.shown = t.shown[:0]
	for i, r := range t.rows {
		if t.matches(r) {
			t.shown = append(t.shown, i)
		}
	}
	if t.sort > 0 && !t.Remote {
		slices.SortStableFunc(t.shown, func(a, b int) int {
			return compare(t.rows[a].Cells[t.sort-1], t.rows[b].Cells[t.sort-1], t.reverse)
		})
	}
	if i := slices.IndexFunc(t.shown, func(i int) bool { return t.rows[i].ID == id }); i >= 0 {
		t.cursor = i
	}
	t.scroll()
}

// compare orders cells; an absent number is last in either direction.
func compare(a, b Cell, reverse bool) int {
	sign := 1
	if reverse {
		sign = -1
	}
	switch an, bn := math.IsNaN(a.Value), math.IsNaN(b.Value); {
	case a.Text:
		return sign * strings.Compare(strings.ToLower(a.Plain()), strings.ToLower(b.Plain()))
	case an || bn:
		return b2i(an) - b2i(bn)
	case a.Value < b.Value:
		return -sign
	case a.Value > b.Value:
		return sign
	}
	return 0
}

// matches reports whether every word of the filter stands in some cell of the
// row; "title:word" looks in that column alone, by its title in English or as it
// is shown.
func (t *Table) matches(r Row) bool {
	for word := range strings.FieldsSeq(strings.ToLower(t.filter)) {
		column, value, named := strings.Cut(word, ":")
		found := false
		for i, c := range r.Cells {
			text := strings.ToLower(c.Plain())
			if strings.Contains(text, word) ||
				named && t.titledSo(i, column) && strings.Contains(text, value) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// titledSo reports whether a column's title starts so, in small letters.
func (t *Table) titledSo(column int, start string) bool {
	return strings.HasPrefix(strings.ToLower(lang.English(t.Columns[column].Title)), start) ||
		column < len(t.titled) && strings.HasPrefix(strings.ToLower(t.titled[column]), start)
}

// SetFilter shows only the rows that hold every word of s.
func (t *Table) SetFilter(s string) {
	id := t.CurrentID()
	t.filter = s
	t.arrange(id)
}

// Filter is the filter in force.
func (t *Table) Filter() string { return t.filter }

// SortStep sorts by the next column that can be, or with -1 by the one before;
// between the last and the first the rows stand as given, unless they come
// sorted from elsewhere.
func (t *Table) SortStep(by int) {
	id := t.CurrentID()
	all := len(t.Columns) + 1
	for t.reverse = false; ; {
		t.sort = (t.sort + by + all) % all
		if t.sort == 0 && !t.Remote || t.sort > 0 && t.Columns[t.sort-1].Sort && !t.Columns[t.sort-1].Hide {
			break
		}
	}
	t.arrange(id)
}

// Reverse turns the sort order around.
func (t *Table) Reverse() {
	if id := t.CurrentID(); t.sort > 0 {
		t.reverse = !t.reverse
		t.arrange(id)
	}
}

// CurrentID is the ID of the row under the cursor, or empty.
func (t *Table) CurrentID() string {
	if t.cursor < len(t.shown) && t.cursor >= 0 {
		return t.rows[t.shown[t.cursor]].ID
	}
	return ""
}

// Select puts the cursor on a row, if it is shown.
func (t *Table) Select(id string) { t.arrange(id) }

// Move moves the cursor by n rows.
func (t *Table) Move(n int) {
	t.cursor += n
	t.scroll()
}

// Page is how far half a page is.
func (t *Table) Page() int { return max(1, (t.height-1)/2) }

// SortedBy is the column sorted by, -1 for none, and whether the order is turned
// around.
func (t *Table) SortedBy() (column int, reverse bool) { return t.sort - 1, t.reverse }

// SortBy sorts by a column, -1 for none.
func (t *Table) SortBy(column int, reverse bool) {
	id := t.CurrentID()
	t.sort, t.reverse = column+1, reverse
	t.arrange(id)
}

// Count gives the rows shown, and all of them.
func (t *Table) Count() (shown, all int) { return len(t.shown), len(t.rows) }

// Position is the cursor's place among the rows shown, from 1.
func (t *Table) Position() int { return min(t.cursor+1, len(t.shown)) }

const (
	gutter = 2 // cursor and mark
	gap    = 2 // between columns
)
