package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Worker is a process that serves the database: θ at session end, queued runs,
// the schedule.
type Worker struct {
	ID        uuid.UUID `db:"id" json:"id"`
	Name      string    `db:"name" json:"name"`
	Host      string    `db:"host" json:"host"`
	PID       int       `db:"pid" json:"pid"`
	Version   string    `db:"version" json:"version"`
	Listen    string    `db:"listen" json:"listen"` // of its health and metrics; empty: none
	Tasks     []string  `db:"tasks" json:"tasks"`   // what it is there for: theta, queue, schedule
	Doing     []InHand  `db:"doing" json:"doing"`
	Stopping  bool      `db:"stopping" json:"stopping"`
	StartedAt time.Time `db:"started_at" json:"started_at"`
	SeenAt    time.Time `db:"seen_at" json:"seen_at"`
	Alive     bool      `db:"alive" json:"alive"` // heard of within Silence
}

// InHand is a run that a worker is at.
type InHand struct {
	Run   uuid.UUID `json:"run"`
	Stage string    `json:"stage"`
	Since time.Time `json:"since"`
}

// BeatWorker writes that a worker lives, and what it does.
func (d *DB) BeatWorker(ctx context.Context, w Worker) error {
	doing := w.Doing
	if doing == nil {
		doing = []InHand{}
	}
	raw, err := json.Marshal(doing)
	if err != nil {
		return fmt.Errorf("write the worker's heartbeat: %w", err)
	}
	_, err = d.pool.Exec(ctx, `
		INSERT INTO sextant.worker (id, name, host, pid, version, listen, tasks, doing, stopping)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET seen_at = now(), doing = excluded.doing, stopping = excluded.stopping, listen = excluded.listen`,
		w.ID, w.Name, w.Host, w.PID, w.Version, w.Listen, w.Tasks, raw, w.Stopping)
	return classify("write the worker's heartbeat", err)
}

// RemoveWorker takes a worker that ends off the list.
func (d *DB) RemoveWorker(ctx context.Context, id uuid.UUID) error {
	_, err := d.pool.Exec(ctx, `DELETE FROM sextant.worker WHERE id = $1`, id)
	return classify("take the worker off the list", err)
}

// Workers lists the workers, the oldest first. One that was killed stays a day.
func (d *DB) Workers(ctx context.Context) ([]Worker, error) {
	return collect[Worker](ctx, d.pool, `
		SELECT id, name, host, pid, version, listen, tasks, doing, stopping, started_at, seen_at, `+workerLives+` AS alive
		FROM sextant.worker w ORDER BY started_at, id`)
}
