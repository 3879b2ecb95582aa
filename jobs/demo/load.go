package demo

import (
	"context"
	"encoding/json"
	"fmt"

	"sextant/db"
)

// Progress says how far Load has come.
type Progress struct {
	Learners int // whose sessions are in
	Of       int
	Sessions int
}

// batchSessions bounds what is in memory at a time: about 4 MB of JSON.
const batchSessions = 2000

// batch is what one COPY takes.
type batch struct {
	learners int
	sessions []db.PlatformSession
	goals    []db.PlatformGoal
}

// Load creates the demo platform in the database and streams a simulation into
// it, all of it or nothing. Its memory does not grow with the number of
// learners. It returns db.ErrPlatformLoaded where a demo platform stands
// already and db.ErrPlatformForeign where somebody else's tables do.
func Load(ctx context.Context, d *db.DB, o Options, progress func(Progress)) (Summary, error) {
	s, err := New(o)
	if err != nil {
		return Summary{}, err
	}
	note, err := json.Marshal(s.opts)
	if err != nil {
		return Summary{}, err
	}
	var sum Summary
	err = d.LoadPlatform(ctx, string(note), func(t *db.Tx) error {
		if err := t.CopyPlatformQuestions(ctx, s.Questions()); err != nil {
			return err
		}
		if err := t.CopyPlatformClassrooms(ctx, s.Classrooms()); err != nil {
			return err
		}
		sum, err = s.copyLearners(ctx, t, progress)
		return err
	})
	return sum, err
}

// Loaded returns the options of the platform that Load put into the database; ok
// is false where there is none.
func Loaded(ctx context.Context, d *db.DB) (o Options, ok bool, err error) {
	note, ok, err := d.PlatformNote(ctx)
	if err != nil || !ok || note == "" {
		return o, false, err
	}
	if err := json.Unmarshal([]byte(note), &o); err != nil {
		return o, false, fmt.Errorf("read the demo platform's options from its comment: %w", err)
	}
	return o, true, nil
}

// copyLearners draws the next batch while the database takes the last one.
func (s *Simulation) copyLearners(ctx context.Context, t *db.Tx, progress func(Progress)) (Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan batch, 1)
	g := s.newGenerator()
	go func() {
		defer close(batches)
		s.draw(g, func(b batch) bool {
			select {
			case batches <- b:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	done, goals := Progress{Of: s.opts.Learners}, 0
	for b := range batches {
		if err := t.CopyPlatformSessions(ctx, b.sessions); err != nil {
			return Summary{}, err
		}
		if err := t.CopyPlatformGoals(ctx, b.goals); err != nil {
			return Summary{}, err
		}
		goals += len(b.goals)
		done.Learners += b.learners
		done.Sessions += len(b.sessions)
		if progress != nil {
			progress(done)
		}
	}
	if err := ctx.Err(); err != nil {
		return Summary{}, err
	}
	return s.summary(&g.tally, goals), nil
}

// draw yields every learner's rows, in batches.
func (s *Simulation) draw(g *generator, yield func(batch) bool) {
	var b batch
	for k := range s.opts.Learners {
		l := s.learner(k)
		b.goals = append(b.goals, s.goals(l)...)
		g.sessions(l, func(p db.PlatformSession) { b.sessions = append(b.sessions, p) })
		b.learners++
		if len(b.sessions) >= batchSessions || k == s.opts.Learners-1 {
			if !yield(b) {
				return
			}
			b = batch{}
		}
	}
}
