// Package jobs is the pipeline: its stages, the registry that lists them, the
// one runner that runs them, their schedules and their freshness.
package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sextant/db"
)

// Info describes a stage to people and to the scheduler.
type Info struct {
	Name     string        `json:"name"`
	Summary  string        `json:"summary"`
	Schedule string        `json:"schedule"` // cron, UTC; empty: it runs on events
	Grace    time.Duration `json:"-"`        // between deadline and late
	Upstream []string      `json:"upstream"` // stages whose output it reads
	Slice    string        `json:"slice"`    // what one transaction publishes

	PerLearner bool `json:"-"` // runs beside itself; its writes are serialised learner by learner
	Step       bool `json:"-"` // a step of other stages that can also be run alone; it publishes nothing
	Discreet   bool `json:"-"` // the ledger does not name its learners

	Off     bool   `json:"-"` // by configuration: not scheduled and not judged
	PingURL string `json:"-"` // of the monitor that a run reports to; who knows it can ping
}

const weekDays = 7

// SliceDays is how many days a slice of the stage covers, the last of them being
// the one it is published as; 0 where it publishes no days.
func (i Info) SliceDays() int {
	switch i.Slice {
	case "day", "calibration":
		return 1
	case "week":
		return weekDays
	}
	return 0
}

// Stage is one step of the pipeline. A new stage is a file with a type that
// implements it and a line in the registry.
type Stage interface {
	Info() Info

	// Params gives a new parameter struct with the defaults of its tags (see
	// ParamSpec); Plan and Run receive it filled in inside the Job.
	Params() any

	// Plan says which slices a run would do, which it skips, and why. It only
	// reads.
	Plan(ctx context.Context, j *Job) (Plan, error)

	// Run does one slice. Everything it writes goes through j.Commit, which is
	// all or nothing and fails when the run no longer holds its lock.
	Run(ctx context.Context, j *Job, s Slice) error
}

// Slice is the unit of publishing: all of it appears or nothing.
type Slice struct {
	Day      db.Day   `json:"day"`
	Users    []string `json:"users,omitempty"` // the learners of a block; empty: all
	Skip     bool     `json:"skip"`
	Reason   string   `json:"reason"` // why it runs or is skipped
	Learners int64    `json:"learners"`
	Answers  int64    `json:"answers"`

	learner bool // it is a learner, and the day says nothing
}

// Label names the slice in logs and previews.
func (s Slice) Label() string {
	switch {
	case s.learner:
		return s.Users[0]
	case len(s.Users) == 1:
		return s.Day.String() + " " + s.Users[0]
	}
	return s.Day.String()
}

// Plan is what a run would do, oldest slice first.
type Plan struct {
	Slices []Slice  `json:"slices"`
	Notes  []string `json:"notes"` // what the operator should know before agreeing
}

// Todo counts the slices that would run.
func (p Plan) Todo() int {
	n := 0
	for _, s := range p.Slices {
		if !s.Skip {
			n++
		}
	}
	return n
}

// Registry is the list of stages in pipeline order.
type Registry struct{ stages []Stage }

// Stages is the product's registry.
func Stages() *Registry {
	return &Registry{[]Stage{
		Features{},
		KPIs{},
		Calibrate{},
		WeeklyReport{},
		Inactivity{},
		UpdateTheta{},
		syncAnswers{},
	}}
}

// All gives the stages in pipeline order.
func (r *Registry) All() []Stage { return r.stages }

// Find gives the stage of that name, or an error that lists the names.
func (r *Registry) Find(name string) (Stage, error) {
	names := make([]string, len(r.stages))
	for i, s := range r.stages {
		if names[i] = s.Info().Name; names[i] == name {
			return s, nil
		}
	}
	return nil, usagef("unknown stage %q; the stages are %s", name, strings.Join(names, ", "))
}

// UsageError is a request that makes no sense as asked; exit code 2.
type UsageError struct{ msg string }

func (e *UsageError) Error() string { return e.msg }

func usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }
