package tui

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sextant/db"
	"sextant/jobs"
)

// Quarantine is four reasons, one of them mended.
func (f *fixture) Quarantine(ctx context.Context) (jobs.Quarantine, error) {
	if f.uncalibrated {
		return jobs.Quarantine{Days: 28, Reasons: []jobs.QuarantinedReason{}}, f.read(ctx)
	}
	q := jobs.Quarantine{Open: 1873, Days: 28}
	add := func(reason string, open, resolved int64, first int, costs, means, do string, each func(day int) int64) {
		r := jobs.QuarantinedReason{QuarantineReason: db.QuarantineReason{Reason: reason, Source: "exam_results", Open: open, Resolved: resolved,
			FirstSeen: fixedNow.AddDate(0, 0, -first), LastSeen: fixedNow.Add(-time.Duration(first) * 7 * time.Minute)},
			QuarantineAdvice: jobs.QuarantineAdvice{Costs: costs, Means: means, Do: do}}
		for d := range 28 {
			r.Days = append(r.Days, each(d))
		}
		q.Reasons = append(q.Reasons, r)
	}
	add("no_verdict", 1204, 31, 27, "answer", "nothing says whether the answer was right", "grade the session again: it needs is_correct (or correct)", func(d int) int64 { return int64(d * d % 90) })
	add("bad_item", 612, 0, 12, "answer", "question_id is no whole number", `correct the id in the source; ids such as 101 and "101" are read alike`, func(d int) int64 { return int64(max(0, d-15) * 11) })
	add("bad_time", 57, 204, 41, "field", "the response time cannot be read; the answer stays", "write seconds as a number; only the time of the answer is missing", func(d int) int64 { return int64(d % 3) })
	add("bad_questions", 0, 9, 60, "session", "questions of a ready result is missing or no list", "let the platform write a list, or take the result's status off ready", func(int) int64 { return 0 })
	return q, f.read(ctx)
}

func (f *fixture) QuarantineSample(ctx context.Context, reason string, _ bool, limit int) (jobs.QuarantineSample, error) {
	all, err := f.Quarantine(ctx)
	if err != nil {
		return jobs.QuarantineSample{}, err
	}
	for _, r := range all.Reasons {
		if r.Reason != reason {
			continue
		}
		s := jobs.QuarantineSample{QuarantinedReason: r, Rows: []db.QuarantinedRow{}}
		for i := range min(max(24, int64(f.many)), int64(limit), r.Open) {
			raw := fmt.Sprintf(`{"question_id": %d, "is_correct": null, "topic": "확률과 통계", "time_spent_sec": %d.5, "used_hints": 0}`, 101+i, 8+i)
			s.Rows = append(s.Rows, db.QuarantinedRow{Source: r.Source, Key: fmt.Sprintf("세션-2025-11-%02d-%04d", 22-i/3, 17*i+3), Position: int(i%5) + 1, Reason: reason,
				Raw: json.RawMessage(raw), FirstSeen: fixedNow.Add(-time.Duration(i*7) * time.Hour), LastSeen: fixedNow.Add(-time.Duration(i*3) * time.Hour), TimesSeen: int(1 + i%4)})
		}
		return s, nil
	}
	return jobs.QuarantineSample{}, &jobs.UnknownReasonError{Reason: reason}
}
