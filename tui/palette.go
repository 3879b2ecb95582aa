package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/tui/widget"
)

// command is a line of the palette.
type command struct {
	name string
	also []string // other names, found but not listed
	arg  string   // what it takes; empty: nothing
	help string
	do   func(arg string) tea.Cmd

	private bool // its argument is nothing to keep
}

// commands registers what the palette can do.
func (a *app) commands() []command {
	var list []command
	for i, t := range topScreens() {
		list = append(list, command{name: strings.ToLower(t.name), also: strings.Fields(t.also), help: a.tr("go to %s", a.tr(t.name)),
			do: func(string) tea.Cmd { return a.jump(i) }})
	}
	return append(list,
		command{name: "stage", arg: "NAME", help: a.tr("open a stage"), do: a.openStage},
		command{name: "learner", arg: "ID", help: a.tr("open a learner, or search"), do: a.openLearner, private: true},
		command{name: "run", arg: "ID", help: a.tr("open a run by the start of its id"), do: a.openRun},
		command{name: "item", arg: "ID", help: a.tr("open an item of the unfiltered bank"), do: a.openItem},
		command{name: "why", arg: "LEARNER", help: a.tr("explain a learner's estimate"), do: a.openWhy, private: true},
		command{name: "ctx", also: []string{"profile", "context"}, arg: "PROFILE", help: a.tr("switch to another database of the config file"), do: a.openProfile},
		command{name: "help", help: a.tr("the keys of this screen"), do: func(string) tea.Cmd { return a.open(newHelp(a)) }},
		command{name: "quit", help: a.tr("leave the console"), do: func(string) tea.Cmd { return tea.Quit }},
	)
}

// openStage opens the stage whose name matches best.
func (a *app) openStage(name string) tea.Cmd {
	names := a.stageNames()
	if best := rank(name, names); len(best) > 0 {
		return a.push(newStage(a, names[best[0]]))
	}
	a.say(warning, a.tr("no stage is called %s", name))
	return nil
}

// stageNames are the stages as the pipeline last listed them.
func (a *app) stageNames() []string {
	stages := a.tops[topPipeline].(*pipeline).feed.value.Stages
	names := make([]string, len(stages))
	for i, s := range stages {
		names[i] = s.Name
	}
	return names
}

// openLearner searches the list for what was typed, and opens the learner if
// there is but one.
func (a *app) openLearner(id string) tea.Cmd {
	cmd := a.jump(topLearners)
	if id != "" {
		cmd = tea.Batch(cmd, a.screen().(*learners).find(id))
	}
	return cmd
}

// openRun opens the run whose id starts as given; when that is not one run of
// those last listed, it shows the list, filtered.
func (a *app) openRun(prefix string) tea.Cmd {
	if id, err := uuid.Parse(prefix); err == nil {
		return a.push(newRun(a, id))
	}
	cmd := a.jump(topRuns)
	list := a.screen().(*runs)
	if prefix == "" {
		return cmd
	}
	if id, ok := list.only(strings.ToLower(prefix)); ok {
		return tea.Batch(cmd, a.push(newRun(a, id)))
	}
	return tea.Batch(cmd, list.filter.set(prefix[:min(len(prefix), shortIDLength)]))
}

// openItem opens an item by its id, or the list.
func (a *app) openItem(id string) tea.Cmd {
	if id == "" {
		return a.jump(topItems)
	}
	return a.push(newItem(a, "", id))
}

// openWhy explains a learner's estimate, or offers the learners.
func (a *app) openWhy(id string) tea.Cmd {
	if id == "" {
		return a.jump(topLearners)
	}
	return a.push(newWhy(a, id, ""))
}

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
		{Strokes: []string{"enter"}, Label: "go", Do: p.run},
		{Strokes: []string{"tab"}, Label: "complete", Do: p.complete},
		{Strokes: []string{"down", "ctrl+n"}, Label: "choose", Do: by(1)},
		{Strokes: []string{"up", "ctrl+p"}, Do: p.up},
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
	if m[p.cursor].private {
		return do // what is kept names no learner
	}
	a.recall(strings.TrimSpace(m[p.cursor].name + " " + arg))
	return tea.Batch(do, a.remember())
}

// Box draws the line and its matches.
func (p *palette) Box(w, h int) []string {
	th := p.app.theme
	line := widget.S(th.Key, ": ")
	out := []string{append(line, p.input.View(th, w-3, true)...).String(), ""}
	for i, c := range p.matches() {
		cursor := "  "
		if i == p.cursor {
			cursor = th.Glyph.Cursor + " "
		}
		l := widget.S(th.Accent, cursor).Add(th.Strong, c.name).Add(th.Accent, " "+c.arg)
		if c.help != "" {
			l = l.Pad(22, "", th.Blank, false).Add(th.Muted, " "+c.help)
		}
		if i == p.cursor {
			l = l.Restyle(th.Selected).Pad(min(w, 60), "", th.Selected(th.Text), false)
		}
		out = append(out, l.Truncate(w, th.Glyph.Ellipsis).String())
	}
	return out[:min(len(out), h)]
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
