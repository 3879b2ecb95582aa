package jobs

import (
	"context"

	"sextant/db"
)

// planDays is the plan of a stage that publishes a day at a time and reads
// depth days up to it. Without a date or range it runs the as-of day, the days
// of the lookback that are not published, and every published day whose answers
// have changed since.
func (j *Job) planDays(ctx context.Context, stage string, lookback, depth int) (Plan, error) {
	from := j.From
	routine := j.Request.Date == nil && !j.Request.Backfill()
	if routine {
		from = j.To.Add(1 - lookback)
	}
	states, err := j.DB.DayStates(ctx, stage, from, j.To, depth)
	if err != nil {
		return Plan{}, err
	}
	var plan Plan
	var days []db.Day
	for _, st := range states {
		if st.Day.Before(from) && !routine {
			continue // only a routine run mends days outside its window
		}
		s := Slice{Day: st.Day, Users: j.Request.Users}
		s.Skip, s.Reason = j.judge(st, routine)
		plan.Slices = append(plan.Slices, s)
		days = append(days, st.Day)
	}
	if j.Run != nil {
		return plan, nil // only people read the counts
	}
	counts, err := j.DB.DayCounts(ctx, days, j.Request.Users)
	for i := range plan.Slices {
		c := counts[plan.Slices[i].Day]
		plan.Slices[i].Learners, plan.Slices[i].Answers = c.Learners, c.Answers
	}
	return plan, err
}

// judge decides whether a day is run, and says why in words.
func (j *Job) judge(st db.DayState, routine bool) (skip bool, reason string) {
	switch {
	case st.PublishedAt == nil:
		return false, "not published yet"
	case j.Request.Missing:
		return true, "published " + st.PublishedAt.UTC().Format("2006-01-02 15:04 UTC")
	case st.Stale:
		return false, "answers changed since it was published"
	case j.Request.Force:
		return false, "forced"
	case !routine:
		return false, "asked for"
	case st.Day == j.To:
		return false, "the as-of day"
	}
	return true, "published and unchanged"
}

// syncAnswers is the step that every stage runs first; it can also be run alone.
type syncAnswers struct{}

// SyncParams are the parameters of sync-answers.
type SyncParams struct {
	Source string `param:"source" choices:"attempt,responses,exam_results," help:"change to this source of answers; a new generation is built and swapped in"`
	Full   bool   `param:"full" default:"false" help:"read the whole source again and remove what is gone"`
}

const syncStage = "sync-answers"

// Info describes the step.
func (syncAnswers) Info() Info {
	return Info{Name: syncStage, Summary: "Bring the answers up to date with the platform", Slice: "sync", Step: true}
}

// Params gives its parameters.
func (syncAnswers) Params() any { return &SyncParams{} }

// Plan is the one slice.
func (syncAnswers) Plan(_ context.Context, j *Job) (Plan, error) {
	return Plan{Slices: []Slice{{Day: j.To, Reason: "asked for"}}}, nil
}

// Run syncs.
func (syncAnswers) Run(ctx context.Context, j *Job, _ Slice) error {
	p := j.Params.(*SyncParams)
	return j.sync(ctx, db.SyncOptions{Source: db.Source(p.Source), Full: p.Full})
}

// sync brings the answers up to date and logs what that took.
func (j *Job) sync(ctx context.Context, o db.SyncOptions) error {
	var report db.SyncReport
	err := j.Commit(ctx, func(tx *db.Tx) (err error) {
		report, err = tx.Sync(ctx, o)
		return err
	})
	if err != nil {
		return err
	}
	j.Count(report.Answers, report.Answers+report.Removed)
	j.Log.Info("answers synced", "source", report.Source, "mode", report.Mode, "sessions", report.Sessions,
		"answers", report.Answers, "removed", report.Removed, "days", report.Days)
	if report.Quarantined > 0 {
		j.Log.Warn("source values set aside", "count", report.Quarantined)
	}
	return nil
}
