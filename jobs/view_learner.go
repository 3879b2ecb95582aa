package jobs

import (
	"context"
	"math"
	"slices"
	"time"

	"sextant/db"
)

// LearnerConsole is what the screens of learners, or their CLI twins, show and do.
type LearnerConsole interface {
	// Learners finds learners by a part of their id and orders them.
	Learners(ctx context.Context, f db.LearnerFilter) (db.Learners, error)
	Learner(ctx context.Context, userID string) (LearnerDetail, error)
	// LearnerKPIs computes a learner's KPIs as of a day (nil: the newest
	// published), with all they come from.
	LearnerKPIs(ctx context.Context, userID string, date *db.Day, options map[string]string) (KPIDetail, error)
	// PreviewTheta says what a recompute with some of its parameters would do.
	PreviewTheta(ctx context.Context, users []string, options map[string]string) ([]ThetaPreview, error)
	// PreviewRestore says what bringing θs back to a moment would do.
	PreviewRestore(ctx context.Context, users []string, at time.Time) ([]Restoration, error)
}

// LearnerDetail is what an on-call engineer needs of one learner.
type LearnerDetail struct {
	db.Learner
	Ability    *db.Ability        `json:"ability"`        // overall, in force
	Topics     []db.TopicAbility  `json:"topics"`         // in force, by topic
	Trajectory []db.ThetaPoint    `json:"trajectory"`     // overall θ history, oldest first
	Answers    []db.LearnerAnswer `json:"recent_answers"` // newest first
	KPIs       []db.KPIWeek       `json:"kpi_weeks"`      // oldest first
	Goals      []GoalOutlook      `json:"goals"`          // the most important first
}

// Standing is the estimate of the history that is in force; ok is false where
// the history lacks it: a calibration adds no row for a learner without new
// answers, and others may write to the published table.
func (d LearnerDetail) Standing() (p db.ThetaPoint, ok bool) {
	stood := d.stood()
	if len(stood) == 0 || d.Ability == nil {
		return p, false
	}
	p = stood[0]
	return p, p.Theta == d.Ability.Theta && p.Version == d.Ability.Version && p.AsOf.Equal(d.Ability.FittedAt)
}

// Earlier lists the estimates that a restore can bring back, the last that
// stood first: those that came into force, without the one that is.
func (d LearnerDetail) Earlier() []db.ThetaPoint {
	stood := d.stood()
	if _, ok := d.Standing(); ok {
		return stood[1:]
	}
	return stood
}

// stood are the estimates that came into force, the last first.
func (d LearnerDetail) stood() []db.ThetaPoint {
	var out []db.ThetaPoint
	for _, p := range d.Trajectory {
		if p.Stood {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b db.ThetaPoint) int { return b.EstimatedAt.Compare(a.EstimatedAt) })
	return out
}

// Changes reports whether a restore would change any θ.
func (r Restoration) Changes() bool {
	return slices.ContainsFunc(r.Thetas, func(t db.RestoredTheta) bool { return t.Now == nil || *t.Now != t.Theta })
}

// GoalOutlook is a goal and how likely it is reached.
type GoalOutlook struct {
	db.Goal
	Counts  bool     `json:"counts"`   // P of weekly_kpi stands on this one
	ByTopic bool     `json:"by_topic"` // judged by the topic's θ, else by the overall one
	Theta   *float64 `json:"theta"`
	SE      *float64 `json:"se"`
	P       *float64 `json:"p"` // that θ reaches the target, by the estimates in force
}

const (
	answersShown = 200 // of a learner
	weeksShown   = 12
)

// Learner gives what is known of one learner.
func (s *Service) Learner(ctx context.Context, userID string) (d LearnerDetail, err error) {
	if d.Learner, err = s.known(ctx, userID); err != nil {
		return d, err
	}
	if d.Ability, err = s.db.AbilityInForce(ctx, userID); err != nil {
		return d, err
	}
	if d.Topics, err = s.db.TopicAbilities(ctx, userID); err != nil {
		return d, err
	}
	if d.Trajectory, err = s.db.ThetaHistory(ctx, userID, false); err != nil {
		return d, err
	}
	if d.Answers, err = s.db.LearnerAnswers(ctx, userID, answersShown); err != nil {
		return d, err
	}
	if d.KPIs, err = s.db.KPIWeeks(ctx, userID, weeksShown); err != nil {
		return d, err
	}
	goals, err := s.db.Goals(ctx, userID)
	d.Goals = outlooks(goals, d.Ability, d.Topics)
	return d, err
}

// Learners finds learners by a part of their id.
func (s *Service) Learners(ctx context.Context, f db.LearnerFilter) (db.Learners, error) {
	return s.db.FindLearners(ctx, f)
}

// PreviewRestore says what restore-theta would do to each learner.
func (s *Service) PreviewRestore(ctx context.Context, users []string, at time.Time) ([]Restoration, error) {
	return s.runner.PreviewRestore(ctx, RestoreRequest(users, at))
}

// RestoreRequest asks for learners' θs to be brought back to a moment.
func RestoreRequest(users []string, at time.Time) Request {
	return Request{Stage: restoreTheta, Users: users, Options: map[string]string{"at": at.UTC().Format(time.RFC3339Nano)}}
}

// outlooks judges goals by the abilities in force: a topic's by that topic's θ
// or, where it has none, by the overall one.
func outlooks(goals []db.Goal, overall *db.Ability, topics []db.TopicAbility) []GoalOutlook {
	out := make([]GoalOutlook, len(goals))
	counted := false
	for i, g := range goals {
		o := GoalOutlook{Goal: g, Counts: g.Target != nil && !counted}
		counted = counted || o.Counts
		by := overall
		for j := range topics {
			if t := &topics[j]; t.TopicID == g.TopicID && t.SE != nil && *t.SE > 0 {
				by, o.ByTopic = &t.Ability, true
			}
		}
		if by != nil && by.SE != nil && *by.SE > 0 {
			o.Theta, o.SE = &by.Theta, by.SE
			if g.Target != nil {
				p := math.Erfc((*g.Target-by.Theta) / *by.SE / math.Sqrt2) / 2
				o.P = &p
			}
		}
		out[i] = o
	}
	return out
}
