// Package theme gives the console's colours and glyphs their meaning: screens
// ask for Late or Muted, never for a colour.
package theme

import (
	"image/color"

	"github.com/charmbracelet/colorprofile"

	"sextant/tui/lang"
)

// Mode is what the terminal can show, and its reader can read.
type Mode struct {
	Dark    bool                 // light on dark
	NoColor bool                 // attributes only, as NO_COLOR asks
	Profile colorprofile.Profile // how many colours; Unknown: all
	ASCII   bool                 // no glyphs beyond ASCII
	Lang    *lang.Catalogue
}

// Theme is the set of styles and glyphs of one Mode. The palette stays apart
// for the common kinds of colour blindness (after Okabe & Ito 2008), and every
// state also has a glyph and a word.
type Theme struct {
	Mode
	Glyph Glyphs

	Blank  Style // the space between things
	Text   Style // in the terminal's own colour
	Strong Style // headings and the value that matters
	Muted  Style // labels and units
	Faint  Style // rules, placeholders, data gone stale
	Accent Style // where the eye should rest
	Rule   Style

	Fresh   Style
	Running Style
	Due     Style
	Late    Style
	Failed  Style
	Never   Style
	Paused  Style

	Right Style // an answer
	Wrong Style

	Key       Style // a key that looks
	ChangeKey Style // a key that changes data
	KeyOff    Style // a key that is switched off

	Cursor       Style // the text cursor of an input; nothing else looks like it
	Button       Style // the focused button of a dialog
	ChangeButton Style // the same, of one that changes data
	Line         Style // a chart's line
	Band         Style // the uncertainty around it

	flash   color.Color // under a value that has just changed
	surface color.Color // under the line with the cursor
	ink     color.Color // of text on that
	badge   map[string]badge
}

type badge struct{ fg, bg color.Color }

// New builds the theme of a mode.
func New(m Mode) *Theme {
	t := &Theme{Mode: m, Glyph: unicodeGlyphs}
	if m.ASCII {
		t.Glyph = asciiGlyphs
	}
	if m.NoColor {
		t.plain()
	} else {
		t.coloured()
	}
	return t
}

// Tr is the English text in the reader's language, with what it has verbs for.
func (t *Theme) Tr(english string, args ...any) string {
	return t.written(t.Lang.Tr(english, args...))
}

// TrN is one or many, as n asks for; their first verb, %s, is n.
func (t *Theme) TrN(one, many string, n int64, args ...any) string {
	return t.written(t.Lang.TrN(one, many, n, args...))
}

// Told is a sentence of the jobs in the reader's language.
func (t *Theme) Told(english string) string { return t.written(t.Lang.Told(english)) }

// written is a text in the signs that the terminal has.
func (t *Theme) written(text string) string {
	if t.ASCII {
		return inASCII(text)
	}
	return text
}

func (t *Theme) coloured() {
	c := t.picker()
	ink := func(h hue) Style { return Style{}.Foreground(c(h)) }

	t.Strong = Style{}.Bold() // like Text in the terminal's own colour, which its owner chose
	t.Muted, t.Faint, t.Rule, t.Accent = ink(mutedHue), ink(faintHue), ink(ruleHue), ink(accentHue)

	t.Fresh, t.Running, t.Due = ink(freshHue), ink(accentHue), ink(dueHue)
	t.Late, t.Failed = ink(lateHue).Bold(), ink(failedHue).Bold()
	t.Never, t.Paused = ink(mutedHue), ink(pausedHue)
	t.Right, t.Wrong = t.Fresh, ink(lateHue)

	t.Key = t.Accent.Bold()
	t.ChangeKey = t.Late
	t.KeyOff = t.Faint.Strike()
	t.Cursor = Style{}.Reverse().Underline()
	t.Button = ink(onAccent).Bold().Background(c(buttonHue))
	t.ChangeButton = ink(onChange).Bold().Background(c(changeHue))
	t.Line = t.Accent.Bold()
	t.Band = ink(bandHue)

	t.flash, t.surface, t.ink = c(flashHue), c(surfaceHue), c(inkHue)
	t.badge = map[string]badge{}
	for name, b := range badgeHues {
		t.badge[name] = badge{c(b.fg), c(b.bg)}
	}
}

// plain tells things apart by weight alone.
func (t *Theme) plain() {
	s := Style{}
	bold, faint := s.Bold(), s.Faint()
	t.Text, t.Strong, t.Muted, t.Faint, t.Rule, t.Accent = s, bold, s, faint, faint, bold
	t.Fresh, t.Running, t.Due, t.Late, t.Failed = s, s, s, bold, bold
	t.Never, t.Paused = s, s
	t.Right, t.Wrong = s, bold
	t.Key, t.ChangeKey, t.KeyOff = bold, bold.Underline(), faint.Strike()
	t.Cursor, t.Button, t.ChangeButton = s.Reverse().Underline(), bold.Reverse(), bold.Reverse()
	t.Line, t.Band = bold, faint
}

// Selected is s as it looks on the line under the cursor.
func (t *Theme) Selected(s Style) Style {
	if t.NoColor {
		return s.Reverse()
	}
	if s.design().fg == nil || t.Profile == colorprofile.ANSI {
		// The terminal's own colour may not be what its background suggests, and
		// its sixteen may be hard to read on another of them.
		s = s.Foreground(t.ink)
	}
	return s.Background(t.surface)
}

// Flash is s as it looks where it has just changed.
func (t *Theme) Flash(s Style) Style {
	if t.flash == nil {
		return s.Bold().Underline()
	}
	if s.design().fg == nil {
		s = s.Foreground(t.ink)
	}
	return s.Background(t.flash).Underline()
}

// Environment is the style of an environment's name. Production is red unless
// configured otherwise, and whatever has no colour is grey.
func (t *Theme) Environment(name, colour string) Style {
	s := Style{}.Bold()
	if t.NoColor {
		return s.Reverse()
	}
	if colour == "" && name == "production" {
		colour = "red"
	}
	b, ok := t.badge[colour]
	if !ok {
		b = t.badge["grey"]
	}
	return s.Foreground(b.fg).Background(b.bg)
}
