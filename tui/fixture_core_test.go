package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	"sextant/db"
	"sextant/jobs"
)

func (f *fixture) FindRun(ctx context.Context, prefix string) (jobs.RunDetail, error) {
	for _, r := range f.runs {
		if strings.HasPrefix(r.ID.String(), prefix) {
			return f.Run(ctx, r.ID, 0)
		}
	}
	return jobs.RunDetail{}, db.ErrNotFound
}

// Calendar has a week that is missing, days whose answers changed, and Sundays
// on which nobody answered. Reports go out by the week, and θ by no day.
func (f *fixture) Calendar(ctx context.Context, stage string, from, to db.Day) ([]db.CalendarDay, error) {
	days, span := []db.CalendarDay{}, 1
	if st, err := jobs.Stages().Find(stage); err == nil {
		span = st.Info().SliceDays()
	}
	if span == 0 {
		return days, f.read(ctx)
	}
	for d := from; !to.Before(d); d = d.Add(1) {
		n := d.Start().Unix() / 86400
		sunday := n%7 == 3
		v := db.CalendarDay{Day: d, Ends: span == 1 || sunday, Answers: span > 1 || !sunday}
		if missing := n > 20395 && n < 20402; !missing && v.Ends && v.Answers && stage != "mirt-calibrate" {
			at := d.Start().Add(26 * 3600e9)
			v.PublishedAt, v.Complete, v.Changed = &at, n%23 != 5, n%17 == 2
		}
		days = append(days, v)
	}
	return days, f.read(ctx)
}

// Validate knows what the stages themselves know, but for parameters of its own.
func (f *fixture) Validate(q jobs.Request) error {
	q.Options = nil
	return (&jobs.Runner{Stages: jobs.Stages(), Clock: func() time.Time { return fixedNow }, Getenv: func(string) string { return "" }}).Validate(q)
}

// Watch tells of a change whenever the test says so.
func (f *fixture) Watch(ctx context.Context, changed func()) error {
	if f.watch == nil {
		return db.ErrNoListen
	}
	changed()
	for {
		select {
		case <-f.watch:
			changed()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *fixture) Pause(ctx context.Context, stage, reason string, until *time.Time) (db.Pause, error) {
	p := db.Pause{Stage: stage, Actor: "kim", Reason: reason, At: fixedNow, Until: until}
	return p, f.hold(ctx, stage, &p)
}

func (f *fixture) Resume(ctx context.Context, stage, _ string) (bool, error) {
	return true, f.hold(ctx, stage, nil)
}

func (f *fixture) hold(ctx context.Context, stage string, p *db.Pause) error {
	if err := f.read(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paused = append(f.paused, stage)
	stages := slices.Clone(f.pipeline.Stages) // what was read before stays as it was
	for i := range stages {
		if s := &stages[i]; s.Name == stage {
			if s.Pause = p; p != nil {
				s.State, s.Why = jobs.StatePaused, "paused by "+p.Actor+" since 2025-11-22 22:58 UTC: "+p.Reason
			} else {
				s.State, s.Why = jobs.StateFresh, "2025-11-21 is published"
			}
		}
	}
	f.pipeline.Stages = stages
	return nil
}
