package irt_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// logPosterior is the marginal log-likelihood of pattern counts plus the 3PL
// priors, written out directly: the engine's sums share no code with it.
func (r reference) logPosterior(x []float64) float64 {
	var total float64
	for j := range r.items {
		a, logitC := x[3*j], x[3*j+2]
		total -= math.Log(a) + math.Pow(math.Log(a), 2)/(2*0.25)
		total -= math.Pow(logitC+1.1, 2) / (2 * 0.25)
	}
	var norm float64
	for k := range 61 {
		theta := -6 + 0.2*float64(k)
		norm += math.Exp(-theta * theta / 2)
	}
	for _, p := range r.patterns {
		var marginal float64
		for k := range 61 {
			theta := -6 + 0.2*float64(k)
			likelihood := math.Exp(-theta*theta/2) / norm
			for j, verdict := range p.answers {
				c := 1 / (1 + math.Exp(-x[3*j+2]))
				prob := c + (1-c)/(1+math.Exp(-x[3*j]*theta-x[3*j+1]))
				if verdict == '0' {
					prob = 1 - prob
				}
				likelihood *= prob
			}
			marginal += likelihood
		}
		total += float64(p.freq) * math.Log(marginal)
	}
	return total
}

func TestInformationIsTheHessian(t *testing.T) {
	for _, ref := range []reference{referenceLSAT63PL, referenceLSAT73PL} {
		t.Run(ref.name, func(t *testing.T) {
			opt := priors3PL
			opt.SE, opt.Tol = true, 1e-9
			res := fit(t, ref.responses(t), opt)
			var x []float64
			for _, f := range res.Items {
				p := f.Params
				x = append(x, p.A, -p.A*p.B, math.Log(p.C/(1-p.C)))
			}
			const h = 1e-3
			at := func(i, j int, di, dj float64) float64 {
				y := append([]float64(nil), x...)
				y[i] += di
				y[j] += dj
				return ref.logPosterior(y)
			}
			information := mat.NewSymDense(len(x), nil)
			for i := range x {
				for j := i; j < len(x); j++ {
					information.SetSym(i, j, -(at(i, j, h, h)-at(i, j, h, -h)-at(i, j, -h, h)+at(i, j, -h, -h))/(4*h*h))
				}
			}
			var chol mat.Cholesky
			var covariance mat.SymDense
			if !chol.Factorize(information) || chol.InverseTo(&covariance) != nil {
				t.Fatal("the numerical Hessian is not negative definite")
			}
			for j, f := range res.Items {
				within(t, "SE of a", f.SE.A, math.Sqrt(covariance.At(3*j, 3*j)), 1e-4)
				c := f.Params.C
				within(t, "SE of c", f.SE.C, c*(1-c)*math.Sqrt(covariance.At(3*j+2, 3*j+2)), 1e-4)
			}
		})
	}
}
