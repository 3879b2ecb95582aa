package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

// Service is Console on a database.
type Service struct {
	db       *db.DB
	runner   *Runner
	about    About
	launcher Launcher
	here     Launcher // whatever the usual one is

	items newest[[]Item]
	banks newest[BankSummary]
}

// NewService serves a database through a runner; about says where that is.
// Launched runs are made by launcher, unless the request says where.
func NewService(d *db.DB, r *Runner, about About, launcher Launcher) *Service {
	s := &Service{db: d, runner: r, about: about, launcher: launcher, here: launcher}
	s.about.Launches = WhereHere
	if queue, ok := launcher.(QueueLauncher); ok {
		s.about.Launches, s.here = WhereWorkers, queue.Rest
	}
	return s
}

const (
	launchedWithin  = 15 * time.Second
	launchPollEvery = 50 * time.Millisecond
)

// About says where we are connected.
func (s *Service) About() About { return s.about }

// Runs lists runs, newest first.
func (s *Service) Runs(ctx context.Context, f db.RunFilter) ([]db.Run, error) {
	if err := s.markLost(ctx); err != nil {
		return nil, err
	}
	return s.db.Runs(ctx, f)
}

// markLost makes dead runs say so before they are shown. Who may only read
// sees them as they stand.
func (s *Service) markLost(ctx context.Context) error {
	if s.about.ReadOnly {
		return nil
	}
	if _, err := s.db.MarkLost(ctx); err != nil && !db.IsKind(err, db.KindPrivilege) && !db.IsKind(err, db.KindReadOnly) {
		return err
	}
	return nil
}

// Run gives a run with its log lines after a sequence number.
func (s *Service) Run(ctx context.Context, id uuid.UUID, after int64) (RunDetail, error) {
	return s.detail(ctx, id.String(), after)
}

// FindRun gives a run by the start of its id.
func (s *Service) FindRun(ctx context.Context, prefix string) (RunDetail, error) {
	return s.detail(ctx, prefix, 0)
}

// noRunError says that no run is known by the start of an id.
type noRunError struct{ prefix string }

func (e noRunError) Error() string {
	return fmt.Sprintf("no run's id starts with %q; see 'sextant runs'", e.prefix)
}

func (noRunError) Unwrap() error { return db.ErrNotFound }

func (s *Service) detail(ctx context.Context, prefix string, after int64) (d RunDetail, err error) {
	if d.Run, err = s.db.FindRun(ctx, prefix); err != nil {
		if errors.Is(err, db.ErrNotFound) {
			err = noRunError{prefix}
		}
		return d, err
	}
	if !d.Status.Final() {
		if err := s.markLost(ctx); err != nil {
			return d, err
		}
	}
	if d.Events, err = s.db.RunEvents(ctx, d.ID, after); err != nil {
		return d, err
	}
	if d.Failures, err = s.db.RunFailures(ctx, d.ID); err != nil {
		return d, err
	}
	q, err := recorded(s.runner.Stages, s.runner.Defaults, d.Run)
	if err != nil {
		return d, err
	}
	d.Command = q.Command()
	return d, nil
}

// known is a learner of whom answers have been read, or an UnknownLearnerError.
func (s *Service) known(ctx context.Context, userID string) (db.Learner, error) {
	l, err := s.db.Learner(ctx, userID)
	if errors.Is(err, db.ErrNotFound) {
		err = &UnknownLearnerError{userID}
	}
	return l, err
}

// ThetaHistory is the learner's θ history, oldest first: overall, or of all
// topics too.
func (s *Service) ThetaHistory(ctx context.Context, userID string, topics bool) ([]db.ThetaPoint, error) {
	if _, err := s.known(ctx, userID); err != nil {
		return nil, err
	}
	return s.db.ThetaHistory(ctx, userID, topics)
}

// Params lists a stage's parameters with the defaults of this environment.
func (s *Service) Params(stage string) ([]ParamSpec, error) {
	st, err := s.runner.Stages.Find(stage)
	if err != nil {
		return nil, err
	}
	specs := Specs(st.Params())
	for i, spec := range specs {
		if v, ok := s.runner.Defaults[spec.Name]; ok {
			specs[i].Default = v
		}
		if v := s.runner.Getenv(spec.Env); spec.Env != "" && v != "" {
			specs[i].Default = v
		}
	}
	return specs, nil
}

// Preview says what a request would do.
func (s *Service) Preview(ctx context.Context, q Request) (Preview, error) {
	return s.runner.Preview(ctx, q)
}

// PreviewTheta says what a recompute would do to each learner's θ.
func (s *Service) PreviewTheta(ctx context.Context, users []string, options map[string]string) ([]ThetaPreview, error) {
	return s.runner.PreviewTheta(ctx, Request{Stage: updateTheta, Users: users, Options: options})
}

// Cancel asks a run to stop; the reason, if any, goes to its log.
func (s *Service) Cancel(ctx context.Context, id uuid.UUID, reason string) error {
	if s.about.ReadOnly {
		return ErrReadOnly
	}
	asked, err := s.db.RequestCancel(ctx, id, s.runner.Actor)
	if err == nil && !asked {
		err = usagef("run %s has already finished", id)
	}
	if err != nil || reason == "" {
		return err
	}
	return s.db.NoteRun(ctx, id, "asked to stop", map[string]any{"by": s.runner.Actor, "reason": reason})
}

// at is what launches a run at a place.
func (s *Service) at(w Where) Launcher {
	switch w {
	case WhereHere:
		return s.here
	case WhereWorkers:
		return QueueLauncher{Runner: s.runner, Rest: s.here}
	}
	return s.launcher
}

// Watch calls changed once it listens, and then with every change of the
// ledger, until ctx ends.
func (s *Service) Watch(ctx context.Context, changed func()) error { return s.db.Watch(ctx, changed) }

// Calendar tells how each day of a span stands with a stage, oldest first; none
// of a stage that publishes no days.
func (s *Service) Calendar(ctx context.Context, stage string, from, to db.Day) ([]db.CalendarDay, error) {
	st, err := s.runner.Stages.find(stage)
	if err != nil {
		return nil, err
	}
	span := st.Info().SliceDays()
	if span == 0 {
		return []db.CalendarDay{}, nil
	}
	return s.db.Calendar(ctx, stage, span == weekDays, from, to)
}

// Validate reports what is wrong with a request itself; it asks no database.
func (s *Service) Validate(q Request) error { return s.runner.Validate(q) }

// Launch starts a run outside this process and waits for its ledger row.
func (s *Service) Launch(ctx context.Context, q Request) (uuid.UUID, error) {
	if s.about.ReadOnly {
		return uuid.Nil, ErrReadOnly
	}
	if err := s.runner.Validate(q); err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("make a run id: %w", err)
	}
	q.ID = id
	ended, err := s.at(q.Where).Launch(ctx, q)
	if err != nil {
		return uuid.Nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, launchedWithin)
	defer cancel()
	tick := time.NewTicker(launchPollEvery)
	defer tick.Stop()
	for {
		if _, err := s.db.FindRun(ctx, id.String()); err == nil {
			return id, nil
		} else if !errors.Is(err, db.ErrNotFound) {
			return uuid.Nil, err
		}
		select {
		case err := <-ended: // it may have run to its end between two looks
			if _, found := s.db.FindRun(ctx, id.String()); found == nil {
				return id, nil
			}
			return uuid.Nil, err
		case <-ctx.Done():
			return uuid.Nil, fmt.Errorf("run %s has not reached the ledger in %s; see 'sextant runs'", id, launchedWithin)
		case <-tick.C:
		}
	}
}
