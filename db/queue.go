package db

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

const (
	riverSchema = "sextant"
	riverQueue  = river.QueueDefault
)

// token is River's job: let a worker run the oldest due run that is queued under
// a lock key. It names no run, so that the runs of a stage go in the order they
// were asked for, whichever job a worker is handed first.
type token struct {
	LockKey int64 `json:"lock_key"`
}

// Kind names the job to River.
func (token) Kind() string { return "stage_run" }

// inserter is a River client that only inserts, in transactions of ours.
var inserter = sync.OnceValues(func() (*river.Client[pgx.Tx], error) {
	return river.NewClient(riverpgxv5.New(nil), &river.Config{Schema: riverSchema, Logger: slog.New(slog.DiscardHandler)})
})

// RunLockKey is the lock key of a run that shares no lock with any other.
func RunLockKey(id uuid.UUID) int64 { return LockKey("run:" + id.String()) }

// Enqueue writes a run to the ledger as queued, with the job that has a worker
// run it, and fills in its times. It is due now unless DueAt says when.
func (d *DB) Enqueue(ctx context.Context, r *Run) error {
	return d.announced(ctx, d.InTx(ctx, func(tx *Tx) error { return tx.Enqueue(ctx, r) }))
}

// Enqueue is DB.Enqueue in a transaction.
func (tx *Tx) Enqueue(ctx context.Context, r *Run) error {
	r.Attempt = max(r.Attempt, 1)
	var later time.Time
	if r.DueAt != nil {
		later = *r.DueAt
	}
	var ahead int
	err := tx.tx.QueryRow(ctx, `
		INSERT INTO sextant.run (id, stage, params, window_from, window_to, trigger, actor, reason, host, pid, version,
			status, lock_key, due_at, asked_at, attempt, retry_of)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', NULL, '', 'queued', $9, coalesce($10, now()), coalesce($11, now()), $12, $13)
		RETURNING token, status, created_at, due_at, asked_at,
			(SELECT count(*) FROM sextant.run WHERE lock_key = $9 AND status IN ('queued', 'running'))`,
		r.ID, r.Stage, r.Params, r.WindowFrom, r.WindowTo, r.Trigger, r.Actor, r.Reason, r.LockKey, r.DueAt, r.AskedAt, r.Attempt, r.RetryOf,
	).Scan(&r.Token, &r.Status, &r.CreatedAt, &r.DueAt, &r.AskedAt, &ahead)
	if err != nil {
		return classify("queue the run", err)
	}
	r.Host, r.PID, r.Version = "", nil, "" // of whoever will run it
	if err := tx.note(ctx, r.ID, "info", "queued for a worker", map[string]any{"ahead": ahead}); err != nil {
		return err
	}
	return tx.insertToken(ctx, r.LockKey, later)
}

// insertToken has a worker come, at once for a zero time: River looks for what
// is scheduled, be it for now, only every few seconds.
func (tx *Tx) insertToken(ctx context.Context, key int64, later time.Time) error {
	client, err := inserter()
	if err != nil {
		return fmt.Errorf("queue the run: %w", err)
	}
	_, err = client.InsertTx(ctx, tx.tx, token{key}, &river.InsertOpts{ScheduledAt: later})
	return classify("queue the run", err)
}

// NextQueued gives the oldest due run that is queued under a lock key, or
// ErrNotFound.
func (d *DB) NextQueued(ctx context.Context, key int64) (Run, error) {
	return one[Run](ctx, d.pool, `
		SELECT `+runColumns+` FROM sextant.run
		WHERE lock_key = $1 AND status = 'queued' AND due_at <= now() ORDER BY created_at, id LIMIT 1`, key)
}

// LockTaken reports whether some session holds a lock. It is cheaper than to try.
func (d *DB) LockTaken(ctx context.Context, key int64) (bool, error) {
	return scalar[bool](ctx, d.pool, `SELECT `+lockHeld+` FROM (SELECT $1::bigint AS lock_key) r`, key)
}

// ClaimRun turns a queued run into one that begins now, in this process, and
// fills in its token and times. It is ErrNotFound when the run is queued no
// longer: cancelled, or taken by another worker.
func (d *DB) ClaimRun(ctx context.Context, r *Run) error {
	err := d.pool.QueryRow(ctx, `
		UPDATE sextant.run SET status = 'running', host = $2, pid = $3, version = $4,
			token = nextval('sextant.fence'), started_at = now(), heartbeat_at = now()
		WHERE id = $1 AND status = 'queued'
		RETURNING token, status, created_at, started_at, due_at, asked_at, attempt, retry_of`,
		r.ID, r.Host, r.PID, r.Version,
	).Scan(&r.Token, &r.Status, &r.CreatedAt, &r.StartedAt, &r.DueAt, &r.AskedAt, &r.Attempt, &r.RetryOf)
	return d.announced(ctx, classify("take the run from the queue", err))
}

// EndQueued ends a run that is still queued, for a reason; ErrNotFound when it
// is queued no longer.
func (d *DB) EndQueued(ctx context.Context, id uuid.UUID, status RunStatus, why string) error {
	return d.InTx(ctx, func(tx *Tx) error {
		tag, err := tx.tx.Exec(ctx, `
			UPDATE sextant.run SET status = $2, finished_at = now(), error = CASE WHEN $2 <> 'skipped' THEN $3 END
			WHERE id = $1 AND status = 'queued'`, id, status, storable(why))
		if err != nil {
			return classify("end the queued run", err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return tx.note(ctx, id, "warn", string(status), map[string]any{"why": why})
	})
}

// Retry queues a run that ended once more, as a row of its own that names it,
// after a pause. It is ErrNotFound when the run has its retry already.
func (d *DB) Retry(ctx context.Context, of Run, attempt int, pause time.Duration, why string) (Run, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Run{}, fmt.Errorf("make a run id: %w", err)
	}
	again := of
	again.ID, again.Attempt, again.RetryOf, again.DueAt = id, attempt, &of.ID, nil
	if of.LockKey == RunLockKey(of.ID) {
		again.LockKey = RunLockKey(id)
	}
	err = d.InTx(ctx, func(tx *Tx) error {
		// Whoever comes second waits here, and then sees the first one's row.
		if _, err := tx.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, LockKey("retry:"+of.ID.String())); err != nil {
			return err
		}
		var due time.Time
		err := tx.tx.QueryRow(ctx, `SELECT now() + $2::interval WHERE NOT EXISTS (SELECT FROM sextant.run WHERE retry_of = $1)`,
			of.ID, pause).Scan(&due)
		if err != nil {
			return classify("queue the run again", err)
		}
		if pause > 0 {
			again.DueAt = &due
		}
		if err := tx.Enqueue(ctx, &again); err != nil {
			return err
		}
		return tx.note(ctx, id, "warn", "another try", map[string]any{"of": of.ID.String(), "attempt": attempt, "why": why})
	})
	return again, err
}

// RetryOf gives the run that tries another again, or ErrNotFound.
func (d *DB) RetryOf(ctx context.Context, id uuid.UUID) (Run, error) {
	return one[Run](ctx, d.pool, `SELECT `+runColumns+` FROM sextant.run WHERE retry_of = $1`, id)
}
