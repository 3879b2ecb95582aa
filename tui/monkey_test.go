package tui

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
)

var monkeyKeys = flag.Int("keys", 300, "random keys for each of the eight monkeys; scripts/test presses 12,500")

// TestMonkey presses random keys in a window of random size over a database
// that comes and goes. Nothing may panic, and every frame must fit.
func TestMonkey(t *testing.T) {
	keys := []string{"enter", "esc", "tab", "shift+tab", "up", "down", "left", "right", "space", "backspace", "home", "end",
		"ctrl+d", "ctrl+u", "ctrl+r", "ctrl+n", "ctrl+p", "ctrl+w", "한", "0", "é", "👩"}
	for r := '!'; r <= '~'; r++ {
		keys = append(keys, string(r))
	}
	keys = slices.DeleteFunc(keys, func(k string) bool { return k == "q" }) // it leaves
	for seed := range uint64(4) {
		for _, readOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed %d, read-only %v", seed, readOnly), func(t *testing.T) {
				t.Parallel()
				f := newFixture()
				f.about.ReadOnly = readOnly
				monkey(t, f, rand.New(rand.NewPCG(seed, 1)), keys)
				if n := len(f.launched) + len(f.cancelled) + len(f.paused); readOnly && n > 0 {
					t.Errorf("read-only, and yet launched %v, cancelled %v and paused %v", f.launched, f.cancelled, f.paused)
				}
			})
		}
	}
}

func monkey(t *testing.T, f *fixture, rnd *rand.Rand, keys []string) {
	options := Options{Background: Dark, ASCII: rnd.IntN(2) == 0}
	if rnd.IntN(2) == 0 {
		options.Lang = inKorean()
	}
	d := drive(t, f, 80, 24, options)
	var last []string
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("panic at %d×%d after %q: %v\n%s", d.app.width, d.app.height, last, p, debug.Stack())
		}
	}()
	for range *monkeyKeys {
		switch rnd.IntN(40) {
		case 0:
			d.send(tea.WindowSizeMsg{Width: 1 + rnd.IntN(240), Height: 1 + rnd.IntN(60)})
		case 1:
			d.send(tea.WindowSizeMsg{Width: 60 + rnd.IntN(80), Height: 18 + rnd.IntN(20)})
		case 2:
			f.fail = nil
			if rnd.IntN(3) == 0 {
				f.fail = &db.Error{Kind: db.KindUnreachable, Err: fmt.Errorf("connection refused")}
			}
		case 3:
			d.now = d.now.Add(time.Duration(rnd.IntN(5000)) * time.Millisecond)
			d.send(tick{})
		}
		key := keys[rnd.IntN(len(keys))]
		if !d.app.front().Typing() && rnd.IntN(8) == 0 { // each screen as often as its number
			key = fmt.Sprint(1 + rnd.IntN(len(topScreens())))
		}
		if last = append(last, key); len(last) > 30 {
			last = last[1:]
		}
		d.send(stroke(key))
		d.frame()
		if t.Failed() {
			t.Fatalf("after %q", last)
		}
	}
}

// TestEverySize draws every scene in windows of every kind, from too small to
// vast, without the way there: as a resize at any moment does.
func TestEverySize(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			d := drive(t, newFixture(), 120, 36, Options{NoColor: true})
			s.steps(d)
			for _, w := range []int{1, 39, 40, 47, 60, 77, 110, 151, 171, 240} {
				for _, h := range []int{1, 3, 5, 9, 10, 11, 13, 16, 18, 22, 26, 60} {
					d.send(tea.WindowSizeMsg{Width: w, Height: h})
					d.frame()
				}
			}
		})
	}
}
