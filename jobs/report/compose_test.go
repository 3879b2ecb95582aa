package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
)

// TestWords compares what the reports say, in words alone, with golden files.
func TestWords(t *testing.T) {
	for _, c := range reportCases() {
		for _, v := range allVariants {
			t.Run(c.name+"."+v.String(), func(t *testing.T) {
				golden.RequireEqual(t, transcript(Compose(c.document(t), v)))
			})
		}
	}
}

// transcript is a page as plain text: ‹ › around what is foreign, * around what
// stands out.
func transcript(p Page) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	put("title: %s\n%s\n%s\n%s", p.Title, p.Brand, spans(p.Heading), p.Period)
	for _, t := range p.Lead {
		put("%s", spans(t))
	}
	for _, s := range p.Sections {
		put("\n# %s (%s)", s.Title, s.ID)
		for _, block := range s.Blocks {
			transcribe(put, block)
		}
	}
	put("")
	for _, f := range p.Footnotes {
		put("%s: %s", f.Term, f.Text)
	}
	put("%s", strings.Join(p.Footer, "\n"))
	return b.String()
}

func transcribe(put func(string, ...any), block Block) {
	if p := block.Paragraph; p != nil {
		put("%s%s", map[Tone]string{Missing: "(missing) ", Note: "(note) "}[p.Tone], spans(p.Text))
	}
	for _, c := range block.Cards {
		put("[%s: %s] %s%s %s | %s | %s", c.Name, c.Value, c.Trend.Symbol(), c.Change, c.Missing, c.Last, c.Meaning)
	}
	for i, a := range block.Advice {
		put("%d. %s\n   %s\n   %s", i+1, a.Title, spans(a.Text), spans(a.Because))
	}
	for _, f := range block.Facts {
		put("%s: %s", f.Term, spans(f.Text))
	}
	if f := block.Figure; f != nil {
		put("<%s: %s>\n %s\n %s", f.Name, f.Title, f.Alt, f.Caption)
	}
	if t := block.Table; t != nil {
		var names []string
		for _, c := range t.Columns {
			names = append(names, c.Name)
		}
		put("%s\n| %s", t.Caption, strings.Join(names, " | "))
		for _, row := range t.Rows {
			var cells []string
			for _, cell := range row {
				cells = append(cells, spans(cell))
			}
			put("| %s", strings.Join(cells, " | "))
		}
	}
}

func spans(t Text) string {
	var b strings.Builder
	for _, s := range t {
		switch {
		case s.Foreign:
			b.WriteString("‹" + s.Text + "›")
		case s.Strong:
			b.WriteString("*" + s.Text + "*")
		default:
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// Whatever the data, a page says numbers and words only.
func TestNoPageShowsWhatIsNoNumber(t *testing.T) {
	t.Parallel()
	docs := map[string]Document{"hostile": hostileDocument()}
	for _, c := range reportCases() {
		docs[c.name] = c.document(t)
	}
	for name, d := range docs {
		for _, v := range allVariants {
			text := transcript(Compose(d, v))
			for _, bad := range []string{"NaN", "Inf", "<nil>", "%!", "-%", "–%", "± –"} {
				if strings.Contains(strings.ReplaceAll(text, "%!d(MISSING)", ""), bad) {
					t.Errorf("%s as %s says %q", name, v, bad)
				}
			}
		}
	}
}

func TestShownLeavesOutWhatTurnsTheTextAround(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"a\tb\nc": "a b c", "\x1b[31m": "[31m", "\u202eabc\u2066": "abc", "\u200e": "–", "  ": "–", "👩‍👩‍👧 é": "👩‍👩‍👧 é", "": "–",
	} {
		if got := Shown(id); got != want {
			t.Errorf("Shown(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestNumbersAsEachLanguageWritesThem(t *testing.T) {
	t.Parallel()
	week := WeekOf(mustDay("2024-12-31"))
	for got, want := range map[string]string{
		English.Number(-1234.567, 2): "−1234.57",
		English.Number(-0.001, 2):    "0.00",
		English.Signed(0.004, 2):     "0.00",
		English.Signed(0.05, 2):      "+0.05",
		Korean.Percent(0.286):        "29%",
		Korean.Chance(1) + English.Chance(0) + English.Chance(0.0051) + English.Chance(0.9949): "99% 초과under 1%1%99%",
		Korean.Percent(1):                                            "100%",
		English.Count(1234567):                                       "1,234,567",
		English.Count(-123):                                          "-123",
		Korean.Period(week.Monday, week.Sunday):                      "2024년 12월 30일 – 2025년 1월 5일",
		English.Period(week.Monday, week.Sunday):                     "30 December 2024 – 5 January 2025",
		English.Period(mustDay("2026-06-29"), mustDay("2026-07-05")): "29 June – 5 July 2026",
		Korean.Period(mustDay("2026-06-29"), mustDay("2026-07-05")):  "2026년 6월 29일 – 7월 5일",
		Korean.Weekday(week.Sunday) + English.Weekday(week.Sunday):   "일Sun",
		week.String(): "2024-12-30",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestEveryLevelAndEveryAdviceHasWords(t *testing.T) {
	t.Parallel()
	codes := []Advice{Start, ComeBack, ReachOut, PractiseTopic, AccuracyFell, RetryMistakes, TakeTime, SpreadDays, CloseGap, RaiseGoal, MoreAnswers, KeepGoing}
	for _, l := range Languages {
		w, said := l.words(), map[string]bool{}
		for _, key := range []string{Improvement, Efficiency, Recovery, Engagement, Reach} {
			for v := -1.0; v <= 1; v += 0.05 {
				if w.KPIMeaning(key, v, levelOf(key, v)) == "" || w.KPIValue(key, v) == "" {
					t.Errorf("%s: no words for %s of %v", l, key, v)
				}
			}
			if w.KPIName(key) == "" || w.KPIMissing(key) == "" {
				t.Errorf("%s: no words for a missing %s", l, key)
			}
		}
		for s := 0.0; s <= 1; s += 0.05 {
			said[w.Risk(s, levelOf(Churn, s), nil)[0].String()] = true
		}
		if len(said) != 3 || said[""] {
			t.Errorf("%s: the risk is put in %v", l, said)
		}
		titles := map[string]bool{}
		for _, code := range codes {
			titles[w.Advice(Recommendation{Code: code, Topic: "x"}, Teacher).Title] = true
		}
		if len(titles) != len(codes) {
			t.Errorf("%s: %d titles for %d kinds of advice", l, len(titles), len(codes))
		}
	}
}
