package widget

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sextant/tui/theme"
)

// Field is one line of a Form: free text, one of Choices, or a Grid of days.
type Field struct {
	Name    string
	Label   string
	Help    string // shown under the form while the field has the focus
	Choices []string
	Blank   string                   // how an empty choice reads
	Check   func(value string) error // live validation; nil: anything goes
	Grid    *Calendar
	Named   bool // Label is a name, as of a parameter: in no language
	Valued  bool // so are Choices

	input  Input
	choice int
}

// NewField makes a text field that starts with a value and shows hint while
// empty.
func NewField(name, label, value, hint, help string, check func(string) error) *Field {
	f := &Field{Name: name, Label: label, Help: help, Check: check}
	f.input.Hint = hint
	f.input.SetValue(value)
	return f
}

// NewChoice makes a field that picks one of choices.
func NewChoice(name, label, value string, choices []string, help string) *Field {
	return &Field{Name: name, Label: label, Help: help, Choices: choices, choice: max(0, choiceOf(choices, value))}
}

// choiceOf is the place of a value among the choices, in whatever case it is
// written; -1 where it is none of them.
func choiceOf(choices []string, value string) int {
	return slices.IndexFunc(choices, func(c string) bool { return strings.EqualFold(c, value) })
}

// Set replaces what the field holds; a choice it does not have is ignored.
func (f *Field) Set(value string) {
	if f.Choices == nil {
		f.input.SetValue(value)
	} else if i := choiceOf(f.Choices, value); i >= 0 {
		f.choice = i
	}
}

// Value is what the field holds, without blanks around it.
func (f *Field) Value() string {
	if f.Choices != nil {
		return f.Choices[f.choice]
	}
	return strings.TrimSpace(f.input.Value())
}

// Err says what is wrong with the field, or nil.
func (f *Field) Err() error {
	if f.Check == nil {
		return nil
	}
	return f.Check(f.Value())
}

// Form edits fields one under another.
type Form struct {
	Fields []*Field

	focus, top int
}

// Field is a field by name, or nil.
func (f *Form) Field(name string) *Field {
	for _, field := range f.Fields {
		if field.Name == name {
			return field
		}
	}
	return nil
}

// Value is the value of a field by name.
func (f *Form) Value(name string) string {
	if field := f.Field(name); field != nil {
		return field.Value()
	}
	return ""
}

// Move moves the focus by n fields, around the ends.
func (f *Form) Move(n int) { f.focus = (f.focus + n + len(f.Fields)) % len(f.Fields) }

// Turn picks the next choice of the focused field, or the one before. It
// reports whether the field has choices.
func (f *Form) Turn(n int) bool {
	field := f.Fields[f.focus]
	if field.Choices == nil {
		return false
	}
	field.choice = (field.choice + n + len(field.Choices)) % len(field.Choices)
	return true
}

// Focused is the field that has the focus.
func (f *Form) Focused() *Field { return f.Fields[f.focus] }

// Last reports whether the focus is on the last field.
func (f *Form) Last() bool { return f.focus == len(f.Fields)-1 }

// Update gives a keystroke or a paste to the focused field.
func (f *Form) Update(msg tea.Msg) {
	field := f.Fields[f.focus]
	switch {
	case field.Grid != nil:
	case field.Choices == nil:
		field.input.Update(msg)
	default:
		f.turnBySpace(msg)
	}
}

func (f *Form) turnBySpace(msg tea.Msg) {
	if k, ok := msg.(tea.KeyPressMsg); ok && k.String() == "space" {
		f.Turn(1)
	}
}

// Err gives the first field with an error and moves the focus there.
func (f *Form) Err() error {
	for i, field := range f.Fields {
		if err := field.Err(); err != nil {
			f.focus = i
			return err
		}
	}
	return nil
}

// View draws the fields into w × h cells; the focused one is always in sight.
func (f *Form) View(th *theme.Theme, w, h int) []string {
	label := 0
	for _, field := range f.Fields {
		label = max(label, S(th.Text, words(th, field.Label, field.Named)).Width())
	}
	label = min(label, w/2)
	var lines []string
	at, end := 0, 0
	for i, field := range f.Fields {
		if i == f.focus {
			at = len(lines)
		}
		lines = append(lines, field.view(th, w, label, i == f.focus)...)
		if i == f.focus {
			end = len(lines)
		}
	}
	help := Wrap(S(th.Muted, th.Tr(f.Fields[f.focus].Help)), w-2)
	room := max(1, h-len(help)-1)
	f.top = max(0, min(f.top, len(lines)-room))
	if at < f.top {
		f.top = at
	}
	if end > f.top+room {
		f.top = end - room
	}
	out := append([]string(nil), lines[f.top:min(len(lines), f.top+room)]...)
	out = append(out, "")
	for _, l := range help {
		out = append(out, "  "+l)
	}
	return out
}

func (f *Field) view(th *theme.Theme, w, label int, focused bool) []string {
	cursor, style := " ", th.Muted
	if focused {
		cursor, style = th.Glyph.Cursor, th.Strong
	}
	line := S(th.Accent, cursor+" ")
	line = append(line, S(style, words(th, f.Label, f.Named)).Pad(label, th.Glyph.Ellipsis, style, false)...).Add(th.Blank, "  ")
	room := max(1, w-line.Width())
	if f.Grid != nil {
		return f.grid(th, line, room, focused)
	}
	if f.Choices == nil {
		line = append(line, f.input.View(th, room, focused)...)
	} else {
		line = append(line, f.options(th, focused).Truncate(room, th.Glyph.Ellipsis)...)
	}
	out := []string{line.String()}
	if err := f.Err(); err != nil {
		for _, l := range Wrap(S(th.Failed, th.Glyph.Bad+" "+th.Told(err.Error())), room) {
			out = append(out, strings.Repeat(" ", label+4)+l)
		}
	}
	return out
}

// grid is the calendar beside the label, with what its signs mean under it.
func (f *Field) grid(th *theme.Theme, label Line, w int, focused bool) []string {
	rows := f.Grid.View(th, w, focused)
	indent := strings.Repeat(" ", label.Width())
	out := make([]string, len(rows))
	for i, l := range rows {
		out[i] = indent + l.Truncate(w, th.Glyph.Ellipsis).String()
	}
	for _, l := range f.Grid.Legend(th, w) {
		out = append(out, indent+l.Truncate(w, th.Glyph.Ellipsis).String())
	}
	if len(rows) == 0 {
		return []string{label.Add(th.Faint, th.Glyph.Dash).String()}
	}
	out[0] = label.String() + rows[0].Truncate(w, th.Glyph.Ellipsis).String()
	return out
}

// words is a text in the operator's language, unless it is a name.
func words(th *theme.Theme, english string, name bool) string {
	if name {
		return english
	}
	return th.Tr(english)
}

// choiceWord is a choice as it is shown.
func (f *Field) choiceWord(th *theme.Theme, choice string) string {
	if choice == "" {
		return th.Tr(f.Blank)
	}
	return words(th, choice, f.Valued)
}

func (f *Field) options(th *theme.Theme, focused bool) Line {
	var line Line
	for i, c := range f.Choices {
		if i > 0 {
			line = line.Add(th.Blank, " ")
		}
		c = f.choiceWord(th, c)
		switch {
		case i == f.choice && focused:
			line = line.Add(th.Button, "["+c+"]")
		case i == f.choice:
			line = line.Add(th.Strong, "["+c+"]")
		default:
			line = line.Add(th.Muted, " "+c+" ")
		}
	}
	return line
}
