package jobs

import (
	"strings"

	"sextant/db"
)

// without says what goes missing with a column of the platform's that is not
// there or cannot be read. Those that have no line here are missed by nobody.
var without = map[string]string{
	"exam_results.session_id":    "graded results are no activity, and name no attempt's learner",
	"exam_results.user_id":       "graded results are no activity, and name no attempt's learner",
	"exam_results.status":        "graded results are no activity",
	"exam_results.created_at":    "graded results are no activity",
	"attempt.session_id":         "learners go by student_id",
	"session.id":                 "sessions without a result are no activity",
	"session.user_id":            "sessions without a result are no activity",
	"session.ended_at":           "sessions without a result are no activity",
	"question.id":                "no anchors and no seed parameters of items",
	"question.meta":              "no anchors and no seed parameters of items",
	"interest_goal.user_id":      "P is judged by the default target",
	"interest_goal.topic_id":     "P is judged by the default target",
	"interest_goal.target_level": "P is judged by the default target",
	"interest_goal.priority":     "all goals rank the same",
}

// findGaps is about the columns of a platform table that are not the contract's.
// What keeps the source from being read is findSource's.
func (d *Diagnosis) findGaps(r db.PlatformRelation, s db.Survey) {
	for _, g := range r.Gaps {
		name := r.Name + "." + g.Column
		loss := without[name]
		switch {
		case g.Reads:
			d.find(LevelInfo, "platform", "", "%s is %s; it is read as %s", name, g.Type, g.Wanted)
		case db.Source(r.Name) == s.Reader && len(r.Lacks) > 0, loss == "":
		case g.Type == "":
			d.find(LevelWarn, "platform", "", "%s lacks %s: %s", r.Name, g.Column, loss)
		default:
			d.find(LevelWarn, "platform", "", "%s is %s, not %s: %s", name, g.Type, g.Wanted, loss)
		}
	}
}

// findFailure is about a source that cannot be read at all: a view that makes
// something of every row fails by one.
func (d *Diagnosis) findFailure(failure string) {
	var others []string
	kind := "table"
	for _, r := range d.Platform {
		switch source := db.Source(r.Name); {
		case source == d.Reader:
			kind = r.Kind
		case (source == db.SourceResponses || source == db.SourceExamResults) && len(r.Lacks) == 0:
			others = append(others, r.Name)
		}
	}
	way, command := "mend the "+kind, ""
	if len(others) > 0 {
		way, command = way+", or read another source", "sextant run sync-answers --source "+others[0]
	}
	d.find(LevelError, "source", command, "%s fails as a whole, by a single value: %s; %s", d.Reader, strings.TrimSuffix(failure, "."), way)
}
