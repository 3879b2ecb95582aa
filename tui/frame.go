package tui

import (
	"slices"
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
	content := strings.Join(rows, "\n")
	if a.mode.ASCII {
		content = strings.NewReplacer("–", "-", "…", "~", "×", "x").Replace(content) // in words; signs come from the theme
	}
	v := tea.NewView(content)
	v.AltScreen = true
	v.Cursor = a.cursor(rows)
	v.WindowTitle = "sextant " + a.about.Environment
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
	rows = append(rows, a.status(), a.footer())
	if n := len(a.dialogs); n > 0 {
		rows = a.overlay(rows, a.dialogs[n-1])
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

// header says where we are connected, and as what.
func (a *app) header() string {
	th := a.theme
	env := a.about.Environment
	if env == "" {
		env = a.about.Profile
	}
	left := widget.S(th.Strong, "sextant").Add(th.Blank, "  ")
	if env != "" {
		left = left.Add(th.Environment(env, a.about.Colour), " "+strings.ToUpper(widget.Clean(env))+" ").Add(th.Blank, "  ")
	}
	left = left.Add(th.Muted, widget.Clean(a.about.Database))
	var right widget.Line
	if a.about.ReadOnly {
		right = right.Add(th.Due, th.Tr("READ-ONLY")).Add(th.Blank, "  ")
	}
	clock := "15:04:05"
	if a.width >= 100 {
		clock = "Mon 2006-01-02 15:04:05"
	}
	return a.apart(left, right.Add(th.Text, a.now().UTC().Format(clock)).Add(th.Muted, " UTC"))
}

// tabs lists the top screens and the way to where we are.
func (a *app) tabs() string {
	th := a.theme
	var left widget.Line
	for i, t := range topScreens() {
		name, num := th.Muted, th.Faint
		if a.tops[i] == a.stack[0] {
			name, num = th.Strong.Underline(), th.Accent
		}
		left = left.Add(num, t.number+" ").Add(name, th.Tr(t.name)).Add(th.Blank, "   ")
	}
	var path widget.Line
	for i, s := range a.stack[1:] {
		if i > 0 {
			path = path.Add(th.Faint, " "+th.Glyph.Crumb+" ")
		}
		style := th.Muted
		if i == len(a.stack)-2 {
			style = th.Accent
		}
		path = path.Add(style, widget.Clean(s.Title()))
	}
	if room := a.width - 4 - left.Width(); path.Width() > room && len(a.stack) > 2 {
		path = widget.S(th.Faint, th.Glyph.Crumb+" ").Add(th.Accent, widget.Clean(a.screen().Title()))
	}
	if room := a.width - 4 - left.Width(); path.Width() > room {
		path = path.Truncate(max(0, room), th.Glyph.Ellipsis)
	}
	return a.apart(left, path)
}

// status is the line above the footer: a toast, or what we wait for.
func (a *app) status() string {
	th := a.theme
	if a.toast.text != "" {
		sign, style := th.Glyph.OK, th.Fresh
		switch a.toast.level {
		case warning:
			sign, style = th.Glyph.Warn, th.Due
		case bad:
			sign, style = th.Glyph.Bad, th.Failed
		}
		return a.fit(widget.S(style, sign+" ").Add(th.Text, a.toast.text))
	}
	if len(a.actions) > 0 {
		return a.fit(widget.S(th.Running, th.Glyph.Running+" ").Add(th.Text, a.actions[0].what+th.Glyph.Ellipsis))
	}
	if wait := a.longestWait(); wait >= 2*time.Second && !a.link.lost {
		return a.fit(widget.S(th.Muted, th.Tr("waiting for the database, %s", age(th, wait))))
	}
	return a.fit(nil)
}

func (a *app) longestWait() time.Duration {
	var longest time.Duration
	for _, since := range a.waiting {
		longest = max(longest, a.now().Sub(since))
	}
	return longest
}

// footer lists the keys of the view in front.
func (a *app) footer() string {
	th := a.theme
	keys := a.front().Keys()
	var tail []Key
	if len(a.dialogs) == 0 && !a.front().Typing() {
		for _, k := range a.globalKeys() {
			if k.Label != "" {
				tail = append(tail, k)
			}
		}
	}
	room := a.width - 2
	end := a.keyLine(tail, room)
	if len(tail) > 0 && a.keyLine(keys, 1<<30).Width() > room-end.Width()-3 {
		help := slices.IndexFunc(tail, func(k Key) bool { return k.Strokes[0] == "?" })
		end = a.keyLine(tail[help:help+1], room) // which names the others
	}
	line := a.keyLine(keys, room-end.Width()-3)
	if len(line) > 0 && len(end) > 0 {
		line = line.Add(th.Blank, "   ")
	}
	return a.fit(append(line, end...))
}

// keyLine shows as many keys as fit, whole.
func (a *app) keyLine(keys []Key, room int) widget.Line {
	th := a.theme
	var line widget.Line
	for _, k := range keys {
		if k.Label == "" {
			continue
		}
		style, label := th.Key, th.Muted
		if k.Changes {
			style = th.ChangeKey
		}
		if k.Off != "" {
			style, label = th.KeyOff, th.KeyOff
		}
		next := widget.S(style, a.stroke(k.Strokes[0])).Add(th.Blank, " ").Add(label, th.Tr(k.Label))
		if len(line) > 0 {
			next = append(widget.S(th.Blank, "   "), next...)
		}
		if line.Width()+next.Width() > room {
			break
		}
		line = append(line, next...)
	}
	return line
}

// stroke is a keystroke as this terminal can show it.
func (a *app) stroke(s string) string {
	if shown := shownStroke(s); !a.mode.ASCII {
		return shown
	}
	return s
}

// overlay frames a dialog over the window.
func (a *app) overlay(rows []string, d dialog) []string {
	th := a.theme
	w := min(a.width-4, 92)
	h := a.height - 4
	content := d.Box(w-4, h-2)
	inner := 0
	for _, l := range content {
		inner = max(inner, ansi.StringWidth(l))
	}
	foot := rows[len(rows)-1]
	w = min(w, max(inner, min(48, w-4))+4)
	edge := th.Accent
	if _, changes := d.(*confirm); changes {
		edge = th.ChangeKey
	}
	box := widget.Box(th, d.Title(), edge, content, w)
	out := widget.Overlay(th, rows, box, a.width)
	out[len(out)-1] = foot
	return out
}
