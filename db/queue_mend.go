package db

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Mended is what MendQueue put right.
type Mended struct {
	Lost    []uuid.UUID // runs whose processes died
	Retried []Run       // their next tries
	Tokens  int         // queued runs that no worker would have come for
}

// Silence is how long a worker may not have been heard of and still count as
// alive.
const Silence = "30 seconds"

const workerLives = `w.seen_at > now() - interval '` + Silence + `'`

// MendQueue marks dead runs lost, queues those that came from the queue once
// more, up to a number of attempts, and sees to it that a worker comes for
// every queued run: the job of a worker that was killed is River's no longer,
// and River itself would take it back only by its age. Old workers' rows go.
func (d *DB) MendQueue(ctx context.Context, attempts int) (m Mended, err error) {
	if m.Lost, err = d.MarkLost(ctx); err != nil {
		return m, err
	}
	lost, err := collect[Run](ctx, d.pool, `
		SELECT `+runColumns+` FROM sextant.run r
		WHERE status = 'lost' AND due_at IS NOT NULL AND finished_at > now() - interval '1 day'
		  AND attempt < $1 AND cancel_requested_at IS NULL
		  AND NOT EXISTS (SELECT FROM sextant.run n WHERE n.retry_of = r.id)
		ORDER BY finished_at LIMIT 1000`, attempts)
	if err != nil {
		return m, err
	}
	for _, r := range lost {
		again, err := d.Retry(ctx, r, r.Attempt+1, 0, "the process of the earlier one died")
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return m, err
		}
		m.Retried = append(m.Retried, again)
	}
	if m.Tokens, err = d.mendTokens(ctx); err != nil {
		return m, err
	}
	_, err = d.pool.Exec(ctx, `DELETE FROM sextant.worker WHERE seen_at < now() - interval '1 day'`)
	return m, classify("tidy the workers", err)
}

// mendTokens inserts a job for every lock key with a run that waits and no job
// that a living worker will get to. One job too many does nothing.
func (d *DB) mendTokens(ctx context.Context) (n int, err error) {
	err = d.InTx(ctx, func(tx *Tx) error {
		ours, err := scalar[bool](ctx, tx.tx, `SELECT pg_try_advisory_xact_lock($1)`, LockKey("mend-queue"))
		if err != nil || !ours {
			return err
		}
		keys, err := collect[struct {
			LockKey int64 `db:"lock_key"`
		}](ctx, tx.tx, `
			SELECT q.lock_key FROM (
				SELECT lock_key, count(*) AS runs FROM sextant.run
				WHERE status = 'queued' AND due_at < now() - interval '`+Silence+`' GROUP BY lock_key) q
			WHERE q.runs > (
				SELECT count(*) FROM sextant.river_job j
				WHERE j.kind = 'stage_run' AND j.args @> jsonb_build_object('lock_key', q.lock_key)
				  AND (j.state IN ('available', 'scheduled', 'retryable', 'pending')
				    OR j.state = 'running' AND EXISTS (SELECT FROM sextant.worker w
						WHERE w.id::text = j.attempted_by[cardinality(j.attempted_by)] AND `+workerLives+`)))
			LIMIT 1000`)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, k := range keys {
			if err := tx.insertToken(ctx, k.LockKey, time.Time{}); err != nil {
				return err
			}
		}
		n = len(keys)
		return nil
	})
	return n, err
}
