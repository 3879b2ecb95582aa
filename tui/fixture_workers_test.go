package tui

import (
	"context"
	"time"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
)

// Workers is one that is at a run, one that stops, one that is gone, and runs
// that wait.
func (f *fixture) Workers(ctx context.Context) (jobs.Workers, error) {
	if f.uncalibrated {
		return jobs.Workers{}, f.read(ctx)
	}
	since, waiting := fixedNow.Add(-90*time.Second), fixedNow.Add(-4*time.Minute)
	w := jobs.Workers{
		Workers: []db.Worker{
			{ID: uuid.UUID{1}, Name: "worker node-1/4242", Host: "node-1", PID: 4242, Version: "v1.4.0", Listen: "127.0.0.1:9321",
				Tasks: []string{"queue", "mend", "schedule", "theta"}, StartedAt: fixedNow.Add(-26 * time.Hour), SeenAt: fixedNow.Add(-2 * time.Second), Alive: true,
				Doing: []db.InHand{{Run: f.runs[0].ID, Stage: f.runs[0].Stage, Since: since}}},
			{ID: uuid.UUID{3}, Name: "worker 서버-3/911", Host: "서버-3", PID: 911, Version: "v1.4.0", Tasks: []string{"theta"},
				StartedAt: fixedNow.Add(-3 * time.Hour), SeenAt: fixedNow.Add(-4 * time.Second), Alive: true, Stopping: true},
			{ID: uuid.UUID{2}, Name: "worker node-2/77", Host: "node-2", PID: 77, Version: "v1.3.9",
				Tasks: []string{"queue", "mend"}, StartedAt: fixedNow.Add(-50 * time.Hour), SeenAt: fixedNow.Add(-3 * time.Hour)},
		},
		Queue:   []db.StageQueue{{Stage: "compute-daily-kpis", Queued: 1}, {Stage: "mirt-calibrate", Queued: 2, Oldest: &since}},
		Jobs:    []db.JobCount{{State: "available", Jobs: 2}, {State: "running", Jobs: 1}},
		Running: f.runs[:1],
		Theta:   db.Backlog{Changes: 37, Oldest: &waiting},
	}
	for i := 3; i < f.many; i++ {
		more := w.Workers[i%3]
		more.ID = uuid.UUID{byte(i >> 8), byte(i), 1}
		w.Workers = append(w.Workers, more)
	}
	return w, f.read(ctx)
}
