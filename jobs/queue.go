package jobs

import (
	"context"
	"fmt"

	"sextant/db"
)

// Enqueue writes a run to the ledger as queued and leaves it to the workers. Its
// parameters and its days are settled here and now, wherever and whenever it
// runs.
func (r *Runner) Enqueue(ctx context.Context, q Request) (db.Run, error) {
	if q.PingURL != "" {
		return db.Run{}, usagef("a queued run reports to the monitor of the worker's config file; leave --ping-url out")
	}
	stage, job, held, err := r.admit(ctx, q)
	if err != nil {
		return db.Run{}, err
	}
	if _, err := r.Stages.Find(q.Stage); err != nil {
		return db.Run{}, usagef("%s is done here and now; the queue is for the pipeline's stages", q.Stage)
	}
	if held != "" {
		return r.refuse(ctx, stage, job, held)
	}
	run, err := r.newRun(stage, job)
	if err != nil {
		return db.Run{}, err
	}
	run.AskedAt = &job.Now
	return run, r.DB.Enqueue(ctx, &run)
}

// queuedRequest turns the row of a queued run back into the request that made
// it, to the letter: neither this machine's environment nor the hour changes
// what was asked for.
func queuedRequest(r db.Run) (Request, error) {
	q := Request{ID: r.ID, Stage: r.Stage, Reason: r.Reason, Trigger: r.Trigger, Actor: r.Actor, Options: map[string]string{},
		queued: true}
	if r.AskedAt != nil {
		q.asked = r.AskedAt.UTC()
	}
	p, err := readObject(r.Params)
	if err != nil {
		return q, fmt.Errorf("read the parameters of run %s: %w", r.ID, err)
	}
	for name, v := range p {
		on := v == true
		switch name {
		case "users":
			users, _ := v.([]any)
			for _, u := range users {
				q.Users = append(q.Users, fmt.Sprint(u))
			}
		case "missing":
			q.Missing = on
		case "force":
			q.Force = on
		case "backfill":
			q.From, q.To = r.WindowFrom, r.WindowTo
		case "date":
			q.Date = r.WindowTo
		default:
			q.Options[name] = Field{name, v}.Exact()
		}
	}
	return q, nil
}

// QueueLauncher hands what the console launches to the workers.
type QueueLauncher struct {
	Runner *Runner
	Rest   Launcher // of what is none of the pipeline's stages
}

// Launch queues the run, which then stands in the ledger.
func (l QueueLauncher) Launch(ctx context.Context, q Request) (<-chan error, error) {
	if _, err := l.Runner.Stages.Find(q.Stage); err != nil {
		return l.Rest.Launch(ctx, q)
	}
	_, err := l.Runner.Enqueue(ctx, q)
	return nil, err
}

// runningShown is how many runs under way are listed with the workers.
const runningShown = 100

// Workers lists the workers, what is under way and what waits for them.
func (s *Service) Workers(ctx context.Context) (w Workers, err error) {
	if w.Workers, err = s.db.Workers(ctx); err != nil {
		return w, err
	}
	if w.Queue, err = s.db.QueueDepth(ctx); err != nil {
		return w, err
	}
	if w.Jobs, err = s.db.JobCounts(ctx); err != nil {
		return w, err
	}
	if w.Running, err = s.Runs(ctx, db.RunFilter{Statuses: []db.RunStatus{db.RunRunning}, Limit: runningShown}); err != nil {
		return w, err
	}
	w.Theta, err = s.db.Backlog(ctx)
	return w, err
}
