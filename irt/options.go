package irt

import (
	"fmt"
	"runtime"
)

// Options say how to calibrate. The zero value of every field but Model is a
// sensible default.
type Options struct {
	Model      Model
	Quadrature Quadrature // DefaultQuadrature when zero

	// Tol ends the fit when an EM cycle moves no parameter (a, d = −ab, c,
	// latent mean and log SD) by more than this. 1e-6 when zero.
	Tol float64
	// MaxCycles bounds the E steps; a fit that needs more is returned with
	// Converged false. 500 when zero.
	MaxCycles int
	// Workers is how many goroutines share the work, GOMAXPROCS when zero. It
	// never changes the result.
	Workers int

	PriorC *LogitNormal // on guessing; ThreePL only
	PriorA *LogNormal   // on discrimination; TwoPL and ThreePL only

	SE      bool // compute standard errors
	ItemFit bool // compute item fit and flag misfit

	// MinAnswers sets aside an item with fewer answers; 1 when zero.
	MinAnswers int
	// Anchors are items held at known parameters. They define the scale, so
	// the latent mean and SD become free. Not for OnePL.
	Anchors map[int]ItemParams

	// Progress is called after every E step, from the goroutine that called
	// Fit.
	Progress func(Progress)
}

// Progress tells how far a fit has come.
type Progress struct {
	Cycle         int     // E steps done
	LogLikelihood float64 // at the parameters the E step was taken at
	Change        float64 // largest change of a parameter in the last EM cycle
}

func (o Options) withDefaults() Options {
	o.Quadrature = o.Quadrature.orDefault()
	if o.Tol == 0 {
		o.Tol = 1e-6
	}
	if o.MaxCycles == 0 {
		o.MaxCycles = 500
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	o.MinAnswers = max(o.MinAnswers, 1)
	return o
}

func (o Options) validate(items int) error {
	if _, err := ParseModel(string(o.Model)); err != nil {
		return err
	}
	if err := o.Quadrature.Validate(); err != nil {
		return err
	}
	switch {
	case !(o.Tol > 0) || !finite(o.Tol):
		return fmt.Errorf("%w: tolerance %g must be positive", ErrOptions, o.Tol)
	case o.MaxCycles < 1:
		return fmt.Errorf("%w: at most %d cycles", ErrOptions, o.MaxCycles)
	case o.PriorC != nil && o.Model != ThreePL:
		return fmt.Errorf("%w: a prior on c needs the model 3pl, not %s", ErrOptions, o.Model)
	case o.PriorC != nil && (!finite(o.PriorC.Mean) || !finite(o.PriorC.SD) || o.PriorC.SD <= 0):
		return fmt.Errorf("%w: prior on c with mean %g, SD %g", ErrPrior, o.PriorC.Mean, o.PriorC.SD)
	case o.PriorA != nil && o.Model != TwoPL && o.Model != ThreePL:
		return fmt.Errorf("%w: a prior on a needs the model 2pl or 3pl, not %s", ErrOptions, o.Model)
	case o.PriorA != nil && (!finite(o.PriorA.Mean) || !finite(o.PriorA.SD) || o.PriorA.SD <= 0):
		return fmt.Errorf("%w: prior on a with mean %g, SD %g", ErrPrior, o.PriorA.Mean, o.PriorA.SD)
	case len(o.Anchors) > 0 && o.Model == OnePL:
		return fmt.Errorf("%w: anchors fix the slopes that 1pl estimates; use rasch", ErrOptions)
	}
	for item, p := range o.Anchors {
		if item < 0 || item >= items {
			return fmt.Errorf("anchor: %w %d: there are %d", ErrUnknownItem, item, items)
		}
		if err := p.Validate(); err != nil {
			return &ItemError{Item: item, Err: err}
		}
	}
	return nil
}
