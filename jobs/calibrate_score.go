package jobs

import (
	"context"
	"fmt"

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
		if c.result.Items[i].Dropped == "" {
			fitted := c.link.Params(c.result.Items[i].Params)
			if (db.ItemParams{A: fitted.A, B: fitted.B, C: fitted.C}).Usable() { // as every later scorer judges
				p, ok = fitted, true
			}
		}
		if !ok {
			p = irt.ItemParams{A: 1} // stands in the table, never used
		}
		bank[i], usable[i] = p, ok
	}
	s, err := irt.NewScorer(bank, c.prior, irt.Quadrature{})
	if err != nil {
		return fmt.Errorf("score %s: %w", c.day, err)
	}
	blocks := make([][]db.Theta, len(c.history.persons))
	err = parallel(ctx, len(blocks), func(i int) error {
		p := c.history.persons[i].only(usable)
		if len(p.items) == 0 {
			return nil
		}
		sc, err := scorePerson(s, p)
		if err != nil {
			return fmt.Errorf("score %s: %w", p.user, err)
		}
		blocks[i] = sc.thetas(p, c.history.topics.names)
		return nil
	})
	total := 0
	for _, b := range blocks {
		total += len(b)
	}
	c.thetas = make([]db.Theta, 0, total)
	for _, b := range blocks {
		c.thetas = append(c.thetas, b...)
	}
	return err
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
// aside: those published, or, of a bank of its own, those of the calibration it
// is linked to.
func (c *calibration) inForce(ctx context.Context) (map[string]irt.ItemParams, error) {
	params := map[string]irt.ItemParams{}
	if c.bank != "" {
		for _, k := range c.previous {
			params[k.id] = k.params
		}
		return params, nil
	}
	bank, err := c.job.DB.ItemBank(ctx)
	for _, k := range bank {
		params[k.ItemID] = irt.ItemParams{A: k.A, B: k.B, C: k.C}
	}
	return params, err
}
