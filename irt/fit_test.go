package irt_test

import (
	"math"
	"testing"

	"sextant/irt"
)

func (r reference) responses(t *testing.T) *irt.Responses {
	t.Helper()
	b := irt.NewBuilder(len(r.items))
	for _, p := range r.patterns {
		for range p.freq {
			b.NextPerson()
			for item, verdict := range p.answers {
				if err := b.Add(item, verdict == '1'); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	out, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r reference) params() []irt.ItemParams {
	var out []irt.ItemParams
	for _, p := range r.items {
		out = append(out, irt.ItemParams{A: p.a, B: -p.d / p.a, C: p.c})
	}
	return out
}

func (r reference) latent() irt.Normal { return irt.Normal{SD: math.Sqrt(r.variance)} }

func fit(t *testing.T, r *irt.Responses, o irt.Options) *irt.Result {
	t.Helper()
	res, err := irt.Fit(t.Context(), r, o)
	if err != nil {
		t.Fatal(err)
	}
	if !res.Converged {
		t.Fatalf("no convergence in %d cycles", res.Iterations)
	}
	return res
}

func within(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %.9g, want %.9g ± %g", what, got, want, tol)
	}
}

var priors3PL = irt.Options{
	Model:  irt.ThreePL,
	PriorA: &irt.LogNormal{Mean: 0, SD: 0.5},
	PriorC: &irt.LogitNormal{Mean: -1.1, SD: 0.5},
}

func TestFitAgreesWithReference(t *testing.T) {
	for _, test := range []struct {
		ref reference
		opt irt.Options
	}{
		{referenceLSAT6Rasch, irt.Options{Model: irt.Rasch}},
		{referenceLSAT7Rasch, irt.Options{Model: irt.Rasch}},
		{referenceLSAT62PL, irt.Options{Model: irt.TwoPL}},
		{referenceLSAT72PL, irt.Options{Model: irt.TwoPL}},
		{referenceLSAT63PL, priors3PL},
		{referenceLSAT73PL, priors3PL},
	} {
		t.Run(test.ref.name, func(t *testing.T) {
			test.opt.SE = true
			res := fit(t, test.ref.responses(t), test.opt)
			t.Logf("%d cycles, log-likelihood %.6f", res.Iterations, res.LogLikelihood)
			within(t, "log-likelihood", res.LogLikelihood, test.ref.logLikelihood, 1e-4)
			within(t, "latent variance", res.Latent.SD*res.Latent.SD, test.ref.variance, 1e-3)
			within(t, "SE of the variance", 2*res.Latent.SD*res.LatentSE.SD, test.ref.varianceSE, 0.01*test.ref.varianceSE)
			for i, want := range test.ref.items {
				got := res.Items[i]
				within(t, "a", got.Params.A, want.a, 1e-3)
				within(t, "b", got.Params.B, want.b, 1e-3)
				within(t, "c", got.Params.C, want.c, 1e-3)
				within(t, "SE of a", got.SE.A, want.seA, 0.01*want.seA)
				within(t, "SE of b", got.SE.B, want.seB, 0.01*want.seB)
				within(t, "SE of c", got.SE.C, want.seC, 0.01*want.seC)
			}
		})
	}
}
