package tui

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

// saveLog asks where to write a run's log.
type saveLog struct {
	app   *app
	run   db.Run
	input widget.Input
}

func newSaveLog(a *app, r db.Run) dialog {
	s := &saveLog{app: a, run: r}
	s.input.SetValue(fmt.Sprintf("sextant-%s-%s.log", r.Stage, shortID(r.ID)))
	return s
}

// Title is the box's.
func (s *saveLog) Title() string { return s.app.tr("Save the log") }

// Typing is on: the path is edited.
func (s *saveLog) Typing() bool { return true }

// Update takes text.
func (s *saveLog) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		s.input.Update(msg)
	}
	return nil
}

// Keys write or leave it.
func (s *saveLog) Keys() []Key {
	path := strings.TrimSpace(s.input.Value())
	return []Key{
		{Strokes: []string{"enter"}, Label: "save", Help: "write the file; one that is there is left alone", Off: when(path == "", "name a file"), Do: func() tea.Cmd { return s.save(path) }},
		{Strokes: []string{"esc"}, Label: "close", Do: s.app.dismiss},
	}
}

func (s *saveLog) save(path string) tea.Cmd {
	a, run := s.app, s.run
	lines := 0
	write := func(ctx context.Context) (id uuid.UUID, err error) {
		lines, err = jobs.SaveLog(ctx, a.console, run.ID, path)
		return run.ID, err
	}
	return a.act(a.tr("writing the log"), "sextant runs logs "+run.ID.String(), write, func(_ uuid.UUID, err error) tea.Cmd {
		if err != nil {
			a.say(bad, errorWords(a.theme, err))
			return nil
		}
		if full, err := filepath.Abs(path); err == nil {
			path = full
		}
		a.say(good, a.tr("%s written to %s", plural(a.theme, lines, "%s line", "%s lines"), path))
		return a.dismiss()
	})
}

// Box draws the line to edit.
func (s *saveLog) Box(w, _ int) []string {
	th := s.app.theme
	return []string{widget.S(th.Muted, s.app.tr("The whole log goes to a new file:")).Truncate(w, th.Glyph.Ellipsis).String(), "",
		s.input.View(th, w, true).String()}
}
