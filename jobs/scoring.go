package jobs

import (
	"sextant/irt"
)

// TopicSD is the standard deviation of a topic's θ around the learner's θ from
// their other topics, in units of the population's standard deviation. It is
// the stated SD of the contract's topic prior: about a fifth of the variance
// between learners is taken to be particular to a topic.
const TopicSD = 0.45

// scored is a learner's θ, overall and by topic number.
type scored struct {
	overall irt.Ability
	topics  []topicScore
}

type topicScore struct {
	topic   int32
	ability irt.Ability
	answers int
}

// scorePerson estimates θ (EAP) from answers whose items the scorer knows. A
// topic's prior has the learner's θ from their other topics as its mean, so
// that no answer counts twice; without other answers it is the population's.
func scorePerson(s *irt.Scorer, p personAnswers) (scored, error) {
	overall, err := s.EAP(p.items, p.correct)
	if err != nil {
		return scored{}, err
	}
	out := scored{overall: overall}
	for _, t := range p.topicsOf() {
		in, rest := p.split(t)
		prior, err := topicPrior(s, rest)
		if err != nil {
			return scored{}, err
		}
		a, err := s.EAPWithPrior(in.items, in.correct, prior)
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
	return irt.Normal{Mean: a.Theta, SD: TopicSD * s.Prior().SD}, err
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

// modelOf names what the item parameters that an estimate rests on amount to.
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
