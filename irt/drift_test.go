package irt_test

import (
	"math"
	"testing"

	"sextant/irt"
)

func TestRMSDIsTheCurvesDistanceOverThePopulation(t *testing.T) {
	p, q := irt.ItemParams{A: 1.2, B: -0.5, C: 0.2}, irt.ItemParams{A: 0.8, B: 0.4}
	for _, population := range []irt.Normal{irt.StandardNormal, {Mean: 0.7, SD: 1.4}} {
		within(t, "of equal curves", irt.RMSD(p, p, population), 0, 0)
		// By the midpoint rule on a grid of its own.
		var sum, weight float64
		for z := -8.0; z < 8; z += 0.001 {
			theta, w := population.Mean+population.SD*z, math.Exp(-z*z/2)
			d := p.Prob(theta) - q.Prob(theta)
			sum, weight = sum+w*d*d, weight+w
		}
		within(t, "RMSD", irt.RMSD(p, q, population), math.Sqrt(sum/weight), 1e-6)
		within(t, "the other way round", irt.RMSD(q, p, population), irt.RMSD(p, q, population), 1e-15)
	}
}
