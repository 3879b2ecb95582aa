package main

import (
	"strings"
	"testing"

	"sextant/jobs"
)

func TestQuarantine(t *testing.T) {
	t.Parallel()
	b := newMigratedBench(t)
	if out := b.ok("quarantine"); !strings.Contains(out, "nothing is in quarantine") {
		t.Errorf("an empty quarantine prints\n%s", out)
	}
	b.give(newExams)
	if _, err := b.pool().Exec(t.Context(), `INSERT INTO exam_results (id, session_id, user_id, status, created_at, updated_at, result_json) VALUES
		(gen_random_uuid(), '세션-1', 'kim', 'ready', '2026-03-30 10:00Z', now(), '{"questions": [{"question_id": 1}, {"question_id": "x", "is_correct": true}]}')`); err != nil {
		t.Fatal(err)
	}
	b.ok("run", "sync-answers", "--quiet")
	q := read[jobs.Quarantine](b, "quarantine", "list")
	if q.Open != 2 || len(q.Reasons) != 2 || q.Days != 28 {
		t.Fatalf("quarantine %+v", q)
	}
	if out := b.ok("quarantine"); out != b.ok("quarantine", "list") || !strings.Contains(out, "no_verdict") || !strings.Contains(out, "bad_item") || !strings.Contains(out, "question_id is no whole number") {
		t.Errorf("quarantine prints\n%s", out)
	}
	s := read[jobs.QuarantineSample](b, "quarantine", "show", "bad_item")
	if len(s.Rows) != 1 || s.Rows[0].Key != "세션-1" || s.Rows[0].Position != 2 || s.Do == "" {
		t.Errorf("sample %+v", s)
	}
	if out := b.ok("quarantine", "show", "no_verdict"); !strings.Contains(out, "세션-1") || !strings.Contains(out, "grade the session again") || !strings.Contains(out, `"question_id": 1`) {
		t.Errorf("quarantine show prints\n%s", out)
	}
	b.fails(exitFailed, "no reason is called colour; there are bad_hints", "quarantine", "show", "colour")
	b.fails(exitFailed, "nothing is in quarantine for no_id", "quarantine", "show", "no_id")
	b.fails(exitUsage, "--limit is at least 1", "quarantine", "show", "bad_item", "--limit", "0")
}
