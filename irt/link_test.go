package irt_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"sextant/irt"
)

func drawItems(rng *rand.Rand, n int, guessing bool) []irt.ItemParams {
	items := make([]irt.ItemParams, n)
	for i := range items {
		items[i] = irt.ItemParams{A: math.Exp(0.3 * rng.NormFloat64()), B: rng.NormFloat64()}
		if guessing {
			items[i].C = 0.1 + 0.15*rng.Float64()
		}
	}
	return items
}

func drawAbilities(rng *rand.Rand, n int, population irt.Normal) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = population.Mean + population.SD*rng.NormFloat64()
	}
	return out
}

func TestLinkRecoversExactConstants(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	want := irt.Linkage{A: 1.3, B: -0.4}
	for _, guessing := range []bool{false, true} {
		from := drawItems(rng, 15, guessing)
		var to, shifted []irt.ItemParams
		for _, p := range from {
			to = append(to, want.Params(p))
			shifted = append(shifted, irt.Linkage{A: 1, B: 0.7}.Params(p))
		}
		for _, method := range []irt.LinkMethod{irt.StockingLord, irt.MeanSigma} {
			got, err := irt.Link(method, from, to, irt.LinkOptions{})
			if err != nil {
				t.Fatal(err)
			}
			within(t, string(method)+" A", got.A, want.A, 1e-7)
			within(t, string(method)+" B", got.B, want.B, 1e-7)
			within(t, string(method)+" SE", got.SE, 0, 1e-6)
			within(t, string(method)+" criterion", got.Criterion, 0, 1e-10)
		}
		got, err := irt.Link(irt.Shift, from[:2], shifted[:2], irt.LinkOptions{})
		if err != nil {
			t.Fatal(err)
		}
		within(t, "shift A", got.A, 1, 0)
		within(t, "shift B", got.B, 0.7, 1e-7)
	}
}

func TestLinkMovesEverythingAlike(t *testing.T) {
	link := irt.Linkage{A: 1.25, B: 0.5}
	p := irt.ItemParams{A: 1.4, B: -0.3, C: 0.2}
	within(t, "probability", link.Params(p).Prob(link.Ability(irt.Ability{Theta: 0.8}).Theta), p.Prob(0.8), 1e-15)
	if got, want := link.Normal(irt.StandardNormal), (irt.Normal{Mean: 0.5, SD: 1.25}); got != want {
		t.Errorf("population = %v, want %v", got, want)
	}
}

func TestLinkRefusesWhatItCannotLink(t *testing.T) {
	p := irt.ItemParams{A: 1, B: 0.5}
	for name, test := range map[string]struct {
		method   irt.LinkMethod
		from, to []irt.ItemParams
	}{
		"no items":          {irt.StockingLord, nil, nil},
		"one item":          {irt.StockingLord, []irt.ItemParams{p}, []irt.ItemParams{p}},
		"unequal lengths":   {irt.StockingLord, []irt.ItemParams{p, p}, []irt.ItemParams{p}},
		"no spread":         {irt.MeanSigma, []irt.ItemParams{p, p}, []irt.ItemParams{p, p}},
		"no discrimination": {irt.Shift, []irt.ItemParams{{B: 1}}, []irt.ItemParams{{B: 1}}},
		"unknown method":    {"haebara", []irt.ItemParams{p, p}, []irt.ItemParams{p, p}},
	} {
		if got, err := irt.Link(test.method, test.from, test.to, irt.LinkOptions{}); !errors.Is(err, irt.ErrLink) {
			t.Errorf("%s: %+v, %v, want ErrLink", name, got, err)
		}
	}
	nan := []irt.ItemParams{{A: 1, B: math.NaN()}}
	if _, err := irt.Link(irt.Shift, nan, nan, irt.LinkOptions{}); !errors.Is(err, irt.ErrItemParams) {
		t.Errorf("NaN difficulty: %v, want ErrItemParams", err)
	}
}
