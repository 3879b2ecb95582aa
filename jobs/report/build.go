package report

import (
	"encoding/json"
	"fmt"
	"math"

	"sextant/db"
)

// Build makes the document of a learner's week from what the database holds.
func Build(data db.ReportData, calibration *Calibration, week Week) Document {
	d := Document{
		Learner: data.UserID, Week: week, Calibration: calibration, LastAnswer: data.LastAnswer,
		Ability: ability(data.Theta), AbilityBefore: ability(data.Before),
		Trajectory: []Ability{}, Goals: []Goal{}, Topics: []Topic{},
	}
	for _, key := range []string{Improvement, Efficiency, Recovery, Engagement, Reach, Churn} {
		d.KPIs = append(d.KPIs, KPI{Key: key, Value: known(data.KPIs, key), Last: known(data.LastKPIs, key)})
	}
	for i := range data.Trajectory {
		if a := ability(&data.Trajectory[i]); a != nil {
			d.Trajectory = append(d.Trajectory, *a)
		}
	}
	for _, g := range data.Goals {
		d.Goals = append(d.Goals, goal(g))
	}
	for _, t := range data.Topics {
		if t.Answers > 0 {
			d.Topics = append(d.Topics, topic(t))
		}
	}
	d.Days = days(data.Days, week)
	d.Recommendations = d.advise()
	return d
}

func known(kpis map[string]float64, key string) *float64 {
	if v, ok := kpis[key]; ok {
		return &v
	}
	return nil
}

func ability(t *db.ReportTheta) *Ability {
	if t == nil || !plausible(t.Theta, t.SE) {
		return nil
	}
	return &Ability{Theta: t.Theta, SE: t.SE, AsOf: t.AsOf.UTC(), Scale: t.Version}
}

// plausible reports whether numbers on the scale are such that a page can show
// them: what is a thousand or more is taken for not known, as in
// features_topic_daily.
func plausible(values ...float64) bool {
	for _, v := range values {
		if !(math.Abs(v) < 999.9995) {
			return false
		}
	}
	return true
}

func topic(t db.ReportTopic) Topic {
	if t.Theta != nil && !plausible(*t.Theta, *t.SE) {
		t.Theta, t.SE = nil, nil
	}
	out := Topic{Topic: t.Topic, Answers: t.Answers, Correct: t.Correct, Theta: t.Theta, SE: t.SE,
		LastAnswers: t.LastAnswers, LastCorrect: t.LastCorrect}
	if t.TimeMS != nil {
		seconds := *t.TimeMS / 1000
		out.Seconds = &seconds
	}
	return out
}

// days are all seven, answers or none.
func days(answered []db.ReportDay, week Week) []Activity {
	out := make([]Activity, 7)
	for i := range out {
		out[i].Date = week.Monday.Add(i)
	}
	for _, a := range answered {
		day := &out[a.Day.Sub(week.Monday)]
		day.Answers, day.Correct = a.Answers, a.Correct
		if a.TimeMS != nil {
			minutes := float64(*a.TimeMS) / 60000
			day.Minutes = &minutes
		}
	}
	return out
}

// likelyZ is Φ⁻¹(Likely).
const likelyZ = 0.8416212335729143

// goal judges a goal: P = 1 − Φ((target − θ) / SE), as the KPI P does.
func goal(g db.ReportGoal) Goal {
	if g.Theta != nil && !plausible(*g.Theta, *g.SE) {
		g.Theta, g.SE = nil, nil
	}
	if g.PastTheta != nil && !plausible(*g.PastTheta) {
		g.PastTheta = nil
	}
	if g.Target != nil && !plausible(*g.Target) {
		g.Target = nil
	}
	out := Goal{Topic: g.Topic, Target: g.Target, Priority: g.Priority, ByTopic: g.ByTopic, Theta: g.Theta, SE: g.SE, Pace: pace(g)}
	if g.Target == nil || g.Theta == nil || g.SE == nil {
		return out
	}
	p := 0.5 * math.Erfc((*g.Target-*g.Theta) / *g.SE / math.Sqrt2)
	missing := math.Max(0, *g.Target+likelyZ**g.SE-*g.Theta)
	out.P, out.Missing = &p, &missing
	if out.Pace != nil && *out.Pace > 0 && missing > 0 {
		weeks := missing / *out.Pace
		out.Weeks = &weeks
	}
	return out
}

// pace is the change of θ a week since what was known four weeks before. It is
// nil where nothing was, or on another scale, or where nothing has been
// estimated since.
func pace(g db.ReportGoal) *float64 {
	if g.PastTheta == nil || g.Theta == nil || *g.PastVersion != *g.Version || !g.AsOf.After(*g.PastAsOf) {
		return nil
	}
	weeks := math.Max(4, g.AsOf.Sub(*g.PastAsOf).Hours()/24/7)
	v := (*g.Theta - *g.PastTheta) / weeks
	return &v
}

// CalibrationOf reads a calibration's linking constants; nil for none.
func CalibrationOf(c *db.ReportCalibration) (*Calibration, error) {
	if c == nil {
		return nil, nil
	}
	out := &Calibration{RunID: c.RunID, FittedAt: c.FittedAt, DataDay: c.DataDay, Model: c.Model, Scale: c.Version}
	if c.Linking == nil {
		return out, nil
	}
	// Rows of before Sextant are the platform's own, whatever it wrote there: what
	// does not read is not known.
	var link map[string]json.RawMessage
	if err := json.Unmarshal(c.Linking, &link); err != nil {
		return nil, fmt.Errorf("read the linking constants of run %s: %w", c.RunID, err)
	}
	out.A, out.B, out.AccumulatedSE = read[float64](link, "a", "A"), read[float64](link, "b", "B"), read[float64](link, "accumulated_se")
	out.Items = read[int](link, "items")
	if has := read[bool](link, "has_se"); has != nil && *has {
		out.SE = read[float64](link, "se")
	}
	if method := read[string](link, "method"); method != nil {
		out.Method = *method
	}
	if to := read[string](link, "to"); to != nil {
		out.To = *to
	}
	return out, nil
}

// read is the first of some members that is a T, or nil.
func read[T any](object map[string]json.RawMessage, names ...string) *T {
	for _, name := range names {
		var v *T
		if err := json.Unmarshal(object[name], &v); err == nil && v != nil {
			return v
		}
	}
	return nil
}
