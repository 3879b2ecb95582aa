package jobs

import (
	"context"
	"errors"
	"fmt"

	"sextant/db"
)

// ForgetLearner is forget-learner: it erases one learner from everything Sextant
// wrote, or lifts that, so that they are read again. One runs at a time.
type ForgetLearner struct{}

// ForgetParams are its parameters.
type ForgetParams struct {
	Lift bool `param:"lift" default:"false" help:"let the next sync read again what the platform holds of the learner"`
}

const forgetLearner = "forget-learner"

// Info describes the act.
func (ForgetLearner) Info() Info {
	return Info{Name: forgetLearner, Summary: "Erase one learner from everything Sextant wrote", Slice: "learner", Step: true, Discreet: true}
}

// Params gives its parameters.
func (ForgetLearner) Params() any { return &ForgetParams{} }

// Plan is one slice, which names nobody.
func (ForgetLearner) Plan(_ context.Context, j *Job) (Plan, error) {
	if len(j.Request.Users) != 1 || j.Request.Users[0] == "" {
		return Plan{}, usagef("name one learner: sextant learner forget USER")
	}
	return Plan{Slices: []Slice{{Day: db.DayOf(j.Now), Learners: 1, Reason: "asked for"}}}, nil
}

// Run erases, or lifts.
func (ForgetLearner) Run(ctx context.Context, j *Job, _ Slice) error {
	user := j.Request.Users[0]
	if j.Params.(*ForgetParams).Lift {
		return j.Commit(ctx, func(tx *db.Tx) error {
			lifted, err := tx.Remember(ctx, user)
			if err == nil && !lifted {
				return &UnknownLearnerError{user}
			}
			return err
		})
	}
	settings, err := j.reportStore()
	if err != nil {
		return err
	}
	var done db.Forgetting
	var left []error
	if err := j.Commit(ctx, func(tx *db.Tx) error {
		if _, err := forgetting(ctx, tx, user); err != nil {
			return err
		}
		reports, err := tx.LearnerReports(ctx, user)
		if err != nil {
			return err
		}
		if done, err = tx.Forget(ctx, j.Run, user); err != nil {
			return err
		}
		// Last, when no report of theirs can be under way any more: should this not
		// be committed, the rows that stand again lead to what is left.
		_, left = deleteReports(ctx, reports, settings)
		return ctx.Err()
	}); err != nil {
		return err
	}
	j.Count(0, done.Rows())
	for _, c := range done.Erased {
		j.Log.Info("erased", "table", c.Table, "rows", c.Rows)
	}
	for _, c := range done.Redacted {
		j.Log.Info("redacted", "table", c.Table, "rows", c.Rows)
	}
	for _, c := range done.Platform {
		j.Log.Info("remains on the platform", "table", c.Table, "rows", c.Rows)
	}
	if len(done.Stored) > 0 {
		j.Log.Info("reports deleted where they are stored", "files", len(done.Stored)-len(left))
	}
	if len(done.Reports) > 0 {
		j.Log.Warn("report files remain where they are stored", "files", len(done.Reports))
	}
	return j.reportsLeft(ctx, left)
}

// reportsLeft records reports that could not be deleted; their names tell nobody
// whose they are.
func (j *Job) reportsLeft(ctx context.Context, left []error) error {
	var failed PartialError
	for i, err := range left {
		j.Log.Error("a report could not be deleted; delete it by hand", "error", err.Error())
		failed.add(1, fmt.Errorf("the learner is erased, but for a report to delete by hand: %w", err))
		if err := j.DB.AddFailure(ctx, j.Run.ID, db.RunFailure{Kind: "slice", Subject: fmt.Sprintf("report %d", i+1), Error: err.Error()}); err != nil {
			return err
		}
	}
	if failed.Failed > 0 {
		return &failed
	}
	return nil
}

// forgetting says what forgetting a learner would do. Nobody is erased whom
// neither Sextant nor the platform knows: it would be a slip of the pen.
func forgetting(ctx context.Context, tx *db.Tx, user string) (db.Forgetting, error) {
	f, err := tx.Forgetting(ctx, user)
	if err != nil || f.Rows() > 0 || len(f.Platform) > 0 {
		return f, err
	}
	if _, err := tx.Forgotten(ctx, user); !errors.Is(err, db.ErrNotFound) {
		return f, err
	}
	return f, &UnknownLearnerError{user}
}

// PreviewForget says what forget-learner would do. It writes nothing.
func (r *Runner) PreviewForget(ctx context.Context, q Request) (f db.Forgetting, err error) {
	_, job, _, err := r.look(ctx, q)
	if err != nil {
		return f, err
	}
	err = r.DB.InSnapshot(ctx, func(tx *db.Tx) error {
		if job.Params.(*ForgetParams).Lift {
			if _, err := tx.Forgotten(ctx, q.Users[0]); errors.Is(err, db.ErrNotFound) {
				return usagef("%q was not forgotten: there is nothing to lift", q.Users[0])
			} else if err != nil {
				return err
			}
		}
		f, err = forgetting(ctx, tx, q.Users[0])
		return err
	})
	return f, err
}
