package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// TestFirstFrameOfHelpSaysThereIsMore looks at the footer in the very frame that
// opens a text longer than its box.
func TestFirstFrameOfHelpSaysThereIsMore(t *testing.T) {
	for _, key := range []string{"?", "d"} {
		d := drive(t, newFixture(), 60, 18, Options{NoColor: true})
		d.run(d.app.press(stroke(key)))
		rows := strings.Split(ansi.Strip(d.app.View().Content), "\n")
		if foot := rows[len(rows)-1]; !strings.Contains(foot, "j more") {
			t.Errorf("%s: the footer is %q under\n%s", key, foot, strings.Join(rows, "\n"))
		}
	}
}
