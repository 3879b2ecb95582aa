package tui

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/irt"
	"sextant/jobs"
	"sextant/tui/widget"
)

// learner shows one learner: θ with its history, topics, recent answers.
type learner struct {
	base
	id      string
	feed    *feed[jobs.LearnerDetail]
	drawn   drawn
	answers list
	topics  list
	pane    int // which list the keys move; the one shown where there is room for one
}

const (
	paneAnswers = iota
	paneTopics
	panePast
	learnerPanes
)

func newLearner(a *app, id string) *learner {
	l := &learner{base: base{app: a}, id: id}
	l.feed = newFeed(a, func(ctx context.Context) (jobs.LearnerDetail, error) { return a.console.Learner(ctx, id) })
	theta := a.theme.Glyph.Theta
	l.answers.init("no answers", []widget.Column{
		{Title: "WHEN", Min: 11, Right: true, Sort: true},
		{Title: "AGO", Min: 4, Right: true, Drop: 4},
		{Title: "ANSWER", Min: 7, Sort: true},
		{Title: "ITEM", Min: 8, Max: 28, Sort: true},
		{Title: "TOPIC", Min: 6, Max: 24, Drop: 2, Sort: true},
		{Title: "b", Min: 5, Right: true, Sort: true},
		{Title: "P RIGHT", Min: 4, Right: true, Sort: true},
		{Title: "TIME", Min: 5, Right: true, Drop: 1, Sort: true},
		{Title: "HINTS", Min: 5, Right: true, Drop: 3, Sort: true},
	})
	l.topics.init("no topic estimates", []widget.Column{
		{Title: "TOPIC", Min: 10, Max: 28, Sort: true},
		{Title: theta, Min: 5, Right: true, Sort: true},
		{Title: "SE", Min: 4, Right: true, Sort: true},
		{Title: "-3    0     3", Min: topicScale, Drop: 2},
		{Title: "N", Min: 3, Right: true, Drop: 1, Sort: true},
	})
	return l
}

const topicScale = 13

// Title is the learner's id.
func (l *learner) Title() string { return l.id }

// Typing is on while the filter is open.
func (l *learner) Typing() bool { return l.list().filter.Typing() }

// Every is how often the learner is asked for.
func (l *learner) Every() time.Duration { return tickEvery }

// Refresh asks for the learner.
func (l *learner) Refresh() tea.Cmd { return l.feed.Refresh() }

// Close ends the request in flight.
func (l *learner) Close() { l.feed.Close() }

// Update takes replies and the filter's text.
func (l *learner) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return l.list().filter.update(msg)
	}
	l.feed.Take(msg)
	return nil
}

// list is the list that keys move.
func (l *learner) list() *list {
	if l.pane == paneTopics {
		return &l.topics
	}
	return &l.answers
}

// Keys are what can be done with the learner.
func (l *learner) Keys() []Key {
	if l.Typing() {
		return l.list().filter.keys(&l.list().Table)
	}
	a := l.app
	unknown := when(!l.feed.loaded, "the learner is not loaded yet")
	return append([]Key{
		{Strokes: []string{"T"}, Label: "recompute " + a.theme.Glyph.Theta, Help: "recompute the ability: preview, confirmation", Changes: true,
			Off: first(unknown, a.readOnly()), Do: func() tea.Cmd { return a.push(newRecompute(a, []string{l.id})) }},
		{Strokes: []string{"w"}, Label: "why", Help: "why this is the estimate: each answer and its pull", Off: unknown, Do: func() tea.Cmd { return a.push(newWhy(a, l.id, "")) }},
		{Strokes: []string{"enter"}, Label: "item", Help: "open the item: its curves and its history", Off: first(unknown, when(l.answeredItem() == "", "no answer is selected")),
			Do: func() tea.Cmd { return a.push(newItem(a, "", l.answeredItem())) }},
		{Strokes: []string{"tab"}, Label: "answers/topics/history", Help: "move on to the answers, the topics or the history", Do: func() tea.Cmd { l.pane = (l.pane + 1) % learnerPanes; return nil }},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that shows the learner", Do: func() tea.Cmd { return a.copy("sextant theta show " + shellWord(l.id)) }},
	}, l.list().keys()...)
}

// answeredItem is the item of the answer under the cursor.
func (l *learner) answeredItem() string {
	for _, v := range l.feed.value.Answers {
		if l.pane == paneAnswers && answerID(v) == l.answers.CurrentID() {
			return v.ItemID
		}
	}
	return ""
}

func answerID(v db.LearnerAnswer) string { return fmt.Sprint(v.AnsweredAt.UnixNano(), v.ItemID) }

// View draws the estimate over the history, the topics and the answers: side
// by side where there is room, else the one that tab chose.
func (l *learner) View() []string {
	a, w := l.app, l.width
	if !l.feed.loaded {
		return loading(a, "the learner", l.feed.err)
	}
	l.fill()
	rows := l.head()
	left := l.height - len(rows)
	if w < 100 || left < 16 {
		l.answers.Blurred, l.topics.Blurred = false, false
		rows = append(rows, a.fit(l.paneTabs()))
		return append(rows, l.only(w, left-1)...)
	}
	l.answers.Blurred, l.topics.Blurred = l.pane != paneAnswers, l.pane != paneTopics
	past := max(8, min(14, left*2/5))
	leftW := w * 11 / 20
	rows = append(rows, widget.Columns(past+1, 2,
		widget.Block{Width: leftW, Lines: append([]string{a.fit(l.paneTitle(panePast))}, l.chart(leftW-1, past)...)},
		widget.Block{Width: w - leftW - 2, Lines: append([]string{a.fit(l.paneTitle(paneTopics))}, l.topics.view(a, w-leftW-2, past)...)})...)
	rows = append(rows, "", a.fit(l.paneTitle(paneAnswers)))
	return append(rows, l.answers.view(a, w, l.height-len(rows))...)
}

// only draws the pane that tab chose.
func (l *learner) only(w, h int) []string {
	switch l.pane {
	case panePast:
		return l.chart(w-1, h)
	case paneTopics:
		return l.topics.view(l.app, w, h)
	}
	return l.answers.view(l.app, w, h)
}

func (l *learner) paneTitle(pane int) widget.Line {
	th, d := l.app.theme, l.feed.value
	var name, more string
	switch pane {
	case paneAnswers:
		name, more = "Answers", count(len(d.Answers))
	case paneTopics:
		name, more = "Topics", count(len(d.Topics))
	case panePast:
		name, more = "History", plural(th, len(d.Trajectory), "%s estimate", "%s estimates")
	}
	style := th.Muted
	if pane == l.pane {
		style = th.Strong.Underline()
	}
	return widget.S(style, name).Add(th.Faint, " "+more)
}

func (l *learner) paneTabs() widget.Line {
	var line widget.Line
	for pane := range learnerPanes {
		line = append(line, l.paneTitle(pane)...).Add(l.app.theme.Blank, "   ")
	}
	return line
}

// head is the estimate in numbers and words, and who the learner is.
func (l *learner) head() []string {
	a, d := l.app, l.feed.value
	th, now := a.theme, a.now()
	theta := widget.S(th.Strong, th.Glyph.Theta+" "+th.Glyph.Dash).Add(th.Muted, "  not estimated yet")
	scale := widget.Line{}
	if ab := d.Ability; ab != nil {
		theta = widget.S(th.Strong, th.Glyph.Theta+" "+withSE(th, ab.Theta, ab.SE)).Add(th.Text, "  "+abilityWords(th, ab.Theta, ab.SE))
		if ab.SE != nil && l.width >= 70 {
			theta = theta.Add(th.Muted, fmt.Sprintf("  95 %%: %s to %s", number(ab.Theta-1.96**ab.SE, 2), number(ab.Theta+1.96**ab.SE, 2)))
		}
		scale = widget.S(th.Muted, fmt.Sprintf("%s, scale %s, %s, %s UTC (%s)", ab.Model, widget.Clean(ab.Version), plural(th, ab.Answers, "%s answer", "%s answers"),
			clock(now, ab.FittedAt), ago(th, now, ab.FittedAt)))
	}
	who := widget.S(th.Muted, fmt.Sprintf("%s in %s, active %s UTC (%s)", plural(th, d.Learner.Answers, "%s answer", "%s answers"), plural(th, d.Sessions, "%s session", "%s sessions"),
		clock(now, d.LastAt), ago(th, now, d.LastAt)))
	var rows []string
	for _, line := range []widget.Line{widget.S(th.Strong, widget.Clean(d.UserID)), theta, scale, who} {
		for _, r := range widget.Wrap(line, l.width-2) {
			if len(line) > 0 {
				rows = append(rows, " "+r)
			}
		}
	}
	if l.height >= 18 {
		rows = append(rows, "")
	}
	return rows
}

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

// fill makes both tables' rows of the newest snapshot.
func (l *learner) fill() {
	a := l.app
	if !l.drawn.again(a, l.feed.serial) {
		return
	}
	th, now, d := a.theme, a.now(), l.feed.value
	rows := make([]widget.Row, len(d.Answers))
	for i, v := range d.Answers {
		p := expected(d.Ability, v)
		rows[i] = widget.Row{ID: answerID(v), Cells: []widget.Cell{
			widget.N(th.Text, clock(now, v.AnsweredAt), float64(v.AnsweredAt.Unix())),
			{Line: widget.S(th.Muted, age(th, now.Sub(v.AnsweredAt)))},
			answerCell(a, v.Correct),
			widget.T(th.Text, widget.Clean(v.ItemID)),
			widget.T(th.Muted, topicName(v.TopicID)),
			widget.N(th.Text, optional(v.B, 2), value(v.B)),
			widget.N(th.Text, number(p, 2), p),
			seconds(a, v.ResponseTimeMS),
			widget.N(th.Muted, count(v.Hints), float64(v.Hints)),
		}}
	}
	l.answers.SetRows(rows)
	topics := slices.Clone(d.Topics)
	slices.SortFunc(topics, func(a, b db.TopicAbility) int { return strings.Compare(a.TopicID, b.TopicID) })
	rows = make([]widget.Row, len(topics))
	for i, t := range topics {
		se := value(t.SE)
		rows[i] = widget.Row{ID: t.TopicID, Cells: []widget.Cell{
			widget.T(th.Text, widget.Clean(t.TopicID)),
			widget.N(th.Text, number(t.Theta, 2), t.Theta),
			widget.N(th.Muted, optional(t.SE, 2), se),
			{Line: widget.Interval(th, topicScale, -3, 3, t.Theta, se), Text: true},
			widget.N(th.Muted, count(t.Answers), float64(t.Answers)),
		}}
	}
	l.topics.SetRows(rows)
}

// answerCell says whether an answer was right.
func answerCell(a *app, correct bool) widget.Cell {
	th := a.theme
	if correct {
		return widget.T(th.Right, th.Glyph.OK+" right")
	}
	return widget.T(th.Wrong, th.Glyph.Bad+" wrong")
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
	return widget.N(a.theme.Muted, fmt.Sprintf("%.1f s", float64(*ms)/1000), float64(*ms))
}

// shellWord quotes an argument where a shell needs it.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 127 || strings.ContainsRune("@%_+=:,./-", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
