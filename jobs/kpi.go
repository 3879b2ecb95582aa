package jobs

import (
	"context"
	"time"

	"sextant/db"
)

// KPIs is compute-daily-kpis: the six KPIs of every learner with an answer in
// the lookback, merged into the weekly_kpi row of the week that holds the day.
type KPIs struct{}

// KPIParams are its parameters.
type KPIParams struct {
	Lookback int     `json:"lookback_days" param:"lookback-days" env:"KPI_LOOKBACK_DAYS" default:"30" min:"1" max:"36500" help:"days that end with the as-of day; learners with an answer in them have KPIs"`
	Target   float64 `json:"default_target" param:"default-target" env:"METRICS_DEFAULT_TARGET" default:"0.0" help:"the θ that P is judged against where a learner has no goal"`
	Horizon  int     `json:"churn_horizon_days" param:"churn-horizon-days" env:"METRICS_CHURN_HORIZON_DAYS" default:"14" min:"1" max:"36500" help:"days without activity after which their part of S is full"`
	UseTheta bool    `json:"use_irt_theta" param:"use-irt-theta" env:"METRICS_USE_IRT_THETA" default:"false" help:"take I_t from θ where both windows hold one"`
}

const (
	kpiStage = "compute-daily-kpis"
	kpiDepth = 56 // days a row stands on, unless the lookback is longer
)

// Info describes the stage.
func (KPIs) Info() Info {
	return Info{Name: kpiStage, Summary: "Weekly KPIs: improvement, efficiency, recovery, engagement, P and S",
		Schedule: "10 2 * * *", Grace: 30 * time.Minute, Upstream: []string{calibrateStage}, Slice: "day"}
}

// Params gives its parameters.
func (KPIs) Params() any { return &KPIParams{} }

// Plan lists the days.
func (KPIs) Plan(ctx context.Context, j *Job) (Plan, error) {
	p := j.Params.(*KPIParams)
	return j.planWeeks(ctx, kpiStage, p.depth(), func(day db.Day) (db.DayCount, error) {
		return j.DB.ActiveCount(ctx, p.options(day, j.Request.Users))
	})
}

// Run publishes one day.
func (KPIs) Run(ctx context.Context, j *Job, s Slice) error {
	p := j.Params.(*KPIParams)
	return j.Commit(ctx, func(tx *db.Tx) error {
		// Before the answers: a sync that commits in between makes the day stale,
		// never wrongly current.
		revision, err := tx.Revision(ctx, s.Day.Add(1-p.depth()), s.Day)
		if err != nil {
			return err
		}
		read, written, err := tx.PublishKPIs(ctx, p.options(s.Day, s.Users))
		if err != nil {
			return err
		}
		j.Count(read, written)
		return tx.Publish(ctx, j.Run, db.Publication{Stage: kpiStage, Day: s.Day, Complete: len(s.Users) == 0, Revision: revision})
	})
}

func (p *KPIParams) depth() int { return max(kpiDepth, p.Lookback) }

func (p *KPIParams) options(day db.Day, users []string) db.KPIOptions {
	return db.KPIOptions{Day: day, Users: users, Lookback: p.Lookback, Target: p.Target, Horizon: p.Horizon, UseTheta: p.UseTheta}
}

// planWeeks is the plan of a stage that publishes a day at a time into rows
// that are a week's. The newest day a week has been published for is the one its
// rows stand on: an older day has nothing to write there, whatever has changed,
// so that a late Wednesday never undoes Sunday. A routine run therefore does the
// as-of day, last week's Sunday if it was missed, and the days that weeks stand on whose
// answers have changed since. count tells what a day would touch.
func (j *Job) planWeeks(ctx context.Context, stage string, depth int, count func(db.Day) (db.DayCount, error)) (Plan, error) {
	const week = 7 // days back from any day lies a Sunday
	all, err := j.planDays(ctx, stage, week, depth)
	if err != nil || len(all.Slices) == 0 {
		return all, err
	}
	published, err := j.DB.WeekStates(ctx, stage, all.Slices[0].Day)
	if err != nil {
		return Plan{}, err
	}
	routine := j.Request.Date == nil && !j.Request.Backfill()
	plan := Plan{Notes: all.Notes}
	for _, s := range all.Slices {
		last := published[s.Day.Monday()]
		sunday := s.Day == s.Day.Monday().Add(week-1)
		switch {
		case routine && s.Day != j.To && !sunday && s.Day != last:
			continue // the week's rows are those of another day
		case s.Day.Before(last):
			s.Skip, s.Reason = true, "its week is published up to "+last.String()
		}
		if j.Run == nil {
			n, err := count(s.Day)
			if err != nil {
				return Plan{}, err
			}
			s.Learners, s.Answers = n.Learners, n.Answers
		}
		plan.Slices = append(plan.Slices, s)
	}
	return plan, nil
}
