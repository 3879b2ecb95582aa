package report

import (
	"bytes"
	"embed"
	"html"
	"html/template"
	"io"
	"strings"
	"sync"
)

//go:embed html
var htmlFiles embed.FS

// HTML writes a document as one page that stands alone: its style and figures
// are in it, it holds no script and asks for nothing from outside.
func HTML(w io.Writer, doc Document, v Variant, figures Figures) error {
	page, err := htmlPage()
	if err != nil {
		return err
	}
	view := htmlView{Page: Compose(doc, v), SVG: map[FigureName]template.HTML{}}
	for _, section := range view.Sections {
		for _, block := range section.Blocks {
			if f := block.Figure; f != nil && figures[f.Name] != nil {
				var svg strings.Builder
				if err := figures[f.Name].SVG(&svg, "figure-"+string(f.Name), f.Title, f.Alt); err != nil {
					return err
				}
				view.SVG[f.Name] = template.HTML(svg.String())
			}
		}
	}
	var b bytes.Buffer
	if err := page.Execute(&b, view); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// htmlView is what the template shows: a page with its figures drawn.
type htmlView struct {
	Page
	SVG map[FigureName]template.HTML
}

// htmlPage is the template, read once.
var htmlPage = sync.OnceValues(func() (*template.Template, error) {
	css, err := htmlFiles.ReadFile("html/page.css")
	if err != nil {
		return nil, err
	}
	return template.New("page.html.tmpl").Funcs(template.FuncMap{
		"text": htmlText,
		"long": func(t Text) bool { return len(t.String()) > 60 },
		"css":  func() template.CSS { return template.CSS(css) },
	}).ParseFS(htmlFiles, "html/page.html.tmpl")
})

// htmlText keeps what is foreign from turning the words around it.
func htmlText(t Text) template.HTML {
	var b strings.Builder
	for _, s := range t {
		open, end := "", ""
		if s.Foreign {
			open, end = "<bdi>", "</bdi>"
		}
		if s.Strong {
			open, end = open+"<strong>", "</strong>"+end
		}
		b.WriteString(open + html.EscapeString(s.Text) + end)
	}
	return template.HTML(b.String())
}
