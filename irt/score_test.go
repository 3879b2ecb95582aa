package irt_test

import (
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
