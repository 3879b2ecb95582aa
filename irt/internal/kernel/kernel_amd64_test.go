//go:build amd64 && !purego

package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func draw(rng *rand.Rand, n int, scale float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = scale * rng.NormFloat64()
	}
	return v
}

func agree(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*max(1, math.Abs(want[i]))) {
			t.Fatalf("%s[%d] = %.17g in assembly, %.17g in Go", what, i, got[i], want[i])
		}
	}
}

func TestAssemblyAgreesWithGo(t *testing.T) {
	if !vectorised {
		t.Skip("this machine has no AVX2 with FMA")
	}
	rng := rand.New(rand.NewPCG(7, 11))
	for _, stride := range []int{32, 64, 96, 128} {
		for range 200 {
			table := draw(rng, 50*stride, 10)
			var rows []uint32
			for row := range uint32(50) {
				if rng.IntN(2) == 0 {
					rows = append(rows, row)
				}
			}
			dst, src, theta := draw(rng, stride, 100), draw(rng, stride, 1), draw(rng, stride, 3)
			other := slices.Clone(dst)
			SumRows(dst, table, rows)
			sumRows(other, table, rows)
			agree(t, "SumRows", dst, other, 0)

			copied := slices.Clone(table)
			w := Window{Len: Pad(1 + rng.IntN(stride))}
			w.First = rng.IntN(stride - w.Len + 1)
			AddRows(table, rows, src, w)
			addRows(copied, rows, src, w)
			agree(t, "AddRows", table, copied, 0)

			AddScaled(dst, -0.3, src)
			addScaled(other, -0.3, src)
			agree(t, "AddScaled", dst, other, 1e-12)
			agree(t, "Dot", []float64{Dot(src, theta)}, []float64{dot(src, theta)}, 1e-12)

			dst[stride-1], other[stride-1] = Masked, Masked
			slope := 20 * rng.NormFloat64()
			got := Posterior(src, dst, theta, slope)
			want := posterior(copied[:stride], other, theta, slope)
			agree(t, "posterior", src, copied[:stride], 1e-12)
			agree(t, "moments", []float64{got.Peak, got.Sum, got.Theta, got.Square},
				[]float64{want.Peak, want.Sum, want.Theta, want.Square}, 1e-12)
			if src[stride-1] != 0 {
				t.Fatalf("a masked node weighs %g", src[stride-1])
			}
		}
	}
}

func TestExponentialIsAccurate(t *testing.T) {
	if !vectorised {
		t.Skip("this machine has no AVX2 with FMA")
	}
	const n = 4096
	base, zero, got := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range base {
		base[i] = -707.9 * float64(i) / n
	}
	Posterior(got, base, zero, 0)
	for i, x := range base {
		if want := math.Exp(x); math.Abs(got[i]-want) > 4e-16*want {
			t.Fatalf("exp(%g) = %.17g, want %.17g", x, got[i], want)
		}
	}
}

func TestSupportHoldsWhatMatters(t *testing.T) {
	row := make([]float64, 96)
	for _, test := range []struct {
		first, last int
		want        Window
	}{{0, 95, Window{0, 96}}, {40, 41, Window{40, 32}}, {90, 95, Window{64, 32}}, {10, 50, Window{10, 64}}, {60, 60, Window{60, 32}}} {
		clear(row)
		row[test.first], row[test.last] = 1e-3, 1e-3
		if got := Support(row, 1); got != test.want {
			t.Errorf("weights at %d and %d: %v, want %v", test.first, test.last, got, test.want)
		}
	}
}
