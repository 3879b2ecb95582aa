package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sextant/db"
)

// RestoreTheta is restore-theta: it brings the θs of the learners named,
// overall and by topic, back to what they were at a moment, as new rows of the
// history. Like a recompute it serialises learner by learner.
type RestoreTheta struct{}

// RestoreParams are its parameters.
type RestoreParams struct {
	At string `param:"at" help:"the moment to go back to, as RFC 3339"`
}

const restoreTheta = "restore-theta"

// Info describes the act.
func (RestoreTheta) Info() Info {
	return Info{Name: restoreTheta, Summary: "Bring learners' θ back to what it was at a moment", Slice: "learner", PerLearner: true,
		Step: true}
}

// Params gives its parameters.
func (RestoreTheta) Params() any { return &RestoreParams{} }

// Plan is one slice a learner.
func (RestoreTheta) Plan(_ context.Context, j *Job) (Plan, error) {
	at, err := j.restoreAt()
	if err != nil {
		return Plan{}, err
	}
	if len(j.Request.Users) == 0 {
		return Plan{}, nameLearners(restoreTheta)
	}
	var plan Plan
	for _, u := range j.Request.Users {
		plan.Slices = append(plan.Slices, Slice{Day: db.DayOf(at), Users: []string{u}, Learners: 1, Reason: "asked for", learner: true})
	}
	return plan, nil
}

// restoreAt is the moment to go back to.
func (j *Job) restoreAt() (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, j.Params.(*RestoreParams).At)
	if err != nil {
		return at, usagef("at: %q is not a moment; write it as 2026-03-29T12:00:00Z", j.Params.(*RestoreParams).At)
	}
	if at.After(j.Now.Add(SkewTolerance)) {
		return at, usagef("at: %s is still to come", at.UTC().Format(time.RFC3339))
	}
	return at, nil
}

// Run restores one learner.
func (RestoreTheta) Run(ctx context.Context, j *Job, s Slice) error {
	at, err := j.restoreAt()
	if err != nil {
		return err
	}
	user := s.Users[0]
	return j.Commit(ctx, func(tx *db.Tx) error {
		if err := tx.LockLearner(ctx, user); err != nil {
			return err
		}
		r, err := restoration(ctx, tx, user, at)
		if err != nil {
			return err
		}
		n, err := tx.RestoreThetas(ctx, user, at, j.Run.ID, j.Now)
		if err != nil {
			return err
		}
		j.Count(int64(len(r.Thetas)), n)
		j.Log.Info(RestoredLine, "learner", user, "at", at.UTC().Format(time.RFC3339), "theta", r.Thetas[0].Theta, "rows", len(r.Thetas))
		if len(r.Kept) > 0 {
			j.Log.Warn("topics that had no θ yet at that moment keep the one they have", "learner", user, "count", len(r.Kept), "topics", firstFew(r.keptTopics()))
		}
		if n < int64(2*len(r.Thetas)) {
			j.Log.Warn("some θs in force are as of a later moment and stay", "learner", user)
		}
		return nil
	})
}

// Restoration is what a restore does to one learner: their θs as they stood,
// beside those in force.
type Restoration struct {
	UserID string             `json:"user_id"`
	At     time.Time          `json:"at"`
	Thetas []db.RestoredTheta `json:"thetas"`
	Kept   []db.KeptTheta     `json:"kept"` // of topics that had none yet: they stay, and count
}

// restoration finds what there is to restore and whether it can be: a θ of
// another scale than the one in force would not compare with anybody's.
func restoration(ctx context.Context, tx *db.Tx, user string, at time.Time) (Restoration, error) {
	r := Restoration{UserID: user, At: at}
	var err error
	if r.Thetas, err = tx.ThetasAt(ctx, user, at); err != nil {
		return r, err
	}
	if len(r.Thetas) == 0 {
		first, err := tx.FirstTheta(ctx, user)
		switch {
		case err != nil:
			return r, err
		case first == nil:
			return r, fmt.Errorf("%q has no θ in the history: there is nothing to restore", user)
		}
		return r, fmt.Errorf("%q had no θ yet at %s: the first was estimated at %s; see 'sextant theta history'", user,
			at.UTC().Format(time.RFC3339), first.UTC().Format(time.RFC3339))
	}
	if r.Kept, err = tx.ThetasSince(ctx, user, at); err != nil {
		return r, err
	}
	c, err := tx.CalibrationInForce(ctx, "")
	if errors.Is(err, db.ErrNotFound) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	for _, t := range r.Thetas {
		if t.Version != c.Version {
			return r, fmt.Errorf("%q had a θ on scale %s at %s, and scale %s is in force: the two do not compare; "+
				"estimate it anew with 'sextant theta recompute'", user, t.Version, at.UTC().Format(time.RFC3339), c.Version)
		}
	}
	return r, nil
}

func (r Restoration) keptTopics() []string {
	topics := make([]string, len(r.Kept))
	for i, k := range r.Kept {
		topics[i] = k.TopicID
	}
	return topics
}

// PreviewRestore says what restore-theta would do to each learner of a request.
// It writes nothing.
func (r *Runner) PreviewRestore(ctx context.Context, q Request) ([]Restoration, error) {
	_, job, _, err := r.look(ctx, q)
	if err != nil {
		return nil, err
	}
	at, err := job.restoreAt()
	if err != nil {
		return nil, err
	}
	out := make([]Restoration, 0, len(q.Users))
	err = r.DB.InSnapshot(ctx, func(tx *db.Tx) error {
		for _, u := range q.Users {
			one, err := restoration(ctx, tx, u, at)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, err
}
