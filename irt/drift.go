package irt

import "math"

// RMSD is the root mean squared difference of two items' characteristic curves
// over a population, in probability: 0 for equal curves, at most 1. It is the
// statistic large-scale assessments judge item drift by (Oliveri & von Davier
// 2011; OECD 2017, ch. 9, where 0.12 and more counts as drift), and weighs a
// change by how many persons it concerns. Parameters and population must be
// valid.
func RMSD(p, q ItemParams, population Normal) float64 {
	g := newGrid(DefaultQuadrature, population)
	var sum, weights float64
	for k, theta := range g.theta[:g.nodes] {
		w := math.Exp(g.base[k])
		d := p.Prob(theta) - q.Prob(theta)
		sum += w * d * d
		weights += w
	}
	return math.Sqrt(sum / weights)
}
