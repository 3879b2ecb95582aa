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

	"github.com/leonelquinteros/gotext"

	"sextant/jobs"
)

var listMissing = flag.Bool("missing", false, "print the missing catalogue entries, ready to be filled in")

// said is where the texts that an operator reads stand in the code: the place
// of the text among the arguments of a function, and the fields of a literal.
// All but tr and plural say theirs in English and leave the translation to what
// shows it.
var (
	saidIn = map[string][]int{"tr": {0}, "Tr": {0}, "TrN": {0, 1}, "plural": {2, 3}, "summary": {1, 2}, "pair": {1}, "say": {1}, "when": {1},
		"loading": {1}, "init": {0}, "NewField": {1, 3, 4}, "NewChoice": {1, 4}, "oneOf": {0, 1}}
	saidAs = []string{"Label", "Help", "Off", "Title", "Empty", "empty", "next", "help"}
)

// texts collects the literals of the package's source that an operator reads,
// with where each stands.
func texts(t *testing.T) (at map[string]string, plurals map[string]string) {
	at, plurals = map[string]string{}, map[string]string{}
	for _, dir := range []string{".", "widget"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(fset, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			take := func(e ast.Expr) string {
				text, ok := literal(e)
				if ok && strings.ContainsFunc(text, isLetter) {
					at[text] = fset.Position(e.Pos()).String()
				}
				return text
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					name := called(n)
					var found []string
					for _, i := range saidIn[name] {
						if i < len(n.Args) {
							found = append(found, take(n.Args[i]))
						}
					}
					if len(found) == 2 && (name == "TrN" || name == "plural" || name == "summary") && found[0] != "" {
						plurals[found[0]] = found[1]
						delete(at, found[1])
					}
				case *ast.KeyValueExpr:
					if key, ok := n.Key.(*ast.Ident); ok && slices.Contains(saidAs, key.Name) {
						take(n.Value)
					}
				case *ast.CompositeLit:
					if kind, ok := n.Type.(*ast.ArrayType); ok && fmt.Sprint(kind.Elt) == "top" {
						for _, e := range n.Elts {
							if kv, ok := e.(*ast.KeyValueExpr); ok {
								e = kv.Value
							}
							take(e.(*ast.CompositeLit).Elts[1])
						}
					}
				}
				return true
			})
		}
	}
	for _, a := range jobs.QuarantineReasons() { // said by the services, shown by the console
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

// called is the name of the function or method that a call is of.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

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
			if p.Help != "" {
				at[p.Help] = st.Info().Name + " --" + p.Name
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
		po := gotext.NewPo()
		po.Parse(text)
		for id, tr := range po.GetDomain().GetTranslations() {
			if id == "" {
				continue
			}
			ours := tr.GetN(0)
			if old, twice := have[id]; twice && old != ours {
				t.Errorf("%s: %q is translated twice, as %q and as %q", name, id, old, ours)
			}
			have[id] = ours
			if !tr.IsTranslatedN(0) {
				t.Errorf("%s: %q has no translation", name, id)
			}
			if _, said := at[id]; !said && !(filepath.Base(name) == "jobs.po" && slices.ContainsFunc(told, func(l string) bool { return strings.Contains(l, strings.TrimSuffix(id, "%s")) })) {
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
		fmt.Printf("#: %s\nmsgid %q\n", at[text], text)
		if many, ok := plurals[text]; ok {
			fmt.Printf("msgid_plural %q\nmsgstr[0] \"\"\n\n", many)
		} else {
			fmt.Printf("msgstr \"\"\n\n")
		}
	}
}
