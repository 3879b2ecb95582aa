package db_test

import (
	"testing"
)

const examTable = `CREATE TABLE public.exam_results (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(), session_id text NOT NULL UNIQUE, user_id text, exam_id int,
	status text NOT NULL DEFAULT 'ready', result_json jsonb NOT NULL,
	created_at timestamptz NOT NULL DEFAULT '2026-03-01 10:00:00Z', updated_at timestamptz NOT NULL DEFAULT now())`

// exam inserts or re-grades a session; questions is the JSON of that field.
func (b base) exam(t *testing.T, session, user, questions string) {
	t.Helper()
	b.exec(t, `INSERT INTO exam_results (session_id, user_id, result_json) VALUES ($1, $2, jsonb_build_object('questions', $3::jsonb))
		ON CONFLICT (session_id) DO UPDATE SET user_id = excluded.user_id, result_json = excluded.result_json, updated_at = now()`,
		session, user, questions)
}

// dueReconciliation makes the next sync compare with the source by day.
func (b base) dueReconciliation(t *testing.T) {
	t.Helper()
	b.exec(t, `UPDATE sextant.sync_state SET reconciled_at = now() - interval '2 days'`)
}
