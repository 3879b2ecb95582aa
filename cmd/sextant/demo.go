package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
	"sextant/jobs/demo"
)

type demoOptions struct {
	app       *app
	size      demo.Options
	given     map[string]bool // which of the simulation's flags were given
	reset     bool
	noConsole bool
}

func newDemoCmd(a *app) *cobra.Command {
	o := demoOptions{app: a, given: map[string]bool{}}
	cmd := &cobra.Command{
		Use: "demo", Short: "A living example on the private database", Args: noArgs,
		Long: `Simulates a learning platform (learners who grow, forget, take breaks and drop out; answers from a known
2PL model), runs the stages over its history, and opens the console. Off a terminal it prints the status table.
A second 'sextant demo' goes on where the first ended. It works on the private server, or on an empty database
named by --database.`,
		Example: "  sextant demo\n  sextant demo --reset --learners 200 --days 40 --seed 7",
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range []string{"learners", "items", "days", "seed"} {
				o.given[name] = cmd.Flags().Changed(name)
			}
			return runDemo(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.size.Learners, "learners", 2000, "learners to simulate")
	f.IntVar(&o.size.Items, "items", 400, "items in their bank")
	f.IntVar(&o.size.Days, "days", 60, "days of history, up to yesterday")
	f.Uint64Var(&o.size.Seed, "seed", 1, "another seed simulates another platform")
	f.BoolVar(&o.reset, "reset", false, "drop the demo's data and start afresh")
	f.BoolVar(&o.noConsole, "no-console", false, "print the status table instead of opening the console")
	a.consoleFlags(f)
	cmd.AddCommand(newFinishSessionCmd(a))
	return cmd
}

func runDemo(ctx context.Context, o demoOptions) error {
	a := o.app
	began := a.clock()
	t, err := o.target()
	if err != nil {
		return err
	}
	if _, err := a.language(t.lang); err != nil { // before all the work
		return err
	}
	s, err := a.open(ctx, t, access{})
	if err != nil {
		return err
	}
	defer s.Close()
	if a.global.database == "" && !s.loopback() {
		return configf("the demo does not fill %s unasked; unset DATABASE_URL to use the private server, or name an empty database with --database",
			s.about.Database)
	}
	d := &demonstration{app: a, session: s, options: o, began: began}
	if err := d.build(ctx); err != nil {
		return err
	}
	console := a.interactive() && !o.noConsole && !a.global.json
	if err := d.report(ctx, console); err != nil {
		return err
	}
	if console {
		return a.openConsole(ctx, s)
	}
	return showStatus(ctx, statusOptions{app: a}, s)
}

// target is where the demo goes. A profile's database is somebody's.
func (o demoOptions) target() (target, error) {
	t, err := o.app.resolve()
	switch {
	case err != nil:
		return t, err
	case t.readOnly:
		return t, jobs.ErrReadOnly
	case t.profile != "" && t.url != "":
		return t, configf("the demo does not fill the database of profile %s; name an empty one with --database", t.profile)
	}
	if t.url != "" && t.environment == "" {
		t.environment = "demo"
	}
	return t, nil
}

// loopback reports whether the database is on this machine.
func (s *session) loopback() bool {
	_, address, _ := strings.Cut(s.about.Database, "@")
	if strings.HasPrefix(address, "/") { // a unix socket
		return true
	}
	host, _, _ := strings.Cut(address, "/")
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// demonstration is a demo in the making.
type demonstration struct {
	app     *app
	session *session
	options demoOptions
	began   time.Time
	saying  sync.Mutex // stages that run side by side say how they fared
}

// build loads the platform and runs the stages over its history, or what is
// missing of that.
func (d *demonstration) build(ctx context.Context) error {
	there, loaded, err := demo.Loaded(ctx, d.session.db)
	if err != nil {
		return err
	}
	if loaded && d.options.reset {
		d.say("dropping the old demo")
		if err := d.runner().DeleteReports(ctx); err != nil {
			return err
		}
		if err := d.session.db.ResetDemo(ctx); err != nil {
			return err
		}
		loaded = false
	}
	if loaded {
		if err := d.options.agree(there); err != nil {
			return err
		}
	} else if there, err = d.load(ctx); err != nil {
		return err
	}
	if _, err := d.session.db.Migrate(ctx); err != nil {
		return err
	}
	return d.publish(ctx, there)
}

// agree checks that what was asked for is what is there; flags that were not
// given ask for nothing.
func (o demoOptions) agree(there demo.Options) error {
	for _, f := range []struct {
		name         string
		asked, found any
	}{
		{"learners", o.size.Learners, there.Learners}, {"items", o.size.Items, there.Items},
		{"days", o.size.Days, there.Days}, {"seed", o.size.Seed, there.Seed},
	} {
		if o.given[f.name] && f.asked != f.found {
			return configf("the demo in this database was made with --%s %v; start afresh with --reset to have --%s %v",
				f.name, f.found, f.name, f.asked)
		}
	}
	return nil
}

// load simulates the platform up to yesterday.
func (d *demonstration) load(ctx context.Context) (demo.Options, error) {
	size := d.options.size
	size.Until = d.lastDay().Start()
	simulation, err := demo.New(size) // says what is wrong with the size
	if err != nil {
		return size, configf("%s", err)
	}
	d.took(d.began, "opened the database")
	began := d.app.clock()
	sum, err := demo.Load(ctx, d.session.db, size, nil)
	if err != nil {
		return size, err
	}
	d.took(began, "simulated %s, %s, %d days: %s in %s", plural(sum.Learners, "learner"), plural(sum.Items, "item"), sum.Days,
		plural(sum.Answers, "answer"), plural(sum.Sessions, "session"))
	return simulation.Options(), nil
}

// lastDay is the last complete UTC day.
func (d *demonstration) lastDay() db.Day { return db.DayOf(d.app.clock()).Add(-1) }

// say writes a short line on how far the demo is.
func (d *demonstration) say(format string, args ...any) {
	d.saying.Lock()
	defer d.saying.Unlock()
	if !d.app.global.quiet {
		fmt.Fprintf(d.app.errOut, format+"\n", args...)
	}
}

// took is say with the time since began.
func (d *demonstration) took(began time.Time, format string, args ...any) {
	d.say("%-76s %7s", fmt.Sprintf(format, args...), took(d.app.clock().Sub(began)))
}

// runner runs the demo's stages without a word: the demo says its own.
func (d *demonstration) runner() *jobs.Runner {
	return d.app.runner(d.session, slog.New(slog.DiscardHandler))
}
