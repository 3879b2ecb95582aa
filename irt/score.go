package irt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"

	"sextant/irt/internal/kernel"
)

// Scorer estimates abilities from a bank of calibrated items and a population.
// It tabulates the bank once; afterwards an answer costs one table row. It is
// safe for concurrent use.
type Scorer struct {
	items  []ItemParams
	prior  Normal
	quad   Quadrature
	grid   grid
	curves *curves
	pool   sync.Pool // *scratch
}

// NewScorer tabulates items at the nodes prior.Mean + prior.SD·[q.Min, q.Max];
// a zero q is DefaultQuadrature. Unusable parameters (not finite, c outside
// [0, 1)) give an *ItemError.
func NewScorer(items []ItemParams, prior Normal, q Quadrature) (*Scorer, error) {
	q = q.orDefault()
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if err := prior.Validate(); err != nil {
		return nil, err
	}
	guessing := false
	for i, p := range items {
		if err := p.Validate(); err != nil {
			return nil, &ItemError{Item: i, Err: err}
		}
		guessing = guessing || p.C > 0
	}
	s := &Scorer{items: items, prior: prior, quad: q, grid: newGrid(q, prior)}
	s.curves = newCurves(len(items), guessing, s.grid.stride())
	spans := rangesOf(len(items), itemSpan)
	none := func() struct{} { return struct{}{} }
	err := parallel(context.Background(), runtime.GOMAXPROCS(0), len(spans), none, func(i int, _ struct{}) {
		for j := spans[i].first; j < spans[i].end; j++ {
			s.curves.set(j, coefOf(items[j]), s.grid)
		}
	})
	if err != nil {
		return nil, err
	}
	s.pool.New = func() any { return newScratch(s.grid.stride()) }
	return s, nil
}

// Items is the number of items in the bank.
func (s *Scorer) Items() int { return len(s.items) }

// Params are the parameters of one item.
func (s *Scorer) Params(item int) ItemParams { return s.items[item] }

// Prior is the population the scorer assumes.
func (s *Scorer) Prior() Normal { return s.prior }

// EAP is the mean and SD of θ's posterior (Bock & Mislevy 1982) given the
// answers: items are numbers of the bank, correct their verdicts, both of one
// length. Without answers it is the prior. An unknown item or unequal lengths
// are an error. The same item given twice counts twice. The integral is the sum
// over the nodes, or, when the posterior is narrower than they resolve, over a
// finer grid around its peak.
func (s *Scorer) EAP(items []int32, correct []bool) (Ability, error) {
	w := s.pool.Get().(*scratch)
	defer s.pool.Put(w)
	if err := s.load(w, items, correct); err != nil {
		return Ability{}, err
	}
	if len(items) == 0 {
		return Ability{Theta: s.prior.Mean, SE: s.prior.SD}, nil
	}
	return s.eap(w, s.grid.base), nil
}

// EAPWithPrior is EAP under another prior than the population's, as for the θ
// of one topic given the learner's others. While the scorer's nodes resolve
// that prior they are weighted anew; otherwise nodes are laid for it, which
// costs an exponential an answer and node. Both agree within 1e-6.
func (s *Scorer) EAPWithPrior(items []int32, correct []bool, prior Normal) (Ability, error) {
	if err := prior.Validate(); err != nil {
		return Ability{}, err
	}
	w := s.pool.Get().(*scratch)
	defer s.pool.Put(w)
	if err := s.load(w, items, correct); err != nil {
		return Ability{}, err
	}
	if len(items) == 0 {
		return Ability{Theta: prior.Mean, SE: prior.SD}, nil
	}
	if !s.resolves(prior) {
		return s.eapDirect(items, correct, prior), nil
	}
	base := make([]float64, len(s.grid.base))
	for k := range base {
		base[k] = kernel.Masked
		if k < s.grid.nodes {
			x := (s.grid.theta[k] - prior.Mean) / prior.SD
			base[k] = -x * x / 2
		}
	}
	return s.eap(w, base), nil
}

// resolves tells whether the scorer's nodes integrate under a prior: spaced by
// no more than half its SD and reaching 6 SD either way.
func (s *Scorer) resolves(prior Normal) bool {
	lo, hi := s.prior.Mean+s.prior.SD*s.quad.Min, s.prior.Mean+s.prior.SD*s.quad.Max
	return s.prior.SD*s.quad.spacing() <= prior.SD/2 && prior.Mean-6*prior.SD >= lo && prior.Mean+6*prior.SD <= hi
}

// topicQuadrature reaches further than the population's: answers can contradict
// a learner's narrow prior more than a population's.
var topicQuadrature = Quadrature{Nodes: 101, Min: -10, Max: 10}

// eapDirect is EAP on nodes of the prior's own.
func (s *Scorer) eapDirect(items []int32, correct []bool, prior Normal) Ability {
	g := newGrid(topicQuadrature, prior)
	w := newScratch(g.stride())
	copy(w.base, g.base)
	for i, item := range items {
		p := coefOf(s.items[item])
		for k, theta := range g.theta[:g.nodes] {
			c := p.curve(theta)
			if correct[i] {
				w.base[k] += c.logP
			} else {
				w.base[k] += c.logQ
			}
		}
	}
	w.logs, w.slope = w.base, 0
	return w.ability(kernel.Posterior(w.post, w.base, g.theta, 0), g)
}

// load puts packed answers into w.rows.
func (s *Scorer) load(w *scratch, items []int32, correct []bool) error {
	if len(items) != len(correct) {
		return fmt.Errorf("%w: %d items with %d verdicts", ErrOptions, len(items), len(correct))
	}
	w.packed = w.packed[:0]
	for i, item := range items {
		if item < 0 || int(item) >= len(s.items) {
			return fmt.Errorf("%w %d: the bank has %d", ErrUnknownItem, item, len(s.items))
		}
		x := uint32(item) << 1
		if correct[i] {
			x |= 1
		}
		w.packed = append(w.packed, x)
	}
	return nil
}

func (s *Scorer) eap(w *scratch, base []float64) Ability {
	w.rows = w.rows[:0]
	for _, x := range w.packed {
		w.rows = append(w.rows, x>>1)
	}
	copy(w.base, base)
	kernel.SumRows(w.base, s.curves.logQ, w.rows)
	return w.ability(s.curves.posterior(w, w.packed, s.grid), s.grid)
}

// ability turns posterior moments into mean and SD. A posterior narrower than
// the nodes resolve, as after hundreds of answers, is integrated on a finer
// grid around its peak.
func (w *scratch) ability(m kernel.Moments, g grid) Ability {
	mean := m.Theta / m.Sum
	sd := math.Sqrt(max(0, m.Square/m.Sum-mean*mean))
	if sd < resolved*(g.theta[1]-g.theta[0]) && g.nodes > stencil {
		return w.refine(g)
	}
	return Ability{Theta: mean, SE: sd}
}

const (
	// resolved is the SD, in node spacings, from which the sum over the nodes
	// is the integral to within exp(−2π²·resolved²) ≈ 1.5e-5 of a spacing.
	resolved = 0.75
	stencil  = 9  // nodes interpolated
	finer    = 32 // points to a node spacing
)

// refine interpolates the log posterior around its peak by the polynomial
// through nine nodes, which is exact to 1e-4 and better since item curves are
// smooth on the scale of a node, and integrates its exponential. Where even
// the finer grid holds a single point the SD is half its spacing.
func (w *scratch) refine(g grid) Ability {
	peak := 0
	log := func(k int) float64 { return w.logs[k] + w.slope*g.theta[k] }
	for k := range g.nodes {
		if log(k) > log(peak) {
			peak = k
		}
	}
	first := min(max(peak-stencil/2, 0), g.nodes-stencil)
	var weight, value [stencil]float64 // barycentric (Berrut & Trefethen 2004)
	for i := range stencil {
		weight[i], value[i] = 1, log(first+i)-log(peak)
		for j := range stencil {
			if j != i {
				weight[i] /= float64(i - j)
			}
		}
	}
	var sum, mean, square float64 // in spacings from the first node
	top := math.Inf(-1)
	for step := range (stencil-1)*finer + 1 {
		x := float64(step) / finer
		y := interpolate(x, &weight, &value)
		if y > top {
			scale := math.Exp(top - y)
			top = y
			sum, mean, square = sum*scale, mean*scale, square*scale
		}
		p := math.Exp(y - top)
		sum += p
		mean += p * x
		square += p * x * x
	}
	mean /= sum
	sd := math.Sqrt(max(square/sum-mean*mean, 0.25/(finer*finer)))
	spacing := g.theta[1] - g.theta[0]
	return Ability{Theta: g.theta[first] + spacing*mean, SE: spacing * sd}
}

// interpolate is the polynomial through value at 0, 1, … at x.
func interpolate(x float64, weight, value *[stencil]float64) float64 {
	var above, below float64
	for i := range stencil {
		d := x - float64(i)
		if d == 0 {
			return value[i]
		}
		above += weight[i] / d * value[i]
		below += weight[i] / d
	}
	return above / below
}

// EAPAll scores every person of r, whose item numbers are the bank's; persons
// without answers get the prior. workers ≤ 0 means GOMAXPROCS; it never changes
// the result.
func (s *Scorer) EAPAll(ctx context.Context, r *Responses, workers int) ([]Ability, error) {
	if r.Items() > len(s.items) {
		return nil, fmt.Errorf("%w: answers to %d items, the bank has %d", ErrUnknownItem, r.Items(), len(s.items))
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	out := make([]Ability, r.Persons())
	for p := range out {
		out[p] = Ability{Theta: s.prior.Mean, SE: s.prior.SD}
	}
	data := newLayout(r, false, 0)
	err := parallel(ctx, workers, len(data.chunks), func() *scratch { return newScratch(s.grid.stride()) }, func(i int, w *scratch) {
		for b := data.chunks[i].first; b < data.chunks[i].end; b++ {
			s.scoreBlock(data, data.blocks[b], w, out)
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// scoreBlock scores persons who share their items.
func (s *Scorer) scoreBlock(data *layout, b span, w *scratch, out []Ability) {
	w.rows = w.rows[:0]
	for _, x := range data.answers(b.first) {
		w.rows = append(w.rows, x>>1)
	}
	copy(w.base, s.grid.base)
	kernel.SumRows(w.base, s.curves.logQ, w.rows)
	for i := b.first; i < b.end; i++ {
		out[data.person[i]] = w.ability(s.curves.posterior(w, data.answers(i), s.grid), s.grid)
	}
}

// MAPAll scores every person of r by MAP, as EAPAll does by EAP.
func (s *Scorer) MAPAll(ctx context.Context, r *Responses, workers int) ([]Ability, error) {
	return s.scoreAll(ctx, r, workers, s.MAP)
}

// WLEAll scores every person of r by WLE, as EAPAll does by EAP.
func (s *Scorer) WLEAll(ctx context.Context, r *Responses, workers int) ([]Ability, error) {
	return s.scoreAll(ctx, r, workers, s.WLE)
}

const personSpan = 256

func (s *Scorer) scoreAll(ctx context.Context, r *Responses, workers int, score func([]int32, []bool) (Ability, error)) ([]Ability, error) {
	if r.Items() > len(s.items) {
		return nil, fmt.Errorf("%w: answers to %d items, the bank has %d", ErrUnknownItem, r.Items(), len(s.items))
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	out := make([]Ability, r.Persons())
	failed := make([]error, r.Persons())
	spans := rangesOf(r.Persons(), personSpan)
	type answers struct {
		items   []int32
		correct []bool
	}
	err := parallel(ctx, workers, len(spans), func() *answers { return &answers{} }, func(i int, w *answers) {
		for p := spans[i].first; p < spans[i].end; p++ {
			w.items, w.correct = w.items[:0], w.correct[:0]
			for _, x := range r.of(p) {
				w.items, w.correct = append(w.items, int32(x>>1)), append(w.correct, x&1 == 1)
			}
			out[p], failed[p] = score(w.items, w.correct)
		}
	})
	if err != nil {
		return nil, err
	}
	return out, errors.Join(failed...)
}
