package tui

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"sextant/tui/lang"
)

// inTerminal says that this process is to be the console in a terminal, not a
// test.
const inTerminal = "SEXTANT_TEST_CONSOLE"

func TestMain(m *testing.M) {
	if os.Getenv(inTerminal) == "" {
		os.Exit(m.Run())
	}
	if err := Run(context.Background(), Options{Console: newFixture(), Clock: func() time.Time { return fixedNow }, Background: Dark, Lang: inKorean()}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func inKorean() *lang.Catalogue {
	korean, err := lang.Load("ko")
	if err != nil {
		panic(err)
	}
	return korean
}

// terminal is the console over the fixture in a real terminal.
type terminal struct {
	*testing.T
	socket string
}

func newTerminal(t *testing.T, w, h int) *terminal {
	t.Helper()
	m := &terminal{t, filepath.Join(t.TempDir(), "tmux")}
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", m.socket, "kill-server").Run() }) // gone already when the console has ended
	m.tmux("-f", os.DevNull, "new-session", "-d", "-x", fmt.Sprint(w), "-y", fmt.Sprint(h), fmt.Sprintf("LC_ALL=C.UTF-8 %s=1 '%s'", inTerminal, os.Args[0]))
	return m
}

func (m *terminal) tmux(args ...string) string {
	m.Helper()
	out, err := exec.Command("tmux", append([]string{"-u", "-S", m.socket}, args...)...).CombinedOutput()
	if err != nil {
		m.Fatalf("tmux %s: %v: %s", args[0], err, out)
	}
	return string(out)
}

// press types one key; escape as terminals send it that leave no doubt whether
// more follows.
func (m *terminal) press(key string) {
	names := map[string]string{"enter": "Enter", "tab": "Tab", "space": "Space", "down": "Down", "up": "Up"}
	switch name, special := names[key]; {
	case key == "esc":
		m.tmux("send-keys", "-H", "1b", "5b", "32", "37", "75")
	case special:
		m.tmux("send-keys", name)
	default:
		m.tmux("send-keys", "-l", key)
	}
}

// shows waits until the terminal shows the frame, and nothing else.
func (m *terminal) shows(after []string, frame string) {
	m.Helper()
	want := unpadded(ansi.Strip(frame))
	var got string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) { // between two looks
		if got = unpadded(m.tmux("capture-pane", "-p")); got == want {
			return
		}
	}
	m.Fatalf("after %q the terminal shows\n%s\nnot\n%s", after, got, want)
}

// unpadded is a text without the blanks at the ends of its lines.
func unpadded(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

// TestInATerminalWideCharactersStayWhole presses random keys in Korean: what the
// terminal shows after each must be the frame, half of no character missing.
func TestInATerminalWideCharactersStayWhole(t *testing.T) {
	keys := []string{"enter", "esc", "tab", "up", "down", "j", "j", "space", "1", "2", "3", "4", "5", "6", "7", "s", "S", "/", "한", "?", "d", "T", "R", "w", "U", "B", ":", "P"}
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(seed, 7))
			w, h := []int{60, 80, 100, 120}[seed], []int{18, 24, 30, 36}[seed]
			d := drive(t, newFixture(), w, h, Options{Background: Dark, Lang: inKorean()})
			m := newTerminal(t, w, h)
			m.shows(nil, d.frame())
			pressed := []string{"j", "P", "점", "검", "tab", "esc"}
			for len(pressed) < 60 {
				pressed = append(pressed, keys[rnd.IntN(len(keys))])
			}
			for i, key := range pressed {
				m.press(key)
				d.send(stroke(key))
				m.shows(pressed[:i+1], d.frame())
			}
		})
	}
}
