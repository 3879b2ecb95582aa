// Package theme gives the console's colours and glyphs their meaning: screens
// ask for Late or Muted, never for a colour.
package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"

	"sextant/tui/lang"
)

// Mode is what the terminal can show, and its reader can read.
type Mode struct {
	Dark    bool // light on dark
	NoColor bool // attributes only, as NO_COLOR asks
	ASCII   bool // no glyphs beyond ASCII
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
func (t *Theme) Tr(english string, args ...any) string { return t.Lang.Tr(english, args...) }

// TrN is one or many, as n asks for; their first verb, %s, is n.
func (t *Theme) TrN(one, many string, n int64, args ...any) string {
	return t.Lang.TrN(one, many, n, args...)
}

// Told is a sentence of the jobs in the reader's language.
func (t *Theme) Told(english string) string { return t.Lang.Told(english) }

func (t *Theme) coloured() {
	pick := lipgloss.LightDark(t.Dark)
	c := func(light, dark string) color.Color { return pick(lipgloss.Color(light), lipgloss.Color(dark)) }
	ink := func(light, dark string) Style { return Style{}.Foreground(c(light, dark)) }

	t.Strong = Style{}.Bold() // like Text in the terminal's own colour, which its owner chose
	t.Muted = ink("#57606A", "#98A2B0")
	t.Faint = ink("#7A848F", "#7E8A9C")
	t.Rule = ink("#C3CAD3", "#39424F")
	t.Accent = ink("#0062A3", "#62B6F0")

	t.Fresh = ink("#00704F", "#35C49A")
	t.Running = ink("#0062A3", "#62B6F0")
	t.Due = ink("#7A5B00", "#EBCB5C")
	t.Late = ink("#A84300", "#F39A3D").Bold()
	t.Failed = ink("#B3163B", "#FF7A90").Bold()
	t.Never = ink("#57606A", "#98A2B0")
	t.Paused = ink("#7B3FA0", "#CC99E6")
	t.Right, t.Wrong = t.Fresh, ink("#A84300", "#F39A3D")

	t.Key = t.Accent.Bold()
	t.ChangeKey = ink("#A84300", "#F39A3D").Bold()
	t.KeyOff = t.Faint.Strike()
	t.Cursor = Style{}.Reverse().Underline()
	t.Button = Style{}.Bold().Foreground(c("#FFFFFF", "#0B0F14")).Background(c("#0062A3", "#62B6F0"))
	t.ChangeButton = Style{}.Bold().Foreground(c("#FFFFFF", "#0B0F14")).Background(c("#A84300", "#F39A3D"))
	t.Line = t.Accent.Bold()
	t.Band = ink("#8FB3D1", "#557A9E")

	t.flash = c("#FFE9A8", "#3E330C")
	t.surface, t.ink = c("#DDE9F5", "#243448"), c("#0B0F14", "#E6EAF0")
	white, black := lipgloss.Color("#FFFFFF"), lipgloss.Color("#0B0F14")
	t.badge = map[string]badge{
		"red":    {white, lipgloss.Color("#C0203F")},
		"orange": {black, lipgloss.Color("#F39A3D")},
		"yellow": {black, lipgloss.Color("#EBCB5C")},
		"green":  {black, lipgloss.Color("#35C49A")},
		"blue":   {black, lipgloss.Color("#62B6F0")},
		"purple": {black, lipgloss.Color("#CC99E6")},
		"grey":   {c("#24292F", "#D5DAE1"), c("#DCE1E7", "#39424F")},
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
	if s.design().fg == nil { // the terminal's own colour may not be what its background suggests
		s = s.Foreground(t.ink)
	}
	return s.Background(t.surface)
}

// Flash is s as it looks where it has just changed.
func (t *Theme) Flash(s Style) Style {
	if t.NoColor {
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
