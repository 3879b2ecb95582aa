package kernel

import "math"

func sumRows(dst, table []float64, rows []uint32) {
	stride := len(dst)
	for _, row := range rows {
		src := table[int(row)*stride:][:stride]
		for k, x := range src {
			dst[k] += x
		}
	}
}

func addRows(table []float64, rows []uint32, src []float64, w Window) {
	stride := len(src)
	for _, row := range rows {
		dst := table[int(row)*stride+w.First:][:w.Len]
		for k, x := range src[w.First:][:w.Len] {
			dst[k] += x
		}
	}
}

func posterior(dst, base, theta []float64, slope float64) Moments {
	m := Moments{Peak: math.Inf(-1)}
	for k, b := range base {
		dst[k] = b + theta[k]*slope
		m.Peak = max(m.Peak, dst[k])
	}
	for k, x := range dst {
		w := math.Exp(x - m.Peak)
		dst[k] = w
		m.Sum += w
		m.Theta += w * theta[k]
		m.Square += w * theta[k] * theta[k]
	}
	return m
}

func addScaled(dst []float64, scale float64, src []float64) {
	for k, x := range src {
		dst[k] += scale * x
	}
}

func dot(a, b []float64) float64 {
	var sum [4]float64
	for len(a) >= 4 && len(b) >= 4 {
		sum[0] += a[0] * b[0]
		sum[1] += a[1] * b[1]
		sum[2] += a[2] * b[2]
		sum[3] += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	return (sum[0] + sum[1]) + (sum[2] + sum[3])
}
