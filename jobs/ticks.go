package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/adhocore/gronx"

	"sextant/db"
)

// CatchUp says what becomes of the ticks that came while no worker lived.
type CatchUp string

// The ways to catch up.
const (
	CatchUpLatest CatchUp = "latest" // the newest is fired; the stage sees to the days before itself
	CatchUpAll    CatchUp = "all"    // each is fired, for its own day
	CatchUpNone   CatchUp = "none"   // none is fired; the schedule goes on with the next
)

// CatchUps lists the ways to catch up.
func CatchUps() []CatchUp { return []CatchUp{CatchUpLatest, CatchUpAll, CatchUpNone} }

const (
	tickEvery   = time.Second
	roundWithin = 30 * time.Second // a line that is cut must not hold up the schedule for longer
	ticksBack   = 100              // at most so many missed ticks of a stage are caught up with
	punctuality = time.Minute      // a tick found later than this was missed
)

// ticker fires the stages on their schedules, each tick once over all workers.
type ticker struct {
	runner  *Runner
	name    string // the actor of its runs
	catchUp CatchUp
	log     *slog.Logger

	next map[string]time.Time // by stage, before which there is nothing to look for
}

// Run looks every second what is due, by the database's clock alone.
func (t *ticker) Run(ctx context.Context) error {
	t.next = map[string]time.Time{} // another process may have gone on meanwhile
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		if err := t.round(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// round fires what is due of every stage. A stage that fails holds up no other.
func (t *ticker) round(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, roundWithin)
	defer cancel()
	now, err := t.runner.DB.Clock(ctx)
	if err != nil {
		return fmt.Errorf("read the database's clock: %w", err)
	}
	var failed error
	for _, st := range t.runner.Stages.All() {
		info := st.Info()
		if info.Schedule == "" || info.Off || now.Before(t.next[info.Name]) {
			continue
		}
		if err := t.fire(ctx, st); err != nil {
			failed = errors.Join(failed, fmt.Errorf("fire %s: %w", info.Name, err))
		}
	}
	return failed
}

// fire deals with one stage's ticks.
func (t *ticker) fire(ctx context.Context, st Stage) error {
	info := st.Info()
	var next time.Time
	runs, ours, err := t.runner.DB.FireTicks(ctx, info.Name, func(last *time.Time, now time.Time) (ticks []db.Tick, err error) {
		if next, err = gronx.NextTickAfter(info.Schedule, now.UTC(), false); err != nil {
			return nil, fmt.Errorf("schedule %q: %w", info.Schedule, err)
		}
		return t.plan(ctx, st, last, now.UTC())
	})
	if err != nil || !ours {
		return err
	}
	t.next[info.Name] = next
	for _, r := range runs {
		t.log.Info("the schedule fired", "stage", r.Stage, "run", r.ID.String(), "status", string(r.Status), "why", r.Reason)
	}
	return nil
}

// plan says what to do with the ticks after last up to now, oldest first.
func (t *ticker) plan(ctx context.Context, st Stage, last *time.Time, now time.Time) ([]db.Tick, error) {
	if last == nil {
		return []db.Tick{{At: now, Note: "the schedule begins"}}, nil
	}
	due, err := ticksBetween(st.Info().Schedule, last.UTC(), now)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	newest, before := due[len(due)-1], len(due)-1
	note := ""
	switch {
	case t.catchUp == CatchUpNone && now.Sub(newest) > punctuality:
		return []db.Tick{{At: newest, Note: fmt.Sprintf("missed, with %s before it", countTicks(before))}}, nil
	case t.catchUp != CatchUpAll && before > 0:
		note = fmt.Sprintf("; missed before it: %s", countTicks(before))
		due = due[before:]
	case before == ticksBack:
		due = due[1:]
		note = fmt.Sprintf("; older ones than %d are left out", ticksBack)
	}
	why, err := t.runner.hold(ctx, st, now)
	if err != nil {
		return nil, err
	}
	var ticks []db.Tick
	for _, at := range due {
		run, err := t.run(st, at, at != newest, note)
		if err != nil {
			return nil, err
		}
		ticks = append(ticks, db.Tick{At: at, Run: &run, Skip: why})
		note = ""
	}
	return ticks, nil
}

// run is the queued run of a tick: the day's routine, or, for one that has been
// overtaken, its own day alone.
func (t *ticker) run(st Stage, at time.Time, overtaken bool, note string) (db.Run, error) {
	q := Request{Stage: st.Info().Name, Trigger: db.TriggerSchedule, Actor: t.name, asked: at,
		Reason: "tick of " + moment(at) + note}
	if overtaken {
		day := db.DayOf(at).Add(-1)
		q.Date = &day
	}
	stage, job, err := t.runner.prepare(q, at)
	if err != nil {
		return db.Run{}, err
	}
	run, err := t.runner.newRun(stage, job)
	run.AskedAt = &at
	return run, err
}

// ticksBetween gives the moments of a schedule after last up to now, oldest
// first: the newest ticksBack of them, and one more where there are more.
func ticksBetween(schedule string, last, now time.Time) ([]time.Time, error) {
	var due []time.Time
	for at, inclusive := now, true; len(due) <= ticksBack; inclusive = false {
		prev, err := gronx.PrevTickBefore(schedule, at, inclusive)
		if err != nil {
			return nil, fmt.Errorf("schedule %q: %w", schedule, err)
		}
		if !prev.After(last) {
			break
		}
		due = append(due, prev)
		at = prev
	}
	slices.Reverse(due)
	return due, nil
}

func countTicks(n int) string {
	if n == ticksBack {
		return fmt.Sprintf("%d or more", n)
	}
	return fmt.Sprint(n)
}
