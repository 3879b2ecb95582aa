package tui

import (
	"io"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// shown is a model that shows the last key.
type shown string

func (shown) Init() tea.Cmd { return nil }

func (s shown) View() tea.View { return tea.NewView(string(s)) }

func (s shown) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		return shown(k.String()), nil
	}
	return s, nil
}

// written counts what a terminal would show.
type written struct{ n atomic.Int64 }

func (w *written) Write(p []byte) (int, error) {
	w.n.Add(int64(len(p)))
	return len(p), nil
}

// TestTheRendererRestsAndWakes would hang where a key did not wake a renderer
// that rests for an hour, and where Bubble Tea's ticker had gone elsewhere.
func TestTheRendererRestsAndWakes(t *testing.T) {
	in, keys := io.Pipe()
	var out written
	f := &frames{rest: time.Hour}
	f.program = tea.NewProgram(paced{shown("first"), f}, tea.WithInput(in), tea.WithOutput(&out), tea.WithWindowSize(20, 3),
		tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond))
	ended := make(chan error, 1)
	go func() {
		_, err := f.program.Run()
		ended <- err
	}()
	until := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("still waiting for", what)
			}
		}
	}
	resting := func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.ticker != nil && !f.active
	}
	for _, key := range []string{"a", "b"} {
		until("the renderer to rest", resting)
		before := out.n.Load()
		if _, err := io.WriteString(keys, key); err != nil {
			t.Fatal(err)
		}
		until("the key's frame", func() bool { return out.n.Load() > before })
	}
	f.program.Quit()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
