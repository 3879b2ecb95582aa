package main

import (
	"context"
	"fmt"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

func showTheta(ctx context.Context, o thetaShowOptions) error {
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := o.app.service(s).Learner(ctx, o.user)
	if err != nil {
		return err
	}
	if o.app.global.json {
		return o.app.writeJSON(d)
	}
	o.app.printLearner(d)
	return nil
}

// newestShown is how many θs and answers of a learner the text lists.
const newestShown = 10

func (a *app) printLearner(d jobs.LearnerDetail) {
	fmt.Fprintf(a.out, "%s  %s in %s, last active %s UTC\n", widget.Clean(d.UserID), plural(d.Learner.Answers, "answer"),
		plural(d.Sessions, "session"), stamp(d.LastAt))
	fmt.Fprintf(a.out, "θ %s\n", abilityWords(d.Ability))
	a.printTopics(d.Topics)
	a.printGoals(d.Goals)
	a.printKPIWeeks(d.KPIs)
	a.printTrajectory(d)
	a.printAnswers(d)
}

func (a *app) printTopics(topics []db.TopicAbility) {
	if len(topics) == 0 {
		return
	}
	fmt.Fprintln(a.out)
	t := table{columns: []column{{title: "TOPIC", grow: true}, {title: "THETA", right: true}, {title: "SE", right: true},
		{title: "ANSWERS", right: true}, {title: "AS OF"}}}
	for _, topic := range topics {
		t.add(plain(topic.TopicID, number(topic.Theta, 2), numberOf(topic.SE, 2), count(topic.Answers), stamp(topic.FittedAt))...)
	}
	a.printTable(&t, "")
}

func (a *app) printGoals(goals []jobs.GoalOutlook) {
	if len(goals) == 0 {
		return
	}
	fmt.Fprintln(a.out, "\nGoals, and how likely they are reached:")
	t := table{columns: []column{{title: "TOPIC", grow: true}, {title: "TARGET", right: true}, {title: "THETA", right: true}, {title: "OF", drop: 1},
		{title: "P", right: true}, {title: "PRIORITY", right: true}, {title: "IN KPI", drop: 2}}}
	for _, g := range goals {
		of, counts := "overall", ""
		if g.ByTopic {
			of = "topic"
		}
		if g.Counts {
			counts = "yes"
		}
		t.add(plain(g.TopicID, numberOf(g.Target, 2), numberOf(g.Theta, 2), of, kpiText("P", g.P, 3), fmt.Sprint(g.Priority), counts)...)
	}
	a.printTable(&t, "")
}

func (a *app) printKPIWeeks(weeks []db.KPIWeek) {
	if len(weeks) == 0 {
		return
	}
	fmt.Fprintln(a.out, "\nKPIs by week:")
	t := table{columns: []column{{title: "WEEK OF"}, {title: "I_t", right: true}, {title: "E_t", right: true}, {title: "R_t", right: true},
		{title: "A_t", right: true}, {title: "P", right: true}, {title: "S", right: true}}}
	for _, w := range weeks {
		t.add(plain(w.Week.String(), numberOf(w.Improvement, 3), numberOf(w.Efficiency, 3), numberOf(w.Recovery, 3), numberOf(w.Engagement, 3),
			kpiText("P", w.Reach, 3), numberOf(w.Churn, 3))...)
	}
	a.printTable(&t, "")
}

func (a *app) printTrajectory(d jobs.LearnerDetail) {
	if len(d.Trajectory) == 0 {
		return
	}
	newest := d.Trajectory[max(0, len(d.Trajectory)-newestShown):]
	fmt.Fprintf(a.out, "\nθ through time, the newest %d of %d last (all: %s):\n", len(newest), len(d.Trajectory), jobs.Shell("sextant", "theta", "history", d.UserID))
	a.printThetas(newest, false)
}

func (a *app) printAnswers(d jobs.LearnerDetail) {
	if len(d.Answers) == 0 {
		return
	}
	newest := d.Answers[:min(newestShown, len(d.Answers))]
	fmt.Fprintf(a.out, "\nAnswers, the newest %d (those θ rests on: %s):\n", len(newest), jobs.Shell("sextant", "theta", "why", d.UserID))
	t := table{columns: []column{{title: "AT"}, {title: "ITEM", grow: true}, {title: "TOPIC", drop: 1}, {title: "RESULT"}, {title: "SECONDS", right: true},
		{title: "HINTS", right: true, drop: 2}, {title: "a", right: true, drop: 3}, {title: "b", right: true}, {title: "c", right: true, drop: 4}}}
	for _, v := range newest {
		result, seconds := "wrong", missingText
		if v.Correct {
			result = "right"
		}
		if v.ResponseTimeMS != nil {
			seconds = number(float64(*v.ResponseTimeMS)/1000, 1)
		}
		t.add(plain(stamp(v.AnsweredAt), v.ItemID, textOf(v.TopicID), result, seconds, count(v.Hints), numberOf(v.A, 2), numberOf(v.B, 2), numberOf(v.C, 2))...)
	}
	a.printTable(&t, "")
}

// abilityWords is an estimate and what it rests on.
func abilityWords(b *db.Ability) string {
	if b == nil {
		return "– (none yet)"
	}
	return fmt.Sprintf("%s ± %s  from %s, %s, scale %s, %s UTC", number(b.Theta, 3), numberOf(b.SE, 3),
		plural(b.Answers, "answer"), b.Model, b.Version, stamp(b.FittedAt))
}
