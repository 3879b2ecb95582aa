package widget

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sextant/tui/theme"
)

// Input is one line of editable text.
type Input struct {
	Hint string // shown faint while empty

	edit  textinput.Model
	ready bool
}

// setup makes the zero Input usable.
func (in *Input) setup() {
	if in.ready {
		return
	}
	in.ready = true
	in.edit = textinput.New()
	in.edit.SetVirtualCursor(false) // we draw the cursor: the library counts runes, not cells
	in.edit.KeyMap.Paste = key.NewBinding(key.WithDisabled())
	in.edit.Focus()
}

// Update takes a keystroke or a paste.
func (in *Input) Update(msg tea.Msg) {
	in.setup()
	in.edit, _ = in.edit.Update(msg)
}

// Value is the text.
func (in *Input) Value() string { return in.edit.Value() }

// SetValue replaces the text and puts the cursor at its end.
func (in *Input) SetValue(s string) {
	in.setup()
	in.edit.SetValue(s)
	in.edit.CursorEnd()
}

// View draws the text around the cursor in at most w cells.
func (in *Input) View(th *theme.Theme, w int, focused bool) Line {
	in.setup()
	text := []rune(in.Value())
	if !focused {
		if len(text) == 0 {
			return S(th.Faint, th.Tr(in.Hint)).Truncate(w, th.Glyph.Ellipsis)
		}
		return S(th.Text, Clean(string(text))).Truncate(w, th.Glyph.Ellipsis)
	}
	if len(text) == 0 {
		hint := []rune(th.Tr(in.Hint))
		if len(hint) == 0 {
			return S(th.Cursor, " ")
		}
		return S(th.Cursor, string(hint[:1])).Add(th.Faint, string(hint[1:])).Truncate(w, th.Glyph.Ellipsis)
	}
	at := in.edit.Position()
	before, under, after := Clean(string(text[:at])), " ", ""
	if at < len(text) {
		under, after = Clean(string(text[at])), Clean(string(text[at+1:]))
	}
	if over := ansi.StringWidth(before) + ansi.StringWidth(under) - w; over > 0 {
		before = ansi.TruncateLeft(before, over+1, th.Glyph.Ellipsis)
	}
	return S(th.Text, before).Add(th.Cursor, under).Add(th.Text, after).Truncate(w, th.Glyph.Ellipsis)
}
