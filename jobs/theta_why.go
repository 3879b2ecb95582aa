package jobs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"sextant/db"
	"sextant/irt"
)

// ThetaWhy explains a learner's θ in force: the answers it rests on and how far
// each pulls it from the prior's mean, worked out anew with the item parameters
// and the prior in force. PriorMean + Σ Pull = Theta.
type ThetaWhy struct {
	UserID      string         `json:"user_id"`
	TopicID     *string        `json:"topic_id"` // nil: overall
	Stored      db.Ability     `json:"stored"`   // in force
	Origin      db.ThetaOrigin `json:"origin"`   // of what is stored
	Theta       float64        `json:"theta"`    // worked out anew, as of the same moment
	SE          float64        `json:"se"`
	Difference  float64        `json:"difference"` // stored − anew
	Agrees      bool           `json:"agrees"`     // within WhyTolerance
	AsOf        time.Time      `json:"as_of"`
	Lookback    int            `json:"lookback_days"`
	PriorMean   float64        `json:"prior_mean"`
	PriorSD     float64        `json:"prior_sd"`
	PriorFrom   int            `json:"prior_answers"` // of a topic: the answers to others that the mean is the θ of; 0: the population
	Version     string         `json:"version"`       // the θ scale
	Calibration string         `json:"calibration"`   // the run whose parameters are in force; empty: none
	Used        []Pulled       `json:"used"`
	LeftOut     []Excluded     `json:"left_out"`
	Later       int            `json:"later_answers"` // that came after the estimate
	Cause       WhyCause       `json:"cause"`         // of the difference; empty where they agree
	Notes       []string       `json:"notes"`         // why stored and anew differ, and what has come since, in words
}

// Pulled is an answer that θ rests on; Expected is at the θ worked out anew.
type Pulled struct {
	Scored
	Pull float64 `json:"pull"` // in θ units: see irt.Scorer.Attribute
}

// WhyTolerance is how far a stored θ may lie from the one worked out anew and
// still pass for the same.
const WhyTolerance = 0.001

// plumberTolerance is how far, in prior SDs, the R service's quadrature may take
// a θ from the engine's: extreme learners' posteriors reach beyond its nodes.
const plumberTolerance = 0.05

// NoThetaError says that there is no θ to explain or to restore.
type NoThetaError struct{ User, Topic string }

func (e *NoThetaError) Error() string {
	of := fmt.Sprintf("learner %q", e.User)
	if e.Topic != "" {
		of += fmt.Sprintf(" for topic %q", e.Topic)
	}
	return "no θ of " + of + " is in force; estimate one with 'sextant theta recompute'"
}

// WhyTheta explains the learner's θ in force, overall or of a topic.
func (s *Service) WhyTheta(ctx context.Context, userID, topicID string) (ThetaWhy, error) {
	now, _, err := s.runner.now(ctx)
	if err != nil {
		return ThetaWhy{}, err
	}
	_, job, err := s.runner.prepare(Request{Stage: updateTheta}, now)
	if err != nil {
		return ThetaWhy{}, err
	}
	w := why{view: ThetaWhy{UserID: userID, Lookback: job.Params.(*ThetaParams).Lookback}, topic: topicID, now: now}
	if topicID != "" {
		w.view.TopicID = &topicID
	}
	err = s.db.InSnapshot(ctx, func(tx *db.Tx) error { return w.explain(ctx, tx) })
	return w.view, err
}

// why is an explanation in the making.
type why struct {
	view  ThetaWhy
	topic string // empty: overall
	now   time.Time
	est   *estimation
	later int // answers since the estimate
}

func (w *why) explain(ctx context.Context, tx *db.Tx) error {
	if err := w.stored(ctx, tx); err != nil {
		return err
	}
	v := &w.view
	if v.Origin.Lookback != nil {
		v.Lookback = *v.Origin.Lookback
	}
	w.est = &estimation{view: ThetaPreview{UserID: v.UserID, AsOf: v.AsOf, Lookback: v.Lookback}}
	if err := w.est.scale(ctx, tx); err != nil {
		return err
	}
	v.Version, v.Calibration = w.est.view.Version, w.est.view.Calibration
	answers, err := tx.AnswersUntil(ctx, v.UserID, w.now)
	if err != nil {
		return err
	}
	if err := w.est.from(ctx, tx, w.until(answers)); err != nil {
		return err
	}
	if err := w.attribute(); err != nil {
		return fmt.Errorf("θ of %s: %w", v.UserID, err)
	}
	return w.compare(ctx, tx)
}

// stored reads what is in force and where it comes from.
func (w *why) stored(ctx context.Context, tx *db.Tx) error {
	v := &w.view
	known, err := tx.LearnerExists(ctx, v.UserID)
	if err != nil {
		return err
	}
	stored, err := tx.AbilityInForce(ctx, v.UserID)
	if w.topic != "" && err == nil {
		stored, err = tx.TopicAbility(ctx, v.UserID, w.topic)
	}
	switch {
	case err != nil:
		return err
	case stored == nil && !known:
		return &UnknownLearnerError{v.UserID}
	case stored == nil:
		return &NoThetaError{v.UserID, w.topic}
	}
	v.Stored, v.AsOf = *stored, stored.FittedAt
	v.Origin, err = tx.OriginOf(ctx, v.UserID, w.topic, *stored)
	return err
}

// until sets the answers aside that came after the estimate. A stage's run is as
// of the last microsecond of its day, which belongs to it.
func (w *why) until(answers []db.LearnerAnswer) []db.LearnerAnswer {
	end := w.view.AsOf
	if day := db.DayOf(end); end.Equal(day.Last()) {
		end = day.End()
	}
	for i, a := range answers {
		if !a.AnsweredAt.Before(end) {
			for _, late := range answers[i:] {
				w.est.leaveOut(late, AnsweredLater)
			}
			w.later = len(answers) - i
			return answers[:i]
		}
	}
	return answers
}

// attribute divides the θ worked out anew among the answers. A topic's prior is
// the θ from the other topics' answers.
func (w *why) attribute() error {
	v, e := &w.view, w.est
	v.Theta, v.SE, v.PriorMean, v.PriorSD = e.view.PriorMean, e.view.PriorSD, e.view.PriorMean, e.view.PriorSD
	v.Used, v.LeftOut = []Pulled{}, []Excluded{}
	for _, x := range e.view.LeftOut {
		if w.topic == "" || x.TopicID != nil && *x.TopicID == w.topic {
			v.LeftOut = append(v.LeftOut, x)
		}
	}
	if len(e.person.items) == 0 {
		return nil
	}
	s, err := irt.NewScorer(e.bank, e.population(), irt.Quadrature{})
	if err != nil {
		return err
	}
	in, used, prior := e.person, e.view.Used, s.Prior()
	if w.topic != "" {
		var rest personAnswers
		in, rest = e.person.split(e.topicNumber(w.topic))
		used = nil
		for _, u := range e.view.Used {
			if u.TopicID != nil && *u.TopicID == w.topic {
				used = append(used, u)
			}
		}
		if prior, err = topicPrior(s, rest); err != nil {
			return err
		}
		v.PriorFrom = len(rest.items)
	}
	a, err := s.Attribute(in.items, in.correct, prior)
	if err != nil {
		return err
	}
	v.Theta, v.SE, v.PriorMean, v.PriorSD = a.Theta, a.SE, prior.Mean, prior.SD
	for i, u := range used {
		u.Expected = irt.ItemParams{A: u.A, B: u.B, C: u.C}.Prob(a.Theta)
		v.Used = append(v.Used, Pulled{u, a.Pulls[i]})
	}
	return nil
}

// topicNumber is a topic's number among the answers used; -2, which no answer
// has, when it has none.
func (e *estimation) topicNumber(topic string) int32 {
	for i, name := range e.topics {
		if name == topic {
			return int32(i) // as many as one learner has topics
		}
	}
	return -2
}

// compare sets the stored θ beside the one worked out anew and says what an
// operator should know of it.
func (w *why) compare(ctx context.Context, tx *db.Tx) error {
	v := &w.view
	v.Difference = v.Stored.Theta - v.Theta
	v.Agrees = math.Abs(v.Difference) <= WhyTolerance
	v.Later = w.later
	if !v.Agrees {
		c, err := tx.CalibrationInForce(ctx, "")
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		v.Cause = w.cause(c, err == nil)
	}
	v.Notes = v.notes()
	return nil
}

// cause is the likeliest one of a difference, the surest first.
func (w *why) cause(c db.Calibration, calibrated bool) WhyCause {
	v := w.view
	o := v.Origin
	switch {
	case o.Stage == restoreTheta:
		return CauseRestored
	case o.Source == "imported":
		return CauseImported
	case o.Source == "":
		return CauseForeign
	case v.Stored.Version != v.Version:
		return CauseScale
	case calibrated && o.EstimatedAt != nil && o.EstimatedAt.Before(c.FittedAt) && (o.RunID == nil || *o.RunID != c.RunID):
		return CauseCalibration
	case o.Scorer == ScorerPlumber && math.Abs(v.Difference) <= plumberTolerance*v.PriorSD:
		return CauseNodes
	case o.Lookback == nil:
		return CauseLookback
	}
	return CauseAnswers
}
