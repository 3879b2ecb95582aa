package tui

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
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
	reasons   []string // of the cancellations
	paused    []string // or resumed
	searched  []string

	watch chan struct{} // every value is a change announced; nil: nothing is

	residual     bool // refused calibrations are for their residual
	uncalibrated bool // no calibration yet
	bank         int  // items of the bank, if more than there are
	many         int  // answers, rows set aside, reports and workers, if more than there are
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
			EstimatedAt: fixedNow.AddDate(0, 0, -58).Add(time.Duration(i) * 35 * time.Hour), AsOf: fixedNow.AddDate(0, 0, -58).Add(time.Duration(i) * 35 * time.Hour), Stood: true})
	}
	if i := len(d.Trajectory) - 1; l.UserID != "kim.minjun@example.com" { // whose θ in force is a calibration's that added no row
		d.Ability.FittedAt, d.Trajectory[i].Theta, d.Trajectory[i].AsOf, d.Trajectory[i].EstimatedAt = *at("2025-11-22 22:40:02"), *l.Theta, *at("2025-11-22 22:40:02"), *at("2025-11-22 22:40:02")
	} else {
		d.Ability.FittedAt = day("2025-11-21").Last()
	}
	// A calibration of an old day that came after the newer ones never stood.
	d.Trajectory[35].Stood, d.Trajectory[35].EstimatedAt = false, *at("2025-11-22 09:30:00")
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
	case "generate-weekly-report":
		return jobs.Specs(jobs.WeeklyReport{}.Params()), nil
	case "update-theta":
		return []jobs.ParamSpec{{Name: "lookback-days", Kind: "int", Env: "MIRT_LOOKBACK_DAYS", Default: "30", Min: "1", Help: "days of answers that end with today"},
			{Name: "scorer", Kind: "string", Default: "engine", Choices: []string{"engine", "plumber"}, Help: "who estimates θ: Sextant's engine, or the R service at $R_IRT_BASE_URL"}}, nil
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
			s = jobs.Slice{Day: d, Skip: true, Reason: "published 2025-11-22 01:15 UTC"}
		}
		p.Slices = append(p.Slices, s)
	}
	return p, nil
}

func (f *fixture) PreviewTheta(ctx context.Context, users []string, options map[string]string) ([]jobs.ThetaPreview, error) {
	if err := f.read(ctx); err != nil {
		return nil, err
	}
	var out []jobs.ThetaPreview
	for i, id := range users {
		p := jobs.ThetaPreview{UserID: id, Outcome: "update", AsOf: fixedNow, Lookback: 180, PriorMean: 0, PriorSD: 1, Version: "2025-09", Calibration: shortID(runID(3)),
			Old: &db.Ability{Theta: 0.84 - float64(i)*0.2, SE: ptr(0.31)}, New: &db.Ability{Theta: 0.912 - float64(i)*0.25, SE: ptr(0.288)}, Unsynced: 1}
		if days, err := strconv.Atoi(options["lookback-days"]); err == nil {
			p.Lookback = days
		}
		if i%3 == 2 {
			p.Outcome, p.New = "no answers", nil
		}
		for k := range 24 {
			p.Used = append(p.Used, jobs.Scored{ItemID: fmt.Sprintf("item-%04d", k*13), TopicID: ptr("확률"), Correct: k%3 != 0, AnsweredAt: fixedNow.Add(-time.Duration(k) * 9 * time.Hour),
				A: 1.1, B: -1.2 + float64(k)*0.1, Expected: 1 / (1 + math.Exp(-1.1*(0.912+1.2-float64(k)*0.1))), From: "calibration"})
		}
		for k := range 5 {
			why := jobs.Superseded
			if k > 2 {
				why = jobs.NoParameters
			}
			p.LeftOut = append(p.LeftOut, jobs.Excluded{ItemID: fmt.Sprintf("item-%04d", k*13), AnsweredAt: fixedNow.AddDate(0, 0, -k-9), Code: why})
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

func (f *fixture) Cancel(ctx context.Context, id uuid.UUID, reason string) error {
	if err := f.read(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelled, f.reasons = append(f.cancelled, id), append(f.reasons, reason)
	return nil
}
