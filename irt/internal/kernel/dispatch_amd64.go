//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

//go:generate go run ./gen -out kernel_amd64.s -stubs stub_amd64.go -pkg kernel

// vectorised is whether this machine runs the assembly. It is settled once, so
// that one process never mixes kernels.
var vectorised = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// SumRows adds to dst the rows of table numbered by rows, in that order.
func SumRows(dst, table []float64, rows []uint32) {
	if !vectorised || len(rows) == 0 {
		sumRows(dst, table, rows)
		return
	}
	checkRows(table, len(dst), rows)
	sumRowsAVX2(&dst[0], &table[0], len(dst), &rows[0], len(rows))
}

// AddRows adds the columns of src in the window to each row of table numbered by
// rows.
func AddRows(table []float64, rows []uint32, src []float64, w Window) {
	if !vectorised || len(rows) == 0 {
		addRows(table, rows, src, w)
		return
	}
	checkRows(table, len(src), rows)
	addRowsAVX2(&table[w.First], len(src), &rows[0], len(rows), &src[w.First : w.First+w.Len : len(src)][0], w.Len)
}

// AddScaled adds scale·src to dst, which is as long.
func AddScaled(dst []float64, scale float64, src []float64) {
	n := len(dst) &^ 3
	if !vectorised || n == 0 {
		addScaled(dst, scale, src)
		return
	}
	src = src[:len(dst)]
	addScaledAVX2(&dst[0], scale, &src[0], n)
	addScaled(dst[n:], scale, src[n:])
}

// Dot is the inner product of two rows.
func Dot(a, b []float64) float64 {
	if !vectorised {
		return dot(a, b)
	}
	b = b[:len(a)]
	return dotAVX2(&a[0], &b[0], len(a))
}

// Posterior writes exp(base + slope·theta − peak) to dst and returns its
// moments; all slices are rows.
func Posterior(dst, base, theta []float64, slope float64) Moments {
	if !vectorised {
		return posterior(dst, base, theta, slope)
	}
	base, theta = base[:len(dst)], theta[:len(dst)]
	var out [4]float64
	posteriorAVX2(&dst[0], &base[0], &theta[0], len(dst), slope, &out)
	return Moments{Peak: out[0], Sum: out[1], Theta: out[2], Square: out[3]}
}
