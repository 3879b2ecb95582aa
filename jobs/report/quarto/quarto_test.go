package quarto_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sextant/db"
	"sextant/jobs/report"
	"sextant/jobs/report/quarto"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func ptr[T any](v T) *T { return &v }

// document is a week of a learner whose names mean something in Markdown.
func document(learner string, topics ...string) report.Document {
	week := report.WeekOf(must(db.ParseDay("2026-11-16")))
	data := db.ReportData{UserID: learner, LastAnswer: ptr(week.Sunday.Start().Add(9 * time.Hour)),
		KPIs:  map[string]float64{"I_t": 0.25, "A_t": 0.5, "S": 0.6, "P": 0.4},
		Theta: &db.ReportTheta{Theta: 0.3, SE: 0.3, AsOf: week.Sunday.Start(), Version: "v1"}}
	for i := range 4 {
		data.Trajectory = append(data.Trajectory, db.ReportTheta{Theta: 0.1 * float64(i), SE: 0.3, AsOf: week.Monday.Add(7*i - 21).Start(), Version: "v1"})
	}
	for i, topic := range topics {
		data.Topics = append(data.Topics, db.ReportTopic{Topic: topic, Answers: 10 - i, Correct: 4, TimeMS: ptr(21000.0)})
		data.Goals = append(data.Goals, db.ReportGoal{Topic: topic, Target: ptr(1.0), Theta: ptr(0.2), SE: ptr(0.4)})
		data.Days = append(data.Days, db.ReportDay{Day: week.Monday.Add(i % 7), Answers: 10 - i, Correct: 4, TimeMS: ptr(int64(210000))})
	}
	return report.Build(data, nil, week)
}

var hostile = []string{`a|b`, `*bold* _it_ ~~gone~~`, `$\frac{1}{2}$ \end{document}`, "الجبر", `</svg><script>x</script>`, "```\n# head", `[link](http://x) ![](y)`, `{.class}`}

var fonts = must(report.NewFonts())

// prepared is a folder that quarto would read.
func prepared(t *testing.T, doc report.Document, v report.Variant) string {
	t.Helper()
	q, err := quarto.New(fake(t, "exit 0"), must(quarto.Read("")), fonts)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := q.Prepare(dir, doc, v); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fake is a PATH with a quarto that is this script, before the real one's.
func fake(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	// By another process: one that this one has open for writing cannot be run while
	// a test beside it forks.
	cmd := exec.Command("sh", "-c", `cat >quarto && chmod 700 quarto`)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader("#!/bin/sh\n"+script+"\n")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return dir
}

// Pandoc, which is what quarto reads Markdown with, sees the names as they are,
// and neither code nor raw HTML or TeX anywhere.
func TestDocumentIsPlainMarkdown(t *testing.T) {
	t.Parallel()
	pandoc, err := exec.LookPath("pandoc")
	if err != nil {
		t.Skip("pandoc is missing; scripts/bootstrap installs it")
	}
	for _, v := range []report.Variant{{Edition: report.Teacher, Language: report.Korean}, {Edition: report.Learner, Language: report.English}} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			learner := `<b>"kim" | $x$ \textbf{y}</b>`
			dir := prepared(t, document(learner, hostile...), v)
			run := func(to string, args ...string) string {
				t.Helper()
				cmd := exec.Command(pandoc, append([]string{"report.qmd", "--from", "markdown", "--to", to, "--fail-if-warnings"}, args...)...)
				cmd.Dir = dir
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("pandoc: %v\n%s", err, out)
				}
				return string(out)
			}
			tree := run("json")
			for _, raw := range []string{`"RawInline"`, `"RawBlock"`, `"CodeBlock"`, `"Math"`, `"Link"`, `"Strikeout"`} {
				if strings.Contains(tree, raw) {
					t.Errorf("the document holds %s", raw)
				}
			}
			if n := strings.Count(tree, `"t":"Table"`); n == 0 {
				t.Error("no table")
			}
			text := run("plain", "--wrap=none", "--standalone")
			for _, name := range append([]string{learner}, hostile...) {
				if want := strings.Join(strings.Fields(name), " "); !strings.Contains(text, want) {
					t.Errorf("the text lacks %q:\n%s", want, text)
				}
			}
			page := run("html5", "--self-contained", "--standalone", "--metadata", "pagetitle=x")
			if strings.Contains(page, "<script") || strings.Count(page, "data:image/svg+xml") < 3 {
				t.Errorf("%d figures in the page, or a script", strings.Count(page, "data:image/svg+xml"))
			}
			if alt := strings.Count(page, `alt="`); alt < 3 {
				t.Errorf("%d figures have a text in their place", alt)
			}
			var doc report.Document
			if err := json.Unmarshal(must(os.ReadFile(filepath.Join(dir, "data.json"))), &doc); err != nil || doc.Learner != learner {
				t.Errorf("data.json: %v %q", err, doc.Learner)
			}
			if _, risk := find(doc.KPIs, "S"); risk != (v.Edition == report.Teacher) {
				t.Errorf("data.json of the %s edition tells the risk: %v", v.Edition, risk)
			}
		})
	}
}

func find(kpis []report.KPI, key string) (report.KPI, bool) {
	for _, k := range kpis {
		if k.Key == key {
			return k, true
		}
	}
	return report.KPI{}, false
}

// A learner without anything makes a document, too.
func TestEmptyDocument(t *testing.T) {
	t.Parallel()
	text := string(must(os.ReadFile(filepath.Join(prepared(t, document("kim"), report.Variant{Edition: report.Learner, Language: report.Korean}), "report.qmd"))))
	if strings.Contains(text, "<no value>") || strings.Contains(text, "<nil>") {
		t.Error(text)
	}
}

func TestWrongTemplateNamesItsLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, says string }{
		{"a\nb\n{{ if }}\n", "report.qmd.tmpl:3: missing value for if"},
		{"a\n{{ .Page.Titel }}", `report.qmd.tmpl:2:8: executing "report.qmd.tmpl" at <.Page.Titel>: can't evaluate field Titel`},
		{"{{ shout .Page.Title }}", `report.qmd.tmpl:1: function "shout" not defined`},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "report.qmd.tmpl"), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := quarto.Read(dir); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, c.says)) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", c.text, err)
		}
	}
	if _, err := quarto.Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "sextant report template --out DIR") {
		t.Errorf("an empty folder: %v", err)
	}
}

// The shipped template, written out, is a template, and another one by its mark
// when it is changed.
func TestShippedTemplateCanBeChanged(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mine")
	names, err := quarto.WriteShipped(dir)
	if err != nil || len(names) != 2 {
		t.Fatalf("wrote %v, %v", names, err)
	}
	if _, err := quarto.WriteShipped(dir); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("over another: %v", err)
	}
	path := fake(t, "exit 0")
	mark := func(dir string) string { return must(quarto.New(path, must(quarto.Read(dir)), fonts)).Mark() }
	if mark(dir) != mark("") {
		t.Error("the same template has two marks")
	}
	if err := os.WriteFile(filepath.Join(dir, "report.css"), []byte("body {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if mark(dir) == mark("") {
		t.Error("another template has the same mark")
	}
}

func TestFailingQuartoSaysItsLastLines(t *testing.T) {
	t.Parallel()
	v, html := report.Variant{Edition: report.Learner, Language: report.English}, []report.Format{report.HTMLFormat}
	if _, err := quarto.New(t.TempDir(), must(quarto.Read("")), fonts); err == nil || !strings.Contains(err.Error(), "quarto is not on PATH: install it from https://quarto.org") {
		t.Errorf("without one: %v", err)
	}
	for script, says := range map[string]string{
		"echo one; echo two >&2; printf '\\033[31mERROR: three\\033[0m\\n\\n'; echo four; echo five; exit 3": "quarto failed (exit status 3): two / ERROR: three / four / five",
		"exit 0": "quarto made no report.html: it said nothing",
	} {
		q := must(quarto.New(fake(t, script), must(quarto.Read("")), fonts))
		if _, err := q.Render(t.Context(), document("kim", "a"), v, html); err == nil || err.Error() != says {
			t.Errorf("%s: said %v, want %s", script, err, says)
		}
	}
	// It is called in a folder that holds all it reads, once a format.
	q := must(quarto.New(fake(t, `[ "$1 $2 $3" = "render report.qmd --to" ] && [ -s data.json ] && [ -s report.css ] && [ -s figures/days.svg ] || exit 1
		case $4 in html) echo page >report.html ;; typst) echo sheet >report.pdf ;; esac`), must(quarto.Read("")), fonts))
	out, err := q.Render(t.Context(), document("kim", "a"), v, report.Formats)
	if err != nil || string(out[0]) != "page\n" || string(out[1]) != "sheet\n" {
		t.Errorf("made %q, %v", out, err)
	}
}

// With a quarto on PATH, it makes both formats.
func TestRealQuarto(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("quarto"); err != nil {
		t.Skip("there is no quarto on PATH")
	}
	q := must(quarto.New(os.Getenv("PATH"), must(quarto.Read("")), fonts))
	out, err := q.Render(t.Context(), document("kim", hostile...), report.Variant{Edition: report.Teacher, Language: report.Korean}, report.Formats)
	if err != nil || !strings.Contains(string(out[0]), "data:image/svg+xml") || !strings.HasPrefix(string(out[1]), "%PDF-") {
		t.Errorf("made %d formats, %v", len(out), err)
	}
}
