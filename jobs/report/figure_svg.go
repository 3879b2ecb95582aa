package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
)

// svgFonts are the fonts that a reader may have: the PDF's own, then each
// system's Korean one.
const svgFonts = `Pretendard,'Apple SD Gothic Neo','Malgun Gothic','Noto Sans KR','Noto Sans CJK KR',NanumGothic,system-ui,sans-serif`

// SVG writes the drawing as one svg element to stand in a page: with a viewBox,
// role="img", and title and description as its accessible name. Ids in it begin
// with prefix, since several figures share the page.
func (f *Figure) SVG(w io.Writer, prefix, title, description string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-title %s-desc">`,
		short(f.width), short(f.height), prefix, prefix)
	fmt.Fprintf(&b, `<title id="%s-title">%s</title><desc id="%s-desc">%s</desc>`,
		prefix, escapeXML(title), prefix, escapeXML(description))
	fmt.Fprintf(&b, `<g font-family="%s" fill="none" stroke-linejoin="round">`, svgFonts)
	for _, m := range f.marks {
		m.svg(&b)
	}
	b.WriteString("</g></svg>")
	_, err := w.Write(b.Bytes())
	return err
}

func (m mark) svg(b *bytes.Buffer) {
	if m.text != nil {
		m.text.svg(b, m.color)
		return
	}
	b.WriteString(`<path d="`)
	for _, s := range m.path {
		b.WriteByte(s.kind)
		for i, p := range s.points[:pointsOf[s.kind]] {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(short(p.x) + " " + short(p.y))
		}
	}
	if m.line == nil {
		fmt.Fprintf(b, `" fill="%s"/>`, m.color)
		return
	}
	fmt.Fprintf(b, `" stroke="%s"`, m.color)
	if m.line.width != 1 {
		fmt.Fprintf(b, ` stroke-width="%s"`, short(m.line.width))
	}
	if len(m.line.dash) > 0 {
		b.WriteString(` stroke-dasharray="`)
		for i, length := range m.line.dash {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(short(length))
		}
		b.WriteByte('"')
	}
	b.WriteString("/>")
}

// pointsOf is how many points a kind of segment has.
var pointsOf = map[byte]int{'M': 1, 'L': 1, 'C': 3, 'Z': 0}

func (t label) svg(b *bytes.Buffer, c rgb) {
	fmt.Fprintf(b, `<text x="%s" y="%s" font-size="%s" fill="%s"`, short(t.at.x), short(t.at.y), short(t.size), c)
	if t.weight == bold {
		b.WriteString(` font-weight="700"`)
	}
	if t.anchor != start {
		fmt.Fprintf(b, ` text-anchor="%s"`, [...]string{"start", "middle", "end"}[t.anchor])
	}
	fmt.Fprintf(b, ">%s</text>", escapeXML(t.words))
}

// String is the colour as CSS has it.
func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// short writes a coordinate to a hundredth, without zeros at its end.
func short(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	if s == "-0" {
		return "0"
	}
	return s
}

func escapeXML(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(oneLine(s))); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.String()
}
