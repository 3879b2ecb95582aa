package report

import (
	"strings"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// textStyle is how running text is set.
type textStyle struct {
	size, leading float64
	weight        int
	color         rgb
}

// The styles of the PDF's text.
var (
	bodyStyle    = textStyle{10, 15.5, regular, ink}
	leadStyle    = textStyle{11.5, 18, regular, ink}
	softStyle    = textStyle{9, 13.5, regular, soft}
	noteStyle    = textStyle{8.5, 12.8, regular, soft}
	smallStyle   = textStyle{7.8, 11.4, regular, soft}
	brandStyle   = textStyle{10, 14, bold, blue}
	headingStyle = textStyle{22, 28, bold, ink}
	periodStyle  = textStyle{11, 16, regular, soft}
	sectionStyle = textStyle{13.5, 18, bold, ink}
	itemStyle    = textStyle{10.5, 16, bold, ink}
)

func (s textStyle) in(weight int, c rgb) textStyle {
	s.weight, s.color = weight, c
	return s
}

// piece is a stretch of a line in one weight.
type piece struct {
	words  string
	weight int
}

// textLine is a line of text as it is set.
type textLine struct {
	pieces []piece
	width  float64
}

// mostForeign is the longest that somebody's data may be, in lines: an id of ten
// thousand letters tells no more than its beginning.
const mostForeign = 4

// wrap breaks a text into lines: between words, as Korean is read best too, and
// within one only where it is wider than the line.
func (p *press) wrap(t Text, s textStyle, width float64) []textLine {
	w := wrapper{fonts: p.fonts, size: s.size, room: width}
	for _, span := range t {
		weight, words := s.weight, span.Text
		if span.Strong {
			weight = bold
		}
		if span.Foreign {
			words = p.fonts.fit(words, weight, s.size, mostForeign*width)
		}
		for i, word := range strings.Split(p.fonts.printable(words), " ") {
			if i > 0 {
				w.space(weight)
			}
			w.add(piece{word, weight})
		}
	}
	return w.finish()
}

// slack is what a line may be too wide by: a cell as wide as its words must hold them.
const slack = 0.01

// wrapper gathers words, of one piece or more, and sets them in lines.
type wrapper struct {
	fonts *Fonts
	size  float64
	room  float64

	lines []textLine
	line  textLine
	gap   []piece // the space before the word
	word  []piece
}

func (w *wrapper) width(pieces []piece) (sum float64) {
	for _, p := range pieces {
		sum += w.fonts.width(p.words, p.weight, w.size)
	}
	return sum
}

func (w *wrapper) add(p piece) {
	if p.words != "" {
		w.word = append(w.word, p)
	}
}

func (w *wrapper) space(weight int) {
	w.endWord()
	if len(w.line.pieces) > 0 {
		w.gap = append(w.gap, piece{" ", weight})
	}
}

func (w *wrapper) endWord() {
	if len(w.word) == 0 {
		return
	}
	word := w.word
	w.word = nil
	width, gap := w.width(word), w.width(w.gap)
	if len(w.line.pieces) > 0 && w.line.width+gap+width > w.room+slack {
		w.newLine()
		gap = 0
	}
	w.append(w.gap, gap)
	w.gap = nil
	if width > w.room+slack {
		w.tear(word)
		return
	}
	w.append(word, width)
}

func (w *wrapper) append(pieces []piece, width float64) {
	w.line.pieces = append(w.line.pieces, pieces...)
	w.line.width += width
}

func (w *wrapper) newLine() {
	w.lines = append(w.lines, w.line)
	w.line, w.gap = textLine{}, nil
}

// tear sets a word that is wider than a line, breaking it where the line ends.
func (w *wrapper) tear(word []piece) {
	for _, p := range word {
		characters := graphemes.FromString(p.words)
		for characters.Next() {
			part := piece{characters.Value(), p.weight}
			width := w.width([]piece{part})
			if len(w.line.pieces) > 0 && w.line.width+width > w.room+slack {
				w.newLine()
			}
			w.append([]piece{part}, width)
		}
	}
}

func (w *wrapper) finish() []textLine {
	w.endWord()
	if len(w.line.pieces) > 0 || len(w.lines) == 0 {
		w.newLine()
	}
	for i := range w.lines {
		w.lines[i].pieces = merged(w.lines[i].pieces)
	}
	return w.lines
}

// merged joins neighbours of one weight, so that a line is one text in the file.
func merged(pieces []piece) []piece {
	var out []piece
	for _, p := range pieces {
		if n := len(out); n > 0 && out[n-1].weight == p.weight {
			out[n-1].words += p.words
			continue
		}
		out = append(out, p)
	}
	return out
}

// set writes lines from y downwards.
func (p *press) set(lines []textLine, s textStyle, x, y float64) {
	for i, l := range lines {
		p.setLine(l, s, x, y+float64(i)*s.leading)
	}
}

// setLine writes a line whose box begins at y.
func (p *press) setLine(l textLine, s textStyle, x, y float64) {
	baseline := y + s.leading/2 + (ascent-descent)/2*s.size
	for _, piece := range l.pieces {
		p.write(x, baseline, s.size, piece.weight, s.color, piece.words)
		x += p.fonts.width(piece.words, piece.weight, s.size)
	}
}

// mostLines is how long a paragraph stays on one sheet as a whole.
const mostLines = 12

// paragraph is a text over the whole width of a column.
func (p *press) paragraph(t Text, s textStyle, x, width, before float64) []box {
	lines := p.wrap(t, s, width)
	var out []box
	for len(lines) > 0 {
		n := min(len(lines), mostLines)
		part := lines[:n]
		out = append(out, box{before: before, height: float64(n) * s.leading, draw: func(y float64) { p.set(part, s, x, y) }})
		lines, before = lines[n:], 0
	}
	return out
}

// plain is text without spans.
func plain(s string) Text { return Text{{Text: s}} }
