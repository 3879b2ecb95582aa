package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sextant/tui/widget"
)

// level is how a toast is meant.
type level int

const (
	good level = iota
	warning
	bad
)

// toast is a sentence that stays for some seconds.
type toast struct {
	level level
	text  string
	until time.Time
}

// say shows a sentence above the footer.
func (a *app) say(l level, text string) {
	stay := 5 * time.Second
	if l == bad {
		stay = 15 * time.Second
	}
	a.toast = toast{l, widget.Clean(a.tr(text)), a.now().Add(stay)}
}

const (
	leastWidth  = 40
	leastHeight = 10
)

// View draws the frame: header, tabs, body, status and footer.
func (a *app) View() tea.View {
	rows := a.frame()
	if a.mode.ASCII {
		for i, row := range rows {
			rows[i] = inASCII(row, a.width)
		}
	}
	v := tea.NewView(strings.Join(rows, "\n"))
	v.AltScreen = true
	v.Cursor = a.cursor(rows)
	if a.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.WindowTitle = "sextant " + a.environment()
	return v
}

// cursor is the terminal's own cursor, put where text is typed: input methods,
// as for Korean, show there what they compose.
func (a *app) cursor(rows []string) *tea.Cursor {
	if !a.front().Typing() {
		return nil
	}
	for y, row := range rows {
		if x := a.theme.Cursor.Find(row); x >= 0 {
			c := tea.NewCursor(x, y)
			c.Shape, c.Blink = tea.CursorBar, false
			return c
		}
	}
	return nil
}

func (a *app) frame() []string {
	if a.width < leastWidth || a.height < leastHeight {
		return widget.Frame([]string{a.tr("%d×%d is too small", a.width, a.height), a.tr("it takes %d×%d", leastWidth, leastHeight)}, a.width, a.height)
	}
	rows := a.head()
	body := widget.Frame(a.screen().View(), a.width, a.bodyHeight())
	if a.link.lost {
		body = widget.Dim(a.theme, body)
	}
	rows = append(rows, body...)
	var box []string
	if n := len(a.dialogs); n > 0 {
		box = a.box(a.dialogs[n-1]) // which changes what its keys do, and so the footer
	}
	rows = append(rows, a.status(), a.footer())
	if box != nil {
		foot := rows[len(rows)-1]
		rows = widget.Overlay(a.theme, rows, box, a.width)
		rows[len(rows)-1] = foot
	}
	return rows
}

// head is the lines over the body: two, and a rule where there is room, and
// the banner of a lost database.
func (a *app) head() []string {
	rows := []string{a.header(), a.tabs()}
	if a.height >= 22 {
		rows = append(rows, a.theme.Rule.Render(strings.Repeat(a.theme.Glyph.Horizontal, a.width)))
	}
	if a.link.lost {
		rows = append(rows, a.fit(a.link.banner(a)))
	}
	return rows
}

func (a *app) bodyHeight() int { return max(1, a.height-len(a.head())-2) }

func (a *app) resize() {
	for _, s := range a.stack {
		s.SetSize(a.width, a.bodyHeight())
	}
}

// fit renders a line as wide as the window, with a blank at its left.
func (a *app) fit(l widget.Line) string {
	return " " + l.Truncate(a.width-2, a.theme.Glyph.Ellipsis).Pad(a.width-1, "", a.theme.Blank, false).String()
}

// apart puts one line at the left and one at the right; the left gives way.
func (a *app) apart(left, right widget.Line) string {
	th := a.theme
	right = right.Truncate(a.width-2, th.Glyph.Ellipsis)
	room := a.width - 2 - right.Width() - 2
	left = left.Pad(max(0, room), th.Glyph.Ellipsis, th.Blank, false)
	if room > 0 {
		left = left.Add(th.Blank, "  ")
	}
	return a.fit(append(left, right...))
}

// box is a dialog in its frame, as wide as it needs.
func (a *app) box(d dialog) []string {
	th := a.theme
	w := min(a.width-4, 92)
	h := a.height - 4
	content := d.Box(w-4, h-2)
	inner := 0
	for _, l := range content {
		inner = max(inner, ansi.StringWidth(l))
	}
	w = min(w, max(inner, min(48, w-4))+4)
	edge := th.Accent
	if _, changes := d.(*confirm); changes {
		edge = th.ChangeKey
	}
	return widget.Box(th, d.Title(), edge, content, w)
}
