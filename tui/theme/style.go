package theme

import (
	"image/color"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// Style is how text looks. Unlike a general style it is comparable, and it
// renders by putting a finished escape sequence before the text: a screen is
// thousands of spans, drawn anew with every key. It is a pointer alone, since a
// list of some thousand rows keeps one for every cell.
type Style struct {
	look *look // one for all styles that look the same; nil: as the terminal has it
}

// look is what a style adds to text.
type look struct {
	design
	open string // its escape sequence
}

type design struct {
	fg, bg color.Color
	attrs  attr
}

// looks are those in use, by design: the few that the themes are made of.
var looks sync.Map

type attr uint8

const (
	bold attr = 1 << iota
	faint
	underline
	reverse
	strike
)

// Foreground is the style in another colour of text.
func (s Style) Foreground(c color.Color) Style { d := s.design(); d.fg = c; return d.style() }

// Background is the style on another background.
func (s Style) Background(c color.Color) Style { d := s.design(); d.bg = c; return d.style() }

// Bold is the style in bold.
func (s Style) Bold() Style { return s.with(bold) }

// Faint is the style in faint text.
func (s Style) Faint() Style { return s.with(faint) }

// Underline is the style underlined.
func (s Style) Underline() Style { return s.with(underline) }

// Strike is the style struck through.
func (s Style) Strike() Style { return s.with(strike) }

// Reverse is the style with text and background exchanged; what is reversed is
// not faint, or it could not be read.
func (s Style) Reverse() Style {
	d := s.design()
	d.attrs = d.attrs&^faint | reverse
	return d.style()
}

func (s Style) with(a attr) Style { d := s.design(); d.attrs |= a; return d.style() }

func (s Style) design() design {
	if s.look == nil {
		return design{}
	}
	return s.look.design
}

// style is the one that looks like that.
func (d design) style() Style {
	if d == (design{}) {
		return Style{}
	}
	l, ok := looks.Load(d)
	if !ok {
		l, _ = looks.LoadOrStore(d, &look{d, d.sequence()})
	}
	return Style{l.(*look)}
}

// sequence is the escape sequence that makes text look like that.
func (d design) sequence() string {
	var a ansi.Style
	if d.attrs&bold != 0 {
		a = a.Bold()
	}
	if d.attrs&faint != 0 {
		a = a.Faint()
	}
	if d.attrs&underline != 0 {
		a = a.Underline(true)
	}
	if d.attrs&reverse != 0 {
		a = a.Reverse(true)
	}
	if d.attrs&strike != 0 {
		a = a.Strikethrough(true)
	}
	if d.fg != nil {
		a = a.ForegroundColor(d.fg)
	}
	if d.bg != nil {
		a = a.BackgroundColor(d.bg)
	}
	if len(a) == 0 {
		return ""
	}
	return a.String()
}

// Open is the escape sequence before text in the style; ansi.ResetStyle ends it.
func (s Style) Open() string {
	if s.look == nil {
		return ""
	}
	return s.look.open
}

// Render is the text in the style.
func (s Style) Render(text string) string {
	if open := s.Open(); open != "" && text != "" {
		return open + text + ansi.ResetStyle
	}
	return text
}

// Find gives the cell at which the first text in this style begins, or -1.
func (s Style) Find(line string) int {
	open := s.Open()
	before, _, found := strings.Cut(line, open)
	if open == "" || !found {
		return -1
	}
	return ansi.StringWidth(before)
}
