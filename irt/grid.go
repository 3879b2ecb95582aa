package irt

import (
	"math"

	"sextant/irt/internal/kernel"
)

// grid is a quadrature placed on a population: node k is at theta[k] with log
// weight base[k]. Rows are padded to the kernel's width; padding nodes weigh
// nothing.
type grid struct {
	theta, base []float64
	nodes       int
}

// newGrid places the nodes at prior.Mean + prior.SD·x with weights normalised
// to sum 1 (Bock & Aitkin 1981, eq. 7).
func newGrid(q Quadrature, prior Normal) grid {
	stride := kernel.Pad(q.Nodes)
	g := grid{theta: make([]float64, stride), base: make([]float64, stride), nodes: q.Nodes}
	var sum float64
	for k := range q.Nodes {
		x := q.node(k)
		g.theta[k] = prior.Mean + prior.SD*x
		g.base[k] = -x * x / 2
		sum += math.Exp(g.base[k])
	}
	norm := math.Log(sum)
	for k := range g.base {
		if k < q.Nodes {
			g.base[k] -= norm
		} else {
			g.base[k] = kernel.Masked
		}
	}
	return g
}

// node is the k-th node in prior SDs.
func (q Quadrature) node(k int) float64 {
	if k == q.Nodes-1 {
		return q.Max
	}
	return q.Min + float64(k)*q.spacing()
}

func (g grid) stride() int { return len(g.theta) }

// coef is an item in slope-intercept form: logit of the logistic part is
// a·θ + d. The engine estimates a and d because their errors are nearly
// normal; b = −d/a is computed at the end.
type coef struct{ a, d, c float64 }

func coefOf(p ItemParams) coef { return coef{a: p.A, d: -p.A * p.B, c: p.C} }

// curves tabulates items at the nodes of a grid: logQ holds a row log(1 − P)
// an item; delta, only where some item has guessing, a row log(P / (1 − P)).
// Without guessing log odds are a·θ + d, which needs no table: slope, indexed
// by packed answer, is a for a correct one and 0 otherwise.
type curves struct {
	logQ, delta []float64
	slope       []float64
	stride      int
}

func newCurves(items int, guessing bool, stride int) *curves {
	t := &curves{logQ: make([]float64, items*stride), slope: make([]float64, 2*items), stride: stride}
	if guessing {
		t.delta = make([]float64, items*stride)
	}
	return t
}

// set tabulates one item.
func (t *curves) set(item int, p coef, g grid) {
	logQ := t.logQ[item*t.stride:][:g.nodes]
	if t.delta == nil {
		t.slope[2*item+1] = p.a
		for k := range logQ {
			logQ[k] = -softplus(p.a*g.theta[k] + p.d)
		}
		return
	}
	delta := t.delta[item*t.stride:][:g.nodes]
	log1c := math.Log1p(-p.c)
	for k := range logQ {
		z := p.a*g.theta[k] + p.d
		logQ[k] = log1c - softplus(z)
		delta[k] = logOdds(z, p.c) - log1c
	}
}

// logOdds is log(c + exp(z)): with c = 0 it is z itself.
func logOdds(z, c float64) float64 {
	if c == 0 {
		return z
	}
	if z > 0 {
		return z + math.Log1p(c*math.Exp(-z))
	}
	return math.Log(c + math.Exp(z))
}
