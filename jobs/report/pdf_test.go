package report

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func pdfOf(t testing.TB, fonts *Fonts, d Document, v Variant) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := PDF(&b, fonts, d, v, Draw(fonts, d, v.Language)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// poppler runs one of poppler's programs on a PDF. What it warns of is an error.
func poppler(t *testing.T, file []byte, program string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("no %s here: install poppler-utils, or run scripts/bootstrap", program)
	}
	path := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = path
		}
	}
	var out, warnings bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout, cmd.Stderr = &out, &warnings
	if err := cmd.Run(); err != nil || warnings.Len() > 0 {
		t.Fatalf("%s: %v: %s", program, err, warnings.String())
	}
	return out.String()
}

// everyPDF calls a test for every sample document, edition and language.
func everyPDF(t *testing.T, test func(t *testing.T, d Document, v Variant, file []byte)) {
	t.Helper()
	fonts := testFonts(t)
	for name, d := range sampleDocuments() {
		for _, e := range Editions {
			for _, l := range Languages {
				v := Variant{e, l}
				t.Run(name+"."+v.String(), func(t *testing.T) {
					t.Parallel()
					test(t, d, v, pdfOf(t, fonts, d, v))
				})
			}
		}
	}
}

// textsOf is all that a page says, in order.
func textsOf(p Page) (out []string) {
	add := func(texts ...Text) {
		for _, t := range texts {
			out = append(out, t.String())
		}
	}
	out = append(out, p.Brand)
	add(p.Heading)
	out = append(out, p.Period)
	add(p.Lead...)
	for _, s := range p.Sections {
		out = append(out, s.Title)
		for _, b := range s.Blocks {
			switch {
			case b.Paragraph != nil:
				add(b.Paragraph.Text)
			case b.Figure != nil:
				out = append(out, b.Figure.Caption)
			case b.Table != nil:
				out = append(out, b.Table.Caption)
				for _, c := range b.Table.Columns {
					out = append(out, c.Name)
				}
				for _, row := range b.Table.Rows {
					add(row...)
				}
			}
			for _, c := range b.Cards {
				out = append(out, c.Name, c.Value, c.Change, c.Last)
				if c.Value == "" {
					out = append(out, c.Missing)
				} else {
					out = append(out, c.Meaning)
				}
			}
			for _, a := range b.Advice {
				out = append(out, a.Title)
				add(a.Text, a.Because)
			}
			for _, f := range b.Facts {
				out = append(out, f.Term)
				add(f.Text)
			}
		}
	}
	for _, n := range p.Footnotes {
		out = append(out, n.Term, n.Text)
	}
	return append(out, p.Footer...)
}

func TestPDFSaysThePageAndNothingElse(t *testing.T) {
	t.Parallel()
	everyPDF(t, func(t *testing.T, d Document, v Variant, file []byte) {
		if strings.HasPrefix(d.Learner, "<script>") {
			t.Skip("its names are cut")
		}
		page := Compose(d, v)
		text := poppler(t, file, "pdftotext", "-raw", "FILE", "-")
		said := strings.Join(textsOf(page), "\n")
		for _, word := range strings.Fields(said) {
			if !strings.Contains(text, word) {
				t.Errorf("the PDF lacks %q", word)
			}
		}
		for _, lead := range page.Lead {
			if !strings.Contains(squeezed(text), squeezed(lead.String())) {
				t.Errorf("the PDF does not say %q in one piece", lead)
			}
		}
		known := said + " · ▲▼●"
		for n := range 10 {
			known += " " + fmt.Sprintf(page.Numbering, n, n)
		}
		for _, f := range Draw(testFonts(t), d, v.Language) {
			for _, m := range f.marks {
				if m.text != nil {
					known += " " + m.text.words
				}
			}
		}
		for _, word := range strings.Fields(text) {
			if !strings.Contains(known, word) && !strings.Contains(squeezed(known), word) {
				t.Errorf("the PDF says %q, the page does not", word)
			}
		}
	})
}

// squeezed is text without its spaces, which a line's end swallows.
func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

func TestPDFEmbedsSubsetsOfTrueType(t *testing.T) {
	t.Parallel()
	everyPDF(t, func(t *testing.T, _ Document, _ Variant, file []byte) {
		lines := strings.Split(strings.TrimSpace(poppler(t, file, "pdffonts", "FILE")), "\n")[2:]
		if len(lines) != 2 {
			t.Errorf("%d fonts", len(lines))
		}
		want := regexp.MustCompile(`^[A-Z]{6}\+SextantSans-(Regular|Bold) +CID TrueType +Identity-H +yes yes yes `)
		for _, line := range lines {
			if !want.MatchString(line) {
				t.Errorf("font %s", line)
			}
		}
		if len(file) > 250<<10 {
			t.Errorf("%d bytes", len(file))
		}
	})
}

func TestPDFIsDescribed(t *testing.T) {
	t.Parallel()
	everyPDF(t, func(t *testing.T, d Document, v Variant, file []byte) {
		page := Compose(d, v)
		info := poppler(t, file, "pdfinfo", "-isodates", "FILE")
		for _, want := range []string{
			`Title: +` + regexp.QuoteMeta(testFonts(t).printable(page.Title)), `Author: +Sextant`, `Page size: +595\.28 x 841\.89 pts \(A4\)`, `JavaScript: +no`,
		} {
			if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(info) {
				t.Errorf("no %s in\n%s", want, info)
			}
		}
		if !d.Provenance.GeneratedAt.IsZero() && !strings.Contains(info, "2026-11-23T04:00:12Z") {
			t.Errorf("the moment is missing in\n%s", info)
		}
		if !bytes.Contains(file, []byte("/Lang ("+string(v.Language)+")")) {
			t.Error("it does not name its language")
		}
	})
}

func TestPDFHasABookmarkForEverySectionAndNumbersItsPages(t *testing.T) {
	t.Parallel()
	everyPDF(t, func(t *testing.T, d Document, v Variant, file []byte) {
		page := Compose(d, v)
		outline := poppler(t, file, "pdftohtml", "-xml", "-stdout", "-i", "FILE")
		var titles []string
		for _, m := range regexp.MustCompile(`<item page="\d+">([^<]*)</item>`).FindAllStringSubmatch(outline, -1) {
			titles = append(titles, m[1])
		}
		var want []string
		for _, s := range page.Sections {
			want = append(want, s.Title)
		}
		if strings.Join(titles, "|") != strings.Join(want, "|") {
			t.Errorf("bookmarks %q, want %q", titles, want)
		}
		pages := strings.Split(strings.TrimSuffix(poppler(t, file, "pdftotext", "-raw", "FILE", "-"), "\f"), "\f")
		for i, text := range pages {
			if number := fmt.Sprintf(page.Numbering, i+1, len(pages)); !strings.Contains(text, number) {
				t.Errorf("page %d is not numbered %q", i+1, number)
			}
		}
	})
}

// textBox is where a word stands on a sheet.
type textBox struct {
	page                   int
	left, top, right, foot float64
	word                   string
}

func textBoxes(t *testing.T, file []byte) (out []textBox) {
	t.Helper()
	page := 0
	word := regexp.MustCompile(`<word xMin="([^"]+)" yMin="([^"]+)" xMax="([^"]+)" yMax="([^"]+)">(.*)</word>`)
	for line := range strings.Lines(poppler(t, file, "pdftotext", "-bbox", "FILE", "-")) {
		if strings.Contains(line, "<page ") {
			page++
		}
		if m := word.FindStringSubmatch(line); m != nil {
			box := textBox{page: page, word: m[5]}
			for i, v := range []*float64{&box.left, &box.top, &box.right, &box.foot} {
				var err error
				if *v, err = strconv.ParseFloat(m[i+1], 64); err != nil {
					t.Fatal(err)
				}
			}
			out = append(out, box)
		}
	}
	return out
}

func TestPDFKeepsItsMarginsAndItsWordsApart(t *testing.T) {
	t.Parallel()
	everyPDF(t, func(t *testing.T, _ Document, _ Variant, file []byte) {
		boxes := textBoxes(t, file)
		if len(boxes) == 0 {
			t.Fatal("there are no words")
		}
		for i, a := range boxes {
			if a.left < sideMargin-0.5 || a.right > sheetWidth-sideMargin+0.5 || a.top < topMargin-12 || a.foot > sheetHeight-28 {
				t.Errorf("%q stands at %.1f, %.1f to %.1f, %.1f of page %d", a.word, a.left, a.top, a.right, a.foot, a.page)
			}
			for _, b := range boxes[i+1:] {
				width := min(a.right, b.right) - max(a.left, b.left)
				height := min(a.foot, b.foot) - max(a.top, b.top)
				if a.page == b.page && width > 0.5 && height > 0.3*min(a.foot-a.top, b.foot-b.top) {
					t.Errorf("%q and %q stand upon each other on page %d", a.word, b.word, a.page)
				}
			}
		}
	})
}

func TestPDFDependsOnTheDocumentAlone(t *testing.T) {
	t.Parallel()
	shared := testFonts(t)
	pdfOf(t, shared, hostileDocument(), Variant{Teacher, Korean}) // its characters stay in the fonts' pool
	for _, v := range []Variant{{Learner, Korean}, {Teacher, English}} {
		want := pdfOf(t, testFonts(t), richDocument(), v)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				var b bytes.Buffer
				if err := PDF(&b, shared, richDocument(), v, Draw(shared, richDocument(), v.Language)); err != nil {
					t.Error(err)
				} else if !bytes.Equal(b.Bytes(), want) {
					t.Errorf("%s: what was printed before or beside it changes it", v)
				}
			})
		}
		wait.Wait()
	}
}

func TestPDFTakesNoTimeFromTheClock(t *testing.T) {
	t.Parallel()
	d := sparseDocument()
	d.Provenance = Provenance{}
	if file := pdfOf(t, testFonts(t), d, Variant{Learner, Korean}); !bytes.Contains(file, []byte("19700101000000")) {
		t.Error("its date is not that of a document without one")
	}
}

func TestPDFOfEndlessTextsStaysALetter(t *testing.T) {
	t.Parallel()
	d := hostileDocument()
	d.Learner = strings.Repeat("가나다라", 20000)
	for i := range 400 {
		d.Topics = append(d.Topics, Topic{Topic: strings.Repeat(fmt.Sprint("주제", i), 2000), Answers: 1})
	}
	file := pdfOf(t, testFonts(t), d, Variant{Teacher, Korean})
	var pages int
	info := poppler(t, file, "pdfinfo", "FILE")
	if _, err := fmt.Sscan(regexp.MustCompile(`Pages: +(\d+)`).FindStringSubmatch(info)[1], &pages); err != nil {
		t.Fatal(err)
	}
	if pages > 10 || len(file) > 250<<10 {
		t.Errorf("%d pages, %d bytes", pages, len(file))
	}
}

func TestFewLinesDoNotGetASheetOfTheirOwn(t *testing.T) {
	t.Parallel()
	fonts := testFonts(t)
	for lines := 10; lines < 90; lines++ {
		var page Page
		for range lines {
			page.Lead = append(page.Lead, plain("한 줄"))
		}
		p := layOut(fonts, page, nil)
		if n := len(p.sheets); n > 1 && p.y < sheetHeight/4 {
			loose := layOutWith(fonts, page, nil, 0.6)
			if len(loose.sheets) < n {
				t.Errorf("%d lines: %d sheets, where %d would do", lines, n, len(loose.sheets))
			}
		}
	}
}

// failing is a writer that is full.
type failing struct{}

var errFull = errors.New("no space left on device")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestPDFSaysThatItCouldNotBeWritten(t *testing.T) {
	t.Parallel()
	d := sparseDocument()
	if err := PDF(failing{}, testFonts(t), d, Variant{Learner, Korean}, nil); !errors.Is(err, errFull) {
		t.Errorf("error %v", err)
	}
	if err := Draw(testFonts(t), d, Korean)[DaysFigure].SVG(failing{}, "", "", ""); !errors.Is(err, errFull) {
		t.Errorf("error %v", err)
	}
}

func TestTornWordsLoseNothing(t *testing.T) {
	t.Parallel()
	p := newPress(testFonts(t), 1)
	text := Text{{Text: "앞 "}, {Text: strings.Repeat("W", 90), Foreign: true}, {Text: "뒤", Strong: true}, {Text: " 끝"}}
	var got strings.Builder
	for _, l := range p.wrap(text, bodyStyle, 120) {
		sum := 0.0
		for _, piece := range l.pieces {
			got.WriteString(piece.words)
			sum += p.fonts.width(piece.words, piece.weight, bodyStyle.size)
		}
		if sum > 120.01 || math.Abs(sum-l.width) > 0.01 {
			t.Errorf("a line is %.2f wide and says it is %.2f", sum, l.width)
		}
	}
	if !regexp.MustCompile(`^앞W{40,89}…뒤끝$`).MatchString(squeezed(got.String())) {
		t.Errorf("the lines say %q", got.String())
	}
}

func TestSpreadFillsTheRoom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ widths, least, want []float64 }{
		{[]float64{100, 50, 50}, []float64{40, 40, 40}, []float64{280, 110, 110}},
		{[]float64{400, 90, 90}, []float64{40, 40, 40}, []float64{320, 90, 90}},
		{[]float64{400, 400, 20}, []float64{40, 40, 20}, []float64{240, 240, 20}},
		{[]float64{600, 600}, []float64{600, 600}, []float64{250, 250}},
	} {
		got := spread(append([]float64{}, c.widths...), c.least, 500)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 4 {
				t.Errorf("spread(%v) = %.0f, want %.0f", c.widths, got, c.want)
				break
			}
		}
	}
}
