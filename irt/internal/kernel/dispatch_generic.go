//go:build !amd64 || purego

package kernel

// SumRows adds to dst the rows of table numbered by rows, in that order.
func SumRows(dst, table []float64, rows []uint32) { sumRows(dst, table, rows) }

// AddRows adds the columns of src in the window to each row of table numbered by
// rows.
func AddRows(table []float64, rows []uint32, src []float64, w Window) { addRows(table, rows, src, w) }

// AddScaled adds scale·src to dst, which is as long.
func AddScaled(dst []float64, scale float64, src []float64) { addScaled(dst, scale, src) }

// Dot is the inner product of two rows.
func Dot(a, b []float64) float64 { return dot(a, b) }

// Posterior writes exp(base + slope·theta − peak) to dst and returns its
// moments; all slices are rows.
func Posterior(dst, base, theta []float64, slope float64) Moments {
	return posterior(dst, base, theta, slope)
}
