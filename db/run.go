package db

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// RunStatus is where a run stands.
type RunStatus string

// The statuses of a run; all but the first two are final.
const (
	RunQueued    RunStatus = "queued"
	RunRunning   RunStatus = "running"
	RunSucceeded RunStatus = "succeeded"
	RunPartial   RunStatus = "partial" // some learners or slices failed
	RunFailed    RunStatus = "failed"
	RunCancelled RunStatus = "cancelled"
	RunLost      RunStatus = "lost" // its process died or lost its lock
	RunSkipped   RunStatus = "skipped"
)

// Final reports whether a run with this status can no longer change.
func (s RunStatus) Final() bool { return s != RunQueued && s != RunRunning }

// Trigger is what started a run.
type Trigger string

// The triggers of a run.
const (
	TriggerCLI      Trigger = "cli"
	TriggerCron     Trigger = "cron"
	TriggerConsole  Trigger = "console"
	TriggerSchedule Trigger = "schedule"
	TriggerEvent    Trigger = "event"
)

// Run is one row of the ledger.
type Run struct {
	ID                uuid.UUID       `db:"id" json:"id"`
	Stage             string          `db:"stage" json:"stage"`
	Params            json.RawMessage `db:"params" json:"params"`
	WindowFrom        *Day            `db:"window_from" json:"window_from"`
	WindowTo          *Day            `db:"window_to" json:"window_to"`
	Trigger           Trigger         `db:"trigger" json:"trigger"`
	Actor             string          `db:"actor" json:"actor"`
	Reason            string          `db:"reason" json:"reason"`
	Host              string          `db:"host" json:"host"`
	PID               *int            `db:"pid" json:"pid"`
	Version           string          `db:"version" json:"version"`
	Status            RunStatus       `db:"status" json:"status"`
	LockKey           int64           `db:"lock_key" json:"-"`
	Token             int64           `db:"token" json:"-"`
	CreatedAt         time.Time       `db:"created_at" json:"created_at"`
	StartedAt         *time.Time      `db:"started_at" json:"started_at"`
	FinishedAt        *time.Time      `db:"finished_at" json:"finished_at"`
	HeartbeatAt       *time.Time      `db:"heartbeat_at" json:"heartbeat_at"`
	CancelRequestedAt *time.Time      `db:"cancel_requested_at" json:"cancel_requested_at"`
	CancelRequestedBy *string         `db:"cancel_requested_by" json:"cancel_requested_by"`
	UnitsDone         int             `db:"units_done" json:"units_done"`
	UnitsTotal        int             `db:"units_total" json:"units_total"`
	RowsRead          int64           `db:"rows_read" json:"rows_read"`
	RowsWritten       int64           `db:"rows_written" json:"rows_written"`
	Error             *string         `db:"error" json:"error"`

	DueAt   *time.Time `db:"due_at" json:"due_at"`     // from when on a worker may take it; nil: it was never queued
	AskedAt *time.Time `db:"asked_at" json:"asked_at"` // its days are judged by this moment, however late it starts
	Attempt int        `db:"attempt" json:"attempt"`   // 1 for the first
	RetryOf *uuid.UUID `db:"retry_of" json:"retry_of"` // the run that this one tries again
}

// RunProgress is what a running stage reports: units done of the total (days,
// learner blocks), rows read and written so far.
type RunProgress struct {
	UnitsDone, UnitsTotal int
	RowsRead, RowsWritten int64
}

// RunEvent is one line of a run's log.
type RunEvent struct {
	Seq     int64           `db:"seq" json:"seq"`
	At      time.Time       `db:"at" json:"at"`
	Level   string          `db:"level" json:"level"`
	Message string          `db:"message" json:"message"`
	Attrs   json.RawMessage `db:"attrs" json:"attrs"`
}

// RunFailure is one learner or slice that a run could not do.
type RunFailure struct {
	Kind    string    `db:"kind" json:"kind"` // learner or slice
	Subject string    `db:"subject" json:"subject"`
	Error   string    `db:"error" json:"error"`
	At      time.Time `db:"at" json:"at"`
}

const runColumns = `id, stage, params, window_from, window_to, trigger, actor, reason, host, pid, version, status,
	lock_key, token, created_at, started_at, finished_at, heartbeat_at, cancel_requested_at, cancel_requested_by,
	units_done, units_total, rows_read, rows_written, error, due_at, asked_at, attempt, retry_of`

// RunEvents gives the run's log lines with a sequence number above after.
func (d *DB) RunEvents(ctx context.Context, id uuid.UUID, after int64) ([]RunEvent, error) {
	return collect[RunEvent](ctx, d.pool, `
		SELECT seq, at, level, message, attrs FROM sextant.run_event
		WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT 10000`, id, after)
}

// RunEventsSaying gives the run's log lines with one of some messages.
func (d *DB) RunEventsSaying(ctx context.Context, id uuid.UUID, messages ...string) ([]RunEvent, error) {
	return collect[RunEvent](ctx, d.pool, `
		SELECT seq, at, level, message, attrs FROM sextant.run_event
		WHERE run_id = $1 AND message = ANY ($2) ORDER BY seq`, id, messages)
}

// RunFailures lists what the run could not do.
func (d *DB) RunFailures(ctx context.Context, id uuid.UUID) ([]RunFailure, error) {
	return collect[RunFailure](ctx, d.pool, `
		SELECT kind, subject, error, at FROM sextant.run_failure WHERE run_id = $1 ORDER BY kind, subject`, id)
}

// StartRun writes the ledger row of a run that begins now and fills in its
// token and times.
func (d *DB) StartRun(ctx context.Context, r *Run) error {
	err := d.pool.QueryRow(ctx, `
		INSERT INTO sextant.run (id, stage, params, window_from, window_to, trigger, actor, reason, host, pid, version,
			status, lock_key, started_at, heartbeat_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'running', $12, now(), now())
		RETURNING token, created_at, started_at`,
		r.ID, r.Stage, r.Params, r.WindowFrom, r.WindowTo, r.Trigger, r.Actor, r.Reason, r.Host, r.PID, r.Version, r.LockKey,
	).Scan(&r.Token, &r.CreatedAt, &r.StartedAt)
	r.Status = RunRunning
	return d.announced(ctx, classify("write the ledger", err))
}

// SkipRun writes the ledger row of a run that was due and did not take place,
// and why.
func (d *DB) SkipRun(ctx context.Context, r *Run, why string) error {
	return d.announced(ctx, d.InTx(ctx, func(tx *Tx) error { return tx.skipRun(ctx, r, why) }))
}

func (tx *Tx) skipRun(ctx context.Context, r *Run, why string) error {
	err := tx.tx.QueryRow(ctx, `
		INSERT INTO sextant.run (id, stage, params, window_from, window_to, trigger, actor, reason, host, pid, version,
			status, lock_key, finished_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'skipped', $12, now())
		RETURNING token, status, created_at, finished_at`,
		r.ID, r.Stage, r.Params, r.WindowFrom, r.WindowTo, r.Trigger, r.Actor, r.Reason, r.Host, r.PID, r.Version, r.LockKey,
	).Scan(&r.Token, &r.Status, &r.CreatedAt, &r.FinishedAt)
	if err != nil {
		return classify("record the skipped run", err)
	}
	return tx.note(ctx, r.ID, "info", "skipped", map[string]any{"why": why})
}

// Beat records that the run lives and how far it is. It returns whether a
// cancellation was asked for, and by whom; ErrNotFound when the run is no
// longer running, as when another process took it for lost.
func (d *DB) Beat(ctx context.Context, id uuid.UUID, p RunProgress) (cancelBy *string, err error) {
	err = d.pool.QueryRow(ctx, `
		UPDATE sextant.run SET heartbeat_at = now(), units_done = $2, units_total = $3, rows_read = $4, rows_written = $5
		WHERE id = $1 AND status = 'running' RETURNING cancel_requested_by`,
		id, p.UnitsDone, p.UnitsTotal, p.RowsRead, p.RowsWritten).Scan(&cancelBy)
	return cancelBy, d.announced(ctx, classify("write the heartbeat", err))
}

// FinishRun records a running run's outcome; errText is empty for success.
func (d *DB) FinishRun(ctx context.Context, id uuid.UUID, status RunStatus, p RunProgress, errText string) error {
	tag, err := d.pool.Exec(ctx, `
		UPDATE sextant.run SET status = $2, finished_at = now(), heartbeat_at = now(),
			units_done = $3, units_total = $4, rows_read = $5, rows_written = $6, error = nullif($7, '')
		WHERE id = $1 AND status = 'running'`,
		id, status, p.UnitsDone, p.UnitsTotal, p.RowsRead, p.RowsWritten, storable(errText))
	if err == nil && tag.RowsAffected() == 0 {
		return ErrNotFound
	}
	return d.announced(ctx, classify("record the outcome", err))
}

// RequestCancel asks a running run to stop; a queued one is cancelled at once.
// It returns false when the run has already finished.
func (d *DB) RequestCancel(ctx context.Context, id uuid.UUID, actor string) (bool, error) {
	tag, err := d.pool.Exec(ctx, `
		UPDATE sextant.run SET cancel_requested_at = coalesce(cancel_requested_at, now()),
			cancel_requested_by = coalesce(cancel_requested_by, $2),
			status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END,
			finished_at = CASE status WHEN 'queued' THEN now() END,
			error = CASE status WHEN 'queued' THEN 'cancelled by ' || $2 || ' before it began' END
		WHERE id = $1 AND status IN ('queued', 'running')`, id, actor)
	return tag.RowsAffected() > 0, d.announced(ctx, classify("ask for cancellation", err))
}

// AppendEvents adds log lines to a run; their Seq is assigned by the database.
func (d *DB) AppendEvents(ctx context.Context, id uuid.UUID, events []RunEvent) error {
	_, err := d.pool.CopyFrom(ctx, pgx.Identifier{"sextant", "run_event"},
		[]string{"run_id", "at", "level", "message", "attrs"},
		pgx.CopyFromSlice(len(events), func(i int) ([]any, error) {
			e := events[i]
			return []any{id, e.At, e.Level, storable(e.Message), storableJSON(e.Attrs)}, nil
		}))
	return classify("write the run's log", err)
}

// note writes one line to a run's log, unless it stands there already.
func (tx *Tx) note(ctx context.Context, id uuid.UUID, level, message string, attrs map[string]any) error {
	raw, err := json.Marshal(attrs)
	if err != nil {
		return fmt.Errorf("write the run's log: %w", err)
	}
	_, err = tx.tx.Exec(ctx, `
		INSERT INTO sextant.run_event (run_id, level, message, attrs)
		SELECT $1, $2, $3, $4 WHERE NOT EXISTS (
			SELECT FROM sextant.run_event WHERE run_id = $1 AND message = $3 AND attrs = $4::jsonb)`,
		id, level, storable(message), storableJSON(raw))
	return classify("write the run's log", err)
}

// NoteRun writes one line to a run's log, unless it stands there already.
func (d *DB) NoteRun(ctx context.Context, id uuid.UUID, message string, attrs map[string]any) error {
	return d.InTx(ctx, func(tx *Tx) error { return tx.note(ctx, id, "info", message, attrs) })
}

// AddFailure records a learner or slice that failed in the run.
func (d *DB) AddFailure(ctx context.Context, id uuid.UUID, f RunFailure) error {
	return addFailure(ctx, d.pool, id, f)
}

func addFailure(ctx context.Context, q querier, id uuid.UUID, f RunFailure) error {
	_, err := q.Exec(ctx, `
		INSERT INTO sextant.run_failure (run_id, kind, subject, error) VALUES ($1, $2, $3, $4)
		ON CONFLICT (run_id, kind, subject) DO UPDATE SET error = excluded.error, at = clock_timestamp()`,
		id, f.Kind, storable(f.Subject), storable(f.Error))
	return classify("record a failure", err)
}

// storable is the text without what PostgreSQL has no text for: zero bytes and
// broken UTF-8. A log line must not be lost, nor lose others, for its bytes.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// storableJSON is the same for a JSON object; none is an empty one.
func storableJSON(j json.RawMessage) json.RawMessage {
	if j == nil {
		return json.RawMessage(`{}`)
	}
	return bytes.ReplaceAll(j, []byte(`\u0000`), []byte(`\ufffd`))
}
