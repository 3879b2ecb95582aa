package irt_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

	"sextant/irt"
)

func scorer(t *testing.T, items []irt.ItemParams) *irt.Scorer {
	t.Helper()
	s, err := irt.NewScorer(items, irt.StandardNormal, irt.DefaultQuadrature)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Under the model S-X² has its χ² distribution and the mean squares are 1.
func TestItemFitOfItemsThatFit(t *testing.T) {
	items := drawItems(rand.New(rand.NewPCG(3, 9)), 20, false)
	var p, infit, outfit []float64
	for rep := range 15 {
		r := simulate(t, uint64(rep), items, irt.StandardNormal, 2000, 0)
		for _, f := range fit(t, r, irt.Options{Model: irt.TwoPL, ItemFit: true}).Items {
			p, infit, outfit = append(p, f.Fit.P), append(infit, f.Fit.Infit), append(outfit, f.Fit.Outfit)
			if slices.Contains(f.Flags, irt.FlagMisfit) {
				t.Errorf("an item that fits is flagged: %+v", *f.Fit)
			}
		}
	}
	small := 0
	for _, x := range p {
		if x < 0.05 {
			small++
		}
	}
	t.Logf("S-X²: mean p %.3f, %.1f %% below 0.05; infit %.4f, outfit %.4f", stat.Mean(p, nil), 100*float64(small)/float64(len(p)), stat.Mean(infit, nil), stat.Mean(outfit, nil))
	within(t, "mean p", stat.Mean(p, nil), 0.5, 0.06)
	within(t, "share below 0.05", float64(small)/float64(len(p)), 0.05, 0.035)
	within(t, "mean infit", stat.Mean(infit, nil), 1, 0.005)
	within(t, "mean outfit", stat.Mean(outfit, nil), 1, 0.02)
}

// An item that able persons fail half the time whatever their ability, and one
// answered by guessing from the middle up, must be found.
func TestItemFitFindsMisfit(t *testing.T) {
	items := drawItems(rand.New(rand.NewPCG(3, 9)), 20, false)
	rng := rand.New(rand.NewPCG(8, 8))
	b := irt.NewBuilder(len(items))
	for range 4000 {
		theta := rng.NormFloat64()
		b.NextPerson()
		for j, p := range items {
			prob := p.Prob(theta)
			if j == 0 {
				prob = 0.9 - 0.8*math.Exp(-4*theta*theta) // U-shaped
			}
			if err := b.Add(j, rng.Float64() < prob); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	for j, f := range fit(t, r, irt.Options{Model: irt.TwoPL, ItemFit: true}).Items {
		if got := slices.Contains(f.Flags, irt.FlagMisfit); got != (j == 0) {
			t.Errorf("item %d misfit = %v: %+v", j, got, *f.Fit)
		}
	}
}

func TestFlagsOfStrangeItems(t *testing.T) {
	items := drawItems(rand.New(rand.NewPCG(12, 1)), 15, false)
	items[0] = irt.ItemParams{A: -1, B: 0}
	items[1] = irt.ItemParams{A: 0.02, B: 0}
	items[2] = irt.ItemParams{A: 0.9, B: 5.5}
	res := fit(t, simulate(t, 4, items, irt.StandardNormal, 20000, 0), irt.Options{Model: irt.TwoPL, SE: true})
	for j, want := range []irt.Flag{irt.FlagNegativeA, irt.FlagLowA, irt.FlagExtremeB} {
		if !slices.Contains(res.Items[j].Flags, want) {
			t.Errorf("item %d, %+v, has flags %v, want %s", j, res.Items[j].Params, res.Items[j].Flags, want)
		}
	}
	for j := 3; j < len(items); j++ {
		if len(res.Items[j].Flags) > 0 {
			t.Errorf("item %d, %+v, has flags %v", j, res.Items[j].Params, res.Items[j].Flags)
		}
	}
}

func TestInformationIsTheVarianceOfEstimates(t *testing.T) {
	p := irt.ItemParams{A: 1.5, B: 0.5, C: 0.2}
	for _, theta := range []float64{-3, 0.5, 2} {
		const h = 1e-5
		slope := (p.Prob(theta+h) - p.Prob(theta-h)) / (2 * h)
		want := slope * slope / (p.Prob(theta) * (1 - p.Prob(theta)))
		within(t, "information", p.Information(theta), want, 1e-8)
		within(t, "test information", irt.TestInformation([]irt.ItemParams{p, p}, theta), 2*want, 1e-8)
	}
}

func TestReliabilityIsTheCorrelationWithTruth(t *testing.T) {
	items := drawItems(rand.New(rand.NewPCG(14, 1)), 40, false)
	rng := rand.New(rand.NewPCG(14, 2))
	truth := drawAbilities(rng, 20000, irt.StandardNormal)
	r, err := irt.Simulate(rng, items, truth, 0)
	if err != nil {
		t.Fatal(err)
	}
	scores, err := scorer(t, items).EAPAll(t.Context(), r, 0)
	if err != nil {
		t.Fatal(err)
	}
	theta := make([]float64, len(scores))
	for i, x := range scores {
		theta[i] = x.Theta
	}
	squared := math.Pow(stat.Correlation(truth, theta, nil), 2)
	marginal, err := irt.MarginalReliability(items, irt.StandardNormal)
	if err != nil {
		t.Fatal(err)
	}
	res := fit(t, r, irt.Options{Model: irt.TwoPL})
	t.Logf("squared correlation %.4f, marginal %.4f, empirical %.4f", squared, marginal, res.Reliability)
	within(t, "marginal reliability", marginal, squared, 0.01)
	within(t, "empirical reliability", res.Reliability, squared, 0.01)
}

func TestPersonFitIsStandardNormalUnderTheModel(t *testing.T) {
	items := drawItems(rand.New(rand.NewPCG(15, 1)), 40, false)
	s := scorer(t, items)
	rng := rand.New(rand.NewPCG(15, 2))
	var z []float64
	aberrant := 0
	numbers := make([]int32, len(items))
	for i := range numbers {
		numbers[i] = int32(i)
	}
	for range 3000 {
		theta := rng.NormFloat64()
		correct, guessed := make([]bool, len(items)), make([]bool, len(items))
		for i, p := range items {
			correct[i] = rng.Float64() < p.Prob(theta)
			guessed[i] = rng.Float64() < 0.5
		}
		x, err := s.PersonFit(numbers, correct)
		if err != nil {
			t.Fatal(err)
		}
		z = append(z, x)
		if x, err = s.PersonFit(numbers, guessed); err != nil {
			t.Fatal(err)
		}
		if x < -1.645 {
			aberrant++
		}
	}
	mean, sd := stat.MeanStdDev(z, nil)
	t.Logf("l_z*: mean %.3f, SD %.3f; %.0f %% of guessers found", mean, sd, 100*float64(aberrant)/3000)
	within(t, "mean", mean, 0, 0.06)
	within(t, "SD", sd, 1, 0.06)
	if aberrant < 2400 {
		t.Errorf("%d of 3,000 guessers found", aberrant)
	}
	if _, err := s.PersonFit([]int32{1}, []bool{true}); !errors.Is(err, irt.ErrPersonFit) {
		t.Errorf("one answer: %v, want ErrPersonFit", err)
	}
}

func TestQ3FindsDependence(t *testing.T) {
	items := drawItems(rand.New(rand.NewPCG(16, 1)), 20, false)
	items[1] = items[0]
	rng := rand.New(rand.NewPCG(16, 2))
	b := irt.NewBuilder(len(items))
	for range 4000 {
		theta := rng.NormFloat64()
		b.NextPerson()
		copied := false
		for j, p := range items {
			correct := rng.Float64() < p.Prob(theta)
			if j == 1 && rng.Float64() < 0.5 {
				correct = copied
			}
			copied = correct
			if err := b.Add(j, correct); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	scores, err := scorer(t, items).EAPAll(t.Context(), r, 0)
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := irt.Q3(r, items, scores, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(pairs) != 190 {
		t.Fatalf("%d pairs, want 190", len(pairs))
	}
	var rest []float64
	for _, p := range pairs[1:] {
		rest = append(rest, p.Q3)
	}
	mean := stat.Mean(rest, nil)
	t.Logf("Q3 of the dependent pair %.3f, mean of the rest %.3f", pairs[0].Q3, mean)
	within(t, "mean Q3", mean, -1.0/19, 0.02)
	if pairs[0].Q3-mean < 0.2 || slices.Max(rest)-mean > 0.2 {
		t.Errorf("dependent pair %.3f, largest of the rest %.3f", pairs[0].Q3, slices.Max(rest))
	}
}
