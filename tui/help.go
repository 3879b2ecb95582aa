package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sextant/tui/widget"
)

// textDialog shows text in a box: help, descriptions.
type textDialog struct {
	app    *app
	title  string
	viewer widget.Viewer
	copies string // what y copies; empty: nothing
}

// Title is the box's.
func (d *textDialog) Title() string { return d.title }

// Typing is false: there is nothing to edit.
func (d *textDialog) Typing() bool { return false }

// Update ignores messages.
func (d *textDialog) Update(tea.Msg) tea.Cmd { return nil }

// Keys scroll and close.
func (d *textDialog) Keys() []Key {
	keys := []Key{{Strokes: []string{"esc", "q", "?", "d", "enter"}, Label: "close", Do: d.app.dismiss}}
	if d.copies != "" {
		keys = append(keys, Key{Strokes: []string{"y"}, Label: "copy command", Do: func() tea.Cmd { return d.app.copy(d.copies) }})
	}
	if !d.viewer.End() {
		keys = append(keys, Key{Strokes: []string{"j"}, Label: "more", Do: func() tea.Cmd { d.viewer.Move(1); return nil }})
	}
	return append(keys, movement(&d.viewer)...)
}

// Box draws the text.
func (d *textDialog) Box(w, h int) []string {
	d.viewer.SetSize(w, h)
	return d.viewer.View(d.app.theme)
}

// newHelp lists the keys of the screen in front, generated from its key map.
func newHelp(a *app) dialog {
	th := a.theme
	d := &textDialog{app: a, title: a.tr("Keys: %s", a.screen().Title())}
	var lines []widget.Line
	said := "" // the reason given last: it often holds for the next key too
	section := func(title string, keys []Key) {
		if len(keys) == 0 {
			return
		}
		if len(lines) > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, widget.S(th.Strong, title))
		for _, k := range keys {
			strokes := make([]string, len(k.Strokes))
			for i, s := range k.Strokes {
				strokes[i] = a.stroke(s)
			}
			style := th.Key
			if k.Changes {
				style = th.ChangeKey
			}
			line := widget.S(style, strings.Join(strokes, " ")).Pad(20, th.Glyph.Ellipsis, th.Blank, false)
			lines = append(lines, line.Add(th.Text, " "+th.Tr(k.Help)))
			if off := th.Tr(k.Off); off != "" && off != said {
				lines = append(lines, widget.S(th.Blank, strings.Repeat(" ", 21)).Add(th.Due, th.Glyph.Warn+" "+off))
				said = off
			}
		}
	}
	keys := a.screen().Keys()
	moves := movement(&d.viewer)
	isMove := func(k Key) bool {
		return slices.ContainsFunc(moves, func(m Key) bool { return slices.Equal(m.Strokes, k.Strokes) })
	}
	pick := func(want func(Key) bool) []Key {
		return slices.Collect(func(yield func(Key) bool) {
			for _, k := range keys {
				if k.Help != "" && want(k) && !yield(k) {
					return
				}
			}
		})
	}
	section(a.tr("Change"), pick(func(k Key) bool { return k.Changes }))
	section(a.tr("Look"), pick(func(k Key) bool { return !k.Changes && !isMove(k) }))
	section(a.tr("Move"), pick(isMove))
	section(a.tr("Everywhere"), a.globalKeys())
	d.viewer.SetLines(lines)
	return d
}
