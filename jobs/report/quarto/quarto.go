// Package quarto lays reports out with the program of that name, from a template
// that an operator may replace: a .qmd without code cells, the figures and the
// data as JSON beside it.
package quarto

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"sextant/jobs/report"
)

const (
	renderWithin = 2 * time.Minute // one report
	linesShown   = 4               // of what a failing quarto said last
	document     = "report"
)

// Quarto renders with a template. It is safe for concurrent use.
type Quarto struct {
	program  string
	template *Template
	fonts    *report.Fonts
}

// New finds the program in the folders of path, as PATH has them.
func New(path string, t *Template, fonts *report.Fonts) (*Quarto, error) {
	for _, dir := range filepath.SplitList(path) {
		if program, err := exec.LookPath(filepath.Join(dir, "quarto")); err == nil && dir != "" {
			return &Quarto{program, t, fonts}, nil
		}
	}
	return nil, errors.New("quarto is not on PATH: install it from https://quarto.org, or leave --renderer quarto out")
}

// Mark tells the template's reports from those of another.
func (q *Quarto) Mark() string { return "+quarto." + q.template.digest[:16] }

// Render lays a document out in each format, in their order.
func (q *Quarto) Render(ctx context.Context, doc report.Document, v report.Variant, formats []report.Format) ([][]byte, error) {
	dir, err := os.MkdirTemp("", "sextant-report-*")
	if err != nil {
		return nil, fmt.Errorf("a folder for quarto: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := q.Prepare(dir, doc, v); err != nil {
		return nil, err
	}
	out := make([][]byte, len(formats))
	for i, f := range formats {
		if out[i], err = q.run(ctx, dir, f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Prepare writes what quarto reads into a folder: the document, its figures, its
// data, and the template's other files.
func (q *Quarto) Prepare(dir string, doc report.Document, v report.Variant) error {
	doc = doc.For(v.Edition)
	if err := q.template.copyFiles(dir); err != nil {
		return err
	}
	data, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("write data.json: %w", err)
	}
	files := map[string][]byte{"data.json": data}
	page, figures := report.Compose(doc, v), report.Draw(q.fonts, doc, v.Language)
	shown := map[report.FigureName]string{}
	for _, s := range page.Sections {
		for _, b := range s.Blocks {
			if b.Figure == nil || figures[b.Figure.Name] == nil {
				continue
			}
			var svg strings.Builder
			if err := figures[b.Figure.Name].SVG(&svg, string(b.Figure.Name), b.Figure.Title, b.Figure.Alt); err != nil {
				return fmt.Errorf("draw %s: %w", b.Figure.Name, err)
			}
			name := "figures/" + string(b.Figure.Name) + ".svg"
			files[name], shown[b.Figure.Name] = []byte(svg.String()), name
		}
	}
	text, err := q.template.execute(page, doc, shown)
	if err != nil {
		return err
	}
	files[document+".qmd"] = text
	return writeFiles(dir, files)
}

func writeFiles(dir string, files map[string][]byte) error {
	for name, body := range files {
		place := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(place, body, 0o600); err != nil {
			return err
		}
	}
	return nil
}

var latex = regexp.MustCompile(`(?m)^  pdf:`)

// run has quarto render one format. A PDF comes by way of Typst, which quarto
// brings along, unless the template speaks of pdf, which is LaTeX.
func (q *Quarto) run(ctx context.Context, dir string, f report.Format) ([]byte, error) {
	to := string(f)
	if f == report.PDFFormat {
		text, err := os.ReadFile(filepath.Join(dir, document+".qmd"))
		if err != nil {
			return nil, err
		}
		if !latex.Match(text) {
			to = "typst"
		}
	}
	ctx, cancel := context.WithTimeout(ctx, renderWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, q.program, "render", document+".qmd", "--to", to)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it has children of its own
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	said, err := cmd.CombinedOutput()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("quarto did not end within %s: %s", renderWithin, lastLines(said))
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("quarto failed (%w): %s", err, lastLines(said))
	}
	body, err := os.ReadFile(filepath.Join(dir, document+"."+string(f)))
	if err != nil {
		return nil, fmt.Errorf("quarto made no %s.%s: %s", document, f, lastLines(said))
	}
	return body, nil
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// lastLines are the last lines of what a program said, as one.
func lastLines(said []byte) string {
	var lines []string
	for l := range strings.Lines(escapes.ReplaceAllString(string(said), "")) {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return "it said nothing"
	}
	return strings.Join(lines[max(0, len(lines)-linesShown):], " / ")
}
