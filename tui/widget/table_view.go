package widget

import (
	"strings"

	"sextant/tui/theme"
)

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
