package report

import (
	"fmt"
	"math"

	"sextant/db"
)

func (english) Brand(e Edition) string {
	if e == Teacher {
		return "Weekly learning report · Teacher’s edition"
	}
	return "Weekly learning report"
}

func (english) Title(learner, period string) string {
	return "Weekly learning report: " + learner + ", " + period
}

func (english) Section(id sectionID) string {
	return map[sectionID]string{
		overviewSection: "The week at a glance", adviceSection: "Suggestions for next week", standingSection: "Where things stand",
		abilitySection: "Ability", goalsSection: "Goals", topicsSection: "Topics", daysSection: "Day by day",
		riskSection: "Keeping at it", calibrationSection: "About the scale",
	}[id]
}

// many is a count and what is counted.
func (e english) many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return e.Count(n) + " " + more
}

func (e english) Worked(answers, correct, days int) Text {
	return line(strong(e.many(answers, "question", "questions")), " answered on ", e.many(days, "day", "days"), ", ",
		strong(e.Count(correct)), " of them correctly (", e.Percent(share(correct, answers)), ").")
}

func (e english) Moved(now, before *Ability) Text {
	text := line("Ability is estimated at ", strong(e.Number(now.Theta, 2)), " ± ", e.Number(now.SE, 2))
	if before == nil {
		return line(text, ".")
	}
	change := now.Theta - before.Theta
	way := trend(change, steadyTheta)
	if way == Steady {
		return line(text, ", about the same as a week before.")
	}
	text = line(text, ", ", e.Number(math.Abs(change), 2), upDown(way, " higher than a week before", " lower than a week before"))
	if math.Abs(change) < now.SE {
		text = line(text, ", which is within the margin of error")
	}
	return line(text, ".")
}

func (e english) Reached(p float64, g *Goal) Text {
	if g == nil {
		return line("The chance of reaching the general target is ", strong(e.Chance(p)), ".")
	}
	return line("The chance of reaching the goal in “", name(g.Topic), "” is ", strong(e.Chance(p)), ".")
}

func (e english) Rested(last *db.Day, days int) []Text {
	if last == nil {
		return []Text{
			line("No questions have been answered yet."),
			line("That is no trouble at all: every start is a good one. After the first few questions this page will show how things are going."),
		}
	}
	return []Text{
		line("No questions were answered this week. The last answer was on ", e.Date(*last), ", ", e.many(days, "day", "days"), " before the week’s end."),
		line("Everybody needs a break now and then, and what has been learnt is not lost. A few easy questions are the best way back in."),
	}
}

func (english) Footnotes(e Edition) []Footnote {
	notes := []Footnote{
		{Standing, "Ability (θ) and ± (SE)", "An estimate from the answers and the difficulty of the questions (item response theory). With about two chances in three, the true value lies no farther away than the figure after ±."},
		{Improvement, "Progress (I_t)", "How much better the last two weeks went than the two before, from −1 to 1, discounted where there are few answers."},
		{Efficiency, "Speed of correct answers (E_t)", "By what share the typical time of correct answers has become shorter, the last four weeks against the four before."},
		{Recovery, "Recovering from mistakes (R_t)", "Of the answers of the last four weeks to questions that went wrong in the four weeks before, the share that is right."},
		{Engagement, "Engagement (A_t)", "From 0 to 100, over four weeks: how often and how regularly there was practice, how rarely hints were used, and how much time it was given."},
		{Reach, "Chance of reaching the goal (P)", "The probability that ability is at the goal’s level or above, given the estimate and its margin of error."},
	}
	if e == Teacher {
		notes = append(notes, Footnote{Churn, "Index of dropping out (S)", "From 0 to 1, over 56 days: days since the last activity (60%), the gaps between sessions (25%) and how few there were (15%)."})
	}
	return append(notes, Footnote{Calendar, "Days", "All days and weeks are those of Coordinated Universal Time (UTC), Monday to Sunday. Nothing after the end of the week is counted."})
}

func (e english) FooterRun(p Provenance) []string {
	return []string{"Made by run " + p.RunID + " on " + e.Moment(p.GeneratedAt), "Sextant " + p.Program}
}

func (english) Numbering() string { return "Page %d of %d" }

func (english) NoCalibration() string {
	return "No calibration of the question bank was in force this week, so there is no scale to describe."
}

func (e english) AboutScale(c Calibration) string {
	s := fmt.Sprintf("Ability is measured on the scale %s. ", Shown(c.Scale))
	if c.Scale == "" {
		s = ""
	}
	if c.DataDay != nil {
		s += fmt.Sprintf("The question bank was calibrated from the answers up to %s", e.Date(*c.DataDay))
	} else {
		s += "The question bank was calibrated"
	}
	if c.Model != "" {
		s += " (model " + Shown(c.Model) + ")"
	}
	switch {
	case c.To == "scale":
		return s + ". This calibration starts the scale: A = 1, B = 0."
	case c.A == nil || c.B == nil:
		return s + ". The constants that link it to earlier calibrations are not known."
	}
	return s + fmt.Sprintf(" and linked to that scale by θ = A·θ′ + B with A = %s and B = %s, so that the values of different weeks can be compared.",
		e.Number(*c.A, 3), e.Number(*c.B, 3))
}

func (e english) ScaleFacts(c Calibration) []Fact {
	methods := map[string]string{"stocking_lord": "Stocking–Lord", "mean_sigma": "mean/sigma", "shift": "shift only (A = 1)", "fixed_anchors": "anchors held fixed"}
	to := map[string]string{"anchors": "the anchor questions", "previous": "the previous calibration", "scale": "nothing: it starts the scale"}
	return scaleFacts(e.Language, c, scaleTerms{
		run: "Calibration", fitted: "Fitted", constants: "Linking constants", method: "Method", to: "Linked to", items: "Questions in common",
		se: "Standard error of the link", accumulated: "Error since the scale began", methods: methods, targets: to,
	})
}
