package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"sextant/db"
)

// What cannot be read is refused by its file and line, and in words of ours.
func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newMigratedBench(t)
	dir := t.TempDir()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("user_id,item_id,is_correct,responded_at\n")) //nolint:errcheck // into memory
	for i := range 9000 {
		fmt.Fprintf(z, "ann,%d,1,2026-03-01T10:00:00Z\n", i)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		text, words, args string
	}{
		{"\n \r\n", "no id in it; write one a line", "theta recompute --dry-run --from-file"},
		{"ann\n\nb\xffb\n", "line 3 is no text in UTF-8", "theta recompute --dry-run --from-file"},
		{"ann\nb\x00b\n", "line 2 is no text in UTF-8", "theta restore --at 2h --from-file"},
		{packed.String()[:packed.Len()/2], "the gzipped file is cut short", "import --responses"},
		{packed.String()[:5], "the gzipped file is cut short", "import --responses"},
	} {
		file := dir + "/file"
		writeFile(t, file, f.text)
		r := b.sextant(append(strings.Fields(f.args), file)...)
		if r.code == exitDone || !strings.Contains(r.errOut, f.words) || !strings.Contains(r.errOut, file) {
			t.Errorf("%s: exit %d, %s; want %q of %s", f.args, r.code, r.errOut, f.words, file)
		}
	}
}

// A moment of the past may be a day; a note says what a run of days would come
// to; and a run's id, reason and command are told on one clean line.
func TestWhatOperatorsTypeIsTakenAtItsWord(t *testing.T) {
	t.Parallel()
	const stage = "aggregate-features-daily"
	b := newDemoBench(t)
	b.fails(exitFailed, "had no θ yet at "+dayAfter(-1)+"T00:00:00Z", "theta", "restore", b.learner(), "--at", dayAfter(-1), "--dry-run")
	if out := b.ok("run", stage, "--from", dayAfter(-3), "--missing", "--force", "--dry-run"); !strings.Contains(out, "--missing leaves published days out") {
		t.Errorf("--missing --force:\n%s", out)
	}
	if out := b.ok("run", "mirt-calibrate", "--topic", "nosuch", "--dry-run"); !strings.Contains(out, `bank "topic:nosuch" has no answers in the lookback`) {
		t.Errorf("a topic nobody has:\n%s", out)
	}
	r := b.sextant("theta", "recompute", "nobody", "--quiet")
	if r.code != exitFailed || strings.Count(r.errOut, "nobody") != 1 {
		t.Errorf("an unknown learner: exit %d, %s", r.code, r.errOut)
	}
	b.fails(exitUsage, "a learner's id cannot be empty", "theta", "recompute", "")
	if r := b.sextant("runs", "show", "zz"); r.code != exitFailed || strings.Contains(r.errOut, "not found") || !strings.Contains(r.errOut, "no run's id starts with") {
		t.Errorf("runs show zz: %s", r.errOut)
	}
	b.ok("run", stage, "--date", dayAfter(-2), "--reason", "it's\n\x1b[31mred", "--quiet")
	run := read[[]db.Run](b, "runs", "--stage", stage, "--limit", "1")[0]
	if out := b.ok("runs", "show", run.ID.String()); strings.Contains(out, "\x1b") || !strings.Contains(out, `--reason $'it\'s\n\033[31mred'`) {
		t.Errorf("runs show:\n%s", out)
	}
	b.fails(exitUsage, "--role-prefix is at most 54 bytes long", "doctor", "--grants", "--role-prefix", strings.Repeat("s", 55))
	if out := b.ok("doctor", "--grants", "--role-prefix", strings.Repeat("s", 54)); !strings.Contains(out, strings.Repeat("s", 54)+"_operator") {
		t.Error("the longest prefix is not that of the roles")
	}
}
