package irt

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// The one-step jackknife against leaving out each item in turn and minimising
// anew.
func TestOneStepJackknifeAgreesWithTheExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const tolerance = 0.03
	for _, n := range []int{8, 25} {
		for _, method := range []LinkMethod{StockingLord, Shift} {
			var from, to []ItemParams
			for range n {
				p := ItemParams{A: math.Exp(0.3 * rng.NormFloat64()), B: rng.NormFloat64(), C: 0.2 * rng.Float64()}
				from = append(from, p)
				to = append(to, ItemParams{A: p.A * math.Exp(0.15*rng.NormFloat64()), B: p.B + 0.3 + 0.2*rng.NormFloat64(), C: p.C})
			}
			link, err := Link(method, from, to, LinkOptions{})
			if err != nil {
				t.Fatal(err)
			}
			l := linker{method: method, grid: newGrid(DefaultQuadrature, StandardNormal)}
			var as, bs []float64
			for i := range from {
				a, b, err := l.constants(without(from, i), without(to, i))
				if err != nil {
					t.Fatal(err)
				}
				as, bs = append(as, a), append(bs, b)
			}
			se := func(x []float64) float64 { return float64(n-1) / math.Sqrt(float64(n)) * stat.StdDev(x, nil) }
			if a, b := se(as), se(bs); math.Abs(link.SEA-a) > tolerance*a || math.Abs(link.SEB-b) > tolerance*b {
				t.Errorf("%s of %d items: SE %.5f and %.5f, exactly %.5f and %.5f", method, n, link.SEA, link.SEB, a, b)
			}
		}
	}
}
