package jobs_test

import (
	"context"
	"testing"
	"time"

	"sextant/db"
	"sextant/jobs"
)

// nowhere is a launcher that notes what it is given and starts nothing.
type nowhere struct{ asked []jobs.Request }

func (n *nowhere) Launch(_ context.Context, q jobs.Request) (<-chan error, error) {
	n.asked = append(n.asked, q)
	ended := make(chan error, 1)
	ended <- context.Canceled
	return ended, nil
}

// TestALaunchSaysWhere leaves a run to the workers, or keeps it here, whatever
// is usual; the command that does the same says so too.
func TestALaunchSaysWhere(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	q := jobs.Request{Stage: "aggregate-features-daily", Trigger: db.TriggerConsole}
	for _, usual := range []jobs.Where{jobs.WhereHere, jobs.WhereWorkers} {
		here := &nowhere{}
		var launcher jobs.Launcher = here
		if usual == jobs.WhereWorkers {
			launcher = jobs.QueueLauncher{Runner: b.runner, Rest: here}
		}
		s := jobs.NewService(b.db, b.runner, jobs.About{}, launcher)
		if s.About().Launches != usual {
			t.Errorf("runs go to %s, want %s", s.About().Launches, usual)
		}
		for _, where := range []jobs.Where{"", jobs.WhereHere, jobs.WhereWorkers} {
			q, before := q, len(here.asked)
			q.Where = where
			id, err := s.Launch(b.ctx, q)
			if queued := where == jobs.WhereWorkers || where == "" && usual == jobs.WhereWorkers; !queued {
				if len(here.asked) != before+1 {
					t.Errorf("usually %s, asked for %q: nothing was started here", usual, where)
				}
				continue
			}
			r, findErr := b.db.FindRun(b.ctx, id.String())
			if err != nil || findErr != nil || r.Status != db.RunQueued || len(here.asked) != before {
				t.Errorf("usually %s, asked for %q: %s (%v, %v)", usual, where, r.Status, err, findErr)
			}
		}
	}
	q.Where = jobs.WhereWorkers
	if got, want := q.Command(), "sextant run aggregate-features-daily --queue"; got != want {
		t.Errorf("the command is %q, want %q", got, want)
	}
}

func TestMoments(t *testing.T) {
	now := time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"36h": "2026-04-03T00:00", "2026-04-03": "2026-04-03T00:00", "2026-04-03T06:00": "2026-04-03T06:00",
		"2026-04-03 06:00": "2026-04-03T06:00", "2026-04-03T06:00:00+09:00": "2026-04-02T21:00",
	} {
		if at, err := jobs.ParseMoment(text, now); err != nil || at.Format("2006-01-02T15:04") != want {
			t.Errorf("%s is %s (%v), want %s", text, at, err, want)
		}
	}
	if _, err := jobs.ParseMoment("tomorrow", now); err == nil {
		t.Error("tomorrow is taken for a moment")
	}
	for _, c := range []struct {
		schedule string
		to       time.Time
		want     int
	}{
		{"0 2 * * *", now.Add(36 * time.Hour), 1}, {"0 2 * * *", now.Add(48 * time.Hour), 2}, {"0 2 * * *", time.Date(2026, 4, 2, 2, 0, 0, 0, time.UTC), 0},
		{"*/5 * * * *", now.Add(24 * time.Hour), 100}, // no more are counted
	} {
		if n, err := jobs.TicksBetween(c.schedule, now, c.to, 100); err != nil || n != c.want {
			t.Errorf("%s up to %s ticks %d times (%v), want %d", c.schedule, c.to, n, err, c.want)
		}
	}
}
