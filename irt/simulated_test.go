package irt_test

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"sextant/irt"
)

// readTable reads a CSV file of testdata as rows of text, header included.
func readTable(t testing.TB, name string) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func number(t testing.TB, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func simulatedSet(t testing.TB) *irt.Responses {
	t.Helper()
	rows := readTable(t, "a_2000x40.csv.gz")
	b := irt.NewBuilder(len(rows[0]))
	for _, row := range rows[1:] {
		b.NextPerson()
		for item, verdict := range row {
			if err := b.Add(item, verdict == "1"); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mirt stopped at its default tolerance here: the estimates are near the
// maximum, not at it.
func TestFitAgreesOnTheSimulatedSet(t *testing.T) {
	res := fit(t, simulatedSet(t), irt.Options{Model: irt.TwoPL, SE: true})
	for i, row := range readTable(t, "a_2000x40_mirt_2PL_items.csv")[1:] {
		p := res.Items[i].Params
		within(t, row[0]+" a", p.A, number(t, row[1]), 1e-3)
		within(t, row[0]+" b", p.B, number(t, row[3]), 1e-3)
	}
	for i, row := range readTable(t, "a_2000x40_items_true.csv")[1:] {
		f := res.Items[i]
		within(t, row[0]+" true a", f.Params.A, number(t, row[1]), 4*f.SE.A)
		within(t, row[0]+" true b", f.Params.B, number(t, row[2]), 4*f.SE.B)
	}
}

func TestEAPAllAgreesOnTheSimulatedSet(t *testing.T) {
	var items []irt.ItemParams
	for _, row := range readTable(t, "a_2000x40_mirt_2PL_items.csv")[1:] {
		items = append(items, irt.ItemParams{A: number(t, row[1]), B: -number(t, row[2]) / number(t, row[1])})
	}
	s, err := irt.NewScorer(items, irt.StandardNormal, irt.DefaultQuadrature)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.EAPAll(t.Context(), simulatedSet(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range readTable(t, "a_2000x40_mirt_2PL_eap.csv.gz")[1:] {
		within(t, "person "+row[0]+" EAP", got[i].Theta, number(t, row[1]), 1e-6)
		within(t, "person "+row[0]+" SE", got[i].SE, number(t, row[2]), 1e-6)
	}
}

// The default tolerance leaves nothing on the table: going on to 1e-10 gains
// less than 1e-6 of log-likelihood.
func TestDefaultToleranceReachesTheMaximum(t *testing.T) {
	r := simulatedSet(t)
	for _, model := range []irt.Model{irt.Rasch, irt.OnePL, irt.TwoPL} {
		var cycles int
		usual := fit(t, r, irt.Options{Model: model, Progress: func(p irt.Progress) { cycles = p.Cycle }})
		if cycles != usual.Iterations {
			t.Errorf("%s: progress told of %d cycles, the result of %d", model, cycles, usual.Iterations)
		}
		within(t, string(model), usual.LogLikelihood, fit(t, r, irt.Options{Model: model, Tol: 1e-10}).LogLikelihood, 1e-6)
	}
}

func TestParseModel(t *testing.T) {
	for text, want := range map[string]irt.Model{"2PL": irt.TwoPL, " Rasch ": irt.Rasch, "1pl": irt.OnePL, "3Pl": irt.ThreePL} {
		if got, err := irt.ParseModel(text); err != nil || got != want {
			t.Errorf("%q is %q, %v, want %q", text, got, err, want)
		}
	}
	if _, err := irt.ParseModel("4pl"); !errors.Is(err, irt.ErrUnknownModel) {
		t.Errorf("4pl: %v, want ErrUnknownModel", err)
	}
}
