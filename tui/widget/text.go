// Package widget draws the parts that screens are made of: tables, charts,
// bars, text, forms. A widget is a plain struct with methods; it does no I/O
// and knows no clock.
package widget

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"sextant/tui/theme"
)

// Span is text in one style.
type Span struct {
	Text  string
	Style theme.Style
}

// Line is one line of spans.
type Line []Span

// S makes a line of one span.
func S(style theme.Style, text string) Line { return Line{{text, style}} }

// Add appends a span.
func (l Line) Add(style theme.Style, text string) Line { return append(l, Span{text, style}) }

// Plain is the line's text without styles.
func (l Line) Plain() string {
	if len(l) == 1 {
		return l[0].Text
	}
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Width is the line's width in cells.
func (l Line) Width() int {
	n := 0
	for _, s := range l {
		n += width(s.Text)
	}
	return n
}

// String renders the line; neighbours of one style share its sequence.
func (l Line) String() string {
	var b strings.Builder
	size := 0
	for _, s := range l {
		size += len(s.Text) + len(s.Style.Open()) + len(ansi.ResetStyle)
	}
	b.Grow(size)
	for i := 0; i < len(l); {
		style, from := l[i].Style, b.Len()
		for ; i < len(l) && l[i].Style == style; i++ {
			if b.Len() == from && l[i].Text != "" {
				b.WriteString(style.Open())
			}
			b.WriteString(l[i].Text)
		}
		if b.Len() > from && style.Open() != "" {
			b.WriteString(ansi.ResetStyle)
		}
	}
	return b.String()
}

// Restyle is the line with every style passed through f.
func (l Line) Restyle(f func(theme.Style) theme.Style) Line {
	out := make(Line, len(l))
	for i, s := range l {
		out[i] = Span{s.Text, f(s.Style)}
	}
	return out
}

// Truncate is the line cut to at most w cells; what was cut shows as tail.
func (l Line) Truncate(w int, tail string) Line {
	if l.Width() <= w {
		return l
	}
	left := max(0, w-width(tail))
	for i, s := range l {
		n := width(s.Text)
		if n <= left {
			left -= n
			continue
		}
		cut := Span{ansi.Truncate(ansi.Truncate(s.Text, left, "")+tail, max(0, w), ""), s.Style}
		return append(l[:i:i], cut)
	}
	return l
}

// Pad is the line cut or filled with blanks, in style fill, to exactly w cells.
func (l Line) Pad(w int, tail string, fill theme.Style, right bool) Line {
	l = l.Truncate(w, tail)
	gap := w - l.Width()
	if gap <= 0 {
		return l
	}
	blank := Span{strings.Repeat(" ", gap), fill}
	if right {
		return append(Line{blank}, l...)
	}
	return append(l[:len(l):len(l)], blank)
}

// Clean makes text from outside fit for one line of a terminal: no control or
// format characters, nothing whose width terminals disagree about.
func Clean(s string) string {
	if plainASCII(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Variation_Selector), r >= 0x1F3FB && r <= 0x1F3FF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if ansi.StringWidth(s) == ansi.StringWidthWc(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if c := string(r); ansi.StringWidth(c) != ansi.StringWidthWc(c) || unicode.Is(unicode.Regional_Indicator, r) {
			return '?'
		}
		return r
	}, s)
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Frame fits lines to exactly w × h cells.
func Frame(lines []string, w, h int) []string {
	out := make([]string, max(0, h))
	for i := range out {
		var l string
		if i < len(lines) {
			l = lines[i]
		}
		n := width(l)
		if n > w {
			l = ansi.Truncate(l, max(0, w), "")
			n = width(l)
		}
		out[i] = l
		if n < w {
			out[i] = l + strings.Repeat(" ", w-n)
		}
	}
	return out
}

// Fill is the lines cut or filled with empty ones to exactly h.
func Fill(lines []string, h int) []string {
	h = max(0, h)
	if len(lines) >= h {
		return lines[:h]
	}
	return append(lines[:len(lines):len(lines)], make([]string, h-len(lines))...)
}

// Columns joins blocks of lines side by side, each fitted to its width, with
// gap blanks between them.
func Columns(h, gap int, blocks ...Block) []string {
	out := make([]string, max(0, h))
	framed := make([][]string, len(blocks))
	for i, b := range blocks {
		framed[i] = Frame(b.Lines, b.Width, h)
	}
	pieces := make([]string, len(blocks))
	for j := range out {
		for i := range blocks {
			pieces[i] = framed[i][j]
		}
		out[j] = strings.Join(pieces, strings.Repeat(" ", gap))
	}
	return out
}

// Block is a piece of a layout.
type Block struct {
	Width int
	Lines []string
}
