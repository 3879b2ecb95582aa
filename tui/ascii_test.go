package tui

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// TestASCII draws every scene for a terminal that shows no more: all that may
// stand beyond it are the letters of names.
func TestASCII(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, size := range sizes {
				d := drive(t, newFixture(), size.w, size.h, Options{NoColor: true, ASCII: true})
				s.steps(d)
				for row := range strings.SplitSeq(ansi.Strip(d.frame()), "\n") {
					if i := strings.IndexFunc(row, func(r rune) bool {
						return r > unicode.MaxASCII && !unicode.Is(unicode.Hangul, r) && !strings.ContainsRune("ë👩🏫", r)
					}); i >= 0 {
						t.Errorf("at %d: %q in %q", size.w, []rune(row[i:])[0], row)
					}
				}
			}
		})
	}
}

func TestSignsInARowGiveTheirRoomBack(t *testing.T) {
	for row, want := range map[string]string{
		"\x1b[1mθ updated\x1b[m   learner   x": "\x1b[1mtheta updated\x1b[m learner x",
		"N(0, 1²), θ":                          "N(0, 1^2), ",
		"│ 1 − Φ(θ)            │":              "│ 1 - Phi(theta)      │",
	} {
		if got := inASCII(row, ansi.StringWidth(row)); got != want {
			t.Errorf("%q becomes %q, want %q", row, got, want)
		}
	}
}
