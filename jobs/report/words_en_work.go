package report

import (
	"math"
	"strings"

	"sextant/db"
)

func (english) NoGoals() string {
	return "No goal has been set. With a topic and a level to aim at, this report would show how likely it is to be reached and what it would take."
}

func (e english) GoalsCaption(goals []Goal) (alt, caption string) {
	return listGoals(e.Language, "Bars of the chance of reaching each goal: ", goals), "From 80% on, a goal counts as well within reach."
}

func (english) GoalTable() string { return "Goals, the most important first" }

func (english) GoalColumns() []Column {
	return []Column{{"Goal", false}, {"Target (θ)", true}, {"Ability (θ)", true}, {"Chance", true}, {"What it would take", false}}
}

func (english) OverallMark() string { return "(overall)" }
func (english) NoTarget() string    { return "none" }

func (e english) Taking(g Goal) Text {
	switch {
	case g.Target == nil:
		return line("A level to aim at has not been set.")
	case g.Missing == nil:
		return line("Some answers first: ability is not known yet.")
	case *g.Missing == 0:
		return line("Well within reach: keeping it up is enough.")
	}
	need := line("Ability ", strong(e.Number(*g.Missing, 2)), " higher for a chance of 80%. ")
	switch {
	case g.Pace == nil:
		return line(need, "It is too early to tell a pace.")
	case g.Weeks == nil:
		return line(need, "The last four weeks brought no rise (", e.Signed(*g.Pace, 2), " a week).")
	case *g.Weeks > longWait:
		return line(need, "At the pace of the last four weeks (", e.Signed(*g.Pace, 2), " a week), more than half a year.")
	}
	return line(need, "At the pace of the last four weeks (", e.Signed(*g.Pace, 2), " a week), about ", e.many(int(math.Ceil(*g.Weeks)), "week", "weeks"), ".")
}

func (english) NoTopic() string { return "No topic" }

func (english) NoTopics() string {
	return "The questions answered this week name no topic, so they cannot be told apart by topic."
}

func (e english) OtherTopics(n int) string { return e.many(n, "more topic", "more topics") }

func (e english) TopicsCaption(topics []Topic) (alt, caption string) {
	return listTopics(e.Language, "Bars of the share of correct answers by topic: ", topics), "Share of correct answers this week, with last week’s beside it where there is one."
}

func (english) TopicTable() string { return "This week’s answers by topic" }

func (english) TopicColumns() []Column {
	return []Column{{"Topic", false}, {"Answers", true}, {"Correct", true}, {"Accuracy", true}, {"Last week", true}, {"Average time", true}, {"Ability (θ)", true}}
}

func (e english) Seconds(s float64) string {
	if s < 99.5 {
		return e.Number(s, 0) + " s"
	}
	return e.Minutes(s / 60)
}

func (e english) DaysCaption(days []Activity) (alt, caption string) {
	var parts []string
	for _, d := range days {
		part := e.Weekday(d.Date) + " none"
		if d.Answers > 0 {
			part = e.Weekday(d.Date) + " " + e.Count(d.Answers) + " (" + e.Count(d.Correct) + " correct)"
		}
		parts = append(parts, part)
	}
	return "Bars of the answers of each day: " + strings.Join(parts, ", ") + ".", "Answers of each day, the correct ones apart."
}

func (english) DayTable() string { return "Answers and time by day" }

func (english) DayColumns() []Column {
	return []Column{{"Day", false}, {"Answers", true}, {"Correct", true}, {"Accuracy", true}, {"Time", true}}
}

func (e english) Minutes(m float64) string {
	if m > 0 && m < 1 {
		return "under 1 min"
	}
	return e.Count(int(math.Round(m))) + " min"
}

func (e english) Day(d db.Day) string { return e.Weekday(d) + ", " + e.ShortDate(d) }
