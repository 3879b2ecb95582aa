package tui

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	tea "charm.land/bubbletea/v2"
)

// memory is what the console keeps from one session to the next. No learner is
// named in it: the palette lines that may name one last as long as the session.
type memory struct {
	History []string                 `json:"history"` // palette lines, oldest first
	Filters map[string][]savedFilter `json:"filters"` // by screen

	private map[string]bool // of the history's lines, those that are not written down
}

// written is the memory as it goes to the state file.
func (m memory) written() memory {
	m.History = slices.DeleteFunc(slices.Clone(m.History), func(l string) bool { return m.private[l] })
	return m
}

const (
	historyKept = 200
	filtersKept = 30 // of a screen
)

// remembered reads the state file; one that cannot be read counts as empty.
func remembered(file string) (m memory, err error) {
	if file == "" {
		return m, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return memory{}, err
	}
	return m, nil
}

// unsaved says that the memory could not be written.
type unsaved struct{ err error }

// remember writes the memory in the background.
func (a *app) remember() tea.Cmd {
	if a.stateFile == "" {
		return nil
	}
	file := a.stateFile
	text, err := json.MarshalIndent(a.memory.written(), "", "  ")
	return func() tea.Msg {
		if err == nil {
			err = replaceFile(file, text)
		}
		if err != nil {
			return unsaved{err}
		}
		return nil
	}
}

// replaceFile writes a file whole or not at all.
func replaceFile(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".console-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// recall notes a palette line as the newest of the history; a private one is not
// written down.
func (a *app) recall(line string, private bool) {
	if private {
		if a.memory.private == nil {
			a.memory.private = map[string]bool{}
		}
		a.memory.private[line] = true
	}
	a.memory.History = append(slices.DeleteFunc(a.memory.History, func(l string) bool { return l == line }), line)
	a.memory.History = a.memory.History[max(0, len(a.memory.History)-historyKept):]
}
