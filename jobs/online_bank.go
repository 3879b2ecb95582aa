package jobs

import (
	"context"
	"errors"
	"time"

	"sextant/db"
	"sextant/irt"
)

// bankReload bounds how long parameters that somebody edited by hand, outside
// any calibration, go unnoticed.
const bankReload = 10 * time.Second

// scale is what θ is estimated on: the bank in force and the stored prior.
type scale struct {
	calibration string // the run's id; empty before the first
	version     string
	model       string // of that calibration
	prior       irt.Normal
	items       map[string]int32
	names       []string
	params      []irt.ItemParams
	scorer      scorer
}

// bankCache keeps the scale between transactions: its tables cost more than a
// learner's θ.
type bankCache struct {
	service *plumber // that scores; nil: the engine does
	at      time.Time
	current *scale
	without map[string]bool // items looked for in vain
}

// scale gives the scale in force as the transaction sees it.
func (b *bankCache) scale(ctx context.Context, tx *db.Tx) (*scale, error) {
	s, err := scaleInForce(ctx, tx)
	if err != nil {
		return nil, err
	}
	for b.current == nil || b.current.calibration != s.calibration || time.Since(b.at) > bankReload {
		if err := b.load(ctx, tx, s); err != nil {
			return nil, err
		}
		// A calibration may have come into force between the two reads.
		if s, err = scaleInForce(ctx, tx); err != nil {
			return nil, err
		}
	}
	return b.current, nil
}

// scaleInForce is the scale, still without its items; before the first
// calibration that of the questions' seeds.
func scaleInForce(ctx context.Context, tx *db.Tx) (*scale, error) {
	c, err := tx.CalibrationInForce(ctx, "")
	switch {
	case errors.Is(err, db.ErrNotFound):
		return &scale{version: "v1", prior: irt.StandardNormal}, nil
	case err != nil:
		return nil, err
	}
	return &scale{calibration: c.RunID.String(), version: c.Version, model: c.Model, prior: irt.Normal{Mean: c.PriorMean, SD: c.PriorSD}}, nil
}

func (b *bankCache) load(ctx context.Context, tx *db.Tx, s *scale) error {
	began := time.Now()
	bank, err := tx.ItemBank(ctx, nil)
	if err != nil {
		return err
	}
	s.items = make(map[string]int32, len(bank))
	s.params, s.names = make([]irt.ItemParams, len(bank)), make([]string, len(bank))
	for i, it := range bank {
		s.items[it.ItemID] = int32(i) // a bank has far fewer items
		s.names[i] = it.ItemID
		s.params[i] = irt.ItemParams{A: it.A, B: it.B, C: it.C}
	}
	if s.scorer, err = newScorer(b.service, s.names, s.params, s.prior); err != nil {
		return err
	}
	b.at, b.current, b.without = began, s, map[string]bool{}
	return nil
}

// know reads the bank again when an item is asked for that it lacks and that
// was not looked for before: questions get their seeds at any time.
func (b *bankCache) know(ctx context.Context, tx *db.Tx, s *scale, items map[string]bool) (*scale, error) {
	var news []string
	for it := range items {
		if _, ok := s.items[it]; !ok && !b.without[it] {
			news = append(news, it)
		}
	}
	if len(news) == 0 {
		return s, nil
	}
	found, err := tx.ItemBank(ctx, news)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		if err := b.load(ctx, tx, &scale{calibration: s.calibration, version: s.version, model: s.model, prior: s.prior}); err != nil {
			return nil, err
		}
		s = b.current
	}
	for _, it := range news {
		if _, ok := s.items[it]; !ok {
			b.without[it] = true
		}
	}
	return s, nil
}
