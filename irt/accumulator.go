package irt

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// accumulator is a symmetric matrix over the free parameters: whole, or only
// the block of each item and of the population.
type accumulator struct {
	full   []float64
	blocks []float64 // mostFree × mostFree an owner
	size   int
	owner  []int // parameter → block
	place  []int // parameter → row in its block
}

func newAccumulator(in *information, blocks bool) *accumulator {
	a := &accumulator{size: in.size, owner: make([]int, in.size), place: make([]int, in.size)}
	for j, of := range in.of {
		for x := range of {
			a.owner[in.first[j]+x], a.place[in.first[j]+x] = j, x
		}
	}
	mean, sd := in.latentIndex()
	for x, i := range []int{mean, sd} {
		if i >= 0 {
			a.owner[i], a.place[i] = len(in.of), x
		}
	}
	if blocks {
		a.blocks = make([]float64, (len(in.of)+1)*mostFree*mostFree)
	} else {
		a.full = make([]float64, in.size*in.size)
	}
	return a
}

func (a *accumulator) add(i, j int, x float64) {
	switch {
	case a.full != nil:
		a.full[i*a.size+j] += x
	case a.owner[i] == a.owner[j]:
		a.blocks[(a.owner[i]*mostFree+a.place[i])*mostFree+a.place[j]] += x
	}
}

// invertBlocks returns the inverse as a function of two parameters; a block
// that is not positive definite has the inverse 0.
func (a *accumulator) invertBlocks() func(i, j int) float64 {
	const square = mostFree * mostFree
	for first := 0; first < len(a.blocks); first += square {
		block := mat.NewSymDense(mostFree, a.blocks[first:first+square])
		for i := range mostFree {
			if block.At(i, i) == 0 {
				block.SetSym(i, i, 1) // no such parameter
			}
		}
		var chol mat.Cholesky
		if !chol.Factorize(block) || chol.InverseTo(block) != nil {
			clear(a.blocks[first : first+square])
		}
	}
	return func(i, j int) float64 {
		if a.owner[i] != a.owner[j] {
			return 0
		}
		x, y := min(a.place[i], a.place[j]), max(a.place[i], a.place[j])
		return a.blocks[(a.owner[i]*mostFree+x)*mostFree+y]
	}
}

// report turns the covariance of (a, d, logit c) into standard errors of
// (a, b, c) by the delta method: b = −d/a.
func (c *calibration) report(res *Result, s state, in *information, covariance func(i, j int) float64) {
	se := func(i int) float64 { return math.Sqrt(max(0, covariance(i, i))) }
	mean, sd := in.latentIndex()
	if mean >= 0 {
		res.LatentSE.Mean = se(mean)
	}
	if sd >= 0 {
		res.LatentSE.SD = se(sd)
	}
	for j, p := range s.items {
		fit := &res.Items[c.kept[j]]
		slope, intercept := -1, -1
		for x, i := range in.of[j] {
			index := in.first[j] + x
			switch i {
			case 0:
				slope, fit.SE.A = index, se(index)
			case 1:
				intercept = index
			case 2:
				fit.SE.C = p.c * (1 - p.c) * se(index)
			}
		}
		scale := p.a
		if c.opt.Model == OnePL {
			slope, scale = sd, s.latent.SD
			fit.SE.A = se(sd)
		}
		if intercept < 0 || math.Abs(scale) < leastSlope {
			continue
		}
		variance := covariance(intercept, intercept) / (scale * scale)
		if slope >= 0 {
			byA, byD := p.d/(scale*scale), -1/scale
			variance += byA*byA*covariance(slope, slope) + 2*byA*byD*covariance(intercept, slope)
		}
		fit.SE.B = math.Sqrt(max(0, variance))
		if variance <= 0 {
			fit.Flags = append(fit.Flags, FlagNoSE)
		}
	}
}
