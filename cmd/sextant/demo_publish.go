package main

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"sextant/db"
	"sextant/jobs"
	"sextant/jobs/demo"
)

const (
	firstCalibration  = 13 // day of the history, from 0: there must be answers to calibrate on
	calibrationsApart = 7  // days: a night each would teach no more and take longer
	catchUp           = 14 // days after its end for which the history still calibrates
)

// The stages the demo treats each in its own way.
const (
	calibrateStage = "mirt-calibrate"
	featuresStage  = "aggregate-features-daily"
)

// publish runs the stages over the history: calibrations through time, so that
// θ has a past, and beside them, on the machine's other core, the features of the
// days and the KPIs of the weeks whose θ is known by then. It does what is missing, so that a demo that was interrupted, or is
// opened another day, goes on.
func (d *demonstration) publish(ctx context.Context, there demo.Options) error {
	fresh, err := d.fresh(ctx)
	if err != nil || fresh {
		return err
	}
	until := db.DayOf(there.Until)
	first := until.Add(1 - there.Days)
	last := d.lastDay()
	if last.Sub(until) > catchUp {
		d.say("the demo's history ended on %s: start afresh with 'sextant demo --reset'", until)
		return nil
	}
	if err := d.sync(ctx); err != nil {
		return err
	}
	nights := calibrationDays(first, until, last)
	side, sideCtx := errgroup.WithContext(ctx)
	daily := &featureDays{demonstration: d, from: first}
	weekly := &weeks{demonstration: d, ends: weekEnds(first, last)}
	toFeatures, toWeeks := follow(sideCtx, side, len(nights), daily.upTo), follow(sideCtx, side, len(nights), weekly.upTo)
	side.Go(func() error {
		defer close(toFeatures)
		defer close(toWeeks)
		for i, day := range nights {
			if err := d.calibrate(sideCtx, day); err != nil {
				return err
			}
			known := last // the days up to the next calibration: their θ will not change any more
			if i+1 < len(nights) {
				known = nights[i+1].Add(-1)
			}
			toFeatures <- known
			toWeeks <- known
		}
		return nil
	})
	if err := side.Wait(); err != nil {
		return err
	}
	daily.report()
	weekly.report()
	d.took(d.began, "all in all")
	return nil
}

// fresh reports whether every stage the demo runs has published the last day.
func (d *demonstration) fresh(ctx context.Context) (bool, error) {
	p, err := d.app.service(d.session).Pipeline(ctx)
	if err != nil {
		return false, err
	}
	last := d.lastDay()
	ours := append(weeklyStages(), calibrateStage, featuresStage)
	for _, s := range p.Stages {
		if slices.Contains(ours, s.Name) && (s.DataDay == nil || s.DataDay.Before(last)) {
			return false, nil
		}
	}
	return true, nil
}

// weeklyStages are the other stages that publish days: the last day of each
// week is all that remains of it.
func weeklyStages() []string {
	var names []string
	for _, s := range jobs.Stages().All() {
		i := s.Info()
		if i.Schedule != "" && i.Slice == "day" && i.Name != featuresStage {
			names = append(names, i.Name)
		}
	}
	return names
}

// weekEnds are the Sundays from first to last, and last.
func weekEnds(first, last db.Day) []db.Day {
	var days []db.Day
	for day := first.Monday().Add(6); day.Before(last); day = day.Add(7) {
		days = append(days, day)
	}
	return append(days, last)
}

// calibrationDays are every seventh day of the history once there is enough of
// it, its last day, and the last day of all.
func calibrationDays(first, until, last db.Day) []db.Day {
	var days []db.Day
	for day := first.Add(firstCalibration); day.Before(until); day = day.Add(calibrationsApart) {
		days = append(days, day)
	}
	days = append(days, until)
	if until.Before(last) {
		days = append(days, last)
	}
	return days
}

func (d *demonstration) sync(ctx context.Context) error {
	began := d.app.clock()
	run, err := d.run(ctx, jobs.Request{Stage: "sync-answers"})
	if err == nil {
		d.took(began, "synced the answers, %s read", plural(run.RowsRead, "row"))
	}
	return err
}

// calibrate publishes a day's calibration unless there is one.
func (d *demonstration) calibrate(ctx context.Context, day db.Day) error {
	began := d.app.clock()
	run, done, err := d.runDay(ctx, calibrateStage, day)
	if err == nil && done {
		d.took(began, "calibrated %s on %s", day, plural(run.RowsRead, "answer"))
	}
	return err
}

// follow calls upTo in turn with each day sent, beside the rest of the group.
func follow(ctx context.Context, side *errgroup.Group, most int, upTo func(context.Context, db.Day) error) chan<- db.Day {
	days := make(chan db.Day, most)
	side.Go(func() error {
		for day := range days {
			if err := upTo(ctx, day); err != nil {
				return err
			}
		}
		return nil
	})
	return days
}

// featureDays publishes the features of the days that are missing.
type featureDays struct {
	*demonstration
	from db.Day
	days int
	rows int64
}

func (f *featureDays) upTo(ctx context.Context, to db.Day) error {
	run, err := f.run(ctx, jobs.Request{Stage: featuresStage, From: &f.from, To: &to, Missing: true,
		Options: map[string]string{"include-theta": "true"}})
	if err != nil {
		return err
	}
	f.days, f.rows, f.from = f.days+run.UnitsDone, f.rows+run.RowsWritten, to.Add(1)
	return nil
}

func (f *featureDays) report() {
	if f.days > 0 {
		f.say("aggregated the features of %d days meanwhile, %s", f.days, plural(f.rows, "row"))
	}
}

// weeks publishes the week ends that are missing, of every stage that makes one
// row a week.
type weeks struct {
	*demonstration
	ends []db.Day
	runs int
	rows int64
}

func (w *weeks) upTo(ctx context.Context, known db.Day) error {
	for ; len(w.ends) > 0 && !known.Before(w.ends[0]); w.ends = w.ends[1:] {
		for _, stage := range weeklyStages() { // in turn: they write the same rows
			run, done, err := w.runDay(ctx, stage, w.ends[0])
			if err != nil {
				return err
			}
			if done {
				w.runs++
				w.rows += run.RowsWritten
			}
		}
	}
	return nil
}

func (w *weeks) report() {
	if w.runs > 0 {
		w.say("ran %s meanwhile, %s: %s", plural(int64(w.runs), "weekly stage"), plural(w.rows, "row"), strings.Join(weeklyStages(), ", "))
	}
}

// runDay publishes a stage's day unless it is published.
func (d *demonstration) runDay(ctx context.Context, stage string, day db.Day) (run db.Run, done bool, err error) {
	q := jobs.Request{Stage: stage, Date: &day, Missing: true}
	preview, err := d.runner().Preview(ctx, q)
	if err != nil || preview.Todo() == 0 {
		return run, false, err
	}
	run, err = d.run(ctx, q)
	return run, err == nil, err
}

func (d *demonstration) run(ctx context.Context, q jobs.Request) (db.Run, error) {
	q.Trigger, q.Reason = db.TriggerCLI, "demo"
	return d.runner().Run(ctx, q)
}
