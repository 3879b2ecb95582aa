package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sextant/db"
	"sextant/jobs/report"
	"sextant/jobs/report/store"
)

// WeeklyReport is generate-weekly-report: it renders the report of every learner
// of a week and stores it. The slice is the week; its learners are done in
// blocks, each of which is recorded whole once its objects are stored.
type WeeklyReport struct{}

const (
	reportStage = "generate-weekly-report"
	reportDepth = 14 // days whose answers a report tells of: the week and the one before
)

// Info describes the stage.
func (WeeklyReport) Info() Info {
	return Info{Name: reportStage, Summary: "Weekly report of each learner, HTML and PDF",
		Schedule: "0 4 * * 1", Grace: 30 * time.Minute, Upstream: []string{kpiStage, calibrateStage}, Slice: "week"}
}

// Params gives its parameters.
func (WeeklyReport) Params() any { return &ReportParams{} }

// Plan lists the weeks, each as its Sunday: the one asked for, or all that end
// within the days asked for. What a week's reports say already is not made again;
// that is seen learner by learner.
func (WeeklyReport) Plan(ctx context.Context, j *Job) (Plan, error) {
	if _, err := j.renderer(); err != nil { // a template that cannot be read ends the run before it begins
		return Plan{}, err
	}
	states, err := j.DB.DayStates(ctx, reportStage, j.From, j.To, reportDepth)
	if err != nil {
		return Plan{}, err
	}
	var plan Plan
	for _, st := range states {
		if st.Day.Before(j.From) || st.Day != sundayUpTo(st.Day) {
			continue // a report of the past stays as it was read, until somebody asks for another
		}
		s := Slice{Day: st.Day, Users: j.Request.Users}
		s.Skip, s.Reason = j.judgeWeek(st)
		if j.Run == nil && !s.Skip {
			if err := j.forecastReports(ctx, &s, &plan); err != nil {
				return Plan{}, err
			}
		}
		plan.Slices = append(plan.Slices, s)
	}
	return plan, nil
}

// judgeWeek decides whether a week is gone through, and says why in words.
func (j *Job) judgeWeek(st db.DayState) (skip bool, reason string) {
	switch {
	case st.PublishedAt == nil:
		return false, "not published yet"
	case j.Request.Missing:
		return true, "published " + st.PublishedAt.UTC().Format("2006-01-02 15:04 UTC")
	case j.Request.Force:
		return false, "forced"
	case st.Stale:
		return false, "answers changed since it was published"
	}
	return false, "for what has changed since it was published"
}

// reportWork is the making of one week's reports.
type reportWork struct {
	*Job
	params      *ReportParams
	week        report.Week
	variants    []report.Variant
	formats     []report.Format
	calibration *report.Calibration
	renderer    renderer
	store       store.Store
	secret      []byte // nil in a preview, where none is kept yet
}

// reports prepares the making of a week's reports.
func (j *Job) reports(ctx context.Context, sunday db.Day) (*reportWork, error) {
	p := j.Params.(*ReportParams)
	w := &reportWork{Job: j, params: p, week: report.WeekOf(sunday), variants: p.variants(), formats: p.formats()}
	var err error
	if w.renderer, err = j.renderer(); err != nil {
		return nil, err
	}
	if w.store, err = store.Open(ctx, p.store(j.getenv)); err != nil {
		return nil, usagef("%s", err)
	}
	c, err := j.DB.ReportCalibration(ctx, w.week.Monday)
	if err != nil {
		return nil, err
	}
	w.calibration, err = report.CalibrationOf(c)
	return w, err
}

// Run makes the reports of one week.
func (WeeklyReport) Run(ctx context.Context, j *Job, s Slice) error {
	w, err := j.reports(ctx, s.Day)
	if err != nil {
		return err
	}
	var revision int64
	if err := j.Commit(ctx, func(tx *db.Tx) error {
		// Before the answers: a sync that commits in between makes the week stale,
		// never wrongly current.
		if revision, err = tx.Revision(ctx, s.Day.Add(1-reportDepth), s.Day); err != nil {
			return err
		}
		fresh, err := store.NewSecret()
		if err == nil {
			w.secret, err = tx.ReportSecret(ctx, fresh)
		}
		return err
	}); err != nil {
		return err
	}
	done, err := w.all(ctx, s.Users)
	var some *PartialError
	if err != nil && !errors.As(err, &some) {
		return err
	}
	j.Log.Info("reports", "week", w.week.String(), "learners", done.learners, "made", done.made, "unchanged", done.unchanged,
		"failed", done.failed, "bytes", done.bytes, "store", w.store.String())
	if done.learners > 0 && done.failed == done.learners {
		return some.First
	}
	if err := j.Commit(ctx, func(tx *db.Tx) error {
		return tx.Publish(ctx, j.Run, db.Publication{Stage: reportStage, Day: s.Day, Complete: len(s.Users) == 0, Revision: revision})
	}); err != nil {
		return err
	}
	if some != nil {
		return some
	}
	return nil
}

// all makes the reports of the learners named, or of all who are due one, block
// by block.
func (w *reportWork) all(ctx context.Context, users []string) (done reportTally, err error) {
	due, err := w.due(ctx, users)
	if err != nil {
		return done, err
	}
	failed := PartialError{}
	for _, u := range due.unknown {
		if err := w.failLearner(ctx, u, &UnknownLearnerError{u}, &failed); err != nil {
			return done, err
		}
		done.learners, done.failed = done.learners+1, done.failed+1
	}
	block := w.renderer.block()
	for first := 0; first < len(due.users); first += block {
		b := &reportBlockWork{reportWork: w, users: due.users[first:min(first+block, len(due.users))]}
		if err := b.run(ctx); err != nil {
			return done, err
		}
		done.add(b.tally)
		w.Count(b.tally.read, int64(b.tally.made))
		for _, f := range b.failures {
			if err := w.failLearner(ctx, f.user, f.err, &failed); err != nil {
				return done, err
			}
		}
		b.removeOld(ctx)
		if b.down != nil {
			return done, b.down
		}
	}
	if failed.Failed > 0 {
		return done, &failed
	}
	return done, nil
}

// dueReports are the learners of a week.
type dueReports struct{ users, unknown []string }

func (w *reportWork) due(ctx context.Context, users []string) (d dueReports, err error) {
	if d.users, err = w.DB.ReportLearners(ctx, w.week.Monday, users); err != nil {
		return d, err
	}
	known := make(map[string]bool, len(users))
	if len(users) > 0 {
		for _, u := range d.users {
			known[u] = true
		}
	}
	for _, u := range users {
		if !known[u] {
			known[u] = true
			d.unknown = append(d.unknown, u)
		}
	}
	return d, nil
}

// failLearner records that a learner has no report.
func (w *reportWork) failLearner(ctx context.Context, user string, err error, failed *PartialError) error {
	w.Log.Error("failed", "learner", user, "error", err.Error())
	failed.add(1, fmt.Errorf("%s: %w", user, err))
	return w.DB.AddFailure(ctx, w.Run.ID, db.RunFailure{Kind: "learner", Subject: user, Error: err.Error()})
}

// words names the variants in the plan.
func (w *reportWork) words() string {
	names := make([]string, 0, len(w.variants)*len(w.formats))
	for _, v := range w.variants {
		for _, f := range w.formats {
			names = append(names, v.String()+"."+string(f))
		}
	}
	return strings.Join(names, ", ")
}
