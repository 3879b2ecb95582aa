package jobs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"sextant/db"
)

// Quarantine is what could not be taken from the platform, by reason.
type Quarantine struct {
	Open    int64               `json:"open"`
	Days    int                 `json:"days"` // that new_by_day counts
	Reasons []QuarantinedReason `json:"reasons"`
}

// QuarantinedReason is a reason with its counts, what it means and what to do.
type QuarantinedReason struct {
	db.QuarantineReason
	QuarantineAdvice
}

// QuarantineAdvice says what a reason means, what it costs and what mends it.
type QuarantineAdvice struct {
	Costs string `json:"costs"` // answer, field or session
	Means string `json:"means"`
	Do    string `json:"do"`
}

// QuarantineSample is some of what one reason keeps out.
type QuarantineSample struct {
	QuarantinedReason
	Rows []db.QuarantinedRow `json:"rows"` // newest first
}

const quarantineDays = 28

// What a reason costs.
const (
	costsAnswer  = "answer"
	costsField   = "field"
	costsSession = "session"
)

// quarantineReasons tells of each reason that a source is read with; see
// db/sync_read.go.
var quarantineReasons = map[string]QuarantineAdvice{
	"not_an_object": {costsAnswer, "an entry of questions is no object", "let the platform write an object for each question, then re-grade or re-save the session"},
	"bad_questions": {costsSession, "questions of a ready result is missing or no list", "let the platform write a list, or take the result's status off ready"},
	"no_learner":    {costsAnswer, "the row names no learner", "give exam_results or session the user_id; the answers then move to the learner by themselves"},
	"no_item":       {costsAnswer, "the answer names no question", "let the platform write question_id, then re-save the session"},
	"bad_item":      {costsAnswer, "question_id is no whole number", "correct the id in the source; ids such as 101 and \"101\" are read alike"},
	"no_verdict":    {costsAnswer, "nothing says whether the answer was right", "grade the session again: it needs is_correct (or correct)"},
	"bad_verdict":   {costsAnswer, "the verdict is neither true nor false", "write true or false; 0, 1, t, f, yes and no are read too"},
	"no_moment":     {costsAnswer, "the answer has no time", "fill in the moment (created_at, completed_at or responded_at)"},
	"bad_moment":    {costsAnswer, "the time lies outside the calendar", "correct the moment: infinity and years past 9999 are no time"},
	"bad_time":      {costsField, "the response time cannot be read; the answer stays", "write seconds as a number; only the time of the answer is missing"},
	"bad_hints":     {costsField, "the hint count cannot be read; the answer stays", "write a whole number; the answer counts as one without hints"},
	"bad_topic":     {costsField, "the topic is no text; the answer stays", "write the topic as text; the answer counts for no topic"},
	"no_id":         {costsAnswer, "the row of attempt has no id", "give every row of attempt its id"},
	"duplicate_id":  {costsAnswer, "another row of attempt has the same id", "make attempt.id unique; the earliest row is the one that counts"},
}

// QuarantineReasons tells of every reason that a source is read with.
func QuarantineReasons() map[string]QuarantineAdvice { return maps.Clone(quarantineReasons) }

// adviceOf tells of a reason; one that this version does not know says so.
func adviceOf(reason string) QuarantineAdvice {
	if a, ok := quarantineReasons[reason]; ok {
		return a
	}
	return QuarantineAdvice{Costs: costsAnswer, Means: "this version does not know the reason", Do: "look at the raw value"}
}

// UnknownReasonError says that nothing is in quarantine for a reason.
type UnknownReasonError struct{ Reason string }

func (e *UnknownReasonError) Error() string {
	names := make([]string, 0, len(quarantineReasons))
	for r := range quarantineReasons {
		names = append(names, r)
	}
	slices.Sort(names)
	if slices.Contains(names, e.Reason) {
		return "nothing is in quarantine for " + e.Reason
	}
	return "no reason is called " + e.Reason + "; there are " + strings.Join(names, ", ")
}

// Quarantine counts what could not be taken.
func (s *Service) Quarantine(ctx context.Context) (Quarantine, error) {
	q := Quarantine{Days: quarantineDays, Reasons: []QuarantinedReason{}}
	rows, err := s.db.QuarantineReasons(ctx, quarantineDays)
	for _, r := range rows {
		q.Open += r.Open
		q.Reasons = append(q.Reasons, QuarantinedReason{r, adviceOf(r.Reason)})
	}
	return q, err
}

// QuarantineSample shows the newest of what a reason keeps out, resolved ones
// only when they are asked for.
func (s *Service) QuarantineSample(ctx context.Context, reason string, resolved bool, limit int) (QuarantineSample, error) {
	out := QuarantineSample{Rows: []db.QuarantinedRow{}}
	all, err := s.Quarantine(ctx)
	if err != nil {
		return out, err
	}
	found := false
	for _, r := range all.Reasons {
		if r.Reason != reason {
			continue
		}
		if !found {
			out.QuarantinedReason, found = r, true
			continue
		}
		out.merge(r.QuarantineReason) // of another source
	}
	if !found {
		return out, &UnknownReasonError{reason}
	}
	rows, err := s.db.QuarantinedRows(ctx, reason, resolved, limit)
	out.Rows = append(out.Rows, rows...)
	return out, err
}

// merge adds the counts of another source.
func (q *QuarantineSample) merge(r db.QuarantineReason) {
	q.Source += ", " + r.Source
	q.Open += r.Open
	q.Resolved += r.Resolved
	if r.FirstSeen.Before(q.FirstSeen) {
		q.FirstSeen = r.FirstSeen
	}
	if r.LastSeen.After(q.LastSeen) {
		q.LastSeen = r.LastSeen
	}
	for i := range q.Days {
		q.Days[i] += r.Days[i]
	}
}
