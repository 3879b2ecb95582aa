package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"sextant/irt"
	"sextant/jobs/irtfile"
)

// The sizes that R's mirt was measured at, and the large one.
var (
	complete = size{persons: 50_000, items: 100}
	sparse   = size{persons: 20_000, items: 500, missing: 0.9}
	large    = size{persons: 1_000_000, items: 2000, missing: 0.95}
)

var engineCases = []benchCase{
	{name: "fit 50,000 × 100 complete", target: "≤ 0.7 s", runs: 5, show: seconds, run: fitCase(complete)},
	{name: "fit 20,000 × 500, 90 % missing", target: "≤ 0.5 s, ≤ 100 MB", runs: 5, show: seconds, run: fitCase(sparse)},
	{name: "EAP and SE of 50,000 × 100", target: "≤ 0.1 s", runs: 5, show: seconds, run: scoreCase(complete)},
	{name: "EAP and SE of 20,000 × 500, 90 % missing", target: "–", runs: 5, show: seconds, run: scoreCase(sparse)},
	{name: "one learner's EAP, 1,000 answers", target: "≤ 50 µs", runs: 5, show: seconds, run: learnerCase},
	{name: "read gzipped CSV 50,000 × 100 and fit", target: "≤ 2 s", runs: 3, show: seconds, run: fileCase},
	{name: "EM cycle, 500 items, 10⁵ answers", target: "linear", runs: 5, show: perAnswer, run: fitCase(size{persons: 2_000, items: 500, missing: 0.9})},
	{name: "EM cycle, 500 items, 10⁶ answers", target: "linear", runs: 3, show: perAnswer, run: fitCase(size{persons: 20_000, items: 500, missing: 0.9})},
	{name: "EM cycle, 500 items, 10⁷ answers", target: "linear", runs: 2, show: perAnswer, run: fitCase(size{persons: 200_000, items: 500, missing: 0.9})},
	{name: "fit 1,000,000 × 2,000, 10⁸ answers", target: "≤ 300 s, ≤ 2,048 MB", runs: 1, large: true, show: seconds, run: fitCase(large)},
	{name: "the same, a cycle", target: "≤ 4 s", runs: 1, large: true, show: perCycle, run: cyclesCase(large, 6)},
}

type size struct {
	persons, items int
	missing        float64
}

// draw makes 2PL items with a ~ lognormal(0, 0.3) and b ~ N(0, 1), and answers
// of a standard normal population.
func (s size) draw() ([]irt.ItemParams, *irt.Responses, error) {
	rng := rand.New(rand.NewPCG(20260101, uint64(s.persons)))
	items := make([]irt.ItemParams, s.items)
	for i := range items {
		items[i] = irt.ItemParams{A: math.Exp(0.3 * rng.NormFloat64()), B: rng.NormFloat64()}
	}
	theta := make([]float64, s.persons)
	for i := range theta {
		theta[i] = rng.NormFloat64()
	}
	r, err := irt.Simulate(rng, items, theta, s.missing)
	return items, r, err
}

// fitCase fits the 2PL with default options. Value is nanoseconds of CPU an
// answer and cycle; the note says how far below the maximum the log-likelihood stayed.
func fitCase(s size) func(context.Context) (measurement, error) {
	return func(ctx context.Context) (measurement, error) {
		_, r, err := s.draw()
		if err != nil {
			return measurement{}, err
		}
		var res *irt.Result
		m, err := timed(func() (err error) {
			res, err = irt.Fit(ctx, r, irt.Options{Model: irt.TwoPL})
			return err
		})
		if err != nil {
			return m, err
		}
		per := float64(res.Iterations+1) * float64(r.Answers())
		m.Value = float64(m.CPU.Nanoseconds()) / per
		m.Note = fmt.Sprintf("%d cycles, %.1f ns an answer and cycle", res.Iterations, float64(m.Wall.Nanoseconds())/per)
		if !res.Converged {
			return m, errors.New("no convergence")
		}
		if s != large {
			best, err := irt.Fit(ctx, r, irt.Options{Model: irt.TwoPL, Tol: 1e-10})
			if err != nil {
				return m, err
			}
			m.Note += fmt.Sprintf(", log-likelihood within %.0e of the maximum", math.Abs(best.LogLikelihood-res.LogLikelihood))
		}
		return m, nil
	}
}

// cyclesCase runs a few cycles only.
func cyclesCase(s size, cycles int) func(context.Context) (measurement, error) {
	return func(ctx context.Context) (measurement, error) {
		_, r, err := s.draw()
		if err != nil {
			return measurement{}, err
		}
		var previous time.Time
		shortest := time.Duration(math.MaxInt64)
		m, err := timed(func() error {
			_, err := irt.Fit(ctx, r, irt.Options{Model: irt.TwoPL, MaxCycles: cycles, Progress: func(irt.Progress) {
				if now := time.Now(); previous.IsZero() {
					previous = now
				} else {
					shortest = min(shortest, now.Sub(previous))
					previous = now
				}
			}})
			return err
		})
		m.Value = shortest.Seconds()
		return m, err
	}
}

func perCycle(m measurement) string { return fmt.Sprintf("%.2f s", m.Value) }

func perAnswer(m measurement) string { return fmt.Sprintf("%.0f ns of CPU an answer", m.Value) }

// scoreCase tabulates the bank and scores everybody.
func scoreCase(s size) func(context.Context) (measurement, error) {
	return func(ctx context.Context) (measurement, error) {
		items, r, err := s.draw()
		if err != nil {
			return measurement{}, err
		}
		return timed(func() error {
			scorer, err := irt.NewScorer(items, irt.StandardNormal, irt.DefaultQuadrature)
			if err != nil {
				return err
			}
			_, err = scorer.EAPAll(ctx, r, 0)
			return err
		})
	}
}

// learnerCase is the mean over many learners of a bank that is tabulated.
func learnerCase(context.Context) (measurement, error) {
	s := size{persons: 500, items: 2000, missing: 0.5}
	items, r, err := s.draw()
	if err != nil {
		return measurement{}, err
	}
	scorer, err := irt.NewScorer(items, irt.StandardNormal, irt.DefaultQuadrature)
	if err != nil {
		return measurement{}, err
	}
	numbers, verdicts := make([][]int32, r.Persons()), make([][]bool, r.Persons())
	for p := range r.Persons() {
		r.Each(p, func(item int, correct bool) {
			numbers[p], verdicts[p] = append(numbers[p], int32(item)), append(verdicts[p], correct)
		})
	}
	m, err := timed(func() error {
		for p := range numbers {
			if _, err := scorer.EAP(numbers[p], verdicts[p]); err != nil {
				return err
			}
		}
		return nil
	})
	m.Wall /= time.Duration(len(numbers))
	return m, err
}

// fileCase reads what sextant irt fit reads, and fits it.
func fileCase(ctx context.Context) (m measurement, err error) {
	_, r, err := complete.draw()
	if err != nil {
		return m, err
	}
	dir, err := os.MkdirTemp("", "sextant-bench")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "answers.csv.gz")
	answers := &irtfile.Answers{Responses: r, Persons: irtfile.Number("p", complete.persons), Items: irtfile.Number("q", complete.items)}
	if err := writeZipped(path, answers); err != nil {
		return m, err
	}
	return timed(func() error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		read, err := irtfile.ReadResponses(f)
		if err != nil {
			return err
		}
		_, err = irt.Fit(ctx, read.Responses, irt.Options{Model: irt.TwoPL})
		return err
	})
}

func writeZipped(path string, a *irtfile.Answers) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := gzip.NewWriter(f)
	return errors.Join(irtfile.WriteWide(z, a), z.Close())
}
