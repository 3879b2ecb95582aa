package report

import (
	"math"

	"sextant/db"
)

func (english) NoKPIs() string {
	return "The key figures of this week have not been computed yet, so they cannot be shown."
}

func (english) KPIName(key string) string {
	return map[string]string{
		Improvement: "Progress", Efficiency: "Speed of correct answers", Recovery: "Recovering from mistakes",
		Engagement: "Engagement", Reach: "Chance of reaching the goal",
	}[key]
}

func (e english) KPIValue(key string, v float64) string {
	switch key {
	case Improvement:
		return e.Signed(v, 2)
	case Efficiency:
		if levelOf(key, v) != above {
			return "No faster"
		}
		return e.Percent(v) + " faster"
	case Engagement:
		return e.Number(v*100, 0) + " of 100"
	case Reach:
		return e.Chance(v)
	}
	return e.Percent(v)
}

func (english) KPIMissing(key string) string {
	return map[string]string{
		Improvement: "Not known yet: it compares the last two weeks with the two before, and one of them has no answers.",
		Efficiency:  "Not known yet: it takes correct answers with a time, both in the last four weeks and in the four before.",
		Recovery:    "Not known: no question that went wrong before has been tried again.",
		Engagement:  "Not known: there are no answers in the last four weeks.",
		Reach:       "Not known yet: ability has not been estimated.",
	}[key]
}

func (e english) KPIMeaning(key string, v float64, at level) string {
	switch key {
	case Efficiency:
		if at == above {
			return "Correct answers come " + e.Percent(v) + " faster than in the four weeks before."
		}
		return "Correct answers take as long as in the four weeks before, or longer. That is fine: care comes first."
	case Recovery:
		return "Of the answers to questions that once went wrong, " + e.Percent(v) + " were right this time."
	}
	return map[string]map[level]string{
		Improvement: {
			above:   "The last two weeks went better than the two before.",
			between: "The last two weeks went much like the two before.",
			below:   "The last two weeks went less well than the two before.",
		},
		Engagement: {
			above:   "Practice is frequent and steady.",
			between: "Practice is fairly regular.",
			below:   "Practice has been rare or irregular in the last four weeks.",
		},
		Reach: {
			above:    "The goal is well within reach.",
			between:  "The goal is more likely than not to be reached.",
			below:    "The goal is still some way off.",
			farBelow: "The goal is far off at present; a nearer step first may help.",
		},
	}[key][at]
}

func (e english) KPILast(key string, last *float64) string {
	if last == nil {
		return "Last week: not known"
	}
	return "Last week: " + e.KPIValue(key, *last)
}

func (e english) KPIChange(key string, change float64, t Trend) string {
	switch {
	case t == Steady:
		return "About the same"
	case key == Improvement:
		return upDown(t, "Up ", "Down ") + e.Number(math.Abs(change), 2)
	}
	return upDown(t, "Up ", "Down ") + e.Number(math.Abs(change)*100, 0) + " points"
}

func (english) AboutAbility() string {
	return "Ability (θ) is estimated from which questions were answered correctly and how hard they were. 0 is about the average of the learners the scale was built on; most lie between −2 and 2. The figure after ± is the margin of error: more answers make it smaller."
}

func (english) NoAbility() string {
	return "Ability has not been estimated yet. It takes some answers to questions whose difficulty is known; it will appear here as soon as there are enough."
}

func (english) OnePoint() string {
	return "There is only one estimate so far, so there is no course to draw yet."
}

func (e english) TrajectoryCaption(points []Ability) (alt, caption string) {
	first, last := points[0], points[len(points)-1]
	from, to := db.DayOf(first.AsOf), db.DayOf(last.AsOf)
	alt = "Line of the estimated ability from " + e.Date(from) + " (" + e.Number(first.Theta, 2) + " ± " + e.Number(first.SE, 2) + ") to " +
		e.Date(to) + " (" + e.Number(last.Theta, 2) + " ± " + e.Number(last.SE, 2) + "), with a band for its margin of error."
	return alt, "Estimated ability since " + e.Date(from) + ". The band is one standard error to either side: the narrower, the surer."
}

func (english) NewScale() string {
	return "Where the line is broken, a new scale began: values to either side do not compare."
}

func (english) AbilityNow() string    { return "At the end of the week" }
func (english) AbilityBefore() string { return "A week before" }
func (english) AbilityChange() string { return "Change" }
func (english) NotKnown() string      { return "not known" }

func (e english) AbilityValue(a Ability) string {
	return e.PlusMinus(&a.Theta, &a.SE) + " (estimated " + e.Date(db.DayOf(a.AsOf)) + ")"
}

func (e english) Change(now, before Ability) string {
	change := now.Theta - before.Theta
	s := e.Signed(change, 2)
	if math.Abs(change) < now.SE {
		s += ", within the margin of error"
	}
	return s
}
