package jobs

import "math"

// finite gives a pointer to x, or nil where x is no number a table may hold.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// valueOf is what x points to, 0 for nil.
func valueOf(x *float64) float64 {
	if x == nil {
		return 0
	}
	return *x
}
