package report

import "sextant/db"

// words are everything a report says, in one language. A method is a sentence,
// or the few that belong together; what is a foreign name in one comes and goes
// as a Span.
type words interface {
	frameWords
	kpiWords
	abilityWords
	goalWords
	workWords
	adviceWords
	calibrationWords
}

func (l Language) words() words {
	if l == Korean {
		return korean{Korean}
	}
	return english{English}
}

// korean and english have a file for every group of words.
type (
	korean  struct{ Language }
	english struct{ Language }
)

// sectionID names a section, and is its anchor.
type sectionID string

// The sections, by their anchors.
const (
	overviewSection    sectionID = "overview"
	adviceSection      sectionID = "advice"
	standingSection    sectionID = "standing" // of the short page
	abilitySection     sectionID = "ability"
	goalsSection       sectionID = "goals"
	topicsSection      sectionID = "topics"
	daysSection        sectionID = "days"
	riskSection        sectionID = "risk"
	calibrationSection sectionID = "calibration"
)

// upDown chooses by which way a value went.
func upDown(t Trend, up, down string) string {
	if t == Up {
		return up
	}
	return down
}

// frameWords stand around the report.
type frameWords interface {
	Brand(Edition) string
	Title(learner, period string) string
	Section(sectionID) string
	Worked(answers, correct, days int) Text          // the lead of a week with answers
	Moved(now, before *Ability) Text                 // and how θ went; nil before: no comparison
	Reached(p float64, goal *Goal) Text              // and the chance of reaching the goal
	Rested(lastAnswer *db.Day, daysSince int) []Text // the lead of a week without
	Footnotes(e Edition) []Footnote                  // definitions
	FooterRun(Provenance) []string
	Numbering() string // with %d twice
}

// kpiWords say what the KPIs mean.
type kpiWords interface {
	NoKPIs() string
	KPIName(key string) string
	KPIValue(key string, v float64) string
	KPIMissing(key string) string
	KPIMeaning(key string, v float64, at level) string
	KPILast(key string, last *float64) string
	KPIChange(key string, change float64, t Trend) string
}

// abilityWords explain θ.
type abilityWords interface {
	AboutAbility() string
	NoAbility() string
	OnePoint() string
	TrajectoryCaption(points []Ability) (alt, caption string)
	NewScale() string
	AbilityNow() string
	AbilityBefore() string
	AbilityChange() string
	AbilityValue(a Ability) string
	NotKnown() string
	Change(now, before Ability) string
}

// goalWords are about goals.
type goalWords interface {
	NoGoals() string
	GoalsCaption(goals []Goal) (alt, caption string)
	GoalColumns() []Column
	GoalTable() string
	OverallMark() string // beside a θ that is the overall one
	Taking(g Goal) Text  // what the goal would take
	NoTarget() string
}

// workWords are about topics and days.
type workWords interface {
	NoTopic() string
	NoTopics() string
	OtherTopics(n int) string
	TopicsCaption(topics []Topic) (alt, caption string)
	TopicTable() string
	TopicColumns() []Column
	Seconds(s float64) string
	DaysCaption(days []Activity) (alt, caption string)
	DayTable() string
	DayColumns() []Column
	Minutes(m float64) string
	Day(db.Day) string
}

// adviceWords put the recommendations.
type adviceWords interface {
	Advice(r Recommendation, e Edition) AdviceItem
	Risk(s float64, at level, lastAnswer *db.Day) []Text // the teacher's alone
	NoRisk() string
}

// calibrationWords are about the scale.
type calibrationWords interface {
	NoCalibration() string
	AboutScale(c Calibration) string
	ScaleFacts(c Calibration) []Fact
}
