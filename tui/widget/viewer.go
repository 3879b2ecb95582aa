package widget

import (
	"strings"

	"sextant/tui/theme"
)

// Viewer shows lines of text with scrolling, a filter, wrapping and, for text
// that grows, following its end.
type Viewer struct {
	NoWrap  bool
	Follow  bool
	Empty   string
	Context int // lines shown before and after one that the filter finds

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

// Matching is the number of lines that the filter finds; all without one.
func (v *Viewer) Matching() int {
	if v.filter == "" {
		return len(v.lines)
	}
	n := 0
	for _, l := range v.lines {
		n += b2i(v.matches(l))
	}
	return n
}

func (v *Viewer) matches(l Line) bool {
	return strings.Contains(strings.ToLower(l.Plain()), strings.ToLower(v.filter))
}

// SetFilter shows only the lines that contain s, whatever its case.
func (v *Viewer) SetFilter(s string) { v.filter, v.built = s, 0 }

// Filter is the filter in force.
func (v *Viewer) Filter() string { return v.filter }

// SetContext shows so many lines around each that the filter finds.
func (v *Viewer) SetContext(n int) { v.Context, v.built = n, 0 }

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

// Below is how many rows View left out below those in sight.
func (v *Viewer) Below() int { return max(0, len(v.rows)-v.top-v.height) }

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
	if v.built == len(v.lines) && v.theme == th && v.built > 0 {
		return
	}
	if v.built == 0 || v.theme != th {
		v.rows, v.built, v.theme = v.rows[:0], 0, th
	}
	needle := strings.ToLower(v.filter)
	if needle != "" && v.Context > 0 { // a new line may bring those before it into sight
		v.rows = v.rows[:0]
		v.around(th, needle)
		v.built = len(v.lines)
		return
	}
	for _, l := range v.lines[v.built:] {
		if needle == "" || strings.Contains(strings.ToLower(l.Plain()), needle) {
			v.add(th, l)
		}
	}
	v.built = len(v.lines)
}

// around draws the lines found with those around them, and a rule between those
// that do not follow each other.
func (v *Viewer) around(th *theme.Theme, needle string) {
	last := -1 // drawn
	for i, l := range v.lines {
		if !strings.Contains(strings.ToLower(l.Plain()), needle) {
			continue
		}
		from := max(last+1, i-v.Context)
		if last >= 0 && from > last+1 {
			v.add(th, S(th.Rule, strings.Repeat(th.Glyph.Horizontal, 3)))
		}
		for j := from; j <= min(i+v.Context, len(v.lines)-1); j++ {
			line := v.lines[j]
			if !strings.Contains(strings.ToLower(line.Plain()), needle) {
				line = S(th.Faint, line.Plain())
			}
			v.add(th, line)
			last = j
		}
	}
}

// add draws one line.
func (v *Viewer) add(th *theme.Theme, l Line) {
	if v.NoWrap {
		v.rows = append(v.rows, l.Truncate(v.width, th.Glyph.Ellipsis).String())
		return
	}
	v.rows = append(v.rows, WrapIndented(l, v.width)...)
}
