package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"sextant/db"
	"sextant/jobs"
)

// queueRun leaves a run to the workers and, as asked, shows how it goes.
func (a *app) queueRun(ctx context.Context, s *session, o runOptions) error {
	run, err := a.runner(s, a.logger(slog.LevelWarn)).Enqueue(ctx, o.request)
	switch {
	case err != nil:
		return err
	case o.wait && !run.Status.Final():
		return a.followRun(ctx, s, run)
	case a.global.json:
		return a.writeJSON(run)
	case !a.global.quiet:
		fmt.Fprintf(a.out, "%s %s: run %s; follow it with 'sextant runs logs %s --follow'\n", run.Stage, run.Status, run.ID, shortID(run))
		a.warnNobody(ctx, s)
	}
	return nil
}

// warnNobody tells when no worker is there to take what is queued.
func (a *app) warnNobody(ctx context.Context, s *session) {
	w, err := a.service(s).Workers(ctx)
	if err != nil {
		return // the run is queued all the same
	}
	for _, k := range w.Workers {
		if k.Alive && !k.Stopping {
			return
		}
	}
	fmt.Fprintln(a.errOut, "no worker is alive; it waits until one is started with 'sextant worker'")
}

// followRun shows a run that goes on elsewhere as if it went on here.
func (a *app) followRun(ctx context.Context, s *session, run db.Run) error {
	a.warnNobody(ctx, s)
	p := newProgress(a, run.Stage)
	defer p.finish()
	last, err := a.service(s).Follow(ctx, run.ID, func(r db.Run, events []db.RunEvent) {
		for _, e := range events {
			logEvent(ctx, p.log, e)
		}
		if r.Status == db.RunRunning {
			p.observe(r, db.RunProgress{UnitsDone: r.UnitsDone, UnitsTotal: r.UnitsTotal, RowsRead: r.RowsRead, RowsWritten: r.RowsWritten})
		}
	})
	p.finish()
	if errors.Is(err, context.Canceled) && !last.Status.Final() {
		fmt.Fprintf(a.errOut, "the run goes on without being watched; 'sextant runs cancel %s' stops it\n", shortID(run))
		return err
	}
	return errors.Join(err, a.printOutcome(last))
}

// logEvent says a line of a run's log here.
func logEvent(ctx context.Context, log *slog.Logger, e db.RunEvent) {
	var level slog.Level
	if level.UnmarshalText([]byte(e.Level)) != nil {
		level = slog.LevelInfo
	}
	fields, _ := jobs.ReadFields(e.Attrs) // the database holds nothing but objects
	var attrs []any
	for _, f := range fields {
		attrs = append(attrs, f.Name, f.Value())
	}
	log.Log(ctx, level, e.Message, attrs...)
}
