package jobs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"sextant/db"
)

// facts is what a stage's freshness is judged on.
type facts struct {
	info    Info
	dataDay *db.Day    // newest day published in full
	runs    []db.Run   // newest first
	try     *db.Run    // the last that could have published the day due
	pause   *db.Pause  // in force
	since   *time.Time // for a stage on events: the oldest finished session without its θ
	now     time.Time
}

// freshness judges a stage: green means that the data day due has been
// published, not that a process ran. A backfill of an old day never makes a
// late stage green, since only the newest published day counts.
func freshness(f facts) (StageStatus, error) {
	s := StageStatus{Info: f.info, DataDay: f.dataDay, Recent: f.runs, Pause: f.pause}
	if len(f.runs) > 0 {
		s.LastRun = &f.runs[0]
	}
	if f.info.Schedule != "" {
		day, deadline, next, err := due(f.info.Schedule, f.now)
		if err != nil {
			return s, fmt.Errorf("%s: %w", f.info.Name, err)
		}
		s.DueDay, s.Deadline, s.NextTick = &day, &deadline, &next
		if f.dataDay != nil {
			lag := max(0, day.Sub(*f.dataDay))
			s.LagDays = &lag
		}
	}
	running := slices.IndexFunc(f.runs, func(r db.Run) bool { return r.Status == db.RunRunning })
	switch {
	case f.info.Off:
		s.State, s.Why = StateOff, "switched off in the config file"
	case running >= 0 && !f.info.PerLearner:
		r := f.runs[running]
		s.State, s.Why = StateRunning, fmt.Sprintf("run by %s on %s", r.Actor, r.Host)
	case f.pause != nil:
		s.State, s.Why = StatePaused, pauseWords(*f.pause)
	case f.info.Schedule == "":
		s.onEvents(f)
	default:
		return s, s.judge(f)
	}
	return s, nil
}

// judge sets the state of a scheduled stage that nothing holds.
func (s *StageStatus) judge(f facts) error {
	due, deadline := *s.DueDay, *s.Deadline
	missed, since, err := f.missed(due, deadline)
	if err != nil {
		return err
	}
	switch {
	case f.dataDay != nil && !f.dataDay.Before(due):
		s.State, s.Why = StateFresh, fmt.Sprintf("%s is published", due)
	case f.try != nil && ended(*f.try):
		s.State, s.Why = StateFailed, fmt.Sprintf("the last try for %s: %s", due, strings.TrimPrefix(reasonOf(*f.try), due.String()+": "))
	case f.dataDay == nil:
		s.State, s.Why = StateNever, "nothing has been published yet"
	case since.IsZero():
		s.State, s.Why = StateDue, fmt.Sprintf("%s was due at %s; within grace", due, deadline.Format("15:04"))
	default:
		s.State, s.Why = StateLate, fmt.Sprintf("%s was due at %s", missed, since.Format("2006-01-02 15:04"))
	}
	return nil
}

// missed is the newest day that a stage has not published although its grace
// is over, and since when it was due; no moment when there is none. A stage that
// is behind stays late when yet another day falls due.
func (f facts) missed(day db.Day, deadline time.Time) (db.Day, time.Time, error) {
	for f.dataDay != nil && f.dataDay.Before(day) {
		if !f.now.Before(deadline.Add(f.info.Grace)) {
			return day, deadline, nil
		}
		var err error
		if day, deadline, _, err = due(f.info.Schedule, deadline.Add(-time.Second)); err != nil {
			return day, deadline, fmt.Errorf("%s: %w", f.info.Name, err)
		}
	}
	return day, time.Time{}, nil
}

// ended reports whether a run ended short of success.
func ended(r db.Run) bool {
	switch r.Status {
	case db.RunFailed, db.RunLost, db.RunPartial, db.RunCancelled:
		return true
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
	soon, late := time.Minute, cmp.Or(f.info.Grace, time.Hour)
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
