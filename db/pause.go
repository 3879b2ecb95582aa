package db

import (
	"context"
	"time"
)

// Pause is an operator's hold on a stage: its scheduled runs are skipped.
type Pause struct {
	Stage     string     `db:"stage" json:"stage"`
	Actor     string     `db:"actor" json:"actor"`
	Reason    string     `db:"reason" json:"reason"`
	At        time.Time  `db:"at" json:"at"`
	Until     *time.Time `db:"until" json:"until"`           // nil: until somebody resumes it
	ResumedAt *time.Time `db:"resumed_at" json:"resumed_at"` // by resuming, or by pausing again
	ResumedBy *string    `db:"resumed_by" json:"resumed_by"`

	ResumeReason *string `db:"resume_reason" json:"resume_reason"` // why it was ended; nil: not said
}

const pauseColumns = `stage, actor, reason, at, until, resumed_at, resumed_by, resume_reason`

// Pauses gives, by stage, the pauses in force at a moment.
func (d *DB) Pauses(ctx context.Context, now time.Time) (map[string]Pause, error) {
	rows, err := collect[Pause](ctx, d.pool, `
		SELECT `+pauseColumns+` FROM sextant.pause
		WHERE resumed_at IS NULL AND at <= $1 AND (until IS NULL OR until > $1)`, now)
	out := map[string]Pause{}
	for _, p := range rows {
		out[p.Stage] = p
	}
	return out, err
}

// PauseHistory lists the pauses of a stage, or of all for an empty name, newest first.
func (d *DB) PauseHistory(ctx context.Context, stage string, limit int) ([]Pause, error) {
	return collect[Pause](ctx, d.pool, `
		SELECT `+pauseColumns+` FROM sextant.pause WHERE $1 = '' OR stage = $1 ORDER BY id DESC LIMIT $2`, stage, limit)
}

// Pause holds a stage from p.At on. A pause that stands already gives way to
// the new one and stays in the history.
func (d *DB) Pause(ctx context.Context, p Pause) error {
	return d.announced(ctx, d.InTx(ctx, func(tx *Tx) error {
		if _, err := tx.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, LockKey("pause:"+p.Stage)); err != nil {
			return err
		}
		if _, err := resume(ctx, tx.tx, p.Stage, p.Actor, "", p.At); err != nil {
			return err
		}
		_, err := tx.tx.Exec(ctx, `INSERT INTO sextant.pause (stage, actor, reason, at, until) VALUES ($1, $2, $3, $4, $5)`,
			p.Stage, p.Actor, storable(p.Reason), p.At, p.Until)
		return classify("pause "+p.Stage, err)
	}))
}

// Resume ends a stage's pause, for a reason if one is given, and reports whether
// one was in force.
func (d *DB) Resume(ctx context.Context, stage, actor, reason string, now time.Time) (bool, error) {
	held, err := resume(ctx, d.pool, stage, actor, reason, now)
	return held, d.announced(ctx, err)
}

// resume closes what stands open: a pause that has run out ended at its time,
// whoever comes by later.
func resume(ctx context.Context, q querier, stage, actor, reason string, now time.Time) (bool, error) {
	rows, err := collect[struct {
		Held bool `db:"held"`
	}](ctx, q, `
		UPDATE sextant.pause SET resumed_at = least(until, $3), resumed_by = CASE WHEN until <= $3 THEN 'its time' ELSE $2 END,
			resume_reason = CASE WHEN until <= $3 THEN NULL ELSE nullif($4, '') END
		WHERE stage = $1 AND resumed_at IS NULL RETURNING (until IS NULL OR until > $3) AS held`, stage, actor, now, storable(reason))
	return len(rows) > 0 && rows[0].Held, err
}
