package irt_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"sextant/irt"
)

func simulate(t testing.TB, seed uint64, items []irt.ItemParams, population irt.Normal, persons int, missing float64) *irt.Responses {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	r, err := irt.Simulate(rng, items, drawAbilities(rng, persons, population), missing)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func build(t testing.TB, items int, persons ...map[int]bool) *irt.Responses {
	t.Helper()
	b := irt.NewBuilder(items)
	for _, answers := range persons {
		b.NextPerson()
		for item, correct := range answers {
			if err := b.Add(item, correct); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWorkersNeverShowInAResult(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for name, test := range map[string]struct {
		opt     irt.Options
		missing float64
	}{
		"2pl complete": {irt.Options{Model: irt.TwoPL}, 0},
		"2pl sparse":   {irt.Options{Model: irt.TwoPL}, 0.5},
		"3pl sparse":   {priors3PL, 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			items := drawItems(rng, 30, name == "3pl sparse")
			r := simulate(t, 5, items, irt.StandardNormal, 5000, test.missing)
			var first *irt.Result
			var scores []irt.Ability
			for _, workers := range []int{1, 2, 3, 7} {
				test.opt.Workers, test.opt.SE, test.opt.Tol = workers, true, 1e-3
				res := fit(t, r, test.opt)
				s, err := irt.NewScorer(paramsOf(res), res.Latent, irt.Quadrature{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := s.EAPAll(t.Context(), r, workers)
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first, scores = res, got
				}
				if !reflect.DeepEqual(res, first) {
					t.Errorf("%d workers: another calibration than one worker's", workers)
				}
				if !reflect.DeepEqual(got, scores) {
					t.Errorf("%d workers: other scores than one worker's", workers)
				}
			}
		})
	}
}

func paramsOf(res *irt.Result) []irt.ItemParams {
	var out []irt.ItemParams
	for _, f := range res.Items {
		out = append(out, f.Params)
	}
	return out
}

func TestFitSetsHopelessItemsAside(t *testing.T) {
	items := drawItems(rand.New(rand.NewPCG(2, 2)), 8, false)
	good := simulate(t, 9, items, irt.StandardNormal, 400, 0.2)
	b := irt.NewBuilder(12)
	for p := range good.Persons() {
		b.NextPerson()
		good.Each(p, func(item int, correct bool) {
			if err := b.Add(item, correct); err != nil {
				t.Fatal(err)
			}
		})
		for item, answered := range map[int]bool{9: true, 10: true, 11: p < 5} {
			if answered {
				if err := b.Add(item, item == 9 || item == 11 && p%2 == 0); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	b.NextPerson()
	r, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	want := fit(t, good, irt.Options{Model: irt.TwoPL, SE: true})
	got := fit(t, r, irt.Options{Model: irt.TwoPL, SE: true, MinAnswers: 6})
	for item, reason := range map[int]irt.DropReason{8: irt.DropNoAnswers, 9: irt.DropNoVariation, 10: irt.DropNoVariation, 11: irt.DropTooFew} {
		if got.Items[item].Dropped != reason {
			t.Errorf("item %d dropped for %q, want %q", item, got.Items[item].Dropped, reason)
		}
	}
	for item := range items {
		within(t, "a", got.Items[item].Params.A, want.Items[item].Params.A, 1e-9)
		within(t, "b", got.Items[item].Params.B, want.Items[item].Params.B, 1e-9)
	}
	if got.Persons != want.Persons || got.Answers != want.Answers {
		t.Errorf("%d persons and %d answers counted, want %d and %d", got.Persons, got.Answers, want.Persons, want.Answers)
	}
}

func TestFitNamesWhatIsWrong(t *testing.T) {
	some := simulate(t, 1, drawItems(rand.New(rand.NewPCG(1, 1)), 5, false), irt.StandardNormal, 50, 0)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx  context.Context
		r    *irt.Responses
		opt  irt.Options
		want error
	}{
		"no persons":       {nil, build(t, 3), irt.Options{Model: irt.TwoPL}, irt.ErrNoAnswers},
		"no answers":       {nil, build(t, 3, nil, nil), irt.Options{Model: irt.TwoPL}, irt.ErrNoAnswers},
		"no variation":     {nil, build(t, 2, map[int]bool{0: true, 1: false}), irt.Options{Model: irt.TwoPL}, irt.ErrNoItems},
		"no model":         {nil, some, irt.Options{}, irt.ErrUnknownModel},
		"few nodes":        {nil, some, irt.Options{Model: irt.TwoPL, Quadrature: irt.Quadrature{Nodes: 2, Min: -1, Max: 1}}, irt.ErrQuadrature},
		"infinite range":   {nil, some, irt.Options{Model: irt.TwoPL, Quadrature: irt.Quadrature{Nodes: 21, Min: math.Inf(-1), Max: 1}}, irt.ErrQuadrature},
		"NaN tolerance":    {nil, some, irt.Options{Model: irt.TwoPL, Tol: math.NaN()}, irt.ErrOptions},
		"c prior in 2pl":   {nil, some, irt.Options{Model: irt.TwoPL, PriorC: &irt.LogitNormal{SD: 1}}, irt.ErrOptions},
		"flat c prior":     {nil, some, irt.Options{Model: irt.ThreePL, PriorC: &irt.LogitNormal{}}, irt.ErrPrior},
		"a prior in rasch": {nil, some, irt.Options{Model: irt.Rasch, PriorA: &irt.LogNormal{SD: 1}}, irt.ErrOptions},
		"anchor unknown":   {nil, some, irt.Options{Model: irt.TwoPL, Anchors: map[int]irt.ItemParams{7: {A: 1}}}, irt.ErrUnknownItem},
		"anchor with c=1":  {nil, some, irt.Options{Model: irt.TwoPL, Anchors: map[int]irt.ItemParams{0: {A: 1, C: 1}}}, irt.ErrItemParams},
		"cancelled":        {cancelled, some, irt.Options{Model: irt.TwoPL}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			if test.ctx == nil {
				test.ctx = t.Context()
			}
			res, err := irt.Fit(test.ctx, test.r, test.opt)
			if !errors.Is(err, test.want) || res != nil {
				t.Errorf("Fit = %v, %v, want error %v", res, err, test.want)
			}
		})
	}
}

func TestFitSaysWhenItDidNotConverge(t *testing.T) {
	res, err := irt.Fit(t.Context(), referenceLSAT72PL.responses(t), irt.Options{Model: irt.TwoPL, MaxCycles: 3})
	if err != nil {
		t.Fatal(err)
	}
	if res.Converged || res.Iterations != 3 {
		t.Errorf("converged = %v after %d cycles, want false after 3", res.Converged, res.Iterations)
	}
}

// Whatever the answers, however few and contradictory, every number of a
// calibration and of its scores is finite.
func TestNothingIsEverNaN(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.IntRange(1, 6).Draw(t, "items")
		b := irt.NewBuilder(items)
		for range rapid.IntRange(1, 12).Draw(t, "persons") {
			b.NextPerson()
			for item := range items {
				if verdict := rapid.IntRange(0, 2).Draw(t, "verdict"); verdict < 2 {
					if err := b.Add(item, verdict == 1); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		r, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		model := rapid.SampledFrom([]irt.Model{irt.Rasch, irt.OnePL, irt.TwoPL, irt.ThreePL}).Draw(t, "model")
		opt := irt.Options{Model: model, SE: true, MaxCycles: 60, Workers: 1}
		if model == irt.TwoPL && rapid.Bool().Draw(t, "anchored") {
			opt.Anchors = map[int]irt.ItemParams{0: {A: 1.2, B: 0.3, C: 0.1}}
		}
		res, err := irt.Fit(context.Background(), r, opt)
		if errors.Is(err, irt.ErrNoAnswers) || errors.Is(err, irt.ErrNoItems) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		numbers := []float64{res.LogLikelihood, res.LogPrior, res.Reliability, res.Latent.Mean, res.Latent.SD, res.LatentSE.Mean, res.LatentSE.SD}
		for _, f := range res.Items {
			numbers = append(numbers, f.Params.A, f.Params.B, f.Params.C, f.SE.A, f.SE.B, f.SE.C, f.PCorrect)
		}
		s, err := irt.NewScorer(paramsOf(res), res.Latent, irt.Quadrature{})
		if err != nil {
			t.Fatal(err)
		}
		for p := range r.Persons() {
			var answered []int32
			var correct []bool
			r.Each(p, func(item int, c bool) { answered, correct = append(answered, int32(item)), append(correct, c) })
			for _, score := range []func([]int32, []bool) (irt.Ability, error){s.EAP, s.MAP, s.WLE} {
				x, err := score(answered, correct)
				if err != nil || !(x.SE > 0) {
					t.Fatalf("score %v, %v", x, err)
				}
				numbers = append(numbers, x.Theta, x.SE)
			}
		}
		for i, x := range numbers {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				t.Fatalf("number %d is %g: %+v", i, x, res)
			}
		}
	})
}

func TestScorerRefusesBadInput(t *testing.T) {
	good := []irt.ItemParams{{A: 1}, {A: 1, B: 1}}
	for _, p := range []irt.ItemParams{{A: math.NaN()}, {A: 1, B: math.Inf(1)}, {A: 1, C: 1}, {A: 1, C: -0.1}} {
		_, err := irt.NewScorer([]irt.ItemParams{good[0], p}, irt.StandardNormal, irt.Quadrature{})
		var which *irt.ItemError
		if !errors.As(err, &which) || which.Item != 1 || !errors.Is(err, irt.ErrItemParams) {
			t.Errorf("%+v: %v, want an ItemError for item 1", p, err)
		}
	}
	if _, err := irt.NewScorer(good, irt.Normal{SD: 0}, irt.Quadrature{}); !errors.Is(err, irt.ErrPrior) {
		t.Errorf("prior without spread: %v, want ErrPrior", err)
	}
	s, err := irt.NewScorer(good, irt.Normal{Mean: 0.5, SD: 2}, irt.Quadrature{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.EAP([]int32{2}, []bool{true}); !errors.Is(err, irt.ErrUnknownItem) {
		t.Errorf("item 2 of 2: %v, want ErrUnknownItem", err)
	}
	if _, err := s.EAP([]int32{0, 1}, []bool{true}); !errors.Is(err, irt.ErrOptions) {
		t.Errorf("one verdict for two items: %v, want ErrOptions", err)
	}
	if got, err := s.EAP(nil, nil); err != nil || got != (irt.Ability{Theta: 0.5, SE: 2}) {
		t.Errorf("no answers: %v, %v, want the prior", got, err)
	}
	if _, err := s.EAPAll(t.Context(), build(t, 3), 1); !errors.Is(err, irt.ErrUnknownItem) {
		t.Errorf("answers to 3 items, a bank of 2: %v, want ErrUnknownItem", err)
	}
}
