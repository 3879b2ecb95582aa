package irt_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"sextant/irt"
)

func BenchmarkFit(b *testing.B) {
	for _, size := range []struct {
		name           string
		persons, items int
		missing        float64
	}{
		{"50000x100", 50_000, 100, 0},
		{"20000x500/90%missing", 20_000, 500, 0.9},
	} {
		rng := rand.New(rand.NewPCG(1, 1))
		r, err := irt.Simulate(rng, drawItems(rng, size.items, false), drawAbilities(rng, size.persons, irt.StandardNormal), size.missing)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(size.name, func(b *testing.B) {
			cycles := 0
			for b.Loop() {
				res, err := irt.Fit(b.Context(), r, irt.Options{Model: irt.TwoPL})
				if err != nil {
					b.Fatal(err)
				}
				cycles = res.Iterations
				b.Logf("log-likelihood %.6f, %d cycles", res.LogLikelihood, cycles)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(cycles)/float64(r.Answers()), "ns/answer/cycle")
		})
	}
}

func BenchmarkEAPAll(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	items := drawItems(rng, 100, false)
	r, err := irt.Simulate(rng, items, drawAbilities(rng, 50_000, irt.StandardNormal), 0)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := irt.NewScorer(items, irt.StandardNormal, irt.DefaultQuadrature)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.EAPAll(b.Context(), r, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEAP(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	bank := drawItems(rng, 2000, false)
	s, err := irt.NewScorer(bank, irt.StandardNormal, irt.DefaultQuadrature)
	if err != nil {
		b.Fatal(err)
	}
	var items []int32
	var correct []bool
	for i := range 1000 {
		items = append(items, int32(2*i))
		correct = append(correct, rng.Float64() < bank[2*i].Prob(0.3))
	}
	for b.Loop() {
		got, err := s.EAP(items, correct)
		if err != nil || math.Abs(got.Theta-0.3) > 0.5 {
			b.Fatal(got, err)
		}
	}
}
