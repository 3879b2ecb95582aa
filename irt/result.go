package irt

import (
	"context"
	"math"
)

// result evaluates the final point and turns it into reported parameters.
func (c *calibration) result(ctx context.Context, s state) (*Result, error) {
	g := newGrid(c.opt.Quadrature, s.latent)
	e, err := c.expectation(ctx, s, g)
	if err != nil {
		return nil, err
	}
	res := &Result{
		Model: c.opt.Model, Items: c.fits, Latent: s.latent,
		LogLikelihood: e.logLikelihood, LogPrior: c.logPrior(s),
		Iterations: c.cycles, Converged: c.converged,
		Persons: int(math.Round(e.persons)), Answers: c.data.responses.Answers(),
		Reliability: e.reliability(g),
	}
	for j, p := range s.items {
		res.Items[c.kept[j]].Params = c.params(p)
	}
	for item := range c.opt.Anchors {
		res.Items[item].Params = c.opt.Anchors[item]
	}
	if c.opt.Model == OnePL {
		res.Latent = StandardNormal
		for _, item := range c.kept {
			p := &res.Items[item].Params
			p.A, p.B = s.latent.SD, p.B/s.latent.SD
		}
	}
	if c.opt.SE {
		if err := c.standardErrors(ctx, s, e, g, res); err != nil {
			return nil, err
		}
		if c.opt.Model == OnePL {
			res.LatentSE = Normal{}
		}
	}
	for i := range res.Items {
		f := &res.Items[i]
		f.Flags = append(f.flags(res.Latent), f.Flags...)
	}
	if c.opt.ItemFit {
		if err := c.itemFit(ctx, s, g, res); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// leastSlope keeps b = −d/a finite for an item that does not discriminate.
const leastSlope = 1e-6

func (c *calibration) params(p coef) ItemParams {
	a := p.a
	if math.Abs(a) < leastSlope {
		a = math.Copysign(leastSlope, a)
	}
	return ItemParams{A: p.a, B: -p.d / a, C: p.c}
}

// reliability is the share of the variance of EAP scores and their errors that
// is the scores'.
func (e *expected) reliability(g grid) float64 {
	var mean float64
	for k, n := range e.nodes[:g.nodes] {
		mean += n * g.theta[k]
	}
	mean /= e.persons
	between := max(0, e.meanSquare/e.persons-mean*mean)
	within := e.variance / e.persons
	if between+within == 0 {
		return 0
	}
	return between / (between + within)
}
