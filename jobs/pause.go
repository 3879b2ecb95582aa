package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sextant/db"
)

// PausedError refuses a person's run of a stage that is held, and says how to
// go ahead; exit code 1.
type PausedError struct{ Stage, Why string }

func (e *PausedError) Error() string {
	return fmt.Sprintf("%s is %s; run it anyway with --force", e.Stage, e.Why)
}

// hold says why a stage's scheduled runs do not take place; empty when they do.
func (r *Runner) hold(ctx context.Context, stage Stage, now time.Time) (string, error) {
	info := stage.Info()
	if info.Off {
		return "switched off in the config file", nil
	}
	pauses, err := r.DB.Pauses(ctx, now)
	if err != nil {
		return "", err
	}
	if p, ok := pauses[info.Name]; ok {
		return pauseWords(p), nil
	}
	return "", nil
}

// pauseWords tells a pause: by whom, since when, until when, why.
func pauseWords(p db.Pause) string {
	words := fmt.Sprintf("paused by %s since %s", p.Actor, moment(p.At))
	if p.Until != nil {
		words += " until " + moment(*p.Until)
	}
	if p.Reason != "" {
		words += ": " + p.Reason
	}
	return words
}

// holds reports whether a hold stops the request, rather than go around it: a
// person may force a run, and a learner's θ that is asked for by name is no
// scheduled run at all.
func holds(stage Stage, q Request) bool {
	return !q.Force && (scheduled(q.Trigger) || !stage.Info().PerLearner)
}

// scheduled reports whether nobody is there to be asked.
func scheduled(t db.Trigger) bool {
	return t == db.TriggerCron || t == db.TriggerSchedule || t == db.TriggerEvent
}

// refuse ends a request for a stage that is held: a scheduled run, and one that
// has waited for a worker meanwhile, is recorded as skipped; a person is told.
func (r *Runner) refuse(ctx context.Context, stage Stage, job *Job, why string) (db.Run, error) {
	if job.Request.queued {
		r.Log.Info("skipped", "stage", stage.Info().Name, "run", job.Request.ID.String(), "why", why)
		return db.Run{}, r.DB.EndQueued(ctx, job.Request.ID, db.RunSkipped, why)
	}
	if !scheduled(job.Request.Trigger) {
		return db.Run{}, &PausedError{Stage: stage.Info().Name, Why: why}
	}
	run, err := r.newRun(stage, job)
	if err != nil {
		return db.Run{}, err
	}
	r.Log.Info("skipped", "stage", run.Stage, "why", why)
	return run, r.DB.SkipRun(ctx, &run, why)
}

// Pause holds a stage's scheduled runs from now on, until a moment or, with
// none, until somebody resumes it.
func (s *Service) Pause(ctx context.Context, stage, reason string, until *time.Time) (db.Pause, error) {
	info, now, err := s.pausable(ctx, stage)
	if err != nil {
		return db.Pause{}, err
	}
	if until != nil && !until.After(now) {
		return db.Pause{}, usagef("--until %s has passed; it is %s", moment(*until), moment(now))
	}
	if reason, err = said(reason); err != nil {
		return db.Pause{}, err
	}
	p := db.Pause{Stage: info.Name, Actor: s.runner.Actor, Reason: reason, At: now, Until: until}
	return p, s.db.Pause(ctx, p)
}

// Resume ends a stage's pause and reports whether there was one.
func (s *Service) Resume(ctx context.Context, stage, reason string) (bool, error) {
	info, now, err := s.pausable(ctx, stage)
	if err != nil {
		return false, err
	}
	if reason, err = said(reason); err != nil {
		return false, err
	}
	return s.db.Resume(ctx, info.Name, s.runner.Actor, reason, now)
}

// said is a reason as it is kept. One that is given has to say something.
func said(reason string) (string, error) {
	trimmed := strings.TrimSpace(reason)
	if trimmed == "" && reason != "" {
		return "", usagef("the reason is blank: say why, or leave it out")
	}
	return trimmed, nil
}

// PauseHistory lists the pauses of a stage, or of all stages, newest first.
func (s *Service) PauseHistory(ctx context.Context, stage string, limit int) ([]db.Pause, error) {
	if stage != "" {
		if _, err := s.runner.Stages.Find(stage); err != nil {
			return nil, err
		}
	}
	return s.db.PauseHistory(ctx, stage, limit)
}

// pausable is a stage that can be held, and the time.
func (s *Service) pausable(ctx context.Context, stage string) (Info, time.Time, error) {
	if s.about.ReadOnly {
		return Info{}, time.Time{}, ErrReadOnly
	}
	st, err := s.runner.Stages.Find(stage)
	if err != nil {
		return Info{}, time.Time{}, err
	}
	if st.Info().Step {
		return Info{}, time.Time{}, usagef("%s is a step that every stage runs first; pause those stages", stage)
	}
	now, _, err := s.runner.now(ctx)
	return st.Info(), now, err
}
