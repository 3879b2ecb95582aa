package demo

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"sextant/db"
)

const (
	minLength, maxLength = 5, 30 // answers in a session
	daySeconds           = 24 * 60 * 60
	lastSecond           = daySeconds - 60 // a session is handed in, and graded, on its own day
)

// Sessions returns all of learner k's sessions, oldest first.
func (s *Simulation) Sessions(k int) []db.PlatformSession {
	var rows []db.PlatformSession
	s.newGenerator().sessions(s.learner(k), func(p db.PlatformSession) { rows = append(rows, p) })
	return rows
}

// generator draws sessions; its buffers serve one learner after another.
type generator struct {
	sim     *Simulation
	tally   tally
	sitting tally // of the session in hand

	*learner
	r        *rand.Rand
	times    []uint8  // item → how often the learner has met it
	met      []uint16 // item → the last session in which that was
	history  []int32  // items answered
	mistakes []int32  // items answered wrongly
	session  uint16
	graded   int    // results so far that count
	answered int    // answers so far
	json     []byte // result_json of the session in hand
}

func (s *Simulation) newGenerator() *generator {
	return &generator{sim: s, times: make([]uint8, len(s.items)), met: make([]uint16, len(s.items))}
}

// sessions draws a learner's sessions in order of time.
func (g *generator) sessions(l *learner, yield func(db.PlatformSession)) {
	g.learner, g.r = l, g.sim.opts.random(streamAnswers, l.index)
	clear(g.times)
	clear(g.met)
	g.history, g.mistakes = g.history[:0], g.mistakes[:0]
	g.session, g.graded, g.answered = 0, 0, 0
	for day, n := range l.sittings {
		free := 0 // the first second of the day at which the learner is free
		for range n {
			g.session++
			p, end := g.sit(day, free)
			free = end + 600
			yield(p)
		}
	}
}

// sit draws one session on a day, from second free on where the day is long
// enough for it.
func (g *generator) sit(day, free int) (p db.PlatformSession, end int) {
	r := g.r
	exam := g.subject
	if r.Float64() > 0.55 {
		exam = pick(r, subjects)
	}
	wish := g.hour + 1.2*r.NormFloat64()
	if r.Float64() < 0.2 {
		wish = 24 * r.Float64()
	}
	length := int(clamp(math.Round(15.5+5.5*r.NormFloat64()), minLength, maxLength))
	correct, millis := g.answers(day, length, g.chooseTopics(exam))

	start := max(free, int(clamp(wish, 0, 24)*3600))
	start = max(0, min(start, lastSecond-millis/1000))
	end = min(start+millis/1000, lastSecond)
	p = db.PlatformSession{
		ID:          fmt.Sprintf("s%06d-%03d", g.index+1, g.session),
		UserID:      &g.UserID,
		OrgID:       g.org,
		ClassroomID: g.classroom,
		ExamID:      exam,
		StartedAt:   g.sim.Day(day).Add(time.Duration(start) * time.Second),
	}
	ended := g.sim.Day(day).Add(time.Duration(end)*time.Second + time.Duration(millis%1000)*time.Millisecond)
	g.tally.sessions++
	switch u := r.Float64(); {
	case u < 0.03:
		p.Status = new("abandoned")
		return p, end
	case u < 0.035: // finished, though nobody said so
		p.EndedAt = &ended
	case u < 0.038: // finished, nobody knows when
		p.Status = new("completed")
	default:
		p.Status, p.EndedAt = new("completed"), &ended
	}
	p.Result = g.result(ended, length, correct)
	g.spoil(&p)
	return p, end
}

// chooseTopics picks the two to four topics of the exam that a session is about.
func (g *generator) chooseTopics(exam int) []int {
	all := make([]int, 0, len(topics)/len(subjects))
	for t := range topics {
		if topics[t].subject == exam {
			all = append(all, t)
		}
	}
	g.r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:2+g.r.IntN(3)]
}

// result makes the graded (or soon to be graded) row of exam_results from the
// answers that stand in g.json.
func (g *generator) result(ended time.Time, length, correct int) *db.PlatformResult {
	r := g.r
	res := &db.PlatformResult{
		ID:        randomUUID(r),
		UserID:    &g.UserID,
		Status:    "ready",
		JSON:      bytes.Clone(g.json),
		CreatedAt: ended.Add(time.Duration(1+r.IntN(20)) * time.Second),
	}
	res.UpdatedAt = res.CreatedAt
	if r.Float64() < 0.01 {
		res.Status = "pending"
		return res
	}
	if regrade, after := r.Float64(), 1+9*r.Float64(); regrade < 0.02 {
		at := res.CreatedAt.Add(time.Duration(after * 24 * float64(time.Hour))).Truncate(time.Millisecond)
		if at.Before(g.sim.end()) {
			res.UpdatedAt = at
		}
	}
	share := float64(correct) / float64(length)
	raw, scaled := float64(correct), math.Round(1000*share)/10
	se := round3(math.Sqrt(share*(1-share)/float64(length)) * 100)
	res.ScoreRaw, res.ScoreScaled, res.StandardError = &raw, &scaled, &se
	if r.Float64() < 0.9 {
		percentile := clamp(math.Round(50*math.Erfc((0.55-share)/0.2/math.Sqrt2)), 1, 99)
		res.Percentile = &percentile
	}
	return res
}

// spoil counts a result and its answers and, in the first graded result of some
// learners, breaks the row as a whole.
func (g *generator) spoil(p *db.PlatformSession) {
	g.tally.results++
	if p.Result.Status != "ready" {
		return
	}
	i, flaw := flawOfSession(g.index)
	if g.graded++; g.graded > 1 || flaw == nil {
		g.tally.add(&g.sitting)
		return
	}
	g.tally.sessionFlaws[i]++
	switch {
	case flaw.noUser:
		g.tally.answers += g.sitting.answers
		g.tally.lost += g.sitting.answers
		p.UserID, p.Result.UserID = flaw.userID, flaw.userID
	case flaw.questions == "-":
		p.Result.JSON = []byte(`{}`)
	default:
		p.Result.JSON = fmt.Appendf(nil, `{"questions":%s}`, flaw.questions)
	}
}
