package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"sextant/db"
	"sextant/jobs"
)

func TestThetaWhy(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	user := b.learner()
	for _, args := range [][]string{{}, {"--topic", read[jobs.LearnerDetail](b, "theta", "show", user).Topics[0].TopicID}} {
		command := append([]string{"theta", "why", user}, args...)
		w := read[jobs.ThetaWhy](b, append(command, "--read-only")...)
		sum := w.PriorMean
		for _, u := range w.Used {
			sum += u.Pull
		}
		if len(w.Used) == 0 || math.Abs(sum-w.Theta) > 1e-6 || !w.Agrees {
			t.Errorf("%v: prior mean and pulls make %v, θ is %v, stored %v", args, sum, w.Theta, w.Stored.Theta)
		}
		out := b.ok(command...)
		for _, words := range []string{"θ in force  " + number(w.Stored.Theta, 3), "the same", w.Calibration, "PULL", w.Used[0].ItemID, ": θ = " + number(w.Theta, 4)} {
			if !strings.Contains(out, words) {
				t.Errorf("%v does not print %q:\n%s", args, words, out)
			}
		}
	}
	b.fails(exitFailed, "unknown learner", "theta", "why", "nobody")
	b.fails(exitFailed, `for topic "none"`, "theta", "why", user, "--topic", "none")
}

func TestThetaRestore(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	user := b.learner()
	before := read[jobs.LearnerDetail](b, "theta", "show", user).Ability.Theta
	b.ok("theta", "recompute", user, "--lookback-days", "5", "--quiet")
	if after := read[jobs.LearnerDetail](b, "theta", "show", user).Ability.Theta; after == before {
		t.Fatal("the recompute changed nothing")
	}
	// The demo's calibrations are of other days, and all were made a moment ago.
	if _, err := b.pool().Exec(t.Context(), `UPDATE sextant.theta_history SET estimated_at = as_of WHERE source = 'calibration'`); err != nil {
		t.Fatal(err)
	}
	at := now.Add(-time.Second).Format(time.RFC3339)
	rows := b.everything()
	if out := b.ok("theta", "restore", user, "--at", at, "--dry-run"); !strings.Contains(out, number(before, 3)) {
		t.Errorf("the preview does not say %v:\n%s", before, out)
	}
	b.env["DRY_RUN"] = "1"
	b.ok("theta", "restore", user, "--at", at)
	delete(b.env, "DRY_RUN")
	b.fails(exitUsage, "read-only", "theta", "restore", user, "--at", at, "--read-only")
	if after := b.everything(); after["sextant.theta_history"] != rows["sextant.theta_history"] || after["sextant.run"] != rows["sextant.run"] {
		t.Error("a preview or a refusal wrote something")
	}
	b.tty, b.in = true, "n\n"
	if r := b.sextant("theta", "restore", user, "--at", at); r.code != exitDone || !strings.Contains(r.errOut, "Restore θ of 1 learner in ") {
		t.Errorf("exit %d: %s", r.code, r.errOut)
	}
	b.tty = false
	run := read[db.Run](b, "theta", "restore", user, "--at", at, "--reason", "undo")
	if run.Status != db.RunSucceeded || run.Stage != "restore-theta" || run.Reason != "undo" {
		t.Errorf("run %+v", run)
	}
	if after := read[jobs.LearnerDetail](b, "theta", "show", user).Ability.Theta; after != before {
		t.Errorf("θ is %v, was %v before the recompute", after, before)
	}
	if out := b.ok("runs", "show", run.ID.String()); !strings.Contains(out, "sextant theta restore --reason undo --at="+at+" "+user) {
		t.Errorf("how to do it again:\n%s", out)
	}
	b.fails(exitUsage, "name the moment", "theta", "restore", user)
	b.fails(exitUsage, "is not a moment", "theta", "restore", user, "--at", "tomorrow")
	b.fails(exitUsage, "name the learners", "theta", "restore", "--at", "1h")
}

func TestMomentBefore(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{"90m": "2026-03-31T10:30:00Z", "0s": "2026-03-31T12:00:00Z", "2026-03-29 08:15": "2026-03-29T08:15:00Z",
		"2026-03-29 08:15:30": "2026-03-29T08:15:30Z", "2026-03-29T08:15": "2026-03-29T08:15:00Z", "2026-03-29T08:15:30+09:00": "2026-03-28T23:15:30Z",
		"2026-03-29": "2026-03-29T00:00:00Z"} {
		if at, err := momentBefore(in, now); err != nil || at.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q is %v, %v; want %s", in, at, err, want)
		}
	}
	for _, in := range []string{"", "-1h", "2026-03-32", "noon"} {
		if _, err := momentBefore(in, now); err == nil {
			t.Errorf("%q is taken", in)
		}
	}
}

func TestLearnerForget(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	user := b.learner()
	rows := b.everything()
	f := read[db.Forgetting](b, "learner", "forget", user, "--dry-run")
	if f.Rows() == 0 || len(f.Platform) == 0 {
		t.Errorf("preview %+v", f)
	}
	b.fails(exitUsage, "give --yes", "learner", "forget", user)
	b.fails(exitUsage, "give --yes", "learner", "forget", user, "--quiet")
	b.fails(exitUsage, "read-only", "learner", "forget", user, "--yes", "--read-only")
	b.fails(exitFailed, "unknown learner", "learner", "forget", "nobody", "--yes")
	b.tty, b.in = true, "n\n"
	if r := b.sextant("learner", "forget", user); r.code != exitDone || !strings.Contains(r.errOut, "Erase 1 learner, "+plural(f.Rows(), "row")+", in ") {
		t.Errorf("exit %d: %s", r.code, r.errOut)
	}
	b.tty = false
	if after := b.everything(); after["sextant.answer"] != rows["sextant.answer"] || after["sextant.run"] != rows["sextant.run"] {
		t.Error("a preview or a refusal wrote something")
	}
	b.ok("learner", "forget", user, "--yes", "--quiet")
	b.ok("run", "sync-answers", "--full", "--quiet")
	b.fails(exitFailed, "unknown learner", "theta", "show", user)
	b.fails(exitUsage, "was not forgotten", "learner", "forget", "nobody", "--lift", "--yes")
	b.ok("learner", "forget", user, "--lift", "--yes", "--quiet")
	b.ok("run", "sync-answers", "--quiet")
	b.ok("theta", "show", user)
}

func TestPrune(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	if out := b.ok("prune", "--dry-run"); !strings.Contains(out, "sextant.theta_history") {
		t.Errorf("printed\n%s", out)
	}
	if p := read[jobs.PrunePreview](b, "prune", "--older-than", "90d", "--dry-run"); p.Command != "sextant prune --older-than=90" {
		t.Errorf("preview %+v", p)
	}
	if run := read[db.Run](b, "prune", "--older-than", "120d"); run.Status != db.RunSucceeded || run.Stage != "prune" {
		t.Errorf("run %+v", run)
	}
	b.fails(exitUsage, "the least is 90d", "prune", "--older-than", "30d")
	b.fails(exitUsage, "the most is 36500d", "prune", "--older-than", "999999999")
	b.fails(exitUsage, "the most is 36500d", "report", "prune", "--older-than", "999999999")
	b.fails(exitUsage, "write it as 400d", "prune", "--older-than", "a year")
	b.fails(exitUsage, "read-only", "prune", "--read-only")
	b.tty, b.in = true, "\n"
	if r := b.sextant("prune"); r.code != exitDone || !strings.Contains(r.errOut, "Remove 0 rows in ") {
		t.Errorf("exit %d: %s", r.code, r.errOut)
	}
}

// Files of ids come from spreadsheets, shells and other systems.
func TestIDsFromAFile(t *testing.T) {
	t.Parallel()
	var huge strings.Builder
	for i := range 200_000 {
		huge.WriteString(strings.Repeat("x", i%7) + count(i) + "\r\n")
	}
	path := t.TempDir() + "/ids"
	for _, tt := range []struct {
		name, text string
		args       []string
		want       int
	}{
		{"blank lines, CRLF, a mark, duplicates", "\ufeffkim\r\n\r\n  ann \r\nkim\n\n김민수", []string{"ann"}, 3},
		{"no newline at the end", "kim", nil, 1},
		{"many", huge.String(), nil, 200_000},
	} {
		writeFile(t, path, tt.text)
		a := newTestApp(nil, strings.NewReader(tt.text), nil, nil)
		for _, from := range []string{path, "-"} {
			ids, err := a.learnerIDs(tt.args, from)
			if err != nil || len(ids) != tt.want || strings.ContainsAny(strings.Join(ids[:min(len(ids), 9)], ""), "\r\n \ufeff") {
				t.Errorf("%s from %s: %d ids, %v", tt.name, from, len(ids), err)
			}
		}
	}
	writeFile(t, path, strings.Repeat("x", longestID+1))
	if _, err := newTestApp(nil, strings.NewReader(""), nil, nil).learnerIDs(nil, path); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a line without end: %v", err)
	}
}
