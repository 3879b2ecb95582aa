package db

import (
	"context"

	"github.com/google/uuid"
)

// TableCount is how many rows of a table something concerns.
type TableCount struct {
	Table string `db:"name" json:"table"`
	Rows  int64  `db:"rows" json:"rows"`
}

// Forgetting is what erasing a learner does, or has done.
type Forgetting struct {
	Erased   []TableCount `json:"erased"`   // rows deleted, or of weekly_kpi stripped of Sextant's keys
	Redacted []TableCount `json:"redacted"` // rows of the ledger that keep all but the id
	Stored   []string     `json:"stored"`   // reports that Sextant stored; they are deleted
	Reports  []string     `json:"reports"`  // other files that report_artifacts points to; they stay where they are
	Platform []TableCount `json:"platform"` // rows of the platform's that stay
}

// Rows counts what is erased or redacted.
func (f Forgetting) Rows() (n int64) {
	for _, list := range [][]TableCount{f.Erased, f.Redacted} {
		for _, c := range list {
			n += c.Rows
		}
	}
	return n
}

// erasure is a statement that removes a learner's rows of a table and the
// condition that counts them; $1 are the names they stand under.
type erasure struct{ table, where, set string }

// forgettable are the tables that hold a learner's rows. Those of our own are
// asked of the catalogue, so that a new table is never left out.
func forgettable(ctx context.Context, q querier, p platform) ([]erasure, error) {
	tables, err := collect[TableCount](ctx, q, `
		SELECT c.oid::regclass::text AS name, 0::bigint AS rows FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'sextant'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		  AND a.attname = 'user_id' AND NOT a.attisdropped ORDER BY c.relname`)
	if err != nil {
		return nil, err
	}
	sessions := `SELECT session_id FROM sextant.source_session WHERE user_id = ANY ($1)`
	if p.reads("exam_results", "session_id", "user_id") {
		sessions += ` UNION ALL SELECT session_id COLLATE "C" FROM ` + p.from("exam_results") + ` e WHERE user_id = ANY ($1)`
	}
	// First: it is found by what the others hold.
	list := []erasure{{table: "sextant.quarantine", where: `source_key IN (` + sessions + `)
		OR source = 'responses' AND split_part(source_key, E'\x1f', 1) = ANY ($1)
		OR raw ->> 'user_id' = ANY ($1) OR raw ->> 'student_id' = ANY ($1)`}}
	for _, t := range tables {
		list = append(list, erasure{table: t.Table, where: `user_id = ANY ($1)`})
	}
	const ours = `'{I_t,E_t,R_t,A_t,P,S}'::text[]`
	for _, t := range []string{"features_topic_daily", "mirt_ability", "student_topic_theta", "report_artifacts"} {
		list = append(list, erasure{table: "public." + t, where: `user_id = ANY ($1)`})
	}
	return append(list,
		erasure{table: "public.weekly_kpi", where: `user_id = ANY ($1) AND jsonb_typeof(kpis) = 'object' AND kpis - ` + ours + ` = '{}'`},
		erasure{table: "public.weekly_kpi", where: `user_id = ANY ($1) AND jsonb_typeof(kpis) = 'object' AND kpis ?| ` + ours,
			set: `kpis = kpis - ` + ours + `, updated_at = now()`}), nil
}

// Forgetting tells what Forget would do to a learner. It writes nothing.
func (tx *Tx) Forgetting(ctx context.Context, userID string) (Forgetting, error) {
	names := namesOf(userID)
	return tx.forgetting(ctx, names, func(e erasure) (int64, error) {
		where := e.where
		if e.set != "" { // what is deleted is counted as such
			where += ` AND kpis - '{I_t,E_t,R_t,A_t,P,S}'::text[] <> '{}'`
		}
		return scalar[int64](ctx, tx.tx, `SELECT count(*) FROM `+e.table+` WHERE `+where, names)
	}, nil)
}

// Forget erases a learner from everything Sextant wrote and remembers, by a
// digest of the id, not to read them again. Only one may run at a time. It waits
// for the slices under way, since what they have read they would write, and
// holds new ones up until its transaction ends.
func (tx *Tx) Forget(ctx context.Context, run *Run, userID string) (Forgetting, error) {
	if _, err := tx.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1), set_config('sextant.forgetting', 'on', true)`, slicesKey); err != nil {
		return Forgetting{}, classify("wait for the slices under way", err)
	}
	names := namesOf(userID)
	f, err := tx.forgetting(ctx, names, func(e erasure) (int64, error) {
		sql := `DELETE FROM ` + e.table + ` WHERE ` + e.where
		if e.set != "" {
			sql = `UPDATE ` + e.table + ` SET ` + e.set + ` WHERE ` + e.where
		}
		tag, err := tx.tx.Exec(ctx, sql, names)
		return tag.RowsAffected(), classify("erase from "+e.table, err)
	}, func(t texts, rows []redaction) error { return t.write(ctx, tx.tx, rows) })
	if err != nil {
		return f, err
	}
	_, err = tx.tx.Exec(ctx, `
		INSERT INTO sextant.forgotten (digest, run_id) SELECT sha256(convert_to(name, 'UTF8')), $2 FROM unnest($1::text[]) n (name)
		ON CONFLICT (digest) DO NOTHING`, names, run.ID)
	return f, classify("remember not to read them", err)
}

// forgetting goes through all there is of a learner.
func (tx *Tx) forgetting(ctx context.Context, names []string, erase func(erasure) (int64, error), redact func(texts, []redaction) error) (f Forgetting, err error) {
	p, err := tx.inspect(ctx)
	if err != nil {
		return f, err
	}
	if f.Platform, err = tx.onPlatform(ctx, p, names); err != nil {
		return f, err
	}
	if f.Stored, f.Reports, err = tx.reports(ctx, names); err != nil {
		return f, err
	}
	for _, t := range ledgerTexts {
		there, err := scalar[bool](ctx, tx.tx, `SELECT to_regclass('sextant.' || $1) IS NOT NULL`, t.table)
		if err != nil {
			return f, err
		}
		if !there {
			continue
		}
		rows, err := redactions(ctx, tx.tx, t, names)
		if err == nil && redact != nil {
			err = redact(t, rows)
		}
		if err != nil {
			return f, err
		}
		f.Redacted = add(f.Redacted, "sextant."+t.table, int64(len(rows)))
	}
	list, err := forgettable(ctx, tx.tx, p)
	if err != nil {
		return f, err
	}
	for _, e := range list {
		n, err := erase(e)
		if err != nil {
			return f, err
		}
		f.Erased = add(f.Erased, e.table, n)
	}
	return f, nil
}

// add counts rows of a table that may have been counted before; none are left out.
func add(list []TableCount, table string, rows int64) []TableCount {
	switch last := len(list) - 1; {
	case rows == 0:
		return list
	case last >= 0 && list[last].Table == table:
		list[last].Rows += rows
		return list
	}
	return append(list, TableCount{table, rows})
}

// reports are the files of the learner's weekly reports: those that Sextant
// stored, and others.
func (tx *Tx) reports(ctx context.Context, names []string) (stored, others []string, err error) {
	if stored, err = scalar[[]string](ctx, tx.tx, `
		SELECT coalesce(array_agg(url ORDER BY url), '{}') FROM sextant.report_object WHERE user_id = ANY ($1)`, names); err != nil {
		return nil, nil, err
	}
	others, err = scalar[[]string](ctx, tx.tx, `
		SELECT coalesce(array_agg(url ORDER BY url), '{}') FROM public.report_artifacts
		WHERE user_id = ANY ($1) AND url <> '' AND url <> ALL ($2)`, names, stored)
	return stored, others, err
}

// onPlatform counts what the platform itself holds of the learner.
func (tx *Tx) onPlatform(ctx context.Context, p platform, names []string) ([]TableCount, error) {
	counted := []TableCount{}
	for _, t := range []struct{ table, column string }{
		{"exam_results", "user_id"}, {"responses", "user_id"}, {"attempt", "student_id"}, {"session", "user_id"}, {"interest_goal", "user_id"},
	} {
		if !p.hasColumn(t.table, t.column) || t.table == "attempt" && p.onExams {
			continue // a view on exam_results holds nothing of its own
		}
		n, err := scalar[int64](ctx, tx.tx, `SELECT count(*) FROM public.`+t.table+` WHERE `+t.column+`::text = ANY ($1)`, names)
		if err != nil {
			return nil, err
		}
		counted = add(counted, "public."+t.table, n)
	}
	return counted, nil
}

// Remember lifts a learner's forgetting, so that the next sync reads again what
// the platform holds of them, and reports whether there was one. The sync has to
// look at all of the source once more.
func (tx *Tx) Remember(ctx context.Context, userID string) (bool, error) {
	tag, err := tx.tx.Exec(ctx, `
		DELETE FROM sextant.forgotten WHERE digest IN (SELECT sha256(convert_to(name, 'UTF8')) FROM unnest($1::text[]) n (name))`, namesOf(userID))
	if err != nil || tag.RowsAffected() == 0 {
		return false, classify("lift the forgetting", err)
	}
	_, err = tx.tx.Exec(ctx, `UPDATE sextant.sync_state SET reconciled_at = NULL, full_at = CASE WHEN reader = 'exam_results' THEN full_at END`)
	return true, classify("ask for another reading", err)
}

// Forgotten is the run that erased the learner, or ErrNotFound.
func (tx *Tx) Forgotten(ctx context.Context, userID string) (uuid.UUID, error) {
	return scalar[uuid.UUID](ctx, tx.tx, `SELECT run_id FROM sextant.forgotten WHERE digest = sha256(convert_to($1, 'UTF8'))`, userID)
}

// anyForgotten reports whether some learner may have been erased: without one, no
// statement pays for leaving them out. A database without the schema has none.
func anyForgotten(ctx context.Context, q querier) (bool, error) {
	return scalar[bool](ctx, q, `SELECT coalesce(pg_relation_size(to_regclass('sextant.forgotten')), 0) > 0`)
}

// notForgotten is the condition that the learner whom a column names was not
// erased.
func notForgotten(column string) string {
	return `NOT EXISTS (SELECT FROM sextant.forgotten f WHERE f.digest = sha256(convert_to(` + column + `, 'UTF8')))`
}

// unforgotten is that condition as one more of a WHERE clause, where it matters.
func (p platform) unforgotten(column string) string {
	return when(p.forgotten, ` AND `+notForgotten(column), ``)
}

// exams is exam_results without the sessions of erased learners.
func (p platform) exams() string {
	return when(p.forgotten, `(SELECT e.* FROM `+p.from("exam_results")+` e WHERE `+notForgotten("e.user_id")+`)`, p.from("exam_results"))
}

// remembered leaves the answers of erased learners out of those read.
func (p platform) remembered(answers string) string {
	return when(p.forgotten, `SELECT * FROM (`+answers+`) remembered WHERE `+notForgotten("remembered.user_id"), answers)
}
