package tui

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/irt"
	"sextant/jobs"
	"sextant/tui/widget"
)

// thetaPoint is one estimate of the history.
type thetaPoint = db.ThetaPoint

const (
	leastScale = 13 // cells of a topic's scale
	mostScale  = 41
	goalBar    = 10
)

// topicColumns are the topics' columns with a scale so many cells wide.
func topicColumns(theta string, scale int) []widget.Column {
	side := strings.Repeat(" ", (scale-5)/2)
	return []widget.Column{
		{Title: "TOPIC", Min: 10, Max: 28, Sort: true},
		{Title: theta, Min: 5, Right: true, Sort: true},
		{Title: "SE", Min: 4, Right: true, Sort: true},
		{Title: "-3" + side + "0" + side + "3", Min: scale, Drop: 2},
		{Title: "N", Min: 3, Right: true, Drop: 1, Sort: true},
	}
}

// pointID names an estimate.
func pointID(p thetaPoint) string {
	run := ""
	if p.RunID != nil {
		run = *p.RunID
	}
	return fmt.Sprint(p.EstimatedAt.UnixNano(), p.AsOf.UnixNano(), run)
}

// answerID names an answer.
func answerID(v db.LearnerAnswer) string { return fmt.Sprint(v.AnsweredAt.UnixNano(), v.ItemID) }

// chart draws the history, each θ scale for itself.
func (l *learner) chart(w, h int) []string {
	var c widget.Chart
	version := ""
	for _, p := range l.feed.value.Trajectory {
		if n := len(c.Series); n == 0 || p.Version != version {
			c.Series = append(c.Series, nil)
			version = p.Version
		}
		se := 0.0
		if p.SE != nil {
			se = *p.SE
		}
		n := len(c.Series) - 1
		c.Series[n] = append(c.Series[n], widget.Point{At: p.AsOf, Value: p.Theta, SE: se})
	}
	rows := c.View(l.app.theme, w-1, h)
	for i := range rows {
		rows[i] = " " + rows[i]
	}
	return rows
}

// fill makes the tables' rows of the newest snapshot, for topics w cells wide.
func (l *learner) fill(w int) {
	a := l.app
	scale := max(leastScale, min(mostScale, w-44)) | 1 // odd: zero stands in the middle
	if !l.drawn.again(a, l.feed.serial) && scale == l.bar {
		return
	}
	if scale != l.bar {
		l.bar = scale
		l.lists[paneTopics].Columns = topicColumns(a.theme.Glyph.Theta, scale)
	}
	l.lists[paneAnswers].SetRows(l.answerRows())
	l.lists[paneTopics].SetRows(l.topicRows())
	l.lists[paneKPIs].SetRows(l.kpiRows())
	l.lists[paneGoals].SetRows(l.goalRows())
	l.lists[panePast].SetRows(pastRows(a, l.feed.value))
}

func (l *learner) answerRows() []widget.Row {
	a, d := l.app, l.feed.value
	th, now := a.theme, a.now()
	rows := make([]widget.Row, len(d.Answers))
	for i, v := range d.Answers {
		p := expected(d.Ability, v)
		rows[i] = widget.Row{ID: answerID(v), Cells: []widget.Cell{
			widget.N(th.Text, clock(now, v.AnsweredAt), float64(v.AnsweredAt.Unix())),
			widget.N(th.Muted, age(th, now.Sub(v.AnsweredAt)), now.Sub(v.AnsweredAt).Seconds()),
			answerCell(a, v.Correct),
			widget.T(th.Text, widget.Clean(v.ItemID)),
			widget.T(th.Muted, topicName(v.TopicID)),
			widget.N(th.Text, optional(v.B, 2), value(v.B)),
			widget.N(th.Text, jobs.Probability(p, 2), p),
			seconds(a, v.ResponseTimeMS),
			widget.N(th.Muted, count(v.Hints), float64(v.Hints)),
		}}
	}
	return rows
}

func (l *learner) topicRows() []widget.Row {
	th, d := l.app.theme, l.feed.value
	topics := slices.Clone(d.Topics)
	slices.SortFunc(topics, func(a, b db.TopicAbility) int { return strings.Compare(a.TopicID, b.TopicID) })
	rows := make([]widget.Row, len(topics))
	for i, t := range topics {
		se := value(t.SE)
		rows[i] = widget.Row{ID: t.TopicID, Cells: []widget.Cell{
			widget.T(th.Text, widget.Clean(t.TopicID)),
			widget.N(th.Text, number(t.Theta, 2), t.Theta),
			widget.N(th.Muted, optional(t.SE, 2), se),
			{Line: widget.Interval(th, l.bar, -3, 3, t.Theta, se), Text: true},
			widget.N(th.Muted, count(t.Answers), float64(t.Answers)),
		}}
	}
	return rows
}

// kpiRows are the newest week's KPIs, each with its weeks.
func (l *learner) kpiRows() []widget.Row {
	th, weeks := l.app.theme, l.feed.value.KPIs
	if len(weeks) == 0 {
		return nil
	}
	rows := make([]widget.Row, 0, 6)
	for i, f := range db.Formulas() {
		var bars []widget.SparkBar
		for _, w := range weeks {
			bar := widget.SparkBar{Sign: th.Glyph.Dot, Style: th.Faint}
			if v := w.Values()[i]; v != nil {
				bar = widget.SparkBar{Value: *v, Style: th.Accent}
				if f.Key == "I_t" { // from -1 to 1
					bar.Value = (*v + 1) / 2
				}
			}
			bars = append(bars, bar)
		}
		now := weeks[len(weeks)-1].Values()[i]
		change := math.NaN()
		if len(weeks) > 1 {
			change = value(now) - value(weeks[len(weeks)-2].Values()[i])
		}
		rows = append(rows, widget.Row{ID: f.Key, Cells: []widget.Cell{
			widget.T(th.Strong, f.Key),
			widget.N(th.Text, kpiText(f.Key, now), value(now)),
			widget.N(th.Muted, signed(change), change),
			{Line: widget.Spark(th, len(bars), bars), Text: true},
			widget.T(th.Muted, kpiName(l.app, f.Key)),
		}})
	}
	return rows
}

// kpiText is a KPI's value; P alone is a probability.
func kpiText(key string, v *float64) string {
	if key == "P" {
		return probability(v, 3)
	}
	return optional(v, 3)
}

// kpiName is what a KPI measures, in a word or two.
func kpiName(a *app, key string) string {
	switch key {
	case "I_t":
		return a.tr("improvement")
	case "E_t":
		return a.tr("efficiency")
	case "R_t":
		return a.tr("recovery from errors")
	case "A_t":
		return a.tr("engagement")
	case "P":
		return a.tr("goal probability")
	case "S":
		return a.tr("risk of leaving")
	}
	return key
}

func (l *learner) goalRows() []widget.Row {
	th, goals := l.app.theme, l.feed.value.Goals
	rows := make([]widget.Row, len(goals))
	for i, g := range goals {
		name := widget.S(th.Text, widget.Clean(g.TopicID))
		if g.Counts {
			name = widget.S(th.Strong, widget.Clean(g.TopicID))
		}
		rows[i] = widget.Row{ID: g.TopicID, Cells: []widget.Cell{
			{Line: name, Text: true},
			widget.N(th.Text, optional(g.Target, 2), value(g.Target)),
			widget.N(th.Muted, optional(g.Theta, 2), value(g.Theta)),
			widget.N(th.Text, probability(g.P, 2), value(g.P)),
			{Line: widget.Progress(th, th.Accent, goalBar, value(g.P)), Text: true},
		}}
	}
	return rows
}

// inForceRow names the row of an estimate in force that the history lacks.
const inForceRow = "*"

// pastRows are the estimates, the newest first: over those of the history the
// one in force, if that lacks it.
func pastRows(a *app, d jobs.LearnerDetail) []widget.Row {
	th, now, past := a.theme, a.now(), d.Trajectory
	rows := make([]widget.Row, 0, len(past)+1)
	if last, kept := d.Standing(); !kept && d.Ability != nil {
		change := math.NaN()
		if last.Version == d.Ability.Version {
			change = d.Ability.Theta - last.Theta
		}
		rows = append(rows, widget.Row{ID: inForceRow, Cells: []widget.Cell{
			widget.N(th.Text, clock(now, d.Ability.FittedAt), float64(d.Ability.FittedAt.Unix())),
			widget.N(th.Strong, number(d.Ability.Theta, 2), d.Ability.Theta),
			widget.N(th.Muted, optional(d.Ability.SE, 2), value(d.Ability.SE)),
			widget.N(th.Accent, signed(change), change),
			widget.N(th.Muted, count(d.Ability.Answers), float64(d.Ability.Answers)),
			widget.T(th.Text, cmp.Or(sourceInForce(a, d), th.Glyph.Dash)),
			widget.T(th.Muted, widget.Clean(d.Ability.Version)),
			widget.T(th.Faint, ""),
		}})
	}
	for i := len(past) - 1; i >= 0; i-- {
		p := past[i]
		change := math.NaN()
		if i > 0 && past[i-1].Version == p.Version {
			change = p.Theta - past[i-1].Theta
		}
		rows = append(rows, widget.Row{ID: pointID(p), Cells: []widget.Cell{
			widget.N(th.Text, clock(now, p.AsOf), float64(p.AsOf.Unix())),
			widget.N(th.Strong, number(p.Theta, 2), p.Theta),
			widget.N(th.Muted, optional(p.SE, 2), value(p.SE)),
			widget.N(th.Accent, signed(change), change),
			widget.N(th.Muted, count(p.Answers), float64(p.Answers)),
			widget.T(th.Text, sourceWord(a, p.Source)),
			widget.T(th.Muted, widget.Clean(p.Version)),
			widget.T(th.Faint, shortRun(p.RunID)),
		}})
	}
	return rows
}

// shortRun is the id of the run that made an estimate, as lists show it.
func shortRun(id *string) string {
	if id == nil {
		return ""
	}
	return (*id)[:min(shortIDLength, len(*id))]
}

// sourceInForce says where the estimate in force comes from. Of those that the
// history lacks, a stage's are as of the end of a day; the others are not ours.
func sourceInForce(a *app, d jobs.LearnerDetail) string {
	if p, ok := d.Standing(); ok {
		return sourceWord(a, p.Source)
	}
	if at := d.Ability.FittedAt; at.Equal(db.DayOf(at).Last()) {
		return sourceWord(a, "calibration")
	}
	return ""
}

// sourceWord says where an estimate comes from.
func sourceWord(a *app, source string) string {
	switch source {
	case "imported":
		return a.tr("imported")
	case "calibration":
		return a.tr("calibration")
	case "online":
		return a.tr("session end")
	case "manual":
		return a.tr("by hand")
	}
	return source
}

// explain shows the numbers that a KPI comes from.
func (l *learner) explain(key string) tea.Cmd {
	l.why = key
	if l.kpis.loaded && l.kpis.err == nil {
		return l.explained()
	}
	return l.kpis.Refresh()
}

func (l *learner) explained() tea.Cmd {
	a, th, key := l.app, l.app.theme, l.why
	l.why = ""
	if l.kpis.err != nil {
		a.say(bad, errorWords(a.theme, l.kpis.err))
		return nil
	}
	d := l.kpis.value
	l.kpis.loaded = false // the next time they are computed anew
	for _, k := range d.KPIs {
		if k.Key != key {
			continue
		}
		lines := []widget.Line{widget.S(th.Strong, kpiName(a, key)), nil,
			pair(th, "as of", d.Date.String()+", "+a.tr("week of %s", d.Week.String())),
			pair(th, "computed", optional(k.Value, 6)), pair(th, "stored", optional(k.Stored, 6)), nil}
		for _, step := range k.Steps {
			lines = append(lines, widget.S(th.Text, widget.Clean(th.Told(step))))
		}
		box := &textDialog{app: a, title: key + " " + th.Glyph.Dash + " " + widget.Clean(l.id), copies: "sextant kpi show " + shellWord(l.id) + " --explain"}
		box.viewer.SetLines(lines)
		return a.open(box)
	}
	return nil
}

// answerCell says whether an answer was right.
func answerCell(a *app, correct bool) widget.Cell {
	th := a.theme
	if correct {
		return widget.T(th.Right, th.Glyph.OK+" "+th.Tr("right"))
	}
	return widget.T(th.Wrong, th.Glyph.Bad+" "+th.Tr("wrong"))
}

// expected is the probability with which the learner, at the θ in force, would
// answer the item correctly; NaN when either is not known.
func expected(ab *db.Ability, v db.LearnerAnswer) float64 {
	if ab == nil || v.A == nil || v.B == nil {
		return math.NaN()
	}
	item := irt.ItemParams{A: *v.A, B: *v.B}
	if v.C != nil {
		item.C = *v.C
	}
	return item.Prob(ab.Theta)
}

func topicName(id *string) string {
	if id == nil {
		return ""
	}
	return widget.Clean(*id)
}

func seconds(a *app, ms *int) widget.Cell {
	if ms == nil {
		return widget.N(a.theme.Faint, a.theme.Glyph.Dash, math.NaN())
	}
	text := a.tr("%.1f s", float64(*ms)/1000)
	if *ms >= 99950 { // nobody minds the tenths of minutes
		text = a.tr("%d s", int(math.Round(float64(*ms)/1000)))
	}
	return widget.N(a.theme.Muted, text, float64(*ms))
}

// shellWord quotes an argument where a shell needs it.
func shellWord(s string) string { return jobs.Shell(s) }
