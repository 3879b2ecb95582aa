package jobs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sextant/db"
	"sextant/jobs"
)

// status is a stage's line of the pipeline.
func (b *bench) status(stage string) jobs.StageStatus {
	b.Helper()
	p, err := b.service().Pipeline(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range p.Stages {
		if s.Name == stage {
			return s
		}
	}
	b.Fatalf("no stage %s", stage)
	return jobs.StageStatus{}
}

// noAnswers gives the platform an empty log of answers.
func (b *bench) noAnswers() {
	b.Helper()
	b.exec(`CREATE TABLE public.responses (user_id text, item_id text, is_correct boolean, responded_at timestamptz)`)
}

// A reason is kept without the blanks around it, for the pause and for its end;
// a blank one is refused, and who is forgotten is named in neither.
func TestPausesKeepTheirReasons(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.noAnswers()
	b.exec(`INSERT INTO public.responses VALUES ('learner-7', '1', true, '2026-03-01')`)
	s := b.service()
	var usage *jobs.UsageError
	if _, err := s.Pause(b.ctx, features, " \t", nil); !errors.As(err, &usage) {
		t.Errorf("a blank reason: %v", err)
	}
	must(s.Pause(b.ctx, features, " for learner-7 ", nil))
	if _, err := s.Resume(b.ctx, features, "\n"); !errors.As(err, &usage) {
		t.Errorf("a blank reason: %v", err)
	}
	must(s.Resume(b.ctx, features, "learner-7 is done\n"))
	reasons := func() string {
		p := must(s.PauseHistory(b.ctx, features, 9))[0]
		return p.Reason + "; " + *p.ResumeReason
	}
	if got := reasons(); got != "for learner-7; learner-7 is done" {
		t.Errorf("the history says %q", got)
	}
	b.run(jobs.Request{Stage: "sync-answers"})
	b.run(jobs.Request{Stage: "forget-learner", Users: []string{"learner-7"}})
	if got := reasons(); strings.Contains(got, "learner-7") {
		t.Errorf("the history still says %q", got)
	}
}

func TestAPausedStageIsSkippedByCronAndRefusedToPeople(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.noAnswers()
	s := b.service()
	if _, err := s.Pause(b.ctx, features, "the platform migrates", nil); err != nil {
		t.Fatal(err)
	}
	for _, trigger := range []db.Trigger{db.TriggerCron, db.TriggerSchedule} {
		r, err := b.runner.Run(b.ctx, jobs.Request{Stage: features, Trigger: trigger})
		if err != nil || r.Status != db.RunSkipped {
			t.Fatalf("%s: status %s, error %v; want skipped", trigger, r.Status, err)
		}
		d, err := s.Run(b.ctx, r.ID, 0)
		if err != nil || d.Status != db.RunSkipped || d.Trigger != trigger || d.FinishedAt == nil || d.StartedAt != nil || len(d.Events) != 1 ||
			!strings.Contains(string(d.Events[0].Attrs), "paused by tester since 2026-04-01 09:00 UTC: the platform migrates") {
			t.Errorf("the ledger says %+v, %v", d, err)
		}
	}
	_, err := b.runner.Run(b.ctx, jobs.Request{Stage: features, Trigger: db.TriggerCLI})
	var paused *jobs.PausedError
	if !errors.As(err, &paused) || !strings.Contains(err.Error(), "--force") {
		t.Errorf("a person: %v", err)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.published`); n != 0 {
		t.Errorf("%d days were published", n)
	}
	if p, err := b.runner.Preview(b.ctx, jobs.Request{Stage: features}); err != nil || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "--force") {
		t.Errorf("the preview notes %q, %v", p.Notes, err)
	}
	if got := b.status(features); got.State != jobs.StatePaused || got.Pause == nil || got.Pause.Actor != "tester" || !strings.Contains(got.Why, "the platform migrates") {
		t.Errorf("the state is %s: %s", got.State, got.Why)
	}
	b.run(jobs.Request{Stage: "compute-daily-kpis"}) // another stage goes on
	b.run(jobs.Request{Stage: features, Force: true})
	if held, err := s.Resume(b.ctx, features, ""); err != nil || !held {
		t.Errorf("resume: %t, %v", held, err)
	}
	if held, err := s.Resume(b.ctx, features, ""); err != nil || held {
		t.Errorf("resume again: %t, %v", held, err)
	}
	b.run(jobs.Request{Stage: features})
	if got := b.status(features); got.State != jobs.StateFresh {
		t.Errorf("after resuming: %s (%s)", got.State, got.Why)
	}
}

func TestAPauseRunsOutAndItsHistoryStays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.noAnswers()
	s := b.service()
	now := b.runner.Clock()
	b.runner.Clock = func() time.Time { return now }
	until := now.Add(time.Hour)
	for _, reason := range []string{"first", "second"} {
		if _, err := s.Pause(b.ctx, features, reason, &until); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.status(features); got.State != jobs.StatePaused || !strings.HasSuffix(got.Why, "until 2026-04-01 10:00 UTC: second") {
		t.Errorf("%s: %s", got.State, got.Why)
	}
	now = until
	if got := b.status(features); got.State != jobs.StateNever {
		t.Errorf("when it has run out: %s", got.State)
	}
	if r, err := b.runner.Run(b.ctx, jobs.Request{Stage: features, Trigger: db.TriggerCron}); err != nil || r.Status != db.RunSucceeded {
		t.Errorf("cron: %s, %v", r.Status, err)
	}
	now = now.Add(time.Hour)
	if held, err := s.Resume(b.ctx, features, ""); err != nil || held {
		t.Errorf("resume: %t, %v", held, err)
	}
	list, err := s.PauseHistory(b.ctx, features, 10)
	if err != nil || len(list) != 2 {
		t.Fatalf("history: %+v, %v", list, err)
	}
	if p := list[0]; p.Reason != "second" || p.ResumedAt == nil || !p.ResumedAt.Equal(until) || *p.ResumedBy != "its time" {
		t.Errorf("the second: %+v", p)
	}
	if p := list[1]; p.Reason != "first" || p.ResumedBy == nil || *p.ResumedBy != "tester" {
		t.Errorf("the first: %+v", p)
	}
	past := now.Add(-time.Minute)
	for what, err := range map[string]error{
		"has passed":    second(s.Pause(b.ctx, features, "", &past)),
		"unknown stage": second(s.Pause(b.ctx, "nope", "", nil)),
		"is a step":     second(s.Pause(b.ctx, "sync-answers", "", nil)),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %s", err, what)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestAStageSwitchedOffIsNeitherRunNorLate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.noAnswers()
	off := false
	var err error
	if b.runner.Stages, err = jobs.Stages().With(map[string]jobs.Setting{features: {Enabled: &off}}); err != nil {
		t.Fatal(err)
	}
	if got := b.status(features); got.State != jobs.StateOff {
		t.Errorf("the state is %s", got.State)
	}
	if r, err := b.runner.Run(b.ctx, jobs.Request{Stage: features, Trigger: db.TriggerCron}); err != nil || r.Status != db.RunSkipped {
		t.Errorf("cron: %s, %v", r.Status, err)
	}
	b.run(jobs.Request{Stage: features, Force: true})
}

// The database's clock counts, whatever this machine's says.
func TestTheDatabasesClockCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.noAnswers()
	skew := 20 * time.Second
	b.runner.Skew = func(context.Context) (time.Duration, error) { return skew, nil }
	p, err := b.service().Pipeline(b.ctx)
	if err != nil || p.Skew != 0 || !p.At.Equal(b.runner.Clock()) {
		t.Errorf("within tolerance: %v ahead at %s, %v", p.Skew, p.At, err)
	}
	skew = 15 * time.Hour // it is tomorrow there
	if p, err = b.service().Pipeline(b.ctx); err != nil || p.Skew != skew.Seconds() || !p.At.Equal(b.runner.Clock().Add(skew)) {
		t.Errorf("beyond it: %v ahead at %s, %v", p.Skew, p.At, err)
	}
	if r := b.run(jobs.Request{Stage: features}); *r.WindowTo != lastDay.Add(1) {
		t.Errorf("the as-of day is %s, want %s", r.WindowTo, lastDay.Add(1))
	}
	if !strings.Contains(b.log.String(), "clocks of the database and of this machine differ") {
		t.Error("nobody was warned")
	}
	b.runner.Skew = nil
	if d, err := b.runner.ClockSkew(b.ctx); err != nil || d != 0 {
		t.Errorf("this database's clock is %s ahead, %v", d, err)
	}
}

// A day without answers is published as empty, and is not late.
func TestAnEmptyDayIsPublishedAsEmpty(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.noAnswers()
	b.exec(`INSERT INTO public.responses VALUES ('u', '1', true, '2026-03-29 10:00Z')`)
	for _, stage := range []string{features, kpis, calibrate, inactive} {
		b.run(jobs.Request{Stage: stage, Options: map[string]map[string]string{calibrate: {"lookback-days": "2"}}[stage]})
		if got := b.status(stage); got.State != jobs.StateFresh || *got.DataDay != lastDay || *got.LagDays != 0 {
			t.Errorf("%s: %s (%s), data day %s", stage, got.State, got.Why, got.DataDay)
		}
	}
	if n := one[int](b, `SELECT count(*) FROM public.features_topic_daily WHERE date > '2026-03-29'`); n != 0 {
		t.Errorf("%d rows of days without answers", n)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.calibration`); n != 0 {
		t.Errorf("%d calibrations on no answers", n)
	}
}
