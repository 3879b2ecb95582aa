package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"sextant/db"
	"sextant/irt"
)

// UpdateTheta is update-theta: it estimates the θ of the learners named from
// their latest answers and the parameters in force. Its runs serialise learner
// by learner, not as a stage.
type UpdateTheta struct{}

// ThetaParams are its parameters.
type ThetaParams struct {
	Lookback int    `param:"lookback-days" env:"MIRT_LOOKBACK_DAYS" default:"30" min:"1" max:"36500" help:"days of answers that end with today"`
	Scorer   string `param:"scorer" default:"engine" choices:"engine,plumber" along:"R_IRT_BASE_URL,R_IRT_TIMEOUT_SECS" help:"who estimates θ: Sextant's engine, or the R service at $R_IRT_BASE_URL"`
}

const updateTheta = "update-theta"

// The log lines that say a learner's θ has changed.
const (
	UpdatedLine  = "θ updated"
	RestoredLine = "θ restored"
)

// The outcomes of an update. All but the first write nothing.
const (
	OutcomeUpdate       = "update"
	OutcomeNoAnswers    = "no answers"
	OutcomeNoParameters = "no parameters"
	OutcomeOlder        = "older than the one in force"
	OutcomeUnknown      = "unknown learner" // of a preview; in a run that learner fails
)

// Info describes the stage.
func (UpdateTheta) Info() Info {
	return Info{Name: updateTheta, Summary: "θ of the learners whose session has finished",
		Grace: time.Hour, Upstream: []string{calibrateStage}, Slice: "learner", PerLearner: true}
}

// Params gives its parameters.
func (UpdateTheta) Params() any { return &ThetaParams{} }

// Plan is one slice a learner.
func (UpdateTheta) Plan(_ context.Context, j *Job) (Plan, error) {
	var plan Plan
	for _, u := range j.Request.Users {
		plan.Slices = append(plan.Slices, Slice{Day: db.DayOf(j.Now), Users: []string{u}, Learners: 1, Reason: "asked for", learner: true})
	}
	return plan, nil
}

// Run updates one learner.
func (UpdateTheta) Run(ctx context.Context, j *Job, s Slice) error {
	user := s.Users[0]
	lookback := j.Params.(*ThetaParams).Lookback
	return j.Commit(ctx, func(tx *db.Tx) error {
		if err := tx.LockLearner(ctx, user); err != nil {
			return err
		}
		e, err := estimate(ctx, tx, j.service, user, j.Now, lookback)
		if err != nil {
			return err
		}
		j.Count(int64(len(e.view.Used)+len(e.view.LeftOut)), 0)
		if e.view.Outcome != OutcomeUpdate {
			j.Log.Info("θ not updated", "learner", user, "outcome", e.view.Outcome)
			return nil
		}
		id := j.Run.ID
		n, err := tx.WriteThetas(ctx, db.ThetaBatch{Model: e.view.New.Model, Version: e.view.Version, Source: "manual",
			RunID: id, AsOf: j.Now, InForce: true}, e.thetas)
		if err != nil {
			return err
		}
		j.Count(0, n)
		j.Log.Info(UpdatedLine, "learner", user, "theta", e.view.New.Theta, "se", *e.view.New.SE, "answers", len(e.view.Used))
		return nil
	})
}

// UnknownLearnerError says that no answer of the learner has ever been read.
type UnknownLearnerError struct{ User string }

func (e *UnknownLearnerError) Error() string {
	return fmt.Sprintf("unknown learner %q: no answer of theirs has been read; find ids with 'sextant learner list'", e.User)
}

// estimation is a learner's θ as an update would write it, and how it came about.
type estimation struct {
	view   ThetaPreview
	thetas []db.Theta

	service *plumber // that scores; nil: the engine does
	model   string   // of the calibration in force; empty before the first
	bank    []irt.ItemParams
	person  personAnswers
	topics  []string // by number
}

// estimate computes a learner's θ as of a moment: the latest answer to each
// item in the lookback, the parameters in force, the stored prior. A service
// scores in the engine's place.
func estimate(ctx context.Context, tx *db.Tx, service *plumber, user string, now time.Time, lookback int) (*estimation, error) {
	known, err := tx.LearnerExists(ctx, user)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, &UnknownLearnerError{user}
	}
	e := &estimation{service: service, view: ThetaPreview{UserID: user, AsOf: now, Lookback: lookback, Used: []Scored{}, LeftOut: []Excluded{}}}
	if err := e.scale(ctx, tx); err != nil {
		return nil, err
	}
	if e.view.Old, err = tx.AbilityInForce(ctx, user); err != nil {
		return nil, err
	}
	answers, err := tx.AnswersUntil(ctx, user, now)
	if err != nil {
		return nil, err
	}
	return e, e.from(ctx, tx, answers)
}

// from estimates θ from the learner's answers, oldest first.
func (e *estimation) from(ctx context.Context, tx *db.Tx, answers []db.LearnerAnswer) error {
	latest := e.choose(answers, db.DayOf(e.view.AsOf).Add(1-e.view.Lookback).Start())
	bank, err := tx.ItemBank(ctx, itemsOf(latest))
	if err != nil {
		return err
	}
	return e.score(ctx, latest, bank)
}

// scale fills in the prior and the scale of the calibration in force; before
// the first, the standard normal of the seeds.
func (e *estimation) scale(ctx context.Context, tx *db.Tx) error {
	c, err := tx.CalibrationInForce(ctx, "")
	if errors.Is(err, db.ErrNotFound) {
		e.view.PriorMean, e.view.PriorSD, e.view.Version = irt.StandardNormal.Mean, irt.StandardNormal.SD, "v1"
		return nil
	}
	if err != nil {
		return err
	}
	e.view.PriorMean, e.view.PriorSD, e.view.Version, e.view.Calibration = c.PriorMean, c.PriorSD, c.Version, c.RunID.String()
	e.model = c.Model
	return nil
}

// choose keeps the latest answer to each item since a moment and says why the
// others are left out. Answers come oldest first.
func (e *estimation) choose(answers []db.LearnerAnswer, since time.Time) []db.LearnerAnswer {
	last := map[string]int{}
	for i, a := range answers {
		last[a.ItemID] = i
	}
	var keep []db.LearnerAnswer
	for i, a := range answers {
		switch {
		case a.AnsweredAt.Before(since):
			e.leaveOut(a, TooOld)
		case last[a.ItemID] != i:
			e.leaveOut(a, Superseded)
		default:
			keep = append(keep, a)
		}
	}
	return keep
}

func (e *estimation) leaveOut(a db.LearnerAnswer, why Exclusion) {
	e.view.LeftOut = append(e.view.LeftOut, Excluded{ItemID: a.ItemID, TopicID: a.TopicID, AnsweredAt: a.AnsweredAt, Code: why, Reason: why.words(e.view.Lookback)})
}

func itemsOf(answers []db.LearnerAnswer) []string {
	items := make([]string, len(answers))
	for i, a := range answers {
		items[i] = a.ItemID
	}
	return items
}

// score estimates θ, overall and by topic, from the answers whose items have
// parameters.
func (e *estimation) score(ctx context.Context, latest []db.LearnerAnswer, bank []db.ItemParams) error {
	of := map[string]int32{}
	params, names := make([]irt.ItemParams, len(bank)), make([]string, len(bank))
	for i, b := range bank {
		names[i] = b.ItemID
		of[b.ItemID] = int32(i) // as many as one learner answers
		params[i] = irt.ItemParams{A: b.A, B: b.B, C: b.C}
	}
	p := personAnswers{user: e.view.UserID}
	topics := newIndex()
	for _, a := range latest {
		i, ok := of[a.ItemID]
		if !ok {
			e.leaveOut(a, NoParameters)
			continue
		}
		p.add(i, a, topics)
		b := bank[i]
		e.view.Used = append(e.view.Used, Scored{ItemID: a.ItemID, TopicID: a.TopicID, Correct: a.Correct,
			AnsweredAt: a.AnsweredAt, A: b.A, B: b.B, C: b.C, From: b.From})
	}
	switch {
	case len(latest) == 0:
		e.view.Outcome = OutcomeNoAnswers
		return nil
	case len(p.items) == 0:
		e.view.Outcome = OutcomeNoParameters
		return nil
	}
	e.bank, e.person, e.topics = params, p, topics.names
	s, err := newScorer(e.service, names, params, e.population())
	if err != nil {
		return fmt.Errorf("θ of %s: %w", e.view.UserID, err)
	}
	sc, err := s.score(ctx, []personAnswers{p})
	if err == nil {
		err = sc[0].err
	}
	if err != nil {
		return fmt.Errorf("θ of %s: %w", e.view.UserID, err)
	}
	e.conclude(sc[0], p, params, topics.names)
	return nil
}

// population is the stored prior.
func (e *estimation) population() irt.Normal {
	return irt.Normal{Mean: e.view.PriorMean, SD: e.view.PriorSD}
}

// conclude fills in the new θ and what each answer was expected to be under it.
func (e *estimation) conclude(sc scored, p personAnswers, params []irt.ItemParams, topics []string) {
	e.thetas = sc.thetas(p, topics)
	se := sc.overall.SE
	e.view.New = &db.Ability{Theta: sc.overall.Theta, SE: &se, Model: cmp.Or(e.model, modelOf(params)), Version: e.view.Version,
		FittedAt: e.view.AsOf, Answers: len(p.items)}
	for i := range e.view.Used {
		e.view.Used[i].Expected = params[p.items[i]].Prob(sc.overall.Theta)
	}
	e.view.Outcome = OutcomeUpdate
	if old := e.view.Old; old != nil && old.Version == e.view.Version && old.FittedAt.After(e.view.AsOf) {
		e.view.Outcome = OutcomeOlder
	}
}
