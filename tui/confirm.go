package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/jobs"
	"sextant/tui/widget"
)

// action is a change under way. It outlives the dialog and the screen that
// started it.
type action struct {
	what string // in the present: "starting update-theta"
	feed *feed[uuid.UUID]
	done func(uuid.UUID, error) tea.Cmd
}

// act starts a change; done hears how it ended.
func (a *app) act(what string, do func(context.Context) (uuid.UUID, error), done func(uuid.UUID, error) tea.Cmd) tea.Cmd {
	x := &action{what: what, feed: newFeed(a, do), done: done}
	x.feed.limit = writeLimit
	a.actions = append(a.actions, x)
	a.toast = toast{}
	return x.feed.Refresh()
}

// settle ends the action that a reply belongs to.
func (a *app) settle(msg tea.Msg) tea.Cmd {
	for i, x := range a.actions {
		if x.feed.Take(msg) {
			a.actions = append(a.actions[:i:i], a.actions[i+1:]...)
			return x.done(x.feed.value, x.feed.err)
		}
	}
	return nil
}

// launch starts a run and then shows it, in place of the last n screens, if the
// operator is still where the launch began. When it fails, again is called:
// the operator may try once more.
func (a *app) launch(q jobs.Request, n int, again func()) tea.Cmd {
	from := a.screen()
	start := func(ctx context.Context) (uuid.UUID, error) { return a.console.Launch(ctx, q) }
	return a.act("starting "+q.Stage, start, func(id uuid.UUID, err error) tea.Cmd {
		if err != nil {
			again()
		}
		switch {
		case err != nil && connectionLost(err):
			a.say(bad, "no answer: "+q.Stage+" may have started all the same; look at Runs ("+err.Error()+")")
			return nil
		case err != nil:
			a.say(bad, q.Stage+" was not started: "+err.Error())
			return nil
		case a.screen() != from:
			a.say(good, q.Stage+" started; :run "+shortID(id)+" shows it")
			return nil
		}
		a.say(good, q.Stage+" started")
		for range min(n, len(a.stack)-1) {
			a.screen().Close()
			a.stack = a.stack[:len(a.stack)-1]
		}
		return a.push(newRun(a, id))
	})
}

// quietTime is how long a confirmation must have seen no key before it takes
// one: keys already in flight, or held down, decide nothing.
const quietTime = 300 * time.Millisecond

// confirm asks before a change. It rests on Cancel.
type confirm struct {
	app   *app
	title string
	text  []widget.Line
	verb  string // on the button
	yes   bool   // the button with the focus
	ready time.Time
	do    func() tea.Cmd
}

func newConfirm(a *app, title, verb string, text []widget.Line, do func() tea.Cmd) *confirm {
	return &confirm{app: a, title: title, text: text, verb: verb, do: do, ready: a.now().Add(quietTime)}
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
	return []Key{
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
}

// Box draws the question and the two buttons.
func (c *confirm) Box(w, h int) []string {
	th := c.app.theme
	env := c.app.about.Environment
	if env == "" {
		env = c.app.about.Profile
	}
	where := widget.S(th.Muted, "in ").Add(th.Environment(env, c.app.about.Colour), " "+strings.ToUpper(widget.Clean(env))+" ").
		Add(th.Muted, "  "+widget.Clean(c.app.about.Database))
	out := []string{"", where.Truncate(w, th.Glyph.Ellipsis).String(), ""}
	for _, l := range c.text {
		out = append(out, widget.Wrap(l, w)...)
	}
	no, yes := th.Button, th.Muted
	noText, yesText := "[ Cancel ]", "  "+c.verb+"  "
	if c.yes {
		no, yes = th.Muted, th.ChangeButton
		noText, yesText = "  Cancel  ", "[ "+c.verb+" ]"
	}
	buttons := widget.S(no, noText).Add(th.Blank, "   ").Add(yes, yesText)
	out = append(out[:min(len(out), max(0, h-2))], "", buttons.String())
	return out
}
