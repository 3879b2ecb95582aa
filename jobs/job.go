package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs/report/store"
)

// Job is one run as its stage sees it.
type Job struct {
	DB       *db.DB
	Run      *db.Run // nil in a preview
	Request  Request
	Params   any    // the stage's parameter struct, filled in
	From, To db.Day // the as-of days asked for
	Now      time.Time
	Log      *slog.Logger

	service *plumber // that scores; nil: the engine does

	defaults map[string]string // of parameters, as the config file has them
	getenv   func(string) string
	version  string // of the program

	mu   sync.Mutex
	done db.RunProgress
}

// PartialError says that some learners or slices of a run failed and the rest
// were done; exit code 4.
type PartialError struct {
	Failed int
	First  error
}

func (e *PartialError) add(failed int, first error) {
	if e.Failed += failed; e.First == nil {
		e.First = first
	}
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("%d failed and the rest were done; the first: %v", e.Failed, e.First)
}

// Commit runs fn in the slice's transaction: all of it or nothing. When the
// database falters (a serialization failure, a deadlock, a lost connection, a
// server that restarts) it tries again, so fn must be able to run more than once.
func (j *Job) Commit(ctx context.Context, fn func(*db.Tx) error) error {
	wait := 200 * time.Millisecond
	for attempt := 1; ; attempt++ {
		err := j.DB.InSlice(ctx, j.Run, fn)
		falters := db.IsKind(err, db.KindTransient) || db.IsKind(err, db.KindUnreachable)
		if err == nil || attempt == maxAttempts || !falters || ctx.Err() != nil {
			return err
		}
		j.Log.Warn("the database faltered; trying the slice again", "attempt", attempt, "error", err.Error())
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
			wait *= 4
		}
	}
}

// Count adds to what the run has read and written.
func (j *Job) Count(read, written int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done.RowsRead += read
	j.done.RowsWritten += written
}

func (j *Job) progress() db.RunProgress {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.done
}

func (j *Job) units(done, total int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done.UnitsDone, j.done.UnitsTotal = done, total
}

// execute syncs the answers, plans, and runs the plan's slices in order. A
// slice that fails is recorded and the rest go on, unless the database itself
// is what failed.
func (j *Job) execute(ctx context.Context, stage Stage) error {
	if !stage.Info().Step {
		if err := j.sync(ctx, db.SyncOptions{}); err != nil {
			return err
		}
	}
	var failed, within PartialError // slices, and learners of slices that were done
	if err := j.leaveOutStrangers(ctx, stage, &within); err != nil {
		return err
	}
	plan, err := stage.Plan(ctx, j)
	if err != nil {
		return err
	}
	for _, n := range plan.Notes {
		j.Log.Info(n)
	}
	j.units(0, plan.Todo())
	for _, s := range plan.Slices {
		if s.Skip {
			j.Log.Info("skipped", "slice", s.Label(), "why", s.Reason)
			continue
		}
		began := time.Now()
		err := stage.Run(ctx, j, s)
		var some *PartialError // its learners are recorded
		switch {
		case err == nil:
			j.Log.Info("done", "slice", s.Label(), "why", s.Reason, "took", time.Since(began).Round(time.Millisecond).String())
			j.units(j.progress().UnitsDone+1, plan.Todo())
		case errors.As(err, &some):
			j.Log.Warn("done, some learners excepted", "slice", s.Label(), "failed", some.Failed)
			within.add(some.Failed, some.First)
		case ctx.Err() != nil || fatal(err):
			return err
		default:
			if err := j.fail(ctx, s, err); err != nil {
				return err
			}
			failed.add(1, attributed(s, err))
		}
	}
	if failed.Failed > 0 && failed.Failed == plan.Todo() {
		return failed.First
	}
	if failed.add(within.Failed, within.First); failed.Failed == 0 {
		return nil
	}
	return &failed
}

// fail records a slice that failed.
func (j *Job) fail(ctx context.Context, s Slice, err error) error {
	kind, subject := "slice", s.Day.String()
	if len(s.Users) == 1 {
		kind, subject = "learner", s.Users[0]
	}
	j.Log.Error("failed", "slice", s.Label(), "error", err.Error())
	return j.DB.AddFailure(ctx, j.Run.ID, db.RunFailure{Kind: kind, Subject: subject, Error: err.Error()})
}

// attributed says which slice an error is of, unless it names the learner itself.
func attributed(s Slice, err error) error {
	var unknown *UnknownLearnerError
	if errors.As(err, &unknown) {
		return err
	}
	return fmt.Errorf("%s: %w", s.Label(), err)
}

// leaveOutStrangers takes the learners whom nothing is known of out of a run by
// days, and notes that they failed: the others are none the worse for it.
func (j *Job) leaveOutStrangers(ctx context.Context, stage Stage, within *PartialError) error {
	if len(j.Request.Users) == 0 || stage.Info().Slice != "day" {
		return nil
	}
	strangers, err := j.DB.Strangers(ctx, j.Request.Users)
	if err != nil {
		return err
	}
	for _, u := range strangers {
		err := &UnknownLearnerError{u}
		j.Log.Error("failed", "learner", u, "error", err.Error())
		if err := j.DB.AddFailure(ctx, j.Run.ID, db.RunFailure{Kind: "learner", Subject: u, Error: err.Error()}); err != nil {
			return err
		}
		within.add(1, err)
	}
	j.Request.Users = slices.DeleteFunc(slices.Clone(j.Request.Users), func(u string) bool { return slices.Contains(strangers, u) })
	if len(j.Request.Users) == 0 {
		return within.First
	}
	return nil
}

// fatal reports whether an error would meet every other slice too.
func fatal(err error) bool {
	for _, k := range []db.Kind{db.KindTransient, db.KindUnreachable, db.KindAuth, db.KindPrivilege, db.KindReadOnly,
		db.KindDiskFull, db.KindNotMigrated} {
		if db.IsKind(err, k) {
			return true
		}
	}
	_, down := serviceFails(err)
	return down || store.Fails(err) || errors.Is(err, db.ErrFenced)
}

// sliceID identifies what one slice of the run makes: the run itself where it
// has one slice, else an id derived from it and the day, the same on a retry.
func (j *Job) sliceID(day db.Day) uuid.UUID {
	if j.From == j.To {
		return j.Run.ID
	}
	return uuid.NewSHA1(j.Run.ID, []byte(day.String()))
}

// record is what the ledger keeps of the request: enough to make it again.
func (j *Job) record(q Request) map[string]any {
	m := map[string]any{}
	if len(q.Users) > 0 {
		m["users"] = q.Users
	}
	for name, on := range map[string]bool{"missing": q.Missing, "force": q.Force, "backfill": q.Backfill(), "date": q.Date != nil} {
		if on {
			m[name] = true
		}
	}
	v := reflect.ValueOf(j.Params).Elem()
	for i, s := range Specs(j.Params) {
		m[s.Name] = v.Field(i).Interface()
	}
	return m
}
