package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// Key binds keystrokes to an action. The footer, the help and the dispatch all
// read the same list of keys, so what is shown is what works.
type Key struct {
	Strokes []string // as Bubble Tea names them; the first is shown
	Label   string   // a word or two for the footer; empty: only in the help
	Help    string   // a sentence for the help
	Changes bool     // it leads to a change of data
	Off     string   // why it cannot be used now; empty: it can
	Do      func() tea.Cmd
}

// find gives the key that a stroke means.
func find(keys []Key, stroke string) (Key, bool) {
	i := slices.IndexFunc(keys, func(k Key) bool { return slices.Contains(k.Strokes, stroke) })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}

// shownStroke is a keystroke as people write it.
func shownStroke(s string) string {
	switch s {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case "pgup":
		return "page up"
	case "pgdown":
		return "page down"
	case "shift+tab":
		return "shift-tab"
	}
	if len(s) > 5 && s[:5] == "ctrl+" {
		return "ctrl-" + s[5:]
	}
	return s
}

// mover is what the movement keys move.
type mover interface {
	Move(n int)
	Page() int
}

const farAway = 1 << 30

// movement is the keys that move a cursor or scroll.
func movement(m mover) []Key {
	by := func(n int) func() tea.Cmd { return func() tea.Cmd { m.Move(n); return nil } }
	return []Key{
		{Strokes: []string{"j", "down"}, Help: "down", Do: by(1)},
		{Strokes: []string{"k", "up"}, Help: "up", Do: by(-1)},
		{Strokes: []string{"ctrl+d", "pgdown"}, Help: "half a page down", Do: by(m.Page())},
		{Strokes: []string{"ctrl+u", "pgup"}, Help: "half a page up", Do: by(-m.Page())},
		{Strokes: []string{"g", "home"}, Help: "to the top", Do: by(-farAway)},
		{Strokes: []string{"G", "end"}, Help: "to the bottom", Do: by(farAway)},
	}
}
