package irt

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// Attribution divides a learner's EAP among the answers it rests on.
type Attribution struct {
	Ability           // EAP and posterior SD under Prior
	Prior   Normal    // where θ stands without answers
	Pulls   []float64 // one an answer, in θ units: Prior.Mean + ΣPulls = Theta
}

// Attribute computes the EAP of a learner (Bock & Mislevy 1982) and how far each
// answer pulls it away from the prior's mean.
//
// A pull is the answer's Aumann–Shapley value (Aumann & Shapley 1974): all the
// evidence is let in at one pace, from none (t = 0) to all (t = 1), under the
// posterior ∝ prior · exp(t·ΣL) with L an answer's log-likelihood. Then
// dθ/dt = Σ Cov(θ, L), and the answer's pull is ∫₀¹ Cov(θ, L) dt (the path of
// Gelman & Meng 1998). So the pulls add up to θ − Prior.Mean, to 1e-8; equal answers pull alike and their order does not matter;
// and since L is monotone in θ, a correct answer to an item with a > 0 never
// pulls down, nor a wrong one up. A pull depends on the other answers: the more
// there are, the less each weighs.
//
// θ is that of [Scorer.EAPWithPrior] to 1e-5, which is what the coarser nodes
// there cost. Arguments and errors are its; without answers θ is the prior.
func (s *Scorer) Attribute(items []int32, correct []bool, prior Normal) (Attribution, error) {
	if err := prior.Validate(); err != nil {
		return Attribution{}, err
	}
	if err := s.load(&scratch{}, items, correct); err != nil {
		return Attribution{}, err
	}
	out := Attribution{Ability: Ability{Theta: prior.Mean, SE: prior.SD}, Prior: prior, Pulls: make([]float64, len(items))}
	if len(items) == 0 {
		return out, nil
	}
	bank := make([]ItemParams, len(items))
	for i, item := range items {
		bank[i] = s.items[item]
	}
	q := s.pathQuadrature(prior)
	p := newPath(q, prior, bank, correct)
	if coarsest := resolvedPath * p.at(1).SE; p.spacing() > coarsest {
		q.Nodes = min(maxNodes, int(math.Ceil((q.Max-q.Min)*prior.SD/coarsest))+1)
		p = newPath(q, prior, bank, correct)
	}
	out.Ability = p.at(1)
	flow := p.flow(out.Theta)
	for i, item := range bank {
		out.Pulls[i] = dot(flow, logLikelihood(item, correct[i], p.theta))
	}
	return out, nil
}

const (
	pathNodes    = 241 // steep items bend on a fraction of the prior's SD
	resolvedPath = 0.8 // node spacings to a posterior SD: the sum is the integral to 1e-13
)

// pathQuadrature reaches as far as the estimate that is explained does.
func (s *Scorer) pathQuadrature(prior Normal) Quadrature {
	q := topicQuadrature
	if s.resolves(prior) || prior == s.prior {
		shift, scale := (s.prior.Mean-prior.Mean)/prior.SD, s.prior.SD/prior.SD
		q.Min, q.Max = shift+scale*s.quad.Min, shift+scale*s.quad.Max
	}
	q.Nodes = max(pathNodes, s.quad.Nodes)
	return q
}

// path is the tempered posterior on a grid.
type path struct {
	theta, base []float64 // nodes and the prior's log weights
	total       []float64 // log-likelihood of all answers
	weight      []float64 // of the posterior at the t last asked for; scratch
}

func newPath(q Quadrature, prior Normal, items []ItemParams, correct []bool) *path {
	g := newGrid(q, prior)
	p := &path{theta: g.theta[:g.nodes], base: g.base[:g.nodes], total: make([]float64, g.nodes), weight: make([]float64, g.nodes)}
	for i, item := range items {
		for k, l := range logLikelihood(item, correct[i], p.theta) {
			p.total[k] += l
		}
	}
	return p
}

func (p *path) spacing() float64 { return p.theta[1] - p.theta[0] }

// at is the posterior that lets in the share t of the evidence; its weights stay
// in p.weight.
func (p *path) at(t float64) Ability {
	top := math.Inf(-1)
	for k, l := range p.total {
		p.weight[k] = p.base[k] + t*l
		top = max(top, p.weight[k])
	}
	var sum, mean, square float64
	for k, w := range p.weight {
		p.weight[k] = math.Exp(w - top)
		sum += p.weight[k]
		mean += p.weight[k] * p.theta[k]
	}
	mean /= sum
	for k := range p.weight {
		p.weight[k] /= sum
		d := p.theta[k] - mean
		square += p.weight[k] * d * d
	}
	return Ability{Theta: mean, SE: math.Sqrt(square)}
}

const (
	pathTol    = 1e-10 // of the sum of pulls, in prior SDs
	pathPoints = 16    // Gauss–Legendre points a panel
	pathSplits = 8     // halvings of all panels, at most
)

// flow is ∫₀¹ w(t)·(θ − E_t θ) dt node by node, w being the posterior's weights:
// its product with a log-likelihood is that answer's pull, so that the integral
// is taken once for all answers. The posterior moves fastest where little
// evidence is in, hence panels that double in length; they are halved until the
// pulls add up.
func (p *path) flow(theta float64) []float64 {
	start, end := p.at(0), p.at(1)
	edges := []float64{0}
	for first := math.Exp2(-math.Ceil(2 + 2*math.Log2(max(1, start.SE/end.SE)))); first < 1; first *= 2 {
		edges = append(edges, first)
	}
	edges = append(edges, 1)
	for split := 0; ; split++ {
		flow := p.integrate(edges)
		if math.Abs(dot(flow, p.total)-(theta-start.Theta)) <= pathTol*start.SE || split == pathSplits {
			return flow
		}
		var halved []float64
		for i, e := range edges[1:] {
			halved = append(halved, edges[i], (edges[i]+e)/2)
		}
		edges = append(halved, 1)
	}
}

func (p *path) integrate(edges []float64) []float64 {
	flow := make([]float64, len(p.theta))
	x, w := make([]float64, pathPoints), make([]float64, pathPoints)
	for i, end := range edges[1:] {
		quad.Legendre{}.FixedLocations(x, w, edges[i], end)
		for j, t := range x {
			mean := p.at(t).Theta
			for k, weight := range p.weight {
				flow[k] += w[j] * weight * (p.theta[k] - mean)
			}
		}
	}
	return flow
}

// logLikelihood is that of one answer at each node.
func logLikelihood(item ItemParams, correct bool, theta []float64) []float64 {
	out, p := make([]float64, len(theta)), coefOf(item)
	for k, t := range theta {
		if c := p.curve(t); correct {
			out[k] = c.logP
		} else {
			out[k] = c.logQ
		}
	}
	return out
}

func dot(x, y []float64) float64 {
	var sum float64
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}
