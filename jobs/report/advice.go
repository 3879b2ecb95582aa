package report

import (
	"cmp"
	"slices"

	"sextant/db"
)

// Advice names a recommendation's kind.
type Advice string

// The kinds of advice, and the numbers each rests on.
const (
	Start         Advice = "start"          // has never answered
	ComeBack      Advice = "come_back"      // no answers this week: days_since
	ReachOut      Advice = "reach_out"      // for the teacher alone: S
	PractiseTopic Advice = "practise_topic" // accuracy, answers
	AccuracyFell  Advice = "accuracy_fell"  // accuracy, last_accuracy
	RetryMistakes Advice = "retry_mistakes" // R_t
	TakeTime      Advice = "take_time"      // E_t, I_t
	SpreadDays    Advice = "spread_days"    // days, answers
	CloseGap      Advice = "close_gap"      // P, missing_theta
	RaiseGoal     Advice = "raise_goal"     // P
	MoreAnswers   Advice = "more_answers"   // se, answers
	KeepGoing     Advice = "keep_going"     // answers, accuracy
)

// teacherOnly are the kinds that the learner's own edition leaves out.
var teacherOnly = map[Advice]bool{ReachOut: true}

// mostAdvice is how much advice one report gives: more would not be followed.
const mostAdvice = 3

// When advice is given.
const (
	weakAccuracy  = 0.6  // of a topic's answers
	weakAnswers   = 5    // at least, to call a topic weak
	fallAnswers   = 8    // at least, in both weeks, to compare them
	fallAccuracy  = 0.15 // at least, to say that accuracy fell
	lowRecovery   = 0.5
	hurriedSpeed  = 0.2
	hurriedLoss   = -0.02
	crammedDays   = 2
	crammedAnswer = 15
	unlikely      = 0.5
	wideSE        = 0.5
	highRisk      = 0.6
)

// advise derives the recommendations, the most pressing first.
func (d Document) advise() []Recommendation {
	out := []Recommendation{}
	if s := d.KPI(Churn).Value; s != nil && *s >= highRisk {
		out = append(out, Recommendation{Code: ReachOut, Numbers: map[string]float64{"S": *s}})
	}
	general := slices.Concat(d.adviseTopics(), d.adviseHabits(), d.adviseGoal())
	answers, correct := d.Answers()
	switch {
	case d.LastAnswer == nil:
		general = []Recommendation{{Code: Start, Numbers: map[string]float64{}}}
	case answers == 0:
		days := d.Week.Sunday.Sub(db.DayOf(*d.LastAnswer))
		general = []Recommendation{{Code: ComeBack, Numbers: map[string]float64{"days_since": float64(days)}}}
	case len(general) == 0:
		general = []Recommendation{{Code: KeepGoing, Numbers: map[string]float64{"answers": float64(answers), "accuracy": share(correct, answers)}}}
	}
	return append(out, general[:min(len(general), mostAdvice)]...)
}

// adviseTopics names the weakest topic, and the one whose accuracy fell the
// most. Answers without a topic are no topic to practise.
func (d Document) adviseTopics() (out []Recommendation) {
	var weak, fell []Topic
	for _, t := range d.Topics {
		switch {
		case t.Topic == "":
		case t.Answers >= weakAnswers && t.Accuracy() < weakAccuracy:
			weak = append(weak, t)
		case t.Answers >= fallAnswers && t.LastAnswers >= fallAnswers && t.fall() >= fallAccuracy:
			fell = append(fell, t)
		}
	}
	if len(weak) > 0 {
		t := slices.MinFunc(weak, func(a, b Topic) int { return cmp.Compare(a.Accuracy(), b.Accuracy()) })
		out = append(out, Recommendation{Code: PractiseTopic, Topic: t.Topic,
			Numbers: map[string]float64{"accuracy": t.Accuracy(), "answers": float64(t.Answers)}})
	}
	if len(fell) > 0 {
		t := slices.MaxFunc(fell, func(a, b Topic) int { return cmp.Compare(a.fall(), b.fall()) })
		out = append(out, Recommendation{Code: AccuracyFell, Topic: t.Topic,
			Numbers: map[string]float64{"accuracy": t.Accuracy(), "last_accuracy": share(t.LastCorrect, t.LastAnswers)}})
	}
	return out
}

// adviseHabits looks at how the learner works.
func (d Document) adviseHabits() (out []Recommendation) {
	if r := d.KPI(Recovery).Value; r != nil && *r < lowRecovery {
		out = append(out, Recommendation{Code: RetryMistakes, Numbers: map[string]float64{"R_t": *r}})
	}
	e, i := d.KPI(Efficiency).Value, d.KPI(Improvement).Value
	if e != nil && i != nil && *e >= hurriedSpeed && *i <= hurriedLoss {
		out = append(out, Recommendation{Code: TakeTime, Numbers: map[string]float64{"E_t": *e, "I_t": *i}})
	}
	if answers, _ := d.Answers(); answers >= crammedAnswer && d.ActiveDays() <= crammedDays {
		out = append(out, Recommendation{Code: SpreadDays,
			Numbers: map[string]float64{"days": float64(d.ActiveDays()), "answers": float64(answers)}})
	}
	return out
}

// adviseGoal looks at the goal that P is about, and at how sure θ is.
func (d Document) adviseGoal() (out []Recommendation) {
	if g := d.MainGoal(); g != nil && g.P != nil && g.Missing != nil {
		switch {
		case *g.P >= Likely:
			out = append(out, Recommendation{Code: RaiseGoal, Topic: g.Topic, Numbers: map[string]float64{"P": *g.P}})
		case *g.P < unlikely:
			out = append(out, Recommendation{Code: CloseGap, Topic: g.Topic,
				Numbers: map[string]float64{"P": *g.P, "missing_theta": *g.Missing}})
		}
	}
	if answers, _ := d.Answers(); d.Ability != nil && d.Ability.SE > wideSE {
		out = append(out, Recommendation{Code: MoreAnswers, Numbers: map[string]float64{"se": d.Ability.SE, "answers": float64(answers)}})
	}
	return out
}

// MainGoal is the goal that the KPI P is about: the first with a target, or nil.
func (d Document) MainGoal() *Goal {
	for i := range d.Goals {
		if d.Goals[i].Target != nil {
			return &d.Goals[i]
		}
	}
	return nil
}

// ActiveDays counts the days with answers.
func (d Document) ActiveDays() (n int) {
	for _, day := range d.Days {
		if day.Answers > 0 {
			n++
		}
	}
	return n
}

// Accuracy is the share of the week's answers that is correct.
func (t Topic) Accuracy() float64 { return share(t.Correct, t.Answers) }

// fall is how much lower the accuracy is than last week.
func (t Topic) fall() float64 { return share(t.LastCorrect, t.LastAnswers) - t.Accuracy() }

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
