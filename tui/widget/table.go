package widget

import (
	"maps"
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

// ToggleMark marks or unmarks the row under the cursor and moves on.
func (t *Table) ToggleMark() {
	id := t.CurrentID()
	if id == "" {
		return
	}
	if t.marked[id] {
		delete(t.marked, id)
	} else {
		t.mark(id)
	}
	t.Move(1)
}

// MarkRange marks the rows from the nearest marked one above the cursor, or else
// below it, up to the cursor; with none marked, the row under the cursor.
func (t *Table) MarkRange() {
	if t.CurrentID() == "" {
		return
	}
	from := t.cursor
	for n := 1; n < len(t.shown); n++ {
		if i := t.cursor - n; i >= 0 && t.marked[t.rows[t.shown[i]].ID] {
			from = i
			break
		}
		if i := t.cursor + n; i < len(t.shown) && t.marked[t.rows[t.shown[i]].ID] {
			from = i
			break
		}
	}
	for i := min(from, t.cursor); i <= max(from, t.cursor); i++ {
		t.mark(t.rows[t.shown[i]].ID)
	}
}

// MarkAll marks every row shown or, when all are, none.
func (t *Table) MarkAll() {
	all := true
	for _, i := range t.shown {
		all = all && t.marked[t.rows[i].ID]
	}
	for _, i := range t.shown {
		if all {
			delete(t.marked, t.rows[i].ID)
		} else {
			t.mark(t.rows[i].ID)
		}
	}
}

func (t *Table) mark(id string) {
	if t.marked == nil {
		t.marked = map[string]bool{}
	}
	t.marked[id] = true
}

// ClearMarks unmarks every row.
func (t *Table) ClearMarks() { clear(t.marked) }

// Marked lists the marked rows that are still there and shown, in order.
func (t *Table) Marked() []string {
	if len(t.marked) == 0 { // as nearly always, and asked several times a key
		return nil
	}
	var ids []string
	for _, i := range t.shown {
		if id := t.rows[i].ID; t.marked[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// MarkedEver lists all that was marked, whether it is still shown or not, in the
// order of the ids.
func (t *Table) MarkedEver() []string { return slices.Sorted(maps.Keys(t.marked)) }

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

func (t *Table) scroll() {
	t.cursor = max(0, min(t.cursor, len(t.shown)-1))
	body := max(1, t.height-1)
	t.top = max(0, min(t.top, len(t.shown)-body))
	if t.cursor < t.top {
		t.top = t.cursor
	}
	if t.cursor >= t.top+body {
		t.top = t.cursor - body + 1
	}
}

const (
	gutter = 2 // cursor and mark
	gap    = 2 // between columns
)

// widths gives each column its width; 0 drops it.
func (t *Table) widths(th *theme.Theme) []int {
	w, want := make([]int, len(t.Columns)), make([]int, len(t.Columns))
	total := gutter - gap
	for i, c := range t.Columns {
		if c.Hide {
			continue
		}
		title := Line{{Text: th.Tr(c.Title)}}.Width() + 2*b2i(t.sort == i+1)
		w[i] = max(1, title, min(c.Min, t.natural[i]))
		want[i] = max(title, t.natural[i])
		if c.Max > 0 {
			want[i] = max(title, min(want[i], c.Max))
		}
		total += w[i] + gap
	}
	drop := func(least int) bool {
		i := t.leastImportant(w, least)
		if i >= 0 {
			total -= w[i] + gap
			w[i] = 0
		}
		return i >= 0
	}
	for total > t.width && drop(1) {
	}
	for i, c := range t.Columns {
		wanted := min(c.Want, want[i])
		for w[i] > 0 && total+wanted-w[i] > t.width && drop(c.Drop+1) {
		}
	}
	t.share(w, want, t.width-total)
	return w
}

// leastImportant is the column to give way first of those whose Drop is least or
// more, or -1.
func (t *Table) leastImportant(w []int, least int) int {
	first := -1
	for i, c := range t.Columns {
		if w[i] > 0 && c.Drop >= least && (first < 0 || c.Drop > t.Columns[first].Drop) {
			first = i
		}
	}
	return first
}

// share gives the cells left over to the columns that lack the fewest first,
// so that as many as can be are whole; what then remains goes to the one that
// grows.
func (t *Table) share(w, want []int, left int) {
	for left > 0 {
		next := -1
		for i := range w {
			if lack := want[i] - w[i]; w[i] > 0 && lack > 0 && (next < 0 || lack < want[next]-w[next]) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		more := min(left, want[next]-w[next])
		w[next], left = w[next]+more, left-more
	}
	for i, c := range t.Columns {
		if w[i] > 0 && c.Grow {
			w[i] += max(0, left)
			break
		}
	}
}

// View draws the titles and the rows around the cursor.
func (t *Table) View(th *theme.Theme) []string {
	if t.natural == nil {
		t.SetRows(nil)
	}
	w := t.widths(th)
	out := []string{t.titles(th, w)}
	if len(t.shown) == 0 {
		text := th.Tr(t.Empty)
		switch {
		case t.Sought != "":
			text = th.Tr("nothing matches %s", Clean(t.Sought))
		case t.filter != "" && len(t.rows) > 0:
			text = th.Tr("nothing matches %s", Clean(t.filter))
		}
		return append(out, S(th.Faint, "  "+text).Truncate(t.width, th.Glyph.Ellipsis).String())
	}
	for i := t.top; i < min(len(t.shown), t.top+max(1, t.height-1)); i++ {
		out = append(out, t.row(th, w, t.rows[t.shown[i]], i == t.cursor && !t.Blurred))
	}
	return out
}

func (t *Table) titles(th *theme.Theme, w []int) string {
	line := S(th.Blank, strings.Repeat(" ", gutter))
	t.titled = t.titled[:0]
	for i, c := range t.Columns {
		title := th.Tr(c.Title)
		t.titled = append(t.titled, title)
		if w[i] == 0 {
			continue
		}
		cell := S(th.Muted, title)
		if t.sort == i+1 {
			sign := th.Glyph.Up
			if t.reverse != c.Desc {
				sign = th.Glyph.Down
			}
			cell = S(th.Accent, title+" "+sign)
		}
		line = append(line, cell.Pad(w[i], th.Glyph.Ellipsis, th.Blank, c.Right)...).Add(th.Blank, strings.Repeat(" ", gap))
	}
	return line.Truncate(t.width, "").String()
}

func (t *Table) row(th *theme.Theme, w []int, r Row, current bool) string {
	line := append(make(Line, 0, 2+3*len(r.Cells)), Span{" ", th.Blank}, Span{" ", th.Blank})
	if current {
		line[0] = Span{th.Glyph.Cursor, th.Accent}
	}
	if t.marked[r.ID] {
		line[1] = Span{th.Glyph.Mark, th.ChangeKey}
	}
	left, blanks := t.width-gutter, strings.Repeat(" ", gap)
	for i, c := range r.Cells {
		if w[i] > 0 {
			if t.flash.on(r.ID, i) {
				c.Line = c.Restyle(th.Flash)
			}
			line = append(line, c.Pad(w[i], th.Glyph.Ellipsis, th.Blank, t.Columns[i].Right)...)
			if left -= w[i]; left > 0 { // no gap to be cut off again: that would copy the line
				line = line.Add(th.Blank, blanks[:min(gap, left)])
			}
			left -= gap
		}
	}
	if current {
		line = line.Restyle(th.Selected).Pad(t.width, "", th.Selected(th.Text), false)
	}
	return line.Truncate(t.width, "").String()
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
