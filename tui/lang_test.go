package tui

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"sextant/jobs"
	"sextant/tui/lang"
)

var listMissing = flag.Bool("missing", false, "print the missing catalogue entries, ready to be filled in")

// texts collects what the package and the services that it shows say to an
// operator, with where each stands.
func texts(t *testing.T) (at, plurals map[string]string) {
	at, plurals = saidTexts(t)
	for _, a := range jobs.QuarantineReasons() {
		at[a.Means], at[a.Do] = "jobs/quarantine.go", "jobs/quarantine.go"
	}
	for _, hint := range hints(t) {
		at[hint] = "db"
	}
	return at, plurals
}

// hints are what the database's errors say to do next: the field Hint of an
// Error, and what kindOf gives beside a Kind.
func hints(t *testing.T) (all []string) {
	files, err := filepath.Glob("../db/*.go")
	if err != nil {
		t.Fatal(err)
	}
	take := func(e ast.Expr) {
		if text, ok := literal(e); ok && text != "" {
			all = append(all, text)
		}
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Hint" {
					take(n.Value)
				}
			case *ast.ReturnStmt:
				if len(n.Results) == 2 {
					if kind, ok := n.Results[0].(*ast.Ident); ok && strings.HasPrefix(kind.Name, "Kind") {
						take(n.Results[1])
					}
				}
			}
			return true
		})
	}
	if len(all) < 8 {
		t.Fatalf("found the hints %q alone", all)
	}
	return all
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// literal is the text of a string literal, or of a sum of them.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		x, okX := literal(e.X)
		y, okY := literal(e.Y)
		return x + y, okX && okY && e.Op == token.ADD
	}
	return "", false
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*[\d.]*[a-zA-Z%]`)

// verbs are a format's, by the argument that each takes.
func verbs(format string) string {
	by := map[int]string{}
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[0] == "%%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		by[next] = m[0][len(m[0])-1:]
		next++
	}
	return fmt.Sprint(by)
}

// jobsTexts are all string literals of the jobs and the database, in which the sentences stand
// that they put together.
func jobsTexts(t *testing.T) (all []string) {
	files, err := filepath.Glob("../jobs/*.go")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../db/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(append(files, more...), "errors.go") {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if text, ok := literal(e); ok {
					all = append(all, text)
				}
			}
			return true
		})
	}
	return all
}

// jobsWords are the summaries of the stages and the help of their parameters,
// which screens show.
func jobsWords(t *testing.T) map[string]string {
	at := map[string]string{}
	for _, st := range jobs.Stages().All() {
		at[st.Info().Summary] = "the stage " + st.Info().Name
		for _, p := range jobs.Specs(st.Params()) {
			for _, text := range []string{p.Help, p.Empty} {
				if text != "" {
					at[text] = st.Info().Name + " --" + p.Name
				}
			}
		}
	}
	return at
}

// TestCatalogues finds what is said in English alone, what is said no more, and
// translations that format something else.
func TestCatalogues(t *testing.T) {
	at, plurals := texts(t)
	told := jobsTexts(t)
	for text, where := range jobsWords(t) {
		at[text] = where
	}
	files, err := filepath.Glob("lang/*/*.po")
	if err != nil || len(files) == 0 {
		t.Fatalf("no catalogues: %v", err)
	}
	have := map[string]string{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for id, tr := range lang.Entries(text) {
			ours := tr.GetN(0)
			if old, twice := have[id]; twice && old != ours {
				t.Errorf("%s: %q is translated twice, as %q and as %q", name, id, old, ours)
			}
			have[id] = ours
			if !tr.IsTranslatedN(0) {
				t.Errorf("%s: %q has no translation", name, id)
			}
			counted := "" // how many is put before what, by jobs.plural
			if tr.PluralID != "" {
				counted = "%s "
			}
			if _, said := at[id]; !said && !(filepath.Base(name) == "jobs.po" && slices.ContainsFunc(told, func(l string) bool {
				return strings.Contains(l, strings.TrimPrefix(strings.TrimSuffix(id, "%s"), counted))
			})) {
				t.Errorf("%s: %q is said nowhere any more", name, id)
			}
			if verbs(id) != verbs(ours) {
				t.Errorf("%s: %q formats %s, its translation %q %s", name, id, verbs(id), ours, verbs(ours))
			}
			if many, isPlural := plurals[id]; isPlural && many != tr.PluralID {
				t.Errorf("%s: the plural of %q is %q in the code and %q here", name, id, many, tr.PluralID)
			}
		}
	}
	var missing []string
	for text, where := range at {
		if _, ok := have[text]; !ok {
			missing = append(missing, fmt.Sprintf("%s: no Korean for %q", where, text))
		}
	}
	sort.Strings(missing)
	for _, m := range missing {
		t.Error(m)
	}
	if *listMissing {
		printMissing(at, plurals, have)
	}
}

// printMissing writes the entries that the catalogues lack, by file.
func printMissing(at, plurals, have map[string]string) {
	var order []string
	for text := range at {
		if _, ok := have[text]; !ok {
			order = append(order, text)
		}
	}
	slices.SortFunc(order, func(a, b string) int { return strings.Compare(at[a], at[b]) })
	for _, text := range order {
		fmt.Printf("#: %s\n", at[text])
		if english := lang.English(text); english != text {
			fmt.Printf("msgctxt %q\n", strings.TrimSuffix(text, "\x04"+english))
		}
		fmt.Printf("msgid %q\n", lang.English(text))
		if many, ok := plurals[text]; ok {
			fmt.Printf("msgid_plural %q\nmsgstr[0] \"\"\n\n", many)
		} else {
			fmt.Printf("msgstr \"\"\n\n")
		}
	}
}
