package theme

import (
	"image/color"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Style is how text looks. Unlike a general style it is comparable, and it
// renders by putting a finished escape sequence before the text: a screen is
// thousands of spans, drawn anew with every key.
type Style struct {
	fg, bg color.Color
	attrs  attr
	open   string // the escape sequence of the above; empty for none
}

type attr uint8

const (
	bold attr = 1 << iota
	faint
	underline
	reverse
	strike
)

// Foreground is the style in another colour of text.
func (s Style) Foreground(c color.Color) Style { s.fg = c; return s.finish() }

// Background is the style on another background.
func (s Style) Background(c color.Color) Style { s.bg = c; return s.finish() }

// Bold is the style in bold.
func (s Style) Bold() Style { s.attrs |= bold; return s.finish() }

// Faint is the style in faint text.
func (s Style) Faint() Style { s.attrs |= faint; return s.finish() }

// Underline is the style underlined.
func (s Style) Underline() Style { s.attrs |= underline; return s.finish() }

// Strike is the style struck through.
func (s Style) Strike() Style { s.attrs |= strike; return s.finish() }

// Reverse is the style with text and background exchanged; what is reversed is
// not faint, or it could not be read.
func (s Style) Reverse() Style { s.attrs = s.attrs&^faint | reverse; return s.finish() }

func (s Style) finish() Style {
	var a ansi.Style
	if s.attrs&bold != 0 {
		a = a.Bold()
	}
	if s.attrs&faint != 0 {
		a = a.Faint()
	}
	if s.attrs&underline != 0 {
		a = a.Underline(true)
	}
	if s.attrs&reverse != 0 {
		a = a.Reverse(true)
	}
	if s.attrs&strike != 0 {
		a = a.Strikethrough(true)
	}
	if s.fg != nil {
		a = a.ForegroundColor(s.fg)
	}
	if s.bg != nil {
		a = a.BackgroundColor(s.bg)
	}
	s.open = ""
	if len(a) > 0 {
		s.open = a.String()
	}
	return s
}

// Render is the text in the style.
func (s Style) Render(text string) string {
	if s.open == "" || text == "" {
		return text
	}
	return s.open + text + ansi.ResetStyle
}

// Find gives the cell at which the first text in this style begins, or -1.
func (s Style) Find(line string) int {
	before, _, found := strings.Cut(line, s.open)
	if s.open == "" || !found {
		return -1
	}
	return ansi.StringWidth(before)
}
