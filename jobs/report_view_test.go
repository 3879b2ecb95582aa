package jobs_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sextant/db"
	"sextant/jobs"
)

func TestReportsAreFoundAndOpened(t *testing.T) {
	t.Parallel()
	b, out := reportWorld(t)
	b.run(reports("format", "html,pdf", "lang", "ko,en"))
	q := reports("week", "2026-03-16")
	q.Users = []string{"ann"}
	b.run(q)
	s := jobs.NewService(b.db, b.runner, jobs.About{}, nil)
	for _, c := range []struct {
		f    db.ReportFilter
		want string
	}{
		{db.ReportFilter{User: "ann"}, "ann 2026-03-23 learner.ko.html"},
		{db.ReportFilter{}, "ann 2026-03-23 learner.en.html"},
		{db.ReportFilter{User: "ann", Week: day("2026-03-16")}, "ann 2026-03-16 learner.ko.html"},
		{db.ReportFilter{User: "eve", Edition: "teacher", Format: "pdf", Lang: "en"}, "eve 2026-03-23 teacher.en.pdf"},
		{db.ReportFilter{User: "nobody here"}, "make it with 'sextant report generate --user 'nobody here''"},
		{db.ReportFilter{Week: day("2026-03-18")}, "2026-03-18 is no Monday"},
	} {
		o, err := s.FindReport(b.ctx, c.f)
		got := o.UserID + " " + o.Week.String() + " " + o.Edition + "." + o.Lang + "." + o.Format
		if err == nil && got != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %s, %v, want %s", c.f, got, err, c.want)
		}
	}
	if found, err := s.Reports(b.ctx, db.ReportFilter{Contains: "NN", Format: "pdf", Limit: 3}); err != nil || len(found) != 3 || found[0].UserID != "ann" {
		t.Errorf("list: %+v, %v", found, err)
	}

	o := must(s.FindReport(b.ctx, db.ReportFilter{User: "ann"}))
	link, err := s.OpenReport(b.ctx, o) // there is no display
	if err != nil || link.Shown || link.Expires != nil || link.Open != filepath.Join(out, o.Key) {
		t.Errorf("opened %+v, %v", link, err)
	}
	for _, within := range []time.Duration{-time.Second, 8 * 24 * time.Hour} {
		var usage *jobs.UsageError
		if _, err := s.ReportLink(b.ctx, o, within); !errors.As(err, &usage) {
			t.Errorf("a link for %s: %v", within, err)
		}
	}
}

func TestReportsInS3OpenByASignedURL(t *testing.T) {
	t.Parallel()
	b, _ := s3World(t)
	b.run(reports("format", "pdf"))
	s := jobs.NewService(b.db, b.runner, jobs.About{}, nil)
	link, err := s.ReportLink(b.ctx, must(s.FindReport(b.ctx, db.ReportFilter{User: "bob"})), 0)
	if err != nil || link.Expires == nil || !link.Expires.Equal(b.runner.Clock().Add(time.Hour)) {
		t.Fatalf("link %+v, %v", link, err)
	}
	resp, err := http.Get(link.Open)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || !strings.HasPrefix(string(body), "%PDF-") || resp.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("%s: %.100q, %v", resp.Status, body, err)
	}
}

// quartoFor is a PATH whose quarto fails for one learner.
func quartoFor(t *testing.T, bad string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("sh", "-c", "cat >quarto && chmod 700 quarto") // by another process: see package quarto's tests
	cmd.Dir, cmd.Stdin = dir, strings.NewReader("#!/bin/sh\nif grep -q '"+bad+"' data.json; then echo oh; echo dear >&2; exit 1; fi\necho by quarto >report.$4\n")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return dir + string(filepath.ListSeparator) + os.Getenv("PATH")
}

func TestALearnerWhomQuartoFailsForCostsTheOthersNothing(t *testing.T) {
	t.Parallel()
	b, out := reportWorld(t)
	b.env["PATH"] = quartoFor(t, `"user_id": "bob"`)
	q := reports("renderer", "quarto")
	q.Trigger = db.TriggerCLI
	r, err := b.runner.Run(b.ctx, q)
	var partial *jobs.PartialError
	if r.Status != db.RunPartial || !errors.As(err, &partial) || partial.Failed != 1 {
		t.Errorf("status %s, %v", r.Status, err)
	}
	if got := one[string](b, `SELECT string_agg(concat_ws(' ', kind, subject, error), ', ') FROM sextant.run_failure WHERE run_id = $1`, r.ID); got != "learner bob quarto failed (exit status 1): oh / dear" {
		t.Errorf("failures: %s", got)
	}
	b.checkStored(out, 4)
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE stage = $1 AND complete`, weekly); n != 1 {
		t.Errorf("published %d times", n)
	}
	b.env["PATH"] = quartoFor(t, "nobody")
	b.run(reports("renderer", "quarto"))
	if made, unchanged := b.made(); made != 2 || unchanged != 4 {
		t.Errorf("made %d and left %d, want bob's 2", made, unchanged)
	}
	b.run(reports()) // another renderer makes other pages of the same content
	if made, _ := b.made(); made != 6 {
		t.Errorf("made %d by another renderer", made)
	}
	b.env["PATH"] = quartoFor(t, "user_id")
	if r, err := b.runner.Run(b.ctx, q); r.Status != db.RunFailed || err == nil || !strings.Contains(err.Error(), "oh / dear") {
		t.Errorf("all failed: %s, %v", r.Status, err)
	}
}

func TestQuartoIsLookedForBeforeTheRun(t *testing.T) {
	t.Parallel()
	b, _ := reportWorld(t)
	b.env["PATH"] = t.TempDir()
	wrong := t.TempDir()
	if err := os.WriteFile(filepath.Join(wrong, "report.qmd.tmpl"), []byte("\n\n{{ end }}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ template, says string }{
		{"", "quarto is not on PATH"},
		{wrong, "template " + wrong + "/report.qmd.tmpl:3: unexpected {{end}}"},
		{t.TempDir(), "'sextant report template --out DIR' writes one to begin with"},
	} {
		q := reports("renderer", "quarto", "template", c.template)
		if _, err := b.runner.Preview(b.ctx, q); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: the preview says %v", c.template, err)
		}
		q.Trigger = db.TriggerCLI
		if r, err := b.runner.Run(b.ctx, q); r.Status != db.RunFailed || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %s, %v", c.template, r.Status, err)
		}
	}
}

func TestDoctorLooksAtTheReportsStore(t *testing.T) {
	t.Parallel()
	b, g := s3World(t)
	says := func(level jobs.Level, words string) {
		t.Helper()
		d, err := jobs.NewService(b.db, b.runner, jobs.About{}, nil).Doctor(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range d.Findings {
			if f.Check == "reports" && f.Level == level && strings.Contains(f.What, words) {
				return
			}
		}
		t.Errorf("no %s of the reports with %q: %+v", level, words, d.Findings)
	}
	says(jobs.LevelOK, "S3 bucket reports at "+g.Endpoint()+", which answers")
	b.env["S3_BUCKET"] = "elsewhere"
	says(jobs.LevelError, "there is no such bucket")
	delete(b.env, "S3_BUCKET")
	says(jobs.LevelOK, "which can be written to")
	b.runner.Defaults["out"] = os.Args[0] + "/reports" // a file
	says(jobs.LevelError, "not a directory; give a folder with --out")
	if files := g.Files(); len(files) != 0 {
		t.Errorf("it wrote %v", files)
	}
}
