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
	root    context.Context // ends with the console
	ctx     context.Context // ends with the profile in use; parent of every request
	stop    context.CancelFunc
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
	stale         bool     // the ledger has changed since
	journal       []*entry // changes made, oldest first

	watch     watch
	memory    memory
	stateFile string // of the memory; empty: it is not kept

	profiles  []Profile
	connect   func(ctx context.Context, profile string) (jobs.Console, error)
	switching *switching
	finding   *finding

	mouse bool
}

// tick drives the clock, the refreshes and whatever else goes with time.
type tick struct{}

const tickEvery = time.Second

// later sends a message once some time has passed.
func later(d time.Duration, msg tea.Msg) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return msg })
}

// Init starts the clock and the first request.
func (a *app) Init() tea.Cmd {
	cmds := []tea.Cmd{a.after(tickEvery, tick{}), a.refresh(), a.listen()}
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
		a.mode.Profile = msg.Profile
		if msg.Profile <= colorprofile.ASCII {
			a.mode.NoColor = true
		}
		a.theme = theme.New(a.mode)
		return a, nil
	case tick:
		return a, tea.Batch(a.after(tickEvery, tick{}), a.tick())
	case tea.KeyPressMsg:
		return a, a.press(msg)
	case tea.MouseWheelMsg:
		return a, a.wheel(msg)
	case tea.MouseClickMsg:
		return a, a.click(msg)
	case changed:
		return a, a.heard(msg)
	case silent:
		return a, a.unheard(msg)
	case unsaved:
		a.say(warning, a.tr("saved filters and history cannot be kept: %s", errorWords(a.theme, msg.err)))
		return a, nil
	case tea.PasteMsg:
		if front := a.front(); front.Typing() {
			return a, front.Update(msg)
		}
		return a, nil
	}
	if o, ok := msg.(outcome); ok {
		id, err := o.outcome()
		_, ours := a.waiting[id] // not the profile's before, nor one that is yet to be opened
		if ours && !a.switchingBy(id) && a.link.observe(err, a.now()) {
			a.say(good, "the database is back")
		}
		delete(a.waiting, id)
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
	cmds = append(cmds, a.settle(msg), a.switched(msg), a.found(msg))
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
	again := a.listenAgain()
	if every := a.pace(); a.stale || every > 0 && now.Sub(a.refreshedAt) >= every {
		return tea.Batch(again, a.refresh())
	}
	return again
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
	a.refreshedAt, a.stale = a.now(), false
	return a.screen().Refresh()
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

// copy puts a shell command on the terminal's clipboard.
func (a *app) copy(text string) tea.Cmd {
	if text == "" {
		a.say(warning, "nothing to copy")
		return nil
	}
	a.say(good, a.tr("copied: %s", text))
	return tea.SetClipboard(text)
}

// readOnly is the reason why nothing can be changed here, or empty.
func (a *app) readOnly() string {
	if a.about.ReadOnly {
		return a.tr("read-only: this session looks and changes nothing")
	}
	return ""
}
