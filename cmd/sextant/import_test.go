package main

import (
	"bytes"
	"compress/gzip"
	"path/filepath"
	"strings"
	"testing"

	"sextant/jobs"
)

const log = "user_id,item_id,is_correct,responded_at,hints\n"

func TestImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	b := newMigratedBench(t)
	b.in = log + "ann,1,1,2026-03-01T10:00:00Z,0\nbea,2,maybe,2026-03-01T10:00:00Z,0\n,2,1,2026-03-01T10:00:00Z,0\ncho,3,0,yesterday,many\ndan,4,0,2026-03-01,many\n"
	r := b.sextant("import", "--responses", "-")
	for _, want := range []string{"line 3: is_correct \"maybe\" is no verdict", "line 4: no user_id", "line 5: responded_at \"yesterday\" is no moment",
		"line 6: hints \"many\" is no count (the answer can be kept without it)", "nothing was imported: 4 problems, the first on line 3"} {
		if !strings.Contains(r.errOut, want) {
			t.Errorf("no %q in\n%s", want, r.errOut)
		}
	}
	if r.code != exitFailed {
		t.Errorf("exit %d", r.code)
	}
	b.gives("the table", `SELECT to_regclass('public.responses') IS NULL AS none`, "true")

	got := read[jobs.ImportReport](b, "import", "--responses", "-", "--skip-bad", "--dry-run")
	if got.Rows != 5 || got.Imported != 2 || got.Rejected != 3 || got.Reduced != 1 || !got.Created || !got.DryRun {
		t.Errorf("dry run: %+v", got)
	}
	b.gives("the table", `SELECT to_regclass('public.responses') IS NULL AS none`, "true")
	got = read[jobs.ImportReport](b, "import", "--responses", "-", "--skip-bad")
	if got.Rows != 5 || got.Imported != 2 || got.Rejected != 3 || got.Reduced != 1 || len(got.Problems) != 5 {
		t.Errorf("with --skip-bad: %+v", got)
	}
	const rows = `SELECT user_id, item_id, is_correct, responded_at AT TIME ZONE 'UTC' AS at, hints FROM responses ORDER BY 1, 4`
	want := "ann|1|true|2026-03-01T10:00:00|0\ndan|4|false|2026-03-01T00:00:00|∅"
	b.gives("answers", rows, want)
}

// A file can be imported again, grown, or gzipped, and nothing comes twice; the
// same answer twice in a file is two answers.
func TestImportTwice(t *testing.T) {
	t.Parallel()
	b := newMigratedBench(t)
	const first = log + "ann,1,1,1772359200,0\nann,1,1,2026-03-01T10:00:00Z,0\nbea,2,0,2026-03-01 19:00:00+09:00,1\n"
	path := filepath.Join(t.TempDir(), "answers.csv.gz")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(first)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	writeFile(t, path, packed.String())
	report := func(want jobs.ImportReport, args ...string) {
		t.Helper()
		got := read[jobs.ImportReport](b, append([]string{"import", "--responses"}, args...)...)
		if got.Imported != want.Imported || got.Present != want.Present || got.Differing != want.Differing {
			t.Errorf("import %v: %+v, want %+v", args, got, want)
		}
	}
	report(jobs.ImportReport{Imported: 3}, path)
	report(jobs.ImportReport{Present: 3}, path)
	b.in = first + "ann,1,0,2026-03-01T10:00:00Z,0\ncho,3,1,2026-03-02T10:00:00.123456Z,\n"
	report(jobs.ImportReport{Imported: 2, Present: 3}, "-")
	b.in = log + "bea,2,1,2026-03-01T10:00:00Z,1\n"
	report(jobs.ImportReport{Present: 1, Differing: 1}, "-")
	b.gives("answers", `SELECT user_id, count(*) FROM responses GROUP BY 1 ORDER BY 1`, "ann|3\nbea|1\ncho|1")
	b.ok("run", "sync-answers", "--quiet")
	b.gives("synced", `SELECT count(*) FROM sextant.answer`, "5")
	// Answers older than what a sync reads again of a log are read all the same.
	b.in = log + "dan,4,1,2025-06-01T10:00:00Z,0\n"
	report(jobs.ImportReport{Imported: 1}, "-")
	b.ok("run", "sync-answers", "--quiet")
	b.gives("synced", `SELECT count(*) FROM sextant.answer`, "6")
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	b := newMigratedBench(t)
	for text, want := range map[string]string{
		"": "the file is empty", log: "no rows", "user_id,item_id,is_correct\nu,1,1\n": "the header lacks the column responded_at",
		"user_id,user_id,item_id,is_correct,responded_at\n": "user_id is in the header twice", log + "u,1,1\n": "line 2: 3 fields, but the header has 5",
		log + "u,1,1,0000-01-01,\n": "is no moment", log + "u\xff,1,1,2026-03-01,\n": "user_id is not UTF-8 text",
		log + "u,\"1,1,2026-03-01,\n": "line 2",
	} {
		b.in = text
		if r := b.sextant("import", "--responses", "-"); r.code != exitFailed || !strings.Contains(r.errOut, want) {
			t.Errorf("%q: exit %d, want %q:\n%s", text, r.code, want, r.errOut)
		}
	}
	b.fails(exitUsage, "--responses is missing", "import")
	b.in = log + "u,1,1,2026-03-01,\n"
	b.fails(exitUsage, "read-only", "import", "--responses", "-", "--read-only")
	b.give(newExams)
	b.fails(exitUsage, "the platform has answers of its own in exam_results", "import", "--responses", "-")
	b.ok("import", "--responses", "-", "--force")
}

// A table that is there already keeps its form: items as numbers, fewer columns.
func TestImportIntoATableThatStands(t *testing.T) {
	t.Parallel()
	b := newMigratedBench(t)
	b.give(bareResponses)
	b.in = log + "new,77,1,2026-03-01T10:00:00Z,2\nnew,x,1,2026-03-01T10:00:00Z,2\n"
	r := b.sextant("import", "--responses", "-", "--skip-bad")
	for _, want := range []string{"1 answer imported of 2 rows", "columns that the table responses has not and that are left out: session_id, topic_id, response_time_ms, hints",
		"line 3: item_id \"x\" is no whole number"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s%s", want, r.out, r.errOut)
		}
	}
	b.gives("answers", `SELECT item_id, count(*) OVER () FROM responses WHERE user_id = 'new'`, "77|1")
}
