// Package lang gives the console's words in the operator's language. English
// is what stands in the code; every other language is a folder of gettext
// catalogues, which say it by that.
package lang

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/leonelquinteros/gotext"
)

//go:embed ko/*.po
var catalogues embed.FS

// Languages are those the console speaks.
func Languages() []string { return []string{"en", "ko"} }

// Catalogue translates into one language; nil leaves everything in English.
type Catalogue struct {
	name  string
	words map[string]*gotext.Translation
}

// Load gives the catalogue of a language.
func Load(name string) (*Catalogue, error) {
	if name == "" || name == "en" {
		return nil, nil
	}
	if !slices.Contains(Languages(), name) {
		return nil, fmt.Errorf("there is no language %q: it must be one of %s", name, strings.Join(Languages(), ", "))
	}
	c := &Catalogue{name: name, words: map[string]*gotext.Translation{}}
	files, err := fs.Glob(catalogues, path.Join(name, "*.po"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		text, err := catalogues.ReadFile(f)
		if err != nil {
			return nil, err
		}
		po := gotext.NewPo()
		po.Parse(text)
		for id, t := range po.GetDomain().GetTranslations() {
			if id != "" {
				c.words[id] = t
			}
		}
	}
	return c, nil
}

// Detect is the language that the environment asks for, among those there are.
func Detect(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if code := strings.ToLower(v[:min(2, len(v))]); slices.Contains(Languages(), code) && (len(v) == 2 || strings.ContainsAny(v[2:3], "_-.@")) {
				return code
			}
			return "en"
		}
	}
	return "en"
}

// Name is the language's code.
func (c *Catalogue) Name() string {
	if c == nil {
		return "en"
	}
	return c.name
}

// Tr is the English text in the language, with what it has verbs for.
func (c *Catalogue) Tr(english string, args ...any) string {
	text := english
	if c != nil {
		if t, ok := c.words[english]; ok {
			text = t.Get()
		}
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// TrN is one or many, as n asks for; its first verb, %s, is n with its
// thousands apart.
func (c *Catalogue) TrN(one, many string, n int64, args ...any) string {
	text := many
	if n == 1 {
		text = one
	}
	if c != nil {
		if t, ok := c.words[one]; ok {
			text = t.GetN(0) // none of our other languages has a plural
		}
	}
	return fmt.Sprintf(text, append([]any{Count(n)}, args...)...)
}

// Has reports whether the language has words of its own for a text.
func (c *Catalogue) Has(english string) bool {
	if c == nil {
		return true
	}
	_, ok := c.words[english]
	return ok
}

// Count is a whole number with its thousands apart.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
