package main

import (
	"context"

	"sextant/db"
	"sextant/jobs"
	"sextant/jobs/demo"
)

const (
	firstCalibration  = 13 // day of the history, from 0: there must be answers to calibrate on
	calibrationsApart = 7  // days: a night each would teach no more and take longer
	catchUp           = 14 // days after its end for which the history still calibrates
)

// publish runs the stages over the history: calibrations through time, so that
// θ has a past, then the features of every day. It does what is missing, so
// that a demo that was interrupted, or is opened another day, goes on.
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
	for _, day := range calibrationDays(first, until, last) {
		if err := d.calibrate(ctx, day); err != nil {
			return err
		}
	}
	return d.features(ctx, first, last)
}

// fresh reports whether every stage that can be run has published what is due.
func (d *demonstration) fresh(ctx context.Context) (bool, error) {
	p, err := d.app.service(d.session).Pipeline(ctx)
	if err != nil {
		return false, err
	}
	last := d.lastDay()
	for _, s := range p.Stages {
		if s.Schedule != "" && s.State != jobs.StateNotBuilt && (s.DataDay == nil || s.DataDay.Before(last)) {
			return false, nil
		}
	}
	return true, nil
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
	q := jobs.Request{Stage: "mirt-calibrate", Date: &day, Missing: true}
	preview, err := d.runner().Preview(ctx, q)
	if err != nil || preview.Todo() == 0 {
		return err
	}
	began := d.app.clock()
	run, err := d.run(ctx, q)
	if err == nil {
		d.took(began, "calibrated %s on %s", day, plural(run.RowsRead, "answer"))
	}
	return err
}

// features publishes the days that are missing.
func (d *demonstration) features(ctx context.Context, first, last db.Day) error {
	began := d.app.clock()
	run, err := d.run(ctx, jobs.Request{Stage: "aggregate-features-daily", From: &first, To: &last, Missing: true,
		Options: map[string]string{"include-theta": "true"}})
	if err == nil {
		d.took(began, "aggregated the features of %d days, %s", run.UnitsDone, plural(run.RowsWritten, "row"))
		d.took(d.began, "all in all")
	}
	return err
}

func (d *demonstration) run(ctx context.Context, q jobs.Request) (db.Run, error) {
	q.Trigger, q.Reason = db.TriggerCLI, "demo"
	return d.runner().Run(ctx, q)
}
