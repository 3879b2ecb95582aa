package tui

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/teatest/v2"

	"sextant/db"
)

// session is the console in a program of its own, with a clock of its own.
type session struct {
	t  *testing.T
	f  *fixture
	tm *teatest.TestModel

	mu    sync.Mutex
	now   time.Time
	frame string
	drawn chan struct{}
}

// watched notes every frame of the app.
type watched struct {
	*app
	s *session
}

// marker comes back once everything sent before it has been taken in.
type marker chan struct{}

func (w watched) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if m, ok := msg.(marker); ok {
		close(m)
		return w, nil
	}
	_, cmd := w.app.Update(msg)
	return w, cmd
}

func (w watched) View() tea.View {
	v := w.app.View()
	w.s.mu.Lock()
	w.s.frame = ansi.Strip(v.Content)
	w.s.mu.Unlock()
	select {
	case w.s.drawn <- struct{}{}:
	default:
	}
	return v
}

func begin(t *testing.T, f *fixture) *session { return beginWith(t, f, func(*Options) {}) }

func beginWith(t *testing.T, f *fixture, set func(*Options)) *session {
	t.Parallel()
	s := &session{t: t, f: f, now: fixedNow, drawn: make(chan struct{}, 1)}
	o := Options{Console: f, Background: Dark, Clock: func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.now
	}}
	set(&o)
	a := newApp(t.Context(), o)
	a.after = func(d time.Duration, msg tea.Msg) tea.Cmd {
		if _, ok := msg.(tick); ok {
			return nil // pass sends them
		}
		return func() tea.Msg { return msg }
	}
	s.tm = teatest.NewTestModel(t, watched{a, s}, teatest.WithInitialTermSize(110, 32))
	t.Cleanup(func() {
		s.tm.Send(tea.QuitMsg{})
		s.tm.WaitFinished(t, teatest.WithFinalTimeout(10*time.Second))
	})
	return s.sees("RECENT RUNS")
}

// until waits for a condition on the frame, which it names should it never
// come.
func (s *session) until(what string, ok func(frame string) bool) *session {
	s.t.Helper()
	deadline := time.After(time.Minute)
	for {
		s.mu.Lock()
		frame := s.frame
		s.mu.Unlock()
		if ok(frame) {
			return s
		}
		select {
		case <-s.drawn:
		case <-deadline:
			s.t.Fatalf("never saw %s; the last frame:\n%s", what, frame)
		}
	}
}

func (s *session) sees(text string) *session {
	s.t.Helper()
	return s.until(text, func(frame string) bool { return strings.Contains(frame, text) })
}

func (s *session) loses(text string) *session {
	s.t.Helper()
	return s.until("the end of "+text, func(frame string) bool { return !strings.Contains(frame, text) })
}

// press sends keystrokes, apart by blanks.
func (s *session) press(strokes string) *session {
	for k := range strings.FieldsSeq(strokes) {
		s.tm.Send(stroke(k))
	}
	return s
}

func (s *session) typed(text string) *session {
	s.tm.Type(text)
	return s
}

// pass lets time go by, after the keys pressed so far.
func (s *session) pass(d time.Duration) *session {
	m := make(marker)
	s.tm.Send(m)
	<-m
	s.mu.Lock()
	s.now = s.now.Add(d)
	s.mu.Unlock()
	s.tm.Send(tick{})
	return s
}

func (f *fixture) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fixture) launches() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.launched)
}

func TestLaunch(t *testing.T) {
	s := begin(t, newFixture())
	s.press("R").sees("as-of day").press("enter").sees("would run").press("enter").sees("[ Cancel ]")
	s.press("tab enter y").sees("[ Cancel ]") // keys in flight decide nothing
	s.pass(quietTime).press("tab").sees("[ Run 1 day ]")
	if n := s.f.launches(); n != 0 {
		t.Fatalf("%d runs launched before the confirmation", n)
	}
	s.press("enter").sees("following")
	q := s.f.launched[0]
	if q.Stage != "aggregate-features-daily" || q.Date != nil || q.From != nil || q.Trigger != db.TriggerConsole || len(q.Options) != 0 {
		t.Errorf("launched %+v", q)
	}
	s.press("esc").sees("RECENT RUNS") // the form and the preview are gone
}

func TestConfirmRestsOnCancel(t *testing.T) {
	s := begin(t, newFixture())
	s.press("R").sees("as-of day").press("enter").sees("would run").press("enter").sees("[ Cancel ]")
	s.pass(quietTime).press("enter").loses("[ Cancel ]")
	if n := s.f.launches(); n != 0 {
		t.Errorf("%d runs launched by cancelling", n)
	}
}

func TestBackfillWithParameters(t *testing.T) {
	s := begin(t, newFixture())
	s.press("j j B").sees("only missing").press("ctrl+u").typed("2025-11-30").sees("is not complete yet")
	s.press("enter").press("ctrl+u").typed("2025-11-12").loses("is not complete yet") // the form stays until it is right
	s.press("tab tab tab right tab").typed("kim, 00017").press("tab tab right tab").typed("new bank").press("tab right tab ctrl+u").typed("0").sees("below the least")
	s.press("ctrl+u").typed("90").press("enter").sees("skip 1").press("enter").sees("[ Cancel ]").pass(quietTime).press("tab enter").sees("following")
	q := s.f.launched[0]
	got := fmt.Sprint(q.Stage, " ", q.From, " ", q.To, " ", q.Missing, " ", q.Force, " ", q.Where, " ", q.Users, " ", q.Reason, " ", q.Options)
	if want := "mirt-calibrate 2025-11-12 2025-11-21 true false workers [kim 00017] new bank map[model:3pl window-days:90]"; got != want {
		t.Errorf("launched %s, want %s", got, want)
	}
}

func TestRecompute(t *testing.T) {
	s := begin(t, newFixture())
	s.press("3").sees("SESSIONS").press("enter").sees("above average").press("T").sees("24 used, 5 left out: 3 superseded by a later answer to the same item")
	s.press("enter").sees("Recompute θ of 1 learner").pass(quietTime).press("tab enter").sees("following")
	if q := s.f.launched[0]; q.Stage != "update-theta" || fmt.Sprint(q.Users) != "[김서연]" {
		t.Errorf("launched %+v", q)
	}
	s.press("esc").sees("above average")
}

func TestRecomputeMarked(t *testing.T) {
	s := begin(t, newFixture())
	s.press("3").sees("SESSIONS").press("space j space").sees("2 marked").press("T").sees("of 2")
	s.press("enter").sees("[ Cancel ]").pass(quietTime).press("tab enter").sees("following")
	if q := s.f.launched[0]; fmt.Sprint(q.Users) != "[김서연 kim.minjun@example.com]" {
		t.Errorf("launched for %v", q.Users)
	}
}

func TestCancel(t *testing.T) {
	s := begin(t, newFixture())
	s.press("2").sees("40 runs").press("X").sees("Cancel 1 run").sees("mirt-calibrate  019abf00-9c40").pass(quietTime).press("tab enter").sees("1 run asked to stop")
	if len(s.f.cancelled) != 1 || s.f.cancelled[0] != s.f.runs[0].ID {
		t.Errorf("cancelled %v", s.f.cancelled)
	}
	s.press("j j X").sees("the run has finished")
}

func TestLostDatabase(t *testing.T) {
	f := newFixture()
	s := begin(t, f)
	f.set(func() { f.fail = &db.Error{Kind: db.KindUnreachable, Err: context.DeadlineExceeded} })
	s.pass(2 * time.Second).sees("database lost").sees("retry in 2 s").sees("aggregate-features-daily").sees("data of 22:58:03")
	s.press("j").sees("▌ compute-daily-kpis") // what was read last can still be looked at
	s.pass(2 * time.Second).sees("retry in 4 s")
	f.set(func() { f.fail = nil })
	s.pass(4 * time.Second).sees("the database is back").loses("database lost")
}

func TestLostDatabaseOnAForm(t *testing.T) {
	f := newFixture()
	s := begin(t, f)
	f.set(func() { f.fail = &db.Error{Kind: db.KindUnreachable, Err: context.DeadlineExceeded} })
	s.pass(2 * time.Second).sees("database lost").press("k R").sees("as-of day")
	f.set(func() { f.fail = nil })
	s.pass(2 * time.Second).sees("the database is back") // though a form asks for nothing
}

func TestSlowDatabase(t *testing.T) {
	f := newFixture()
	s := begin(t, f)
	f.set(func() { f.gate = make(chan struct{}) })
	s.pass(2 * time.Second).press("j").sees("▌ compute-daily-kpis").press("2").sees("loading the runs").press("1 k").sees("▌ aggregate-features-daily")
	s.pass(3 * time.Second).sees("waiting for the database, 3 s")
	f.set(func() { close(f.gate); f.gate = nil })
	s.loses("waiting for the database").press("2").sees("40 runs")
}

func TestFilterAndPalette(t *testing.T) {
	s := begin(t, newFixture())
	s.press("2").sees("40 runs").press("/").typed("actor:박지우").sees(" 1 run ").press("enter esc").sees("40 runs")
	s.press(":").sees("Command").typed("pip").press("enter").sees("RECENT RUNS")
	s.press(":").sees("Command").typed("learner 박지우").press("enter").sees("below average")
	s.press(":").sees("Command").typed("run 019abefd").press("enter").sees("calibration refused")
	s.press(":").sees("Command").typed("nonsense").press("enter").sees("no command is called nonsense")
	s.press(":").sees("Command").typed("stage calib").press("enter").sees("Published days").press("tab tab").sees("window-days")
	s.press("?").sees("Keys: mirt-calibrate").press("esc").loses("Keys: mirt-calibrate")
}

func TestReadOnlyChangesNothing(t *testing.T) {
	f := newFixture()
	f.about.ReadOnly = true
	s := begin(t, f)
	s.sees("READ-ONLY").press("R").sees("read-only: this session").press("?").sees("! read-only: this session")
}

func TestCursorStandsWhereTextIsTyped(t *testing.T) {
	for name, c := range map[string]struct {
		keys, text string
		x, y       int
	}{
		"search": {"3 /", "김서", 12, 3},
		"form":   {"B ctrl+u", "2025", 22, 5},
		"none":   {"3", "", -1, -1},
	} {
		for _, o := range []Options{{Background: Dark}, {NoColor: true}} {
			d := drive(t, newFixture(), 100, 30, o)
			x, y := -1, -1
			if at := d.keys(c.keys).typed(c.text).app.View().Cursor; at != nil {
				x, y = at.X, at.Y
			}
			if x != c.x || y != c.y {
				t.Errorf("%s: at %d, %d; want %d, %d", name, x, y, c.x, c.y)
			}
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	f := newFixture()
	s := begin(t, f)
	s.press("P").sees("reason").typed("school trip").press("tab").typed("2025-11-22").sees("2025-11-22 00:00 UTC has passed")
	s.press("ctrl+u").typed("36h").loses("has passed").press("enter")
	s.sees("2 scheduled runs are skipped").sees("$ sextant pause aggregate-features-daily --reason 'school trip' --until 2025-11-24T10:58").sees("STAGING")
	s.pass(quietTime).press("tab enter").sees("aggregate-features-daily is paused, until 2025-11-24 10:58 UTC").sees("aggregate-features-daily  ‖ paused").sees("RECENT RUNS")
	s.press("P").sees("End the pause of aggregate-features-daily").pass(quietTime).press("tab enter").sees("aggregate-features-daily goes on").loses("aggregate-features-daily  ‖ paused")
	if got := fmt.Sprint(f.paused); got != "[aggregate-features-daily aggregate-features-daily]" {
		t.Errorf("paused and resumed %s", got)
	}
}

// TestBackfillOnTheCalendar chooses the days with the arrows, and takes the
// week that is missing as a whole.
func TestBackfillOnTheCalendar(t *testing.T) {
	s := begin(t, newFixture())
	s.press("B").sees("2025-11-04").sees("2025-11-08") // the newest days that are missing
	s.press("tab tab left space down down space").sees("2025-11-01").sees("2025-11-03").press("right up up m").sees("2025-11-04").sees("2025-11-08")
	s.press("enter").sees("would run aggregate-features-daily for").press("enter").sees("[ Cancel ]").pass(quietTime).press("tab enter").sees("following")
	if q := s.f.launched[0]; fmt.Sprint(q.From, " ", q.To) != "2025-11-04 2025-11-08" {
		t.Errorf("launched from %s to %s", q.From, q.To)
	}
}

// TestBackfillOfWeeks has no days between the Sundays, which are what is missing
// and what is suggested.
func TestBackfillOfWeeks(t *testing.T) {
	s := begin(t, newFixture())
	s.press("j j j B").sees("2025-11-09").press("tab tab tab").sees("only missing").sees("missing") // a week that has not been published
	s.until("Sundays alone", func(frame string) bool {
		_, grid, ok := strings.Cut(frame, "calendar")
		mon, _, _ := strings.Cut(grid, "Wed")
		return ok && !strings.ContainsAny(mon, "□■▪·")
	})
	s.press("shift+tab").press("k").sees("published with its week, as 2025-11-09")
	s.press("enter").sees("for 0 weeks").sees("$ sextant run generate-weekly-report --from 2025-11-09 --to 2025-11-09")
}

// TestRunOfALearnerStage asks for learners, and for no days.
func TestRunOfALearnerStage(t *testing.T) {
	s := begin(t, newFixture())
	s.press("G B").sees("learner by learner, not by the day").press("enter").sees("Parameters").loses("Published days").press("tab").sees("Parameters in force").press("y").sees("copied: sextant status update-theta").press("esc")
	s.press("R").sees("at least one").loses("as-of day").press("enter").sees("name the learners").loses("would run")
	s.typed("kim").loses("name the learners").press("enter").sees("would run update-theta for 1 learner").press("enter").sees("[ Cancel ]").pass(quietTime).press("tab enter").sees("following")
	if q := s.f.launched[0]; fmt.Sprint(q.Users, q.Date, q.From) != "[kim] <nil> <nil>" {
		t.Errorf("launched %+v", q)
	}
}
