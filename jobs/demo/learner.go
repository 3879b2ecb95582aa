package demo

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Truth is what is true of one learner and what estimates are judged against.
type Truth struct {
	UserID string
	Still  bool      // θ is the same on every day and in every topic
	Theta  []float64 // the overall θ by day, day 0 first; constant within a day
	Topics []float64 // what each topic adds to it, in the order of Simulation.TopicIDs
}

// TopicTheta is the learner's true θ in a topic (by its index) on a day.
func (t *Truth) TopicTheta(topic, day int) float64 { return t.Theta[day] + t.Topics[topic] }

// learner is a Truth with the habits that decide when and how one practises.
type learner struct {
	Truth
	index     int
	org       int
	classroom string
	subject   int     // the exam practised most
	sittings  []uint8 // sessions by day
	hour      float64 // of the day, UTC, at which one likes to begin
	slow      float64 // log of one's response time relative to others'
	needy     float64 // factor on the chance of asking for a hint
}

// Truth returns what is true of learner k.
func (s *Simulation) Truth(k int) Truth { return s.learner(k).Truth }

func (s *Simulation) learner(k int) *learner {
	who := s.opts.random(streamIdentity, k)
	l := &learner{index: k}
	l.UserID = userID(k, who)
	l.org, l.classroom = classroomOf(k)
	l.subject = pick(who, subjects)
	l.hour = 10.5 + 1.5*who.NormFloat64() // half past seven in the evening in Seoul
	l.slow = 0.25 * who.NormFloat64()
	l.needy = math.Exp(0.5 * who.NormFloat64())

	r := s.opts.random(streamPath, k)
	l.Still = r.Float64() < stillShare || s.opts.Still
	l.Topics = make([]float64, len(topics))
	for t := range l.Topics {
		if deviation := 0.25 * r.NormFloat64(); !l.Still {
			l.Topics[t] = deviation
		}
	}
	l.sittings = s.attendance(r)
	l.Theta = abilityPath(l.sittings, l.Still, r)
	return l
}

// attendance draws how often a learner sits down on each day: late joiners,
// holidays, drop-outs early and late, and the rhythm of the week.
func (s *Simulation) attendance(r *rand.Rand) []uint8 {
	days := s.opts.Days
	sittings := make([]uint8, days)
	first, last := 0, days-1
	if r.Float64() < 0.25 {
		first = r.IntN(days/2 + 1)
	}
	switch u := r.Float64(); {
	case u < 0.12: // tried it and left
		last = first + int(r.ExpFloat64()*float64(days)/10)
	case u < 0.30: // left in the second half
		last = max(first, days-1-int(r.Float64()*float64(days)/2))
	}
	holiday, back := -1, -1
	if r.Float64() < 0.35 {
		holiday = r.IntN(days)
		back = holiday + 5 + r.IntN(16)
	}
	rate := s.opts.Rate * math.Exp(0.5*r.NormFloat64())
	for d := range days {
		u, again := r.Float64(), r.Float64()
		if d < first || d > last || d >= holiday && d < back {
			continue
		}
		if u < rate*weekdayFactor[s.Day(d).Weekday()] {
			sittings[d] = 1
			if again < 0.12 {
				sittings[d] = 2
			}
		}
	}
	if slices.Max(sittings) == 0 {
		sittings[first] = 1 // whoever has signed up has tried it once
	}
	return sittings
}

var weekdayFactor = [7]float64{
	time.Sunday: 1.0, time.Monday: 1.15, time.Tuesday: 1.15, time.Wednesday: 1.1,
	time.Thursday: 1.05, time.Friday: 0.8, time.Saturday: 0.7,
}

// abilityPath is θ by day: N(0, 1) at first, raised by practice at a rate of
// one's own, lowered by breaks, unless the learner stands still.
func abilityPath(sittings []uint8, still bool, r *rand.Rand) []float64 {
	theta := r.NormFloat64()
	gain := clamp(0.04+0.03*r.NormFloat64(), -0.01, 0.15) // a session
	loss := 0.01 + 0.015*r.Float64()                      // a day of a break, from its second week on
	floor := theta - 0.3
	path := make([]float64, len(sittings))
	idle := 0
	for d, n := range sittings {
		path[d] = theta
		if still {
			continue
		}
		theta += gain * float64(n)
		if idle++; n > 0 {
			idle = 0
		}
		if idle > 7 && theta > floor {
			theta = max(floor, theta-loss)
		}
	}
	return path
}
