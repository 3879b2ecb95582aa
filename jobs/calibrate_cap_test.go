package jobs

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"sextant/irt"
)

func TestQuotaFillsTheCap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 50), 1, 30).Draw(t, "counts")
		kept := func(q int) (sum int) {
			for _, n := range counts {
				sum += min(n, q)
			}
			return sum
		}
		total := kept(math.MaxInt)
		if total == 0 {
			return
		}
		most := rapid.IntRange(0, total-1).Draw(t, "most")
		if q := quota(counts, most); kept(q) > most || kept(q+1) <= most {
			t.Fatalf("quota %d of %v keeps %d, one more %d; the cap is %d", q, counts, kept(q), kept(q+1), most)
		}
	})
}

// population answers 40 common items, and each of 5 rare ones once in thirty.
type population struct {
	items   []irt.ItemParams
	answers *firstAnswers
	names   []string
	correct []int // per item, of all its answers
}

const rareItems, commonItems = 5, 40

func newPopulation(t *testing.T, learners int) population {
	t.Helper()
	p := population{answers: &firstAnswers{}, correct: make([]int, rareItems+commonItems)}
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range rareItems + commonItems {
		p.items = append(p.items, irt.ItemParams{A: math.Exp(0.2 * rng.NormFloat64()), B: rng.NormFloat64()})
		p.names = append(p.names, fmt.Sprint("item ", i))
	}
	for k := range learners {
		theta := rng.NormFloat64()
		p.answers.person(fmt.Sprint("learner ", k))
		for i, it := range p.items {
			if i < rareItems && rng.IntN(30) > 0 {
				continue
			}
			correct := rng.Float64() < it.Prob(theta)
			p.answers.add(int32(i), correct)
			if correct {
				p.correct[i]++
			}
		}
	}
	return p
}

func (p population) counts() (n, correct []int) {
	n, correct = make([]int, len(p.names)), make([]int, len(p.names))
	for k, item := range p.answers.items {
		n[item]++
		if p.answers.correct[k] {
			correct[item]++
		}
	}
	return n, correct
}

func (p population) fit(t *testing.T) *irt.Result {
	t.Helper()
	b, err := p.answers.builder(len(p.items))
	if err != nil {
		t.Fatal(err)
	}
	sample, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	r, err := irt.Fit(t.Context(), sample, irt.Options{Model: irt.TwoPL, MinAnswers: 20})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// newest is the usual cap: the newest answers, as ORDER BY answered_at DESC
// LIMIT N gives them.
func (p population) newest(most int) population {
	skip := len(p.answers.items) - most
	f := &firstAnswers{items: p.answers.items[skip:], correct: p.answers.correct[skip:], persons: p.answers.persons}
	for _, s := range p.answers.starts {
		f.starts = append(f.starts, max(0, s-skip))
	}
	p.answers = f
	return p
}

// At a ninth of the answers, the usual cap leaves the rare items fewer than a
// calibration takes, and the per-item cap all they have.
func TestTheCapKeepsRareItemsWhole(t *testing.T) {
	t.Parallel()
	const learners, most = 3000, 13000
	full := newPopulation(t, learners)
	before, _ := full.counts()
	usual := full.newest(most).fit(t)
	thinned := newPopulation(t, learners)
	report := thinned.answers.thin(thinned.names, most)
	after, correct := thinned.counts()
	ours := thinned.fit(t)

	total := 0
	for i, n := range after {
		total += n
		if i >= rareItems {
			if n != report.Quota {
				t.Errorf("common item %d keeps %d answers, the quota is %d", i, n, report.Quota)
			}
			// Drawn without regard to the verdict.
			p, q := float64(correct[i])/float64(n), float64(full.correct[i])/float64(before[i])
			if z := (p - q) / math.Sqrt(q*(1-q)/float64(n)); math.Abs(z) > 4 {
				t.Errorf("common item %d: %.3f of the drawn answers are correct, of all %.3f (z %.1f)", i, p, q, z)
			}
			continue
		}
		if n != before[i] {
			t.Errorf("rare item %d keeps %d of its %d answers", i, n, before[i])
		}
		if d := usual.Items[i].Dropped; d != irt.DropTooFew {
			t.Errorf("rare item %d under the usual cap: %q with %d answers", i, d, usual.Items[i].N)
		}
		if f := ours.Items[i]; f.Dropped != "" || math.Abs(f.Params.B-thinned.items[i].B) > 1 {
			t.Errorf("rare item %d: %+v, truly %+v", i, f, thinned.items[i])
		}
	}
	if total > most || total < most-commonItems || report.Items != commonItems || report.LeftOut != len(full.answers.items)-total {
		t.Errorf("%d answers of %d kept, cap %d: %+v", total, len(full.answers.items), most, report)
	}
	again := newPopulation(t, learners)
	again.answers.thin(again.names, most)
	if !slices.Equal(again.answers.items, thinned.answers.items) {
		t.Error("another draw of the same answers differs")
	}
	t.Logf("rare items: %v answers, %d of them under the usual cap", before[:rareItems], usual.Items[0].N)
}

func TestACapAboveTheAnswersLeavesThemAlone(t *testing.T) {
	t.Parallel()
	p := newPopulation(t, 50)
	n := len(p.answers.items)
	for _, most := range []int{0, n, n + 1} {
		if r := p.answers.thin(p.names, most); r != (thinning{}) || len(p.answers.items) != n {
			t.Errorf("cap %d: %+v, %d of %d answers", most, r, len(p.answers.items), n)
		}
	}
	if err := (thinning{Quota: 19, Items: 1}).enough(100, 20); err == nil {
		t.Error("a quota below --min-answers passes")
	}
}
