package db

import (
	"context"
	"time"
)

// StageQueue is what waits for a worker of one stage.
type StageQueue struct {
	Stage  string     `db:"stage" json:"stage"`
	Queued int64      `db:"queued" json:"queued"`
	Oldest *time.Time `db:"oldest" json:"oldest"` // since when the one that has waited longest is due
}

// QueueDepth gives the runs that wait for a worker, by stage.
func (d *DB) QueueDepth(ctx context.Context) ([]StageQueue, error) {
	return collect[StageQueue](ctx, d.pool, `
		SELECT stage, count(*) AS queued, min(due_at) FILTER (WHERE due_at <= now()) AS oldest
		FROM sextant.run WHERE status = 'queued' GROUP BY stage ORDER BY stage`)
}

// RunCount is how many runs of a stage have a status.
type RunCount struct {
	Stage  string    `db:"stage"`
	Status RunStatus `db:"status"`
	Runs   int64     `db:"runs"`
}

// RunCounts counts the runs of the last 24 hours by stage and status.
func (d *DB) RunCounts(ctx context.Context) ([]RunCount, error) {
	return collect[RunCount](ctx, d.pool, `
		SELECT stage, status, count(*) AS runs FROM sextant.run
		WHERE created_at > now() - interval '24 hours' GROUP BY stage, status`)
}

// JobCount is how many of the queue's jobs are in one of River's states. A job
// is a call for a worker: it comes for whatever run of its lock waits longest.
type JobCount struct {
	State string `db:"state" json:"state"`
	Jobs  int64  `db:"jobs" json:"jobs"`
}

// JobCounts counts the queue's jobs that are not done, by state.
func (d *DB) JobCounts(ctx context.Context) ([]JobCount, error) {
	return collect[JobCount](ctx, d.pool, `
		SELECT state::text AS state, count(*) AS jobs FROM sextant.river_job
		WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled') GROUP BY state ORDER BY state`)
}
