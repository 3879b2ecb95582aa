package irt_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"sextant/irt"
)

// drawAnswers is a learner with up to 60 answers to items of any kind.
func drawAnswers(t *rapid.T) (items []irt.ItemParams, correct []bool, prior irt.Normal) {
	for range rapid.IntRange(0, 60).Draw(t, "answers") {
		p := irt.ItemParams{A: rapid.Float64Range(0.1, 4).Draw(t, "a"), B: rapid.Float64Range(-5, 5).Draw(t, "b")}
		if rapid.Bool().Draw(t, "guessing") {
			p.C = rapid.Float64Range(0, 0.5).Draw(t, "c")
		}
		items, correct = append(items, p), append(correct, rapid.Bool().Draw(t, "correct"))
	}
	return items, correct, irt.Normal{Mean: rapid.Float64Range(-2, 2).Draw(t, "mean"), SD: rapid.Float64Range(0.3, 2).Draw(t, "sd")}
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

func attribute(t rapid.TB, items []irt.ItemParams, correct []bool, prior irt.Normal) irt.Attribution {
	t.Helper()
	s, numbers := scorerOf(t, items, prior)
	a, err := s.Attribute(numbers, correct, prior)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// scorerOf is a scorer on the items, each of which is answered once.
func scorerOf(t rapid.TB, items []irt.ItemParams, prior irt.Normal) (*irt.Scorer, []int32) {
	t.Helper()
	s, err := irt.NewScorer(items, prior, irt.Quadrature{})
	if err != nil {
		t.Fatal(err)
	}
	numbers := make([]int32, len(items))
	for i := range numbers {
		numbers[i] = int32(i)
	}
	return s, numbers
}

func TestPullsAddUpToTheta(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items, correct, prior := drawAnswers(t)
		a := attribute(t, items, correct, prior)
		if gap := prior.Mean + sum(a.Pulls) - a.Theta; math.Abs(gap) > 1e-8 {
			t.Errorf("prior mean and pulls miss θ %v by %g", a.Theta, gap)
		}
		fine, err := irt.NewScorer(items, prior, irt.Quadrature{Nodes: 1501, Min: -6, Max: 6})
		if err != nil {
			t.Fatal(err)
		}
		_, numbers := scorerOf(t, items, prior)
		want, err := fine.EAP(numbers, correct)
		if err != nil {
			t.Fatal(err)
		}
		edge := math.Abs(a.Theta-prior.Mean)+6*a.SE > 6*prior.SD // then the sum over nodes depends on where they end
		if !edge && math.Abs(a.Theta-want.Theta) > 1e-5 || !edge && math.Abs(a.SE-want.SE) > 1e-5 {
			t.Errorf("θ %v ± %v, on 1,501 nodes %v ± %v", a.Theta, a.SE, want.Theta, want.SE)
		}
		for i, pull := range a.Pulls {
			if correct[i] && pull < -1e-12 || !correct[i] && pull > 1e-12 {
				t.Errorf("answer %d (correct: %v) to %+v pulls %v", i, correct[i], items[i], pull)
			}
		}
	})
}

// By the definition itself: the covariance under each tempered posterior,
// integrated over t by the midpoint rule.
func TestPullsAreAumannShapleyValues(t *testing.T) {
	items := []irt.ItemParams{{A: 1, B: 0}, {A: 2, B: 1}, {A: 1.5, B: -1, C: 0.2}, {A: 0.7, B: 2}}
	correct := []bool{true, false, true, true}
	prior := irt.Normal{Mean: 0.3, SD: 1.1}
	const steps, nodes = 2000, 801
	want := make([]float64, len(items))
	for step := range steps {
		pace := (float64(step) + 0.5) / steps
		var mass, mean float64
		var first, cross [4]float64
		for k := range nodes {
			x := -8 + 16*float64(k)/(nodes-1)
			theta := prior.Mean + prior.SD*x
			var logs [4]float64
			w := -x * x / 2
			for i, item := range items {
				p := item.Prob(theta)
				if logs[i] = math.Log(p); !correct[i] {
					logs[i] = math.Log(1 - p)
				}
				w += pace * logs[i]
			}
			w = math.Exp(w)
			mass += w
			mean += w * theta
			for i, l := range logs {
				first[i] += w * l
				cross[i] += w * l * theta
			}
		}
		for i := range want {
			want[i] += (cross[i]/mass - first[i]/mass*mean/mass) / steps
		}
	}
	for i, got := range attribute(t, items, correct, prior).Pulls {
		within(t, "pull", got, want[i], 1e-6)
	}
}

func TestOrderDoesNotMatterToPulls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items, correct, prior := drawAnswers(t)
		a := attribute(t, items, correct, prior)
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Perm(len(items)) //nolint:gosec // a test's shuffle
		var mixed []irt.ItemParams
		var verdicts []bool
		for _, i := range order {
			mixed, verdicts = append(mixed, items[i]), append(verdicts, correct[i])
		}
		b := attribute(t, mixed, verdicts, prior)
		for k, i := range order {
			if math.Abs(b.Pulls[k]-a.Pulls[i]) > 1e-9 {
				t.Errorf("answer %d pulls %v, in another order %v", i, a.Pulls[i], b.Pulls[k])
			}
		}
	})
}

// A learner whose posterior is far narrower than the scorer's nodes: thousands of
// answers, all of them right or as expected.
func TestPullsOfManyAnswersAddUp(t *testing.T) {
	for _, tt := range []struct {
		name     string
		answers  int
		expected bool
	}{{"300 as expected", 300, true}, {"3,000 as expected", 3000, true}, {"100 right", 100, false}} {
		t.Run(tt.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // a simulation
			var items []irt.ItemParams
			var correct []bool
			for range tt.answers {
				p := irt.ItemParams{A: 0.6 + 1.5*rng.Float64(), B: 3 * (rng.Float64() - 0.5)}
				items = append(items, p)
				correct = append(correct, !tt.expected || rng.Float64() < p.Prob(0.8))
			}
			a := attribute(t, items, correct, irt.StandardNormal)
			within(t, "prior mean and pulls", sum(a.Pulls), a.Theta, 1e-8)
			s, numbers := scorerOf(t, items, irt.StandardNormal)
			eap, err := s.EAP(numbers, correct)
			if err != nil {
				t.Fatal(err)
			}
			within(t, "EAP", eap.Theta, a.Theta, 1e-4)
		})
	}
}

// A topic's θ has a narrow prior of its own.
func TestPullsUnderAnotherPriorAddUp(t *testing.T) {
	items := []irt.ItemParams{{A: 1, B: 0}, {A: 2, B: 1}, {A: 1.5, B: -1, C: 0.2}}
	correct := []bool{true, false, true}
	s, numbers := scorerOf(t, items, irt.StandardNormal)
	for _, prior := range []irt.Normal{{Mean: 1.2, SD: 0.45}, {Mean: -4, SD: 0.45}, {Mean: 0, SD: 0.05}} {
		a, err := s.Attribute(numbers, correct, prior)
		if err != nil {
			t.Fatal(err)
		}
		eap, err := s.EAPWithPrior(numbers, correct, prior)
		if err != nil {
			t.Fatal(err)
		}
		within(t, "prior mean and pulls", prior.Mean+sum(a.Pulls), a.Theta, 1e-8)
		within(t, "EAP", eap.Theta, a.Theta, 1e-6)
		within(t, "SE", eap.SE, a.SE, 1e-6)
	}
}

func TestAttributeSaysWhatIsWrong(t *testing.T) {
	s, numbers := scorerOf(t, []irt.ItemParams{{A: 1}}, irt.StandardNormal)
	for name, err := range map[string]error{
		"lengths": second(s.Attribute(numbers, nil, irt.StandardNormal)),
		"prior":   second(s.Attribute(numbers, []bool{true}, irt.Normal{})),
		"item":    second(s.Attribute([]int32{1}, []bool{true}, irt.StandardNormal)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	a, err := s.Attribute(nil, nil, irt.Normal{Mean: 2, SD: 3})
	if err != nil || a.Theta != 2 || a.SE != 3 || len(a.Pulls) != 0 {
		t.Errorf("without answers %+v, %v", a, err)
	}
}

func second[A, B any](_ A, b B) B { return b }
