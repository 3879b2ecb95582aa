package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"sextant/tui/widget"
)

// formScreen is what the screens with a form share.
type formScreen struct {
	base
	form    widget.Form
	next    string // what enter leads to, in a word
	help    string // and in a sentence
	head    func() widget.Line
	proceed func() tea.Cmd // enter, once every field is right
	check   func() error   // what the fields together are held to; nil: nothing
	touched bool           // something has been typed
}

func (f *formScreen) add(field *widget.Field) { f.form.Fields = append(f.form.Fields, field) }

// Typing is always on.
func (f *formScreen) Typing() bool { return true }

// Update takes text.
func (f *formScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		f.touched = true
		f.form.Update(msg)
	}
	return nil
}

// keys move between the fields and go on; off is why the latter cannot be.
func (f *formScreen) keys(off string) []Key {
	forth, back := []string{"tab", "down"}, []string{"shift+tab", "up"}
	if f.form.Focused().Grid != nil { // the arrows move in it
		forth, back = forth[:1], back[:1]
	}
	by := func(n int) func() tea.Cmd { return func() tea.Cmd { f.form.Move(n); return nil } }
	turn := func(n int) func() tea.Cmd {
		return func() tea.Cmd { f.touched = true; f.form.Turn(n); return nil }
	}
	keys := []Key{
		{Strokes: []string{"enter"}, Label: f.next, Help: f.help, Off: off, Do: f.submit},
		{Strokes: forth, Label: "next", Help: "the next field", Do: by(1)},
		{Strokes: back, Label: "previous", Help: "the field before", Do: by(-1)},
		{Strokes: []string{"esc"}, Label: "back", Help: "back, nothing done", Do: f.app.back},
	}
	if f.form.Focused().Choices != nil {
		keys = append(keys,
			Key{Strokes: []string{"right", "space"}, Label: "change", Help: "the next choice", Do: turn(1)},
			Key{Strokes: []string{"left"}, Help: "the choice before", Do: turn(-1)})
	}
	return keys
}

// submit goes on once every field is right, and to the first that is not.
func (f *formScreen) submit() tea.Cmd {
	if err := f.form.Err(); err != nil {
		f.app.say(warning, errorWords(f.app.theme, err))
		return nil
	}
	if err := f.together(); err != nil {
		f.app.say(warning, errorWords(f.app.theme, err))
		return nil
	}
	return f.proceed()
}

// together says what is wrong with the fields as a whole, each being right by
// itself.
func (f *formScreen) together() error {
	if f.check == nil || slices.ContainsFunc(f.form.Fields, func(field *widget.Field) bool { return field.Err() != nil }) {
		return nil
	}
	return f.check()
}

// View draws the form.
func (f *formScreen) View() []string {
	rows := []string{f.app.fit(f.head())}
	w := min(f.width-2, 90)
	if err := f.together(); err != nil && f.touched {
		for _, r := range widget.Wrap(widget.S(f.app.theme.Failed, f.app.theme.Glyph.Bad+" "+f.app.theme.Told(err.Error())), w) {
			rows = append(rows, " "+r)
		}
	}
	if f.height >= 14 {
		rows = append(rows, "")
	}
	for _, r := range f.form.View(f.app.theme, w, f.height-len(rows)) {
		rows = append(rows, " "+r)
	}
	return rows
}
