package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"syscall"
	"time"

	"sextant/db"
	"sextant/db/dbbench"
	"sextant/jobs/demo"
)

// onlineOptions are the sizes of the benchmark of θ at session end.
type onlineOptions struct {
	answers int           // in the table before anybody finishes
	rate    int           // finished sessions a second
	lasting time.Duration // of that
	backlog int           // sessions that wait when a worker starts
	regrade int           // rows that one UPDATE touches
	inserts time.Duration // a round of single inserts
	idle    time.Duration
	bed
}

func parseOnline(args []string, out io.Writer) (onlineOptions, error) {
	o := onlineOptions{answers: 50_000, rate: 100, lasting: 5 * time.Second, backlog: 2000, regrade: 20_000, inserts: time.Second, idle: 5 * time.Second}
	if slices.Contains(args, "--large") {
		o = onlineOptions{answers: 1_000_000, rate: 200, lasting: time.Minute, backlog: 30_000, regrade: 1_000_000, inserts: 8 * time.Second, idle: time.Minute}
	}
	f := flag.NewFlagSet("bench online", flag.ContinueOnError)
	f.SetOutput(out)
	f.Bool("large", false, "the sizes that the targets are about: some 12 minutes, 6 GB")
	f.IntVar(&o.rate, "rate", o.rate, "finished sessions a second")
	f.DurationVar(&o.lasting, "lasting", o.lasting, "for so long")
	f.IntVar(&o.backlog, "backlog", o.backlog, "sessions that wait when workers start")
	o.bind(f, namesOf(onlineCases))
	return o, o.parse(f, args, namesOf(onlineCases))
}

// onlineBench is one run of it.
type onlineBench struct {
	options onlineOptions
	server  *dbbench.Server
	url     string // of the platform
	bare    string // of a database for the cost of the trigger
	users   []string
	log     *slog.Logger
	errOut  io.Writer
	figures
}

// online measures θ at session end with real workers and prints the table.
func online(ctx context.Context, args []string, out, errOut io.Writer) error {
	o, err := parseOnline(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return o.serve(ctx, dbbench.CommitTimes, func(server *dbbench.Server) error {
		b := &onlineBench{options: o, server: server, log: slog.New(slog.NewTextHandler(errOut, nil)), errOut: errOut}
		if err := b.prepare(ctx); err != nil {
			return err
		}
		if err := runCases(ctx, &o.bed, onlineCases, b); err != nil {
			return err
		}
		b.print(out)
		return nil
	})
}

// prepare makes a platform that lives now, calibrated, with the trigger on it.
func (b *onlineBench) prepare(ctx context.Context) (err error) {
	today := db.DayOf(time.Now())
	learners := b.options.answers / 100
	key := fmt.Sprintf("%d learners until %s", learners, today)
	if b.url, err = b.server.Database(ctx, "online", key, func(url string) error {
		return b.open(ctx, url, func(d *db.DB) error {
			if _, err := d.Migrate(ctx); err != nil {
				return err
			}
			b.log.Info("simulating a platform", "learners", learners)
			if _, err := demo.Load(ctx, d, demo.Options{Learners: learners, Items: 1000, Days: 30, Rate: 0.237, Seed: 1, Until: today.Start()}, nil); err != nil {
				return err
			}
			for _, stage := range []string{"sync-answers", "mirt-calibrate"} {
				p, err := b.options.start(ctx, b.errOut, "run", stage, "--quiet", "--database", url)
				if err != nil {
					return err
				}
				if _, _, err := p.wait(); err != nil {
					return err
				}
			}
			return nil
		})
	}); err != nil {
		return err
	}
	if b.bare, err = b.server.Database(ctx, "trigger", "empty", func(url string) error {
		return b.open(ctx, url, func(d *db.DB) error {
			if _, err := d.Migrate(ctx); err != nil {
				return err
			}
			_, err := demo.Load(ctx, d, demo.Options{Learners: 1, Items: 20, Days: 1, Until: today.Start()}, nil)
			return err
		})
	}); err != nil {
		return err
	}
	if err := b.open(ctx, b.url, func(d *db.DB) error { return d.InstallTriggers(ctx, time.Minute) }); err != nil {
		return err
	}
	b.users, err = b.server.Users(ctx, b.url)
	return err
}

func (b *onlineBench) open(ctx context.Context, url string, f func(*db.DB) error) error {
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return err
	}
	defer d.Close()
	return f(d)
}

// worker starts the real program's worker; stop ends it and gives its CPU time
// and the most memory it held.
func (b *onlineBench) worker(ctx context.Context) (pid int, stop func() (cpu time.Duration, rss int64, err error), err error) {
	p, err := b.options.start(ctx, nil, "worker", "--listen", "", "--log-format", "json", "--database", b.url)
	if err != nil {
		return 0, nil, err
	}
	return p.Process.Pid, func() (time.Duration, int64, error) {
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			return 0, 0, err
		}
		return p.wait()
	}, nil
}

// drained waits until nothing waits for θ any more.
func (b *onlineBench) drained(ctx context.Context, most time.Duration) error {
	for end := time.Now().Add(most); ; {
		n, err := b.server.Waiting(ctx, b.url)
		if err != nil || n == 0 {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d changes still wait after %s", n, most)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (b *onlineBench) add(work, target, format string, args ...any) {
	b.figures.add(work, target, format, args...)
	b.log.Info(work, "measured", fmt.Sprintf(format, args...))
}
