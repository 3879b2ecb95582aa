package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// view is what screens and dialogs have in common.
type view interface {
	Title() string
	// Keys lists the keys that work now, the most useful first.
	Keys() []Key
	// Typing reports whether a keystroke that Keys does not list is text, to
	// be given to Update.
	Typing() bool
	// Update takes replies, pastes and, while Typing, keystrokes.
	Update(msg tea.Msg) tea.Cmd
}

// screen is a full-window view. It draws the newest snapshot it has and never
// waits for one.
type screen interface {
	view
	// Refresh asks for fresh data, unless a request is in flight.
	Refresh() tea.Cmd
	// Every is how often the root model calls Refresh; 0: never.
	Every() time.Duration
	SetSize(w, h int)
	View() []string
	// Close ends the requests in flight.
	Close()
}

// dialog is a box over the screen.
type dialog interface {
	view
	// Box draws the content for a frame of at most w × h cells.
	Box(w, h int) []string
}

// top is a screen that a number key and the palette reach.
type top struct {
	number string // the key; empty: the palette alone
	name   string // in the tabs and, in lower case, in the palette
	also   string // other names in the palette, apart by blanks
	open   func(*app) screen
}

// The places of the top screens that others lead to.
const (
	topPipeline = iota
	topRuns
	topLearners
	topItems
	topReports
	topQuarantine
	topWorkers
	topJournal
)

// topScreens registers the top screens, a line each, in the order of the tabs.
func topScreens() []top {
	return []top{
		topPipeline:   {"1", "Pipeline", "home stages", func(a *app) screen { return newPipeline(a) }},
		topRuns:       {"2", "Runs", "", func(a *app) screen { return newRuns(a) }},
		topLearners:   {"3", "Learners", "", func(a *app) screen { return newLearners(a) }},
		topItems:      {"4", "Items", "bank", func(a *app) screen { return newItems(a) }},
		topReports:    {"5", "Reports", "", func(a *app) screen { return newReports(a) }},
		topQuarantine: {"6", "Quarantine", "", func(a *app) screen { return newQuarantine(a) }},
		topWorkers:    {"7", "Workers", "queue", func(a *app) screen { return newWorkers(a) }},
		topJournal:    {"", "Log", "commands", newJournal},
	}
}

// base is the part every screen shares.
type base struct {
	app           *app
	width, height int
}

// SetSize gives the screen its room.
func (b *base) SetSize(w, h int) { b.width, b.height = w, h }

// Typing is false on screens without text to edit.
func (b *base) Typing() bool { return false }

// Every is never, on screens whose data does not change.
func (b *base) Every() time.Duration { return 0 }

// Refresh does nothing on screens whose data does not change.
func (b *base) Refresh() tea.Cmd { return nil }

// Update ignores messages.
func (b *base) Update(tea.Msg) tea.Cmd { return nil }

// Close has nothing to end.
func (b *base) Close() {}
