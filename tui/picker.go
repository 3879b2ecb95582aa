package tui

import (
	tea "charm.land/bubbletea/v2"

	"sextant/tui/theme"
	"sextant/tui/widget"
)

// picker is a dialog that chooses one of some names; what is typed narrows
// them.
type picker struct {
	app    *app
	title  string
	names  []string
	shown  func(name string) string // how a name reads
	choose func(name string) tea.Cmd
	input  widget.Input
	cursor int
}

func newPicker(a *app, title string, names []string, current string, shown func(string) string, choose func(string) tea.Cmd) *picker {
	p := &picker{app: a, title: title, names: names, shown: shown, choose: choose}
	for i, n := range names {
		if n == current {
			p.cursor = i
		}
	}
	return p
}

// Title is the box's.
func (p *picker) Title() string { return p.title }

// Typing is always on.
func (p *picker) Typing() bool { return true }

// Update takes text.
func (p *picker) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		p.input.Update(msg)
		p.cursor = 0
	}
	return nil
}

// matches are the names that what was typed may mean, best first.
func (p *picker) matches() []string {
	if p.input.Value() == "" {
		return p.names
	}
	read := make([]string, len(p.names))
	for i, n := range p.names {
		read[i] = p.shown(n)
	}
	var out []string
	for _, i := range rank(p.input.Value(), read) {
		out = append(out, p.names[i])
	}
	return out
}

// Keys choose.
func (p *picker) Keys() []Key {
	by := func(n int) func() tea.Cmd {
		return func() tea.Cmd {
			p.cursor = max(0, min(p.cursor+n, len(p.matches())-1))
			return nil
		}
	}
	return []Key{
		{Strokes: []string{"enter"}, Label: "choose", Do: p.take},
		{Strokes: []string{"down", "ctrl+n"}, Label: "down", Do: by(1)},
		{Strokes: []string{"up", "ctrl+p"}, Label: "up", Do: by(-1)},
		{Strokes: []string{"esc"}, Label: "close", Do: p.app.dismiss},
	}
}

func (p *picker) take() tea.Cmd {
	m := p.matches()
	if p.cursor >= len(m) {
		p.app.say(warning, p.app.tr("nothing matches %s", p.input.Value()))
		return nil
	}
	p.app.dismiss()
	return p.choose(m[p.cursor])
}

// Box draws the line and the names around the cursor.
func (p *picker) Box(w, h int) []string {
	th := p.app.theme
	out := []string{append(widget.S(th.Key, "/ "), p.input.View(th, w-3, true)...).String(), ""}
	names := p.matches()
	return append(out, menu(th, w, h-len(out), len(names), p.cursor, func(i int) widget.Line {
		return widget.S(th.Text, widget.Clean(p.shown(names[i])))
	})...)
}

// menu draws as many of n lines as there is room for, the one under the cursor
// among them.
func menu(th *theme.Theme, w, h, n, cursor int, line func(int) widget.Line) []string {
	h = max(1, h)
	top := max(0, min(cursor-h/2, n-h))
	var out []string
	for i := top; i < min(n, top+h); i++ {
		sign := "  "
		if i == cursor {
			sign = th.Glyph.Cursor + " "
		}
		l := append(widget.S(th.Accent, sign), line(i)...)
		if i == cursor {
			l = l.Restyle(th.Selected).Pad(min(w, 60), "", th.Selected(th.Text), false)
		}
		out = append(out, l.Truncate(w, th.Glyph.Ellipsis).String())
	}
	return out
}
