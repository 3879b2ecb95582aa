package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// TestYCopiesWhereverACommandIsShown: in no confirmation does it do anything else.
func TestYCopiesWhereverACommandIsShown(t *testing.T) {
	for keys, command := range map[string]string{
		"R enter enter":   "sextant run aggregate-features-daily",
		"P enter":         "sextant pause aggregate-features-daily",
		"2 X":             "sextant runs cancel 019abf00",
		"3 enter T enter": "sextant theta recompute 김서연",
		"3 enter U enter": "sextant theta restore --at=",
	} {
		f := newFixture()
		d := drive(t, f, 120, 36, Options{NoColor: true})
		d.keys(keys)
		_, ok := d.app.front().(*confirm)
		if !ok {
			t.Fatalf("%s opens no confirmation:\n%s", keys, ansi.Strip(d.frame()))
		}
		if frame := ansi.Strip(d.frame()); !strings.Contains(frame, "$ "+command) || !strings.Contains(frame, "y copy command") {
			t.Errorf("%s: the command is not shown:\n%s", keys, frame)
		}
		d = drive(t, f, 120, 36, Options{NoColor: true}).keys(keys + " y")
		if c, ok := d.app.front().(*confirm); !ok || c.focus != onRest || !strings.Contains(d.app.toast.text, "copied: "+command) {
			t.Errorf("%s y: %q", keys, d.app.toast.text)
		}
		if n := len(f.launched) + len(f.cancelled) + len(f.paused); n > 0 {
			t.Errorf("%s y changed something", keys)
		}
	}
}

func TestAReasonIsTyped(t *testing.T) {
	s := begin(t, newFixture())
	s.press("3").sees("SESSIONS").press("enter").sees("above average").press("T").sees("24 used").press("enter").sees("[ Cancel ]")
	s.pass(quietTime).press("tab tab").typed("y, re-graded").sees("--reason 'y, re-graded' 김서연").press("enter").sees("[ Recompute 1 learner ]")
	s.pass(quietTime).press("enter").sees("following")
	if q := s.f.launched[0]; q.Reason != "y, re-graded" || q.Options != nil {
		t.Errorf("launched %+v", q)
	}
	s.press("esc").sees("above average").press("U").sees("choose the estimate").sees("→").press("enter").sees("[ Cancel ]")
	s.pass(quietTime).press("tab tab").typed("mistake").sees("--reason mistake").press("enter").pass(quietTime).press("enter").sees("following")
	if q := s.f.launched[1]; q.Stage != "restore-theta" || q.Reason != "mistake" {
		t.Errorf("launched %+v", q)
	}
	s.press("2").sees("40 runs").press("X").sees("[ Keep running ]").sees("esc keep running").pass(quietTime).press("shift+tab").typed("too long")
	s.sees("sextant runs cancel 019abf00-9c40-7000-8000-000000000000 --reason 'too long'").press("enter").sees("[ Cancel 1 run ]").pass(quietTime).press("enter").sees("asked to stop")
	if fmt.Sprint(s.f.reasons) != "[too long]" {
		t.Errorf("reasons %q", s.f.reasons)
	}
}

// TestEnterInAReasonDecidesNothing: it takes another one, and time between them.
func TestEnterInAReasonDecidesNothing(t *testing.T) {
	s := begin(t, newFixture())
	s.press("2").sees("40 runs").press("X").sees("[ Keep running ]").pass(quietTime).press("tab tab").typed("no").sees("--reason no").press("enter enter enter").sees("[ Cancel 1 run ]")
	if n := len(s.f.cancelled); n > 0 {
		t.Errorf("%d runs cancelled", n)
	}
	s.press("esc").loses("[ Cancel 1 run ]")
}

func TestRecomputeOptions(t *testing.T) {
	s := begin(t, newFixture())
	s.press("3").sees("SESSIONS").press("enter").sees("above average").press("T").sees("180 days back").press("e").sees("lookback-days").sees("scorer")
	s.press("ctrl+u").typed("0").sees("below the least").press("enter").press("ctrl+u").typed("90").press("tab right tab right enter")
	s.sees("90 days back").sees("$ sextant run update-theta --queue --user 김서연 --lookback-days=90 --scorer=plumber").press("e").sees("[plumber]").sees("[workers]").press("enter")
	s.sees("90 days back").press("enter").sees("[ Cancel ]").pass(quietTime).press("tab enter").sees("following")
	if q := s.f.launched[0]; fmt.Sprint(q.Options, q.Where) != "map[lookback-days:90 scorer:plumber]workers" {
		t.Errorf("launched %+v", q)
	}
}

// TestUndoOffersWhatStood: not the backfill that never came into force, nor what
// is in force, and the newest of the rest is chosen.
func TestUndoOffersWhatStood(t *testing.T) {
	d := drive(t, newFixture(), 120, 36, Options{NoColor: true})
	r := d.keys("3 enter U").app.screen().(*restore)
	past := r.feed.value.Trajectory
	if p, ok := r.chosen(); !ok || !p.EstimatedAt.Equal(past[38].EstimatedAt) {
		t.Errorf("chosen %+v, want %+v", p, past[38])
	}
	if n, _ := r.Count(); n != 38 { // of 40, one never stood and one is in force
		t.Errorf("%d estimates are offered", n)
	}
	if got, want := r.preview.value[0].Thetas[0].Theta, past[38].Theta; got != want {
		t.Errorf("the list says %v, the outcome %v", want, got)
	}
	// A θ in force that the history lacks: its newest row is the one before.
	d = drive(t, newFixture(), 120, 36, Options{NoColor: true})
	r = d.keys("3 j j enter U").app.screen().(*restore)
	n, _ := r.Count()
	if p, _ := r.chosen(); n != 39 || !p.EstimatedAt.Equal(r.feed.value.Trajectory[39].EstimatedAt) {
		t.Errorf("chosen %+v of %d", p, n)
	}
	if frame := ansi.Strip(d.frame()); !strings.Contains(frame, "the history lacks the estimate in force") {
		t.Error("nothing is said about the θ that the history lacks")
	}
}

func TestUndoOfNothingIsOff(t *testing.T) {
	f := newFixture()
	d := drive(t, f, 120, 36, Options{NoColor: true})
	r := d.keys("3 enter U").app.screen().(*restore)
	same := &r.preview.value[0]
	for i := range same.Thetas {
		same.Thetas[i].Now = ptr(same.Thetas[i].Theta)
	}
	if d.keys("enter"); d.app.screen() != r || len(d.app.dialogs) > 0 || !strings.Contains(d.app.toast.text, "it is what is in force") {
		t.Errorf("what changes nothing can be confirmed; %q", d.app.toast.text)
	}
}

// TestEnvironmentWithoutAProfile: the badge names the database.
func TestEnvironmentWithoutAProfile(t *testing.T) {
	f := newFixture()
	f.about.Profile, f.about.Environment, f.about.Colour = "", "", ""
	d := drive(t, f, 100, 30, Options{NoColor: true})
	if head := ansi.Strip(strings.SplitN(d.frame(), "\n", 2)[0]); !strings.Contains(head, " PLATFORM   sextant@db1:5432/platform") {
		t.Errorf("the header says %q", head)
	}
	if frame := ansi.Strip(d.keys("2 X").frame()); !strings.Contains(frame, "in  PLATFORM ") {
		t.Errorf("the confirmation names no environment:\n%s", frame)
	}
}

// TestSmallUndoShowsTopics: also in the smallest of the usual windows.
func TestSmallUndoShowsTopics(t *testing.T) {
	f := newFixture()
	f.learners[0].UserID = "choi.haeun+a-very-long-name-of-a-learner@school.example.org"
	d := drive(t, f, 60, 18, Options{NoColor: true})
	frame := ansi.Strip(d.keys("3 enter U").frame())
	for _, want := range []string{"overall", "algebra", "ESTIMATED", "$ sextant theta restore"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q:\n%s", want, frame)
		}
	}
	frame = ansi.Strip(d.keys("esc T").frame())
	for _, want := range []string{"as of", "$ sextant theta recompute", "prior", "item-0000"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q:\n%s", want, frame)
		}
	}
}
