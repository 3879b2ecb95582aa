package irt

import (
	"context"
	"math"

	"sextant/irt/internal/kernel"
)

// expected are the sufficient statistics of the complete data, given the
// answers and the current parameters (Bock & Aitkin 1981, eqs. 13-14).
type expected struct {
	n             []float64 // a row an item: expected persons at each node who answered it
	r             []float64 // the same for correct answers; only with guessing
	theta         []float64 // by packed answer: Σ posterior mean of those who gave it
	nodes         []float64 // expected persons at each node
	logLikelihood float64
	persons       float64
	meanSquare    float64 // Σ (posterior mean)²
	variance      float64 // Σ posterior variance
}

func newExpected(items int, guessing bool, stride int) *expected {
	e := &expected{n: make([]float64, items*stride), theta: make([]float64, 2*items), nodes: make([]float64, stride)}
	if guessing {
		e.r = make([]float64, items*stride)
	}
	return e
}

func (e *expected) reset() {
	clear(e.n)
	clear(e.r)
	clear(e.theta)
	clear(e.nodes)
	e.logLikelihood, e.persons, e.meanSquare, e.variance = 0, 0, 0, 0
}

// estep holds what one E step after another reuses.
type estep struct {
	data    *layout
	items   int
	curves  *curves
	chunk   []*expected // one a chunk, merged in order
	total   *expected
	workers int
}

func newEStep(data *layout, items int, guessing bool, stride, workers int) *estep {
	e := &estep{data: data, items: items, workers: workers, curves: newCurves(items, guessing, stride)}
	for range data.chunks {
		e.chunk = append(e.chunk, newExpected(items, guessing, stride))
	}
	e.total = e.chunk[0]
	if len(e.chunk) > 1 {
		e.total = newExpected(items, guessing, stride)
	}
	return e
}

// itemSpan is how many items one unit of item-wise parallel work has.
const itemSpan = 16

// run computes the expected statistics at the given parameters. The result is
// valid until the next run.
func (e *estep) run(ctx context.Context, items []coef, g grid) (*expected, error) {
	spans := rangesOf(len(items), itemSpan)
	none := func() struct{} { return struct{}{} }
	err := parallel(ctx, e.workers, len(spans), none, func(i int, _ struct{}) {
		for j := spans[i].first; j < spans[i].end; j++ {
			e.curves.set(j, items[j], g)
		}
	})
	if err != nil {
		return nil, err
	}
	err = parallel(ctx, e.workers, len(e.data.chunks), func() *scratch { return newScratch(g.stride()) }, func(i int, s *scratch) {
		e.chunk[i].reset()
		for b := e.data.chunks[i].first; b < e.data.chunks[i].end; b++ {
			e.block(e.data.blocks[b], g, e.chunk[i], s)
		}
	})
	if err != nil {
		return nil, err
	}
	return e.total, e.merge(ctx, spans)
}

// scratch is a worker's own memory.
type scratch struct {
	base, post, sum, own []float64
	rows, correct        []uint32
	packed               []uint32 // one learner, for Scorer

	// The last posterior's logarithm is logs + slope·θ.
	logs  []float64
	slope float64
}

func newScratch(stride int) *scratch {
	return &scratch{base: make([]float64, stride), post: make([]float64, stride), sum: make([]float64, stride), own: make([]float64, stride)}
}

// block adds the patterns of one block, which share their items, to out.
func (e *estep) block(b span, g grid, out *expected, s *scratch) {
	t := e.curves
	s.rows = s.rows[:0]
	for _, x := range e.data.answers(b.first) {
		s.rows = append(s.rows, x>>1)
	}
	copy(s.base, g.base)
	kernel.SumRows(s.base, t.logQ, s.rows)
	clear(s.sum)
	for i := b.first; i < b.end; i++ {
		answers, weight := e.data.answers(i), e.data.weight[i]
		m := t.posterior(s, answers, g)
		share := weight / m.Sum
		mean := m.Theta / m.Sum
		out.logLikelihood += weight * (m.Peak + math.Log(m.Sum))
		out.persons += weight
		out.meanSquare += weight * mean * mean
		out.variance += weight * max(0, m.Square/m.Sum-mean*mean)
		kernel.AddScaled(s.sum, share, s.post)
		if t.delta == nil {
			weighted := weight * mean
			for _, x := range answers {
				out.theta[x] += weighted
			}
			continue
		}
		clear(s.own)
		kernel.AddScaled(s.own, share, s.post)
		kernel.AddRows(out.r, s.correct, s.own, kernel.Support(s.own, weight))
	}
	// A learner's posterior covers a third of the nodes after fifty answers:
	// adding only those columns takes a third off a sparse fit.
	kernel.AddRows(out.n, s.rows, s.sum, kernel.Support(s.sum, float64(b.end-b.first)))
	kernel.AddScaled(out.nodes, 1, s.sum)
}

// posterior computes a person's posterior into s.post from s.base, the log
// prior plus Σ log(1 − P) over their items. Without guessing only the slope
// Σ a over the correct answers tells persons with the same items apart; Σ d,
// the same at every node, is added to the log-likelihood once and for all.
func (t *curves) posterior(s *scratch, answers []uint32, g grid) kernel.Moments {
	if t.delta == nil {
		s.logs, s.slope = s.base, sumSlopes(t.slope, answers)
		return kernel.Posterior(s.post, s.base, g.theta, s.slope)
	}
	s.correct = s.correct[:0]
	for _, x := range answers {
		if x&1 == 1 {
			s.correct = append(s.correct, x>>1)
		}
	}
	copy(s.own, s.base)
	kernel.SumRows(s.own, t.delta, s.correct)
	s.logs, s.slope = s.own, 0
	return kernel.Posterior(s.post, s.own, g.theta, 0)
}

// sumSlopes adds the slopes of the correct answers in four interleaved sums:
// one sum would wait for every addition before the next.
func sumSlopes(slope []float64, answers []uint32) float64 {
	var s0, s1, s2, s3 float64
	for len(answers) >= 4 {
		s0 += slope[answers[0]]
		s1 += slope[answers[1]]
		s2 += slope[answers[2]]
		s3 += slope[answers[3]]
		answers = answers[4:]
	}
	for _, x := range answers {
		s0 += slope[x]
	}
	return (s0 + s1) + (s2 + s3)
}

func (l *layout) answers(pattern int) []uint32 { return l.responses.of(int(l.person[pattern])) }

// merge adds the chunks in order: the work is divided by item, the order of
// each sum is not touched.
func (e *estep) merge(ctx context.Context, spans []span) error {
	if len(e.chunk) == 1 {
		return nil
	}
	t, stride := e.total, e.curves.stride
	t.reset()
	for _, c := range e.chunk {
		add(t.theta, c.theta)
		add(t.nodes, c.nodes)
		t.logLikelihood += c.logLikelihood
		t.persons += c.persons
		t.meanSquare += c.meanSquare
		t.variance += c.variance
	}
	none := func() struct{} { return struct{}{} }
	return parallel(ctx, e.workers, len(spans), none, func(i int, _ struct{}) {
		from, to := spans[i].first*stride, spans[i].end*stride
		for _, c := range e.chunk {
			add(t.n[from:to], c.n[from:to])
			if t.r != nil {
				add(t.r[from:to], c.r[from:to])
			}
		}
	})
}

func add(dst, src []float64) { kernel.AddScaled(dst, 1, src) }
