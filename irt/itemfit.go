package irt

import (
	"context"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// FitStatistics say how well an item follows its model.
type FitStatistics struct {
	// Infit and Outfit are the mean squared residual, weighted by information
	// and not (Wright & Masters 1982, ch. 5), averaged over each person's
	// posterior instead of taken at a point estimate, so that both are 1 on
	// average under the model, however few answers a person gave. They need
	// no complete data.
	Infit, Outfit float64
	// SX2 is Orlando & Thissen's (2000) S-X² on DF degrees of freedom with
	// p-value P, over the persons who took the most common form. DF is 0 and P
	// is 1 where it cannot be computed: fewer than 200 such persons, a form of
	// fewer than 4 or more than 200 items, or an item outside that form.
	SX2 float64
	DF  int
	P   float64
	// RMSEA is SX2's size regardless of the number of persons.
	RMSEA float64
}

// Misfits tells whether the statistics ask for a look: mean squares outside
// 0.7 to 1.3 (Wright & Linacre 1994), or S-X² beyond the 0.1 % level with an
// RMSEA above 0.05, since with enough persons every item differs from its
// model.
func (f FitStatistics) Misfits() bool {
	out := func(x float64) bool { return x < 0.7 || x > 1.3 }
	return out(f.Infit) || out(f.Outfit) || f.DF > 0 && f.P < 0.001 && f.RMSEA > 0.05
}

const (
	leastFormItems, mostFormItems = 4, 200
	leastFormPersons              = 200
)

// itemFit computes the statistics of every calibrated item.
func (c *calibration) itemFit(ctx context.Context, s state, g grid, res *Result) error {
	step := newEStep(c.data, len(s.items), true, g.stride(), c.opt.Workers)
	e, err := step.run(ctx, s.items, g)
	if err != nil {
		return err
	}
	for j, p := range s.items {
		f := &res.Items[c.kept[j]]
		f.Fit = &FitStatistics{P: 1}
		stride := g.stride()
		f.Fit.Infit, f.Fit.Outfit = meanSquares(p, g.theta[:g.nodes], e.n[j*stride:][:g.nodes], e.r[j*stride:][:g.nodes])
	}
	c.sx2(s, g, res)
	for _, item := range c.kept {
		if f := &res.Items[item]; f.Fit.Misfits() {
			f.Flags = append(f.Flags, FlagMisfit)
		}
	}
	return nil
}

// meanSquares are E[Σ(u − P)²]/E[ΣPQ] and E[Σ(u − P)²/PQ]/N over the
// posteriors, from expected counts by node.
func meanSquares(p coef, theta, n, r []float64) (infit, outfit float64) {
	var square, variance, standard, persons float64
	for k, t := range theta {
		c := p.curve(t)
		if n[k] == 0 || c.p == 0 || c.q == 0 {
			continue
		}
		square += r[k]*c.q*c.q + (n[k]-r[k])*c.p*c.p
		variance += n[k] * c.p * c.q
		standard += r[k]*c.q/c.p + (n[k]-r[k])*c.p/c.q
		persons += n[k]
	}
	if variance == 0 || persons == 0 {
		return 1, 1
	}
	return square / variance, standard / persons
}

// sx2 fills in S-X² for the items of the most common form.
func (c *calibration) sx2(s state, g grid, res *Result) {
	form, persons := c.commonForm()
	if persons < leastFormPersons || len(form.items) < leastFormItems || len(form.items) > mostFormItems {
		return
	}
	observed := form.count(c.data)
	curves := make([][]float64, len(form.items))
	for i, j := range form.items {
		curves[i] = make([]float64, g.nodes)
		for k := range curves[i] {
			curves[i][k] = s.items[j].curve(g.theta[k]).p
		}
	}
	all := scoreDistribution(curves, -1, g)
	for i, j := range form.items {
		f := res.Items[c.kept[j]].Fit
		rest := scoreDistribution(curves, i, g)
		var total scoreCells
		for score := 1; score < len(form.items); score++ {
			var both, either float64
			for k := range g.nodes {
				w := math.Exp(g.base[k])
				both += w * curves[i][k] * rest[score-1][k]
				either += w * all[score][k]
			}
			n := observed.n[score]
			total.add(n, observed.correct[i][score], n*both/either)
		}
		cells, x2 := total.collapse()
		free := 0
		for _, yes := range []bool{c.free[j].slope, c.free[j].intercept, c.free[j].guess} {
			if yes {
				free++
			}
		}
		if df := cells - free; df > 0 {
			f.SX2, f.DF = x2, df
			f.P = distuv.ChiSquared{K: float64(df)}.Survival(x2)
			f.RMSEA = math.Sqrt(max(0, (x2/float64(df)-1)/float64(persons-1)))
		}
	}
}

// form is a set of items some persons answered in full, as blocks of the
// layout.
type form struct {
	items  []int
	blocks []span
}

// commonForm is the form most persons took. Blocks of one form are neighbours.
func (c *calibration) commonForm() (best form, most int) {
	d := c.data
	var persons int
	var at form
	for i, b := range d.blocks {
		answers := d.answers(b.first)
		if i == 0 || !sameItems(answers, d.answers(d.blocks[i-1].first)) {
			at, persons = form{}, 0
			for _, x := range answers {
				at.items = append(at.items, int(x>>1))
			}
		}
		at.blocks = append(at.blocks, b)
		for p := b.first; p < b.end; p++ {
			persons += int(d.weight[p])
		}
		if persons > most {
			best, most = at, persons
		}
	}
	return best, most
}

// scoreCounts are persons by number correct, and of them those who have each
// item correct.
type scoreCounts struct {
	n       []float64
	correct [][]float64
}

func (f form) count(d *layout) scoreCounts {
	out := scoreCounts{n: make([]float64, len(f.items)+1), correct: make([][]float64, len(f.items))}
	for i := range out.correct {
		out.correct[i] = make([]float64, len(f.items)+1)
	}
	for _, b := range f.blocks {
		for p := b.first; p < b.end; p++ {
			score := 0
			for _, x := range d.answers(p) {
				score += int(x & 1)
			}
			out.n[score] += d.weight[p]
			for i, x := range d.answers(p) {
				if x&1 == 1 {
					out.correct[i][score] += d.weight[p]
				}
			}
		}
	}
	return out
}

// scoreDistribution is P(number correct | θ) at the nodes, without one item,
// by the recursion of Lord & Wingersky (1984).
func scoreDistribution(curves [][]float64, without int, g grid) [][]float64 {
	out := make([][]float64, len(curves)+1)
	for score := range out {
		out[score] = make([]float64, g.nodes)
	}
	for k := range g.nodes {
		out[0][k] = 1
	}
	taken := 0
	for i, p := range curves {
		if i == without {
			continue
		}
		taken++
		for score := taken; score >= 0; score-- {
			row := out[score]
			for k, x := range p {
				row[k] *= 1 - x
				if score > 0 {
					row[k] += out[score-1][k] * x
				}
			}
		}
	}
	return out
}

// scoreCells are the score groups of one item.
type scoreCells struct{ n, correct, expected []float64 }

func (c *scoreCells) add(n, correct, expected float64) {
	c.n, c.correct, c.expected = append(c.n, n), append(c.correct, correct), append(c.expected, expected)
}

// collapse joins neighbouring score groups until each expects at least one
// correct and one wrong answer, and sums the squared standardised residuals
// (Orlando & Thissen 2000, eq. 4).
func (c *scoreCells) collapse() (cells int, x2 float64) {
	var n, correct, expected float64
	type cell struct{ n, correct, expected float64 }
	var kept []cell
	for i := range c.n {
		n, correct, expected = n+c.n[i], correct+c.correct[i], expected+c.expected[i]
		if expected >= 1 && n-expected >= 1 {
			kept = append(kept, cell{n, correct, expected})
			n, correct, expected = 0, 0, 0
		}
	}
	if len(kept) > 0 {
		last := &kept[len(kept)-1]
		*last = cell{last.n + n, last.correct + correct, last.expected + expected}
	}
	for _, k := range kept {
		residual := k.correct - k.expected
		x2 += residual * residual * k.n / (k.expected * (k.n - k.expected))
	}
	return len(kept), x2
}
