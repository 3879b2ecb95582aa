package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sextant/tui/widget"
)

// palette is the line that `:` opens, with what matches under it.
type palette struct {
	app    *app
	input  widget.Input
	cursor int
	past   int // how far back in the history
}

func newPalette(a *app) dialog { return &palette{app: a, past: len(a.memory.History)} }

// Title is the box's.
func (p *palette) Title() string { return p.app.tr("Command") }

// Typing is always on.
func (p *palette) Typing() bool { return true }

// Update takes text.
func (p *palette) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		p.input.Update(msg)
		p.cursor = 0
	}
	return nil
}

// Keys choose, complete and run.
func (p *palette) Keys() []Key {
	by := func(n int) func() tea.Cmd {
		return func() tea.Cmd {
			p.cursor = max(0, min(p.cursor+n, len(p.matches())-1))
			return nil
		}
	}
	return []Key{
		{Strokes: []string{"enter"}, Label: "go", Help: "do what is chosen", Do: p.run},
		{Strokes: []string{"tab"}, Label: "complete", Help: "complete the word", Do: p.complete},
		{Strokes: []string{"down", "ctrl+n"}, Label: "choose", Help: "the next one", Do: by(1)},
		{Strokes: []string{"up", "ctrl+p"}, Help: "the one before; from the first, back through what was entered", Do: p.up},
		{Strokes: []string{"esc"}, Label: "close", Do: p.app.dismiss},
	}
}

// up chooses the match above; at the first one it goes back in the history.
func (p *palette) up() tea.Cmd {
	if p.cursor > 0 {
		p.cursor--
	} else if p.past > 0 {
		p.past--
		p.input.SetValue(p.app.memory.History[p.past])
	}
	return nil
}

// matches are the commands that what was typed may mean, best first. After
// `stage ` they are the stages.
func (p *palette) matches() []command {
	all := p.app.commands()
	word, rest, argument := strings.Cut(strings.TrimLeft(p.input.Value(), ": "), " ")
	if argument && word == "stage" {
		return p.stages(rest)
	}
	var names []string
	var of []int // the command of each name
	for i, c := range all {
		names, of = append(names, c.name), append(of, i)
		if word != "" {
			for _, also := range c.also {
				names, of = append(names, also), append(of, i)
			}
		}
	}
	var out []command
	taken := map[int]bool{}
	for _, i := range rank(word, names) {
		if !taken[of[i]] {
			taken[of[i]] = true
			out = append(out, all[of[i]])
		}
	}
	return out
}

// stages are the commands that open the stages whose names word may mean.
func (p *palette) stages(word string) []command {
	names := p.app.stageNames()
	var out []command
	for _, i := range rank(strings.TrimSpace(word), names) {
		out = append(out, command{name: "stage " + names[i], do: func(string) tea.Cmd { return p.app.push(newStage(p.app, names[i])) }})
	}
	return out
}

func (p *palette) complete() tea.Cmd {
	if m := p.matches(); p.cursor < len(m) {
		text := m[p.cursor].name
		if m[p.cursor].arg != "" {
			text += " "
		}
		p.input.SetValue(text)
		p.cursor = 0
	}
	return nil
}

func (p *palette) run() tea.Cmd {
	a := p.app
	m := p.matches()
	if p.cursor >= len(m) {
		a.say(warning, a.tr("no command is called %s", p.input.Value()))
		return a.dismiss()
	}
	_, arg, _ := strings.Cut(strings.TrimSpace(p.input.Value()), " ")
	if m[p.cursor].arg == "" {
		arg = ""
	}
	a.dismiss()
	do := m[p.cursor].do(strings.TrimSpace(arg))
	a.recall(strings.TrimSpace(m[p.cursor].name+" "+arg), m[p.cursor].private)
	return tea.Batch(do, a.remember())
}

// Box draws the line and its matches.
func (p *palette) Box(w, h int) []string {
	th := p.app.theme
	line := widget.S(th.Key, ": ")
	out := []string{append(line, p.input.View(th, w-3, true)...).String(), ""}
	matches := p.matches()
	return append(out, menu(th, w, h-len(out), len(matches), p.cursor, func(i int) widget.Line {
		c := matches[i]
		l := widget.S(th.Strong, c.name).Add(th.Accent, " "+c.arg)
		if c.help != "" {
			l = l.Pad(20, "", th.Blank, false).Add(th.Muted, " "+c.help)
		}
		return l
	})...)
}

// rank gives the indices of the names that word may mean, best first: the
// word itself, a prefix, a substring, letters in order.
func rank(word string, names []string) []int {
	word = strings.ToLower(word)
	score := func(name string) int {
		name = strings.ToLower(name)
		switch {
		case name == word:
			return 0
		case strings.HasPrefix(name, word):
			return 1
		case strings.Contains(name, word):
			return 2
		}
		rest := name
		for _, r := range word {
			i := strings.IndexRune(rest, r)
			if i < 0 {
				return -1
			}
			rest = rest[i+len(string(r)):]
		}
		return 3
	}
	var out []int
	for i, n := range names {
		if score(n) >= 0 {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return score(names[a]) - score(names[b]) })
	return out
}
