// Package tui is the console: the screens on which operators watch, run and
// repair the pipeline. It holds no SQL and changes nothing except through
// jobs.Console.
package tui

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/theme"
)

// Background is what the terminal's text stands on.
type Background int

// The backgrounds; Auto asks the terminal.
const (
	Auto Background = iota
	Dark
	Light
)

// Options say what the console shows, and where.
type Options struct {
	Console    jobs.Console
	In         io.Reader        // the terminal when nil
	Out        io.Writer        // the terminal when nil
	Clock      func() time.Time // time.Now when nil
	Background Background
	NoColor    bool // no colours even where the terminal has them; NO_COLOR is honoured anyway
	ASCII      bool // no glyphs beyond ASCII
	Lang       *lang.Catalogue
	Mouse      bool   // take the wheel and clicks; the terminal's own selection then needs shift
	StateFile  string // keeps saved filters and the palette's history; empty: nothing does

	Profiles []Profile // to switch to
	// Connect opens a profile. It may close what it opened before, once the
	// console shows the new one.
	Connect func(ctx context.Context, profile string) (jobs.Console, error)
}

// Run shows the console until the operator quits or ctx ends.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Signals end ctx. Bubble Tea's own handler would tell a program that is
	// already on its way out, and wait for an answer for ever.
	opts := []tea.ProgramOption{tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond)}
	if o.In != nil {
		opts = append(opts, tea.WithInput(o.In))
	}
	if o.Out != nil {
		opts = append(opts, tea.WithOutput(o.Out))
	}
	f := &frames{rest: restEvery}
	f.program = tea.NewProgram(paced{wholeRows{newApp(ctx, o)}, f}, opts...)
	_, err := f.program.Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// New is the console's model, for whoever runs it otherwise than Run does.
func New(ctx context.Context, o Options) tea.Model { return newApp(ctx, o) }

func newApp(ctx context.Context, o Options) *app {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	a := &app{
		root: ctx, console: o.Console, about: o.Console.About(), clock: o.Clock, after: later,
		mode:    theme.Mode{Dark: o.Background != Light, NoColor: o.NoColor, ASCII: o.ASCII, Lang: o.Lang},
		ask:     o.Background == Auto,
		waiting: map[uint64]time.Time{},
		width:   80, height: 24,
		stateFile: o.StateFile, profiles: o.Profiles, connect: o.Connect, mouse: o.Mouse,
	}
	a.ctx, a.stop = context.WithCancel(ctx)
	a.theme = theme.New(a.mode)
	var err error
	if a.memory, err = remembered(o.StateFile); err != nil {
		a.say(warning, a.tr("saved filters and history cannot be read: %s", err))
	}
	a.begin()
	return a
}
