package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// shade is a colour as terminals of 16 million, of 256 and of 16 colours show
// it. The nearest of fewer colours would be another hue: the red of production
// is nearest to grey. An empty one is none.
type shade struct{ full, indexed, basic string }

// hue is a colour on a light background and on a dark one.
type hue struct{ light, dark shade }

func both(s shade) hue { return hue{s, s} }

// The sixteen colours are the terminal's own: only their names are certain.
const (
	black, red, green, yellow, blue, purple, silver        = "0", "1", "2", "3", "4", "5", "7"
	grey, brightRed, brightGreen, brightYellow, brightBlue = "8", "9", "10", "11", "12"
	brightPurple, white                                    = "13", "15"
)

var (
	inkHue    = hue{shade{"#0B0F14", "233", white}, shade{"#E6EAF0", "255", white}}
	onAccent  = hue{shade{"#FFFFFF", "231", white}, shade{"#0B0F14", "233", white}}
	onChange  = hue{shade{"#FFFFFF", "231", black}, shade{"#0B0F14", "233", black}}
	mutedHue  = hue{shade{"#57606A", "240", grey}, shade{"#98A2B0", "248", silver}}
	faintHue  = hue{shade{"#7A848F", "243", grey}, shade{"#7E8A9C", "245", grey}}
	ruleHue   = hue{shade{"#C3CAD3", "251", silver}, shade{"#39424F", "239", grey}}
	accentHue = hue{shade{"#0062A3", "25", blue}, shade{"#62B6F0", "75", brightBlue}}
	buttonHue = hue{accentHue.light, shade{accentHue.dark.full, accentHue.dark.indexed, blue}}
	changeHue = hue{shade{"#A84300", "94", yellow}, lateHue.dark}

	freshHue  = hue{shade{"#00704F", "23", green}, shade{"#35C49A", "79", brightGreen}}
	dueHue    = hue{shade{"#7A5B00", "58", yellow}, shade{"#EBCB5C", "221", yellow}}
	lateHue   = hue{shade{"#A84300", "94", brightRed}, shade{"#F39A3D", "215", brightYellow}}
	failedHue = hue{shade{"#B3163B", "124", red}, shade{"#FF7A90", "210", brightRed}}
	pausedHue = hue{shade{"#7B3FA0", "91", purple}, shade{"#CC99E6", "177", brightPurple}}

	bandHue    = hue{shade{"#8FB3D1", "110", blue}, shade{"#557A9E", "67", blue}}
	flashHue   = hue{shade{"#FFE9A8", "229", ""}, shade{"#3E330C", "", ""}}
	surfaceHue = hue{shade{"#DDE9F5", "195", blue}, shade{"#243448", "237", blue}}
)

// badgeHues are the colours that a profile of the config file may have.
var badgeHues = map[string]struct{ fg, bg hue }{
	"red":    {both(shade{"#FFFFFF", "231", white}), both(shade{"#C0203F", "160", red})},
	"orange": {both(shade{"#0B0F14", "233", black}), both(shade{"#F39A3D", "215", yellow})},
	"yellow": {both(shade{"#0B0F14", "233", black}), both(shade{"#EBCB5C", "221", brightYellow})},
	"green":  {both(shade{"#0B0F14", "233", black}), both(shade{"#35C49A", "79", green})},
	"blue":   {both(shade{"#0B0F14", "233", white}), both(shade{"#62B6F0", "75", blue})},
	"purple": {both(shade{"#0B0F14", "233", white}), both(shade{"#CC99E6", "177", purple})},
	"grey":   {hue{shade{"#24292F", "235", black}, shade{"#D5DAE1", "253", black}}, hue{shade{"#DCE1E7", "254", silver}, shade{"#39424F", "239", silver}}},
}

// picker chooses a hue's colour for the mode; nil where it has none.
func (m Mode) picker() func(hue) color.Color {
	profile := m.Profile
	if profile == colorprofile.Unknown {
		profile = colorprofile.TrueColor
	}
	complete := lipgloss.Complete(profile)
	return func(h hue) color.Color {
		s := h.light
		if m.Dark {
			s = h.dark
		}
		return complete(colour(s.basic), colour(s.indexed), colour(s.full))
	}
}

func colour(name string) color.Color {
	if name == "" {
		return nil
	}
	return lipgloss.Color(name)
}
