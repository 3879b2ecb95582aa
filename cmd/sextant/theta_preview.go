package main

import (
	"fmt"

	"sextant/jobs"
	"sextant/tui/widget"
)

// printThetaPreview shows what a recompute would do to a learner's θ, and why.
func (a *app) printThetaPreview(p jobs.ThetaPreview) {
	fmt.Fprintf(a.out, "%s: %s\n", widget.Clean(p.UserID), p.Outcome)
	if p.Outcome == jobs.OutcomeUnknown {
		return
	}
	fmt.Fprintln(a.out)
	fmt.Fprintf(a.out, "  θ in force  %s\n", abilityWords(p.Old))
	fmt.Fprintf(a.out, "  θ anew      %s\n", abilityWords(p.New))
	if p.Old != nil && p.New != nil {
		fmt.Fprintf(a.out, "  change      %s%s\n", sign(p.New.Theta-p.Old.Theta), number(p.New.Theta-p.Old.Theta, 3))
	}
	calibration := "none yet: the seeds of the questions and a standard normal prior"
	if p.Calibration != "" {
		calibration = p.Calibration
	}
	fmt.Fprintf(a.out, "  prior       N(%s, %s²), scale %s\n", number(p.PriorMean, 3), number(p.PriorSD, 3), p.Version)
	fmt.Fprintf(a.out, "  calibration %s\n", calibration)
	fmt.Fprintf(a.out, "  answers     of the %s up to %s UTC\n", plural(p.Lookback, "day"), stamp(p.AsOf))
	a.printUsed(p.Used)
	a.printLeftOut(p.LeftOut)
	if p.Unsynced > 0 {
		fmt.Fprintln(a.out)
		a.printUnsynced(p.Unsynced)
	}
}

// printThetaChanges shows what a recompute would do, a line a learner.
func (a *app) printThetaChanges(previews []jobs.ThetaPreview) {
	t := table{columns: []column{{title: "LEARNER", grow: true}, {title: "OLD", right: true}, {title: "NEW", right: true}, {title: "CHANGE", right: true},
		{title: "SE", right: true}, {title: "USED", right: true}, {title: "LEFT OUT", right: true}, {title: "OUTCOME"}}}
	for _, p := range previews {
		var old, anew, se, change string
		if p.Old != nil {
			old = number(p.Old.Theta, 3)
		}
		if p.New != nil {
			anew, se = number(p.New.Theta, 3), numberOf(p.New.SE, 3)
		}
		if p.Old != nil && p.New != nil {
			change = sign(p.New.Theta-p.Old.Theta) + number(p.New.Theta-p.Old.Theta, 3)
		}
		t.add(plain(p.UserID, old, anew, change, se, count(len(p.Used)), count(len(p.LeftOut)), p.Outcome)...)
	}
	a.printTable(&t, "nobody")
}

// sign is the plus that number leaves out.
func sign(v float64) string {
	if v > 0 {
		return "+"
	}
	return ""
}

func (a *app) printUsed(used []jobs.Scored) {
	if len(used) == 0 {
		return
	}
	fmt.Fprintf(a.out, "\n%s used; EXPECTED is the probability of a correct answer at the new θ\n", plural(len(used), "answer"))
	t := table{columns: []column{{title: "ANSWERED"}, {title: "ITEM", grow: true}, {title: "TOPIC", drop: 2}, {title: "CORRECT"},
		{title: "EXPECTED", right: true}, {title: "A", right: true}, {title: "B", right: true}, {title: "C", right: true}, {title: "FROM", drop: 1}}}
	for _, u := range used {
		correct := cell{"yes", good}
		if !u.Correct {
			correct = cell{"no", warning}
		}
		t.add(cell{text: stamp(u.AnsweredAt)}, cell{text: u.ItemID}, cell{text: textOf(u.TopicID)}, correct, cell{text: jobs.Probability(u.Expected, 2)},
			cell{text: number(u.A, 2)}, cell{text: number(u.B, 2)}, cell{text: number(u.C, 2)}, cell{text: u.From})
	}
	a.printTable(&t, "")
}

func (a *app) printLeftOut(left []jobs.Excluded) {
	if len(left) == 0 {
		return
	}
	fmt.Fprintf(a.out, "\n%s left out\n", plural(len(left), "answer"))
	t := table{columns: []column{{title: "ANSWERED"}, {title: "ITEM"}, {title: "WHY", grow: true}}}
	for _, e := range left {
		t.add(plain(stamp(e.AnsweredAt), e.ItemID, e.Reason)...)
	}
	a.printTable(&t, "")
}
