package db_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"sextant/db"
)

// graded is a row of exam_results with the answers of a learner at one moment.
type graded struct {
	session string
	answers []response
}

// gradedBy makes rows of exam_results from answers.
func gradedBy(answers []response) (rows []*graded) {
	known := map[string]*graded{}
	for _, a := range answers {
		key := fmt.Sprint(a.user, a.at)
		if known[key] == nil {
			known[key] = &graded{session: fmt.Sprint("exam ", len(rows))}
			rows = append(rows, known[key])
		}
		known[key].answers = append(known[key].answers, a)
	}
	return rows
}

// put writes the row as the platform has graded it.
func (g *graded) put(t *testing.T, b base) {
	t.Helper()
	questions := []map[string]any{}
	for i, a := range g.answers {
		q := map[string]any{"question_id": i, "correct": a.correct, "used_hints": a.hints}
		if a.topic != "" {
			q["topic"] = a.topic
		}
		if a.ms != nil {
			q["time_spent_sec"] = float64(*a.ms) / 1000
		}
		questions = append(questions, q)
	}
	raw, err := json.Marshal(map[string]any{"questions": questions})
	if err != nil {
		t.Fatal(err)
	}
	first := g.answers[0]
	b.exec(t, `INSERT INTO exam_results (session_id, user_id, status, created_at, result_json, updated_at) VALUES ($1, $2, 'ready', $3, $4, clock_timestamp())
		ON CONFLICT (session_id) DO UPDATE SET user_id = excluded.user_id, result_json = excluded.result_json, updated_at = excluded.updated_at`,
		g.session, first.user, first.at, raw)
}

// From exam_results the features are those of the naive computation, too, and
// again once sessions have been graded anew, shortened or given to another.
func TestFeaturesFollowReGrades(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	d := day(t, "2026-03-15")
	r := rand.New(rand.NewPCG(9, 7))
	answers, _ := world(r, d)
	rows := gradedBy(answers)
	for _, g := range rows {
		g.put(t, b)
	}
	compare := func(what string) {
		t.Helper()
		b.sync(t, db.SyncOptions{})
		var now []response
		for _, g := range rows {
			now = append(now, g.answers...)
		}
		for _, o := range []db.FeaturesOptions{{Day: d}, {Day: d.Add(-13)}} {
			b.publish(t, o)
			diff(t, fmt.Sprint(what, " ", o.Day), b.rows(t, featureRows, o.Day), strings.Join(naive(now, nil, o.Day, o), "\n"))
		}
	}
	compare("as first graded")
	for _, g := range rows {
		switch r.IntN(5) {
		case 0:
			for i := range g.answers {
				g.answers[i].correct, g.answers[i].hints = !g.answers[i].correct, 1-min(1, g.answers[i].hints)
			}
		case 1:
			g.answers = g.answers[:max(1, len(g.answers)-1)]
		case 2:
			for i := range g.answers {
				g.answers[i].user = "somebody else"
			}
		default:
			continue
		}
		g.put(t, b)
	}
	compare("graded anew")
}
