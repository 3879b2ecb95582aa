package tui

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
)

// fixedNow is the clock of every frame.
var fixedNow = time.Date(2025, 11, 22, 22, 58, 3, 0, time.UTC)

// fixture is a Console of fixed data, which notes what is asked of it.
type fixture struct {
	mu        sync.Mutex
	about     jobs.About
	pipeline  jobs.Pipeline
	runs      []db.Run
	details   map[uuid.UUID]jobs.RunDetail
	learners  []db.Learner
	fail      error         // what every read answers, if set
	gate      chan struct{} // what every read waits for, if set
	launched  []jobs.Request
	cancelled []uuid.UUID
	paused    []string // or resumed
	searched  []string

	watch chan struct{} // every value is a change announced; nil: nothing is

	uncalibrated bool // no calibration yet
}

func day(s string) *db.Day {
	d, err := db.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return &d
}

func at(s string) *time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return &t
}

func ptr[T any](v T) *T { return &v }

// runID gives the n-th run's id; like the ledger's, it begins with its time.
func runID(n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("019ab%03x-%04x-7000-8000-%012x", 0xf00-n, 0x9c40-n, n))
}

func newFixture() *fixture {
	f := &fixture{
		about:   jobs.About{Profile: "default", Environment: "staging", Colour: "blue", Database: "sextant@db1:5432/platform", Version: "0.1.0"},
		details: map[uuid.UUID]jobs.RunDetail{},
	}
	f.addRuns()
	f.addPipeline()
	f.addLearners()
	return f
}

func (f *fixture) addRuns() {
	add := func(stage string, status db.RunStatus, started string, took time.Duration, trigger db.Trigger, actor, reason string, from, to *db.Day) *db.Run {
		start := at(started)
		r := db.Run{ID: runID(len(f.runs)), Stage: stage, Status: status, Trigger: trigger, Actor: actor, Reason: reason, Host: "ops1", PID: ptr(4242),
			Version: "0.1.0", CreatedAt: *start, StartedAt: start, WindowFrom: from, WindowTo: to, UnitsDone: 1, UnitsTotal: 1,
			RowsRead: 201443, RowsWritten: 1204, Params: json.RawMessage(`{"lookback-days":7,"date":true}`)}
		if status.Final() {
			end := start.Add(took)
			r.FinishedAt = &end
		}
		f.runs = append(f.runs, r)
		return &f.runs[len(f.runs)-1]
	}
	r := add("mirt-calibrate", db.RunRunning, "2025-11-22 22:57:21", 0, db.TriggerConsole, "kim", "drift after the new bank", day("2025-11-21"), day("2025-11-21"))
	r.UnitsDone, r.UnitsTotal, r.RowsWritten, r.HeartbeatAt = 13, 30, 0, at("2025-11-22 22:58:00")
	r = add("update-theta", db.RunPartial, "2025-11-22 22:40:02", 900*time.Millisecond, db.TriggerEvent, "worker", "", nil, nil)
	r.UnitsDone, r.UnitsTotal = 47, 50
	add("aggregate-features-daily", db.RunSucceeded, "2025-11-22 02:00:00", 12*time.Second, db.TriggerCron, "sextant", "", day("2025-11-21"), day("2025-11-21"))
	r = add("mirt-calibrate", db.RunFailed, "2025-11-22 03:00:00", 95*time.Second, db.TriggerCron, "sextant", "", day("2025-11-21"), day("2025-11-21"))
	r.Error = ptr("calibration refused: 14 of 400 items drifted by more than 0.50 in b; look at the items, then run with --force")
	add("aggregate-features-daily", db.RunSucceeded, "2025-11-21 02:00:00", 11*time.Second, db.TriggerCron, "sextant", "", day("2025-11-20"), day("2025-11-20"))
	add("aggregate-features-daily", db.RunCancelled, "2025-11-20 09:12:40", 4*time.Minute, db.TriggerConsole, "박지우", "수업 데이터 재처리", day("2025-11-01"), day("2025-11-19"))
	add("aggregate-features-daily", db.RunLost, "2025-11-20 02:00:00", 61*time.Second, db.TriggerCron, "sextant", "", day("2025-11-19"), day("2025-11-19"))
	for i := range 6 {
		d := db.DayOf(fixedNow).Add(-4 - i)
		add("aggregate-features-daily", db.RunSucceeded, d.String()+" 02:00:00", time.Duration(8+i%3*4)*time.Second, db.TriggerCron, "sextant", "", ptr(d.Add(-1)), ptr(d.Add(-1)))
	}
	for _, r := range f.runs {
		f.details[r.ID] = jobs.RunDetail{Run: r, Events: fixtureLog(r), Command: "sextant run " + r.Stage + " --date 2025-11-21"}
	}
	d := f.details[f.runs[1].ID]
	d.Failures = []db.RunFailure{
		{Kind: "learner", Subject: "김서연", Error: "no parameters for any of 12 answers", At: *at("2025-11-22 22:40:02")},
		{Kind: "learner", Subject: "b3f0c7d2-1f5e-4f3a-9a55-2f0b9c1d7e11", Error: "the newest answer is older than the one in force", At: *at("2025-11-22 22:40:02")},
	}
	f.details[f.runs[1].ID] = d
}

func fixtureLog(r db.Run) []db.RunEvent {
	var out []db.RunEvent
	say := func(level, text, attrs string) {
		out = append(out, db.RunEvent{Seq: int64(len(out) + 1), At: r.StartedAt.Add(time.Duration(len(out)) * 1300 * time.Millisecond), Level: level, Message: text, Attrs: json.RawMessage(attrs)})
	}
	say("info", "answers taken in", `{"sessions":212,"answers":3180,"set_aside":3}`)
	say("warn", "answers set aside", `{"reason":"unknown_item","n":3}`)
	for i := range 13 {
		say("info", "cycle", fmt.Sprintf(`{"cycle":%d,"log_likelihood":%.2f,"change":%.5f}`, i+1, -181204.51+float64(i*i), math.Pow(0.5, float64(i))))
	}
	if r.Error != nil {
		say("error", *r.Error, `{}`)
	}
	return out
}

func (f *fixture) addPipeline() {
	of := func(stage string) (recent []db.Run) {
		for _, r := range f.runs {
			if r.Stage == stage {
				recent = append(recent, r)
			}
		}
		return recent
	}
	status := func(name, summary, cron string, upstream ...string) jobs.StageStatus {
		s := jobs.StageStatus{Info: jobs.Info{Name: name, Summary: summary, Schedule: cron, Grace: 30 * time.Minute, Upstream: upstream, Slice: "day"}, Recent: of(name)}
		if len(s.Recent) > 0 {
			s.LastRun = &s.Recent[0]
		}
		return s
	}
	features := status("aggregate-features-daily", "Daily features of each learner: counts, accuracy, pace, hints, improvement", "0 2 * * *")
	features.State, features.Why, features.DataDay, features.DueDay, features.LagDays = jobs.StateFresh, "2025-11-21 was published in time", day("2025-11-21"), day("2025-11-21"), ptr(0)
	features.Deadline, features.NextTick = at("2025-11-22 02:00:00"), at("2025-11-23 02:00:00")
	features.UpstreamNewer = &jobs.UpstreamNewer{Stage: "sync-answers", Day: *day("2025-11-19"), Why: "answers behind 2025-11-19 changed since it was published"}
	kpis := status("compute-daily-kpis", "Weekly KPIs: improvement, efficiency, recovery, engagement, P and S", "10 2 * * *", "aggregate-features-daily")
	kpis.State, kpis.Why = jobs.StateNotBuilt, "this version cannot run it"
	calibrate := status("mirt-calibrate", "Item parameters and abilities by marginal maximum likelihood", "0 3 * * *")
	calibrate.State, calibrate.Why, calibrate.DataDay, calibrate.DueDay, calibrate.LagDays = jobs.StateLate, "2025-11-21 was due at 03:00 UTC; the last try failed, another is under way", day("2025-11-19"), day("2025-11-21"), ptr(2)
	calibrate.Deadline, calibrate.NextTick = at("2025-11-22 03:00:00"), at("2025-11-23 03:00:00")
	report := status("generate-weekly-report", "Weekly report of each learner, HTML and PDF", "0 4 * * 1", "compute-daily-kpis", "mirt-calibrate")
	report.State, report.Why = jobs.StateNotBuilt, "this version cannot run it"
	quiet := status("detect-inactivity", "P and S of learners who have gone quiet", "0 5 * * *", "compute-daily-kpis")
	quiet.State, quiet.Why = jobs.StateNotBuilt, "this version cannot run it"
	theta := status("update-theta", "Abilities of learners whose sessions have ended", "", "mirt-calibrate")
	theta.State, theta.Why = jobs.StateDue, "the oldest ended session without an update is 18 minutes old"
	f.pipeline = jobs.Pipeline{At: fixedNow, Source: "exam_results", Answers: 312481, SyncAt: at("2025-11-22 22:57:49"),
		Stages: []jobs.StageStatus{features, kpis, calibrate, report, quiet, theta}}
}

func (f *fixture) addLearners() {
	ids := []string{"김서연", "b3f0c7d2-1f5e-4f3a-9a55-2f0b9c1d7e11", "kim.minjun@example.com", "100482", "이도윤_2024", "choi+test@school.kr",
		"👩‍🏫teacher-demo", "박지우", "user with spaces", "00017", "최하은-아주아주아주아주아주아주긴아이디입니다-2025-가나다라", "zoë@example.org"}
	for i, id := range ids {
		l := db.Learner{UserID: id, FirstAt: fixedNow.AddDate(0, 0, -60+i), LastAt: fixedNow.Add(-time.Duration(i*i*37+4) * time.Minute), Answers: int64(412 - i*29), Sessions: 31 - i*2}
		if i != 9 {
			l.Theta, l.SE, l.Risk = ptr(1.24-float64(i)*0.31), ptr(0.21+float64(i)*0.03), ptr(0.08*float64(i))
		}
		f.learners = append(f.learners, l)
	}
}

func (f *fixture) read(ctx context.Context) error {
	f.mu.Lock()
	gate, fail := f.gate, f.fail
	f.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fail
}

func (f *fixture) About() jobs.About { return f.about }

func (f *fixture) Pipeline(ctx context.Context) (jobs.Pipeline, error) {
	if err := f.read(ctx); err != nil {
		return jobs.Pipeline{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pipeline, nil
}

func (f *fixture) Runs(ctx context.Context, q db.RunFilter) ([]db.Run, error) {
	if err := f.read(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []db.Run
	for _, r := range f.runs {
		if (q.Stage == "" || q.Stage == r.Stage) && strings.Contains(r.Stage, q.StageLike) && (q.Actor == "" || q.Actor == r.Actor) && strings.HasPrefix(r.ID.String(), q.ID) &&
			(len(q.Statuses) == 0 || slices.Contains(q.Statuses, r.Status)) && (len(q.Triggers) == 0 || slices.Contains(q.Triggers, r.Trigger)) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (f *fixture) Run(ctx context.Context, id uuid.UUID, after int64) (jobs.RunDetail, error) {
	if err := f.read(ctx); err != nil {
		return jobs.RunDetail{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.details[id]
	if !ok {
		return d, db.ErrNotFound
	}
	var events []db.RunEvent
	for _, e := range d.Events {
		if e.Seq > after {
			events = append(events, e)
		}
	}
	d.Events = events
	return d, nil
}

func detailOf(l db.Learner) jobs.LearnerDetail {
	d := jobs.LearnerDetail{Learner: l}
	if l.Theta == nil {
		return d
	}
	d.Ability = &db.Ability{Theta: *l.Theta, SE: l.SE, Model: "2pl", Version: "2025-09", FittedAt: *at("2025-11-22 22:40:02"), Answers: int(l.Answers)}
	for i := range 40 {
		x := float64(i)
		d.Trajectory = append(d.Trajectory, db.ThetaPoint{Theta: *l.Theta - 1.4*math.Exp(-x/12) + 0.12*math.Sin(x/2), SE: ptr(0.62 - 0.4*(1-math.Exp(-x/10))),
			Version: "2025-09", Model: "2pl", Source: map[bool]string{true: "calibration", false: "online"}[i%5 == 0], Answers: 20 + 9*i, RunID: ptr(runID(1 + i%2).String()),
			EstimatedAt: fixedNow.AddDate(0, 0, -58).Add(time.Duration(i) * 35 * time.Hour), AsOf: fixedNow.AddDate(0, 0, -58).Add(time.Duration(i) * 35 * time.Hour)})
	}
	topics := []string{"algebra", "분수와 소수", "geometry", "확률", "functions", "measurement"}
	for i, t := range topics {
		d.Topics = append(d.Topics, db.TopicAbility{TopicID: t, Ability: db.Ability{Theta: *l.Theta + 0.7*math.Sin(float64(i)*2), SE: ptr(0.35 + 0.05*float64(i)), Answers: 60 - 7*i}})
	}
	for i := range 30 {
		v := db.LearnerAnswer{ItemID: fmt.Sprintf("item-%04d", 17*i+3), TopicID: ptr(topics[i%len(topics)]), Correct: i%3 != 1, Hints: i % 5 / 4,
			ResponseTimeMS: ptr(8200 + i*731), AnsweredAt: l.LastAt.Add(-time.Duration(i) * 95 * time.Second), A: ptr(0.8 + float64(i%7)/10), B: ptr(-1.6 + float64(i%11)*0.31), C: ptr(0.0)}
		if i == 4 {
			v.A, v.B, v.C, v.ResponseTimeMS = nil, nil, nil, nil
		}
		d.Answers = append(d.Answers, v)
	}
	for i := range 9 {
		x := float64(i)
		w := db.KPIWeek{Week: day("2025-09-22").Add(7 * i), KPIValues: db.KPIValues{Improvement: ptr(0.02 + 0.03*math.Sin(x)), Efficiency: ptr(0.3 + 0.05*x), Recovery: ptr(0.5 + 0.04*math.Cos(x)),
			Engagement: ptr(0.62 - 0.03*x), Reach: ptr(0.55 + 0.04*x), Churn: ptr(0.1 + 0.02*x)}}
		if i < 2 {
			w.Efficiency, w.Improvement = nil, nil
		}
		d.KPIs = append(d.KPIs, w)
	}
	d.Goals = []jobs.GoalOutlook{
		{Goal: db.Goal{TopicID: "분수와 소수", Target: ptr(1.2), Priority: 3}, Counts: true, ByTopic: true, Theta: ptr(1.31), SE: ptr(0.4), P: ptr(0.61)},
		{Goal: db.Goal{TopicID: "geometry", Target: ptr(0.5), Priority: 1}, ByTopic: true, Theta: ptr(0.71), SE: ptr(0.45), P: ptr(0.68)},
		{Goal: db.Goal{TopicID: "statistics"}, Theta: ptr(1.24), SE: ptr(0.21)}}
	return d
}

func (f *fixture) Params(stage string) ([]jobs.ParamSpec, error) {
	switch stage {
	case "aggregate-features-daily":
		return []jobs.ParamSpec{{Name: "lookback-days", Kind: "int", Env: "AGG_LOOKBACK_DAYS", Default: "7", Min: "1", Help: "Days that the improvement looks back over."}}, nil
	case "mirt-calibrate":
		return []jobs.ParamSpec{
			{Name: "model", Kind: "string", Default: "2pl", Choices: []string{"rasch", "2pl", "3pl"}, Help: "What is free in the calibration."},
			{Name: "window-days", Kind: "int", Default: "180", Min: "1", Help: "Days of answers to calibrate on."},
			{Name: "standard-errors", Kind: "bool", Default: "true", Help: "Also compute the standard errors."},
		}, nil
	}
	return nil, nil
}

func (f *fixture) Preview(ctx context.Context, q jobs.Request) (jobs.Preview, error) {
	if err := f.read(ctx); err != nil {
		return jobs.Preview{}, err
	}
	p := jobs.Preview{Stage: q.Stage, From: *day("2025-11-21"), To: *day("2025-11-21"), Unsynced: 4,
		Notes: []string{"compute-daily-kpis has read 2025-11-21 already; it will count as newer upstream"}, Command: "sextant run " + q.Stage}
	if q.Date != nil {
		p.From, p.To = *q.Date, *q.Date
		p.Command += " --date " + q.Date.String()
	}
	if q.From != nil {
		p.From = *q.From
		p.Command += " --from " + q.From.String()
		if q.To != nil {
			p.To = *q.To
			p.Command += " --to " + q.To.String()
		}
	}
	for d := p.From; !p.To.Before(d); d = d.Add(1) {
		n := int64(d.Start().Unix()/86400) % 7
		s := jobs.Slice{Day: d, Learners: 1204 + n*13, Answers: 9312 + n*417, Reason: "not published yet"}
		if n == 3 && !q.Force {
			s = jobs.Slice{Day: d, Skip: true, Reason: "published by 019abefd-9c3d, nothing changed since"}
		}
		p.Slices = append(p.Slices, s)
	}
	return p, nil
}

func (f *fixture) PreviewTheta(ctx context.Context, users []string) ([]jobs.ThetaPreview, error) {
	if err := f.read(ctx); err != nil {
		return nil, err
	}
	var out []jobs.ThetaPreview
	for i, id := range users {
		p := jobs.ThetaPreview{UserID: id, Outcome: "update", AsOf: fixedNow, Lookback: 180, PriorMean: 0, PriorSD: 1, Version: "2025-09", Calibration: shortID(runID(3)),
			Old: &db.Ability{Theta: 0.84 - float64(i)*0.2, SE: ptr(0.31)}, New: &db.Ability{Theta: 0.912 - float64(i)*0.25, SE: ptr(0.288)}, Unsynced: 1}
		if i%3 == 2 {
			p.Outcome, p.New = "no answers", nil
		}
		for k := range 24 {
			p.Used = append(p.Used, jobs.Scored{ItemID: fmt.Sprintf("item-%04d", k*13), TopicID: ptr("확률"), Correct: k%3 != 0, AnsweredAt: fixedNow.Add(-time.Duration(k) * 9 * time.Hour),
				A: 1.1, B: -1.2 + float64(k)*0.1, Expected: 1 / (1 + math.Exp(-1.1*(0.912+1.2-float64(k)*0.1))), From: "calibration"})
		}
		for k := range 5 {
			reason := "superseded"
			if k > 2 {
				reason = "no parameters"
			}
			p.LeftOut = append(p.LeftOut, jobs.Excluded{ItemID: fmt.Sprintf("item-%04d", k*13), AnsweredAt: fixedNow.AddDate(0, 0, -k-9), Reason: reason})
		}
		out = append(out, p)
	}
	return out, nil
}

func (f *fixture) Launch(ctx context.Context, q jobs.Request) (uuid.UUID, error) {
	if err := f.read(ctx); err != nil {
		return uuid.UUID{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.launched = append(f.launched, q)
	return f.runs[0].ID, nil
}

func (f *fixture) Cancel(ctx context.Context, id uuid.UUID) error {
	if err := f.read(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelled = append(f.cancelled, id)
	return nil
}
