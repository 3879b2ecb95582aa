// Package kernel holds the engine's inner loops. A row is a slice of one value
// a quadrature node, padded to a multiple of [Width]; a table is rows end to
// end.
package kernel

// Width is what the length of every row is a multiple of: eight vectors of
// four doubles, as many as leave AVX2 eight registers to work with.
const Width = 32

// Masked is the log prior of a padding node: far enough below every real one
// that its weight is exactly zero.
const Masked = -1e30

// Pad rounds a number of nodes up to the length of a row.
func Pad(nodes int) int { return (nodes + Width - 1) / Width * Width }

// Moments are the sums of one posterior before it is normalised: with
// w = exp(log posterior − Peak), Sum = Σw, Theta = Σwθ, Square = Σwθ².
type Moments struct{ Peak, Sum, Theta, Square float64 }

// checkRows is the bounds check the assembly does not make: a row beyond the
// table is a bug in the caller, found here and not in somebody else's memory.
// Rows ascend in the engine, so that the last one tells.
func checkRows(table []float64, stride int, rows []uint32) {
	if stride%Width != 0 || (int(rows[len(rows)-1])+1)*stride > len(table) {
		panic("kernel: row outside the table")
	}
}
