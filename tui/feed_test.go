package tui

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
)

func TestFeedDropsStaleAnswers(t *testing.T) {
	a := newApp(t.Context(), Options{Console: newFixture()})
	answer := func(s string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return s, nil }
	}
	f := newFeed(a, answer("first"))
	first := f.Refresh()
	if f.Refresh() != nil {
		t.Error("a second request while one is in flight")
	}
	second := f.Ask(answer("second"))
	if late := first(); f.Take(late) || f.loaded {
		t.Errorf("the answer to the question before was taken: %q", f.value)
	}
	if !f.Take(second()) || f.value != "second" {
		t.Errorf("the answer was not taken: %q", f.value)
	}
	failed := f.Ask(func(context.Context) (string, error) { return "", errors.New("no") })
	if !f.Take(failed()) || f.value != "second" || f.err == nil {
		t.Errorf("after a failure: %q, %v; want the last good value and the error", f.value, f.err)
	}
	again := f.Refresh()
	f.Close()
	if f.Take(again()) {
		t.Error("an answer was taken after the end")
	}
}

func TestLinkBacksOffAndRecovers(t *testing.T) {
	var l link
	now := fixedNow
	lost := &db.Error{Kind: db.KindUnreachable, Err: errors.New("connection refused")}
	for i, want := range []time.Duration{2, 4, 8, 15, 15} {
		l.observe(fmt.Errorf("read: %w", lost), now)
		if got := l.retryAt.Sub(now); got != want*time.Second || !l.lost {
			t.Errorf("try %d: retry in %s, want %d s", i+1, got, want)
		}
	}
	if l.observe(context.Canceled, now); !l.lost {
		t.Error("a request that we ended ourselves says nothing about the database")
	}
	if !l.observe(db.ErrNotFound, now) || l.lost {
		t.Error("an answer, even a no, means that the database is back")
	}
}

// TestEveryKeyIsExplained keeps the help complete: a key that works says what
// it does, and no two keys of a view claim one stroke.
func TestEveryKeyIsExplained(t *testing.T) {
	for _, s := range scenes {
		d := drive(t, newFixture(), 120, 36, Options{})
		s.steps(d)
		seen := map[string]bool{}
		keys := d.app.front().Keys()
		if len(d.app.dialogs) == 0 && !d.app.front().Typing() {
			keys = append(keys, d.app.globalKeys()...)
		}
		for i, k := range keys {
			if k.Do == nil {
				t.Errorf("%s: %v does nothing", s.name, k.Strokes)
			}
			if k.Help == "" && len(d.app.dialogs) == 0 {
				t.Errorf("%s: %v is not explained", s.name, k.Strokes)
			}
			for _, stroke := range k.Strokes {
				global := i >= len(d.app.front().Keys())
				if seen[stroke] && !global && stroke != "j" {
					t.Errorf("%s: %s is bound twice", s.name, stroke)
				}
				seen[stroke] = true
				upper := len(stroke) == 1 && stroke >= "A" && stroke <= "Z" && stroke != "G"
				if upper && !k.Changes {
					t.Errorf("%s: %s is upper case, and yet only looks", s.name, stroke)
				}
			}
		}
	}
}

var _ tea.Model = (*app)(nil)
