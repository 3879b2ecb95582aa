package report

import (
	_ "embed" // the font files
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"
	"github.com/clipperhouse/uax29/v2/graphemes"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

//go:embed fonts/SextantSans-Regular.ttf
var regularTTF []byte

//go:embed fonts/SextantSans-Bold.ttf
var boldTTF []byte

// Fonts are the report's typeface in its two weights: what text measures, and
// the part of it that a PDF needs. One serves any number of renderings at once.
type Fonts struct {
	faces [2]*face // by weight
}

// The weights.
const (
	regular = 0
	bold    = 1
)

// NewFonts reads the embedded typeface.
func NewFonts() (*Fonts, error) {
	var f Fonts
	for weight, source := range map[int]struct {
		name string
		ttf  []byte
	}{regular: {"SextantSans-Regular", regularTTF}, bold: {"SextantSans-Bold", boldTTF}} {
		read, err := newFace(source.name, source.ttf)
		if err != nil {
			return nil, fmt.Errorf("embedded font %s: %w", source.name, err)
		}
		f.faces[weight] = read
	}
	return &f, nil
}

// ascent and descent are the font's, in em; its line is their sum.
const (
	ascent  = 0.95
	descent = 0.24
)

// width is what a printable text takes at a size, without kerning, which the PDF
// does not do either.
func (f *Fonts) width(text string, weight int, size float64) float64 {
	sum := 0
	for _, r := range text {
		sum += f.faces[weight].advance(r)
	}
	return float64(sum) * size / 1000
}

// lacking stands for a character that the font has no glyph for.
const lacking = "□"

// printable is text as the font can show it: composed, without control and
// formatting characters, every other character it lacks as a box.
func (f *Fonts) printable(text string) string {
	if f.hasAll(text) {
		return text
	}
	var b strings.Builder
	clusters := graphemes.FromString(norm.NFC.String(oneLine(text)))
	for clusters.Next() {
		cluster := clusters.Value()
		first, _ := utf8.DecodeRuneInString(cluster)
		switch {
		case f.hasAll(cluster):
			b.WriteString(cluster)
		case unicode.In(first, unicode.Cf, unicode.Mn, unicode.Me):
			// Formatting, or a mark with nothing under it: nothing to see.
		case f.has(first) && first != '#' && first != '*' && !unicode.IsDigit(first):
			b.WriteRune(first) // a letter whose marks alone are lacking
		default:
			b.WriteString(lacking)
		}
	}
	return b.String()
}

// oneLine is valid text with a space for each control character.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return ' '
		case r == 0xfffe, r == 0xffff: // no XML has them
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
}

func (f *Fonts) hasAll(text string) bool {
	for _, r := range text {
		if !f.has(r) {
			return false
		}
	}
	return true
}

func (f *Fonts) has(r rune) bool { return f.faces[regular].advance(r) > 0 }

// fit cuts a text to a width, at the end of what a reader takes for a character.
func (f *Fonts) fit(text string, weight int, size, width float64) string {
	if f.width(f.printable(text), weight, size) <= width {
		return text
	}
	room := width - f.width("…", weight, size)
	end := 0
	clusters := graphemes.FromString(text)
	for clusters.Next() {
		room -= f.width(f.printable(clusters.Value()), weight, size)
		if room < 0 {
			break
		}
		end = clusters.End()
	}
	return strings.TrimRight(text[:end], " ") + "…"
}

// face is one weight of the typeface.
type face struct {
	name     string // PostScript
	whole    []byte
	advances []uint16 // by character, in thousandths of an em; 0: it is lacking

	mu     sync.Mutex
	pool   []byte // a smaller font with every character that was needed so far
	pooled map[rune]bool
}

func newFace(name string, ttf []byte) (*face, error) {
	parsed, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, err
	}
	f := &face{name: name, whole: ttf, advances: make([]uint16, 1<<16), pooled: map[rune]bool{}}
	em := float64(parsed.UnitsPerEm())
	var buf sfnt.Buffer
	for r := range rune(1 << 16) {
		glyph, err := parsed.GlyphIndex(&buf, r)
		if err != nil {
			return nil, err
		}
		if glyph == 0 {
			continue
		}
		advance, err := parsed.GlyphAdvance(&buf, glyph, fixed.Int26_6(em), font.HintingNone)
		if err != nil {
			return nil, err
		}
		f.advances[r] = uint16(float64(advance)*1000/em + 0.5) // as fpdf rounds
	}
	return f, nil
}

func (f *face) advance(r rune) int {
	if r < 0 || int(r) >= len(f.advances) {
		return 0
	}
	return int(f.advances[r])
}

// subset is a font of just these characters. Reading all of the typeface would
// take most of a PDF's time: subsets are cut from a pool that has grown to the
// few hundred characters that reports use. The bytes depend on the characters
// alone, not on the pool, since no glyph is made of others.
func (f *face) subset(characters []rune) []byte {
	return fpdf.UTF8CutFont(f.poolWith(characters), string(characters))
}

func (f *face) poolWith(characters []rune) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	grown := false
	for _, r := range characters {
		if !f.pooled[r] {
			f.pooled[r], grown = true, true
		}
	}
	if grown {
		all := make([]rune, 0, len(f.pooled))
		for r := range f.pooled {
			all = append(all, r)
		}
		f.pool = fpdf.UTF8CutFont(f.whole, string(all))
	}
	return f.pool
}
