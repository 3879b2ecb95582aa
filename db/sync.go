package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// SyncOptions says how answers are brought up to date.
type SyncOptions struct {
	Source Source // change to this source; empty: the one in use
	Full   bool   // read everything again and remove what is gone
}

// SyncReport is what a sync found and did.
type SyncReport struct {
	Source      Source
	Mode        string // full, changes, or reconciled
	Sessions    int64  // source sessions read (exam_results only)
	Answers     int64  // answers written, new or changed
	Removed     int64  // answers that went away or changed
	Quarantined int64  // things set aside this time
	Days        int64  // UTC days whose answers changed
}

const (
	syncOverlap    = time.Hour           // transactions may commit this long after their updated_at
	reconcileAfter = 20 * time.Hour      // so that it happens with the first sync of each night
	rereadDays     = 7 * 24 * time.Hour  // of a source without an update time
	syncLock       = "step:sync-answers" // two syncs take turns
)

// syncState is sextant.sync_state's single row.
type syncState struct {
	Source       Source     `db:"source"`
	Reader       Source     `db:"reader"`
	Watermark    *time.Time `db:"watermark"`
	FullAt       *time.Time `db:"full_at"`
	ReconciledAt *time.Time `db:"reconciled_at"`
	Now          time.Time  `db:"now"` // the database's clock, the one updated_at is told by, once it was this sync's turn
}

func readSyncState(ctx context.Context, q querier) (syncState, error) {
	rows, err := collect[syncState](ctx, q, `
		SELECT coalesce(s.source, '') AS source, coalesce(s.reader, '') AS reader, s.watermark, s.full_at, s.reconciled_at,
		       clock_timestamp() AS now
		FROM (SELECT) one LEFT JOIN sextant.sync_state s ON true`)
	if err != nil {
		return syncState{}, err
	}
	return rows[0], nil
}

// Sync brings sextant.answer up to date with its source within the slice's
// transaction. The first sync, a change of source (or of the relation that it
// is read from) and Full build a new generation of the table beside the old and
// swap; otherwise only what changed is read.
func (tx *Tx) Sync(ctx context.Context, o SyncOptions) (SyncReport, error) {
	if _, err := tx.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, LockKey(syncLock)); err != nil {
		return SyncReport{}, classify("wait for another sync", err)
	}
	st, err := readSyncState(ctx, tx.tx)
	if err != nil {
		return SyncReport{}, err
	}
	p, err := inspectPlatform(ctx, tx.tx)
	if err != nil {
		return SyncReport{}, err
	}
	source, err := p.choose(o.Source, st.Source)
	if err != nil {
		return SyncReport{}, err
	}
	if err := p.readable(p.reader(source)); err != nil {
		return SyncReport{}, err
	}
	s := &syncer{tx: tx, state: st, platform: p, reader: p.reader(source), report: SyncReport{Source: source, Mode: "changes"}}
	if o.Full || st.FullAt == nil || source != st.Source || s.reader != st.Reader {
		err = s.full(ctx)
	} else {
		err = s.changes(ctx)
	}
	return s.report, s.wayOut(err)
}

// syncer is one sync under way.
type syncer struct {
	tx       *Tx
	state    syncState
	platform platform
	reader   Source
	report   SyncReport
}

// wayOut says what to do about a view that fails while it is read.
func (s *syncer) wayOut(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindOther || e.Hint != "" || s.platform.relations[string(s.reader)].Kind != "v" {
		return err
	}
	return &Error{Kind: e.Kind, Op: e.Op, Err: e.Err,
		Hint: fmt.Sprintf("%s is a view, and one such value makes it fail as a whole: mend the view, or read another source; see 'sextant doctor'", s.reader)}
}

// exec runs a statement and counts the rows it touched.
func (s *syncer) exec(ctx context.Context, what, sql string, args ...any) (int64, error) {
	tag, err := s.tx.tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), classify(what, err)
}

func (s *syncer) run(ctx context.Context, steps []step) error { return s.tx.run(ctx, steps) }

// record notes that the sync ran through. A watermark never lies ahead of the
// database's clock: a row stamped in the future must not hide later changes.
func (s *syncer) record(ctx context.Context, full, reconciled bool) error {
	_, err := s.exec(ctx, "record the sync", `
		INSERT INTO sextant.sync_state AS s (source, reader, watermark, synced_at, full_at, reconciled_at)
		VALUES ($1, $2, (SELECT least(max(updated_at), $3) FROM sextant.source_session WHERE updated_at > '-infinity'), $3,
			CASE WHEN $4 THEN $3::timestamptz END, CASE WHEN $5 THEN $3::timestamptz END)
		ON CONFLICT (singleton) DO UPDATE SET source = excluded.source, reader = excluded.reader, synced_at = excluded.synced_at,
			watermark = greatest(s.watermark, excluded.watermark),
			full_at = coalesce(excluded.full_at, s.full_at), reconciled_at = coalesce(excluded.reconciled_at, s.reconciled_at)`,
		s.report.Source, s.reader, s.state.Now, full, reconciled)
	return err
}

// Unsynced counts what the source holds that has not been read yet: changed
// sessions of exam_results, or newer answers of a log. It only reads.
func (d *DB) Unsynced(ctx context.Context) (n int64, err error) {
	err = d.InSnapshot(ctx, func(tx *Tx) error {
		st, err := readSyncState(ctx, tx.tx)
		if err != nil {
			return err
		}
		p, err := inspectPlatform(ctx, tx.tx)
		if err != nil {
			return err
		}
		source, err := p.choose("", st.Source)
		if errors.Is(err, ErrNoSource) {
			return nil
		}
		if err == nil {
			err = p.readable(p.reader(source))
		}
		if err != nil {
			return err
		}
		switch reader := p.reader(source); {
		case reader == SourceExamResults && st.Watermark != nil:
			n, err = scalar[int64](ctx, tx.tx, `SELECT count(*) FROM (`+p.changedSessions()+`) c`, st.Watermark.Add(-syncOverlap))
		case reader == SourceExamResults:
			n, err = scalar[int64](ctx, tx.tx, `SELECT count(*) FROM `+p.exams()+` e WHERE status = 'ready'`)
		case reader == SourceAttempt:
			n, err = scalar[int64](ctx, tx.tx, `SELECT count(*) FROM `+p.from("attempt")+` a
				WHERE completed_at > coalesce((SELECT max(answered_at) FROM sextant.answer), '-infinity')`)
		default:
			n, err = scalar[int64](ctx, tx.tx, `SELECT count(*) FROM `+p.from("responses")+` r
				WHERE responded_at > coalesce((SELECT max(answered_at) FROM sextant.answer), '-infinity')`)
		}
		return err
	})
	return n, err
}
