package report

import "math"

// level is where a KPI stands: each has a sentence in every language.
type level int

const (
	farBelow level = iota // of P alone
	below
	between
	above
)

// levels are from where on a KPI is between and above; one without any has but
// one sentence.
var levels = map[string][2]float64{
	Improvement: {-0.05, 0.05},
	Efficiency:  {0.005, 0.005},
	Engagement:  {0.4, 0.7},
	Reach:       {unlikely, Likely},
	Churn:       {0.3, highRisk},
}

// farGoal is the P below which a nearer goal is worth a thought.
const farGoal = 0.2

func levelOf(key string, v float64) level {
	switch limits := levels[key]; {
	case v >= limits[1]:
		return above
	case v >= limits[0]:
		return between
	case key == Reach && v < farGoal:
		return farBelow
	}
	return below
}

// steady is the change of a KPI below which it counts as none, and steadyTheta
// that of θ.
const (
	steady      = 0.015
	steadyTheta = 0.05
)

func trend(change, steady float64) Trend {
	switch {
	case math.Abs(change) < steady:
		return Steady
	case change > 0:
		return Up
	}
	return Down
}

// longWait is how many weeks are too many to name.
const longWait = 26
