package jobs

import (
	"fmt"
	"math"
	"strconv"
)

// The steps of a KPI are its definition with the learner's numbers put in.
// Numbers are shown to six digits; the value itself is never computed from them.

func show(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

func showOr(x *float64, none string) string {
	if x == nil {
		return none
	}
	return show(*x)
}

// days names the window [d−first, d−last].
func (d *KPIDetail) days(first, last int) string {
	return d.Date.Add(-first).String() + "…" + d.Date.Add(-last).String()
}

func result(v *float64, null string) string {
	if v == nil {
		return "null: " + null
	}
	return "= " + show(*v)
}

// resultP is result for a probability, which reads as certain only where it is.
func resultP(p *float64) string {
	if p != nil && *p < 1 && show(*p) == "1" {
		return Probability(*p, 6)
	}
	return result(p, "")
}

func (d *KPIDetail) improvementSteps() []string {
	k := d.Inputs
	window := func(name string, first, last int, right, n int64) string {
		p := ""
		if n > 0 {
			p = ", p = " + show(float64(right)/float64(n))
		}
		return fmt.Sprintf("%s %s: %d of %d answers correct%s", name, d.days(first, last), right, n, p)
	}
	steps := []string{window("recent", 13, 0, k.RecentCorrect, k.Recent), window("prev", 27, 14, k.PrevCorrect, k.Prev),
		fmt.Sprintf("exposure = min(1, %d / 30) = %s", k.Recent, show(math.Min(1, float64(k.Recent)/30)))}
	if d.Params.UseTheta {
		steps = append(steps, fmt.Sprintf("θ: %s ± %s in recent, %s in prev", showOr(k.ThetaRecent, "none"), showOr(k.SERecent, "none"), showOr(k.ThetaPrev, "none")))
	}
	switch {
	case k.Improvement == nil:
		steps = append(steps, result(nil, "a window without answers"))
	case d.Params.UseTheta && k.Recent >= 5 && k.ThetaRecent != nil && k.ThetaPrev != nil:
		steps = append(steps, fmt.Sprintf("θ form: clamp((%s − %s) · exposure · (1 − min(0.5, 1.96 · %s)), −1, 1) %s",
			show(*k.ThetaRecent), show(*k.ThetaPrev), show(*k.SERecent), result(k.Improvement, "")))
	default:
		p, was := float64(k.RecentCorrect)/float64(k.Recent), float64(k.PrevCorrect)/float64(k.Prev)
		steps = append(steps, fmt.Sprintf("accuracy form: clamp((%s − %s) · exposure · (1 − min(0.5, 1.96 · √(%s · %s / %d))), −1, 1) %s",
			show(p), show(was), show(p), show(1-p), k.Recent, result(k.Improvement, "")))
	}
	return steps
}

func (d *KPIDetail) efficiencySteps() []string {
	k := d.Inputs
	window := func(name string, first, last int, median *float64, n int64) string {
		if median == nil {
			return fmt.Sprintf("%s %s: no correct answer with a time", name, d.days(first, last))
		}
		return fmt.Sprintf("%s %s: median %s ms of %s with a time", name, d.days(first, last), show(*median), plural(n, "correct answer"))
	}
	steps := []string{window("recent", 27, 0, k.MedianRecent, k.TimedRecent), window("prev", 55, 28, k.MedianPrev, k.TimedPrev)}
	if k.Efficiency == nil {
		return append(steps, result(nil, "a window without correct answers that have a time"))
	}
	return append(steps, fmt.Sprintf("clamp((%s − %s) / %s) %s", show(*k.MedianPrev), show(*k.MedianRecent), show(*k.MedianPrev), result(k.Efficiency, "")))
}

func (d *KPIDetail) recoverySteps() []string {
	k := d.Inputs
	steps := []string{fmt.Sprintf("recent %s: %s to what went wrong in %s, %d of them correct", d.days(27, 0), plural(k.Retried, "answer"), d.days(55, 28), k.Recovered)}
	if k.Recovery == nil {
		return append(steps, result(nil, "nothing that had gone wrong was tried again"))
	}
	return append(steps, fmt.Sprintf("%d / %d %s", k.Recovered, k.Retried, result(k.Recovery, "")))
}

func (d *KPIDetail) engagementSteps() []string {
	k := d.Inputs
	if k.Engagement == nil {
		return []string{result(nil, "no answers in "+d.days(27, 0))}
	}
	gap, dwell := "g = 0.5: fewer than two answer times", "w = 0.5: no session has a response time"
	if k.GapDays != nil {
		gap = fmt.Sprintf("g = clamp(1 / %s): the mean gap in days between %d answer times", show(*k.GapDays), k.Moments)
	}
	if k.DwellSeconds != nil {
		dwell = fmt.Sprintf("w = clamp(%s / 900): the mean dwell in seconds of %s with a time", show(*k.DwellSeconds), plural(k.TimedSessions, "session"))
	}
	return []string{
		fmt.Sprintf("%s: %s in %s", d.days(27, 0), plural(k.Answers, "answer"), plural(k.Sessions, "session")), gap,
		fmt.Sprintf("h = clamp(1 − %d / %d / 3): hints per answer", k.Hints, k.Answers), dwell,
		fmt.Sprintf("0.35 · clamp(%d / 28) + 0.25 · g + 0.20 · h + 0.20 · w %s", k.Sessions, result(k.Engagement, "")),
	}
}

func (d *KPIDetail) reachSteps() []string {
	k := d.Inputs
	goal := fmt.Sprintf("no goal with a target: the default target %s", show(k.Target))
	if k.GoalTopic != nil {
		goal = fmt.Sprintf("goal: %s in topic %s", show(k.Target), *k.GoalTopic)
	}
	if k.Theta == nil {
		return []string{goal, result(nil, "no θ with a positive SE by the end of "+d.Date.String())}
	}
	of := "overall"
	if k.ThetaTopic != nil {
		of = "of topic " + *k.ThetaTopic
	}
	return []string{goal, fmt.Sprintf("θ %s: %s ± %s as of %s", of, show(*k.Theta), show(*k.SE), k.ThetaAsOf.UTC().Format("2006-01-02 15:04 UTC")),
		fmt.Sprintf("1 − Φ((%s − %s) / %s) %s", show(k.Target), show(*k.Theta), show(*k.SE), resultP(k.Reach))}
}

func (d *KPIDetail) churnSteps() []string {
	k := d.Inputs
	if k.Churn == nil {
		return []string{result(nil, "no activity in "+d.days(55, 0))}
	}
	gap := "1"
	if k.VisitGapDays != nil {
		gap = fmt.Sprintf("clamp(%s / 7)", show(*k.VisitGapDays))
	}
	return []string{
		fmt.Sprintf("%s: %s, the newest activity at %s", d.days(55, 0), plural(k.Visits, "session"), k.LastVisit.UTC().Format("2006-01-02 15:04 UTC")),
		fmt.Sprintf("clamp(0.60 · clamp(%d / %d) + 0.25 · %s + 0.15 · clamp(1 − %d / 10)) %s", *k.DaysSince, d.Params.Horizon, gap, k.Visits, result(k.Churn, "")),
	}
}
