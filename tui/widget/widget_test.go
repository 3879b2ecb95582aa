package widget

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sextant/tui/lang"
	"sextant/tui/theme"
)

var plain = theme.New(theme.Mode{NoColor: true})

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":               "plain",
		"김서연":                 "김서연",
		"a\x1b[31mred\x1b[0m": "a[31mred[0m", // the terminal must not obey an id
		"two\nlines\tand tab": "two lines and tab",
		"👩‍🏫":                 "👩🏫",
		"👍🏽":                  "👍",
		"🇰🇷":                  "🇰🇷",
		"rtl\u202eevil":       "rtlevil",
		"bad\xffutf8":         "bad?utf8",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
		if got := Clean(in); ansi.StringWidth(got) != ansi.StringWidthWc(got) {
			t.Errorf("terminals disagree about the width of %q", got)
		}
	}
}

func TestTruncate(t *testing.T) {
	line := S(plain.Text, "김서연").Add(plain.Strong, "abc")
	for w, want := range map[int]string{9: "김서연abc", 8: "김서연a…", 7: "김서연…", 6: "김서…", 5: "김서…", 2: "…", 1: "…", 0: ""} {
		got := line.Truncate(w, "…")
		if got.Plain() != want {
			t.Errorf("Truncate(%d) = %q, want %q", w, got.Plain(), want)
		}
		if line.Pad(w, "…", plain.Blank, false).Width() != w {
			t.Errorf("Pad(%d) has width %d", w, line.Pad(w, "…", plain.Blank, false).Width())
		}
	}
}

func TestOverlayOnWideText(t *testing.T) {
	screen := Frame([]string{strings.Repeat("가", 10), "x" + strings.Repeat("나", 9)}, 21, 2)
	for boxW := 1; boxW < 20; boxW++ {
		for i, l := range Overlay(plain, screen, []string{strings.Repeat("#", boxW), strings.Repeat("#", boxW)}, 21) {
			if w := ansi.StringWidth(l); w != 21 {
				t.Errorf("box of %d: line %d is %d wide: %q", boxW, i, w, ansi.Strip(l))
			}
		}
	}
}

func people() *Table {
	t := &Table{Columns: []Column{{Title: "NAME", Min: 4, Sort: true}, {Title: "N", Min: 2, Right: true, Sort: true}, {Title: "CITY", Min: 4, Drop: 1}}}
	t.SetSize(40, 10)
	row := func(name string, n float64, city string) Row {
		return Row{ID: name, Cells: []Cell{T(plain.Text, name), N(plain.Text, "n", n), T(plain.Text, city)}}
	}
	t.SetRows([]Row{row("bo", 2, "Seoul"), row("Al", math.NaN(), "Busan"), row("cy", 1, "Busan"), row("di", 3, "Seoul")})
	return t
}

func (t *Table) ids() (ids []string) {
	for _, i := range t.shown {
		ids = append(ids, t.rows[i].ID)
	}
	return ids
}

func TestTableSort(t *testing.T) {
	tb := people()
	for _, want := range [][]string{{"Al", "bo", "cy", "di"}, {"cy", "bo", "di", "Al"}, {"bo", "Al", "cy", "di"}} {
		tb.SortStep(1)
		if got := tb.ids(); !reflect.DeepEqual(got, want) {
			t.Errorf("sorted: %v, want %v", got, want)
		}
	}
	tb.SortStep(-1) // back to the last that can be
	tb.Reverse()
	if got, want := tb.ids(), []string{"di", "bo", "cy", "Al"}; !reflect.DeepEqual(got, want) {
		t.Errorf("reversed: %v, want %v: what has no number stays last", got, want)
	}
}

func TestTableFilter(t *testing.T) {
	for filter, want := range map[string][]string{"": {"bo", "Al", "cy", "di"}, "seo": {"bo", "di"}, "BUS y": {"cy"}, "city:b": {"Al", "cy"}, "name:b": {"bo"}, "name:seoul": nil} {
		tb := people()
		tb.SetFilter(filter)
		if got := tb.ids(); !reflect.DeepEqual(got, want) {
			t.Errorf("filter %q: %v, want %v", filter, got, want)
		}
	}
}

// A column is named by its title in English or as it is shown.
func TestTableFilterInTheLanguage(t *testing.T) {
	ko, err := lang.Load("ko")
	if err != nil {
		t.Fatal(err)
	}
	tb := &Table{Columns: []Column{{Title: "FLAGS", Min: 8}, {Title: lang.Sense("place", "AT"), Min: 8}, {Title: "REASON", Min: 8, Hide: true}}}
	tb.SetRows([]Row{{ID: "1", Cells: []Cell{T(plain.Text, "부적합"), T(plain.Text, "x"), T(plain.Text, "y")}}, {ID: "2", Cells: []Cell{T(plain.Text, "x"), T(plain.Text, "부적합"), T(plain.Text, "z")}}})
	tb.SetSize(60, 5)
	tb.View(theme.New(theme.Mode{NoColor: true, Lang: ko}))
	for filter, want := range map[string][]string{"특이:부적합": {"1"}, "flags:부적합": {"1"}, "순번:부적합": {"2"}, "at:부": {"2"}, "사유:z": {"2"}, "요일:부적합": nil} {
		tb.SetFilter(filter)
		if got := tb.ids(); !reflect.DeepEqual(got, want) {
			t.Errorf("filter %q: %v, want %v", filter, got, want)
		}
	}
}

func TestTableKeepsItsPlace(t *testing.T) {
	tb := people()
	tb.Marks = true
	tb.Move(2)
	tb.ToggleMark()
	tb.Move(-1)
	rows := tb.rows
	tb.SetRows(append([]Row{{ID: "new", Cells: rows[0].Cells}}, rows...))
	if tb.CurrentID() != "cy" || !reflect.DeepEqual(tb.Marked(), []string{"cy"}) {
		t.Errorf("the cursor is on %q, marked is %v; want cy for both", tb.CurrentID(), tb.Marked())
	}
	tb.SetRows(nil)
	tb.Move(1)
	if tb.CurrentID() != "" {
		t.Errorf("an empty table has a current row %q", tb.CurrentID())
	}
}

func TestTableDropsColumns(t *testing.T) {
	tb := people()
	for w, want := range map[int]bool{40: true, 12: false} {
		tb.SetSize(w, 10)
		if got := strings.Contains(ansi.Strip(tb.View(plain)[0]), "CITY"); got != want {
			t.Errorf("at %d the column that may go is shown: %v, want %v", w, got, want)
		}
	}
}

func TestTableDropsColumnsForOneThatWantsMore(t *testing.T) {
	for w, want := range map[int]string{40: "TOPIC NAME HINTS", 22: "TOPIC NAME", 12: "TOPIC"} {
		tb := &Table{Columns: []Column{{Title: "TOPIC", Min: 3, Want: 12}, {Title: "NAME", Min: 3, Drop: 1}, {Title: "HINTS", Min: 1, Drop: 2}}}
		tb.SetSize(w, 10)
		tb.SetRows([]Row{{ID: "1", Cells: []Cell{T(plain.Text, "probabilities"), T(plain.Text, "kim"), T(plain.Text, "0")}}})
		if got := strings.Join(strings.Fields(ansi.Strip(tb.View(plain)[0])), " "); got != want {
			t.Errorf("at %d the columns are %s, want %s", w, got, want)
		}
	}
}

func TestChartTakesAnything(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2025, 11, n, 0, 0, 0, 0, time.UTC) }
	for name, series := range map[string][][]Point{
		"nothing":    nil,
		"empty":      {{}},
		"one point":  {{{day(1), 0.5, 0.3}}},
		"flat":       {{{day(1), 1, 0}, {day(9), 1, 0}}},
		"same time":  {{{day(1), 1, 0.1}, {day(1), 2, 0.1}, {day(1), 3, 0.1}}},
		"not finite": {{{day(1), math.NaN(), 1}, {day(2), math.Inf(1), 1}, {day(3), 1, math.NaN()}, {day(4), 2, math.Inf(1)}}},
		"far apart":  {{{day(1), -1e6, 1}, {day(2), 1e6, 1}}},
		"two scales": {{{day(1), 0, 0.1}, {day(5), 1, 0.1}}, {{day(6), 3, 0.1}, {day(9), 3.5, 0.1}}},
	} {
		for _, size := range [][2]int{{80, 12}, {20, 4}, {10, 3}, {1, 1}} {
			for _, ascii := range []bool{false, true} {
				for _, l := range (Chart{Series: series}).View(theme.New(theme.Mode{ASCII: ascii}), size[0], size[1]) {
					if ansi.StringWidth(l) > size[0] || strings.Contains(l, "NaN") {
						t.Errorf("%s at %v: %q", name, size, ansi.Strip(l))
					}
				}
			}
		}
	}
}

func TestChartRisesWithTheValue(t *testing.T) {
	var s []Point
	for i := range 20 {
		s = append(s, Point{At: time.Unix(int64(i)*86400, 0), Value: float64(i) / 5})
	}
	rows := Chart{Series: [][]Point{s}}.View(theme.New(theme.Mode{NoColor: true, ASCII: true}), 60, 12)
	last := 1 << 30
	for _, l := range rows[:10] {
		if at := strings.Index(ansi.Strip(l)[7:], "*"); at >= 0 {
			if at > last {
				t.Fatalf("the line falls where the value rises:\n%s", ansi.Strip(strings.Join(rows, "\n")))
			}
			last = at
		}
	}
}

func TestIntervalAndProgress(t *testing.T) {
	for name, c := range map[string]struct{ got, want string }{
		"zero":     {Interval(plain, 7, -3, 3, 0, 0).Plain(), "···●···"},
		"with SE":  {Interval(plain, 7, -3, 3, 1, 1).Plain(), "···━●━·"},
		"outside":  {Interval(plain, 7, -3, 3, 9, 1).Plain(), "···┊··●"},
		"unknown":  {Interval(plain, 7, -3, 3, math.NaN(), 1).Plain(), "       "},
		"none":     {Progress(plain, plain.Text, 4, 0).Plain(), "░░░░"},
		"half":     {Progress(plain, plain.Text, 4, 0.54).Plain(), "██▏░"},
		"full":     {Progress(plain, plain.Text, 4, 1).Plain(), "████"},
		"too much": {Progress(plain, plain.Text, 4, 7).Plain(), "████"},
		"no share": {Progress(plain, plain.Text, 4, math.NaN()).Plain(), "░░░░"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}

func TestSparkShowsSigns(t *testing.T) {
	got := Spark(plain, 4, []SparkBar{{Value: 9}, {Value: 1}, {Value: 4}, {Sign: "✗"}, {Value: 8}}).Plain()
	if got != "▁▄✗▇" {
		t.Errorf("%q", got)
	}
}

func TestViewer(t *testing.T) {
	v := Viewer{Follow: true, Empty: "nothing yet"}
	v.SetSize(20, 3)
	if got := ansi.Strip(v.View(plain)[0]); got != "nothing yet" {
		t.Errorf("%q", got)
	}
	for _, s := range []string{"one", "two", "a line that is longer than the window", "four"} {
		v.Append(S(plain.Text, s))
	}
	if got := v.View(plain); !reflect.DeepEqual(got, []string{"a line that is", "longer than the", "window", "four"}[1:]) {
		t.Errorf("following: %q", got)
	}
	v.Move(-9)
	if got := v.View(plain)[0]; got != "one" || v.Follow {
		t.Errorf("scrolled up: %q, following %v", got, v.Follow)
	}
	v.ToggleWrap()
	v.SetFilter("LINE")
	if got := v.View(plain); !reflect.DeepEqual(got, []string{"a line that is long…"}) {
		t.Errorf("filtered: %q", got)
	}
}

func TestInputKeepsTheCursorInSight(t *testing.T) {
	var in Input
	in.SetValue("가나다라마바사")
	if got := in.View(plain, 8, true); got.Width() > 8 || !strings.HasSuffix(got.Plain(), "사 ") {
		t.Errorf("%q", got.Plain())
	}
	for range 7 {
		in.Update(tea.KeyPressMsg{Code: tea.KeyLeft})
	}
	in.Update(tea.KeyPressMsg{Code: 'x', Text: "x"})
	if in.Value() != "x가나다라마바사" {
		t.Errorf("%q", in.Value())
	}
}

func TestChangedCellsFlash(t *testing.T) {
	th := theme.New(theme.Mode{NoColor: true})
	tab := &Table{Columns: []Column{{Title: "STATE"}, {Title: "AGE"}, {Title: "TOOK", Quiet: true}, {Title: "N"}}}
	tab.SetSize(60, 5)
	row := func(state, age, took string, n float64) Row {
		return Row{ID: "a", Cells: []Cell{T(th.Text, state), N(th.Text, age, 100), N(th.Text, took, n), N(th.Text, "n", n)}}
	}
	flashing := func(now time.Time) string {
		tab.Tick(now)
		var out []string
		for i, c := range tab.Columns {
			if tab.flash.on("a", i) {
				out = append(out, c.Title)
			}
		}
		return strings.Join(out, " ")
	}
	now := time.Unix(1e9, 0)
	tab.SetRows([]Row{row("due", "1 s ago", "1 s", math.NaN())})
	if got := flashing(now); got != "" {
		t.Errorf("%s flashes though nothing was there before", got)
	}
	tab.SetRows([]Row{row("due", "2 s ago", "2 s", math.NaN()), {ID: "b", Cells: row("late", "", "", 1).Cells}})
	if got := flashing(now); got != "" {
		t.Errorf("%s flashes though nothing changed but the time", got)
	}
	tab.SetRows([]Row{row("fresh", "3 s ago", "3 s", 5)})
	if got := flashing(now); got != "STATE N" {
		t.Errorf("%q flashes, want STATE N", got)
	}
	if got, want := tab.View(th)[1], th.Selected(th.Flash(th.Text)).Render("fresh"); !strings.Contains(got, want) {
		t.Errorf("drawn as %q, want %q in it", got, want)
	}
	if got := flashing(now.Add(flashFor)); got != "" {
		t.Errorf("%s still flashes", got)
	}
}

// TestWidth holds the short cut against the whole way: every character that it
// takes, alone, among others and beside itself.
func TestWidth(t *testing.T) {
	for r := rune(' '); r <= 0xFFFF; r++ {
		if runeCells(r) == 0 {
			continue
		}
		c := string(r)
		for _, s := range []string{c, c + c, "a" + c + "z", "가" + c + "힣", "─" + c + "⣿", "©" + c + "↔", "\x1b[1;38;2;1;2;3m" + c + "\x1b[m"} {
			if got, want := width(s), ansi.StringWidth(s); got != want {
				t.Fatalf("width(%q) = %d, want %d", s, got, want)
			}
		}
	}
	for _, s := range []string{"", "plain", "e\u0301", "각\u11A8", "👩‍👩‍👧", "↔\uFE0F", "a\tb", "\x1b[2Kx", "\x1b]0;t\x07x", "\x1b[31", "\xff가", "日本"} {
		if got, want := width(s), ansi.StringWidth(s); got != want {
			t.Errorf("width(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestPolesStandAtTheAxis(t *testing.T) {
	th := theme.New(theme.Mode{NoColor: true})
	for _, words := range [][2]string{{"LOWER", "HIGHER"}, {"내림", "올림"}} {
		for _, w := range []int{15, 25, 26} {
			axis := Diverging(th, th.Text, th.Text, w, 0).Plain()
			at := width(axis[:strings.Index(axis, th.Glyph.Zero)])
			title := Poles(words[0], words[1], w)
			if left, right := width(title[:strings.Index(title, words[0])+len(words[0])]), width(title[:strings.Index(title, words[1])]); left != at-1 || right != at+2 {
				t.Errorf("%q: %s ends at %d and %s begins at %d about an axis at %d", title, words[0], left, words[1], right, at)
			}
		}
	}
}

func TestWrapBreaksAtBlanksAlone(t *testing.T) {
	th := theme.New(theme.Mode{NoColor: true})
	log := S(th.Faint, "05:12:03").Add(th.Muted, " info   ").Add(th.Text, "estimated").Add(th.Muted, " theta=").Add(th.Text, "-1.359").Add(th.Muted, " until=").Add(th.Text, "2026-11-24T19:47")
	for _, c := range []struct {
		line Line
		w    int
		want []string
	}{
		{S(th.Text, "$ sextant pause --until 2026-11-24T19:47"), 34, []string{"$ sextant pause --until", "  2026-11-24T19:47"}},
		{log, 40, []string{"05:12:03 info   estimated theta=-1.359", "                until=2026-11-24T19:47"}},
		{log, 36, []string{"05:12:03 info   estimated", "                theta=-1.359", "                until=2026-11-24T19:", "                47"}},
		{S(th.Muted, "params").Pad(12, "", th.Muted, false).Add(th.Text, "lookback-days=7 force"), 30, []string{"params      lookback-days=7", "            force"}},
		{S(th.Text, "  indented, and too long"), 16, []string{"  indented, and", "  too long"}},
		{S(th.Text, "/reports/2026-11/김서연-student.html"), 20, []string{"/reports/2026-11/김", "서연-student.html"}},
		{S(th.Text, "short"), 5, []string{"short"}},
		{S(th.Text, "가나"), 1, []string{"가", "나"}},
	} {
		got := WrapIndented(c.line, c.w)
		for i, row := range got { // styles aside
			got[i] = strings.TrimRight(ansi.Strip(row), " ")
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("in %d cells\n%s\nwant\n%s", c.w, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}
