// Package lang gives the console's words in the operator's language. English
// is what stands in the code; every other language is a folder of gettext
// catalogues, which say it by that.
package lang

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
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
	told  []pattern
}

// pattern recognises a sentence that was put together elsewhere.
type pattern struct {
	is  *regexp.Regexp
	say string // in the language
}

// elsewhere is the catalogue of sentences that the jobs put together; what
// they are made of stands in it as verbs.
const elsewhere = "jobs.po"

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
		for id, t := range Entries(text) {
			c.words[id] = t
			switch {
			case t.PluralID != "" && len(verb.FindAllString(id, -1)) == 1: // how many of something, wherever it is said
				c.told = append(c.told, recognise(id, t.GetN(0), number), recognise(t.PluralID, t.GetN(0), number))
			case path.Base(f) == elsewhere && verb.MatchString(id):
				c.told = append(c.told, recognise(id, t.Get(), anything))
			}
		}
	}
	slices.SortFunc(c.told, func(a, b pattern) int { // what says more is tried first
		return cmp.Or(len(b.is.String())-len(a.is.String()), strings.Compare(a.is.String(), b.is.String()))
	})
	return c, nil
}

// Entries are those of a gettext catalogue, by their English text or, where they
// have a msgctxt, by what Sense makes of both.
func Entries(catalogue []byte) map[string]*gotext.Translation {
	po := gotext.NewPo()
	po.Parse(catalogue)
	all := po.GetDomain().GetTranslations()
	delete(all, "") // the head
	for context, entries := range po.GetDomain().GetCtxTranslations() {
		delete(entries, "") // the parser's own
		for id, t := range entries {
			all[Sense(context, id)] = t
		}
	}
	return all
}

// apart stands between a context and its text, as in gettext's own files.
const apart = "\x04"

// Sense is an English text that means something else in one context than
// elsewhere, to be given to Tr or to whatever does that: catalogues have it under
// that msgctxt.
func Sense(context, english string) string { return context + apart + english }

// English is a text without its context.
func English(text string) string {
	if _, english, found := strings.Cut(text, apart); found {
		return english
	}
	return text
}

var verb = regexp.MustCompile(`%(?:\[\d+\])?[sdqv]`)

// What stands in a sentence where it has verbs.
const (
	anything = "(.+?)"
	number   = "([0-9,]+)"
)

// recognise makes the pattern of a sentence.
func recognise(english, ours, verbs string) pattern {
	var b strings.Builder
	b.WriteString("^")
	at := 0
	for _, m := range verb.FindAllStringIndex(english, -1) {
		b.WriteString(regexp.QuoteMeta(english[at:m[0]]) + verbs)
		at = m[1]
	}
	b.WriteString(regexp.QuoteMeta(english[at:]) + "$")
	return pattern{regexp.MustCompile(b.String()), verb.ReplaceAllStringFunc(ours, func(v string) string { return v[:len(v)-1] + "s" })}
}

// Told is a sentence that was put together elsewhere, in English, in the
// language; one that is not known stays as it is.
func (c *Catalogue) Told(english string) string {
	if c == nil || english == "" {
		return english
	}
	if t, ok := c.words[english]; ok {
		return t.Get()
	}
	for _, p := range c.told {
		if m := p.is.FindStringSubmatch(english); m != nil {
			args := make([]any, len(m)-1)
			for i, v := range m[1:] {
				args[i] = c.part(v)
			}
			return fmt.Sprintf(p.say, args...)
		}
	}
	return english
}

// part is what a sentence is put together of: a sentence of its own, or a list
// of words.
func (c *Catalogue) part(english string) string {
	words := strings.Split(english, ", ")
	if ours := c.Told(english); ours != english || len(words) == 1 {
		return ours
	}
	for i, w := range words {
		t, ok := c.words[w]
		if !ok {
			return english
		}
		words[i] = t.Get()
	}
	return strings.Join(words, ", ")
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
	text := English(english)
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
