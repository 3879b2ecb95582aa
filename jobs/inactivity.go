package jobs

import (
	"context"
	"time"

	"sextant/db"
)

// Inactivity is detect-inactivity: P and S of the learners who have gone quiet,
// merged into the weekly_kpi row of the week that holds the day.
type Inactivity struct{}

// InactivityParams are its parameters.
type InactivityParams struct {
	Threshold int     `param:"threshold-days" env:"INACTIVITY_THRESHOLD_DAYS" default:"7" min:"1" max:"56" help:"whole days without any activity after which a learner counts as quiet"`
	Target    float64 `param:"default-target" env:"METRICS_DEFAULT_TARGET" default:"0.0" help:"the θ that P is judged against where a learner has no goal"`
	Horizon   int     `param:"churn-horizon-days" env:"METRICS_CHURN_HORIZON_DAYS" default:"14" min:"1" max:"36500" help:"days without activity after which their part of S is full"`
}

const (
	inactivityStage = "detect-inactivity"
	inactivityDepth = 57 // days a row stands on: the newest activity may be 56 days old
)

// Info describes the stage.
func (Inactivity) Info() Info {
	return Info{Name: inactivityStage, Summary: "P and S of learners who have gone quiet",
		Schedule: "0 5 * * *", Grace: 30 * time.Minute, Upstream: []string{kpiStage}, Slice: "day"}
}

// Params gives its parameters.
func (Inactivity) Params() any { return &InactivityParams{} }

// Plan lists the days.
func (Inactivity) Plan(ctx context.Context, j *Job) (Plan, error) {
	p := j.Params.(*InactivityParams)
	return j.planWeeks(ctx, inactivityStage, inactivityDepth, func(day db.Day) (db.DayCount, error) {
		return j.DB.QuietCount(ctx, p.options(day, j.Request.Users), p.Threshold)
	})
}

// Run publishes one day.
func (Inactivity) Run(ctx context.Context, j *Job, s Slice) error {
	p := j.Params.(*InactivityParams)
	return j.Commit(ctx, func(tx *db.Tx) error {
		revision, err := tx.Revision(ctx, s.Day.Add(1-inactivityDepth), s.Day)
		if err != nil {
			return err
		}
		looked, written, err := tx.PublishInactivity(ctx, p.options(s.Day, s.Users), p.Threshold)
		if err != nil {
			return err
		}
		j.Count(looked, written)
		return tx.Publish(ctx, j.Run, db.Publication{Stage: inactivityStage, Day: s.Day, Complete: len(s.Users) == 0, Revision: revision})
	})
}

func (p *InactivityParams) options(day db.Day, users []string) db.KPIOptions {
	return db.KPIOptions{Day: day, Users: users, Target: p.Target, Horizon: p.Horizon}
}
