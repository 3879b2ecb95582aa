// Command gen writes the AVX2 kernels. Run it with go generate ./irt/...
package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	lanes   = 4 // doubles in a vector
	vectors = 8 // vectors in a block of kernel.Width columns
	double  = 8 // bytes
	vector  = lanes * double
	block   = vectors * vector
)

func main() {
	ConstraintExpr("amd64,!purego")
	sumRows()
	addRows()
	addScaled()
	dot()
	posterior()
	Generate()
}

// columns calls body for each block of width columns with the byte offset at
// which it starts; width is given in doubles and left in bytes.
func columns(width reg.GPVirtual, name string, body func(offset reg.GPVirtual)) {
	SHLQ(Imm(3), width)
	offset := GP64()
	XORQ(offset, offset)
	Label(name)
	body(offset)
	ADDQ(U32(block), offset)
	CMPQ(offset, width)
	JL(LabelRef(name))
}

// eachRow calls body with the address of the columns at offset in each row.
func eachRow(table, rows, n, stride, offset reg.GPVirtual, name string, body func(address reg.GPVirtual)) {
	i, address := GP64(), GP64()
	XORQ(i, i)
	JMP(LabelRef(name + "Test"))
	Label(name)
	row := GP64()
	MOVL(Mem{Base: rows, Index: i, Scale: 4}, row.As32())
	IMULQ(stride, row)
	LEAQ(Mem{Base: table, Index: row, Scale: 1}, address)
	ADDQ(offset, address)
	body(address)
	INCQ(i)
	Label(name + "Test")
	CMPQ(i, n)
	JL(LabelRef(name))
}

func at(base reg.Register, v int) Mem { return Mem{Base: base, Disp: v * vector} }

func load(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// sumRows keeps a block of dst in eight registers while it walks the rows.
func sumRows() {
	TEXT("sumRowsAVX2", NOSPLIT, "func(dst, table *float64, stride int, rows *uint32, n int)")
	Pragma("noescape")
	Doc("sumRowsAVX2 adds n rows of table to dst; stride is a multiple of Width.")
	dst, table, stride, rows, n := load("dst"), load("table"), load("stride"), load("rows"), load("n")
	width := GP64()
	MOVQ(stride, width)
	SHLQ(Imm(3), stride)
	columns(width, "columns", func(offset reg.GPVirtual) {
		at0 := GP64()
		LEAQ(Mem{Base: dst, Index: offset, Scale: 1}, at0)
		var sum [vectors]reg.VecVirtual
		for v := range sum {
			sum[v] = YMM()
			VMOVUPD(at(at0, v), sum[v])
		}
		eachRow(table, rows, n, stride, offset, "row", func(address reg.GPVirtual) {
			for v := range sum {
				VADDPD(at(address, v), sum[v], sum[v])
			}
		})
		for v := range sum {
			VMOVUPD(sum[v], at(at0, v))
		}
	})
	VZEROUPPER()
	RET()
}

// addRows keeps a block of src in eight registers while it walks the rows.
func addRows() {
	TEXT("addRowsAVX2", NOSPLIT, "func(table *float64, stride int, rows *uint32, n int, src *float64, width int)")
	Pragma("noescape")
	Doc("addRowsAVX2 adds width doubles of src to n rows of table; width is a multiple of Width.")
	table, stride, rows, n, src, width := load("table"), load("stride"), load("rows"), load("n"), load("src"), load("width")
	SHLQ(Imm(3), stride)
	columns(width, "columns", func(offset reg.GPVirtual) {
		at0 := GP64()
		LEAQ(Mem{Base: src, Index: offset, Scale: 1}, at0)
		var x [vectors]reg.VecVirtual
		for v := range x {
			x[v] = YMM()
			VMOVUPD(at(at0, v), x[v])
		}
		eachRow(table, rows, n, stride, offset, "row", func(address reg.GPVirtual) {
			for v := range x {
				sum := YMM()
				VADDPD(at(address, v), x[v], sum)
				VMOVUPD(sum, at(address, v))
			}
		})
	})
	VZEROUPPER()
	RET()
}

// loop calls body with a byte offset for every vector of n doubles.
func loop(n reg.GPVirtual, name string, body func(offset reg.GPVirtual)) {
	offset := GP64()
	SHLQ(Imm(3), n)
	XORQ(offset, offset)
	JMP(LabelRef(name + "Test"))
	Label(name)
	body(offset)
	ADDQ(Imm(vector), offset)
	Label(name + "Test")
	CMPQ(offset, n)
	JL(LabelRef(name))
	SHRQ(Imm(3), n)
}

func index(base, offset reg.Register) Mem { return Mem{Base: base, Index: offset, Scale: 1} }

func addScaled() {
	TEXT("addScaledAVX2", NOSPLIT, "func(dst *float64, scale float64, src *float64, n int)")
	Pragma("noescape")
	Doc("addScaledAVX2 adds scale·src to dst; n is a multiple of 4.")
	dst, src, n := load("dst"), load("src"), load("n")
	scale := Load(Param("scale"), XMM())
	wide := YMM()
	VBROADCASTSD(scale, wide)
	loop(n, "vector", func(offset reg.GPVirtual) {
		x := YMM()
		VMOVUPD(index(dst, offset), x)
		VFMADD231PD(index(src, offset), wide, x)
		VMOVUPD(x, index(dst, offset))
	})
	VZEROUPPER()
	RET()
}

// dot keeps four sums: one would wait for each multiplication before the next.
func dot() {
	TEXT("dotAVX2", NOSPLIT, "func(a, b *float64, n int) float64")
	Pragma("noescape")
	Doc("dotAVX2 is the inner product of a and b; n is a multiple of 16.")
	a, b, n := load("a"), load("b"), load("n")
	var sum [4]reg.VecVirtual
	for i := range sum {
		sum[i] = YMM()
		VXORPD(sum[i], sum[i], sum[i])
	}
	offset := GP64()
	SHLQ(Imm(3), n)
	XORQ(offset, offset)
	JMP(LabelRef("test"))
	Label("vectors")
	for i := range sum {
		x := YMM()
		VMOVUPD(index(a, offset).Offset(i*vector), x)
		VFMADD231PD(index(b, offset).Offset(i*vector), x, sum[i])
	}
	ADDQ(U32(len(sum)*vector), offset)
	Label("test")
	CMPQ(offset, n)
	JL(LabelRef("vectors"))
	VADDPD(sum[1], sum[0], sum[0])
	VADDPD(sum[3], sum[2], sum[2])
	VADDPD(sum[2], sum[0], sum[0])
	out := reduce(sum[0], VADDPD, VADDSD)
	VZEROUPPER()
	Store(out, ReturnIndex(0))
	RET()
}

// reduce folds the four lanes of x into one.
func reduce(x reg.VecVirtual, wide func(...Op), single func(...Op)) reg.VecVirtual {
	high, out := XMM(), XMM()
	VEXTRACTF128(Imm(1), x, high)
	wide(high, x.AsX(), out)
	other := XMM()
	VPERMILPD(Imm(1), out, other)
	single(other, out, out)
	return out
}

// posterior is in two passes: log posterior and its peak, then exponentials
// and moments.
func posterior() {
	TEXT("posteriorAVX2", NOSPLIT, "func(dst, base, theta *float64, n int, slope float64, out *[4]float64)")
	Pragma("noescape")
	Doc("posteriorAVX2 writes exp(base + slope·theta − peak) to dst and its moments to out; n is a positive multiple of 4.")
	dst, base, theta, n, out := load("dst"), load("base"), load("theta"), load("n"), load("out")
	slope := YMM()
	VBROADCASTSD(Load(Param("slope"), XMM()), slope)

	peak := YMM()
	VMOVUPD(wide("lowest", -math.MaxFloat64), peak)
	loop(n, "logs", func(offset reg.GPVirtual) {
		x := YMM()
		VMOVUPD(index(theta, offset), x)
		VFMADD213PD(index(base, offset), slope, x)
		VMAXPD(x, peak, peak)
		VMOVUPD(x, index(dst, offset))
	})
	top := reduce(peak, VMAXPD, VMAXSD)
	VMOVSD(top, Mem{Base: out})
	VBROADCASTSD(top, peak)

	sum, first, second := YMM(), YMM(), YMM()
	for _, s := range []reg.VecVirtual{sum, first, second} {
		VXORPD(s, s, s)
	}
	loop(n, "exponentials", func(offset reg.GPVirtual) {
		x := YMM()
		VMOVUPD(index(dst, offset), x)
		VSUBPD(peak, x, x)
		w := exponential(x)
		VMOVUPD(w, index(dst, offset))
		t := YMM()
		VMOVUPD(index(theta, offset), t)
		VADDPD(w, sum, sum)
		VMULPD(t, w, w)
		VADDPD(w, first, first)
		VFMADD231PD(t, w, second)
	})
	for i, s := range []reg.VecVirtual{sum, first, second} {
		VMOVSD(reduce(s, VADDPD, VADDSD), Mem{Base: out, Disp: (i + 1) * double})
	}
	VZEROUPPER()
	RET()
}

// exponential is exp(x) for x ≤ 0, and 0 below −708: x = n·ln 2 + r with
// |r| ≤ ln 2 / 2, exp(r) by its Taylor polynomial of degree 13 (remainder below
// 5e-18), and n added to the exponent bits.
func exponential(x reg.VecVirtual) reg.VecVirtual {
	keep, shifted, n := YMM(), YMM(), YMM()
	VCMPPD(Imm(13), wide("smallest", -708), x, keep) // x ≥ −708
	VMOVUPD(wide("log2e", math.Log2E), shifted)
	VFMADD213PD(wide("rounder", 0x1.8p52), x, shifted) // n in the low bits
	VSUBPD(wide("rounder", 0x1.8p52), shifted, n)
	VFNMADD231PD(wide("ln2high", 0x1.62e42feep-1), n, x)
	VFNMADD231PD(wide("ln2low", 0x1.a39ef35793c76p-33), n, x)
	poly := YMM()
	factorial := 1.0
	for i := 2; i <= degree; i++ {
		factorial *= float64(i)
	}
	VMOVUPD(wide(name(degree), 1/factorial), poly)
	for i := degree - 1; i >= 0; i-- {
		factorial /= float64(i + 1)
		VFMADD213PD(wide(name(i), 1/factorial), x, poly)
	}
	VPSLLQ(Imm(52), shifted, shifted)
	VPADDQ(shifted, poly, poly)
	VANDPD(keep, poly, poly)
	return poly
}

const degree = 13

func name(i int) string { return "taylor" + string(rune('a'+i)) }

var constants = map[string]Mem{}

// wide is a constant in all four lanes.
func wide(name string, x float64) Mem {
	m, ok := constants[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		for i := range lanes {
			// As bits: the assembler would read a whole number as an integer.
			DATA(i*double, U64(math.Float64bits(x)))
		}
		constants[name] = m
	}
	return m
}
