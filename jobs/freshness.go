package jobs

import (
	"fmt"
	"time"

	"github.com/adhocore/gronx"

	"sextant/db"
)

// facts is what a stage's freshness is judged on.
type facts struct {
	info    Info
	built   bool
	dataDay *db.Day    // newest day published in full
	runs    []db.Run   // newest first
	since   *time.Time // for a stage on events: the oldest finished session without its θ
	now     time.Time
}

// freshness judges a stage: green means that the data day due has been
// published, not that a process ran. A backfill of an old day never makes a
// late stage green, since only the newest published day counts.
func freshness(f facts) (StageStatus, error) {
	s := StageStatus{Info: f.info, DataDay: f.dataDay, Recent: f.runs}
	if len(f.runs) > 0 {
		s.LastRun = &f.runs[0]
	}
	if !f.built {
		s.State, s.Why = StateNotBuilt, "not built in this version"
		return s, nil
	}
	if f.info.Schedule == "" {
		s.onEvents(f)
		return s, nil
	}
	deadline, err := gronx.PrevTickBefore(f.info.Schedule, f.now, true)
	if err != nil {
		return s, fmt.Errorf("schedule %q of %s: %w", f.info.Schedule, f.info.Name, err)
	}
	next, err := gronx.NextTickAfter(f.info.Schedule, f.now, false)
	if err != nil {
		return s, fmt.Errorf("schedule %q of %s: %w", f.info.Schedule, f.info.Name, err)
	}
	due := db.DayOf(deadline).Add(-1) // a stage publishes the last complete day
	s.DueDay, s.Deadline, s.NextTick = &due, &deadline, &next
	if f.dataDay != nil {
		lag := max(0, due.Sub(*f.dataDay))
		s.LagDays = &lag
	}
	s.judge(f, due, deadline)
	return s, nil
}

// judge sets the state of a scheduled stage.
func (s *StageStatus) judge(f facts, due db.Day, deadline time.Time) {
	last := s.LastRun
	switch {
	case last != nil && last.Status == db.RunRunning:
		s.State, s.Why = StateRunning, fmt.Sprintf("run by %s on %s", last.Actor, last.Host)
	case f.dataDay != nil && !f.dataDay.Before(due):
		s.State, s.Why = StateFresh, fmt.Sprintf("%s is published", due)
	case last != nil && tried(*last, deadline):
		s.State, s.Why = StateFailed, fmt.Sprintf("the last try for %s: %s", due, reasonOf(*last))
	case f.dataDay == nil:
		s.State, s.Why = StateNever, "nothing has been published yet"
	case f.now.Before(deadline.Add(f.info.Grace)):
		s.State, s.Why = StateDue, fmt.Sprintf("%s was due at %s; within grace", due, deadline.Format("15:04"))
	default:
		s.State, s.Why = StateLate, fmt.Sprintf("%s was due at %s", due, deadline.Format("2006-01-02 15:04"))
	}
}

// tried reports whether a run since the deadline ended without publishing.
func tried(r db.Run, deadline time.Time) bool {
	switch r.Status {
	case db.RunFailed, db.RunLost, db.RunPartial, db.RunCancelled:
		return !r.CreatedAt.Before(deadline)
	}
	return false
}

func reasonOf(r db.Run) string {
	if r.Error != nil {
		return *r.Error
	}
	return string(r.Status)
}

// onEvents sets the state of a stage without a schedule: it is as fresh as the
// oldest finished session that still waits for it.
func (s *StageStatus) onEvents(f facts) {
	const soon, late = time.Minute, time.Hour
	switch {
	case f.since == nil:
		s.State, s.Why = StateFresh, "every finished session has its θ"
	case f.now.Sub(*f.since) <= soon:
		s.State, s.Why = StateFresh, "a session has just finished"
	case f.now.Sub(*f.since) <= late:
		s.State, s.Why = StateDue, "a session has waited for its θ since "+f.since.UTC().Format("15:04 UTC")
	default:
		s.State, s.Why = StateLate, "a session has waited for its θ since "+f.since.UTC().Format("2006-01-02 15:04 UTC")
	}
}
