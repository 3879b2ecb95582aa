package irt

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// freedom says which parameters of an item are estimated.
type freedom struct {
	slope, intercept, guess bool
}

// Bounds within which estimates stay when the likelihood has no maximum, as
// with answers that separate perfectly. Real items are far inside.
const (
	maxSlope     = 25
	maxIntercept = 60
	leastGuess   = 1e-6
	mostGuess    = 0.99
	newtonSteps  = 8
	newtonTol    = 1e-7

	// rounding is how far, relatively, two equal objectives may seem to differ.
	rounding = 1e-13
)

// itemData are one item's expected counts at the nodes.
type itemData struct {
	theta, n, r           []float64 // r only with guessing
	correct, correctTheta float64   // Σr and Σrθ
}

// itemObjective is the part of the expected complete-data log-likelihood, with
// priors, that one item has (Bock & Aitkin 1981, eq. 12).
type itemObjective struct {
	data  itemData
	free  freedom
	slope *LogNormal
	guess *LogitNormal
}

// gradient is the objective's value, gradient and Fisher information at p over
// (a, d, logit c).
type gradient struct {
	value float64
	g     [3]float64
	h     [3][3]float64
}

// maximise takes Newton steps (Fisher scoring with guessing) from p, halving
// any that does not climb, until no parameter moves by newtonTol.
func (o *itemObjective) maximise(p coef) coef {
	at := o.evaluate(p)
	for range newtonSteps {
		step, ok := at.solve(o.free)
		if !ok {
			break
		}
		moved, next := false, at
		var q coef
		for scale := 1.0; scale > 1e-6; scale /= 2 {
			q = p.move(step, scale)
			if o.slope != nil && q.a <= 0 {
				continue
			}
			if next = o.evaluate(q); next.value >= at.value-rounding*math.Abs(at.value) {
				moved = true
				break
			}
		}
		if !moved {
			break
		}
		change := p.distance(q)
		p, at = q, next
		if change < newtonTol {
			break
		}
	}
	return p
}

// evaluate computes value, gradient and information at p.
func (o *itemObjective) evaluate(p coef) gradient {
	var out gradient
	if o.free.guess || p.c > 0 {
		o.data.guessing(p, &out)
	} else {
		o.data.logistic(p, &out)
	}
	o.priors(p, &out)
	return out
}

// logistic is the case c = 0, where Σr and Σrθ are sufficient.
func (d *itemData) logistic(p coef, out *gradient) {
	out.value = p.a*d.correctTheta + p.d*d.correct
	out.g[0], out.g[1] = d.correctTheta, d.correct
	for k, n := range d.n {
		if n == 0 {
			continue
		}
		theta := d.theta[k]
		z := p.a*theta + p.d
		e := math.Exp(-math.Abs(z))
		prob := 1 / (1 + e)
		out.value -= n * (math.Log1p(e) + max(z, 0))
		w := n * e * prob * prob
		if z < 0 {
			prob = 1 - prob
		}
		out.g[0] -= n * prob * theta
		out.g[1] -= n * prob
		out.h[0][0] += w * theta * theta
		out.h[0][1] += w * theta
		out.h[1][1] += w
	}
}

// guessing is the case c > 0: Fisher scoring on (a, d, logit c).
func (d *itemData) guessing(p coef, out *gradient) {
	for k, n := range d.n {
		if n == 0 {
			continue
		}
		c := p.curve(d.theta[k])
		r := d.r[k]
		out.value += r*c.logP + (n-r)*c.logQ
		residual := (r - n*c.p) / (c.p * c.q)
		weight := n / (c.p * c.q)
		for i, di := range c.grad {
			out.g[i] += residual * di
			for j := i; j < 3; j++ {
				out.h[i][j] += weight * di * c.grad[j]
			}
		}
	}
}

// curve is the response function at one θ and its derivatives in a, d and
// logit c.
type curve struct {
	p, q, logP, logQ float64
	grad             [3]float64
}

func (p coef) curve(theta float64) curve {
	z := p.a*theta + p.d
	l, m := logistic(z), logistic(-z)
	c := curve{q: (1 - p.c) * m}
	c.p = p.c + (1-p.c)*l
	c.logQ = math.Log1p(-p.c) - softplus(z)
	c.logP = logOdds(z, p.c) - softplus(z)
	slope := (1 - p.c) * l * m
	c.grad = [3]float64{slope * theta, slope, m * p.c * (1 - p.c)}
	return c
}

func (o *itemObjective) priors(p coef, out *gradient) {
	if o.slope != nil && o.free.slope {
		value, g, h := o.slope.logDensity(p.a)
		out.value += value
		out.g[0] += g
		out.h[0][0] += max(0, -h)
	}
	if o.guess != nil && o.free.guess {
		value, g, h := o.guess.logDensity(logit(p.c))
		out.value += value
		out.g[2] += g
		out.h[2][2] -= h
	}
}

// logDensity is the log density at a without its constant, and its first two
// derivatives.
func (l LogNormal) logDensity(a float64) (value, first, second float64) {
	x, s2 := math.Log(a)-l.Mean, l.SD*l.SD
	value = -math.Log(a) - x*x/(2*s2)
	first = -(1 + x/s2) / a
	second = (1 + (x-1)/s2) / (a * a)
	return value, first, second
}

// logDensity is the log density at logit c without its constant, and its first
// two derivatives.
func (l LogitNormal) logDensity(logitC float64) (value, first, second float64) {
	x, s2 := logitC-l.Mean, l.SD*l.SD
	return -x * x / (2 * s2), -x / s2, -1 / s2
}

// solve gives the Newton step over the free parameters, false when the
// information is not positive definite.
func (g *gradient) solve(free freedom) (step [3]float64, ok bool) {
	if !free.guess {
		return g.solve2(free)
	}
	var index []int
	for i, f := range []bool{free.slope, free.intercept, free.guess} {
		if f {
			index = append(index, i)
		}
	}
	h, b := mat.NewSymDense(len(index), nil), mat.NewVecDense(len(index), nil)
	for i, gi := range index {
		b.SetVec(i, g.g[gi])
		for j := i; j < len(index); j++ {
			h.SetSym(i, j, g.h[gi][index[j]])
		}
		// A ridge far below any information that matters keeps a flat
		// direction (c of an easy item) from making the step infinite.
		h.SetSym(i, i, h.At(i, i)*(1+1e-10)+1e-12)
	}
	var chol mat.Cholesky
	if !chol.Factorize(h) {
		return step, false
	}
	var x mat.VecDense
	if chol.SolveVecTo(&x, b) != nil {
		return step, false
	}
	for i, gi := range index {
		step[gi] = x.AtVec(i)
	}
	return step, true
}

// solve2 is solve without guessing, by hand: it runs a few times an item and
// cycle.
func (g *gradient) solve2(free freedom) (step [3]float64, ok bool) {
	switch {
	case free.slope && free.intercept:
		det := g.h[0][0]*g.h[1][1] - g.h[0][1]*g.h[0][1]
		if !(det > 0) {
			return step, false
		}
		step[0] = (g.h[1][1]*g.g[0] - g.h[0][1]*g.g[1]) / det
		step[1] = (g.h[0][0]*g.g[1] - g.h[0][1]*g.g[0]) / det
	case free.intercept:
		if !(g.h[1][1] > 0) {
			return step, false
		}
		step[1] = g.g[1] / g.h[1][1]
	}
	return step, true
}

func (p coef) move(step [3]float64, scale float64) coef {
	q := coef{
		a: clamp(p.a+scale*step[0], -maxSlope, maxSlope),
		d: clamp(p.d+scale*step[1], -maxIntercept, maxIntercept),
		c: p.c,
	}
	if step[2] != 0 {
		q.c = clamp(logistic(logit(p.c)+scale*step[2]), leastGuess, mostGuess)
	}
	return q
}

func (p coef) distance(q coef) float64 {
	d := max(math.Abs(p.a-q.a), math.Abs(p.d-q.d))
	return max(d, math.Abs(p.c-q.c))
}

func clamp(x, lo, hi float64) float64 { return min(max(x, lo), hi) }
