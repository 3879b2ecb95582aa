package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/tui/widget"
)

// entry is a change made from this console.
type entry struct {
	at      time.Time
	what    string
	command string // the shell command that does the same
	env     string
	run     uuid.UUID
	err     error
	done    bool
}

// journal lists the changes made from this console since it was opened, with
// their shell commands. The ledger keeps them beyond that.
type journal struct {
	base
	list
}

func newJournal(a *app) screen {
	j := &journal{base: base{app: a}}
	j.list.init(a, "log", "nothing has been changed from this console yet", []widget.Column{
		{Title: "AT", Min: 8, Sort: true},
		{Title: "RESULT", Min: 10, Sort: true},
		{Title: "ENVIRONMENT", Min: 8, Drop: 2, Sort: true},
		{Title: "RUN", Min: shortIDLength, Drop: 1, Sort: true},
		{Title: "COMMAND", Min: 20, Sort: true, Grow: true},
	})
	return j
}

// Title is the screen's.
func (j *journal) Title() string { return j.app.tr("Log") }

// Typing is on while the filter is open.
func (j *journal) Typing() bool { return j.filter.Typing() }

// SetSize gives the screen its room.
func (j *journal) SetSize(w, h int) { j.base.SetSize(w, h) }

// Update takes the filter's text.
func (j *journal) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return j.filter.update(msg)
	}
	return nil
}

// current is the entry under the cursor.
func (j *journal) current() *entry {
	for _, e := range j.app.journal {
		if e.at.Format(time.RFC3339Nano) == j.CurrentID() {
			return e
		}
	}
	return nil
}

// Keys open the run and copy the command.
func (j *journal) Keys() []Key {
	if j.Typing() {
		return j.filter.keys(&j.Table)
	}
	a, e := j.app, j.current()
	none := when(e == nil, "nothing is selected")
	return append([]Key{
		{Strokes: []string{"enter", "l"}, Label: "open run", Help: "open the run that it started",
			Off: first(none, when(e != nil && e.run == uuid.Nil, "it started no run")), Do: func() tea.Cmd { return a.push(newRun(a, e.run)) }},
		{Strokes: []string{"y"}, Label: "copy command", Help: "copy the shell command that does the same", Off: none,
			Do: func() tea.Cmd { return a.copy(e.command) }},
	}, j.list.keys()...)
}

// View draws the list, the newest first.
func (j *journal) View() []string {
	a := j.app
	th := a.theme
	rows := make([]widget.Row, len(a.journal))
	for i, e := range a.journal {
		sign, style, word := th.Glyph.Running, th.Running, th.Tr("under way")
		run := th.Glyph.Dash
		switch {
		case e.done && e.err != nil:
			sign, style, word = th.Glyph.Bad, th.Failed, th.Tr("failed")
		case e.done:
			sign, style, word = th.Glyph.OK, th.Fresh, th.Tr("done")
		}
		if e.run != uuid.Nil {
			run = shortID(e.run)
		}
		rows[len(rows)-1-i] = widget.Row{ID: e.at.Format(time.RFC3339Nano), Cells: []widget.Cell{
			widget.T(th.Text, e.at.UTC().Format("15:04:05")),
			widget.T(style, sign+" "+word),
			widget.T(th.Muted, widget.Clean(e.env)),
			widget.T(th.Faint, run),
			widget.T(th.Text, widget.Clean(e.command)),
		}}
	}
	j.SetRows(rows)
	head := []string{a.fit(widget.S(th.Muted, th.Tr("what was changed from this console since it was opened; the ledger keeps it all"))), ""}
	if j.height < 14 {
		head = head[:1]
	}
	out := append(head, j.list.view(a, j.width, j.height-len(head))...)
	return out
}
