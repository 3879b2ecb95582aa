package demo

import (
	"math"
	"math/rand/v2"
	"strconv"
)

const (
	reviewShare = 0.12    // of the questions are ones the learner has met before
	learnt      = 0.30    // θ gained on an item by having met it, twice at most
	oldRows     = 1.0 / 6 // of the days write "correct", as platforms once did
)

// answers draws a session's answers into g.json and returns how many are
// correct and how long all took.
func (g *generator) answers(day, length int, about []int) (correct, millis int) {
	r := g.r
	verdict := `"is_correct":`
	if float64(day) < oldRows*float64(g.sim.opts.Days) {
		verdict = `"correct":`
	}
	g.sitting = tally{}
	g.json = append(g.json[:0], `{"questions":[`...)
	for n := range length {
		i := g.chooseItem(about)
		it := &g.sim.items[i]
		theta := g.TopicTheta(it.topic, day)
		if !g.Still {
			theta += learnt * float64(min(g.times[i], 2))
		}
		right := r.Float64() < 1/(1+math.Exp(-it.A*(theta-it.B)))
		ms, hints := g.effort(it, theta, right)
		g.remember(i, right)
		if right {
			correct++
		}
		millis += ms
		if n > 0 {
			g.json = append(g.json, ',')
		}
		g.json = g.appendAnswer(g.json, it, verdict, right, ms, hints)
	}
	g.json = append(g.json, `]}`...)
	return correct, millis
}

// effort draws the response time in ms and the hints asked for: more of both
// when the item is hard for the learner, less time with practice.
func (g *generator) effort(it *Item, theta float64, right bool) (ms, hints int) {
	r := g.r
	gap := it.B - theta
	log := it.pace + g.slow + 0.15*gap - 0.05*math.Log1p(float64(g.answered)) + 0.4*r.NormFloat64()
	if !right {
		log += 0.12
	}
	if r.Float64() < clamp((0.07+0.05*gap)*g.needy, 0.005, 0.5) {
		hints = 1 + min(2, int(0.75*r.ExpFloat64()))
	}
	return int(clamp(math.Exp(log), 900, 300_000)), hints
}

// chooseItem picks the next question: something met before, or one of the
// session's topics that is new to the learner as far as there are any. The
// choice of a learner who stands still never looks at a verdict: scoring uses
// the latest answer to an item, and repeating only mistakes would lift θ.
func (g *generator) chooseItem(about []int) int32 {
	r := g.r
	if g.session > 1 && r.Float64() < reviewShare {
		from := g.history
		if !g.Still && len(g.mistakes) > 0 {
			from = g.mistakes
		}
		if i := pick(r, from); g.met[i] != g.session {
			return i
		}
	}
	for range 3 {
		if i := g.fromTopics(about, r); g.times[i] == 0 {
			return i
		}
	}
	for range 8 {
		if i := g.fromTopics(about, r); g.met[i] != g.session {
			return i
		}
	}
	return int32(r.IntN(len(g.sim.items)))
}

func (g *generator) fromTopics(about []int, r *rand.Rand) int32 {
	return pick(r, g.sim.byTopic[pick(r, about)])
}

func (g *generator) remember(i int32, right bool) {
	g.met[i] = g.session
	if g.times[i] < math.MaxUint8 {
		g.times[i]++
	}
	g.history = append(g.history, i)
	if !right {
		g.mistakes = append(g.mistakes, i)
	}
	g.answered++
}

// appendAnswer writes one element of questions. It appends bytes because
// encoding/json would take most of a demo's time.
func (g *generator) appendAnswer(b []byte, it *Item, verdict string, right bool, ms, hints int) []byte {
	g.sitting.answers++
	if i, flaw := flawOfAnswer(g.index, g.answered); flaw != nil {
		a := rawAnswer{
			id:          strconv.FormatInt(it.ID, 10),
			verdictName: verdict[1 : len(verdict)-2],
			verdict:     strconv.FormatBool(right),
			correct:     right,
			seconds:     string(appendSeconds(nil, ms)),
			hints:       strconv.Itoa(hints),
			topic:       strconv.Quote(it.TopicID),
		}
		flaw.apply(&a)
		g.sitting.answerFlaws[i]++
		if flaw.lost {
			g.sitting.lost++
		}
		return a.appendJSON(b)
	}
	b = append(b, it.head...)
	b = append(b, verdict...)
	b = strconv.AppendBool(b, right)
	b = append(b, `,"time_spent_sec":`...)
	b = appendSeconds(b, ms)
	b = append(b, `,"used_hints":`...)
	b = append(b, byte('0'+hints))
	return append(b, it.tail...)
}

// appendSeconds writes milliseconds as seconds with three decimals.
func appendSeconds(b []byte, ms int) []byte {
	b = strconv.AppendInt(b, int64(ms/1000), 10)
	return append(b, '.', byte('0'+ms/100%10), byte('0'+ms/10%10), byte('0'+ms%10))
}
