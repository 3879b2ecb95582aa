package irt

import "math"

// MAP is the mode of θ's posterior under the scorer's prior, with the SE from
// the curvature there (Birnbaum 1968, sec. 20.3, with a normal prior).
// Arguments and errors are those of [Scorer.EAP]; without answers it is the
// prior. With guessing a posterior can have two modes: the one nearest the EAP
// is returned.
func (s *Scorer) MAP(items []int32, correct []bool) (Ability, error) {
	start, err := s.EAP(items, correct)
	if err != nil || len(items) == 0 {
		return start, err
	}
	precision := 1 / (s.prior.SD * s.prior.SD)
	return s.peak(start, func(theta float64) float64 {
		return s.derivatives(items, correct, theta).score - (theta-s.prior.Mean)*precision
	}), nil
}

// WLE is Warm's weighted likelihood estimate (Warm 1989, eqs. 8-9): the mode of
// the likelihood times √I(θ), the SE from the curvature there. Without guessing
// this is Warm's estimator; with guessing his weight has no closed form, and √I
// (Jeffreys' prior) stands for it, as in mirt. It uses no prior, is finite for
// all-correct and all-wrong answers, and is kept within 20 prior SDs of the
// prior's mean. Arguments and errors are those of [Scorer.EAP]; without
// answers, or when no item discriminates, it is the prior.
func (s *Scorer) WLE(items []int32, correct []bool) (Ability, error) {
	start, err := s.EAP(items, correct)
	if err != nil {
		return start, err
	}
	if s.derivatives(items, correct, start.Theta).info == 0 {
		return Ability{Theta: s.prior.Mean, SE: s.prior.SD}, nil
	}
	return s.peak(start, func(theta float64) float64 {
		d := s.derivatives(items, correct, theta)
		if d.info == 0 {
			return d.score
		}
		return d.score + d.infoSlope/(2*d.info)
	}), nil
}

// peak finds the zero of a score from start, and the SE from its slope there;
// where it is not falling, as at the border of the reach, the SE is start's.
func (s *Scorer) peak(start Ability, score func(theta float64) float64) Ability {
	theta := s.root(start.Theta, score)
	h := 1e-4 * s.prior.SD
	curvature := (score(theta-h) - score(theta+h)) / (2 * h)
	if !(curvature > 0) || !finite(curvature) {
		return Ability{Theta: theta, SE: start.SE}
	}
	return Ability{Theta: theta, SE: 1 / math.Sqrt(curvature)}
}

// derivatives of one learner's log-likelihood at a θ.
type derivatives struct {
	score     float64 // Σ(u − P)P′/(PQ)
	info      float64 // I = ΣP′²/(PQ)
	infoSlope float64 // I′
}

func (s *Scorer) derivatives(items []int32, correct []bool, theta float64) derivatives {
	var out derivatives
	for i, item := range items {
		p := s.items[item]
		z := p.A * (theta - p.B)
		l, m := logistic(z), logistic(-z)
		prob := p.C + (1-p.C)*l
		if prob == 0 || m == 0 {
			continue // beyond the range of doubles: the item says nothing here
		}
		// With L the logistic part and M = 1 − L, P′ = (1−c)aLM and Q = (1−c)M,
		// so P′/(PQ) is aL/P: no difference of near-equal numbers.
		ratio := l / prob
		if correct[i] {
			out.score += p.A * ratio * (1 - p.C) * m
		} else {
			out.score -= p.A * l
		}
		info := p.A * p.A * (1 - p.C) * l * m * ratio
		out.info += info
		out.infoSlope += info * p.A * (2*m - l - (1-p.C)*m*ratio)
	}
	return out
}

const (
	rootReach = 20    // prior SDs
	rootTol   = 1e-10 // of θ
)

// root finds where a score that falls through zero does so, walking from start
// until the sign changes and then by the Illinois variant of regula falsi. A
// score that never changes sign within reach ends at its border.
func (s *Scorer) root(start float64, score func(theta float64) float64) float64 {
	lo, hi := s.prior.Mean-rootReach*s.prior.SD, s.prior.Mean+rootReach*s.prior.SD
	x0 := clamp(start, lo, hi)
	f0 := score(x0)
	step := math.Copysign(0.25*s.prior.SD, f0)
	x1, f1 := x0, f0
	for f0*f1 > 0 {
		if x1 == lo || x1 == hi {
			return x1
		}
		x0, f0 = x1, f1
		x1 = clamp(x1+step, lo, hi)
		f1 = score(x1)
		step *= 2
	}
	for range 200 {
		if f1 == 0 || math.Abs(x1-x0) < rootTol {
			return x1
		}
		x := (x0*f1 - x1*f0) / (f1 - f0)
		f := score(x)
		if f*f1 < 0 {
			x0, f0 = x1, f1
		} else {
			f0 /= 2
		}
		if math.Abs(x-x1) < rootTol {
			return x
		}
		x1, f1 = x, f
	}
	return x1
}
