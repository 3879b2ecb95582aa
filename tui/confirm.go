package tui

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/tui/widget"
)

// quietTime is how long a confirmation must have seen no key before it takes
// one: keys already in flight, or held down, decide nothing.
const quietTime = 300 * time.Millisecond

// confirm asks before a change. It rests on leaving things as they are; the
// change takes the way to its button and enter.
type confirm struct {
	app     *app
	title   string
	text    []widget.Line
	rest    string // the button that changes nothing
	verb    string // the one that does
	command func(reason string) string
	do      func(reason string) tea.Cmd
	why     *widget.Input // the reason; nil: none is taken
	focus   int
	ready   time.Time
}

// What has the focus of a confirmation, in the order of tab.
const (
	onRest = iota
	onVerb
	onReason
)

// newConfirm asks about a change, shown with the shell command that does the same.
func newConfirm(a *app, title, verb, command string, text []widget.Line, do func() tea.Cmd) *confirm {
	return &confirm{app: a, title: title, text: text, rest: a.tr("Cancel"), verb: verb, ready: a.now().Add(quietTime),
		command: func(string) string { return command }, do: func(string) tea.Cmd { return do() }}
}

// newReasonedConfirm also takes a reason for those who read the ledger later.
func newReasonedConfirm(a *app, title, verb string, command func(reason string) string, text []widget.Line, do func(reason string) tea.Cmd) *confirm {
	c := newConfirm(a, title, verb, "", text, nil)
	c.command, c.do, c.why = command, do, &widget.Input{Hint: "none"}
	return c
}

// Title is the box's.
func (c *confirm) Title() string { return c.title }

// Typing is on, so that keys in flight end here.
func (c *confirm) Typing() bool { return true }

// Update takes the reason, and keys that mean nothing here.
func (c *confirm) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		if c.fresh() && c.focus == onReason {
			c.why.Update(msg)
		}
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

// reason is what was typed as one.
func (c *confirm) reason() string {
	if c.why == nil {
		return ""
	}
	return strings.TrimSpace(c.why.Value())
}

// Keys choose and decide; while the reason is typed they are few.
func (c *confirm) Keys() []Key {
	when := func(do func() tea.Cmd) func() tea.Cmd {
		return func() tea.Cmd {
			if !c.fresh() {
				return nil
			}
			return do()
		}
	}
	by := func(n int) func() tea.Cmd { return when(func() tea.Cmd { c.move(n); return nil }) }
	press := Key{Strokes: []string{"enter"}, Label: "press", Help: "press the button with the focus", Do: when(c.press)}
	leave := Key{Strokes: []string{"esc"}, Label: strings.ToLower(c.rest), Help: "change nothing", Do: c.app.dismiss}
	if c.focus == onReason {
		return []Key{{Strokes: []string{"enter"}, Label: "to the button", Help: "to the button that does it", Do: press.Do}, {Strokes: []string{"tab"}, Label: "choose", Help: "back to the buttons", Do: by(1)}, {Strokes: []string{"shift+tab"}, Help: "the one before", Do: by(-1)}, leave}
	}
	leave.Strokes = append(leave.Strokes, "n", "q")
	return []Key{
		{Strokes: []string{"tab", "right", "l"}, Label: "choose", Help: "the other button, then the reason where one is taken", Do: by(1)},
		press, leave,
		{Strokes: []string{"y"}, Label: "copy command", Help: "copy the shell command that does the same", Do: when(func() tea.Cmd { return c.app.copy(c.command(c.reason())) })},
		{Strokes: []string{"shift+tab", "left", "h"}, Help: "the one before", Do: by(-1)}}
}

// move goes on to the next button, or the reason, or back.
func (c *confirm) move(n int) {
	places := onReason
	if c.why != nil {
		places++
	}
	c.focus = (c.focus + n + places) % places
}

// press is enter: of the reason it leads to the button, which takes another.
func (c *confirm) press() tea.Cmd {
	switch c.focus {
	case onReason:
		c.focus, c.ready = onVerb, c.app.now().Add(quietTime)
		return nil
	case onVerb:
		c.app.dismiss()
		return c.do(c.reason())
	}
	return c.app.dismiss()
}

// Box draws the question, the command, the reason and the two buttons. Where there
// is no room for all, blank lines go first, then the end of the question.
func (c *confirm) Box(w, h int) []string {
	th := c.app.theme
	where := append(widget.S(th.Muted, th.Tr("in")+" "), c.app.badge()...).Add(th.Muted, "  "+widget.Clean(c.app.about.Database))
	out := []string{"", where.Truncate(w, th.Glyph.Ellipsis).String(), ""}
	for _, l := range c.text {
		out = append(out, widget.WrapIndented(l, w)...)
	}
	foot := append([]string{""}, widget.WrapIndented(widget.S(th.Muted, "$ ").Add(th.Accent, widget.Clean(c.command(c.reason()))), w)...)
	foot = append(append(foot, c.reasonLine(w)...), "", c.buttons().Truncate(w, th.Glyph.Ellipsis).String())
	if len(out)+len(foot) > h {
		blank := func(l string) bool { return l == "" }
		out, foot = slices.DeleteFunc(out, blank), slices.DeleteFunc(foot, blank)
		foot = foot[max(0, len(foot)-h):]
		out = out[:min(len(out), h-len(foot))]
	}
	return append(out, foot...)
}

func (c *confirm) reasonLine(w int) []string {
	if c.why == nil {
		return nil
	}
	th := c.app.theme
	label := widget.S(th.Muted, th.Tr("reason")+"  ")
	return []string{"", append(label, c.why.View(th, max(1, w-label.Width()), c.focus == onReason)...).String()}
}

func (c *confirm) buttons() widget.Line {
	th := c.app.theme
	rest, verb, restText, verbText := th.Muted, th.Muted, "  "+c.rest+"  ", "  "+c.verb+"  "
	switch c.focus {
	case onRest:
		rest, restText = th.Button, "[ "+c.rest+" ]"
	case onVerb:
		verb, verbText = th.ChangeButton, "[ "+c.verb+" ]"
	}
	return widget.S(rest, restText).Add(th.Blank, "   ").Add(verb, verbText)
}
