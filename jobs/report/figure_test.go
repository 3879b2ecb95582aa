package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

// sampleDocuments are of every kind that a figure or a PDF has to cope with.
func sampleDocuments() map[string]Document {
	flat := richDocument()
	for i := range flat.Trajectory {
		flat.Trajectory[i].Theta, flat.Trajectory[i].SE = -2, 1e-9
	}
	for i := range flat.Days {
		flat.Days[i].Answers, flat.Days[i].Correct = 123456, 123456*(i%2)
	}
	return map[string]Document{
		"rich": richDocument(), "sparse": sparseDocument(), "hostile": hostileDocument(), "flat": flat,
		"empty": {Learner: "park-00017", Week: sampleWeek},
	}
}

func TestFiguresAreCleanSVGInEveryCase(t *testing.T) {
	t.Parallel()
	fonts := testFonts(t)
	for name, d := range sampleDocuments() {
		for _, l := range Languages {
			ids := map[string]bool{}
			for figureName, f := range Draw(fonts, d, l) {
				t.Run(fmt.Sprint(name, l, figureName), func(t *testing.T) {
					svg := svgOf(t, f, string(figureName))
					checkSVG(t, svg, ids)
					if len(svg) > 24<<10 {
						t.Errorf("%d bytes", len(svg))
					}
				})
				checkInside(t, fonts, f, fmt.Sprint(name, l, figureName))
			}
		}
	}
}

func svgOf(t *testing.T, f *Figure, prefix string) string {
	t.Helper()
	var b strings.Builder
	if err := f.SVG(&b, prefix, "a <title>", `what it "shows" & tells`); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkSVG reads an svg as XML: nothing in it refers outside, every id is new.
func checkSVG(t *testing.T, svg string, ids map[string]bool) {
	t.Helper()
	for _, bad := range []string{"NaN", "Inf", "href", "url(", "<script", "<image", "style="} {
		if strings.Contains(svg, bad) {
			t.Errorf("it holds %s", bad)
		}
	}
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range element.Attr {
			if a.Name.Local == "id" {
				if ids[a.Value] {
					t.Errorf("two elements have the id %s", a.Value)
				}
				ids[a.Value] = true
			}
		}
	}
}

// checkInside finds what a figure draws beyond its edges, with some room for a
// browser's wider font.
func checkInside(t *testing.T, fonts *Fonts, f *Figure, name string) {
	t.Helper()
	for _, m := range f.marks {
		for _, s := range m.path {
			for _, p := range s.points[:pointsOf[s.kind]] {
				if !(p.x >= -0.01 && p.x <= f.width+0.01 && p.y >= -0.01 && p.y <= f.height+0.01) {
					t.Errorf("%s: a path goes to %.1f, %.1f of %.0f, %.0f", name, p.x, p.y, f.width, f.height)
				}
			}
		}
		if m.text == nil {
			continue
		}
		width := fonts.width(fonts.printable(m.text.words), m.text.weight, m.text.size)
		left := m.text.at.x - width*[...]float64{0, 0.5, 1}[m.text.anchor]
		if left < -0.01 || left+width > f.width+0.01 || m.text.at.y > f.height || m.text.at.y < m.text.size*0.7 {
			t.Errorf("%s: %q at %.1f, %.1f, %.1f wide", name, m.text.words, left, m.text.at.y, width)
		}
		if m.text.size < 9 {
			t.Errorf("%s: %q is set in %.1f: too small for a phone", name, m.text.words, m.text.size)
		}
	}
}

func TestFiguresSayWhatTheyShow(t *testing.T) {
	t.Parallel()
	fonts := testFonts(t)
	for l, want := range map[Language]map[FigureName][]string{
		Korean: {
			TrajectoryFigure: {"능력치 변화", "능력치(θ)", "추정 오차 범위(±1 SE)", "θ 0.41 ± 0.28", "11/16", "−0.5", "날짜"},
			DaysFigure:       {"요일별 푼 문항 수", "정답", "오답", "월", "11/16", "31", "문항 수"},
			TopicsFigure:     {"주제별 정답률", "이번 주", "지난주", "일차방정식의 활용", "82% (28/34)", "주제 없음", "정답률(%)"},
			GoalsFigure:      {"목표별 달성 가능성", "벡터", "4%", "θ 0.62 → 0.80", "80%: 충분히 가까운 목표", "달성 가능성(%)"},
		},
		English: {
			TrajectoryFigure: {"Ability over time", "Ability (θ)", "Margin of error (±1 SE)", "16 Nov", "Date"},
			DaysFigure:       {"Answers by day", "Correct", "Wrong", "Thu", "19 Nov", "Answers"},
			TopicsFigure:     {"Correct answers by topic", "This week", "Last week", "No topic", "Correct (%)"},
			GoalsFigure:      {"Chance of reaching each goal", "80%: well within reach", "Chance (%)", "100"},
		},
	} {
		figures := Draw(fonts, richDocument(), l)
		for name, texts := range want {
			svg := svgOf(t, figures[name], "x")
			for _, text := range append(texts, "a &lt;title&gt;") {
				if !strings.Contains(svg, ">"+text+"<") {
					t.Errorf("%s %s does not say %q", l, name, text)
				}
			}
		}
	}
}

func TestFiguresAreNotDrawnOfNothing(t *testing.T) {
	t.Parallel()
	if figures := Draw(testFonts(t), Document{Week: sampleWeek}, Korean); len(figures) != 0 {
		t.Errorf("there are figures: %v", figures)
	}
	unknown := Document{Week: sampleWeek, Goals: []Goal{{Topic: "집합"}}, Trajectory: []Ability{{Theta: math.NaN(), SE: 1}, {Theta: 1}}}
	if figures := Draw(testFonts(t), unknown, English); len(figures) != 0 {
		t.Errorf("there are figures of unknown numbers: %v", figures)
	}
}

// filled gives the extents of a colour's filled rectangles.
func filled(f *Figure, c rgb) (rects [][4]float64) {
	for _, m := range f.marks {
		if m.color != c || m.line != nil || m.text != nil || len(m.path) != 5 {
			continue
		}
		a, b := m.path[0].points[0], m.path[2].points[0]
		rects = append(rects, [4]float64{min(a.x, b.x), min(a.y, b.y), math.Abs(b.x - a.x), math.Abs(b.y - a.y)})
	}
	return rects
}

func TestBarsAreAsLongAsTheirNumbers(t *testing.T) {
	t.Parallel()
	d := richDocument()
	figures := Draw(testFonts(t), d, Korean)

	bars := filled(figures[DaysFigure], blue)[1:] // the first is the legend's
	unit := bars[0][3] / 13
	for i, correct := range []float64{13, 17, 26, 7, 8} {
		if got := bars[i][3] / unit; math.Abs(got-correct) > 1e-6 {
			t.Errorf("the bar of %.0f correct answers is %.3f high", correct, got)
		}
	}
	wrong := filled(figures[DaysFigure], orange)[1:]
	for i, n := range []float64{5, 7, 5, 5, 1} {
		if got := wrong[i][3] / unit; math.Abs(got-n) > 1e-6 {
			t.Errorf("the bar of %.0f wrong answers is %.3f high", n, got)
		}
		if gap := wrong[i][1] + wrong[i][3] - bars[i][1]; math.Abs(gap) > 1e-6 {
			t.Errorf("wrong answers stand %.3f off the correct ones", gap)
		}
	}

	tracks, shares := filled(figures[TopicsFigure], rule), filled(figures[TopicsFigure], blue)[1:]
	for i, topic := range d.Topics {
		want := float64(topic.Correct) / float64(topic.Answers)
		if got := shares[i][2] / tracks[i][2]; math.Abs(got-want) > 1e-9 {
			t.Errorf("the bar of %q is %.3f long, want %.3f", topic.Topic, got, want)
		}
	}
}

func TestTrajectoryBreaksWhereTheScaleChanges(t *testing.T) {
	t.Parallel()
	fonts, d := testFonts(t), richDocument()
	lines := func() (n int) {
		for _, m := range Draw(fonts, d, Korean)[TrajectoryFigure].marks {
			if m.line != nil && m.color == blue && len(m.path) > 2 {
				n++
			}
		}
		return n
	}
	if n := lines(); n != 1 {
		t.Fatalf("one scale is drawn as %d lines", n)
	}
	for i := 20; i < len(d.Trajectory); i++ {
		d.Trajectory[i].Scale = "v2"
	}
	if n := lines(); n != 2 {
		t.Errorf("two scales are drawn as %d lines", n)
	}
}

func TestFiguresAreTheSameEveryTime(t *testing.T) {
	t.Parallel()
	fonts := testFonts(t)
	for name, f := range Draw(fonts, richDocument(), Korean) {
		if again := Draw(fonts, richDocument(), Korean)[name]; svgOf(t, f, "x") != svgOf(t, again, "x") {
			t.Errorf("%s differs", name)
		}
	}
}

// contrast is WCAG's, of what greyscale leaves of two colours.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestColoursDifferInGreyToo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		a, b rgb
		min  float64
	}{
		{"words", ink, white, 7}, {"soft words", soft, white, 4.5}, {"the newest θ", blue, white, 4.5},
		{"soft words on a card", soft, card, 4.5}, {"soft words on the head", soft, wash, 4.5}, {"the brand on the head", blue, wash, 4.5},
		{"correct beside wrong", blue, orange, 3}, {"wrong's hatching", rust, orange, 2.5}, {"wrong's outline", rust, white, 3},
		{"a bar on its track", blue, rule, 3}, {"the line on its band", blue, pale, 3}, {"whiskers", edge, white, 2.9},
		{"the goal's line", ink, rule, 4.5}, {"the goal's line on its edging", ink, white, 4.5}, {"the axis", axis, white, 2.9},
	} {
		if got := contrast(c.a, c.b); got < c.min {
			t.Errorf("%s: contrast %.2f, want %.1f", c.what, got, c.min)
		}
	}
}

func TestNiceStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width, step float64
		decimals    int
	}{
		{0.03, 0.05, 2}, {0.05, 0.05, 2}, {0.09, 0.1, 1}, {0.3, 0.5, 1}, {0.7, 1, 0}, {1, 1, 0}, {1.1, 2, 0}, {30864, 50000, 0},
	} {
		if step, decimals := niceStep(c.width); math.Abs(step-c.step) > 1e-12 || decimals != c.decimals {
			t.Errorf("niceStep(%v) = %v, %d, want %v, %d", c.width, step, decimals, c.step, c.decimals)
		}
	}
}

func TestDateTicksFallOnMondaysAndStayFew(t *testing.T) {
	t.Parallel()
	s := &sketch{fonts: testFonts(t), language: English, words: English.FigureWords()}
	s.begin(100, "")
	for _, days := range []int{0, 3, 20, 83, 400} {
		p := s.plot()
		s.dateAxis(p, sampleWeek.Sunday.Add(-days), sampleWeek.Sunday)
		marks := p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max)
		if len(marks) < 2 || len(marks) > 6 {
			t.Errorf("%d days have %d dates", days, len(marks))
		}
		if !slices.ContainsFunc(marks, func(m plot.Tick) bool { return m.Label == "16 Nov" }) {
			t.Errorf("%d days: the week's Monday is not named: %v", days, marks)
		}
	}
}
