package tui

import (
	"cmp"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/tui/widget"
)

// quietTime is how long a confirmation must have seen no key before it takes
// one: keys already in flight, or held down, decide nothing.
const quietTime = 300 * time.Millisecond

// confirm asks before a change. It rests on Cancel.
type confirm struct {
	app   *app
	title string
	text  []widget.Line
	verb  string // on the button
	shell string // the command that does the same; empty: none
	yes   bool   // the button with the focus
	ready time.Time
	do    func() tea.Cmd
}

func newConfirm(a *app, title, verb string, text []widget.Line, do func() tea.Cmd) *confirm {
	return &confirm{app: a, title: title, text: text, verb: verb, do: do, ready: a.now().Add(quietTime)}
}

// by shows the shell command that does the same.
func (c *confirm) by(command string) *confirm {
	c.shell = command
	return c
}

// Title is the box's.
func (c *confirm) Title() string { return c.title }

// Typing is on, so that keys in flight end here.
func (c *confirm) Typing() bool { return true }

// Update takes keys that mean nothing here.
func (c *confirm) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(tea.KeyPressMsg); ok {
		c.fresh()
	}
	return nil
}

// fresh reports whether a key pressed now was meant for this dialog; one that
// was not starts the quiet time again.
func (c *confirm) fresh() bool {
	now := c.app.now()
	if now.Before(c.ready) {
		c.ready = now.Add(quietTime)
		return false
	}
	return true
}

// Keys choose and decide.
func (c *confirm) Keys() []Key {
	when := func(do func() tea.Cmd) func() tea.Cmd {
		return func() tea.Cmd {
			if !c.fresh() {
				return nil
			}
			return do()
		}
	}
	accept := func() tea.Cmd { c.app.dismiss(); return c.do() }
	keys := []Key{
		{Strokes: []string{"tab", "left", "right", "h", "l", "shift+tab"}, Label: "choose", Do: when(func() tea.Cmd { c.yes = !c.yes; return nil })},
		{Strokes: []string{"enter"}, Label: "press", Do: when(func() tea.Cmd {
			if c.yes {
				return accept()
			}
			return c.app.dismiss()
		})},
		{Strokes: []string{"y"}, Label: strings.ToLower(c.verb), Changes: true, Do: when(accept)},
		{Strokes: []string{"esc", "n", "q"}, Label: "cancel", Do: c.app.dismiss},
	}
	if c.shell != "" {
		keys = append(keys, Key{Strokes: []string{"c"}, Label: "copy command", Do: when(func() tea.Cmd { return c.app.copy(c.shell) })})
	}
	return keys
}

// Box draws the question and the two buttons.
func (c *confirm) Box(w, h int) []string {
	th := c.app.theme
	env := cmp.Or(c.app.about.Environment, c.app.about.Profile)
	where := widget.S(th.Muted, th.Tr("in")+" ").Add(th.Environment(env, c.app.about.Colour), " "+strings.ToUpper(widget.Clean(env))+" ").
		Add(th.Muted, "  "+widget.Clean(c.app.about.Database))
	out := []string{"", where.Truncate(w, th.Glyph.Ellipsis).String(), ""}
	for _, l := range c.text {
		out = append(out, widget.WrapIndented(l, w)...)
	}
	if c.shell != "" {
		out = append(append(out, ""), widget.WrapIndented(widget.S(th.Muted, "$ ").Add(th.Accent, widget.Clean(c.shell)), w)...)
	}
	no, yes := th.Button, th.Muted
	cancel := th.Tr("Cancel")
	noText, yesText := "[ "+cancel+" ]", "  "+c.verb+"  "
	if c.yes {
		no, yes = th.Muted, th.ChangeButton
		noText, yesText = "  "+cancel+"  ", "[ "+c.verb+" ]"
	}
	buttons := widget.S(no, noText).Add(th.Blank, "   ").Add(yes, yesText)
	out = append(out[:min(len(out), max(0, h-2))], "", buttons.String())
	return out
}
