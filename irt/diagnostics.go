package irt

import (
	"errors"
	"fmt"
	"math"
)

// TestInformation is the Fisher information about θ that answers to all the
// items give, Σ Iⱼ(θ) (Birnbaum 1968, eq. 20.4.1). 1/√I is the standard error
// of the maximum likelihood estimate there.
func TestInformation(items []ItemParams, theta float64) float64 {
	var sum float64
	for _, p := range items {
		sum += p.Information(theta)
	}
	return sum
}

// MarginalReliability is the reliability the items would have if each person
// of the population answered all of them: the population's mean of
// I/(I + 1/SD²) (Green, Bock, Humphreys, Linn & Reckase 1984). It lies in
// [0, 1).
func MarginalReliability(items []ItemParams, population Normal) (float64, error) {
	if err := population.Validate(); err != nil {
		return 0, err
	}
	for i, p := range items {
		if err := p.Validate(); err != nil {
			return 0, &ItemError{Item: i, Err: err}
		}
	}
	g := newGrid(DefaultQuadrature, population)
	precision := 1 / (population.SD * population.SD)
	var sum float64
	for k, theta := range g.theta[:g.nodes] {
		information := TestInformation(items, theta)
		sum += math.Exp(g.base[k]) * information / (information + precision)
	}
	return sum, nil
}

// ErrPersonFit means that answers say nothing about person fit: fewer than two
// discriminating items.
var ErrPersonFit = errors.New("too few answers for person fit")

// PersonFit is l_z* (Snijders 2001, eqs. 8-13): how unlikely a learner's
// pattern is given their θ, standardised to N(0, 1) with the correction for θ
// being estimated, here by WLE. Large negative values mean right answers to
// hard items and wrong ones to easy items; below −1.645 is the least likely
// twentieth. Arguments and errors are those of [Scorer.EAP], and ErrPersonFit.
func (s *Scorer) PersonFit(items []int32, correct []bool) (float64, error) {
	at, err := s.WLE(items, correct)
	if err != nil {
		return 0, err
	}
	theta := at.Theta
	d := s.derivatives(items, correct, theta)
	if d.info == 0 {
		return 0, ErrPersonFit
	}
	// w = log(P/Q) weighs the residuals in l_z, r = P′/(PQ) in the estimating
	// equation; w − c·r is what estimation leaves of w.
	var above, below float64
	for _, item := range items {
		_, slope, w, r := s.snijders(item, theta)
		above += slope * w
		below += slope * r
	}
	c := above / below
	var sum, variance float64
	for i, item := range items {
		p, _, w, r := s.snijders(item, theta)
		u := 0.0
		if correct[i] {
			u = 1
		}
		sum += (u - p) * w
		variance += (w - c*r) * (w - c*r) * p * (1 - p)
	}
	if !(variance > 1e-10) {
		return 0, ErrPersonFit
	}
	return (sum + c*d.infoSlope/(2*d.info)) / math.Sqrt(variance), nil
}

// snijders gives P, P′, log(P/Q) and P′/(PQ) of one item.
func (s *Scorer) snijders(item int32, theta float64) (p, slope, w, r float64) {
	q := coefOf(s.items[item])
	c := q.curve(theta)
	l := logistic(q.a*theta + q.d)
	return c.p, q.a * c.grad[1], c.logP - c.logQ, q.a * l / max(c.p, math.SmallestNonzeroFloat64)
}

// LocalDependence is Yen's Q3 of one pair of items.
type LocalDependence struct {
	First, Second int
	Q3            float64
	Persons       int // who answered both
}

const mostQ3Items = 2000

// Q3 is the correlation of two items' residuals u − P(θ̂) over the persons who
// answered both (Yen 1984), for every pair with at least leastPersons of them,
// ordered by items. Under local independence it is near −1/(n − 1) in a test
// of n items; an excess of 0.2 over the mean is suspicious. abilities are the
// persons' θ̂. More than 2,000 items are ErrTooMany; a pair without variation
// of residuals is left out.
func Q3(r *Responses, items []ItemParams, abilities []Ability, leastPersons int) ([]LocalDependence, error) {
	n := r.Items()
	switch {
	case n > mostQ3Items:
		return nil, fmt.Errorf("%w: Q3 takes at most %d items, not %d", ErrTooMany, mostQ3Items, n)
	case len(items) < n:
		return nil, fmt.Errorf("%w: answers to %d items, parameters for %d", ErrUnknownItem, n, len(items))
	case len(abilities) != r.Persons():
		return nil, optionError("%d abilities for %d persons", len(abilities), r.Persons())
	}
	// Sums over the persons who answered both, the first item being the row.
	var count = make([]int32, n*n)
	var x, xx, xy = make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	residual := make([]float64, 0, n)
	for p := range r.Persons() {
		answers := r.of(p)
		residual = residual[:0]
		for _, a := range answers {
			residual = append(residual, float64(a&1)-items[a>>1].Prob(abilities[p].Theta))
		}
		for i, a := range answers {
			row := int(a>>1) * n
			for j, b := range answers {
				at := row + int(b>>1)
				count[at]++
				x[at] += residual[i]
				xx[at] += residual[i] * residual[i]
				xy[at] += residual[i] * residual[j]
			}
		}
	}
	var out []LocalDependence
	for i := range n {
		for j := i + 1; j < n; j++ {
			ij, ji := i*n+j, j*n+i
			m := float64(count[ij])
			if int(count[ij]) < max(leastPersons, 3) {
				continue
			}
			spread := (xx[ij] - x[ij]*x[ij]/m) * (xx[ji] - x[ji]*x[ji]/m)
			if !(spread > 0) {
				continue
			}
			out = append(out, LocalDependence{First: i, Second: j, Persons: int(count[ij]),
				Q3: (xy[ij] - x[ij]*x[ji]/m) / math.Sqrt(spread)})
		}
	}
	return out, nil
}
