package jobs

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"

	"sextant/jobs/report"
	"sextant/jobs/report/quarto"
)

// renderer lays a document out.
type renderer interface {
	// render gives the bytes of each format, in their order.
	render(ctx context.Context, doc report.Document, v report.Variant, formats []report.Format) ([][]byte, error)
	// mark tells documents laid out by it from those of another; empty for the
	// built-in one.
	mark() string
	// block is how many learners are done in one transaction, which should last
	// seconds.
	block() int
}

// Learners of a block: the more, the fewer statements; a second each with quarto.
const (
	builtinBlock = 200
	quartoBlock  = 8
)

// renderer is the one that the parameters choose.
func (j *Job) renderer() (renderer, error) {
	fonts, err := reportFonts()
	if err != nil {
		return nil, err
	}
	p := j.Params.(*ReportParams)
	if !strings.EqualFold(p.Renderer, quartoRenderer) {
		return &builtin{fonts}, nil
	}
	t, err := quarto.Read(p.Template)
	if err != nil {
		return nil, usagef("%s", err)
	}
	q, err := quarto.New(j.getenv("PATH"), t, fonts)
	if err != nil {
		return nil, usagef("%s", err)
	}
	return byQuarto{q}, nil
}

const quartoRenderer = "quarto"

// byQuarto has quarto lay documents out.
type byQuarto struct{ *quarto.Quarto }

func (q byQuarto) mark() string { return q.Mark() }
func (byQuarto) block() int     { return quartoBlock }

func (q byQuarto) render(ctx context.Context, doc report.Document, v report.Variant, formats []report.Format) ([][]byte, error) {
	return q.Render(ctx, doc, v, formats)
}

// WriteReportTemplate writes the shipped Quarto template into a folder, and gives
// the files' names.
func WriteReportTemplate(dir string) ([]string, error) {
	names, err := quarto.WriteShipped(dir)
	if err != nil {
		err = usagef("%s", err)
	}
	return names, err
}

// reportFonts are read once: they take some tens of milliseconds.
var reportFonts = sync.OnceValues(report.NewFonts)

// builtin lays documents out in this process.
type builtin struct{ fonts *report.Fonts }

func (*builtin) mark() string { return "" }
func (*builtin) block() int   { return builtinBlock }

func (b *builtin) render(_ context.Context, doc report.Document, v report.Variant, formats []report.Format) ([][]byte, error) {
	figures := report.Draw(b.fonts, doc, v.Language)
	out := make([][]byte, len(formats))
	for i, f := range formats {
		var body bytes.Buffer
		var err error
		switch f {
		case report.HTMLFormat:
			err = report.HTML(&body, doc, v, figures)
		case report.PDFFormat:
			err = report.PDF(&body, b.fonts, doc, v, figures)
		}
		if err != nil {
			return nil, fmt.Errorf("lay out %s.%s: %w", v, f, err)
		}
		out[i] = body.Bytes()
	}
	return out, nil
}
