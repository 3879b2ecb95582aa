package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// TestTwoCalibrationsOfADayAreToldApart looks at the legend of an item's curves.
func TestTwoCalibrationsOfADayAreToldApart(t *testing.T) {
	d := drive(t, newFixture(), 120, 36, Options{NoColor: true}).keys("4 enter")
	s := d.app.screen().(*item)
	h := s.feed.value.History
	if legend := s.paneTitle(paneCurve, false).Plain(); !strings.Contains(legend, h[0].DataDay.String()) || strings.Contains(legend, shortID(h[0].RunID)) {
		t.Errorf("the legend of two days is %q", legend)
	}
	h[1].DataDay = h[0].DataDay
	for _, v := range h[:2] {
		if want := "─ " + shortID(v.RunID); !strings.Contains(ansi.Strip(d.frame()), want) {
			t.Errorf("no %q in\n%s", want, ansi.Strip(d.frame()))
		}
	}
}
