package theme

import (
	"image/color"
	"math"
	"testing"

	"charm.land/lipgloss/v2"
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
	for _, dark := range []bool{true, false} {
		th := New(Mode{Dark: dark})
		grounds := map[string]color.Color{"the terminal": lipgloss.Color("#FFFFFF"), "the cursor": th.surface, "a change": th.flash}
		if dark {
			grounds["the terminal"] = lipgloss.Color("#1E1E1E") // lighter than most dark terminals
		}
		for ground, bg := range grounds {
			for name, c := range map[string]struct {
				Style
				least float64
			}{
				"Muted": {th.Muted, 4.5}, "Accent": {th.Accent, 4.5}, "Fresh": {th.Fresh, 4.5},
				"Running": {th.Running, 4.5}, "Due": {th.Due, 4.5}, "Late": {th.Late, 4.5}, "Failed": {th.Failed, 4.5}, "Paused": {th.Paused, 4.5},
				"Wrong": {th.Wrong, 4.5}, "Faint": {th.Faint, 3}, // WCAG asks nothing of what is inactive
			} {
				if got := contrast(c.design().fg, bg); got < c.least {
					t.Errorf("dark %v: %s on %s has contrast %.1f, want %.1f", dark, name, ground, got, c.least)
				}
			}
		}
	}
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
