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

// Window is a run of columns, Len being a multiple of Width.
type Window struct{ First, Len int }

// negligible is the last bit of one person: a posterior has most of its columns
// below it, and together they change no sum over persons beyond rounding.
const negligible = 1e-16

// Support is the shortest window outside which a row of weights, of which there
// are about total, is negligible.
func Support(row []float64, total float64) Window {
	least := negligible * total
	first, end := 0, len(row)
	for first < end-1 && row[first] < least {
		first++
	}
	for end > first+1 && row[end-1] < least {
		end--
	}
	n := Pad(end - first)
	return Window{First: min(first, len(row)-n), Len: n}
}

// checkRows is the bounds check the assembly does not make: a row beyond the
// table is a bug in the caller, found here and not in somebody else's memory.
// Rows ascend in the engine, so that the last one tells.
func checkRows(table []float64, stride int, rows []uint32) {
	if stride%Width != 0 || (int(rows[len(rows)-1])+1)*stride > len(table) {
		panic("kernel: row outside the table")
	}
}
