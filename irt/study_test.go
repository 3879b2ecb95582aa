package irt_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"gonum.org/v1/gonum/stat"

	"sextant/irt"
)

// replications of each simulation study: the default is enough to tell 93 %
// from 95 % apart; -replications=2000 gives a third digit.
var replications = flag.Int("replications", 200, "replications of each simulation study")

// replicate calls f once a replication, several at a time.
func replicate(f func(rep int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for rep := range next {
				f(rep)
			}
		})
	}
	for rep := range *replications {
		next <- rep
	}
	close(next)
	wg.Wait()
}

// tally sums up how estimates compare with truth.
type tally struct {
	mu               sync.Mutex
	n, inside        int
	bias, square, se float64 // sums; se of the squared standard errors
}

func (y *tally) add(estimate, se, truth float64) {
	y.mu.Lock()
	defer y.mu.Unlock()
	e := estimate - truth
	y.n++
	y.bias += e
	y.square += e * e
	y.se += se * se
	if math.Abs(e) <= 1.959964*se {
		y.inside++
	}
}

func (y *tally) report(t *testing.T, what string) (bias, rmse, coverage float64) {
	n := float64(y.n)
	bias, rmse, coverage = y.bias/n, math.Sqrt(y.square/n), float64(y.inside)/n
	t.Logf("%-10s bias %+.4f  RMSE %.4f  RMS of the reported SE %.4f  coverage of 95 %% intervals %.2f %%",
		what, bias, rmse, y.meanSE(), 100*coverage)
	return bias, rmse, coverage
}

// meanSE is the root mean square of the reported standard errors: what the
// RMSE of an unbiased estimate should be.
func (y *tally) meanSE() float64 { return math.Sqrt(y.se / float64(y.n)) }

func TestStudyOfRecoveryAndCoverage(t *testing.T) {
	items := drawItems(rand.New(rand.NewPCG(20, 26)), 20, false)
	var a, b, theta tally
	replicate(func(rep int) {
		rng := rand.New(rand.NewPCG(uint64(rep), 77))
		truth := drawAbilities(rng, 1000, irt.StandardNormal)
		r, err := irt.Simulate(rng, items, truth, 0)
		if err != nil {
			t.Error(err)
			return
		}
		res, err := irt.Fit(t.Context(), r, irt.Options{Model: irt.TwoPL, SE: true, Workers: 1})
		if err != nil || !res.Converged || res.SEMethod != irt.SEFull {
			t.Errorf("replication %d: %v, %+v", rep, err, res)
			return
		}
		for i, f := range res.Items {
			a.add(f.Params.A, f.SE.A, items[i].A)
			b.add(f.Params.B, f.SE.B, items[i].B)
		}
		s, err := irt.NewScorer(paramsOf(res), res.Latent, irt.Quadrature{})
		if err != nil {
			t.Error(err)
			return
		}
		scores, err := s.EAPAll(t.Context(), r, 1)
		if err != nil {
			t.Error(err)
			return
		}
		for p, x := range scores {
			theta.add(x.Theta, x.SE, truth[p])
		}
	})
	for _, study := range []struct {
		what       string
		of         *tally
		bias, rmse float64
	}{{"a", &a, 0.02, 0.15}, {"b", &b, 0.02, 0.15}, {"theta", &theta, 0.01, 0.5}} {
		bias, rmse, coverage := study.of.report(t, study.what)
		within(t, study.what+" bias", bias, 0, study.bias)
		within(t, study.what+" RMSE", rmse, 0, study.rmse)
		within(t, study.what+" coverage", coverage, 0.95, 0.02)
	}
}

// Two samples of different mean and spread take the same 25 items. A free
// calibration makes each sample's mean 0 and SD 1, so the true constants are
// the samples' own moments. When items drift, the link must miss by more and
// say so.
func TestStudyOfLinking(t *testing.T) {
	common := drawItems(rand.New(rand.NewPCG(4, 4)), 25, false)
	for _, study := range []struct {
		what         string
		drift        float64 // SD of the items' shifts in b
		bias         float64 // drift widens the spread of b: mean/sigma takes it for a change of unit
		rmseA, rmseB float64
	}{{"stable items", 0, 0.01, 0.02, 0.02}, {"drifting items", 0.1, 0.015, 0.04, 0.04}} {
		t.Run(study.what, func(t *testing.T) {
			tallies := map[irt.LinkMethod]*[2]tally{irt.StockingLord: {}, irt.MeanSigma: {}}
			replicate(func(rep int) {
				rng := rand.New(rand.NewPCG(uint64(rep), 5))
				moved := slices.Clone(common)
				for i := range moved {
					moved[i].B += study.drift * rng.NormFloat64()
				}
				to, m0, s0 := calibrate(t, uint64(2*rep), common, irt.StandardNormal)
				from, m1, s1 := calibrate(t, uint64(2*rep+1), moved, irt.Normal{Mean: 0.4, SD: 1.2})
				for method, y := range tallies {
					link, err := irt.Link(method, from, to, irt.LinkOptions{})
					if err != nil || !link.HasSE || !(link.Criterion >= 0) {
						t.Errorf("replication %d: %v, %+v", rep, err, link)
						return
					}
					y[0].add(link.A, link.SEA, s1/s0)
					y[1].add(link.B, link.SEB, (m1-m0)/s0)
				}
			})
			for method, y := range tallies {
				for i, rmse := range []float64{study.rmseA, study.rmseB} {
					if method == irt.MeanSigma {
						rmse *= 1.5 // it leans on the extreme items, the least sure
					}
					what := string(method) + []string{" A", " B"}[i]
					bias, missed, coverage := y[i].report(t, what)
					within(t, what+" bias", bias, 0, study.bias)
					within(t, what+" RMSE", missed, 0, rmse)
					within(t, what+" SE against RMSE", y[i].meanSE()/missed, 1, 0.2)
					// A jackknife over 25 items knows its SE to a seventh, which alone
					// costs an interval of 1.96 SE one point of its coverage.
					within(t, what+" coverage", coverage, 0.94, 0.04)
				}
			}
		})
	}
}

// calibrate draws 4,000 persons and returns the estimates with the sample's
// mean and SD.
func calibrate(t *testing.T, seed uint64, items []irt.ItemParams, population irt.Normal) (params []irt.ItemParams, mean, sd float64) {
	rng := rand.New(rand.NewPCG(seed, 99))
	truth := drawAbilities(rng, 4000, population)
	r, err := irt.Simulate(rng, items, truth, 0)
	if err != nil {
		t.Error(err)
		return nil, 0, 0
	}
	res, err := irt.Fit(t.Context(), r, irt.Options{Model: irt.TwoPL, Workers: 1})
	if err != nil {
		t.Error(err)
		return nil, 0, 0
	}
	mean, sd = stat.MeanStdDev(truth, nil)
	return paramsOf(res), mean, sd
}

func TestAnchorsHoldTheScale(t *testing.T) {
	items := drawItems(rand.New(rand.NewPCG(6, 6)), 30, false)
	population := irt.Normal{Mean: -0.5, SD: 1.3}
	r := simulate(t, 8, items, population, 8000, 0.3)
	anchors := map[int]irt.ItemParams{}
	for i := range 10 {
		anchors[i] = items[i]
	}
	for _, model := range []irt.Model{irt.TwoPL, irt.ThreePL} {
		opt := irt.Options{Model: model, Anchors: anchors, SE: true}
		if model == irt.ThreePL {
			opt.PriorC = &irt.LogitNormal{Mean: -4, SD: 0.5}
		}
		res := fit(t, r, opt)
		t.Logf("%s: population N(%.3f, %.3f²) in %d cycles", model, res.Latent.Mean, res.Latent.SD, res.Iterations)
		within(t, "mean", res.Latent.Mean, population.Mean, 4*res.LatentSE.Mean+0.05)
		within(t, "SD", res.Latent.SD, population.SD, 4*res.LatentSE.SD+0.05)
		for i, f := range res.Items {
			if i < 10 {
				if f.Params != items[i] || f.SE != (irt.ItemSE{}) {
					t.Errorf("anchor %d moved to %+v ± %+v", i, f.Params, f.SE)
				}
				continue
			}
			if model == irt.TwoPL {
				within(t, "a", f.Params.A, items[i].A, 4*f.SE.A)
				within(t, "b", f.Params.B, items[i].B, 4*f.SE.B)
			}
		}
	}
}

// Rasch and 1PL are one family on two scales.
func TestRaschAndOnePLAgree(t *testing.T) {
	r := referenceLSAT7Rasch.responses(t)
	rasch := fit(t, r, irt.Options{Model: irt.Rasch, SE: true})
	one := fit(t, r, irt.Options{Model: irt.OnePL, SE: true})
	within(t, "log-likelihood", one.LogLikelihood, rasch.LogLikelihood, 1e-9)
	for i := range rasch.Items {
		within(t, "a", one.Items[i].Params.A, rasch.Latent.SD, 1e-9)
		within(t, "b", one.Items[i].Params.B, rasch.Items[i].Params.B/rasch.Latent.SD, 1e-9)
		within(t, "SE of a", one.Items[i].SE.A, rasch.LatentSE.SD, 1e-9)
	}
	if one.Latent != irt.StandardNormal {
		t.Errorf("latent %v, want N(0, 1)", one.Latent)
	}
}
