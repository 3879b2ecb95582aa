package quarto

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"sextant/db"
	"sextant/jobs/report"
)

//go:embed template
var shipped embed.FS

// templateFile is the template's document; all other files of its folder are
// copied beside what is made of it.
const templateFile = "report.qmd.tmpl"

// Template is a template that has been read.
type Template struct {
	files  fs.FS
	where  string // for people
	parsed *template.Template
	digest string // of all its files
}

// Read reads the template of a folder, or with none the shipped one, and says
// where it is wrong.
func Read(dir string) (*Template, error) {
	t := &Template{where: "the shipped template"}
	var err error
	if dir == "" {
		t.files, err = fs.Sub(shipped, "template")
	} else {
		t.where, t.files = filepath.Join(dir, templateFile), os.DirFS(dir)
	}
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(t.files, templateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s; 'sextant report template --out DIR' writes one to begin with", t.where)
	}
	if err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	if t.parsed, err = template.New(templateFile).Option("missingkey=error").Funcs(functions(nil)).Parse(string(text)); err != nil {
		return nil, t.wrong(err)
	}
	if t.digest, err = digest(t.files); err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	_, err = t.execute(report.Page{}, report.Document{}, nil) // a field that does not exist shows here
	return t, err
}

// wrong words what text/template says, with the whole path before the line.
func (t *Template) wrong(err error) error {
	text := strings.TrimPrefix(err.Error(), "template: ")
	return fmt.Errorf("template %s%s", strings.TrimSuffix(t.where, templateFile), text)
}

func digest(files fs.FS) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		fmt.Fprintf(sum, "%s %d\n", name, len(body))
		sum.Write(body)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// Data is what a template is given.
type Data struct {
	Page report.Page     // the report in words
	Doc  report.Document // the numbers behind it
}

// execute fills the template in.
func (t *Template) execute(page report.Page, doc report.Document, figures map[report.FigureName]string) ([]byte, error) {
	own, err := t.parsed.Clone()
	if err != nil {
		return nil, t.wrong(err)
	}
	var b bytes.Buffer
	if err := own.Funcs(functions(figures)).Execute(&b, Data{page, doc}); err != nil {
		return nil, t.wrong(err)
	}
	return b.Bytes(), nil
}

// copyFiles writes the template's other files into a folder.
func (t *Template) copyFiles(dir string) error {
	return fs.WalkDir(t.files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || name == templateFile {
			return err
		}
		body, err := fs.ReadFile(t.files, name)
		if err != nil {
			return err
		}
		return writeFiles(dir, map[string][]byte{name: body})
	})
}

// WriteShipped writes the shipped template into a folder that is not there yet,
// or is empty, and gives the files' names.
func WriteShipped(dir string) (names []string, err error) {
	if there, err := os.ReadDir(dir); err == nil && len(there) > 0 {
		return nil, fmt.Errorf("%s is not empty; name a folder that is not there yet", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	files, err := fs.Sub(shipped, "template")
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(files, ".")
	for _, e := range entries {
		body, err := fs.ReadFile(files, e.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, e.Name()), body, 0o644)
		}
		if err != nil {
			return nil, err
		}
		names = append(names, e.Name())
	}
	return names, err
}

// functions are those a template can call.
func functions(figures map[report.FigureName]string) template.FuncMap {
	return template.FuncMap{
		"md":     markdown,
		"yaml":   yaml,
		"quote":  attribute,
		"row":    row,
		"rule":   rule,
		"figure": func(name report.FigureName) string { return figures[name] },
		"day":    func(l report.Language, d db.Day) string { return l.Date(d) },
	}
}

// yaml is a text in double quotes, as YAML reads it.
func yaml(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(fmt.Sprint(v))
	return strings.TrimSpace(b.String()), err
}

// attribute is a text in double quotes, as Pandoc's attributes have it.
func attribute(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(strings.Join(strings.Fields(s), " ")) + `"`
}
