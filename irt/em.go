package irt

import (
	"context"
	"math"
)

// cycle is one EM cycle from s: an E step there and an M step to the next
// point. objective is the log-likelihood with priors at s.
func (c *calibration) cycle(ctx context.Context, s state) (next state, objective float64, err error) {
	g := newGrid(c.opt.Quadrature, s.latent)
	e, err := c.expectation(ctx, s, g)
	if err != nil {
		return state{}, 0, err
	}
	objective = e.logLikelihood + c.logPrior(s)
	next = state{items: make([]coef, len(s.items)), latent: s.latent}
	spans := rangesOf(len(s.items), itemSpan)
	none := func() struct{} { return struct{}{} }
	err = parallel(ctx, c.opt.Workers, len(spans), none, func(i int, _ struct{}) {
		for j := spans[i].first; j < spans[i].end; j++ {
			next.items[j] = c.maximiseItem(j, s.items[j], e, g)
		}
	})
	if err != nil {
		return state{}, 0, err
	}
	c.moveLatent(&next, e, g)
	c.cycles++
	if c.opt.Progress != nil {
		c.opt.Progress(Progress{Cycle: c.cycles, LogLikelihood: e.logLikelihood, Change: c.distance(s, next)})
	}
	return next, objective, nil
}

// expectation is the E step with the log-likelihood completed.
func (c *calibration) expectation(ctx context.Context, s state, g grid) (*expected, error) {
	e, err := c.estep.run(ctx, s.items, g)
	if err != nil {
		return nil, err
	}
	if c.estep.curves.delta == nil {
		for j, p := range s.items {
			e.logLikelihood += p.d * c.correct[j]
		}
	}
	return e, nil
}

func (c *calibration) maximiseItem(j int, from coef, e *expected, g grid) coef {
	if c.free[j] == (freedom{}) {
		return from
	}
	stride := g.stride()
	o := itemObjective{free: c.free[j], slope: c.opt.PriorA, guess: c.opt.PriorC, data: itemData{
		theta: g.theta[:g.nodes], n: e.n[j*stride:][:g.nodes],
		correct: c.correct[j], correctTheta: e.theta[2*j+1],
	}}
	if e.r != nil {
		o.data.useCounts(e.r[j*stride:][:g.nodes])
	}
	return o.maximise(from)
}

// useCounts takes Σr and Σrθ from expected correct counts by node.
func (d *itemData) useCounts(r []float64) {
	d.r = r
	d.correctTheta = 0
	for k, x := range r {
		d.correctTheta += x * d.theta[k]
	}
}

// moveLatent updates the population from the expected distribution of θ
// (moments of Bock & Aitkin 1981, eq. 14). Where mean or SD are fixed at 0 and
// 1, parameter expansion estimates them all the same and folds them into the
// items (Liu, Rubin & Wu 1998): the likelihood is the same and EM's two
// slowest directions are gone.
func (c *calibration) moveLatent(s *state, e *expected, g grid) {
	var sum, first, second float64
	for k, theta := range g.theta[:g.nodes] {
		sum += e.nodes[k]
		first += e.nodes[k] * theta
		second += e.nodes[k] * theta * theta
	}
	mean, square := first/sum, second/sum
	sd := math.Sqrt(max(square-mean*mean, 1e-8))
	switch {
	case c.freeMean:
		s.latent = Normal{Mean: mean, SD: sd}
	case !c.expand && c.freeSD:
		s.latent.SD = math.Sqrt(square)
	case c.expand:
		scale := sd
		if c.freeSD {
			s.latent.SD, scale = sd, 1
		}
		for j, p := range s.items {
			s.items[j].d = clamp(p.d+p.a*mean, -maxIntercept, maxIntercept)
			s.items[j].a = clamp(p.a*scale, -maxSlope, maxSlope)
		}
	}
}

func (c *calibration) logPrior(s state) float64 {
	var sum float64
	for j, p := range s.items {
		if c.opt.PriorA != nil && c.free[j].slope {
			value, _, _ := c.opt.PriorA.logDensity(p.a)
			sum += value
		}
		if c.opt.PriorC != nil && c.free[j].guess {
			value, _, _ := c.opt.PriorC.logDensity(logit(p.c))
			sum += value
		}
	}
	return sum
}

// distance is the largest difference in any free parameter.
func (c *calibration) distance(s, t state) float64 {
	d := max(math.Abs(s.latent.Mean-t.latent.Mean), math.Abs(math.Log(s.latent.SD/t.latent.SD)))
	for j := range s.items {
		d = max(d, s.items[j].distance(t.items[j]))
	}
	return d
}

// accelerate runs EM with SQUAREM extrapolation (Varadhan & Roland 2008,
// scheme S3 with a monotone safeguard): from x0 two EM cycles give x1 and x2;
// with r = x1 − x0 and v = (x2 − x1) − r the next point is
// x0 + 2αr + α²v, α = ‖r‖/‖v‖, and one EM cycle steadies it. A point that
// would lower the objective is given up for x2.
func (c *calibration) accelerate(ctx context.Context) (state, error) {
	x0 := c.initial()
	longest := 4.0
	for {
		x1, _, err := c.cycle(ctx, x0)
		if err != nil || c.done(x0, x1) {
			return x1, err
		}
		x2, before, err := c.cycle(ctx, x1)
		if err != nil || c.done(x1, x2) {
			return x2, err
		}
		y, alpha := c.extrapolate(x0, x1, x2, longest)
		x3, after, err := c.cycle(ctx, y)
		if err != nil {
			return x2, err
		}
		switch {
		case !(after >= before-rounding*math.Abs(before)):
			longest = max(1, longest/2)
			x3 = x2
		case c.done(y, x3):
			return x3, nil
		case alpha == longest:
			longest *= 4
		}
		x0 = x3
	}
}

// done also ends a fit that has used up its cycles.
func (c *calibration) done(s, t state) bool {
	c.converged = c.distance(s, t) < c.opt.Tol
	return c.converged || c.cycles >= c.opt.MaxCycles
}

// extrapolate takes SQUAREM's step, of length α in [1, longest]; α = 1 is x2.
func (c *calibration) extrapolate(x0, x1, x2 state, longest float64) (y state, alpha float64) {
	v0, v1, v2 := c.vector(x0), c.vector(x1), c.vector(x2)
	var rr, vv float64
	for i := range v0 {
		r := v1[i] - v0[i]
		v := v2[i] - v1[i] - r
		rr += r * r
		vv += v * v
	}
	alpha = longest
	if vv > 0 {
		alpha = clamp(math.Sqrt(rr/vv), 1, longest)
	}
	for i := range v0 {
		r := v1[i] - v0[i]
		v := v2[i] - v1[i] - r
		v0[i] += 2*alpha*r + alpha*alpha*v
	}
	return c.point(x2, v0), alpha
}

// vector lists the free parameters on the scales they are extrapolated on:
// logit c would run to −∞ with every item that needs no guessing, and drown the
// rest.
func (c *calibration) vector(s state) []float64 {
	var v []float64
	for j, p := range s.items {
		if c.free[j].slope {
			v = append(v, p.a)
		}
		if c.free[j].intercept {
			v = append(v, p.d)
		}
		if c.free[j].guess {
			v = append(v, p.c)
		}
	}
	if c.freeMean {
		v = append(v, s.latent.Mean)
	}
	if c.freeSD {
		v = append(v, math.Log(s.latent.SD))
	}
	return v
}

// point is the inverse of vector; what is fixed comes from s. A slope that
// left the side of zero its prior allows stays where s has it.
func (c *calibration) point(s state, v []float64) state {
	take := func() float64 {
		x := v[0]
		v = v[1:]
		return x
	}
	out := state{items: make([]coef, len(s.items)), latent: s.latent}
	for j, p := range s.items {
		if c.free[j].slope {
			if a := take(); c.opt.PriorA == nil || a > 0 {
				p.a = clamp(a, -maxSlope, maxSlope)
			}
		}
		if c.free[j].intercept {
			p.d = clamp(take(), -maxIntercept, maxIntercept)
		}
		if c.free[j].guess {
			p.c = clamp(take(), leastGuess, mostGuess)
		}
		out.items[j] = p
	}
	if c.freeMean {
		out.latent.Mean = take()
	}
	if c.freeSD {
		out.latent.SD = math.Exp(clamp(take(), -10, 10))
	}
	return out
}
