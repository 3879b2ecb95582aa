package irt

import (
	"math/rand/v2"
)

// Simulate draws one answer of every ability to every item from the model,
// each kept with probability 1 − missing. Unusable parameters are an
// *ItemError; missing outside [0, 1) or an infinite ability is ErrOptions.
func Simulate(rng *rand.Rand, items []ItemParams, abilities []float64, missing float64) (*Responses, error) {
	if !(missing >= 0 && missing < 1) {
		return nil, optionError("missing share %g is outside [0, 1)", missing)
	}
	for i, p := range items {
		if err := p.Validate(); err != nil {
			return nil, &ItemError{Item: i, Err: err}
		}
	}
	b := NewBuilder(len(items))
	b.Reserve(len(abilities), int(float64(len(abilities)*len(items))*(1-missing)))
	for i, theta := range abilities {
		if !finite(theta) {
			return nil, optionError("ability %d is %g", i, theta)
		}
		b.NextPerson()
		for j, p := range items {
			if missing > 0 && rng.Float64() < missing {
				continue
			}
			if err := b.Add(j, rng.Float64() < p.Prob(theta)); err != nil {
				return nil, err
			}
		}
	}
	return b.Build()
}
