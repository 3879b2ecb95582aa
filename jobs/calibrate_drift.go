package jobs

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"sextant/irt"
)

// flagDrift marks an item that has moved against the others since the
// calibration or the anchors its bank is linked to.
const flagDrift = "drift"

// An item has drifted when its displacement is both sure and large: b or a more
// than driftZ standard errors from where the link puts it, and its curve off by
// more than driftRMSD, in probability, over the population. With enough answers
// every item moves surely; with few, far.
const (
	driftZ    = 3.0
	driftRMSD = 0.10
)

// pairs are the items that a fit has in common with a scale.
type pairs []pair

type pair struct {
	known  knownItem
	fitted *irt.ItemFit
}

// common pairs known items with the fit's. Of an item that the abler fail more
// often, now or before, nobody knows where it stands.
func common(fitted func(string) *irt.ItemFit, known []knownItem) pairs {
	var out pairs
	for _, k := range known {
		if f := fitted(k.id); f != nil && f.Params.A > 0 && k.params.A > 0 {
			out = append(out, pair{k, f})
		}
	}
	return out
}

// serve reports whether items carry a link with a slope.
func (ps pairs) serve() bool {
	if len(ps) < linkMinItems {
		return false
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range ps {
		low, high = math.Min(low, p.known.params.B), math.Max(high, p.known.params.B)
	}
	return high-low >= linkMinSpan
}

// link finds the constants. Items that turn out to have drifted are taken out
// and the link is made again, as long as those that remain carry a slope (Kolen
// & Brennan 2014, section 8.3.5, call it purification).
func (ps pairs) link(method irt.LinkMethod, to string, accumulated float64) (linkage, error) {
	if !ps.serve() {
		method = irt.Shift
	}
	var l linkage
	use := ps.settled()
	for round := 0; ; round++ {
		found, err := use.constants(method)
		if err != nil {
			return linkage{}, fmt.Errorf("link to %s: %w", to, err)
		}
		l = linkage{Linkage: found, To: to, Common: len(ps), AccumulatedSE: math.Hypot(accumulated, found.SE)}
		_, drifted := ps.sift(found)
		l.away, l.Drifted = drifted, ids(drifted)
		stay, _ := ps.settled().sift(found)
		if method == irt.Shift || !stay.serve() || round == purifications || slices.Equal(stay, use) {
			break
		}
		use = stay
	}
	l.Residual, l.use = use.residual(l.Linkage), use
	return l, nil
}

// settled are the items with at least half as many answers, before and now, as
// the median item, if they carry a slope. Slopes from few answers are too high
// on average and sink as answers come in: links that rest on items so young
// would shrink the scale with every item that is added to the bank.
func (ps pairs) settled() pairs {
	fewest := func(p pair) int { return min(p.fitted.N, cmp.Or(p.known.n, p.fitted.N)) }
	var counts []int
	for _, p := range ps {
		counts = append(counts, fewest(p))
	}
	slices.Sort(counts)
	var out pairs
	for _, p := range ps {
		if 2*fewest(p) >= counts[len(counts)/2] {
			out = append(out, p)
		}
	}
	if !out.serve() {
		return ps
	}
	return out
}

// shiftSE is the standard error of a shift by too few items for a jackknife,
// from those of their difficulties.
func (ps pairs) shiftSE() float64 {
	var variance float64
	for _, p := range ps {
		variance += p.fitted.SE.B*p.fitted.SE.B + p.known.se.B*p.known.se.B
	}
	return math.Sqrt(variance) / float64(len(ps))
}

// purifications bounds the rounds of linking without the drifted items: a
// second or third settles it, and two items may take turns for ever.
const purifications = 5

func (ps pairs) constants(method irt.LinkMethod) (irt.Linkage, error) {
	from, to := make([]irt.ItemParams, len(ps)), make([]irt.ItemParams, len(ps))
	for i, p := range ps {
		from[i], to[i] = p.fitted.Params, p.known.params
	}
	l, err := irt.Link(method, from, to, irt.LinkOptions{})
	if err == nil && !l.HasSE && method == irt.Shift {
		l.SEB = ps.shiftSE()
		l.SE, l.HasSE = l.SEB, true
	}
	return l, err
}

// sift separates the items that have drifted under a link, the farthest first.
func (ps pairs) sift(l irt.Linkage) (stay, drifted pairs) {
	population := l.Normal(irt.StandardNormal)
	away := map[string]float64{}
	for _, p := range ps {
		rmsd := irt.RMSD(l.Params(p.fitted.Params), p.known.params, population)
		if rmsd > driftRMSD && p.displaced(l) > driftZ {
			away[p.known.id] = rmsd
			drifted = append(drifted, p)
			continue
		}
		stay = append(stay, p)
	}
	slices.SortStableFunc(drifted, func(p, q pair) int { return cmp.Compare(away[q.known.id], away[p.known.id]) })
	return stay, drifted
}

// farthest are the n items whose curves are the farthest off under a link.
func (ps pairs) farthest(l irt.Linkage, n int) pairs {
	population := l.Normal(irt.StandardNormal)
	off := make(map[string]float64, len(ps))
	for _, p := range ps {
		off[p.known.id] = irt.RMSD(l.Params(p.fitted.Params), p.known.params, population)
	}
	out := slices.Clone(ps)
	slices.SortStableFunc(out, func(p, q pair) int { return cmp.Compare(off[q.known.id], off[p.known.id]) })
	return out[:min(n, len(out))]
}

// displaced is how many standard errors the item is from where it was, the
// greater of a's and b's.
func (p pair) displaced(l irt.Linkage) float64 {
	now := l.Params(p.fitted.Params)
	return max(math.Abs(zOf(now.A-p.known.params.A, p.fitted.SE.A/l.A, p.known.se.A)),
		math.Abs(zOf(now.B-p.known.params.B, p.fitted.SE.B*l.A, p.known.se.B)))
}

// zOf is a difference in standard errors, 0 where these are not known. Errors
// of two calibrations are taken as independent, which answers in common make
// too large: z errs to the small side.
func zOf(difference, se, before float64) float64 {
	z := difference / math.Hypot(se, before)
	if math.IsNaN(z) || math.IsInf(z, 0) {
		return 0
	}
	return z
}

// residual is the root mean squared difference, over items and population, of
// the curves after linking; an item weighs as many answers as it has.
func (ps pairs) residual(l irt.Linkage) float64 {
	population := l.Normal(irt.StandardNormal)
	var sum, weights float64
	for _, p := range ps {
		rmsd := irt.RMSD(l.Params(p.fitted.Params), p.known.params, population)
		sum += float64(p.fitted.N) * rmsd * rmsd
		weights += float64(p.fitted.N)
	}
	if weights == 0 {
		return 0
	}
	return math.Sqrt(sum / weights)
}

func ids(ps pairs) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.known.id
	}
	return out
}
