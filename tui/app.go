package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"sextant/jobs"
	"sextant/tui/theme"
)

// app is the root model. It owns the size, the theme, the services, the stack
// of screens and the dialogs over it. Screens hold a pointer to it and call its
// methods from Update and from key actions, never from inside a command.
type app struct {
	ctx     context.Context // ends with the console; parent of every request
	console jobs.Console
	about   jobs.About
	clock   func() time.Time
	after   func(time.Duration, tea.Msg) tea.Cmd
	theme   *theme.Theme
	mode    theme.Mode
	ask     bool // the terminal for its background

	width, height int
	tops          []screen // by number; nil until first opened
	stack         []screen // the last is in front
	dialogs       []dialog // the last is in front
	toast         toast
	link          link
	requests      uint64
	waiting       map[uint64]time.Time // requests in flight, by id
	actions       []*action            // changes under way
	refreshedAt   time.Time
	history       []string // palette lines entered, oldest first
}

// tick drives the clock, the refreshes and whatever else goes with time.
type tick struct{}

const tickEvery = time.Second / 2

// later sends a message once some time has passed.
func later(d time.Duration, msg tea.Msg) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return msg })
}

// Init starts the clock and the first request.
func (a *app) Init() tea.Cmd {
	cmds := []tea.Cmd{a.after(tickEvery, tick{}), a.refresh()}
	if a.ask {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// Update routes messages: keys to the front, everything else to all.
func (a *app) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.width, a.height = msg.Width, msg.Height
		a.resize()
		return a, nil
	case tea.BackgroundColorMsg:
		if a.ask {
			a.mode.Dark = msg.IsDark()
			a.theme = theme.New(a.mode)
		}
		return a, nil
	case tea.ColorProfileMsg:
		if msg.Profile <= colorprofile.ASCII {
			a.mode.NoColor = true
			a.theme = theme.New(a.mode)
		}
		return a, nil
	case tick:
		return a, tea.Batch(a.after(tickEvery, tick{}), a.tick())
	case tea.KeyPressMsg:
		return a, a.press(msg)
	case tea.PasteMsg:
		if front := a.front(); front.Typing() {
			return a, front.Update(msg)
		}
		return a, nil
	}
	if o, ok := msg.(outcome); ok {
		id, err := o.outcome()
		delete(a.waiting, id)
		if a.link.observe(err, a.now()) {
			a.say(good, "the database is back")
		}
	}
	return a, a.broadcast(msg)
}

// broadcast gives a message to every screen and dialog; replies find their
// owner by request id.
func (a *app) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	seen := map[screen]bool{}
	for _, list := range [][]screen{a.tops, a.stack} {
		for _, s := range list {
			if s != nil && !seen[s] {
				seen[s] = true
				cmds = append(cmds, s.Update(msg))
			}
		}
	}
	for _, d := range a.dialogs {
		cmds = append(cmds, d.Update(msg))
	}
	cmds = append(cmds, a.settle(msg))
	a.resize() // fresh data may change how a screen divides its room
	return tea.Batch(cmds...)
}

// tick refreshes the screen in front when its time has come, or when a lost
// database is to be tried again.
func (a *app) tick() tea.Cmd {
	now := a.now()
	if now.After(a.toast.until) {
		a.toast = toast{}
	}
	if a.link.lost {
		return a.retry(now)
	}
	if every := a.screen().Every(); every > 0 && now.Sub(a.refreshedAt) >= every {
		return a.refresh()
	}
	return nil
}

// retry tries a lost database again once its time has come: by the screen in
// front or, where that has nothing to ask, by the pipeline.
func (a *app) retry(now time.Time) tea.Cmd {
	if now.Before(a.link.retryAt) {
		return nil
	}
	if cmd := a.refresh(); cmd != nil {
		return cmd
	}
	return a.tops[topPipeline].Refresh()
}

func (a *app) refresh() tea.Cmd {
	a.refreshedAt = a.now()
	return a.screen().Refresh()
}

// press gives a key to the view in front, then to the keys that work on every
// screen.
func (a *app) press(msg tea.KeyPressMsg) tea.Cmd {
	stroke := msg.String()
	if stroke == "ctrl+c" {
		return tea.Quit
	}
	if a.toast.level == warning { // it was about the key before
		a.toast = toast{}
	}
	front := a.front()
	if k, ok := find(front.Keys(), stroke); ok {
		return a.do(k)
	}
	if front.Typing() || len(a.dialogs) > 0 {
		return front.Update(msg)
	}
	if k, ok := find(a.globalKeys(), stroke); ok {
		return a.do(k)
	}
	return nil
}

// do carries out a key, or says why it is off.
func (a *app) do(k Key) tea.Cmd {
	if k.Off != "" {
		a.say(warning, k.Off)
		return nil
	}
	return k.Do()
}

// globalKeys work on every screen that is not taking text.
func (a *app) globalKeys() []Key {
	keys := []Key{
		{Strokes: []string{"esc", "backspace"}, Help: "back to the screen before", Do: a.back},
		{Strokes: []string{":"}, Label: "command", Help: "type a command: :run, :learner kim, :quit …", Do: func() tea.Cmd { return a.open(newPalette(a)) }},
		{Strokes: []string{"?"}, Label: "help", Help: "this help", Do: func() tea.Cmd { return a.open(newHelp(a)) }},
		{Strokes: []string{"ctrl+r"}, Help: "refresh now", Do: a.refresh},
		{Strokes: []string{"ctrl+z"}, Help: "to the shell; fg comes back", Do: func() tea.Cmd { return tea.Suspend }},
		{Strokes: []string{"q", "ctrl+c"}, Label: "quit", Help: "quit; what runs goes on running", Do: func() tea.Cmd { return tea.Quit }},
	}
	for i, t := range topScreens() {
		if t.number != "" {
			keys = append(keys, Key{Strokes: []string{t.number}, Help: t.name, Do: func() tea.Cmd { return a.jump(i) }})
		}
	}
	return keys
}

func (a *app) now() time.Time { return a.clock() }

// tr is the English text in the operator's language.
func (a *app) tr(english string, args ...any) string { return a.theme.Tr(english, args...) }

// nextRequest gives a request its id and notes that it is in flight.
func (a *app) nextRequest() uint64 {
	a.requests++
	a.waiting[a.requests] = a.now()
	return a.requests
}

// screen is the one in front.
func (a *app) screen() screen { return a.stack[len(a.stack)-1] }

// front is what keys go to.
func (a *app) front() view {
	if n := len(a.dialogs); n > 0 {
		return a.dialogs[n-1]
	}
	return a.screen()
}

// push opens a screen over the one in front.
func (a *app) push(s screen) tea.Cmd {
	a.dialogs = nil
	a.stack = append(a.stack, s)
	a.resize()
	return a.refresh()
}

// back closes the screen in front; the first one stays.
func (a *app) back() tea.Cmd {
	if len(a.stack) == 1 {
		return nil
	}
	a.screen().Close()
	a.stack = a.stack[:len(a.stack)-1]
	a.resize()
	return a.refresh()
}

// jump goes to a top screen and closes what is open over it.
func (a *app) jump(i int) tea.Cmd {
	a.dialogs = nil
	for _, s := range a.stack[1:] {
		s.Close()
	}
	if a.tops[i] == nil {
		a.tops[i] = topScreens()[i].open(a)
	}
	a.stack = []screen{a.tops[i]}
	a.resize()
	return a.refresh()
}

// open shows a dialog.
func (a *app) open(d dialog) tea.Cmd {
	a.dialogs = append(a.dialogs, d)
	return nil
}

// dismiss closes the dialog in front.
func (a *app) dismiss() tea.Cmd {
	if n := len(a.dialogs); n > 0 {
		a.dialogs = a.dialogs[:n-1]
	}
	return nil
}

// copy puts a shell command on the terminal's clipboard.
func (a *app) copy(text string) tea.Cmd {
	if text == "" {
		a.say(warning, "nothing to copy")
		return nil
	}
	a.say(good, "copied: "+text)
	return tea.SetClipboard(text)
}

// readOnly is the reason why nothing can be changed here, or empty.
func (a *app) readOnly() string {
	if a.about.ReadOnly {
		return "read-only: this session looks and changes nothing"
	}
	return ""
}
