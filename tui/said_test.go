package tui

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sextant/tui/lang"
)

// source is the console's code with its types, as far as those of the rest of
// the world are not needed for them, and with what each variable, field and
// function may hold or give.
type source struct {
	fset  *token.FileSet
	info  *types.Info
	seen  map[string]*types.Package
	calls []*ast.CallExpr
	holds map[types.Object][]ast.Expr // what is put into a variable, a field, a parameter
	gives map[types.Object][]ast.Expr // what a function returns
	named map[string][]types.Object   // methods by name, for calls through an interface
}

func readSource(t *testing.T) *source {
	s := &source{fset: token.NewFileSet(), seen: map[string]*types.Package{}, holds: map[types.Object][]ast.Expr{}, gives: map[types.Object][]ast.Expr{}, named: map[string][]types.Object{},
		info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
			Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}}
	if _, err := s.Import("sextant/tui"); err != nil {
		t.Fatal(err)
	}
	for _, call := range s.calls { // when all functions are known
		s.pass(call)
	}
	return s
}

// ours are the packages whose code is read; of all others the names alone are
// known.
var ours = map[string]string{"sextant/tui": ".", "sextant/tui/widget": "widget", "sextant/tui/theme": "theme", "sextant/tui/lang": "lang", "sextant/jobs": "../jobs", "sextant/db": "../db"}

// Import checks a package of ours.
func (s *source) Import(path string) (*types.Package, error) {
	dir, ok := ours[path]
	if !ok {
		return nil, fmt.Errorf("%s is not read", path)
	}
	if pkg := s.seen[path]; pkg != nil {
		return pkg, nil
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.fset, name, nil, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: s, Error: func(error) {}} // what is not read has no types
	pkg, _ := conf.Check(path, s.fset, files, s.info)
	s.seen[path] = pkg
	if strings.HasPrefix(path, "sextant/tui") {
		for _, f := range files {
			s.index(f)
		}
	}
	return pkg, nil
}

func (s *source) put(o types.Object, e ast.Expr) {
	if o != nil {
		s.holds[o] = append(s.holds[o], e)
	}
}

// object is what an expression names.
func (s *source) object(e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if o := s.info.Uses[e]; o != nil {
			return o
		}
		return s.info.Defs[e]
	case *ast.SelectorExpr:
		return s.info.Uses[e.Sel]
	case *ast.IndexExpr: // what is put into an element is in the whole
		return s.object(e.X)
	}
	return nil
}

// index notes what a file's code puts where.
func (s *source) index(f *ast.File) {
	var within []types.Object // the functions around, the innermost last
	var stack []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			last := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			switch last.(type) {
			case *ast.FuncDecl, *ast.FuncLit:
				within = within[:len(within)-1]
			}
			return true
		}
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.FuncDecl:
			o := s.info.Defs[n.Name]
			within = append(within, o)
			if n.Recv != nil {
				s.named[n.Name.Name] = append(s.named[n.Name.Name], o)
			}
		case *ast.FuncLit:
			within = append(within, s.functionOf(n))
		case *ast.ReturnStmt:
			if o := within[len(within)-1]; o != nil {
				s.gives[o] = append(s.gives[o], n.Results...)
			}
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				s.put(s.object(l), n.Rhs[min(i, len(n.Rhs)-1)]) // one of several answers may be any of them
			}
		case *ast.ValueSpec:
			for i, l := range n.Names {
				if i < len(n.Values) {
					s.put(s.info.Defs[l], n.Values[i])
				}
			}
		case *ast.RangeStmt:
			if n.Value != nil {
				s.put(s.object(n.Value), n.X)
			}
		case *ast.CompositeLit:
			s.fields(n)
		case *ast.CallExpr:
			s.calls = append(s.calls, n)
		}
		return true
	})
}

// functionOf stands for a function literal: its first parameter's scope has no
// name, so the type does.
func (s *source) functionOf(l *ast.FuncLit) types.Object {
	sig, _ := s.info.Types[l].Type.(*types.Signature)
	if sig == nil {
		return nil
	}
	return literalFunction(l, sig)
}

var literalFunctions = map[*ast.FuncLit]types.Object{}

func literalFunction(l *ast.FuncLit, sig *types.Signature) types.Object {
	if literalFunctions[l] == nil {
		literalFunctions[l] = types.NewFunc(l.Pos(), nil, "literal", sig)
	}
	return literalFunctions[l]
}

func (s *source) fields(lit *ast.CompositeLit) {
	typ := s.info.Types[lit].Type
	if typ == nil {
		return
	}
	if p, ok := typ.Underlying().(*types.Pointer); ok {
		typ = p.Elem()
	}
	st, ok := typ.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			s.put(s.info.Uses[kv.Key.(*ast.Ident)], kv.Value)
		} else if i < st.NumFields() {
			s.put(st.Field(i), e)
		}
	}
}

// called are the functions that a call may be of.
func (s *source) called(c *ast.CallExpr) []types.Object {
	if l, ok := ast.Unparen(c.Fun).(*ast.FuncLit); ok {
		return []types.Object{s.functionOf(l)}
	}
	fun := c.Fun
	if ix, ok := fun.(*ast.IndexExpr); ok {
		fun = ix.X
	}
	o := s.object(fun)
	switch o := o.(type) {
	case *types.Func:
		if sig, ok := o.Type().(*types.Signature); ok && sig.Recv() != nil && types.IsInterface(sig.Recv().Type()) {
			return s.named[o.Name()]
		}
		return []types.Object{o.Origin()}
	case *types.Var: // a function in a variable or a field
		var all []types.Object
		for _, e := range s.holds[o] {
			switch e := ast.Unparen(e).(type) {
			case *ast.FuncLit:
				all = append(all, s.functionOf(e))
			case *ast.Ident, *ast.SelectorExpr:
				if f, ok := s.object(e).(*types.Func); ok {
					all = append(all, f)
				}
			}
		}
		return all
	}
	return nil
}

// pass notes what a call puts into its function's parameters.
func (s *source) pass(c *ast.CallExpr) {
	for _, f := range s.called(c) {
		sig, ok := f.Type().(*types.Signature)
		if !ok {
			continue
		}
		for i, arg := range c.Args {
			if n := sig.Params().Len(); n > 0 {
				s.put(sig.Params().At(min(i, n-1)), arg)
			}
		}
	}
}

// flow follows texts backwards, from where they are used to where they stand in
// the code.
type flow struct {
	*source
	stop  []string // the functions whose answers need no look
	parts bool     // parts of what is put together count too
	met   map[any]bool
	texts map[string]string // the constants met, with where
	mixed map[string]string // what was put together of constants and else
}

func (s *source) follow(parts bool, stop ...string) *flow {
	return &flow{source: s, stop: stop, parts: parts, met: map[any]bool{}, texts: map[string]string{}, mixed: map[string]string{}}
}

// into follows what is put into a parameter of every function of that name.
func (f *flow) into(name string, params ...int) {
	for o := range f.holdersOf(name) {
		sig := o.Type().(*types.Signature)
		for _, i := range params {
			f.object(sig.Params().At(i))
		}
	}
}

func (s *source) holdersOf(name string) map[types.Object]bool {
	all := map[types.Object]bool{}
	for _, c := range s.calls {
		for _, o := range s.called(c) {
			if o != nil && o.Name() == name && o.Pkg() != nil && strings.HasPrefix(o.Pkg().Path(), "sextant/tui") {
				all[o] = true
			}
		}
	}
	return all
}

func (f *flow) object(o types.Object) {
	if o == nil || f.met[o] {
		return
	}
	f.met[o] = true
	for _, e := range f.holds[o] {
		f.expr(e)
	}
}

var lettersTwice = regexp.MustCompile(`[A-Za-z]{2}`)

func (f *flow) expr(e ast.Expr) {
	e = ast.Unparen(e)
	if f.met[e] {
		return
	}
	f.met[e] = true
	if v := f.info.Types[e].Value; v != nil {
		if v.Kind() == constant.String && strings.ContainsFunc(constant.StringVal(v), isLetter) {
			f.texts[constant.StringVal(v)] = f.fset.Position(e.Pos()).String()
		}
		return
	}
	switch e := e.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		f.object(f.source.object(e))
	case *ast.IndexExpr:
		f.expr(e.X)
	case *ast.SliceExpr:
		f.expr(e.X)
	case *ast.KeyValueExpr:
		f.expr(e.Value)
	case *ast.CompositeLit:
		if t := f.info.Types[e].Type; t != nil {
			if _, ok := t.Underlying().(*types.Struct); ok {
				return
			}
		}
		for _, x := range e.Elts {
			f.expr(x)
		}
	case *ast.BinaryExpr:
		f.sum(e)
	case *ast.CallExpr:
		f.call(e)
	}
}

func (f *flow) sum(e *ast.BinaryExpr) {
	for _, side := range []ast.Expr{e.X, e.Y} {
		if f.parts {
			f.expr(side)
		} else if v := f.info.Types[side].Value; v != nil && v.Kind() == constant.String && lettersTwice.MatchString(constant.StringVal(v)) {
			f.mixed[constant.StringVal(v)] = f.fset.Position(e.Pos()).String()
		}
	}
}

func (f *flow) call(c *ast.CallExpr) {
	if sel, ok := c.Fun.(*ast.SelectorExpr); ok && slices.Contains(f.stop, sel.Sel.Name) {
		return
	}
	if id, ok := c.Fun.(*ast.Ident); ok && slices.Contains(f.stop, id.Name) {
		return
	} else if ok && id.Name == "append" {
		for _, x := range c.Args {
			f.expr(x)
		}
	}
	if f.parts && through.MatchString(types.ExprString(c.Fun)) {
		for _, x := range c.Args {
			f.expr(x)
		}
	}
	for _, o := range f.called(c) {
		if o != nil && o.Name() == "Sense" {
			context, english := f.info.Types[c.Args[0]].Value, f.info.Types[c.Args[1]].Value
			f.texts[lang.Sense(constant.StringVal(context), constant.StringVal(english))] = f.fset.Position(c.Pos()).String()
			return
		}
		if !f.met[o] {
			f.met[o] = true
			for _, r := range f.gives[o] {
				f.expr(r)
			}
		}
	}
}

// through are functions of others whose answer is made of what they are given.
var through = regexp.MustCompile(`^(fmt\.Sprintf?|strings\.(ToUpper|ToLower|Join|TrimSpace|ReplaceAll))$`)

// saidTexts are the texts that an operator reads: those that come to be
// translated, whatever they stand in on the way, with where they stand. Of a
// plural it gives the singular, and both in plurals.
func saidTexts(t *testing.T) (at, plurals map[string]string) {
	s := readSource(t)
	f := s.follow(false, "Tr", "TrN", "tr", "plural", "Told")
	f.into("Tr", 0)
	f.into("TrN", 0, 1)
	f.into("Told", 0)
	plurals = map[string]string{}
	for _, c := range s.calls {
		one, many := s.pluralOf(c)
		if _, said := f.texts[one]; said && many != "" {
			plurals[one] = many
			delete(f.texts, many)
		}
	}
	for text, where := range f.mixed {
		if !typedInShell(text) {
			t.Errorf("%s: %q is put together with something before it is translated: give tr a verb for it", where, text)
		}
	}
	for text := range f.texts {
		if typedInShell(text) || slices.Contains([]string{"theta", "false", "true"}, text) {
			delete(f.texts, text)
		}
	}
	return f.texts, plurals
}

// typedInShell reports whether a text is a command or a flag, in no language.
func typedInShell(text string) bool {
	return strings.HasPrefix(text, "sextant ") || strings.HasPrefix(text, " --") || text == " UTC"
}

// pluralOf are a singular and its plural, side by side among a call's arguments.
func (s *source) pluralOf(c *ast.CallExpr) (one, many string) {
	var last string
	for _, a := range c.Args {
		text := ""
		if v := s.info.Types[a].Value; v != nil && v.Kind() == constant.String {
			text = constant.StringVal(v)
		}
		if strings.Contains(last, "%s") && strings.Contains(text, "%s") {
			return last, text
		}
		last = text
	}
	return "", ""
}

// TestShownTranslated finds phrases that are drawn without having come to be
// translated.
func TestShownTranslated(t *testing.T) {
	f := readSource(t).follow(true, "Tr", "TrN", "tr", "plural", "Told", "errorWords", "words")
	for _, name := range []string{"S", "T", "N", "Add"} {
		f.into(name, 1)
	}
	for _, must := range []string{"ctrl-", "stage "} { // which the palette and the keys show: the way there is found
		if _, ok := f.texts[must]; !ok {
			t.Errorf("%q is not found to be shown", must)
		}
	}
	phrase := regexp.MustCompile(`[a-z]{2,} [a-z]{2,}`)
	for text, where := range f.texts {
		if phrase.MatchString(text) && !typedInShell(text) && !strings.HasPrefix(text, "page ") { // the keys page up and page down
			t.Errorf("%s: %q is shown in English alone", where, text)
		}
	}
}
