package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// TestPaletteScrolls walks through all commands where few have room.
func TestPaletteScrolls(t *testing.T) {
	d := drive(t, newFixture(), 60, 18, Options{NoColor: true}).keys(":")
	for _, c := range d.app.commands() {
		if frame := ansi.Strip(d.frame()); !strings.Contains(frame, d.app.theme.Glyph.Cursor+" "+c.name+" ") {
			t.Errorf("%s is under the cursor, and not to be seen:\n%s", c.name, frame)
		}
		d.keys("down")
	}
}
