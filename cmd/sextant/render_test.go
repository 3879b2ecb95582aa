package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
)

var at = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func aRun(stage string, status db.RunStatus, took time.Duration) db.Run {
	return db.Run{ID: uuid.MustParse("01956f3a-1c2d-7e4f-8a5b-6c7d8e9f0a1b"), Stage: stage, Status: status, Trigger: db.TriggerCron, Actor: "pipeline",
		Host: "etl-1", PID: ptr(4711), Version: "v1.2.3", Params: json.RawMessage(`{"lookback-days":7,"users":["김민준","kim@example.org"]}`),
		WindowFrom: ptr(db.DayOf(at).Add(-3)), WindowTo: ptr(db.DayOf(at).Add(-1)), StartedAt: ptr(at.Add(-took - time.Hour)), FinishedAt: ptr(at.Add(-time.Hour)),
		UnitsDone: 3, UnitsTotal: 3, RowsRead: 204818, RowsWritten: 18210}
}

// rendered is what print writes to a terminal of that width; 0 is no terminal.
func rendered(width int, colour bool, print func(*app)) string {
	var out bytes.Buffer
	a := newTestApp(map[string]string{}, strings.NewReader(""), &out, &out)
	a.width, a.outTTY, a.clock = width, colour, func() time.Time { return at }
	print(a)
	return out.String()
}

// compare checks what print writes off a terminal, on terminals of several
// widths, and in colour, with golden files.
func compare(t *testing.T, print func(*app)) {
	t.Helper()
	for _, width := range []int{0, 60, 80, 120} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			out := rendered(width, false, print)
			golden.RequireEqual(t, out)
			if strings.Contains(out, "NaN") || strings.Contains(out, "\x1b") {
				t.Error("what is not a number, or a colour, is printed")
			}
		})
	}
	t.Run("colour", func(t *testing.T) {
		out := rendered(120, true, print)
		golden.RequireEqual(t, out)
		if plain := rendered(120, false, print); ansi.Strip(out) != plain {
			t.Errorf("colour changes more than colours:\n%s\n%s", ansi.Strip(out), plain)
		}
	})
}

func TestStatusTable(t *testing.T) {
	day := db.DayOf(at).Add(-1)
	stage := func(name string, state jobs.State, why string, lag int, last *db.Run) jobs.StageStatus {
		return jobs.StageStatus{Info: jobs.Info{Name: name, Schedule: "15 1 * * *"}, State: state, Why: why, DataDay: ptr(day.Add(-lag)), LagDays: ptr(lag),
			Deadline: ptr(at.Add(-8 * time.Hour)), NextTick: ptr(at.Add(16 * time.Hour)), LastRun: last}
	}
	p := jobs.Pipeline{At: at, Source: "attempt", Answers: 338513, SyncAt: ptr(at.Add(-time.Hour)), Stages: []jobs.StageStatus{
		stage("aggregate-features-daily", jobs.StateFresh, "2026-03-09 is published", 0, ptr(aRun("aggregate-features-daily", db.RunSucceeded, time.Second))),
		stage("compute-daily-kpis", jobs.StateLate, "2026-03-09 was due at 2026-03-10 02:10", 3, ptr(aRun("compute-daily-kpis", db.RunLost, time.Minute))),
		stage("mirt-calibrate", jobs.StateFailed, "the last try for 2026-03-09: the fit did not converge", 1, ptr(aRun("mirt-calibrate", db.RunFailed, time.Minute))),
		stage("detect-inactivity", jobs.StateRunning, "run by 김민준 on etl-1", 0, ptr(aRun("detect-inactivity", db.RunRunning, time.Minute))),
		{Info: jobs.Info{Name: "generate-weekly-report"}, State: jobs.StateOff},
		{Info: jobs.Info{Name: "update-theta"}, State: jobs.StateDue, Why: "a session has waited for its θ since 08:41 UTC"},
	}}
	about := jobs.About{Environment: "운영", Database: "sextant@db.example.org:5432/platform", ReadOnly: true}
	compare(t, func(a *app) { a.printPipeline(p, about) })
	if !slices.ContainsFunc(p.Stages, ailing) || slices.ContainsFunc(p.Stages[4:], ailing) {
		t.Error("--check takes late, failed and lost for ailing, and nothing else")
	}
}

func TestRunDetail(t *testing.T) {
	r := aRun("mirt-calibrate", db.RunPartial, 83*time.Second)
	r.Reason, r.Error, r.CancelRequestedBy, r.CancelRequestedAt = "정정", ptr("2 failed and the rest were done"), ptr("kim"), ptr(at)
	d := jobs.RunDetail{Run: r, Command: "sextant run mirt-calibrate", Events: make([]db.RunEvent, 2), Failures: []db.RunFailure{
		{Kind: "learner", Subject: "김민준", Error: "a text that is much too long for a terminal of eighty columns and is cut where the line ends \x1b[31m"},
		{Kind: "slice", Subject: "2026-03-08", Error: "deadlock detected"}}}
	compare(t, func(a *app) { a.printRun(d) })
}

func TestPreviewTable(t *testing.T) {
	day := db.DayOf(at).Add(-1)
	p := jobs.Preview{Stage: "aggregate-features-daily", From: day.Add(-2), To: day, Unsynced: 12, Notes: []string{"the θ history begins on 2026-02-01"},
		Command: "sextant run aggregate-features-daily --from 2026-03-07", Slices: []jobs.Slice{
			{Day: day.Add(-2), Skip: true, Reason: "published and unchanged", Learners: 309, Answers: 5241},
			{Day: day.Add(-1), Reason: "answers changed since it was published", Learners: 1, Answers: 12},
			{Day: day, Users: []string{"김민준"}, Reason: "not published yet"}}}
	compare(t, func(a *app) {
		if err := a.printPreview(p); err != nil {
			t.Error(err)
		}
	})
}

func TestThetaPreview(t *testing.T) {
	p := jobs.ThetaPreview{UserID: "김민준@example.org", Outcome: jobs.OutcomeUpdate, AsOf: at, Lookback: 30, PriorMean: 0.0996, PriorSD: 1.045, Version: "v1",
		Calibration: "01956f3a-1c2d-7e4f-8a5b-6c7d8e9f0a1b", Unsynced: 1,
		Old: &db.Ability{Theta: 0.4, SE: ptr(0.3), Model: "2PL", Version: "v1", FittedAt: at.Add(-9 * time.Hour), Answers: 41},
		New: &db.Ability{Theta: 0.6123, SE: ptr(0.25), Model: "2PL", Version: "v1", FittedAt: at, Answers: 2},
		Used: []jobs.Scored{
			{ItemID: "1088", TopicID: ptr("기하.피타고라스"), Correct: true, AnsweredAt: at.Add(-48 * time.Hour), A: 0.55, B: -1.45, Expected: 0.76, From: "calibration"},
			{ItemID: "1103", AnsweredAt: at.Add(-47 * time.Hour), A: 1, B: math.NaN(), Expected: 0.5, From: "question"}},
		LeftOut: []jobs.Excluded{{ItemID: "1322", AnsweredAt: at.AddDate(0, -2, 0), Reason: "older than the 30 days of the lookback"}}}
	empty := jobs.ThetaPreview{UserID: "1042", Outcome: jobs.OutcomeNoAnswers, AsOf: at, Lookback: 30, PriorSD: 1, Version: "v1"}
	t.Run("one", func(t *testing.T) { compare(t, func(a *app) { a.printThetaPreview(p) }) })
	t.Run("none", func(t *testing.T) { compare(t, func(a *app) { a.printThetaPreview(empty) }) })
	t.Run("changes", func(t *testing.T) {
		compare(t, func(a *app) { a.printThetaChanges([]jobs.ThetaPreview{p, empty}) })
	})
}

func TestLearnerPage(t *testing.T) {
	d := jobs.LearnerDetail{Learner: db.Learner{UserID: "김민준", Answers: 1204, Sessions: 1, LastAt: at},
		Ability: &db.Ability{Theta: -0.0001, Model: "2PL", Version: "v1", FittedAt: at, Answers: 118},
		Topics: []db.TopicAbility{{TopicID: "대수.함수", Ability: db.Ability{Theta: 1.25, SE: ptr(0.4), Answers: 5, FittedAt: at}},
			{TopicID: "algebra.function", Ability: db.Ability{Theta: -1.25, Answers: 15, FittedAt: at}}},
		Goals: []jobs.GoalOutlook{{Goal: db.Goal{TopicID: "대수.함수", Target: ptr(1.0), Priority: 2}, Counts: true, ByTopic: true, Theta: ptr(1.25), P: ptr(0.9996)}},
		KPIs:  []db.KPIWeek{{Week: db.DayOf(at), KPIValues: db.KPIValues{Improvement: ptr(0.125), Churn: ptr(0.5)}}},
		Answers: []db.LearnerAnswer{{ItemID: "문항-1", TopicID: ptr("대수.함수"), Correct: true, ResponseTimeMS: ptr(28650), AnsweredAt: at, B: ptr(-0.75)},
			{ItemID: "2", AnsweredAt: at.Add(-time.Hour), Hints: 2}}}
	for i := range newestShown + 2 {
		d.Trajectory = append(d.Trajectory, db.ThetaPoint{Theta: float64(i) / 10, SE: ptr(0.3), Model: "2PL", Version: "v1", Source: "online", Answers: i,
			AsOf: at.Add(time.Duration(i) * time.Hour), EstimatedAt: at})
	}
	compare(t, func(a *app) { a.printLearner(d) })
}

func TestStagePage(t *testing.T) {
	info := jobs.Info{Name: "generate-weekly-report", Summary: "Weekly report of each learner", Schedule: "0 4 * * 1", Grace: 30 * time.Minute, Upstream: []string{"compute-daily-kpis"}, Slice: "week"}
	d := jobs.StageDetail{StageStatus: jobs.StageStatus{Info: info, State: jobs.StateLate, Why: "2026-03-08 was due at 2026-03-09 04:00", Deadline: &at, DueDay: ptr(db.DayOf(at)), NextTick: &at,
		UpstreamNewer: &jobs.UpstreamNewer{Why: "compute-daily-kpis has published 2026-03-01 again"}},
		Parameters: []jobs.ParamSpec{{Name: "lang", Default: "ko", Help: "ko, en or both"}, {Name: "week", Env: "REPORT_WEEK_START", Empty: "the last complete week", Help: "the week's Monday"}},
		Runs:       []db.Run{aRun("generate-weekly-report", db.RunFailed, 83*time.Second)}}
	from, to := jobs.CalendarSpan(db.DayOf(at))
	for day := from; !to.Before(day); day = day.Add(1) {
		v := db.CalendarDay{Day: day, Ends: day == day.Monday().Add(6), Answers: true}
		if v.Ends && day.Before(to.Add(-14)) {
			v.PublishedAt, v.Complete = &at, true
		}
		d.Calendar = append(d.Calendar, v)
	}
	compare(t, func(a *app) { a.printStage(d) })
}

func TestTableAlignsWideCharacters(t *testing.T) {
	tb := table{columns: []column{{title: "NAME"}, {title: "N", right: true}}}
	tb.add(plain("김민준", "1")...)
	tb.add(plain("ab", "1,000")...)
	tb.add(plain("a\x1b[31mb\nc", "")...)
	var out strings.Builder
	tb.write(&out, 0, false)
	want := "NAME          N\n김민준        1\nab        1,000\na[31mb c      –\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{number(math.NaN(), 2), "–"}, {number(math.Inf(1), 2), "–"}, {number(-0.0001, 2), "0.00"}, {number(-1.005, 1), "-1.0"}, {numberOf(nil, 1), "–"},
		{count(0), "0"}, {count(999), "999"}, {count(-1000), "-1,000"}, {count(int64(1234567)), "1,234,567"},
		{plural(1, "row"), "1 row"}, {plural(0, "row"), "0 rows"},
		{took(999 * time.Millisecond), "999 ms"}, {took(59 * time.Second), "59.0 s"}, {took(61 * time.Second), "1m01s"}, {took(3*time.Hour + 4*time.Minute), "3h04m"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
