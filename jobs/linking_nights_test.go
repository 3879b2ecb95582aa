package jobs

import (
	"flag"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"sextant/irt"
)

// A year takes the race detector too long: scripts/test links one without it, and
// more of them are go test ./jobs -run NightlyLinks -v -args -nights=365 -schools=4.
var (
	nights  = flag.Int("nights", 120, "nightly calibrations in TestNightlyLinksKeepTheScale")
	schools = flag.Int("schools", 1, "simulated platforms in TestNightlyLinksKeepTheScale")
)

// school is a platform in memory: learners who join and leave, a population that
// learns, items that drift and are replaced.
type school struct {
	rng      *rand.Rand
	items    map[string]irt.ItemParams // in use, at today's parameters
	inUse    []string
	made     int
	learners []pupil
}

type pupil struct {
	theta   float64
	items   []string
	correct []bool
}

const (
	schoolItems    = 40
	schoolLearners = 400
	answersEach    = 20
	stay           = 20   // days a learner's answers lie in the lookback
	dailyDrift     = 0.01 // SD of the change of an item's b from one day to the next
	replacedEach   = 3    // days an item is replaced in
	yearsGrowth    = 0.6  // of the population's mean, and half of it of its SD
	days           = 365
	minFirst       = 20 // the stage's --min-answers
)

func newSchool(seed uint64) *school {
	s := &school{rng: rand.New(rand.NewPCG(seed, 365)), items: map[string]irt.ItemParams{}}
	for range schoolItems {
		s.inUse = append(s.inUse, s.newItem())
	}
	for range schoolLearners {
		s.learners = append(s.learners, s.newPupil(0))
	}
	return s
}

func (s *school) newItem() string {
	id := fmt.Sprint(s.made)
	s.made++
	s.items[id] = irt.ItemParams{A: math.Exp(0.1 + 0.25*s.rng.NormFloat64()), B: s.rng.NormFloat64()}
	return id
}

// newPupil joins on a day of the year and answers some of the items in use.
func (s *school) newPupil(day int) pupil {
	grown := yearsGrowth * float64(day) / days
	p := pupil{theta: grown + (1+grown/2)*s.rng.NormFloat64()}
	for _, i := range s.rng.Perm(len(s.inUse))[:answersEach] {
		id := s.inUse[i]
		p.items, p.correct = append(p.items, id), append(p.correct, s.rng.Float64() < s.items[id].Prob(p.theta))
	}
	return p
}

// pass lets a day go by.
func (s *school) pass(day int) {
	for i, id := range s.inUse {
		it := s.items[id]
		it.B += dailyDrift * s.rng.NormFloat64()
		s.items[id] = it
		if i == (day/replacedEach)%len(s.inUse) && day%replacedEach == 0 {
			s.inUse[i] = s.newItem()
		}
	}
	for i := range s.learners {
		if i%stay == day%stay {
			s.learners[i] = s.newPupil(day)
		}
	}
}

// abilities are the mean and SD of the true θ of the night's learners.
func (s *school) abilities() irt.Normal {
	var theta []float64
	for _, p := range s.learners {
		theta = append(theta, p.theta)
	}
	mean, sd := stat.MeanStdDev(theta, nil)
	return irt.Normal{Mean: mean, SD: sd}
}

// night is one calibration as the stage makes it, without a database.
type night struct {
	link linkage
	fit  *irt.Result
	weak bool
	ids  *index
}

// calibrate fits the night's answers and links them by the stage's own rule.
func (s *school) calibrate(t *testing.T, previous *previousFit) night {
	t.Helper()
	n := night{ids: newIndex()}
	fits := &firstAnswers{}
	for _, p := range s.learners {
		fits.person("")
		for i, id := range p.items {
			fits.add(n.ids.number([]byte(id)), p.correct[i])
		}
	}
	b, err := fits.builder(len(n.ids.names))
	if err != nil {
		t.Fatal(err)
	}
	sample, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	n.fit, n.weak, err = fitBank(t.Context(), sample, bankOptions(irt.TwoPL, minFirst, nil), slog.New(slog.DiscardHandler))
	if err != nil || !n.fit.Converged {
		t.Fatalf("fit: %+v, %v", n.fit, err)
	}
	fitted := func(id string) *irt.ItemFit {
		if i, ok := n.ids.of[id]; ok && n.fit.Items[i].Dropped == "" {
			return &n.fit.Items[i]
		}
		return nil
	}
	if n.link, err = (bearings{previous: previous}).link(fitted, irt.StockingLord); err != nil {
		t.Fatal(err)
	}
	return n
}

// bearing is the night as the next is linked to it.
func (n night) bearing() *previousFit {
	p := &previousFit{accumulated: n.link.AccumulatedSE}
	for i, id := range n.ids.names {
		if f := n.fit.Items[i]; f.Dropped == "" {
			p.items = append(p.items, knownItem{id: id, params: n.link.Params(f.Params),
				se: irt.ItemSE{A: f.SE.A / n.link.A, B: f.SE.B * n.link.A}, n: f.N})
		}
	}
	return p
}

// Each month of nightly calibrations, each linked to the one before, the
// population stands where its true θ stand, within the accumulated error that the
// link reports, while items drift, the bank is replaced three times a year and
// the population grows by more than half a θ unit in it.
func TestNightlyLinksKeepTheScale(t *testing.T) {
	t.Parallel()
	var squares, reported float64
	var checks, within, weak int
	for seed := range *schools {
		s := newSchool(uint64(seed) + 1)
		start := s.abilities()
		n := s.calibrate(t, nil)
		if n.link.To != toScale {
			t.Fatalf("the first is linked to %s", n.link.To)
		}
		for day := 1; day < *nights; day++ {
			s.pass(day)
			n = s.calibrate(t, n.bearing())
			if n.weak {
				weak++
			}
			if n.link.To != toPrevious {
				t.Fatalf("day %d is linked to %s", day, n.link.To)
			}
			if (day+1)%30 != 0 {
				continue
			}
			// The scale is N(0, 1) in the first night's sample.
			truth := s.abilities()
			population := n.link.Normal(n.fit.Latent)
			e := math.Hypot(population.Mean-(truth.Mean-start.Mean)/start.SD, population.SD-truth.SD/start.SD)
			checks++
			squares += e * e
			reported += n.link.AccumulatedSE * n.link.AccumulatedSE
			if e <= 1.96*n.link.AccumulatedSE {
				within++
			}
			t.Logf("school %d, night %3d: population N(%.3f, %.3f²), truly N(%.3f, %.3f²): off by %.3f, accumulated SE %.3f, night's %.4f", seed, day+1,
				population.Mean, population.SD, (truth.Mean-start.Mean)/start.SD, truth.SD/start.SD, e, n.link.AccumulatedSE, n.link.SE)
		}
	}
	rms, se := math.Sqrt(squares/float64(checks)), math.Sqrt(reported/float64(checks))
	t.Logf("%d schools, %d nights: the scale is off by %.3f (RMS), reported %.3f; within 1.96 accumulated SE in %d of %d; %d nights with a prior", *schools, *nights, rms, se, within, checks, weak)
	if rms > se || within < checks*9/10 {
		t.Errorf("the scale is off by %.3f (RMS) where %.3f is reported; %d of %d within 1.96 SE", rms, se, within, checks)
	}
}

func TestTheAccumulatedErrorRaisesAnAlarm(t *testing.T) {
	t.Parallel()
	for se, want := range map[float64]bool{0.049: false, 0.051: true} {
		var log strings.Builder
		linkage{To: toPrevious, AccumulatedSE: se}.tell(slog.New(slog.NewTextHandler(&log, nil)), "v1")
		if got := strings.Contains(log.String(), "level=WARN"); got != want {
			t.Errorf("at %v: alarm %v, want %v:\n%s", se, got, want, log.String())
		}
	}
}

// Items whose slopes are still too high, for want of answers, leave the scale
// where the settled items have it.
func TestYoungItemsDoNotCarryTheLink(t *testing.T) {
	t.Parallel()
	fitted := map[string]*irt.ItemFit{}
	p := &previousFit{accumulated: 0.03}
	add := func(n int, before float64) {
		id := fmt.Sprint(len(fitted))
		it := irt.ItemParams{A: 1.1, B: float64(len(fitted)%5) - 2}
		fitted[id] = &irt.ItemFit{Params: it, SE: irt.ItemSE{A: 0.3, B: 0.3}, N: n}
		p.items = append(p.items, knownItem{id: id, params: irt.ItemParams{A: before * it.A, B: it.B}, se: irt.ItemSE{A: 0.3, B: 0.3}, n: n})
	}
	for range 20 {
		add(200, 1)
	}
	for range 10 {
		add(90, 1.4)
	}
	l, err := bearings{previous: p}.link(func(id string) *irt.ItemFit { return fitted[id] }, irt.StockingLord)
	if err != nil || math.Abs(l.A-1) > 1e-6 || math.Abs(l.B) > 1e-6 || l.Items != 20 || l.Common != 30 || l.AccumulatedSE < 0.03 {
		t.Errorf("%+v, %v; want A 1, B 0 of the 20 settled items", l, err)
	}
	for i := range p.items { // when all are young, they must do
		p.items[i].n = 90
	}
	if l, err = (bearings{previous: p}).link(func(id string) *irt.ItemFit { return fitted[id] }, irt.StockingLord); err != nil || l.Items != 30 {
		t.Errorf("%+v, %v; want all 30 items", l, err)
	}
}
