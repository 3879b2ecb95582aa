package jobs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

func TestFieldsKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	fields, err := jobs.ReadFields([]byte(`{"bytes": 20333618, "id": 9007199254740993, "theta": -1.2345678901234567, "loss": -47321234.567891,
		"rate": 0.000012345678, "half": 0.50, "zero": 0.0, "users": ["kim", "00017"], "on": true, "why": "a b", "none": null, "tiny": 1e-30}`))
	if err != nil {
		t.Fatal(err)
	}
	type forms struct{ exact, read, quoted string }
	want := map[string]forms{
		"bytes": {"20333618", "20333618", "20333618"},
		"id":    {"9007199254740993", "9007199254740993", "9007199254740993"}, // which no float64 holds
		"theta": {"-1.2345678901234567", "-1.2346", "-1.2346"},
		"loss":  {"-47321234.567891", "-47321234.5679", "-47321234.5679"},
		"rate":  {"0.000012345678", "0.00001235", "0.00001235"},
		"half":  {"0.50", "0.5", "0.5"}, "zero": {"0.0", "0", "0"},
		"users": {"kim, 00017", "kim, 00017", "kim, 00017"},
		"on":    {"true", "true", "true"}, "why": {"a b", "a b", `"a b"`}, "none": {"", "", ""},
		"tiny": {"1e-30", "1e-30", "1e-30"},
	}
	for _, f := range fields {
		if got := (forms{f.Exact(), f.Read(), f.Quoted()}); got != want[f.Name] {
			t.Errorf("%s: %q, want %q", f.Name, got, want[f.Name])
		}
		delete(want, f.Name)
	}
	if len(want) > 0 {
		t.Errorf("not read: %v", want)
	}
}

// What a run was given comes back from the ledger as it was: in the command
// that does the same, in a queued run, and beside another run. Its log is
// legible.
func TestParametersSurviveTheLedger(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	given := map[string]string{"max-obs": "2000000", "max-residual": "0.9234567", "max-drift": "2.5e-1", "model": "2PL"}
	r := b.run(jobs.Request{Stage: "mirt-calibrate", Date: day("2026-03-28"), Options: given})
	d, err := b.service().Run(b.ctx, r.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := "sextant run mirt-calibrate --date 2026-03-28 --max-obs=2000000 --max-residual=0.9234567"; d.Command != want {
		t.Errorf("again: %s, want %s", d.Command, want) // the rest is as it is by default
	}
	path := filepath.Join(t.TempDir(), "log")
	if _, err := jobs.SaveLog(b.ctx, b.service(), r.ID, path); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for word := range strings.FieldsSeq(string(log)) {
		if name, value, ok := strings.Cut(word, "="); ok && name == "log_likelihood" && len(strings.TrimLeft(value, "-0.")) > len("1234.5678") {
			t.Errorf("the log says %s", word)
		}
	}
	if !strings.Contains(string(log), " log_likelihood=-") {
		t.Errorf("the log says no likelihood:\n%s", log)
	}
	q := b.enqueue(jobs.Request{Stage: "mirt-calibrate", Date: day("2026-03-28"), Force: true, Options: given})
	b.worker(nil)
	if r, err := b.follow(q.ID); err != nil || r.Status != db.RunSucceeded {
		t.Errorf("queued: status %s, error %v", r.Status, err)
	}
	if again, err := b.service().Run(b.ctx, q.ID, 0); err != nil || again.Command != "sextant run mirt-calibrate --date 2026-03-28 --force --max-obs=2000000 --max-residual=0.9234567" {
		t.Errorf("queued: %s, %v", again.Command, err)
	}
	c, err := b.service().CompareRuns(b.ctx, r.ID, q.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range c.Lines {
		if l.Kind == jobs.ComparedParameter && l.Name == "max-obs" && l.A != "2000000" {
			t.Errorf("compared as %+v", l)
		}
	}
}
