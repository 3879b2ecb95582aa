package main

import (
	"math"
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

func TestThetaRecompute(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	user := b.learner()
	previews := read[[]jobs.ThetaPreview](b, "theta", "recompute", user, "--dry-run", "--lookback-days", "20")
	p := previews[0]
	if len(previews) != 1 || p.UserID != user || p.Outcome != jobs.OutcomeUpdate || p.Old == nil || p.New == nil || p.Lookback != 20 ||
		len(p.Used) == 0 || p.Calibration == "" {
		t.Fatalf("preview %+v", p)
	}
	for _, u := range p.Used {
		if want := u.C + (1-u.C)/(1+math.Exp(-u.A*(p.New.Theta-u.B))); math.Abs(u.Expected-want) > 1e-9 {
			t.Errorf("item %s: expected %v, want %v", u.ItemID, u.Expected, want)
		}
	}
	run := read[db.Run](b, "theta", "recompute", user, "--lookback-days", "20", "--reason", "a test")
	if run.Status != db.RunSucceeded || run.Stage != "update-theta" || run.Reason != "a test" {
		t.Errorf("run %+v", run)
	}
	shown := read[jobs.LearnerDetail](b, "theta", "show", user)
	if shown.Ability == nil || math.Abs(shown.Ability.Theta-p.New.Theta) > 1e-9 {
		t.Errorf("θ in force is %+v, the preview said %v", shown.Ability, p.New.Theta)
	}
	history := read[[]db.ThetaPoint](b, "theta", "history", user)
	if last := history[len(history)-1]; last.Source != "manual" || last.RunID == nil || *last.RunID != run.ID.String() {
		t.Errorf("the history ends with %+v", last)
	}
	if topics := read[[]db.ThetaPoint](b, "theta", "history", user, "--topics"); len(topics) <= len(history) {
		t.Errorf("%d points with topics, %d without", len(topics), len(history))
	}
}

func TestRecomputeAsksOnATerminal(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	b.tty = true
	user := b.learner()
	updates := func() int { return len(read[[]db.Run](b, "runs", "--stage", "update-theta")) }
	for _, tt := range []struct {
		answer string
		args   []string
		runs   int
	}{
		{"\n", nil, 0}, {"", nil, 0}, {"no\n", nil, 0}, {"y\n", nil, 1}, {"YES\n", nil, 2}, {"", []string{"--yes"}, 3},
	} {
		b.in = tt.answer
		r := b.sextant(append([]string{"theta", "recompute", user}, tt.args...)...)
		if asked := strings.Contains(r.errOut, "Update θ of 1 learner in "); r.code != exitDone || asked != (tt.args == nil) {
			t.Fatalf("%q %v: exit %d, asked %v: %s", tt.answer, tt.args, r.code, asked, r.errOut)
		}
		if n := updates(); n != tt.runs {
			t.Errorf("%q %v: %d runs, want %d", tt.answer, tt.args, n, tt.runs)
		}
	}
}

func TestRecomputeReadsIDsFromAFile(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	user := b.learner()
	b.in = "\n" + user + "\n  nobody \n"
	r := b.sextant("theta", "recompute", user, "--from-file", "-", "--quiet")
	if r.code != exitPartial || !strings.Contains(r.errOut, "1 failed") {
		t.Errorf("exit %d: %s", r.code, r.errOut)
	}
	run := read[[]db.Run](b, "runs", "--limit", "1")[0]
	if run.UnitsTotal != 2 {
		t.Errorf("%d learners, want each once", run.UnitsTotal)
	}
	b.in = user + "\nnobody\n"
	if out := b.ok("theta", "recompute", "--from-file", "-", "--dry-run"); !strings.Contains(out, "nobody: unknown learner") || !strings.Contains(out, "OUTCOME") {
		t.Errorf("the dry run prints\n%s", out)
	}
	b.fails(exitUsage, "name the learners", "theta", "recompute")
	b.fails(exitUsage, "no such file", "theta", "recompute", "--from-file", "/nowhere/ids")
}
