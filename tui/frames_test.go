package tui

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	charm "github.com/charmbracelet/x/exp/golden"
)

// stroke makes the key message of a keystroke named as Key.Strokes names it.
func stroke(name string) tea.KeyPressMsg {
	special := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown},
		"left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight}, "space": {Code: tea.KeySpace, Text: " "}, "backspace": {Code: tea.KeyBackspace},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
	}
	if k, ok := special[name]; ok {
		return k
	}
	if c, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(c[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// driver runs an app without a terminal: every command is carried out at once,
// those that wait excepted.
type driver struct {
	t   testing.TB
	app *app
	now time.Time
}

func drive(t testing.TB, f *fixture, w, h int, o Options) *driver {
	d := &driver{t: t, now: fixedNow}
	o.Console, o.Clock = f, func() time.Time { return d.now }
	if o.Profiles == nil {
		o.Profiles = []Profile{{Name: "default", Environment: "staging", Colour: "blue"}, {Name: "prod", Environment: "production"}}
	}
	d.app = newApp(context.Background(), o)
	d.app.ask = false
	d.app.after = func(_ time.Duration, msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }
	d.send(tea.WindowSizeMsg{Width: w, Height: h})
	d.run(d.app.refresh())
	return d
}

func (d *driver) send(msg tea.Msg) {
	defer d.app.View() // as after every message
	if key, ok := msg.(tea.KeyPressMsg); ok {
		d.run(d.app.press(key))
		return
	}
	_, cmd := d.app.Update(msg)
	d.run(cmd)
}

// run carries out a command and everything that follows from it.
func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil, tick, tea.QuitMsg: // the test says when time passes
	case tea.BatchMsg:
		for _, c := range msg {
			d.run(c)
		}
	default:
		d.send(msg)
	}
}

// keys presses keystrokes, apart by blanks, with time between them for
// confirmations to become ready.
func (d *driver) keys(strokes string) *driver {
	for s := range strings.FieldsSeq(strokes) {
		d.now = d.now.Add(quietTime)
		d.send(stroke(s))
	}
	d.now = fixedNow
	d.app.toast.until = d.now.Add(time.Minute)
	return d
}

func (d *driver) typed(text string) *driver {
	for _, r := range text {
		d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return d
}

// frame is the window as drawn, every line checked for its width.
func (d *driver) frame() string {
	d.t.Helper()
	out := d.app.View().Content
	lines := strings.Split(out, "\n")
	if len(lines) != d.app.height {
		d.t.Errorf("%d lines, want %d", len(lines), d.app.height)
	}
	for i, l := range lines {
		if w := ansi.StringWidth(l); w != d.app.width {
			d.t.Errorf("line %d is %d wide, want %d: %q", i, w, d.app.width, ansi.Strip(l))
		}
		if wc := ansi.StringWidthWc(l); wc != d.app.width {
			d.t.Errorf("line %d is %d wide to terminals that know no graphemes, want %d: %q", i, wc, d.app.width, ansi.Strip(l))
		}
	}
	for i, l := range d.app.screen().View() {
		if w := ansi.StringWidth(l); w > d.app.width && d.app.width >= leastWidth {
			d.t.Errorf("body line %d is cut off: %q", i, ansi.Strip(l))
		}
	}
	if strings.Contains(out, "NaN") {
		d.t.Error("a NaN is shown")
	}
	if misformatted.MatchString(out) {
		d.t.Errorf("a text lacks what it has verbs for:\n%s", ansi.Strip(out))
	}
	return out
}

// misformatted is how fmt marks verbs without arguments, and the reverse.
var misformatted = regexp.MustCompile(`%![a-z]\((MISSING|BADINDEX|[a-z]+=)|%!\((EXTRA|NOVERB)`)

// scene is a frame by its name, and how to get there from the start.
type scene struct {
	name  string
	steps func(d *driver)
}

// scenes are the frames kept as golden files: how to get there from the start.
var scenes = []scene{
	{"pipeline", func(*driver) {}},
	{"pipeline-failed", func(d *driver) { d.keys("j") }},
	{"pipeline-help", func(d *driver) { d.keys("?") }},
	{"pipeline-describe", func(d *driver) { d.keys("d") }},
	{"stage", func(d *driver) { d.keys("enter") }},
	{"stage-calendar", func(d *driver) { d.keys("enter tab left left up") }},
	{"stage-parameters", func(d *driver) { d.keys("j j j enter tab tab j j j") }},
	{"stage-weekly", func(d *driver) { d.keys("j j j enter tab k") }},
	{"stage-no-days", func(d *driver) { d.keys("G enter") }},
	{"pause-form", func(d *driver) { d.keys("P").typed("school trip").keys("tab").typed("36x") }},
	{"pause-confirm", func(d *driver) { d.keys("P").typed("school trip").keys("tab").typed("36h").keys("enter") }},
	{"backfill-calendar", func(d *driver) { d.keys("B tab tab left space down down space") }},
	{"log", func(d *driver) { d.keys("R enter enter tab enter").keys(":").typed("log").keys("enter") }},
	{"profiles", func(d *driver) { d.keys(":").typed("ctx").keys("enter") }},
	{"launch-form", func(d *driver) { d.keys("j j R") }},
	{"launch-invalid", func(d *driver) { d.keys("B ctrl+u").typed("2025-02-30") }},
	{"backfill-preview", func(d *driver) { d.keys("B ctrl+u").typed("2025-11-12").keys("tab ctrl+u enter") }},
	{"backfill-confirm", func(d *driver) { d.keys("B ctrl+u").typed("2025-11-12").keys("tab ctrl+u enter enter") }},
	{"run", func(d *driver) { d.keys("j j l") }},
	{"run-failed", func(d *driver) { d.keys("2 j j j enter") }},
	{"run-failures", func(d *driver) { d.keys("2 j enter tab") }},
	{"runs", func(d *driver) { d.keys("2") }},
	{"runs-filter", func(d *driver) { d.keys("2 /").typed("actor:박지우") }},
	{"run-warnings", func(d *driver) { d.keys("2 j j j enter e") }},
	{"run-search", func(d *driver) { d.keys("2 j j j enter c /").typed("set aside") }},
	{"run-save", func(d *driver) { d.keys("2 j j j enter ctrl+s") }},
	{"runs-compare", func(d *driver) { d.keys("2 space j j c") }},
	{"runs-wrong-filter", func(d *driver) { d.keys("2 /").typed("since:soon") }},
	{"cancel-confirm", func(d *driver) { d.keys("2 X tab") }},
	{"learners", func(d *driver) { d.keys("3 space j space") }},
	{"learners-by-risk", func(d *driver) { d.keys("3 > > > >") }},
	{"learners-search", func(d *driver) { d.keys("3 /").typed("kim") }},
	{"learner", func(d *driver) { d.keys("3 enter") }},
	{"learner-topics", func(d *driver) { d.keys("3 enter tab") }},
	{"learner-kpis", func(d *driver) { d.keys("3 enter tab tab") }},
	{"learner-explain", func(d *driver) { d.keys("3 enter tab tab j j e") }},
	{"learner-goals", func(d *driver) { d.keys("3 enter tab tab tab") }},
	{"learner-history", func(d *driver) { d.keys("3 enter shift+tab") }},
	{"learner-unestimated", func(d *driver) { d.keys("3 /").typed("00017").keys("enter") }},
	{"undo", func(d *driver) { d.keys("3 enter U") }},
	{"undo-confirm", func(d *driver) { d.keys("3 enter U enter") }},
	{"recompute", func(d *driver) { d.keys("3 enter T") }},
	{"recompute-options", func(d *driver) { d.keys("3 enter T e ctrl+u").typed("0") }},
	{"recompute-confirm", func(d *driver) { d.keys("3 enter T enter") }},
	{"recompute-marked", func(d *driver) { d.keys("3 space space space T") }},
	{"confirm-reason", func(d *driver) { d.keys("3 enter T enter tab tab r e g r a d e d") }},
	{"undo-not-kept", func(d *driver) { d.keys("3 j j enter U") }},
	{"palette", func(d *driver) { d.keys(":").typed("le") }},
	{"palette-last", func(d *driver) { d.keys(": " + strings.Repeat("down ", 20)) }},
	{"palette-stage", func(d *driver) { d.keys(":").typed("stage da") }},
}

// sizes are the terminals that frames are drawn for.
var sizes = []struct{ w, h int }{{60, 18}, {80, 24}, {120, 36}, {200, 50}}

// palettes are those that frames are drawn in.
var palettes = []struct {
	name string
	Options
}{
	{"dark", Options{Background: Dark}},
	{"light", Options{Background: Light}},
	{"plain", Options{NoColor: true}},
}

var drawInto = flag.String("draw", "", "also write the frames into this folder, as a terminal is given them")

// TestFrames compares every screen with its golden file; -update rewrites
// them.
func TestFrames(t *testing.T) {
	for _, s := range scenes {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s/%d", s.name, size.w), func(t *testing.T) {
				t.Parallel()
				var drawings []drawing
				for _, p := range palettes {
					d := drive(t, newFixture(), size.w, size.h, p.Options)
					s.steps(d)
					drawings = append(drawings, drawing{p.name, d.frame()})
				}
				text, err := golden(drawings)
				if err != nil {
					t.Fatal(err)
				}
				charm.RequireEqual(t, text)
				if *drawInto != "" {
					write(t, fmt.Sprintf("%s/%d", s.name, size.w), drawings)
				}
			})
		}
	}
}

// write keeps drawings as files, whose names end in their palettes'.
func write(t *testing.T, name string, drawings []drawing) {
	t.Helper()
	for _, d := range drawings {
		file := filepath.Join(*drawInto, name+"-"+d.palette)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(d.frame+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFramesInASCII compares every screen of a terminal that has no more.
func TestFramesInASCII(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			d := drive(t, newFixture(), 80, 24, Options{NoColor: true, ASCII: true})
			s.steps(d)
			charm.RequireEqual(t, plainText(d.frame()))
		})
	}
}
