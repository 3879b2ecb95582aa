package jobs

import (
	"context"
	"errors"
	"fmt"

	"sextant/db"
)

// Preview says what Run would do with the same request. It writes nothing.
func (r *Runner) Preview(ctx context.Context, q Request) (Preview, error) {
	if err := r.Validate(q); err != nil {
		return Preview{}, err
	}
	stage, job, plan, err := r.look(ctx, q)
	if err != nil {
		return Preview{}, err
	}
	why, err := r.hold(ctx, stage, job.Now)
	if err != nil {
		return Preview{}, err
	}
	if why != "" && holds(stage, q) {
		plan.Notes = append(plan.Notes, fmt.Sprintf("the stage is %s; only --force runs it", why))
	}
	if q.Missing && q.Force {
		plan.Notes = append(plan.Notes, "--missing leaves published days out, --force or not; --force goes around a pause alone")
	}
	unsynced, err := r.DB.Unsynced(ctx)
	if err != nil {
		return Preview{}, err
	}
	if len(q.Users) > 0 && stage.Info().Slice == "day" {
		strangers, err := r.DB.Strangers(ctx, q.Users)
		if err != nil {
			return Preview{}, err
		}
		for _, u := range strangers {
			plan.Notes = append(plan.Notes, (&UnknownLearnerError{u}).Error())
		}
	}
	return Preview{Stage: q.Stage, From: job.From, To: job.To, Slices: plan.Slices, Notes: plan.Notes,
		Unsynced: unsynced, Command: q.Command()}, nil
}

// PreviewTheta says what update-theta would do to each learner of a request.
// It writes nothing.
func (r *Runner) PreviewTheta(ctx context.Context, q Request) ([]ThetaPreview, error) {
	if err := r.Validate(q); err != nil {
		return nil, err
	}
	_, job, _, err := r.look(ctx, q)
	if err != nil {
		return nil, err
	}
	unsynced, err := r.DB.Unsynced(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]ThetaPreview, 0, len(q.Users))
	err = r.DB.InSnapshot(ctx, func(tx *db.Tx) error {
		for _, u := range q.Users {
			e, err := estimate(ctx, tx, job.service, u, job.Now, job.Params.(*ThetaParams).Lookback)
			var unknown *UnknownLearnerError
			if errors.As(err, &unknown) && len(q.Users) > 1 { // as in a run, the others are none the worse for it
				out = append(out, ThetaPreview{UserID: u, Outcome: OutcomeUnknown, AsOf: job.Now, Used: []Scored{}, LeftOut: []Excluded{}})
				continue
			}
			if err != nil {
				return err
			}
			e.view.Unsynced = unsynced
			out = append(out, e.view)
		}
		return nil
	})
	return out, err
}

// look prepares a request of which only a preview is wanted, and plans it.
func (r *Runner) look(ctx context.Context, q Request) (Stage, *Job, Plan, error) {
	now, _, err := r.now(ctx)
	if err != nil {
		return nil, nil, Plan{}, err
	}
	stage, job, err := r.prepare(q, now)
	if err != nil {
		return nil, nil, Plan{}, err
	}
	if job.service, err = r.service(job.Params); err != nil {
		return nil, nil, Plan{}, err
	}
	plan, err := stage.Plan(ctx, job)
	return stage, job, plan, err
}
