package jobs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"sextant/jobs"
)

// sitting is a row of exam_results as the naive world knows it.
type sitting struct {
	id, user, status string
	at               time.Time
	answers          []answered
}

// sittings makes rows of exam_results from a world's answers: those of one
// learner's session, which all get the row's moment. Some are not graded yet,
// and of some the platform does not know the learner.
func sittings(r *rand.Rand, w world) (rows []*sitting) {
	known := map[string]*sitting{}
	for i, a := range w.answers {
		key := a.user + "\x00" + a.session
		s := known[key]
		if s == nil || a.session == "" {
			s = &sitting{id: fmt.Sprint("exam ", i), user: a.user, status: "ready", at: a.at}
			switch r.IntN(6) {
			case 0:
				s.status = "pending"
			case 1:
				s.user = ""
			}
			known[key], rows = s, append(rows, s)
		}
		a.user, a.session, a.at = "", s.id, s.at
		s.answers = append(s.answers, a)
	}
	return rows
}

// taken are the world with the sittings for its answers.
func taken(w world, rows []*sitting) world {
	w.answers = nil
	exams := w.exams
	w.exams = append([]moment{}, exams...)
	for _, s := range rows {
		w.exams = append(w.exams, moment{s.user, s.id, s.status, &s.at})
		if s.status != "ready" || s.user == "" {
			continue
		}
		for _, a := range s.answers {
			a.user = s.user
			w.answers = append(w.answers, a)
		}
	}
	return w
}

// questions is the sitting's result_json.
func (s *sitting) questions() string {
	list := []map[string]any{}
	for _, a := range s.answers {
		q := map[string]any{"question_id": a.item, "is_correct": a.correct, "used_hints": a.hints, "topic": a.topic}
		if a.ms != nil {
			q["time_spent_sec"] = float64(*a.ms) / 1000
		}
		list = append(list, q)
	}
	raw := must(json.Marshal(map[string]any{"questions": list}))
	return string(raw)
}

// regrade changes a good part of the sittings in every way that a platform does.
func regrade(r *rand.Rand, rows []*sitting) (changed []*sitting) {
	for _, s := range rows {
		switch r.IntN(8) {
		case 0:
			for i := range s.answers {
				s.answers[i].correct = !s.answers[i].correct
			}
		case 1:
			s.answers = s.answers[:len(s.answers)-1]
		case 2:
			s.status = map[string]string{"ready": "pending", "pending": "ready"}[s.status]
		case 3:
			s.user = rows[r.IntN(len(rows))].user
		default:
			continue
		}
		changed = append(changed, s)
	}
	return changed
}

// From exam_results the KPIs are those of the definitions, too, and again once
// sessions have been graded anew, shortened, withdrawn or given to a learner.
func TestKPIsFollowReGrades(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := rand.New(rand.NewPCG(21, 8))
	d := *day(sunday)
	given := randomWorld(21, d, 80)
	rows := sittings(r, given)
	n := naive{world: taken(given, rows), day: d, lookback: 30, horizon: 14, inactiveAfter: 7}
	bare := given
	bare.answers = nil
	b.load(bare)
	b.exec(`DROP TABLE public.responses`)
	for _, s := range rows {
		b.exec(`INSERT INTO public.exam_results (session_id, user_id, status, result_json, created_at, updated_at) VALUES ($1, nullif($2, ''), $3, $4, $5, '2026-03-30')`,
			s.id, s.user, s.status, s.questions(), s.at)
	}
	compare := func(what string) {
		t.Helper()
		b.run(jobs.Request{Stage: kpis, Date: &d})
		want := expected(n)
		tellsNullFromNumber(t, want)
		b.run(jobs.Request{Stage: inactive, Date: &d})
		for _, u := range n.users() {
			if q := n.quiet(u); q != nil && (q["P"] != nil || q["S"] != nil) {
				if want[u] == nil {
					want[u] = map[string]*float64{}
				}
				maps.Copy(want[u], q)
			}
		}
		b.same(what, b.stored(d.Monday()), want)
	}
	compare("as first graded")
	changed := regrade(r, rows)
	for _, s := range changed {
		b.exec(`UPDATE public.exam_results SET user_id = nullif($2, ''), status = $3, result_json = $4, updated_at = now() WHERE session_id = $1`,
			s.id, s.user, s.status, s.questions())
	}
	n.world = taken(given, rows)
	compare(fmt.Sprintf("with %d of %d graded anew", len(changed), len(rows)))
}
