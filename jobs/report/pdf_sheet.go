package report

import (
	"fmt"

	"codeberg.org/go-pdf/fpdf"
)

// A4 in points, and the margins that all text keeps. The lower one holds the
// page's number.
const (
	sheetWidth, sheetHeight = 595.28, 841.89
	sideMargin              = 51.0
	topMargin               = 48.0
	bottomMargin            = 62.0
	textWidth               = sheetWidth - 2*sideMargin
	textBottom              = sheetHeight - bottomMargin
)

// press lays a page out on sheets.
type press struct {
	fonts   *Fonts
	sheets  []*sheet
	used    [2]map[rune]bool // characters by weight
	y       float64          // where the next box stands
	defined bool             // the page ends with definitions of its numbers
	gaps    float64          // how wide the spaces between boxes are, 1 being as designed
}

// sheet is what is drawn on one sheet of paper.
type sheet struct{ ops []func(*player) }

// box is something that stands on one sheet as a whole.
type box struct {
	before float64 // space above it, but at the top of a sheet
	height float64
	keep   bool // it stays with the next one
	draw   func(y float64)
	header *box // drawn again above it, where a sheet begins with it
}

func newPress(fonts *Fonts, gaps float64) *press {
	p := &press{fonts: fonts, used: [2]map[rune]bool{{}, {}}, gaps: gaps}
	p.newSheet()
	return p
}

func (p *press) newSheet() {
	p.sheets = append(p.sheets, &sheet{})
	p.y = topMargin
}

func (p *press) do(op func(*player)) {
	s := p.sheets[len(p.sheets)-1]
	s.ops = append(s.ops, op)
}

// place sets boxes one below the other, a group that stays together on a new
// sheet where this one has no room for it.
func (p *press) place(boxes []box) {
	for len(boxes) > 0 {
		n, height := 1, boxes[0].height
		for ; boxes[n-1].keep && n < len(boxes); n++ {
			taller := height + boxes[n].before*p.gaps + boxes[n].height
			if taller > textBottom-topMargin { // no sheet holds them all
				break
			}
			height = taller
		}
		top := p.y == topMargin
		if !top && p.y+boxes[0].before*p.gaps+height > textBottom {
			p.newSheet()
			top = true
			if header := boxes[0].header; header != nil {
				header.draw(p.y)
				p.y += header.height
			}
		}
		for i, b := range boxes[:n] {
			if !top || i > 0 {
				p.y += b.before * p.gaps
			}
			b.draw(p.y)
			p.y += b.height
		}
		boxes = boxes[n:]
	}
}

// write sets printable words with their baseline at y.
func (p *press) write(x, y, size float64, weight int, c rgb, words string) {
	for _, r := range words {
		p.used[weight][r] = true
	}
	p.do(func(o *player) { o.text(x, y, size, weight, c, words) })
}

func (p *press) rect(x, y, width, height float64, c rgb) {
	p.do(func(o *player) {
		o.fill(c)
		o.pdf.Rect(x, y, width, height, "F")
	})
}

func (p *press) rounded(x, y, width, height, radius float64, c rgb) {
	p.do(func(o *player) {
		o.fill(c)
		o.pdf.RoundedRect(x, y, width, height, radius, "1234", "F")
	})
}

func (p *press) line(x0, y0, x1, y1 float64, c rgb, width float64) {
	p.do(func(o *player) {
		o.stroke(c, stroke{width: width})
		o.pdf.Line(x0, y0, x1, y1)
	})
}

func (p *press) bookmark(title string, y float64) {
	title = p.fonts.printable(title)
	p.do(func(o *player) { o.pdf.Bookmark(title, 0, y) })
}

// figure plays a figure back with its upper left corner at x, y.
func (p *press) figure(f *Figure, x, y, scale float64) {
	for _, m := range f.marks {
		if m.text != nil {
			p.label(*m.text, m.color, x, y, scale)
			continue
		}
		p.do(func(o *player) {
			style := "F"
			if m.line != nil {
				style = "D"
				line := stroke{width: m.line.width * scale}
				for _, length := range m.line.dash {
					line.dash = append(line.dash, length*scale)
				}
				o.stroke(m.color, line)
			} else {
				o.fill(m.color)
			}
			for _, s := range m.path {
				s.pdf(o.pdf, x, y, scale)
			}
			o.pdf.DrawPath(style)
		})
	}
}

func (s segment) pdf(pdf *fpdf.Fpdf, x, y, scale float64) {
	var at [3]point
	for i, p := range s.points {
		at[i] = point{x + p.x*scale, y + p.y*scale}
	}
	switch s.kind {
	case 'M':
		pdf.MoveTo(at[0].x, at[0].y)
	case 'L':
		pdf.LineTo(at[0].x, at[0].y)
	case 'C':
		pdf.CurveBezierCubicTo(at[0].x, at[0].y, at[1].x, at[1].y, at[2].x, at[2].y)
	case 'Z':
		pdf.ClosePath()
	}
}

func (p *press) label(t label, c rgb, x, y, scale float64) {
	words, size := p.fonts.printable(t.words), t.size*scale
	place := x + t.at.x*scale - p.fonts.width(words, t.weight, size)*[...]float64{start: 0, middle: 0.5, end: 1}[t.anchor]
	p.write(place, y+t.at.y*scale, size, t.weight, c, words)
}

// number writes at each sheet's foot what it belongs to and which one it is.
func (p *press) number(page Page) {
	const size, y = 8, sheetHeight - 34
	last := p.sheets
	for i := range last {
		p.sheets = last[:i+1] // write to this one
		number := p.fonts.printable(fmt.Sprintf(page.Numbering, i+1, len(last)))
		width := p.fonts.width(number, regular, size)
		p.line(sideMargin, y-14, sheetWidth-sideMargin, y-14, rule, 0.6)
		p.write(sheetWidth-sideMargin-width, y, size, regular, soft, number)
		about := page.Brand + "  ·  " + page.Heading.String() + "  ·  " + page.Period
		about = p.fonts.printable(p.fonts.fit(about, regular, size, textWidth-width-24))
		p.write(sideMargin, y, size, regular, soft, about)
	}
}
