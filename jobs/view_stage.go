package jobs

import (
	"context"

	"sextant/db"
)

// StageDetail is one stage whole: its state, the days it has published, its
// parameters and its last runs.
type StageDetail struct {
	StageStatus
	Calendar   []db.CalendarDay `json:"calendar"` // oldest first; empty: it publishes no days
	Parameters []ParamSpec      `json:"parameters"`
	Runs       []db.Run         `json:"runs"` // newest first
}

// CalendarWeeks is how far back the calendar of a stage looks.
const CalendarWeeks = 12

// CalendarSpan is the days that a calendar shows which ends with a day.
func CalendarSpan(last db.Day) (from, to db.Day) { return last.Add(1 - CalendarWeeks*weekDays), last }

// StageOf gives one stage whole, with so many of its runs at most, as the
// screens of a console show it.
func StageOf(ctx context.Context, c Console, stage string, runs int) (StageDetail, error) {
	var d StageDetail
	p, err := c.Pipeline(ctx)
	if err != nil {
		return d, err
	}
	found := false
	for _, s := range p.Stages {
		if s.Name == stage {
			d.StageStatus, found = s, true
		}
	}
	if !found {
		return d, usagef("%s is a step of other stages: it has no state of its own; see 'sextant runs --stage %s'", stage, stage)
	}
	from, to := CalendarSpan(db.DayOf(p.At).Add(-1))
	if d.Calendar, err = c.Calendar(ctx, stage, from, to); err != nil {
		return d, err
	}
	if d.Parameters, err = c.Params(stage); err != nil {
		return d, err
	}
	d.Runs, err = c.Runs(ctx, db.RunFilter{Stage: stage, Limit: runs})
	return d, err
}
