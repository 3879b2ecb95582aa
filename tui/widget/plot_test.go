package widget

import (
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"sextant/tui/theme"
)

func textOf(lines []string) string { return ansi.Strip(strings.Join(lines, "\n")) }

// A line from corner to corner ends in the corners, and its axes say so.
func TestPlotDrawsWhereTheAxesSay(t *testing.T) {
	th := theme.New(theme.Mode{NoColor: true, ASCII: true})
	p := Plot{XLow: 0, XHigh: 4, YLow: 0, YHigh: 2, Curves: []Curve{{Points: []XY{{0, 0}, {4, 2}}}}, Dots: []Dot{{XY: XY{0, 2}, Name: "A1", Alarm: true}}}
	rows := p.View(th, 30, 8)
	if len(rows) != 8 {
		t.Fatalf("%d rows, want 8:\n%s", len(rows), textOf(rows))
	}
	first, last := ansi.Strip(rows[0]), ansi.Strip(rows[5])
	if !strings.HasPrefix(first, "  2.0-|x A1") {
		t.Errorf("the dot is not in its corner: %q", first)
	}
	if !strings.HasSuffix(strings.TrimRight(first, " "), "*") || !strings.HasPrefix(last, "  0.0-|*") {
		t.Errorf("the line does not go from corner to corner:\n%s", textOf(rows))
	}
	if axis := ansi.Strip(rows[7]); !strings.Contains(axis, "0") || !strings.HasSuffix(axis, " 4") {
		t.Errorf("the axis reads %q", axis)
	}
}

func TestPlotLeavesOutWhatCannotBeDrawn(t *testing.T) {
	th := theme.New(theme.Mode{NoColor: true})
	p := Plot{Empty: "nothing here", Curves: []Curve{{Points: []XY{{math.NaN(), 1}, {1, math.Inf(1)}}}}, Dots: []Dot{{XY: XY{math.Inf(-1), 0}}}}
	if got := textOf(p.View(th, 40, 10)); got != "nothing here" {
		t.Errorf("%q", got)
	}
	p.Dots = append(p.Dots, Dot{XY: XY{1, 1}})
	if got := textOf(p.View(th, 40, 10)); strings.Contains(got, "NaN") || !strings.Contains(got, "1.0") {
		t.Errorf("one dot:\n%s", got)
	}
}

// Both halves of a pyramid keep their sums, whatever the rows, and each row is
// as wide as the rest.
func TestPyramid(t *testing.T) {
	th := theme.New(theme.Mode{NoColor: true})
	bars := make([]float64, 32)
	for i := range bars {
		bars[i] = float64(i % 7)
	}
	for _, rows := range []int{4, 5, 13, 32} {
		sum := 0.0
		for _, b := range gather(bars, rows) {
			sum += b
		}
		want := 0.0
		for _, b := range bars {
			want += b
		}
		if math.Abs(sum-want) > 1e-9 {
			t.Errorf("%d rows hold %v, want %v", rows, sum, want)
		}
	}
	p := Pyramid{Low: -4, High: 4, Left: bars, Right: bars, LeftName: "learners", RightName: "items"}
	rows := p.View(th, 60, 20)
	if len(rows) != 20 {
		t.Errorf("%d rows, want 20", len(rows))
	}
	text := textOf(rows)
	for _, label := range []string{" 3.0", " 0.0", "-3.0", "learners", "items"} {
		if !strings.Contains(text, label) {
			t.Errorf("it lacks %q:\n%s", label, text)
		}
	}
	if got := textOf(p.View(th, 10, 20)); !strings.HasPrefix(got, "too lit") {
		t.Errorf("in 10 cells: %q", got)
	}
}

func TestDivergingBars(t *testing.T) {
	th := theme.New(theme.Mode{NoColor: true, ASCII: true})
	for _, c := range []struct {
		share float64
		want  string
	}{{1, "    |####"}, {-1, "####|    "}, {0, "    |    "}, {0.5, "    |##  "}, {-0.5, "  ##|    "}, {0.01, "    |#   "}, {math.NaN(), "    |    "}} {
		if got := Diverging(th, th.Text, th.Text, 9, c.share).Plain(); got != c.want {
			t.Errorf("%v: %q, want %q", c.share, got, c.want)
		}
	}
}

func TestAChoiceIsFoundInAnyCase(t *testing.T) {
	f := NewChoice("model", "model", "2PL", []string{"rasch", "2pl", "3pl"}, "")
	if f.Value() != "2pl" {
		t.Errorf("2PL chooses %s", f.Value())
	}
	f.Set("3PL")
	if f.Value() != "3pl" {
		t.Errorf("3PL chooses %s", f.Value())
	}
	if f.Set("4pl"); f.Value() != "3pl" {
		t.Errorf("4pl chooses %s", f.Value())
	}
}
