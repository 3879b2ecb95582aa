package jobs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sextant/db/dbtest"
	"sextant/jobs"
)

// yearly makes features the one stage with a schedule, of the first of January:
// a test that runs on any other day finds the same ticks.
func yearly(t *testing.T, r *jobs.Runner) {
	t.Helper()
	no, schedule := false, "30 0 1 1 *"
	settings := map[string]jobs.Setting{}
	for _, s := range jobs.Stages().All() {
		if s.Info().Schedule != "" {
			settings[s.Info().Name] = jobs.Setting{Enabled: &no}
		}
	}
	settings[features] = jobs.Setting{Schedule: &schedule}
	r.Stages = must(jobs.Stages().With(settings))
}

// scheduler starts a worker that fires the yearly schedule.
func (b *bench) scheduler(catchUp jobs.CatchUp, ahead time.Duration) {
	b.Helper()
	b.worker(func(w *jobs.Worker) {
		yearly(b.T, w.Runner)
		w.Schedule, w.CatchUp = true, catchUp
		w.Runner.Clock = func() time.Time { return time.Now().Add(ahead) }
	})
}

// lastTick writes that the schedule was last seen to so many years ago.
func (b *bench) lastTick(years int) {
	b.Helper()
	b.exec(`INSERT INTO sextant.tick (stage, at) VALUES ($1, date_trunc('year', now()) + interval '30 minutes' - make_interval(years => $2))`, features, years)
}

// fired lists what became of the ticks after the first, oldest first: how many
// years ago each was, the day and status of its run, and what it says.
func (b *bench) fired() []string {
	b.Helper()
	rows, err := b.sql.Query(b.ctx, `
		SELECT concat_ws(' ', extract(year FROM now()) - extract(year FROM k.at), extract(year FROM now()) - extract(year FROM r.window_to),
			to_char(r.window_to, 'MM-DD'), r.trigger, CASE WHEN r.status = 'skipped' THEN r.status END, substring(r.reason FROM '; .*'), nullif(k.note, ''))
		FROM sextant.tick k LEFT JOIN sextant.run r ON r.id = k.run_id ORDER BY k.at OFFSET 1`)
	if err != nil {
		b.Fatal(err)
	}
	return must(pgx.CollectRows(rows, pgx.RowTo[string]))
}

func TestEachTickFiresOnceOverAllSchedulers(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.lastTick(1)
	for _, ahead := range []time.Duration{0, 400 * 24 * time.Hour, -400 * 24 * time.Hour} { // clocks that have jumped
		b.scheduler(jobs.CatchUpLatest, ahead)
	}
	dbtest.Until(t, "the schedulers have looked", func() bool {
		return one[int](b, `SELECT count(*) FROM sextant.run WHERE status NOT IN ('queued', 'running')`) == 1 && strings.Count(b.log.String(), "the worker is ready") == 3
	})
	if got, want := b.fired(), []string{"0 1 12-31 schedule"}; !slices.Equal(got, want) {
		t.Errorf("fired %q, want %q", got, want)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.run WHERE actor NOT LIKE 'worker testhost/%' OR reason NOT LIKE 'tick of %-01-01 00:30 UTC'`); n != 0 {
		t.Errorf("%d runs with another actor or reason", n)
	}
}

func TestCatchUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		how  jobs.CatchUp
		want []string
	}{
		{jobs.CatchUpLatest, []string{"0 1 12-31 schedule ; missed before it: 2"}},
		{jobs.CatchUpAll, []string{"2 3 12-31 schedule", "1 2 12-31 schedule", "0 1 12-31 schedule"}},
		{jobs.CatchUpNone, []string{"0 missed, with 2 before it"}},
	} {
		t.Run(string(c.how), func(t *testing.T) {
			t.Parallel()
			b, _ := newDemoBench(t, small)
			b.lastTick(3)
			b.scheduler(c.how, 0)
			dbtest.Until(t, "the ticks are dealt with", func() bool { return len(b.fired()) == len(c.want) })
			if got := b.fired(); !slices.Equal(got, c.want) {
				t.Errorf("fired %q, want %q", got, c.want)
			}
			// What was overtaken is for its own day; the newest is the routine.
			if got, want := one[int](b, `SELECT count(*) FROM sextant.run WHERE params ? 'date'`), max(len(c.want)-1, 0); got != want {
				t.Errorf("%d runs of one day alone, want %d", got, want)
			}
		})
	}
}

func TestCatchingUpWithAllHasABound(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.lastTick(150)
	if _, err := b.service().Pause(b.ctx, features, "history", nil); err != nil {
		t.Fatal(err)
	}
	b.scheduler(jobs.CatchUpAll, 0)
	dbtest.Until(t, "the ticks are dealt with", func() bool { return len(b.fired()) > 0 })
	got := b.fired()
	if len(got) != 100 || got[0] != "99 100 12-31 schedule skipped ; older ones than 100 are left out" || got[99] != "0 1 12-31 schedule skipped" {
		t.Errorf("%d fired: %q … %q", len(got), got[0], got[len(got)-1])
	}
}

func TestAScheduleBeginsWithItsNextTick(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.scheduler(jobs.CatchUpAll, 0)
	dbtest.Until(t, "the schedule begins", func() bool {
		return one[int](b, `SELECT count(*) FROM sextant.tick WHERE note = 'the schedule begins' AND run_id IS NULL`) == 1
	})
	if n := one[int](b, `SELECT count(*) FROM sextant.run`); n != 0 {
		t.Errorf("%d runs, want none", n)
	}
}

func TestAPausedStagesTickIsASkippedRun(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.lastTick(1)
	if _, err := b.service().Pause(b.ctx, features, "maintenance", nil); err != nil {
		t.Fatal(err)
	}
	b.scheduler(jobs.CatchUpLatest, 0)
	dbtest.Until(t, "the tick is dealt with", func() bool { return len(b.fired()) == 1 })
	if got := fmt.Sprint(b.fired()); got != "[0 1 12-31 schedule skipped]" {
		t.Errorf("fired %s", got)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.run_event WHERE message = 'skipped' AND attrs->>'why' LIKE 'paused by tester%maintenance'`); n != 1 {
		t.Errorf("%d lines say why", n)
	}
}
