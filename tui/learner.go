package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/widget"
)

// learner shows one learner: θ with its history, topics, KPIs, goals, recent
// answers.
type learner struct {
	base
	id    string
	feed  *feed[jobs.LearnerDetail]
	kpis  *feed[jobs.KPIDetail] // asked for to explain one
	why   string                // the KPI to be explained once that is here
	drawn drawn
	lists [learnerPanes]list
	pane  int           // the one that the keys move; the one shown where there is room for one
	bar   int           // cells of the topics' scale, as filled
	shown widget.Values // in the head
}

// The panes, in the order of tab.
const (
	paneAnswers = iota
	paneTopics
	paneKPIs
	paneGoals
	panePast
	learnerPanes
)

func newLearner(a *app, id string) *learner {
	l := &learner{base: base{app: a}, id: id}
	l.feed = newFeed(a, func(ctx context.Context) (jobs.LearnerDetail, error) { return a.console.Learner(ctx, id) })
	l.kpis = newFeed(a, func(ctx context.Context) (jobs.KPIDetail, error) { return a.console.LearnerKPIs(ctx, id, nil, nil) })
	theta := a.theme.Glyph.Theta
	l.lists[paneAnswers].init(a, "learner-answers", "no answers", []widget.Column{
		{Title: "WHEN", Min: 11, Right: true, Sort: true},
		{Title: "AGO", Min: 4, Right: true, Drop: 4, Sort: true},
		{Title: "ANSWER", Min: 7, Sort: true},
		{Title: "ITEM", Min: 8, Max: 28, Sort: true},
		{Title: "TOPIC", Min: 6, Want: 16, Max: 24, Drop: 2, Sort: true},
		{Title: "b", Min: 5, Right: true, Sort: true},
		{Title: "P RIGHT", Min: 4, Right: true, Sort: true},
		{Title: "TIME", Min: 6, Right: true, Drop: 1, Sort: true},
		{Title: "HINTS", Min: 5, Right: true, Drop: 3, Sort: true},
	})
	l.lists[paneTopics].init(a, "learner-topics", "no topic estimates", topicColumns(theta, leastScale))
	l.lists[paneKPIs].init(a, "learner-kpis", "no KPIs yet", []widget.Column{
		{Title: "KPI", Min: 4, Sort: true},
		{Title: "NOW", Min: 6, Right: true, Sort: true},
		{Title: "CHANGE", Min: 6, Right: true, Drop: 2, Sort: true},
		{Title: "WEEKS", Min: 4, Drop: 1},
		{Title: "WHAT IT IS", Min: 20, Drop: 3, Sort: true, Grow: true},
	})
	l.lists[paneGoals].init(a, "learner-goals", "no goals", []widget.Column{
		{Title: "GOAL", Min: 8, Max: 28, Sort: true},
		{Title: "TARGET", Min: 5, Right: true, Sort: true},
		{Title: theta, Min: 5, Right: true, Drop: 2, Sort: true},
		{Title: "P", Min: 4, Right: true, Sort: true},
		{Title: "REACHED", Min: goalBar, Drop: 1},
	})
	l.lists[panePast].init(a, "learner-history", "no estimate yet", []widget.Column{
		{Title: "AS OF", Min: 11, Right: true, Sort: true},
		{Title: theta, Min: 5, Right: true, Sort: true},
		{Title: "SE", Min: 4, Right: true, Sort: true},
		{Title: "CHANGE", Min: 5, Right: true, Sort: true},
		{Title: "ANSWERS", Min: 5, Right: true, Drop: 1, Sort: true},
		{Title: "FROM", Min: 8, Sort: true},
		{Title: "SCALE", Min: 2, Max: 12, Drop: 3, Sort: true},
		{Title: "RUN", Min: shortIDLength, Drop: 2, Sort: true},
	})
	return l
}

// Title is the learner's id.
func (l *learner) Title() string { return l.id }

// Typing is on while the filter is open.
func (l *learner) Typing() bool { return l.list().filter.Typing() }

// Every is how often the learner is asked for.
func (l *learner) Every() time.Duration { return 2 * time.Second }

// Refresh asks for the learner.
func (l *learner) Refresh() tea.Cmd { return l.feed.Refresh() }

// Close ends the requests in flight.
func (l *learner) Close() {
	l.feed.Close()
	l.kpis.Close()
}

// Update takes replies and the filter's text.
func (l *learner) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return l.list().filter.update(msg)
	}
	l.feed.Take(msg)
	if l.kpis.Take(msg) && l.why != "" && l.app.screen() == l {
		return l.explained()
	}
	return nil
}

// list is the list that keys move.
func (l *learner) list() *list { return &l.lists[l.pane] }

// Keys are what can be done with the learner.
func (l *learner) Keys() []Key {
	if l.Typing() {
		return l.list().filter.keys(&l.list().Table)
	}
	a := l.app
	unknown := when(!l.feed.loaded, "the learner is not loaded yet")
	to := func(n int) func() tea.Cmd {
		return func() tea.Cmd { l.pane = (l.pane + n + learnerPanes) % learnerPanes; return nil }
	}
	keys := []Key{
		{Strokes: []string{"T"}, Label: "recompute θ", Help: "recompute the ability: preview, confirmation", Changes: true,
			Off: first(unknown, a.readOnly()), Do: func() tea.Cmd { return a.push(newRecompute(a, []string{l.id})) }},
		{Strokes: []string{"U"}, Label: "undo θ", Help: "bring the ability back to an earlier estimate: choice, preview, confirmation", Changes: true,
			Off: first(unknown, when(len(l.feed.value.Earlier()) == 0, "there is no earlier estimate"), a.readOnly()),
			Do:  func() tea.Cmd { return a.push(newRestore(a, l.id)) }},
		{Strokes: []string{"w"}, Label: "why", Help: "why this is the estimate: each answer and its pull", Off: unknown, Do: func() tea.Cmd { return a.push(newWhy(a, l.id, "")) }},
		{Strokes: []string{"tab"}, Label: "next list", Help: "move on: answers, topics, KPIs, goals, history", Do: to(1)},
		{Strokes: []string{"shift+tab"}, Help: "the list before", Do: to(-1)},
	}
	if k, ok := l.paneKey(); ok {
		keys = append([]Key{k}, keys...)
	}
	return append(append(keys, Key{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that shows the learner",
		Do: func() tea.Cmd { return a.copy("sextant theta show " + shellWord(l.id)) }}), l.list().keys()...)
}

// paneKey is what enter does in the pane that the keys move.
func (l *learner) paneKey() (Key, bool) {
	a, id := l.app, l.list().CurrentID()
	if id == "" {
		return Key{}, false
	}
	switch l.pane {
	case paneAnswers:
		for _, v := range l.feed.value.Answers {
			if answerID(v) == id {
				return Key{Strokes: []string{"enter"}, Label: "item", Help: "open the item: its curves and its history", Do: func() tea.Cmd { return a.push(newItem(a, "", v.ItemID)) }}, true
			}
		}
	case paneTopics:
		return Key{Strokes: []string{"enter"}, Label: "why", Help: "why the topic's ability is what it is", Do: func() tea.Cmd { return a.push(newWhy(a, l.id, id)) }}, true
	case paneKPIs:
		return Key{Strokes: []string{"enter", "e"}, Label: "explain", Help: "the numbers that the KPI comes from", Do: func() tea.Cmd { return l.explain(id) }}, true
	case panePast:
		i := slices.IndexFunc(l.feed.value.Trajectory, func(p thetaPoint) bool { return pointID(p) == id })
		if i < 0 || l.feed.value.Trajectory[i].RunID == nil {
			return Key{}, false
		}
		run := *l.feed.value.Trajectory[i].RunID
		return Key{Strokes: []string{"enter"}, Label: "open run", Help: "the run that made the estimate", Do: func() tea.Cmd { return a.openRun(run) }}, true
	}
	return Key{}, false
}

// View draws the estimate over the panes: side by side where there is room, else
// the one that tab chose.
func (l *learner) View() []string {
	a, w := l.app, l.width
	if !l.feed.loaded {
		return loading(a, "the learner", l.feed.err)
	}
	rows := l.head()
	left := l.height - len(rows)
	if w < 100 || left < 20 {
		l.fill(w)
		l.focus(true)
		rows = append(rows, a.fit(l.paneTabs()))
		return append(rows, l.only(w, left-1)...)
	}
	l.focus(false)
	if w >= 180 {
		return append(rows, l.threeColumns(w, left)...)
	}
	upper := max(9, left*2/5)
	leftW := w * 13 / 24
	rightW := w - leftW - 2
	l.fill(rightW)
	lower := left - upper - 2
	answers := paneAnswers
	if l.pane == panePast {
		answers = panePast
	}
	goals := min(max(1, len(l.feed.value.Goals))+2, lower/3)
	right := l.block(paneTopics, rightW, upper)
	below := l.block(paneKPIs, rightW, lower-goals)
	below = append(below, l.block(paneGoals, rightW, goals)...)
	rows = append(rows, widget.Columns(upper, 2,
		widget.Block{Width: leftW, Lines: append([]string{l.title(panePast, leftW)}, l.chart(leftW-1, upper-1)...)},
		widget.Block{Width: rightW, Lines: right})...)
	rows = append(rows, "")
	return append(rows, widget.Columns(lower+1, 2,
		widget.Block{Width: leftW, Lines: l.block(answers, leftW, lower+1)},
		widget.Block{Width: rightW, Lines: below})...)
}

// threeColumns uses a wide window: the history over its rows, the answers, and
// the rest.
func (l *learner) threeColumns(w, h int) []string {
	first, third := w*3/10, w*3/10
	second := w - first - third - 4
	l.fill(third)
	chart := max(9, h/2)
	goals := min(max(1, len(l.feed.value.Goals))+2, h/4)
	topics := min(len(l.feed.value.Topics)+2, (h-goals)*2/3)
	past := append([]string{l.title(panePast, first)}, l.chart(first-1, chart-1)...)
	rest := append(l.block(paneTopics, third, topics), "")
	rest = append(rest, l.block(paneKPIs, third, h-topics-goals-2)...)
	return widget.Columns(h, 2,
		widget.Block{Width: first, Lines: append(past, l.lists[panePast].view(l.app, first, h-chart)...)},
		widget.Block{Width: second, Lines: l.block(paneAnswers, second, h)},
		widget.Block{Width: third, Lines: append(append(rest, ""), l.block(paneGoals, third, goals)...)})
}

// focus shows the cursor in the pane that the keys move.
func (l *learner) focus(alone bool) {
	for i := range l.lists {
		l.lists[i].Blurred = i != l.pane && !alone
	}
}

// block is a pane under its title, w × h cells.
func (l *learner) block(pane, w, h int) []string {
	return append([]string{l.title(pane, w)}, l.lists[pane].view(l.app, w, max(1, h-1))...)
}

func (l *learner) title(pane, w int) string {
	th := l.app.theme
	return " " + l.paneTitle(pane).Truncate(w-2, th.Glyph.Ellipsis).String()
}

// only draws the pane that tab chose.
func (l *learner) only(w, h int) []string {
	if l.pane == panePast && h >= 14 {
		chart := h / 2
		return append(l.chart(w-1, chart), l.lists[panePast].view(l.app, w, h-chart)...)
	}
	return l.lists[l.pane].view(l.app, w, h)
}

func (l *learner) paneTitle(pane int) widget.Line {
	a, th, d := l.app, l.app.theme, l.feed.value
	var name, more string
	switch pane {
	case paneAnswers:
		name, more = a.tr("Answers"), count(len(d.Answers))
	case paneTopics:
		name, more = a.tr("Topics"), count(len(d.Topics))
	case paneKPIs:
		name, more = a.tr("KPIs"), plural(th, len(d.KPIs), "%s week", "%s weeks")
	case paneGoals:
		name, more = a.tr("Goals"), count(len(d.Goals))
	case panePast:
		name, more = a.tr("History"), plural(th, len(d.Trajectory), "%s estimate", "%s estimates")
	}
	style := th.Muted
	if pane == l.pane {
		style = th.Strong.Underline()
	}
	return widget.S(style, name).Add(th.Faint, " "+more)
}

// paneTabs names all panes; the numbers give way where it is narrow.
func (l *learner) paneTabs() widget.Line {
	var line, short widget.Line
	for pane := range learnerPanes {
		title := l.paneTitle(pane)
		line = append(line, title...).Add(l.app.theme.Blank, "   ")
		short = append(short, title[0]).Add(l.app.theme.Blank, "  ")
	}
	if line.Width() > l.width-2 {
		return short
	}
	return line
}

// head is the estimate in numbers and words, and who the learner is.
func (l *learner) head() []string {
	a, d := l.app, l.feed.value
	th, now := a.theme, a.now()
	estimate, words, scale := th.Glyph.Dash, widget.S(th.Muted, "  "+a.tr("not estimated yet")), widget.Line{}
	if ab := d.Ability; ab != nil {
		estimate, words = withSE(th, ab.Theta, ab.SE), widget.S(th.Text, "  "+abilityWords(th, ab.Theta, ab.SE))
		if ab.SE != nil && l.width >= 70 {
			words = words.Add(th.Muted, "  "+a.tr("95 %%: %s to %s", number(ab.Theta-1.96**ab.SE, 2), number(ab.Theta+1.96**ab.SE, 2)))
		}
		from := sourceInForce(a, d)
		scale = widget.S(th.Muted, a.tr("%s, scale %s, %s, %s %s UTC (%s)", ab.Model, widget.Clean(ab.Version), plural(th, ab.Answers, "%s answer", "%s answers"),
			from, clock(now, ab.FittedAt), ago(th, now, ab.FittedAt)))
	}
	theta := append(widget.S(th.Strong, th.Glyph.Theta+" ").Add(l.shown.Style(th, th.Strong, now, "estimate", estimate), estimate), words...)
	answers := plural(th, d.Learner.Answers, "%s answer", "%s answers")
	who := widget.S(l.shown.Style(th, th.Muted, now, "answers", answers), a.tr("%s in %s, active %s UTC (%s)", answers, plural(th, d.Sessions, "%s session", "%s sessions"),
		clock(now, d.LastAt), ago(th, now, d.LastAt)))
	if d.Risk != nil && (l.width >= 70 || *d.Risk >= highRisk) {
		style := th.Muted
		if *d.Risk >= highRisk {
			style = th.Late
		}
		risk := a.tr("risk %s", number(*d.Risk, 2))
		who = who.Add(th.Muted, "  ").Add(l.shown.Style(th, style, now, "risk", risk), risk)
	}
	lines := []widget.Line{widget.S(th.Strong, widget.Clean(d.UserID)), theta, scale, who}
	if l.width >= 150 { // one line less for what is below
		lines = []widget.Line{append(lines[0].Add(th.Blank, "   "), theta...), append(scale.Add(th.Blank, "   "), who...)}
	}
	var rows []string
	for _, line := range lines {
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
