package jobs

import (
	"math"
	"strconv"
)

// Probability writes p with so many decimals: what is short of 1 or above 0 never
// reads as 1 or 0, but as "> 0.99" or "< 0.01". What is no number is a dash.
func Probability(p float64, decimals int) string {
	if math.IsNaN(p) || math.IsInf(p, 0) {
		return "–"
	}
	write := func(x float64) string { return strconv.FormatFloat(x, 'f', decimals, 64) }
	least := math.Pow10(-decimals)
	switch text := write(p); {
	case p < 1 && text == write(1):
		return "> " + write(1-least)
	case p > 0 && text == write(0):
		return "< " + write(least)
	default:
		return text
	}
}
