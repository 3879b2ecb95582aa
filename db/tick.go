package db

import (
	"context"
	"time"
)

// Tick is one moment of a stage's schedule and what comes of it.
type Tick struct {
	At   time.Time
	Run  *Run   // to be queued; nil: none
	Skip string // why the run is recorded as skipped instead; empty: it is not
	Note string // kept beside the tick
}

// keepTicks is how long a tick is remembered; its run stands in the ledger.
const keepTicks = 90 * 24 * time.Hour

// FireTicks deals with the ticks of a stage that have come, each once over all
// workers. plan is told the newest tick dealt with (nil before the first) and
// the time by the database's clock, the only one that counts here, and says what
// to do, oldest first; a tick, its run and the job that runs it are written in
// one transaction. It gives the runs queued or skipped, and whether it came to
// that: not while another worker is at it.
func (d *DB) FireTicks(ctx context.Context, stage string, plan func(last *time.Time, now time.Time) ([]Tick, error)) (runs []Run, ours bool, err error) {
	err = d.InTx(ctx, func(tx *Tx) error {
		runs = nil
		var err error
		ours, err = scalar[bool](ctx, tx.tx, `SELECT pg_try_advisory_xact_lock($1)`, LockKey("ticks:"+stage))
		if err != nil || !ours {
			return err
		}
		// A statement of its own: it must see what was written before the lock was free.
		var last *time.Time
		var now time.Time
		err = tx.tx.QueryRow(ctx, `SELECT max(at), clock_timestamp() FROM sextant.tick WHERE stage = $1`, stage).Scan(&last, &now)
		if err != nil {
			return classify("read the schedule", err)
		}
		ticks, err := plan(last, now)
		if err != nil {
			return err
		}
		for _, t := range ticks {
			run, err := tx.fire(ctx, stage, t)
			if err != nil {
				return err
			}
			if run != nil {
				runs = append(runs, *run)
			}
		}
		if len(ticks) == 0 {
			return nil
		}
		_, err = tx.tx.Exec(ctx, `DELETE FROM sextant.tick WHERE stage = $1 AND at < $2 AND fired_at < now() - $3::interval`,
			stage, ticks[len(ticks)-1].At, keepTicks)
		return classify("forget old ticks", err)
	})
	return runs, ours, err
}

// fire writes one tick and its run.
func (tx *Tx) fire(ctx context.Context, stage string, k Tick) (*Run, error) {
	var id any
	if k.Run != nil {
		id = k.Run.ID
	}
	tag, err := tx.tx.Exec(ctx, `
		INSERT INTO sextant.tick (stage, at, run_id, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, stage, k.At, id, k.Note)
	switch {
	case err != nil:
		return nil, classify("fire the schedule", err)
	case tag.RowsAffected() == 0, k.Run == nil:
		return nil, nil
	case k.Skip != "":
		return k.Run, tx.skipRun(ctx, k.Run, k.Skip)
	}
	return k.Run, tx.Enqueue(ctx, k.Run)
}
