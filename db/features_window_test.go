package db_test

import (
	"testing"
	"time"

	"sextant/db"
)

// A θ belongs to the window whose days hold its moment: to the recent one from
// the first moment of d−13 to the last of d, to the one before from the first of
// d−27. One of absurd size, or without a positive SE, counts as none.
func TestThetasOfTheImprovementsWindows(t *testing.T) {
	t.Parallel()
	b := migrated(t, responseLog)
	d := day(t, "2026-03-29")
	first := func(back int) time.Time { return d.Add(-back).Start() }
	last := func(back int) time.Time { return d.Add(-back).Last() }
	var answers []response
	var thetas []estimate
	se := 0.25
	history := func(user string, moments ...time.Time) {
		for range 6 {
			answers = append(answers, response{user: user, topic: "t", correct: true, at: d.Start()})
		}
		for i, at := range moments { // each a whole θ higher than the one before
			thetas = append(thetas, estimate{user: user, topic: "t", theta: float64(i), se: &se, asOf: at})
		}
	}
	history("first moments", first(27), first(13))
	history("last moments", last(14), last(0))
	history("of the next day", last(14), first(-1))
	history("before both", last(28), first(13))
	history("both before", first(27), last(14))
	history("both recent", first(13), last(0))
	history("the newest of each", first(27), last(14), first(13), last(0))
	history("absurd", first(27), first(13))
	huge := 1e308
	for _, theta := range []float64{1e308, -1e308} {
		thetas = append(thetas, estimate{user: "absurd", topic: "t", theta: theta, se: &huge, asOf: last(14)}, estimate{user: "absurd", topic: "t", theta: -theta, se: &huge, asOf: last(0)},
			estimate{user: "absurd", theta: theta, se: &huge, asOf: last(0)})
	}
	b.load(t, answers, thetas)
	b.publish(t, db.FeaturesOptions{Day: d, UseTheta: true, IncludeTheta: true})
	// Six answers are a fifth of thirty, and 1.96 · 0.25 = 0.49: a whole θ makes 0.2 · 0.51.
	diff(t, "improvement", b.rows(t, `SELECT user_id, theta_estimate, improvement FROM features_topic_daily ORDER BY user_id COLLATE "C"`),
		"absurd|1.000|0.102\nbefore both|1.000|∅\nboth before|1.000|∅\nboth recent|1.000|∅\nfirst moments|1.000|0.102\nlast moments|1.000|0.102\n"+
			"of the next day|0.000|∅\nthe newest of each|3.000|0.204")
}
