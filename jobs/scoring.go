package jobs

import (
	"context"

	"sextant/irt"
)

// TopicSD is the standard deviation of a topic's θ around the learner's θ from
// their other topics, in units of the population's standard deviation. It is
// the stated SD of the contract's topic prior: about a fifth of the variance
// between learners is taken to be particular to a topic.
const TopicSD = 0.45

// Who estimates θ: the values of the parameter "scorer".
const (
	ScorerEngine  = "engine"  // Sextant's own
	ScorerPlumber = "plumber" // the R service outside
)

// Scorers lists who can estimate θ, the default first.
func Scorers() []string { return []string{ScorerEngine, ScorerPlumber} }

// scorer estimates learners' θ (EAP) on one bank under one population, from
// answers whose items the bank knows. An error is of all of them; what is wrong
// with one learner stands in their place.
type scorer interface {
	score(ctx context.Context, persons []personAnswers) ([]scored, error)
}

// newScorer makes the scorer of a bank, whose items' names it is also given: the
// engine's, or, with a service, that service's.
func newScorer(service *plumber, names []string, bank []irt.ItemParams, prior irt.Normal) (scorer, error) {
	if service != nil {
		return &plumberScorer{service: service, names: names, bank: bank, prior: prior}, nil
	}
	s, err := irt.NewScorer(bank, prior, irt.Quadrature{})
	return engine{s}, err
}

// scored is a learner's θ, overall and by topic number.
type scored struct {
	overall irt.Ability
	topics  []topicScore
	err     error // why there is none
}

type topicScore struct {
	topic   int32
	ability irt.Ability
	answers int
}

// engine scores with Sextant's own numerics.
type engine struct{ *irt.Scorer }

func (e engine) score(_ context.Context, persons []personAnswers) ([]scored, error) {
	out := make([]scored, len(persons))
	for i, p := range persons {
		var err error
		if out[i], err = e.person(p); err != nil {
			out[i].err = err
		}
	}
	return out, nil
}

// person scores one learner. A topic's prior has the learner's θ from their other
// topics as its mean, so that no answer counts twice; without other answers it
// is the population's.
func (e engine) person(p personAnswers) (scored, error) {
	overall, err := e.EAP(p.items, p.correct)
	if err != nil {
		return scored{}, err
	}
	out := scored{overall: overall}
	for _, t := range p.topicsOf() {
		in, rest := p.split(t)
		prior, err := topicPrior(e.Scorer, rest)
		if err != nil {
			return scored{}, err
		}
		a, err := e.EAPWithPrior(in.items, in.correct, prior)
		if err != nil {
			return scored{}, err
		}
		out.topics = append(out.topics, topicScore{topic: t, ability: a, answers: len(in.items)})
	}
	return out, nil
}

// topicPrior is a topic's prior: the learner's θ from their other answers as its
// mean, the population where there are none.
func topicPrior(s *irt.Scorer, others personAnswers) (irt.Normal, error) {
	if len(others.items) == 0 {
		return s.Prior(), nil
	}
	a, err := s.EAP(others.items, others.correct)
	return aroundOthers(a.Theta, s.Prior()), err
}

// aroundOthers is a topic's prior around the θ of the learner's other answers.
func aroundOthers(theta float64, population irt.Normal) irt.Normal {
	return irt.Normal{Mean: theta, SD: TopicSD * population.SD}
}

// split separates a topic's answers from the others.
func (p personAnswers) split(topic int32) (in, rest personAnswers) {
	for i, t := range p.topics {
		to := &rest
		if t == topic {
			to = &in
		}
		to.items = append(to.items, p.items[i])
		to.correct = append(to.correct, p.correct[i])
	}
	return in, rest
}

// modelOf names what item parameters amount to: the model of an estimate before
// the first calibration, whose model it is from then on.
func modelOf(items []irt.ItemParams) string {
	rasch := true
	for _, it := range items {
		if it.C > 0 {
			return "3PL"
		}
		rasch = rasch && it.A == 1
	}
	if rasch {
		return "RASCH"
	}
	return "2PL"
}
