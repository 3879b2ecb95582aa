package jobs_test

import (
	"strings"
	"testing"

	"sextant/jobs"
)

// What cannot be taken is counted by reason, with samples, and seen to go.
func TestQuarantineTellsWhatIsAside(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := jobs.NewService(b.db, b.runner, jobs.About{}, nil)
	if q, err := s.Quarantine(b.ctx); err != nil || q.Open != 0 || len(q.Reasons) != 0 || q.Reasons == nil {
		t.Errorf("an empty quarantine: %+v, %v", q, err)
	}
	b.exec(`CREATE TABLE public.exam_results (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), session_id text NOT NULL UNIQUE, user_id text, status text NOT NULL,
		result_json jsonb NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())`)
	b.exec(`INSERT INTO public.exam_results (session_id, user_id, status, created_at, result_json) VALUES
		('s1', '김', 'ready', '2026-03-30 10:00Z', '{"questions": [{"question_id": 1, "is_correct": true}, {"question_id": 2}, {"question_id": "x", "is_correct": true}]}'),
		('s2', '김', 'ready', '2026-03-30 11:00Z', '{"questions": [{"question_id": 3}, {"question_id": 4, "is_correct": true, "time_spent_sec": ""}]}'),
		('s3', '김', 'ready', '2026-03-30 12:00Z', '{"questions": null}')`)
	b.run(jobs.Request{Stage: "sync-answers"})
	q, err := s.Quarantine(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, r := range q.Reasons {
		got[r.Reason] = r.Open
		if r.Source != "exam_results" || r.Means == "" || r.Do == "" || len(r.Days) != q.Days || r.Days[q.Days-1] != r.Open || r.FirstSeen.After(r.LastSeen) {
			t.Errorf("reason %+v", r)
		}
	}
	if q.Open != 5 || len(got) != 4 || got["no_verdict"] != 2 || got["bad_item"] != 1 || got["bad_time"] != 1 || got["bad_questions"] != 1 || q.Reasons[0].Reason != "no_verdict" {
		t.Errorf("%d open: %v", q.Open, got)
	}
	sample, err := s.QuarantineSample(b.ctx, "no_verdict", false, 10)
	if err != nil || len(sample.Rows) != 2 || sample.Costs != "answer" || sample.Open != 2 {
		t.Fatalf("sample %+v, %v", sample, err)
	}
	if r := sample.Rows[0]; r.Key != "s2" && r.Key != "s1" || !strings.Contains(string(r.Raw), "question_id") || r.TimesSeen != 1 || r.ResolvedAt != nil {
		t.Errorf("row %+v", r)
	}
	if sample, err := s.QuarantineSample(b.ctx, "no_verdict", false, 1); err != nil || len(sample.Rows) != 1 {
		t.Errorf("%d rows with limit 1, %v", len(sample.Rows), err)
	}
	b.exec(`UPDATE public.exam_results SET result_json = '{"questions": [{"question_id": 3, "is_correct": false}]}', updated_at = now() + interval '1 second' WHERE session_id = 's2'`)
	b.run(jobs.Request{Stage: "sync-answers", Options: map[string]string{"full": "true"}})
	if sample, err = s.QuarantineSample(b.ctx, "no_verdict", false, 10); err != nil || sample.Open != 1 || sample.Resolved != 1 || len(sample.Rows) != 1 {
		t.Errorf("mended: %+v, %v", sample, err)
	}
	if sample, err = s.QuarantineSample(b.ctx, "no_verdict", true, 10); err != nil || len(sample.Rows) != 2 {
		t.Errorf("with the mended: %+v, %v", sample.Rows, err)
	}
	if _, err := s.QuarantineSample(b.ctx, "no_id", false, 10); err == nil || !strings.Contains(err.Error(), "nothing is in quarantine for no_id") {
		t.Errorf("a reason without rows: %v", err)
	}
	if _, err := s.QuarantineSample(b.ctx, "colour", false, 10); err == nil || !strings.Contains(err.Error(), "no reason is called colour; there are bad_hints") {
		t.Errorf("an unknown reason: %v", err)
	}
}
