package irt_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sextant/irt"
)

func TestScoresAgreeWithReference(t *testing.T) {
	for _, ref := range []reference{
		referenceLSAT6Rasch, referenceLSAT7Rasch, referenceLSAT62PL,
		referenceLSAT72PL, referenceLSAT63PL, referenceLSAT73PL,
	} {
		t.Run(ref.name, func(t *testing.T) {
			// mirt keeps its nodes on [−6, 6] whatever the latent variance.
			sd := ref.latent().SD
			s, err := irt.NewScorer(ref.params(), ref.latent(), irt.Quadrature{Nodes: 61, Min: -6 / sd, Max: 6 / sd})
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range ref.patterns {
				items, correct := p.answersOf()
				got, err := s.EAP(items, correct)
				if err != nil {
					t.Fatal(err)
				}
				within(t, p.answers+" EAP", got.Theta, ref.scores[i].eap, 1e-6)
				within(t, p.answers+" SE", got.SE, ref.scores[i].eapSE, 1e-6)
				mode, err := s.MAP(items, correct)
				if err != nil {
					t.Fatal(err)
				}
				within(t, p.answers+" MAP", mode.Theta, ref.scores[i].mapTheta, 1e-5)
				within(t, p.answers+" MAP SE", mode.SE, ref.scores[i].mapSE, 1e-4)
				wle, err := s.WLE(items, correct)
				if err != nil {
					t.Fatal(err)
				}
				within(t, p.answers+" WLE", wle.Theta, ref.scores[i].wle, 1e-4)
				// mirt differentiates numerically at a mode found to 1e-5.
				within(t, p.answers+" WLE SE", wle.SE, ref.scores[i].wleSE, 5e-4)
			}
		})
	}
}

func (p referencePattern) answersOf() (items []int32, correct []bool) {
	for i, verdict := range p.answers {
		items, correct = append(items, int32(i)), append(correct, verdict == '1')
	}
	return items, correct
}

// bruteEAP integrates directly on a grid a hundred times as fine.
func bruteEAP(bank []irt.ItemParams, correct []bool, prior irt.Normal) irt.Ability {
	const nodes = 4501
	logs, top := make([]float64, nodes), math.Inf(-1)
	theta := func(k int) float64 { return prior.Mean + prior.SD*(-9+18*float64(k)/(nodes-1)) }
	for k := range logs {
		x := (theta(k) - prior.Mean) / prior.SD
		logs[k] = -x * x / 2
		for i, p := range bank {
			prob := p.Prob(theta(k))
			if !correct[i] {
				prob = 1 - prob
			}
			logs[k] += math.Log(prob)
		}
		top = max(top, logs[k])
	}
	var sum, mean, square float64
	for k, y := range logs {
		w := math.Exp(y - top)
		sum, mean, square = sum+w, mean+w*theta(k), square+w*theta(k)*theta(k)
	}
	mean /= sum
	return irt.Ability{Theta: mean, SE: math.Sqrt(square/sum - mean*mean)}
}

func TestEAPResolvesNarrowPosteriors(t *testing.T) {
	for _, n := range []int{10, 100, 200, 400, 1000, 2000} {
		for _, truth := range []float64{-1.83, 0.1, 2.5} {
			rng := rand.New(rand.NewPCG(uint64(n), 5))
			bank := drawItems(rng, n, n == 400)
			items, correct := make([]int32, n), make([]bool, n)
			for i := range items {
				items[i], correct[i] = int32(i), rng.Float64() < bank[i].Prob(truth)
			}
			s, err := irt.NewScorer(bank, irt.StandardNormal, irt.DefaultQuadrature)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.EAP(items, correct)
			if err != nil {
				t.Fatal(err)
			}
			want := bruteEAP(bank, correct, irt.StandardNormal)
			within(t, fmt.Sprintf("%d answers at %g: EAP", n, truth), got.Theta, want.Theta, 2e-5)
			within(t, fmt.Sprintf("%d answers at %g: SE", n, truth), got.SE, want.SE, 2e-5)
		}
	}
}

func TestEAPWithPriorIsEAPUnderIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 5))
	bank := drawItems(rng, 12, false)
	s, err := irt.NewScorer(bank, irt.Normal{Mean: 0.2, SD: 1.1}, irt.DefaultQuadrature)
	if err != nil {
		t.Fatal(err)
	}
	for _, prior := range []irt.Normal{{Mean: 0, SD: 1}, {Mean: 1.5, SD: 0.5}, {Mean: -4, SD: 0.9}, {Mean: 0.3, SD: 0.05}, {Mean: 0, SD: 3}} {
		for range 20 {
			items, correct := make([]int32, 12), make([]bool, 12)
			for i := range items {
				items[i], correct[i] = int32(i), rng.IntN(2) == 0
			}
			got, err := s.EAPWithPrior(items, correct, prior)
			if err != nil {
				t.Fatal(err)
			}
			want := bruteEAP(bank, correct, prior)
			within(t, fmt.Sprintf("%v: EAP", prior), got.Theta, want.Theta, 1e-6)
			within(t, fmt.Sprintf("%v: SE", prior), got.SE, want.SE, 1e-6)
		}
	}
	if got, err := s.EAPWithPrior(nil, nil, irt.Normal{Mean: 2, SD: 0.3}); err != nil || got != (irt.Ability{Theta: 2, SE: 0.3}) {
		t.Errorf("no answers: %v, %v, want the prior", got, err)
	}
}
