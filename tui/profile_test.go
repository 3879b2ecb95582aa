package tui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"sextant/db"
	"sextant/jobs"
)

// TestSwitchProfile goes from one database to another, whose colour and data
// are shown from the first screen on.
func TestSwitchProfile(t *testing.T) {
	f, other := newFixture(), newFixture()
	other.about.Profile, other.about.Environment, other.about.Database = "prod", "production", "sextant@db2:5432/platform"
	other.runs = other.runs[:1]
	s := beginWith(t, f, func(o *Options) {
		o.Profiles = []Profile{{Name: "default", Environment: "staging"}, {Name: "prod", Environment: "production"}, {Name: "down"}}
		o.Connect = func(_ context.Context, name string) (jobs.Console, error) {
			if name == "down" {
				return nil, &db.Error{Kind: db.KindUnreachable, Err: errors.New("no route to host")}
			}
			return other, nil
		}
	})
	s.press("2").sees("40 runs")
	s.press(":").sees("Command").typed("ctx down").press("enter").sees("down was not opened: no route to host").sees("STAGING").loses("database lost")
	s.press(":").sees("Command").typed("ctx").press("enter").sees("PROFILE").press("j").sees("▌ prod").press("enter")
	s.sees("PRODUCTION").sees("sextant@db2:5432/platform").sees("RECENT RUNS").press("2").sees("1 run").loses("40 runs")
}

// TestAnnouncementsRefresh shows a change as soon as it is announced, and asks
// by itself once nothing can be heard.
func TestAnnouncementsRefresh(t *testing.T) {
	f := newFixture()
	f.watch = make(chan struct{})
	s := begin(t, f)
	because := func(why string) func() {
		return func() {
			f.pipeline.Stages = slices.Clone(f.pipeline.Stages) // what was read before stays as it was
			f.pipeline.Stages[0].Why = why
		}
	}
	f.set(because("announced"))
	s.pass(time.Second) // after the first screen's own question
	f.watch <- struct{}{}
	s.sees("announced")
	f.set(because("asked for"))
	s.pass(2 * time.Second * calm).sees("asked for")
}

// TestMemory keeps the palette's history and saved filters in a file, without
// the learners that were looked for.
func TestMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "console.json")
	d := drive(t, newFixture(), 100, 30, Options{Background: Dark, StateFile: file})
	d.keys(":").typed("learner 김서연").keys("enter").keys(":").typed("stage calib").keys("enter")
	d.run(d.app.saveFilter("Runs", "failed"))
	d.run(d.app.saveFilter("Runs", "by:kim"))
	d.run(d.app.saveFilter("Runs", "failed"))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "김서연") {
		t.Errorf("a learner is named in %s", text)
	}
	d = drive(t, newFixture(), 100, 30, Options{Background: Dark, StateFile: file})
	if d.keys(": up"); !strings.Contains(d.frame(), "stage mirt-calibrate") {
		t.Error("the palette has forgotten")
	}
	var applied string
	d.keys("esc").run(d.app.open(newFilters(d.app, "Runs", func(text string) tea.Cmd { applied = text; return nil })))
	if d.keys("j enter"); applied != "by:kim" {
		t.Errorf("the second filter is %q, want by:kim", applied)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	d = drive(t, newFixture(), 100, 30, Options{Background: Dark, StateFile: file})
	if frame := d.frame(); !strings.Contains(frame, "saved filters and history cannot be read") {
		t.Errorf("a broken file goes unnoticed:\n%s", frame)
	}
}

// TestJournal lists what was done, by its shell command and its end.
func TestJournal(t *testing.T) {
	f := newFixture()
	d := drive(t, f, 100, 30, Options{Background: Dark})
	d.keys("R enter enter tab enter").keys(":").typed("log").keys("enter")
	frame := d.frame()
	for _, want := range []string{"done", "staging", "019abf00-9c40", "sextant run aggregate-features-daily"} {
		if !strings.Contains(frame, want) {
			t.Errorf("the log lacks %s:\n%s", want, frame)
		}
	}
	d.keys("2")
	f.fail = &db.Error{Kind: db.KindPrivilege, Err: errors.New("permission denied")}
	d.keys("X tab enter").keys(":").typed("log").keys("enter")
	if frame := d.frame(); !strings.Contains(frame, "failed") || !strings.Contains(frame, "sextant runs cancel") {
		t.Errorf("the log lacks the failure:\n%s", frame)
	}
}

// TestMouse moves with the wheel and goes to the tab that is clicked, only
// where the mouse was asked for.
func TestMouse(t *testing.T) {
	d := drive(t, newFixture(), 100, 30, Options{Background: Dark, Mouse: true})
	if d.app.View().MouseMode != tea.MouseModeCellMotion {
		t.Error("the mouse is not taken")
	}
	d.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if at := d.app.tops[topPipeline].(*pipeline).CurrentID(); at != "generate-weekly-report" {
		t.Errorf("three rows down is %s", at)
	}
	runs := strings.Index(ansi.Strip(d.app.tabs()), "2 Runs")
	d.send(tea.MouseClickMsg{Button: tea.MouseLeft, X: runs + 3, Y: 1})
	if title := d.app.screen().Title(); title != "Runs" {
		t.Errorf("a click on Runs leads to %s", title)
	}
	if drive(t, newFixture(), 100, 30, Options{Background: Dark}).app.View().MouseMode != tea.MouseModeNone {
		t.Error("the mouse is taken unasked")
	}
}

// TestProductionIsRed draws production's name as a terminal of few colours is
// told to: in one of its own reds.
func TestProductionIsRed(t *testing.T) {
	for profile, badge := range map[colorprofile.Profile]string{colorprofile.TrueColor: "48;2;192;32;63m", colorprofile.ANSI256: "48;5;160m", colorprofile.ANSI: "41m"} {
		f := newFixture()
		f.about.Environment, f.about.Colour = "production", ""
		d := drive(t, f, 80, 24, Options{Background: Dark})
		d.send(tea.ColorProfileMsg{Profile: profile})
		frame := d.frame()
		if !strings.Contains(frame, badge+" PRODUCTION ") {
			t.Errorf("%s: no badge of %s in %q", profile, badge, strings.SplitN(frame, "\n", 2)[0])
		}
		if profile < colorprofile.TrueColor && strings.Contains(frame, "8;2;") {
			t.Errorf("%s: a colour is left to be replaced by its nearest", profile)
		}
	}
}
