package jobs_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"sextant/db"
)

// randomWorld makes learners of every kind around a day: on the edges of each
// window to the microsecond, with and without topics, sessions, times, goals and
// θs, active long ago, lately or only after the day.
func randomWorld(seed uint64, d db.Day, learners int) world {
	g := generator{Rand: rand.New(rand.NewPCG(seed, 0)), day: d}
	for i := range learners {
		user := fmt.Sprintf("학생-%d", i)
		if i%3 == 0 {
			user = fmt.Sprintf("%d@Example.org", i)
		}
		g.learner(user, i)
	}
	for k := range 4 { // of nobody: activity of a while ago that is no learner's
		g.exams = append(g.exams, moment{"", fmt.Sprintf("nobody %d", k), "ready", value(g.moment(7, 40))})
		g.ended = append(g.ended, moment{"", fmt.Sprintf("nobody %d", k), "", value(g.moment(7, 40))})
	}
	return g.world
}

type generator struct {
	*rand.Rand
	world
	day db.Day
}

func (g *generator) learner(user string, kind int) {
	lo, hi := -3, 70 // days back
	n := g.IntN(40)
	switch kind % 8 {
	case 0:
		n = 0 // only what sessions and exams show
	case 1:
		n = 1
	case 2:
		lo = 28
	case 3:
		hi = 20
	case 4:
		lo, hi = 7, 56
	}
	for range n {
		g.answer(user, lo, hi)
	}
	for k := range g.IntN(4) {
		status := "ready"
		if g.IntN(4) == 0 {
			status = "pending"
		}
		g.exams = append(g.exams, moment{user, fmt.Sprintf("%s/%d", user, k), status, value(g.moment(lo, hi))})
		m := moment{user: user, session: fmt.Sprintf("%s/%d", user, k)}
		if g.IntN(3) > 0 {
			m.at = value(g.moment(lo, hi))
		}
		g.ended = append(g.ended, m)
	}
	for _, topic := range []string{"a", "B", "하"} {
		if g.IntN(2) == 0 {
			g.goals = append(g.goals, goal{user, topic, g.perhaps(float64(g.IntN(5000)-2500) / 1000), perhapsInt(g.Rand, g.IntN(2))})
		}
	}
	for range g.IntN(12) {
		e := estimate{user: user, topic: g.pick("", "", "a", "B"), theta: g.NormFloat64(), se: g.Float64() / 2, at: g.moment(-3, 70)}
		switch g.IntN(8) {
		case 0:
			e.se = 0
		case 1:
			e.bank = "topic=a"
		case 2:
			e.se = 1e-9
		}
		g.thetas = append(g.thetas, e)
	}
}

func (g *generator) answer(user string, lo, hi int) {
	a := answered{user: user, item: fmt.Sprint(1 + g.IntN(5)), topic: g.pick("", "a", "B"), correct: g.IntN(2) == 0, hints: max(0, g.IntN(8)-3), at: g.moment(lo, hi)}
	if g.IntN(3) > 0 {
		a.session = fmt.Sprintf("%s/%d", user, g.IntN(6))
	}
	switch g.IntN(5) {
	case 0:
	case 1:
		a.ms = value(g.IntN(3) - 2)
	default:
		a.ms = value(1 + g.IntN(90000))
	}
	g.answers = append(g.answers, a)
	if g.IntN(5) == 0 { // the same moment again
		g.answers = append(g.answers, a)
	}
}

// moment lies between lo and hi days back, often on an edge of a window.
func (g *generator) moment(lo, hi int) time.Time {
	start := g.day.Start()
	edges := slices.DeleteFunc([]int{-1, 6, 7, 13, 14, 27, 28, 29, 30, 54, 55, 56}, func(b int) bool { return b < lo || b > hi })
	if len(edges) > 0 && g.IntN(2) == 0 {
		at := start.Add(-time.Duration(edges[g.IntN(len(edges))]) * dayLength)
		return at.Add([]time.Duration{0, -time.Microsecond, time.Microsecond}[g.IntN(3)])
	}
	return start.Add(-time.Duration(lo+g.IntN(hi-lo+1)) * dayLength).Add(time.Duration(g.Int64N(int64(dayLength/time.Microsecond))) * time.Microsecond)
}

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) perhaps(x float64) *float64 {
	if g.IntN(4) == 0 {
		return nil
	}
	return &x
}

func perhapsInt(r *rand.Rand, x int) *int {
	if r.IntN(3) == 0 {
		return nil
	}
	return &x
}

// load puts a world into the database as a platform with a log of answers.
func (b *bench) load(w world) {
	b.Helper()
	b.exec(`CREATE TABLE public.responses (user_id text, item_id text, is_correct bool, responded_at timestamptz,
		session_id text, topic_id text, response_time_ms int, hints int)`)
	b.exec(`CREATE TABLE public.exam_results (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), session_id text NOT NULL UNIQUE, user_id text, status text NOT NULL,
		result_json jsonb NOT NULL DEFAULT '{}', created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())`)
	b.exec(`CREATE TABLE public.session (id text PRIMARY KEY, user_id text, ended_at timestamptz, status text)`)
	b.exec(`CREATE TABLE public.interest_goal (user_id text, topic_id text, target_level numeric(6,3), priority smallint, PRIMARY KEY (user_id, topic_id))`)
	b.add(w)
}

// add puts more of a world into the platform that load has made.
func (b *bench) add(w world) {
	b.Helper()
	for _, a := range w.answers {
		b.exec(`INSERT INTO public.responses VALUES ($1, $2, $3, $4, nullif($5, ''), nullif($6, ''), $7, $8)`,
			a.user, a.item, a.correct, a.at, a.session, a.topic, a.ms, a.hints)
	}
	for _, m := range w.exams {
		b.exec(`INSERT INTO public.exam_results (session_id, user_id, status, created_at) VALUES ($1, $2, $3, $4)`, m.session, m.id(), m.status, m.at)
	}
	for _, m := range w.ended {
		b.exec(`INSERT INTO public.session (id, user_id, ended_at, status) VALUES ($1, $2, $3, 'completed')`, m.session, m.id(), m.at)
	}
	for _, g := range w.goals {
		b.exec(`INSERT INTO public.interest_goal VALUES ($1, $2, $3, $4)`, g.user, g.topic, g.target, g.priority)
	}
	b.loadThetas(w.thetas)
}

// id is the moment's user_id: of nobody's, now empty and now null.
func (m moment) id() *string {
	if m.user == "" && strings.HasSuffix(m.session, "0") {
		return nil
	}
	return &m.user
}

func (b *bench) loadThetas(thetas []estimate) {
	b.Helper()
	for _, e := range thetas {
		b.exec(`SELECT sextant.theta_month($1)`, e.at)
		b.exec(`INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, model, version, source, bank, as_of)
			VALUES ($1, nullif($2, ''), $3, $4, '2PL', 'v1', 'calibration', $5, $6)`, e.user, e.topic, e.theta, e.se, e.bank, e.at)
	}
}
