package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sextant/db/dbtest"
)

// terminal is the console in a real terminal: tmux draws it and types.
type terminal struct {
	*testing.T
	socket string
}

// newTerminal opens the console on a database, 100 columns by 30 lines.
func newTerminal(t *testing.T, url string) *terminal { return newTerminalOf(t, url, `"$0"`, "") }

// newTerminalOf opens it as a shell's command says, in which $0 is sextant, and
// runs another one after it.
func newTerminalOf(t *testing.T, url, command, after string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("tmux is missing: run scripts/bootstrap")
	}
	term := &terminal{t, filepath.Join(t.TempDir(), "tmux")}
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", term.socket, "kill-server").Run() }) // gone already when the console has quit
	term.tmux("-f", os.DevNull, "new-session", "-d", "-x", "100", "-y", "30", fmt.Sprintf("env %s=1 DATABASE_URL='%s' XDG_CONFIG_HOME='%s' sh -c '%s' '%s'; %s",
		asSextant, url, t.TempDir(), command, os.Args[0], after))
	return term
}

func (m *terminal) tmux(args ...string) string {
	m.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", m.socket}, args...)...).CombinedOutput()
	if err != nil {
		m.Fatalf("tmux %s: %v: %s", args[0], err, out)
	}
	return string(out)
}

// screen is what the terminal shows.
func (m *terminal) screen() string {
	m.Helper()
	return m.tmux("capture-pane", "-p")
}

// shows waits until the terminal shows every one of the words.
func (m *terminal) shows(words ...string) string {
	m.Helper()
	return m.untilShown(nil, words...)
}

// press types keys, as tmux names them.
func (m *terminal) press(keys ...string) {
	m.Helper()
	m.tmux(append([]string{"send-keys"}, keys...)...)
}

// accept chooses the button that does it, which a confirmation does not rest on,
// and presses it.
func (m *terminal) accept(words ...string) string {
	m.Helper()
	m.insist("Tab", "   [ ") // the focus has left the first button
	return m.insist("Enter", words...)
}

// insist presses a key until the words are shown: a confirmation ignores keys
// that were in flight when it opened, and keys that follow those at once.
func (m *terminal) insist(key string, words ...string) string {
	m.Helper()
	var last time.Time
	return m.untilShown(func() {
		if time.Since(last) > time.Second {
			last = time.Now()
			m.press(key)
		}
	}, words...)
}

func (m *terminal) untilShown(each func(), words ...string) string {
	m.Helper()
	for end := time.Now().Add(60 * time.Second); ; {
		screen := m.screen()
		missing := ""
		for _, w := range words {
			if !strings.Contains(screen, w) {
				missing = w
			}
		}
		if missing == "" {
			return screen
		}
		if time.Now().After(end) {
			m.Fatalf("the terminal never showed %q:\n%s", missing, screen)
		}
		if each != nil {
			each()
		}
		time.Sleep(100 * time.Millisecond) // between two looks
	}
}

func TestInATerminalALearnerIsFoundAndRecomputed(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, demoTemplate)
	pool := dbtest.Pool(t, url)
	var user string
	if err := pool.QueryRow(t.Context(), `SELECT user_id FROM sextant.learner WHERE user_id ~ '[가-힣]' ORDER BY answers DESC LIMIT 1`).Scan(&user); err != nil {
		t.Fatal(err)
	}
	m := newTerminal(t, url)
	m.shows("aggregate-features-daily", "mirt-calibrate", "? help")
	m.press("3")
	m.shows("LEARNER", "ANSWERS")
	m.press("/")
	m.press("-l", user[strings.LastIndex(user, "-")+1:]) // a part of the id
	m.shows(user)
	m.insist("Enter", "θ", "scale v1", "History")
	m.press("T")
	m.shows("Used", "Left out", "recompute")
	m.insist("Enter", "Recompute θ of 1 learner", "[ Cancel ]") // it rests on Cancel
	m.accept("update-theta", "succeeded")

	var source, actor string
	if err := pool.QueryRow(t.Context(), `SELECT h.source, r.trigger FROM sextant.theta_history h JOIN sextant.run r ON r.id = h.run_id
		WHERE h.user_id = $1 AND h.topic_id IS NULL ORDER BY h.estimated_at DESC LIMIT 1`, user).Scan(&source, &actor); err != nil {
		t.Fatal(err)
	}
	if source != "manual" || actor != "console" {
		t.Errorf("the newest θ came from %s by %s", source, actor)
	}
	m.press("q")
}

func TestInATerminalAStageIsRun(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, demoTemplate)
	pool := dbtest.Pool(t, url)
	m := newTerminal(t, url)
	m.shows("aggregate-features-daily", "? help")
	m.press("R")
	m.shows("lookback-days", "include-theta")
	m.press("Enter") // the form's defaults
	m.shows("would run", "sextant run aggregate-features-daily")
	m.insist("Enter", "[ Cancel ]")
	m.accept("succeeded", "run ended")
	var n int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM sextant.run WHERE trigger = 'console' AND status = 'succeeded'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 1 {
		t.Errorf("%d runs from the console", n)
	}
}

func TestInATerminalASignalEndsTheConsoleAndGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		pidFile := filepath.Join(t.TempDir(), "pid")
		m := newTerminalOf(t, dbtest.Migrated(t), `echo $$ > "`+pidFile+`"; exec "$0"`, "echo ended with $?; stty -a; exec cat")
		m.shows("aggregate-features-daily", "? help")
		text, err := os.ReadFile(pidFile)
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, signal); err != nil {
			t.Fatal(err)
		}
		screen := m.shows(fmt.Sprintf("ended with %d", exitCancelled), " icanon", " echo ")
		if strings.Contains(screen, "? help") {
			t.Errorf("%v left the console on the screen:\n%s", signal, screen)
		}
		if got := strings.TrimSpace(m.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}")); got != "0 1" {
			t.Errorf("%v left the other screen or a hidden cursor behind: %s", signal, got)
		}
	}
}
