package irt

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"sextant/irt/internal/kernel"
)

// SEMethod says how far the standard errors go.
type SEMethod string

// The methods.
const (
	// SEFull inverts the whole observed information matrix.
	SEFull SEMethod = "full"
	// SEBlocks inverts each item's own block, as if the other items were
	// known: with more than 5,000 parameters, or when the whole matrix is not
	// positive definite. The errors come out a little too small.
	SEBlocks SEMethod = "blocks"
)

const (
	maxFullParameters = 5000
	informationMemory = 256 << 20 // bytes of partial matrices at most
	// mostDegree bounds the degree of the polynomials a score function is
	// expanded in under a posterior.
	mostDegree = 24
)

// information is the observed information matrix over the free parameters, by
// Oakes' identity (Oakes 1999, eq. 2; Chalmers 2018, eq. 7): the Hessian of the
// expected complete-data log-likelihood plus the derivative of its gradient in
// the parameters the expectation was taken at. For one person the second term
// is the posterior covariance of the complete-data score, so that no numerical
// differentiation is needed.
type information struct {
	c      *calibration
	at     state
	grid   grid
	curves *curves
	first  []int // item → its first parameter
	of     [][]int
	size   int
	scores []float64 // rows by packed answer and parameter: its score at the nodes
}

const mostFree = 3

// standardErrors fills in the errors of every free parameter.
func (c *calibration) standardErrors(ctx context.Context, s state, e *expected, g grid, res *Result) error {
	in := c.newInformation(s, g)
	res.SEMethod = SEFull
	if in.size > maxFullParameters {
		res.SEMethod = SEBlocks
	}
	h, err := in.matrix(ctx, e, res.SEMethod == SEBlocks)
	if err != nil {
		return err
	}
	if res.SEMethod == SEFull {
		var chol mat.Cholesky
		full := mat.NewSymDense(in.size, h.full)
		if chol.Factorize(full) && chol.InverseTo(full) == nil {
			c.report(res, s, in, func(i, j int) float64 { return full.At(i, j) })
			return nil
		}
		res.SEMethod = SEBlocks
		if h, err = in.matrix(ctx, e, true); err != nil {
			return err
		}
	}
	inverse := h.invertBlocks()
	c.report(res, s, in, inverse)
	return nil
}

func (c *calibration) newInformation(s state, g grid) *information {
	in := &information{c: c, at: s, grid: g, curves: c.estep.curves, first: make([]int, len(s.items))}
	for j, f := range c.free {
		in.first[j] = in.size
		var of []int
		for i, free := range []bool{f.slope, f.intercept, f.guess} {
			if free {
				of = append(of, i)
			}
		}
		in.of = append(in.of, of)
		in.size += len(of)
	}
	if c.freeMean {
		in.size++
	}
	if c.freeSD {
		in.size++
	}
	return in
}

// latentIndex is where the population's parameters stand, −1 when fixed.
func (in *information) latentIndex() (mean, sd int) {
	mean, sd = -1, -1
	next := in.size
	if in.c.freeSD {
		next--
		sd = next
	}
	if in.c.freeMean {
		next--
		mean = next
	}
	return mean, sd
}

// tabulate fills scores: the derivative of one answer's log-probability in
// each of its item's parameters, at every node.
func (in *information) tabulate() {
	stride := in.grid.stride()
	in.scores = make([]float64, len(in.at.items)*2*mostFree*stride)
	for j, p := range in.at.items {
		for k, theta := range in.grid.theta[:in.grid.nodes] {
			c := p.curve(theta)
			for i := range mostFree {
				wrong, right := -c.grad[i]/c.q, c.grad[i]/c.p
				if p.c == 0 && i < 2 {
					wrong, right = -c.p, c.q // exact where q or p underflows
					if i == 0 {
						wrong, right = wrong*theta, right*theta
					}
				}
				in.scores[((2*j)*mostFree+i)*stride+k] = wrong
				in.scores[((2*j+1)*mostFree+i)*stride+k] = right
			}
		}
	}
}

// matrix accumulates the information, whole or in blocks.
func (in *information) matrix(ctx context.Context, e *expected, blocks bool) (*accumulator, error) {
	in.tabulate()
	total := newAccumulator(in, blocks)
	in.complete(e, total)
	data := in.c.data
	parts := len(data.chunks)
	if !blocks {
		parts = max(1, min(parts, informationMemory/(8*in.size*in.size+1)))
	}
	part := make([]*accumulator, parts)
	spans := rangesOf(len(data.chunks), (len(data.chunks)+parts-1)/parts)
	scratch := func() *seScratch { return newSEScratch(in) }
	err := parallel(ctx, in.c.opt.Workers, len(spans), scratch, func(i int, s *seScratch) {
		part[i] = newAccumulator(in, blocks)
		for _, chunk := range data.chunks[spans[i].first:spans[i].end] {
			for b := chunk.first; b < chunk.end && ctx.Err() == nil; b++ {
				in.block(data.blocks[b], part[i], s)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, p := range part[:len(spans)] {
		for i, x := range p.full {
			total.full[i] -= x
		}
		for i, x := range p.blocks {
			total.blocks[i] -= x
		}
	}
	return total, nil
}

// complete adds the information of the complete data and the priors.
func (in *information) complete(e *expected, out *accumulator) {
	stride := in.grid.stride()
	for j, p := range in.at.items {
		var r []float64
		if e.r != nil {
			r = e.r[j*stride:][:in.grid.nodes]
		}
		h := completeInformation(p, in.grid.theta[:in.grid.nodes], e.n[j*stride:][:in.grid.nodes], r)
		if prior := in.c.opt.PriorA; prior != nil {
			_, _, second := prior.logDensity(p.a)
			h[0][0] -= second
		}
		if prior := in.c.opt.PriorC; prior != nil && in.c.free[j].guess {
			_, _, second := prior.logDensity(logit(p.c))
			h[2][2] -= second
		}
		for x, i := range in.of[j] {
			for y, k := range in.of[j] {
				out.add(in.first[j]+x, in.first[j]+y, h[min(i, k)][max(i, k)])
			}
		}
	}
	mean, sd := in.latentIndex()
	latent := in.at.latent
	for k, n := range e.nodes[:in.grid.nodes] {
		z := (in.grid.theta[k] - latent.Mean) / latent.SD
		n /= latent.SD * latent.SD
		if mean >= 0 {
			out.add(mean, mean, n)
			out.add(mean, sd, 2*n*z)
			out.add(sd, mean, 2*n*z)
		}
		if sd >= 0 {
			out.add(sd, sd, n*(3*z*z-1))
		}
	}
}

// completeInformation is minus the Hessian of Σ r log P + (n − r) log Q in
// (a, d, logit c), upper triangle. r is needed with guessing only.
func completeInformation(p coef, theta, n, r []float64) (h [3][3]float64) {
	for k, t := range theta {
		c := p.curve(t)
		dz := [3]float64{t, 1, 0}
		if p.c == 0 {
			for i := range 2 {
				for j := i; j < 2; j++ {
					h[i][j] += n[k] * c.p * c.q * dz[i] * dz[j]
				}
			}
			continue
		}
		l, m := logistic(p.a*t+p.d), logistic(-p.a*t-p.d)
		kappa := p.c * (1 - p.c)
		right, wrong := r[k], n[k]-r[k]
		for i := range 3 {
			for j := i; j < 3; j++ {
				var second float64
				switch {
				case j < 2:
					second = (1 - p.c) * l * m * (m - l) * dz[i] * dz[j]
				case i < 2:
					second = -kappa * l * m * dz[i]
				default:
					second = kappa * (1 - 2*p.c) * m
				}
				cross := c.grad[i] * c.grad[j]
				h[i][j] += right*(cross/(c.p*c.p)-second/c.p) + wrong*(cross/(c.q*c.q)+second/c.q)
			}
		}
	}
	return h
}

// seScratch is a worker's own memory.
type seScratch struct {
	*scratch
	basis  []float64   // rows: posterior times an orthonormal polynomial
	values []float64   // the polynomials themselves, rows
	coef   [][]float64 // by degree: one coefficient a parameter of the block
	index  []int       // the block's parameters in the whole
	item   []int       // their items
	local  []float64
}

func newSEScratch(in *information) *seScratch {
	stride := in.grid.stride()
	return &seScratch{scratch: newScratch(stride), basis: make([]float64, (mostDegree+1)*stride),
		values: make([]float64, (mostDegree+1)*stride), coef: make([][]float64, mostDegree+1)}
}

// block adds the weighted covariances of the scores of a block's patterns.
func (in *information) block(b span, out *accumulator, s *seScratch) {
	data, t := in.c.data, in.curves
	s.rows = s.rows[:0]
	s.index, s.item = s.index[:0], s.item[:0]
	for _, x := range data.answers(b.first) {
		j := int(x >> 1)
		s.rows = append(s.rows, uint32(j))
		for i := range in.of[j] {
			s.index, s.item = append(s.index, in.first[j]+i), append(s.item, j)
		}
	}
	for i := in.first[len(in.first)-1] + len(in.of[len(in.of)-1]); i < in.size; i++ {
		s.index, s.item = append(s.index, i), append(s.item, -1)
	}
	copy(s.base, in.grid.base)
	kernel.SumRows(s.base, t.logQ, s.rows)
	n := len(s.index)
	s.local = resize(s.local, n*n)
	for d := range s.coef {
		s.coef[d] = resize(s.coef[d], n)
	}
	for i := b.first; i < b.end; i++ {
		m := t.posterior(s.scratch, data.answers(i), in.grid)
		degree := s.polynomials(m, in.grid)
		in.project(data.answers(i), degree, s)
		for d := 1; d <= degree; d++ {
			for x, cx := range s.coef[d] {
				kernel.AddScaled(s.local[x*n+x:(x+1)*n], data.weight[i]*cx, s.coef[d][x:])
			}
		}
	}
	for x, i := range s.index {
		for y := x; y < n; y++ {
			if out.full != nil || s.item[x] == s.item[y] {
				out.add(i, s.index[y], s.local[x*n+y])
				if x != y {
					out.add(s.index[y], i, s.local[x*n+y])
				}
			}
		}
	}
}

// polynomials builds the polynomials orthonormal under the posterior in s.post
// (the Stieltjes procedure, Gautschi 2004, sec. 2.2) and, in s.basis, their
// products with it. It returns their degree: response curves are smooth on the
// scale of one θ, so the wider the posterior the more terms they need. 4 + 20 SD
// keep the remainder below 1e-4 of an SE for slopes up to 2.
func (s *seScratch) polynomials(m kernel.Moments, g grid) int {
	mean := m.Theta / m.Sum
	sd := math.Sqrt(max(0, m.Square/m.Sum-mean*mean))
	degree := min(4+int(math.Ceil(20*sd)), mostDegree)
	stride := g.stride()
	row := func(v []float64, d int) []float64 { return v[d*stride:][:stride] }
	for k, p := range s.post {
		s.post[k] = p / m.Sum
		s.values[k] = 1
		s.basis[k] = s.post[k]
	}
	norm := 0.0
	for d := range degree {
		alpha := 0.0
		for k, x := range row(s.values, d) {
			alpha += row(s.basis, d)[k] * x * g.theta[k]
		}
		next, square := row(s.values, d+1), 0.0
		for k, x := range row(s.values, d) {
			next[k] = (g.theta[k] - alpha) * x
			if d > 0 {
				next[k] -= norm * row(s.values, d-1)[k]
			}
			square += s.post[k] * next[k] * next[k]
		}
		if norm = math.Sqrt(square); norm < 1e-6 {
			return d
		}
		for k := range next {
			next[k] /= norm
			row(s.basis, d+1)[k] = next[k] * s.post[k]
		}
	}
	return degree
}

// project computes the coefficients of every score in every polynomial.
func (in *information) project(answers []uint32, degree int, s *seScratch) {
	stride := in.grid.stride()
	for d := 1; d <= degree; d++ {
		basis, out := s.basis[d*stride:][:stride], s.coef[d][:0]
		for _, x := range answers {
			for _, i := range in.of[x>>1] {
				out = append(out, kernel.Dot(basis, in.scores[(int(x)*mostFree+i)*stride:][:stride]))
			}
		}
		latent := in.at.latent
		if in.c.freeMean {
			out = append(out, kernel.Dot(basis, in.grid.theta)/(latent.SD*latent.SD))
		}
		if in.c.freeSD {
			var square float64
			for k, p := range basis {
				z := (in.grid.theta[k] - latent.Mean) / latent.SD
				square += p * z * z
			}
			out = append(out, square/latent.SD)
		}
		s.coef[d] = out
	}
}

func resize(v []float64, n int) []float64 {
	if cap(v) < n {
		return make([]float64, n)
	}
	v = v[:n]
	clear(v)
	return v
}
