package jobs

import (
	"context"
	"time"

	"sextant/db"
)

// Features is aggregate-features-daily: one row per learner, topic and UTC day
// with answers, published to features_topic_daily a day at a time.
type Features struct{}

// FeaturesParams are its parameters.
type FeaturesParams struct {
	Lookback     int  `param:"lookback-days" env:"AGG_LOOKBACK_DAYS" default:"7" min:"1" max:"36500" help:"days that end with the as-of day; those not published or changed since are run"`
	IncludeTheta bool `param:"include-theta" env:"AGG_INCLUDE_THETA" default:"false" help:"fill theta_estimate and theta_sd from the θ history"`
	UseTheta     bool `param:"use-irt-theta" env:"METRICS_USE_IRT_THETA" default:"false" help:"take the improvement index from θ where both windows hold one"`
}

const (
	featuresStage = "aggregate-features-daily"
	featuresDepth = 28 // days a row stands on: both windows of the improvement index
)

// Info describes the stage.
func (Features) Info() Info {
	return Info{Name: featuresStage, Summary: "Daily features of each learner and topic",
		Schedule: "15 1 * * *", Grace: 30 * time.Minute, Slice: "day"}
}

// Params gives its parameters.
func (Features) Params() any { return &FeaturesParams{} }

// Plan lists the days.
func (Features) Plan(ctx context.Context, j *Job) (Plan, error) {
	return j.planDays(ctx, featuresStage, j.Params.(*FeaturesParams).Lookback, featuresDepth)
}

// Run publishes one day.
func (Features) Run(ctx context.Context, j *Job, s Slice) error {
	p := j.Params.(*FeaturesParams)
	return j.Commit(ctx, func(tx *db.Tx) error {
		// Before the answers: a sync that commits in between makes the day stale,
		// never wrongly current.
		revision, err := tx.Revision(ctx, s.Day.Add(1-featuresDepth), s.Day)
		if err != nil {
			return err
		}
		read, written, err := tx.PublishFeatures(ctx, featuresStage, db.FeaturesOptions{
			Day: s.Day, Users: s.Users, IncludeTheta: p.IncludeTheta, UseTheta: p.UseTheta})
		if err != nil {
			return err
		}
		j.Count(read, written)
		return tx.Publish(ctx, j.Run, db.Publication{Stage: featuresStage, Day: s.Day, Complete: len(s.Users) == 0, Revision: revision})
	})
}
