package widget

import (
	"strings"

	"charm.land/lipgloss/v2"

	"sextant/tui/theme"
)

// Wrap renders a line over as many rows of w cells as it needs.
func Wrap(l Line, w int) []string {
	if w < 1 {
		return nil
	}
	if l.Width() <= w {
		return []string{l.String()}
	}
	rows := strings.Split(lipgloss.Wrap(l.String(), w, ""), "\n")
	for i, r := range rows {
		rows[i] = strings.TrimRight(r, " ")
	}
	return rows
}

// Viewer shows lines of text with scrolling, a filter, wrapping and, for text
// that grows, following its end.
type Viewer struct {
	NoWrap bool
	Follow bool
	Empty  string

	lines         []Line
	filter        string
	rows          []string // as drawn
	built         int      // lines that rows holds
	theme         *theme.Theme
	top           int
	width, height int
}

// SetSize gives the viewer its room.
func (v *Viewer) SetSize(w, h int) {
	if w != v.width {
		v.built = 0
	}
	v.width, v.height = w, h
}

// SetLines replaces the text.
func (v *Viewer) SetLines(lines []Line) { v.lines, v.built = lines, 0 }

// Append adds text at the end.
func (v *Viewer) Append(lines ...Line) { v.lines = append(v.lines, lines...) }

// Len is the number of lines, unfiltered.
func (v *Viewer) Len() int { return len(v.lines) }

// SetFilter shows only the lines that contain s, whatever its case.
func (v *Viewer) SetFilter(s string) { v.filter, v.built = s, 0 }

// Filter is the filter in force.
func (v *Viewer) Filter() string { return v.filter }

// ToggleWrap switches between wrapping long lines and cutting them.
func (v *Viewer) ToggleWrap() { v.NoWrap, v.built = !v.NoWrap, 0 }

// Move scrolls by n rows; scrolling up stops following, reaching the end does
// not resume it.
func (v *Viewer) Move(n int) {
	v.top = max(0, min(v.top+n, len(v.rows)-v.height))
	if n < 0 {
		v.Follow = false
	}
}

// Page is how far half a page is.
func (v *Viewer) Page() int { return max(1, v.height/2) }

// End reports whether the last row is in sight.
func (v *Viewer) End() bool { return v.top+v.height >= len(v.rows) }

// View draws the rows in sight.
func (v *Viewer) View(th *theme.Theme) []string {
	v.build(th)
	if v.Follow {
		v.top = len(v.rows)
	}
	v.top = max(0, min(v.top, len(v.rows)-v.height))
	if len(v.rows) == 0 {
		text := th.Tr(v.Empty)
		if v.filter != "" && len(v.lines) > 0 {
			text = th.Tr("nothing matches %s", Clean(v.filter))
		}
		return []string{S(th.Faint, text).Truncate(v.width, th.Glyph.Ellipsis).String()}
	}
	return v.rows[v.top:min(len(v.rows), v.top+v.height)]
}

// build draws the lines not drawn yet; all of them when anything else changed.
func (v *Viewer) build(th *theme.Theme) {
	if v.built == 0 || v.theme != th {
		v.rows, v.built, v.theme = v.rows[:0], 0, th
	}
	needle := strings.ToLower(v.filter)
	for _, l := range v.lines[v.built:] {
		switch {
		case needle != "" && !strings.Contains(strings.ToLower(l.Plain()), needle):
		case v.NoWrap:
			v.rows = append(v.rows, l.Truncate(v.width, th.Glyph.Ellipsis).String())
		default:
			v.rows = append(v.rows, Wrap(l, v.width)...)
		}
	}
	v.built = len(v.lines)
}
