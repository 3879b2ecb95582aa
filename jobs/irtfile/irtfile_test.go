package irtfile_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"sextant/irt"
	"sextant/jobs/irtfile"
)

// rows lists answers as person/item/verdict, to compare files of any form.
func rows(a *irtfile.Answers) []string {
	var out []string
	for p, person := range a.Persons {
		a.Responses.Each(p, func(item int, correct bool) {
			verdict := "0"
			if correct {
				verdict = "1"
			}
			out = append(out, person+"/"+a.Items[item]+"/"+verdict)
		})
	}
	return out
}

func TestReadResponses(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"wide":             {"q1,q2\n1,0\nNA,1\n,\n", []string{"1/q1/1", "1/q2/0", "2/q2/1"}},
		"wide with users":  {"user_id,q1,q2\n민수,1,0\na@b.c,,1\n", []string{"민수/q1/1", "민수/q2/0", "a@b.c/q2/1"}},
		"quoted, CRLF":     {"\"q1\",\"q,2\"\r\n\"1\", 0\r\n", []string{"1/q1/1", "1/q,2/0"}},
		"byte order mark":  {"\ufeffq1\n1\n", []string{"1/q1/1"}},
		"no final newline": {"q1\n0", []string{"1/q1/0"}},
		"long":             {"user_id,item_id,correct\nu1,a,1\nu2,b,0\nu1,b,NA\n", []string{"u1/a/1", "u2/b/0"}},
		"long, other columns": {"at,Correct,item_id,user_id\n9:00,0,a,u1\n9:01,1,b,u1\n",
			[]string{"u1/a/0", "u1/b/1"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := irtfile.ReadResponses(strings.NewReader(test.file))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(rows(got), test.want) {
				t.Errorf("answers %v, want %v", rows(got), test.want)
			}
		})
	}
}

func TestReadResponsesSaysWhereItIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		file         string
		line, column int
		problem      string
	}{
		"a verdict of 2":       {"q1,q2\n1,2\n", 2, 3, `"2" is no answer`},
		"NaN":                  {"q1\nNaN\n", 2, 1, "no answer"},
		"ragged row":           {"q1,q2\n1,0\n1\n", 3, 1, "1 fields, but the header has 2"},
		"item twice":           {"q1,q1\n1,0\n", 1, 4, "twice"},
		"item without a name":  {"q1,\n1,0\n", 1, 4, "without a name"},
		"no item":              {"user_id\nu\n", 1, 1, "no item"},
		"user twice":           {"user_id,q1\nu,1\nu,0\n", 3, 1, "above already"},
		"open quote":           {"q1\n\"1\n", 2, 4, "quote"},
		"long, no user":        {"user_id,item_id,correct\n ,a,1\n", 2, 1, "needs a user_id"},
		"long, text verdict":   {"user_id,item_id,correct\nu,a,yes\n", 2, 5, "no answer"},
		"long, answered twice": {"user_id,item_id,correct\nu,a,1\nu,b,\n\nv,a,1\nu,a,0\n", 6, 1, `"a" on line 2 already`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := irtfile.ReadResponses(strings.NewReader(test.file))
			var where *irtfile.SyntaxError
			if !errors.As(err, &where) {
				t.Fatalf("error %v, want a SyntaxError", err)
			}
			if where.Line != test.line || where.Column != test.column || !strings.Contains(where.Problem, test.problem) {
				t.Errorf("%v, want line %d, column %d: …%s…", err, test.line, test.column, test.problem)
			}
		})
	}
	for name, test := range map[string]struct {
		file string
		want error
	}{
		"nothing":          {"", irtfile.ErrEmpty},
		"wide, no rows":    {"q1,q2\n", irtfile.ErrNoRows},
		"long, no rows":    {"user_id,item_id,correct\n", irtfile.ErrNoRows},
		"gzip of nothing":  {zipped(t, ""), irtfile.ErrEmpty},
		"only a half gzip": {zipped(t, "q1\n1\n")[:12], nil},
	} {
		if _, err := irtfile.ReadResponses(strings.NewReader(test.file)); err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", name, err, test.want)
		}
	}
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrittenAnswersAreReadBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	items := []irt.ItemParams{{A: 1}, {A: 1, B: 1}, {A: 2, B: -1}}
	r, err := irt.Simulate(rng, items, make([]float64, 50), 0.4)
	if err != nil {
		t.Fatal(err)
	}
	a := &irtfile.Answers{Responses: r, Persons: irtfile.Number("p", 50), Items: []string{"x", "y,y", "수"}}
	var wide, long bytes.Buffer
	if err := errors.Join(irtfile.WriteWide(&wide, a), irtfile.WriteLong(&long, a)); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"wide": wide.String(), "long": long.String(), "zipped": zipped(t, wide.String())} {
		got, err := irtfile.ReadResponses(strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		want, have := rows(a), rows(got)
		slices.Sort(want) // the long form has its own order of items
		slices.Sort(have)
		if !slices.Equal(have, want) {
			t.Errorf("%s: read back %v, want %v", name, have, want)
		}
	}
}

func TestReadItems(t *testing.T) {
	want := []irt.ItemParams{{A: 1.5, B: -0.5, C: 0.2}, {A: 1, B: 2}}
	for name, file := range map[string]string{
		"CSV":            "item_id,a,b,c\nq1,1.5,-0.5,0.2\nq2,1,2,0\n",
		"intercepts":     "item,d,a,c\nq1,0.75,1.5,.2\nq2,-2,1,0\n",
		"JSON":           `{"model":"3pl","latent":{"mean":0.5,"variance":4},"items":[{"item_id":"q1","a":1.5,"b":-0.5,"c":0.2,"se_a":null},{"item_id":"q2","a":1,"b":2}]}`,
		"JSON, no prior": ` {"items":[{"item_id":"q1","a":1.5,"b":-0.5,"c":0.2},{"item_id":"q2","a":1,"b":2}]}`,
	} {
		got, err := irtfile.ReadItems(strings.NewReader(file))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Equal(got.Params, want) || !slices.Equal(got.Items, []string{"q1", "q2"}) {
			t.Errorf("%s: %v %v, want %v", name, got.Items, got.Params, want)
		}
		population := irt.StandardNormal
		if name == "JSON" {
			population = irt.Normal{Mean: 0.5, SD: 2}
		}
		if got.Population != population {
			t.Errorf("%s: population %v, want %v", name, got.Population, population)
		}
		if i, ok := got.Number("q2"); i != 1 || !ok {
			t.Errorf("%s: q2 is item %d, %v", name, i, ok)
		}
	}
	for name, file := range map[string]string{
		"nothing":       "",
		"no rows":       "item_id,a,b\n",
		"no slope":      "item_id,b\nq,1\n",
		"no difficulty": "item_id,a\nq,1\n",
		"NaN":           "item_id,a,b\nq,NaN,1\n",
		"infinite":      "item_id,a,b\nq,1,Inf\n",
		"words":         "item_id,a,b\nq,one,1\n",
		"c of 1":        "item_id,a,b,c\nq,1,1,1\n",
		"twice":         "item_id,a,b\nq,1,1\nq,1,1\n",
		"twice in JSON": `{"items":[{"item_id":"q","a":1},{"item_id":"q","a":1}]}`,
		"other JSON":    `{"hello":1}`,
		"broken JSON":   `{"items":[`,
		"no spread":     `{"latent":{"variance":-1},"items":[{"item_id":"q","a":1}]}`,
	} {
		if got, err := irtfile.ReadItems(strings.NewReader(file)); err == nil {
			t.Errorf("%s: read as %+v, want an error", name, got)
		}
	}
}

// Whatever the bytes, reading ends in answers that can be calibrated or in an
// error, and what was read survives being written and read again.
func FuzzReadResponses(f *testing.F) {
	for _, seed := range []string{
		"q1,q2\n1,0\nNA,\n", "user_id,q\nu,1\n", "user_id,item_id,correct\nu,a,1\nu,a,0\n", "\"a\nb\",c\n1,0\n",
		"a,a\n", "", "\n\n", "\ufeff", "\x1f\x8b", "user_id,item_id,correct\r\n,,\r\n", zipped(f, "q\n1\n"), "q\n\"1\"\"\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := irtfile.ReadResponses(bytes.NewReader(file))
		if err != nil {
			var where *irtfile.SyntaxError
			if errors.As(err, &where) && (where.Line < 1 || where.Column < 1) {
				t.Errorf("no place in %q", err)
			}
			return
		}
		if a.Responses.Persons() != len(a.Persons) || a.Responses.Items() != len(a.Items) {
			t.Fatalf("%d persons with %d names, %d items with %d names", a.Responses.Persons(), len(a.Persons), a.Responses.Items(), len(a.Items))
		}
		if len(a.Items) > 50 || len(a.Persons) > 50 {
			return
		}
		res, err := irt.Fit(t.Context(), a.Responses, irt.Options{Model: irt.TwoPL, MaxCycles: 5, Workers: 1})
		if err != nil && !errors.Is(err, irt.ErrNoAnswers) && !errors.Is(err, irt.ErrNoItems) {
			t.Fatal(err)
		}
		if err == nil && math.IsNaN(res.LogLikelihood) {
			t.Fatal("log-likelihood NaN")
		}
	})
}

func TestReadItemsOfTheReference(t *testing.T) {
	f, err := os.Open("../../irt/testdata/a_2000x40_mirt_2PL_items.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := irtfile.ReadItems(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Items) != 40 || b.Items[0] != "I001" || b.Params[0] != (irt.ItemParams{A: 1.1624588719, B: -1.5035686236}) {
		t.Errorf("%d items, first %s %+v", len(b.Items), b.Items[0], b.Params[0])
	}
}
