package jobs

import (
	"context"
	"fmt"
	"slices"

	"sextant/db"
	"sextant/irt"
)

// score estimates everyone's θ with the new parameters and, for items this
// calibration set aside, those in force.
func (c *calibration) score(ctx context.Context) error {
	inForce, err := c.inForce(ctx)
	if err != nil {
		return err
	}
	bank := make([]irt.ItemParams, len(c.history.items.names))
	usable := make([]bool, len(bank))
	for i, name := range c.history.items.names {
		p, ok := inForce[name]
		if fitted, usable := c.linked(i); usable {
			p, ok = fitted, true
		}
		if !ok {
			p = irt.ItemParams{A: 1} // stands in the table, never used
		}
		bank[i], usable[i] = p, ok
	}
	s, err := newScorer(c.job.service, c.history.items.names, bank, c.prior)
	if err != nil {
		return fmt.Errorf("score %s: %w", c.day, err)
	}
	return c.scoreAll(ctx, s, usable)
}

// scoreBlock is how many learners are scored at a time.
const scoreBlock = 256

// scoreAll scores the learners who have answers to usable items. Those of whom
// the scorer can say nothing keep the θ they have.
func (c *calibration) scoreAll(ctx context.Context, s scorer, usable []bool) error {
	n := len(c.history.persons)
	thetas, failed := make([][]db.Theta, (n+scoreBlock-1)/scoreBlock), make([][]db.RunFailure, (n+scoreBlock-1)/scoreBlock)
	err := parallel(ctx, n, scoreBlock, func(ctx context.Context, first, end int) error {
		persons := make([]personAnswers, 0, end-first)
		for _, p := range c.history.persons[first:end] {
			if p = p.only(usable); len(p.items) > 0 {
				persons = append(persons, p)
			}
		}
		scores, err := s.score(ctx, persons)
		if err != nil {
			return err
		}
		if whole := refusedAll(scores); whole != nil {
			return whole
		}
		block := first / scoreBlock
		for i, sc := range scores {
			if sc.err != nil {
				failed[block] = append(failed[block], db.RunFailure{Kind: "learner", Subject: persons[i].user, Error: sc.err.Error()})
				continue
			}
			thetas[block] = append(thetas[block], sc.thetas(persons[i], c.history.topics.names)...)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("score %s: %w", c.day, err)
	}
	c.thetas, c.failed = slices.Concat(thetas...), slices.Concat(failed...)
	if len(c.thetas) == 0 && len(c.failed) > 0 {
		return fmt.Errorf("score %s: no learner has a θ; the first: %s", c.day, c.failed[0].Error)
	}
	return nil
}

// refusedAll is the first learner's error where none of several has a θ: the
// trouble is not theirs.
func refusedAll(scores []scored) error {
	if len(scores) < doubtMost {
		return nil
	}
	for _, sc := range scores {
		if sc.err == nil {
			return nil
		}
	}
	return scores[0].err
}

// partly is the error of a calibration that some learners got no θ from.
func (c *calibration) partly() error {
	if len(c.failed) == 0 {
		return nil
	}
	first := c.failed[0]
	return &PartialError{Failed: len(c.failed), First: fmt.Errorf("%s: %s", first.Subject, first.Error)}
}

// only keeps the answers to usable items.
func (p personAnswers) only(usable []bool) personAnswers {
	out := personAnswers{user: p.user, newest: p.newest}
	for i, it := range p.items {
		if usable[it] {
			out.items = append(out.items, it)
			out.correct = append(out.correct, p.correct[i])
			out.topics = append(out.topics, p.topics[i])
		}
	}
	return out
}

// thetas are a learner's estimates as they are written.
func (sc scored) thetas(p personAnswers, topics []string) []db.Theta {
	out := []db.Theta{{UserID: p.user, Theta: sc.overall.Theta, SE: sc.overall.SE, Answers: len(p.items), Newest: p.newest}}
	for _, t := range sc.topics {
		out = append(out, db.Theta{UserID: p.user, TopicID: topics[t.topic], Theta: t.ability.Theta, SE: t.ability.SE,
			Answers: t.answers, Newest: p.newest})
	}
	return out
}

// inForce are the parameters of the items that this calibration may have set
// aside: those published; of a day older than the newest published, those that
// were on its night; or, of a bank of its own, those of the calibration it is
// linked to.
func (c *calibration) inForce(ctx context.Context) (map[string]irt.ItemParams, error) {
	params := map[string]irt.ItemParams{}
	if c.bank != "" {
		for _, k := range c.previous {
			params[k.id] = k.params
		}
		return params, nil
	}
	var bank []db.ItemParams
	err := c.job.DB.InSnapshot(ctx, func(tx *db.Tx) error {
		older, err := tx.NewerPublished(ctx, calibrateStage, c.bank, c.day)
		switch {
		case err != nil:
			return err
		case older:
			bank, err = tx.ItemBankBefore(ctx, c.day, c.params.Version, c.setAside())
		default:
			bank, err = tx.ItemBank(ctx, nil)
		}
		return err
	})
	for _, k := range bank {
		params[k.ItemID] = irt.ItemParams{A: k.A, B: k.B, C: k.C}
	}
	return params, err
}

// setAside are the items that the fit has no parameters of, or none that can be
// used.
func (c *calibration) setAside() []string {
	var items []string
	for i, name := range c.history.items.names {
		if _, ok := c.linked(i); !ok {
			items = append(items, name)
		}
	}
	return items
}

// linked are an item's fitted parameters on the scale, and whether answers can be
// scored with them, as every later scorer judges.
func (c *calibration) linked(i int) (irt.ItemParams, bool) {
	if c.result.Items[i].Dropped != "" {
		return irt.ItemParams{}, false
	}
	p := c.link.Params(c.result.Items[i].Params)
	return p, db.ItemParams{A: p.A, B: p.B, C: p.C}.Usable()
}
