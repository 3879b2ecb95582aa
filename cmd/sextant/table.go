package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sextant/tui/widget"
)

// table is a list in aligned columns, without lines drawn. Widths are those of
// the terminal's cells, so that wide characters stand right.
type table struct {
	columns []column
	rows    [][]cell
}

// column is one column of a table.
type column struct {
	title string
	right bool // as numbers are
	drop  int  // on a narrow terminal the highest goes first; 0 stays
	grow  bool // is cut when all else has gone
}

// cell is a text and, where colour is on, its colour.
type cell struct {
	text   string
	colour ansi.Style
}

const (
	columnGap   = 2
	narrowest   = 12 // of a column that is cut
	missingText = "–"
)

// add appends a row; control characters of the cells do not reach the terminal.
func (t *table) add(cells ...cell) {
	for i := range cells {
		if cells[i].text = widget.Clean(cells[i].text); cells[i].text == "" {
			cells[i].text = missingText
		}
	}
	t.rows = append(t.rows, cells)
}

// paint gives a text the cell's colour.
func (c cell) paint(text string) string {
	if len(c.colour) == 0 {
		return text
	}
	return c.colour.Styled(text)
}

// painted is a cell's text in its colour, where output may be coloured.
func (a *app) painted(c cell) string {
	if !a.colour() {
		return c.text
	}
	return c.paint(c.text)
}

// plain makes cells without colour.
func plain(texts ...string) []cell {
	cells := make([]cell, len(texts))
	for i, s := range texts {
		cells[i].text = s
	}
	return cells
}

// write draws the table at most width cells wide; width 0 is without bound.
func (t *table) write(w io.Writer, width int, colour bool) {
	widths, shown := t.layout(width)
	titles := make([]cell, len(t.columns))
	for i, c := range t.columns {
		titles[i] = cell{c.title, faint}
	}
	for _, row := range append([][]cell{titles}, t.rows...) {
		var line strings.Builder
		for k, i := range shown {
			text := ansi.Truncate(row[i].text, widths[i], "…")
			gap := strings.Repeat(" ", widths[i]-ansi.StringWidth(text))
			if colour {
				text = row[i].paint(text)
			}
			switch {
			case t.columns[i].right:
				text = gap + text
			case k < len(shown)-1:
				text += gap
			}
			if k > 0 {
				line.WriteString(strings.Repeat(" ", columnGap))
			}
			line.WriteString(text)
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// layout gives each column its width, and the columns that fit.
func (t *table) layout(width int) (widths []int, shown []int) {
	widths = make([]int, len(t.columns))
	total := 0
	for i, c := range t.columns {
		widths[i] = ansi.StringWidth(c.title)
		for _, r := range t.rows {
			widths[i] = max(widths[i], ansi.StringWidth(r[i].text))
		}
		shown = append(shown, i)
		total += widths[i]
	}
	total += columnGap * (len(shown) - 1)
	for width > 0 && total > width {
		at := t.dropped(shown)
		if at < 0 {
			break
		}
		total -= widths[shown[at]] + columnGap
		shown = append(shown[:at], shown[at+1:]...)
	}
	for _, i := range shown {
		if over := total - width; width > 0 && over > 0 && t.columns[i].grow {
			cut := min(over, max(0, widths[i]-narrowest))
			widths[i] -= cut
			total -= cut
		}
	}
	return widths, shown
}

// dropped is the place in shown of the column that goes next, -1 when all stay.
func (t *table) dropped(shown []int) int {
	at, highest := -1, 0
	for k, i := range shown {
		if t.columns[i].drop > highest {
			at, highest = k, t.columns[i].drop
		}
	}
	return at
}

// printTable writes a table to the output, and a line when it has no rows.
func (a *app) printTable(t *table, empty string) {
	if len(t.rows) == 0 {
		fmt.Fprintln(a.out, empty)
		return
	}
	t.write(a.out, a.width, a.colour())
}
