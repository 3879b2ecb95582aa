package theme

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// luminance and contrast are WCAG 2.2's relative luminance and contrast ratio.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	lin := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrast(t *testing.T) {
	for _, profile := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256} { // the sixteen are the terminal's own
		for _, dark := range []bool{true, false} {
			th := New(Mode{Dark: dark, Profile: profile})
			grounds := map[string]color.Color{"the terminal": lipgloss.Color("#FFFFFF"), "the cursor": th.surface, "a change": th.flash}
			if dark {
				grounds["the terminal"] = lipgloss.Color("#1E1E1E") // lighter than most dark terminals
			}
			for ground, bg := range grounds {
				if bg == nil { // it is shown otherwise
					continue
				}
				for name, c := range map[string]struct {
					Style
					least float64
				}{
					"Muted": {th.Muted, 4.5}, "Accent": {th.Accent, 4.5}, "Fresh": {th.Fresh, 4.5},
					"Running": {th.Running, 4.5}, "Due": {th.Due, 4.5}, "Late": {th.Late, 4.5}, "Failed": {th.Failed, 4.5}, "Paused": {th.Paused, 4.5},
					"Wrong": {th.Wrong, 4.5}, "Faint": {th.Faint, 3}, // WCAG asks nothing of what is inactive
				} {
					if got := contrast(c.design().fg, bg); got < c.least {
						t.Errorf("%s, dark %v: %s on %s has contrast %.1f, want %.1f", profile, dark, name, ground, got, c.least)
					}
				}
			}
			for name, b := range th.badge {
				if got := contrast(b.fg, b.bg); got < 4.5 {
					t.Errorf("%s, dark %v: the %s badge has contrast %.1f", profile, dark, name, got)
				}
			}
		}
	}
}

// TestFewerColours looks at the theme as terminals of 256 and of 16 colours are
// given it: no colour may be left to be replaced by its nearest, and what has
// different colours must still have.
func TestFewerColours(t *testing.T) {
	for _, profile := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256, colorprofile.ANSI} {
		for _, dark := range []bool{true, false} {
			th := New(Mode{Dark: dark, Profile: profile})
			t.Run(fmt.Sprintf("%s, dark %v", profile, dark), func(t *testing.T) {
				production := th.Environment("production", "").design()
				if r, g, b := hueOf(production.bg); r < 2*g || r < 2*b {
					t.Errorf("production stands on %v, which is not red", production.bg)
				}
				states := map[color.Color]string{}
				for name, s := range map[string]Style{"fresh": th.Fresh, "running": th.Running, "due": th.Due, "late": th.Late, "failed": th.Failed, "paused": th.Paused, "muted": th.Muted} {
					if other, taken := states[s.design().fg]; taken {
						t.Errorf("%s and %s have one colour, %v", name, other, s.design().fg)
					}
					states[s.design().fg] = name
				}
				badges := map[badge]string{}
				for name, b := range th.badge {
					if other, taken := badges[b]; taken {
						t.Errorf("%s and %s are one badge", name, other)
					}
					badges[b] = name
				}
				for _, s := range []Style{th.Muted, th.Faint, th.Rule, th.Accent, th.Fresh, th.Running, th.Due, th.Late, th.Failed, th.Never, th.Paused, th.Right, th.Wrong, th.Key,
					th.ChangeKey, th.KeyOff, th.Button, th.ChangeButton, th.Line, th.Band, th.Selected(th.Failed), th.Selected(th.Text), th.Flash(th.Text), th.Environment("x", "")} {
					for _, c := range []color.Color{s.design().fg, s.design().bg} {
						if c != nil && profile.Convert(c) != c {
							t.Errorf("%+v would be shown as %v", c, profile.Convert(c))
						}
					}
				}
			})
		}
	}
}

// hueOf is a colour's red, green and blue, as terminals of 16 and 256 colours
// have them by default.
func hueOf(c color.Color) (r, g, b uint32) {
	r, g, b, _ = c.RGBA()
	return r, g, b
}

func TestEnvironment(t *testing.T) {
	th := New(Mode{Dark: true})
	red, grey := th.Environment("x", "red"), th.Environment("x", "no such colour")
	if th.Environment("production", "") != red {
		t.Error("production is not red by itself")
	}
	if th.Environment("production", "blue") == red {
		t.Error("production's configured colour is ignored")
	}
	if th.Environment("lab", "") != grey || grey == red {
		t.Error("an environment without a colour is not grey")
	}
}

func TestPlainHasNoColour(t *testing.T) {
	th := New(Mode{NoColor: true})
	for _, s := range []Style{th.Text, th.Late, th.Failed, th.Button, th.Selected(th.Faint), th.Environment("production", "")} {
		if s.design().fg != nil || s.design().bg != nil {
			t.Errorf("%+v has a colour", s)
		}
	}
	if th.Selected(th.Faint) != th.Selected(th.Blank) {
		t.Error("faint text stays faint when reversed, and cannot be read")
	}
}
