package jobs_test

import (
	"cmp"
	"math"
	"slices"
	"time"

	"sextant/db"
)

// What a platform holds, as the naive implementation of the KPIs reads it: one
// learner at a time, row by row, straight from the definitions.
type world struct {
	answers []answered
	exams   []moment
	ended   []moment
	goals   []goal
	thetas  []estimate
}

type answered struct {
	user, item, topic, session string // empty: none
	correct                    bool
	ms                         *int
	hints                      int
	at                         time.Time
}

type moment struct {
	user, session, status string
	at                    *time.Time
}

type goal struct {
	user, topic string
	target      *float64
	priority    *int
}

type estimate struct {
	user, topic string // no topic: overall
	theta, se   float64
	bank        string
	at          time.Time
}

// naive computes the KPIs of one learner after another as of a day.
type naive struct {
	world
	day               db.Day
	lookback, horizon int
	target            float64
	useTheta          bool
	inactiveAfter     int
	learner           string
	before            time.Time  // the end of the day
	answersOf         []answered // the learner's, up to it
}

const dayLength = 24 * time.Hour

// of gives a learner's KPIs, nil for null, or nil when they are not active.
func (n naive) of(user string) map[string]*float64 {
	n.read(user)
	active := false
	for _, a := range n.answersOf {
		if !a.at.Before(n.day.Start().Add(-time.Duration(n.lookback-1) * dayLength)) {
			active = true
		}
	}
	if !active {
		return nil
	}
	return map[string]*float64{"I_t": n.improvement(), "E_t": n.efficiency(), "R_t": n.recovery(), "A_t": n.engagement(), "P": n.reach(), "S": n.churn()}
}

// quiet gives P and S of a learner whom detect-inactivity picks, else nil.
func (n naive) quiet(user string) map[string]*float64 {
	n.read(user)
	var newest time.Time
	for _, v := range n.activity(time.Time{}) {
		if v.After(newest) {
			newest = v
		}
	}
	days := n.day.Sub(db.DayOf(newest))
	if newest.IsZero() || days < n.inactiveAfter || days > 56 {
		return nil
	}
	return map[string]*float64{"P": n.reach(), "S": n.churn()}
}

func (n *naive) read(user string) {
	n.learner, n.before = user, n.day.Start().Add(dayLength)
	n.answersOf = nil
	for _, a := range n.answers {
		if a.user == user && a.at.Before(n.before) {
			n.answersOf = append(n.answersOf, a)
		}
	}
}

// window is the learner's answers of the days [d−first, d−last].
func (n naive) window(first, last int) []answered {
	var in []answered
	for _, a := range n.answersOf {
		if back := n.day.Sub(db.DayOf(a.at)); back >= last && back <= first {
			in = append(in, a)
		}
	}
	return in
}

func (n naive) improvement() *float64 {
	prev, recent := n.window(27, 14), n.window(13, 0)
	exposure := math.Min(1, float64(len(recent))/30)
	if n.useTheta && len(recent) >= 5 {
		was, is := n.theta("", 27, 14), n.theta("", 13, 0)
		if was != nil && is != nil {
			return value(math.Max(-1, math.Min(1, (is.theta-was.theta)*exposure*(1-math.Min(0.5, 1.96*is.se)))))
		}
	}
	if len(prev) == 0 || len(recent) == 0 {
		return nil
	}
	p, was := share(recent), share(prev)
	noise := math.Min(0.5, 1.96*math.Sqrt(p*(1-p)/float64(len(recent))))
	return value(math.Max(-1, math.Min(1, (p-was)*exposure*(1-noise))))
}

func share(answers []answered) float64 {
	right := 0
	for _, a := range answers {
		if a.correct {
			right++
		}
	}
	return float64(right) / float64(len(answers))
}

func (n naive) efficiency() *float64 {
	prev, recent := correctTimes(n.window(55, 28)), correctTimes(n.window(27, 0))
	if len(prev) == 0 || len(recent) == 0 {
		return nil
	}
	return value(unit((middle(prev) - middle(recent)) / middle(prev)))
}

func correctTimes(answers []answered) (ms []float64) {
	for _, a := range answers {
		if a.correct && a.ms != nil && *a.ms > 0 {
			ms = append(ms, float64(*a.ms))
		}
	}
	return ms
}

func middle(x []float64) float64 {
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

func (n naive) recovery() *float64 {
	var again []answered
	for _, a := range n.window(27, 0) {
		for _, old := range n.window(55, 28) {
			if !old.correct && old.item == a.item && old.topic == a.topic {
				again = append(again, a)
				break
			}
		}
	}
	if len(again) == 0 {
		return nil
	}
	return value(share(again))
}

func (n naive) engagement() *float64 {
	recent := n.window(27, 0)
	if len(recent) == 0 {
		return nil
	}
	var times []time.Time
	hints := 0.0
	sessions, dwell := map[string]bool{}, map[string]float64{}
	for _, a := range recent {
		if !slices.Contains(times, a.at) {
			times = append(times, a.at)
		}
		hints += float64(a.hints)
		sessions[a.sessionKey()] = true
		if a.ms != nil && *a.ms > 0 {
			dwell[a.sessionKey()] += float64(*a.ms) / 1000
		}
	}
	g, w := 0.5, 0.5
	if len(times) >= 2 {
		g = unit(1 / meanGap(times))
	}
	if len(dwell) > 0 {
		sum := 0.0
		for _, s := range dwell {
			sum += s
		}
		w = unit(sum / float64(len(dwell)) / 900)
	}
	h := unit(1 - hints/float64(len(recent))/3)
	return value(0.35*unit(float64(len(sessions))/28) + 0.25*g + 0.20*h + 0.20*w)
}

func (a answered) sessionKey() string {
	if a.session == "" {
		return "day " + db.DayOf(a.at).String()
	}
	return "session " + a.session
}

// meanGap is in days between consecutive times.
func meanGap(times []time.Time) float64 {
	slices.SortFunc(times, time.Time.Compare)
	sum := 0.0
	for i := 1; i < len(times); i++ {
		sum += float64(times[i].Sub(times[i-1])) / float64(dayLength)
	}
	return sum / float64(len(times)-1)
}

func (n naive) reach() *float64 {
	target, theta := n.target, n.theta("", math.MaxInt, 0)
	var best *goal
	for _, g := range n.goals {
		if g.user != n.learner || g.target == nil {
			continue
		}
		if best == nil || g.rank() > best.rank() || g.rank() == best.rank() && g.topic < best.topic {
			best = &g
		}
	}
	if best != nil {
		target = *best.target
		if t := n.theta(best.topic, math.MaxInt, 0); t != nil {
			theta = t
		}
	}
	if theta == nil {
		return nil
	}
	return value(math.Erfc((target-theta.theta)/theta.se/math.Sqrt2) / 2)
}

func (g goal) rank() int {
	if g.priority == nil {
		return 0
	}
	return *g.priority
}

// theta is the newest estimate of the days [d−first, d−last].
func (n naive) theta(topic string, first, last int) *estimate {
	var newest *estimate
	for _, e := range n.thetas {
		if e.user != n.learner || e.topic != topic || e.bank != "" || !(e.se > 0) || !e.at.Before(n.before) {
			continue
		}
		if back := n.day.Sub(db.DayOf(e.at)); back < last || back > first {
			continue
		}
		if newest == nil || !e.at.Before(newest.at) { // of one moment, the later row
			newest = &e
		}
	}
	return newest
}

// activity is the newest activity of each session since a moment.
func (n naive) activity(since time.Time) map[string]time.Time {
	seen := map[string]time.Time{}
	note := func(key string, at time.Time) {
		if !at.Before(since) && at.Before(n.before) && at.After(seen[key]) {
			seen[key] = at
		}
	}
	for _, a := range n.answersOf {
		note(a.sessionKey(), a.at)
	}
	for _, e := range n.exams {
		if e.user == n.learner && e.status == "ready" {
			note("session "+e.session, *e.at)
		}
	}
	for _, e := range n.ended {
		if e.user == n.learner && e.at != nil {
			note("session "+e.session, *e.at)
		}
	}
	return seen
}

func (n naive) churn() *float64 {
	var moments []time.Time
	for _, at := range n.activity(n.day.Start().Add(-55 * dayLength)) {
		moments = append(moments, at)
	}
	if len(moments) == 0 {
		return nil
	}
	since := n.day.Sub(db.DayOf(slices.MaxFunc(moments, time.Time.Compare)))
	gap := 1.0
	if len(moments) >= 2 {
		gap = unit(meanGap(moments) / 7)
	}
	return value(unit(0.60*unit(float64(since)/float64(n.horizon)) + 0.25*gap + 0.15*unit(1-float64(len(moments))/10)))
}

func unit(x float64) float64 { return math.Max(0, math.Min(1, x)) }

func value[T any](x T) *T { return &x }

// users are all there is, sorted; an empty id is none.
func (w world) users() []string {
	var all []string
	for _, a := range w.answers {
		all = append(all, a.user)
	}
	for _, m := range slices.Concat(w.exams, w.ended) {
		all = append(all, m.user)
	}
	slices.SortFunc(all, cmp.Compare[string])
	return slices.DeleteFunc(slices.Compact(all), func(u string) bool { return u == "" })
}
