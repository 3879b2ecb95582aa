package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"sextant/db"
	"sextant/db/dbbench"
	"sextant/jobs"
)

// consoleOptions are the sizes of the console's benchmark.
type consoleOptions struct {
	learners int           // with ten answers each
	runs     int           // in the ledger
	changes  int           // of the screen, for the memory
	stall    time.Duration // of the database
	idle     time.Duration // with the first screen open
	prepare  bool          // make the data and stop
	bed
}

func parseConsole(args []string, out io.Writer) (consoleOptions, error) {
	o := consoleOptions{learners: 20_000, runs: 2_000, changes: 1_000, stall: 2 * time.Second, idle: 5 * time.Second}
	if slices.Contains(args, "--large") {
		o = consoleOptions{learners: 1_000_000, runs: 100_000, changes: 10_000, stall: 10 * time.Second, idle: 30 * time.Second}
	}
	f := flag.NewFlagSet("bench console", flag.ContinueOnError)
	f.SetOutput(out)
	f.Bool("large", false, "the sizes that the targets are about: some 10 minutes to make the data, 5 to measure, 10 GB")
	f.IntVar(&o.learners, "learners", o.learners, "with ten answers each")
	f.IntVar(&o.runs, "runs", o.runs, "in the ledger")
	f.IntVar(&o.changes, "changes", o.changes, "of the screen, for the memory")
	f.BoolVar(&o.prepare, "prepare", false, "make the data and stop")
	o.bind(f, namesOf(consoleCases))
	return o, o.parse(f, args, namesOf(consoleCases))
}

// consoleBench is one run of it.
type consoleBench struct {
	options consoleOptions
	server  *dbbench.Server
	url     string
	log     *slog.Logger
	errOut  io.Writer
	figures
}

// console measures the console, in this process and in a terminal of its own,
// and prints the table.
func console(ctx context.Context, args []string, out, errOut io.Writer) error {
	o, err := parseConsole(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return o.serve(ctx, nil, func(server *dbbench.Server) error {
		b := &consoleBench{options: o, server: server, log: slog.New(slog.NewTextHandler(errOut, nil)), errOut: errOut}
		if err := b.fill(ctx); err != nil || o.prepare {
			return err
		}
		if err := runCases(ctx, &o.bed, consoleCases, b); err != nil {
			return err
		}
		b.print(out)
		return nil
	})
}

// fill makes the database that the console looks at, or finds it, and brings
// its schema up to date.
func (b *consoleBench) fill(ctx context.Context) (err error) {
	migrate := func(url string) error {
		d, err := db.Open(ctx, db.Config{URL: url})
		if err != nil {
			return err
		}
		defer d.Close()
		_, err = d.Migrate(ctx)
		return err
	}
	key := fmt.Sprintf("%d learners, %d runs", b.options.learners, b.options.runs)
	b.url, err = b.server.Database(ctx, "console", key, func(url string) error {
		b.log.Info("making the data", "of", key)
		if err := migrate(url); err != nil {
			return err
		}
		return b.server.FillConsole(ctx, url, b.options.learners, b.options.runs)
	})
	if err != nil {
		return err
	}
	return migrate(b.url)
}

// add adds a row, and tells of it while the others are still being measured.
func (b *consoleBench) add(what, target, format string, args ...any) {
	b.figures.add(what, target, format, args...)
	b.log.Info(what, "measured", fmt.Sprintf(format, args...))
}

// consoleCases are what is measured, in order.
var consoleCases = []suiteCase[*consoleBench]{
	{"start", benchStart},
	{"keys", benchKeys},
	{"echo", benchEcho},
	{"search", benchSearch},
	{"data", benchScreens},
	{"memory", benchMemory},
	{"bytes", benchBytes},
	{"idle", benchIdle},
}

// service is the console's, on the database or, as when it is stalled, through
// another address.
func (b *consoleBench) service(ctx context.Context, url string) (*jobs.Service, func(), error) {
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return nil, nil, err
	}
	r := &jobs.Runner{DB: d, Stages: jobs.Stages(), Log: slog.New(slog.DiscardHandler), Clock: time.Now, Getenv: func(string) string { return "" },
		Host: "bench", Version: "bench", Actor: "bench", Defaults: map[string]string{}}
	return jobs.NewService(d, r, jobs.About{Environment: "bench", Database: d.Target(), Version: "bench"}, jobs.ProcessLauncher{}), d.Close, nil
}

// percentile is the value below which a share of the times lies.
func percentile(times []time.Duration, share float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
