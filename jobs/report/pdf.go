package report

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// PDF writes a document's page as PDF: A4, its text selectable, its figures
// vectors, its font embedded as far as it is used, a bookmark for every section.
// The same document gives the same bytes.
func PDF(w io.Writer, fonts *Fonts, doc Document, v Variant, figures Figures) error {
	page := Compose(doc, v)
	file, err := layOut(fonts, page, figures).print(page, doc.Provenance)
	if err != nil {
		return fmt.Errorf("make the PDF: %w", err)
	}
	_, err = w.Write(file)
	return err
}

// print plays the laid out sheets to fpdf. They are laid out first since a
// sheet's number says how many there are, and the fonts must hold the characters
// that are used, and should hold no others.
func (p *press) print(page Page, made Provenance) ([]byte, error) {
	pdf := fpdf.New("P", "pt", "A4", "")
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetCatalogSort(true)
	pdf.SetCompression(true)
	describe(pdf, p.fonts, page, made)

	var names []string
	for weight, face := range p.fonts.faces {
		characters := p.characters(weight)
		key := placeholder + strings.ToLower(face.name)
		pdf.AddUTF8FontFromBytes(key, "", face.subset(characters))
		names = append(names, "utf8"+key, subsetTag(characters)+"+"+face.name)
	}
	out := player{pdf: pdf, fonts: p.fonts, definitions: pdf.AddLink()}
	for _, s := range p.sheets {
		pdf.AddPage()
		out.begin()
		for _, draw := range s.ops {
			draw(&out)
		}
	}
	var b bytes.Buffer
	if err := pdf.Output(&b); err != nil {
		return nil, err
	}
	file := b.Bytes()
	for i := 0; i < len(names); i += 2 {
		file = bytes.ReplaceAll(file, []byte("/"+names[i]), []byte("/"+names[i+1]))
	}
	return file, nil
}

// placeholder stands, after the utf8 that fpdf writes before it, where a subset's
// name has its tag. fpdf names fonts in lower case and without a tag: print
// writes the name that PDF asks for in its place, of the same length, so that
// every object stays where the file's index says.
const placeholder = "xx+"

// subsetTag names a subset in six capitals, as ISO 32000-1, 9.6.4 asks.
func subsetTag(characters []rune) string {
	h := fnv.New64a()
	h.Write([]byte(string(characters)))
	sum, tag := h.Sum64(), make([]byte, 6)
	for i := range tag {
		tag[i], sum = 'A'+byte(sum%26), sum/26
	}
	return string(tag)
}

func describe(pdf *fpdf.Fpdf, fonts *Fonts, page Page, made Provenance) {
	pdf.SetLang(string(page.Variant.Language))
	pdf.SetTitle(fonts.printable(page.Title), true)
	pdf.SetSubject(fonts.printable(page.Brand+", "+page.Period), true)
	pdf.SetAuthor("Sextant", true)
	pdf.SetCreator(strings.TrimSpace("Sextant "+made.Program), true)
	pdf.SetKeywords(made.RunID, true)
	pdf.SetProducer("go-pdf/fpdf", true)
	at := made.GeneratedAt.UTC()
	if at.IsZero() {
		at = time.Unix(0, 0).UTC() // fpdf would take the time that it is
	}
	pdf.SetCreationDate(at)
	pdf.SetModificationDate(at)
}

// characters are those used in a weight, in order.
func (p *press) characters(weight int) []rune {
	out := []rune{' '} // a font of nothing at all cannot be read
	for r := range p.used[weight] {
		if r != ' ' {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}

// player draws on the document, telling it only what changes.
type player struct {
	pdf         *fpdf.Fpdf
	fonts       *Fonts
	definitions int // the link to where the numbers are defined
	weight      int
	size        float64
	lineColor   rgb
	fillColor   rgb
	lineWidth   float64
	dashed      bool
}

func (o *player) begin() {
	o.weight, o.size, o.lineWidth, o.dashed = -1, 0, 0, false
	o.lineColor, o.fillColor = rgb{1, 2, 3}, rgb{1, 2, 3}
	o.pdf.SetDashPattern(nil, 0)
	o.pdf.SetLineJoinStyle("round")
}

func (o *player) fill(c rgb) {
	if c != o.fillColor {
		o.pdf.SetFillColor(int(c.r), int(c.g), int(c.b))
		o.pdf.SetTextColor(int(c.r), int(c.g), int(c.b)) // one colour for both saves a change at each text
		o.fillColor = c
	}
}

func (o *player) stroke(c rgb, line stroke) {
	if c != o.lineColor {
		o.pdf.SetDrawColor(int(c.r), int(c.g), int(c.b))
		o.lineColor = c
	}
	if line.width != o.lineWidth {
		o.pdf.SetLineWidth(line.width)
		o.lineWidth = line.width
	}
	if dashed := len(line.dash) > 0; dashed || o.dashed {
		o.pdf.SetDashPattern(line.dash, 0)
		o.dashed = dashed
	}
}

func (o *player) text(x, y, size float64, weight int, c rgb, words string) {
	o.fill(c)
	if weight != o.weight || size != o.size {
		o.pdf.SetFont(placeholder+strings.ToLower(o.fonts.faces[weight].name), "", size)
		o.weight, o.size = weight, size
	}
	o.pdf.Text(x, y, words)
}
