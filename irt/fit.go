package irt

import (
	"context"
	"math"
)

// Result is a calibration.
type Result struct {
	Model Model
	// Items has one entry for each of the responses' items, by number; an item
	// that was set aside has Dropped set and no parameters.
	Items []ItemFit
	// Latent is the population's distribution: N(0, 1) unless the model or the
	// anchors free it.
	Latent   Normal
	LatentSE Normal // its standard errors, with Options.SE, where it is free
	SEMethod SEMethod

	LogLikelihood float64 // marginal, priors excluded
	LogPrior      float64 // of the priors in force, constants left out
	Iterations    int     // E steps taken
	Converged     bool
	Persons       int // persons with at least one answer that counted
	Answers       int // answers that counted

	// Reliability is the empirical reliability of the EAP scores in the
	// sample, Var(θ̂) / (Var(θ̂) + mean SE²), in [0, 1].
	Reliability float64
}

// ItemFit is what a calibration says of one item.
type ItemFit struct {
	Params   ItemParams
	SE       ItemSE // zero unless Options.SE; zero for a fixed parameter
	N        int    // answers
	PCorrect float64
	Flags    []Flag
	Fit      *FitStatistics // nil unless Options.ItemFit
	Dropped  DropReason     // "" when the item was calibrated
}

// ItemSE are standard errors of an item's parameters.
type ItemSE struct{ A, B, C float64 }

// DropReason says why an item was set aside.
type DropReason string

// The reasons.
const (
	DropNoAnswers   DropReason = "no_answers"
	DropTooFew      DropReason = "too_few_answers"
	DropNoVariation DropReason = "no_variation"
)

// Fit calibrates items by marginal maximum likelihood with the EM algorithm
// (Bock & Aitkin 1981): fixed equally spaced nodes in units of the population's
// SD, Newton or Fisher scoring steps per item, parameter expansion (Liu, Rubin
// & Wu 1998) and SQUAREM (Varadhan & Roland 2008) for speed. With priors it
// maximises the posterior mode instead.
//
// An item without answers, with too few, or with only one verdict is set aside
// with a reason; a person without answers does not count. When nothing is left
// the error is ErrNoAnswers or ErrNoItems. A fit that does not converge within
// MaxCycles is a result with Converged false, not an error. Cancelling ctx
// returns its error.
func Fit(ctx context.Context, r *Responses, o Options) (*Result, error) {
	o = o.withDefaults()
	if err := o.validate(r.Items()); err != nil {
		return nil, err
	}
	c, err := newCalibration(r, o)
	if err != nil {
		return nil, err
	}
	best, err := c.accelerate(ctx)
	if err != nil {
		return nil, err
	}
	return c.result(ctx, best)
}

// state is a point in parameter space.
type state struct {
	items  []coef
	latent Normal
}

// calibration is one fit in progress. Its items are the ones kept, numbered
// anew; kept maps them back.
type calibration struct {
	opt     Options
	kept    []int
	fits    []ItemFit
	data    *layout
	free    []freedom
	correct []float64 // answers correct, by item
	estep   *estep

	freeMean, freeSD bool // the latent distribution's
	expand           bool // parameter expansion is valid
	cycles           int
	converged        bool
}

func newCalibration(r *Responses, o Options) (*calibration, error) {
	c := &calibration{opt: o}
	if r.Answers() == 0 {
		return nil, ErrNoAnswers
	}
	c.screen(r)
	if len(c.kept) == 0 {
		return nil, ErrNoItems
	}
	if len(c.kept) < r.Items() {
		r = r.selectItems(c.kept)
	}
	anchored := len(o.Anchors) > 0
	guessing := o.Model == ThreePL
	c.free = make([]freedom, len(c.kept))
	c.correct = make([]float64, len(c.kept))
	for i, item := range c.kept {
		c.correct[i] = math.Round(c.fits[item].PCorrect * float64(c.fits[item].N))
		p, fixed := o.Anchors[item]
		guessing = guessing || fixed && p.C > 0
		if !fixed {
			c.free[i] = freedom{slope: o.Model == TwoPL || o.Model == ThreePL, intercept: true, guess: o.Model == ThreePL}
		}
	}
	c.freeMean = anchored
	c.freeSD = anchored || o.Model == Rasch || o.Model == OnePL
	// Expansion moves the population and takes the items along, which leaves
	// the likelihood as it is only on a grid fine and wide enough, and changes
	// the posterior where a prior looks at a.
	c.expand = !anchored && o.PriorA == nil &&
		o.Quadrature.spacing() <= 0.5 && o.Quadrature.Min <= -5.5 && o.Quadrature.Max >= 5.5

	stride := newGrid(o.Quadrature, StandardNormal).stride()
	tables := 1
	if guessing {
		tables = 2
	}
	c.data = newLayout(r, true, 8*stride*len(c.kept)*tables)
	c.estep = newEStep(c.data, len(c.kept), guessing, stride, o.Workers)
	return c, nil
}

// screen counts answers and sets aside the items that cannot be calibrated.
func (c *calibration) screen(r *Responses) {
	n := make([][2]int, r.Items())
	for _, x := range r.packed {
		n[x>>1][x&1]++
	}
	c.fits = make([]ItemFit, r.Items())
	for item, count := range n {
		f := &c.fits[item]
		f.N = count[0] + count[1]
		if f.N > 0 {
			f.PCorrect = float64(count[1]) / float64(f.N)
		}
		_, fixed := c.opt.Anchors[item]
		switch {
		case f.N == 0:
			f.Dropped = DropNoAnswers
		case fixed:
		case f.N < c.opt.MinAnswers:
			f.Dropped = DropTooFew
		case count[0] == 0 || count[1] == 0:
			f.Dropped = DropNoVariation
		}
		if f.Dropped == "" {
			c.kept = append(c.kept, item)
		}
	}
}

// selectItems copies the answers to the kept items, numbered in their order.
func (r *Responses) selectItems(kept []int) *Responses {
	number := make([]int, r.Items())
	for i := range number {
		number[i] = -1
	}
	for i, item := range kept {
		number[item] = i
	}
	out := &Responses{items: len(kept), persons: r.persons, start: make([]int, 1, r.persons+1)}
	for p := range r.persons {
		for _, x := range r.of(p) {
			if i := number[x>>1]; i >= 0 {
				out.packed = append(out.packed, uint32(i)<<1|x&1)
			}
		}
		out.start = append(out.start, len(out.packed))
	}
	return out
}

// initial is where the EM starts: unit slopes and intercepts that give each
// item its share of correct answers in a standard normal population.
func (c *calibration) initial() state {
	s := state{items: make([]coef, len(c.kept)), latent: StandardNormal}
	for i, item := range c.kept {
		if p, fixed := c.opt.Anchors[item]; fixed {
			s.items[i] = coefOf(p)
			continue
		}
		n := float64(c.fits[item].N)
		share := (c.correct[i] + 0.5) / (n + 1)
		p := coef{a: 1}
		if c.free[i].guess {
			p.c = 0.15
			if c.opt.PriorC != nil {
				p.c = logistic(c.opt.PriorC.Mean)
			}
			share = max(share-p.c, 0.05) / (1 - p.c)
		}
		// 1.16 = √(1 + 0.346·a²) undoes the flattening by the population.
		p.d = 1.16 * logit(clamp(share, 0.005, 0.995))
		s.items[i] = p
	}
	return s
}
