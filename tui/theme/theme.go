// Package theme gives the console's colours and glyphs their meaning: screens
// ask for Late or Muted, never for a colour.
package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// Mode is what the terminal can show.
type Mode struct {
	Dark    bool // light on dark
	NoColor bool // attributes only, as NO_COLOR asks
	ASCII   bool // no glyphs beyond ASCII
}

// Theme is the set of styles and glyphs of one Mode. The palette stays apart
// for the common kinds of colour blindness (after Okabe & Ito 2008), and every
// state also has a glyph and a word.
type Theme struct {
	Mode
	Glyph Glyphs

	Blank  lipgloss.Style // the space between things
	Text   lipgloss.Style
	Strong lipgloss.Style // headings and the value that matters
	Muted  lipgloss.Style // labels and units
	Faint  lipgloss.Style // rules, placeholders, data gone stale
	Accent lipgloss.Style // where the eye should rest
	Rule   lipgloss.Style

	Fresh    lipgloss.Style
	Running  lipgloss.Style
	Due      lipgloss.Style
	Late     lipgloss.Style
	Failed   lipgloss.Style
	Never    lipgloss.Style
	Paused   lipgloss.Style
	NotBuilt lipgloss.Style

	Key       lipgloss.Style // a key that looks
	ChangeKey lipgloss.Style // a key that changes data
	KeyOff    lipgloss.Style // a key that is switched off

	Cursor lipgloss.Style // the text cursor of an input
	Button lipgloss.Style // the focused button of a dialog
	Line   lipgloss.Style // a chart's line
	Band   lipgloss.Style // the uncertainty around it

	selected color.Color
	badge    map[string]badge
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

func (t *Theme) coloured() {
	pick := lipgloss.LightDark(t.Dark)
	c := func(light, dark string) color.Color { return pick(lipgloss.Color(light), lipgloss.Color(dark)) }
	ink := func(light, dark string) lipgloss.Style { return lipgloss.NewStyle().Foreground(c(light, dark)) }

	t.Text = ink("#24292F", "#D5DAE1")
	t.Strong = ink("#0B0F14", "#FFFFFF").Bold(true)
	t.Muted = ink("#57606A", "#98A2B0")
	t.Faint = ink("#7A848F", "#6B7686")
	t.Rule = ink("#C3CAD3", "#39424F")
	t.Accent = ink("#0062A3", "#62B6F0")

	t.Fresh = ink("#00704F", "#35C49A")
	t.Running = ink("#0062A3", "#62B6F0")
	t.Due = ink("#7A5B00", "#EBCB5C")
	t.Late = ink("#A84300", "#F39A3D").Bold(true)
	t.Failed = ink("#B3163B", "#FF7A90").Bold(true)
	t.Never = ink("#57606A", "#98A2B0")
	t.Paused = ink("#7B3FA0", "#CC99E6")
	t.NotBuilt = t.Faint

	t.Key = t.Accent.Bold(true)
	t.ChangeKey = ink("#A84300", "#F39A3D").Bold(true)
	t.KeyOff = t.Faint.Strikethrough(true)
	t.Cursor = lipgloss.NewStyle().Reverse(true)
	t.Button = lipgloss.NewStyle().Bold(true).Foreground(c("#FFFFFF", "#0B0F14")).Background(c("#0062A3", "#62B6F0"))
	t.Line = t.Accent.Bold(true)
	t.Band = ink("#9CBAD3", "#44617C")

	t.selected = c("#DDE9F5", "#243448")
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
	s := lipgloss.NewStyle()
	bold, faint := s.Bold(true), s.Faint(true)
	t.Text, t.Strong, t.Muted, t.Faint, t.Rule, t.Accent = s, bold, s, faint, faint, bold
	t.Fresh, t.Running, t.Due, t.Late, t.Failed = s, s, s, bold, bold
	t.Never, t.Paused, t.NotBuilt = s, s, faint
	t.Key, t.ChangeKey, t.KeyOff = bold, bold.Underline(true), faint.Strikethrough(true)
	t.Cursor, t.Button = s.Reverse(true), bold.Reverse(true)
	t.Line, t.Band = bold, faint
}

// Selected is s as it looks on the line under the cursor.
func (t *Theme) Selected(s lipgloss.Style) lipgloss.Style {
	if t.NoColor {
		return s.Faint(false).Reverse(true)
	}
	return s.Background(t.selected)
}

// Environment is the style of an environment's name. Production is red unless
// configured otherwise, and whatever has no colour is grey.
func (t *Theme) Environment(name, colour string) lipgloss.Style {
	s := lipgloss.NewStyle().Bold(true)
	if t.NoColor {
		return s.Reverse(true)
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
