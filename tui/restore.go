package tui

import (
	"context"
	"math"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

// restore brings a learner's θ back to an earlier estimate: one chooses it from
// the history, sees what that would do, and confirms.
type restore struct {
	base
	list
	user    string
	feed    *feed[jobs.LearnerDetail]
	preview *feed[[]jobs.Restoration]
	at      time.Time // the moment that the preview is of
	drawn   drawn
	topics  list
	started bool
}

func newRestore(a *app, user string) *restore {
	r := &restore{base: base{app: a}, user: user}
	theta := a.theme.Glyph.Theta
	r.feed = newFeed(a, func(ctx context.Context) (jobs.LearnerDetail, error) { return a.console.Learner(ctx, user) })
	r.preview = newFeed[[]jobs.Restoration](a, nil)
	r.list.init("no estimate yet", newLearner(a, user).lists[panePast].Columns)
	r.topics.init("nothing to restore", []widget.Column{
		{Title: "TOPIC", Min: 10, Max: 28, Sort: true},
		{Title: a.tr("%s NOW", theta), Min: 5, Right: true, Sort: true},
		{Title: a.tr("%s NEW", theta), Min: 5, Right: true, Sort: true},
		{Title: "CHANGE", Min: 5, Right: true, Sort: true},
		{Title: "ESTIMATED", Min: 11, Drop: 1, Sort: true},
	})
	return r
}

// Title is the screen's.
func (r *restore) Title() string { return r.app.tr("undo θ") }

// Typing is on while the filter is open.
func (r *restore) Typing() bool { return r.filter.Typing() }

// Refresh asks for the history once.
func (r *restore) Refresh() tea.Cmd {
	if r.feed.loaded {
		return nil
	}
	return r.feed.Refresh()
}

// Close ends the requests in flight.
func (r *restore) Close() {
	r.feed.Close()
	r.preview.Close()
}

// Update takes replies and the filter's text.
func (r *restore) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return r.filter.update(msg)
	}
	if r.feed.Take(msg) && r.feed.err == nil {
		r.fill()
		if past := r.feed.value.Trajectory; len(past) > 1 { // the estimate before the one in force
			r.Select(pointID(past[len(past)-2]))
		}
		return r.look()
	}
	r.preview.Take(msg)
	return nil
}

// chosen is the estimate under the cursor.
func (r *restore) chosen() (thetaPoint, bool) {
	id := r.CurrentID()
	i := slices.IndexFunc(r.feed.value.Trajectory, func(p thetaPoint) bool { return pointID(p) == id })
	if i < 0 {
		return thetaPoint{}, false
	}
	return r.feed.value.Trajectory[i], true
}

// look asks what the estimate under the cursor would bring back.
func (r *restore) look() tea.Cmd {
	p, ok := r.chosen()
	if !ok || p.EstimatedAt.Equal(r.at) {
		return nil
	}
	r.at = p.EstimatedAt
	users, at := []string{r.user}, p.EstimatedAt
	r.preview.loaded = false
	return r.preview.Supersede(func(ctx context.Context) ([]jobs.Restoration, error) {
		return r.app.console.PreviewRestore(ctx, users, at)
	})
}

func (r *restore) request() jobs.Request {
	q := jobs.RestoreRequest([]string{r.user}, r.at)
	q.Trigger = db.TriggerConsole
	return q
}

// Keys choose an estimate and go on to the confirmation.
func (r *restore) Keys() []Key {
	if r.Typing() {
		return r.filter.keys(&r.Table)
	}
	a := r.app
	keys := []Key{
		{Strokes: []string{"enter", "U"}, Label: "restore", Help: "bring the ability back, after a confirmation", Changes: true,
			Off: first(when(r.preview.err != nil, "it cannot be restored"), when(!r.preview.loaded, "the preview is on its way"), when(r.started, "it is being started"), a.readOnly()),
			Do:  r.confirm},
		{Strokes: []string{"y"}, Label: "copy command", Help: "copy the shell command that does the same", Do: func() tea.Cmd { return a.copy(r.request().Command()) }},
	}
	for _, k := range r.list.keys() {
		do := k.Do
		k.Do = func() tea.Cmd { return tea.Batch(do(), r.look()) }
		keys = append(keys, k)
	}
	return keys
}

// confirm asks before the launch.
func (r *restore) confirm() tea.Cmd {
	a, th := r.app, r.app.theme
	text := []widget.Line{widget.S(th.Text, a.tr("Bring θ back to what it was at %s", stamp(r.at))), widget.S(th.Strong, widget.Clean(r.user))}
	for _, one := range r.preview.value {
		for _, t := range one.Thetas {
			if t.TopicID == nil {
				text = append(text, r.change(t))
			}
		}
	}
	text = append(text, widget.S(th.Muted, a.tr("It stands until the next calibration or estimate of the learner.")))
	return a.open(newConfirm(a, a.tr("Undo θ"), a.tr("Restore 1 learner"), text, func() tea.Cmd {
		r.started = true
		return a.launch(r.request(), 1, func() { r.started = false })
	}))
}

// change is θ now → θ restored.
func (r *restore) change(t db.RestoredTheta) widget.Line {
	th := r.app.theme
	return widget.S(th.Muted, th.Glyph.Theta+" ").Add(th.Text, optional(t.Now, 2)).Add(th.Muted, " "+th.Glyph.Arrow+" ").
		Add(th.Strong, withSE(th, t.Theta, t.SE)).Add(th.Accent, "  "+signed(t.Theta-value(t.Now)))
}

func (r *restore) fill() {
	if r.drawn.again(r.app, r.feed.serial) {
		r.SetRows(pastRows(r.app, r.feed.value.Trajectory))
	}
}

// View draws the history and, beside or under it, what would be restored.
func (r *restore) View() []string {
	a, th := r.app, r.app.theme
	if !r.feed.loaded {
		return loading(a, "the learner", r.feed.err)
	}
	r.fill()
	head := []string{a.fit(widget.S(th.Strong, widget.Clean(r.user)).Add(th.Muted, "  "+a.tr("choose the estimate to go back to"))), ""}
	h := r.height - len(head)
	if r.width < 100 {
		list := h / 2
		return append(append(append(head, r.list.view(a, r.width, list)...), ""), r.outcome(r.width, h-list-1)...)
	}
	left := r.width / 2
	return append(head, widget.Columns(h, 2, widget.Block{Width: left, Lines: r.list.view(a, left, h)},
		widget.Block{Width: r.width - left - 2, Lines: r.outcome(r.width-left-2, h)})...)
}

// outcome is the preview in w × h cells.
func (r *restore) outcome(w, h int) []string {
	a, th := r.app, r.app.theme
	var lines []widget.Line
	switch {
	case r.preview.err != nil:
		lines = append(lines, widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, errorWords(th, r.preview.err)))
	case !r.preview.loaded || len(r.preview.value) == 0:
		lines = append(lines, widget.S(th.Faint, a.tr("looking what would change")+th.Glyph.Ellipsis))
	default:
		for _, t := range r.preview.value[0].Thetas {
			if t.TopicID == nil {
				lines = append(lines, r.change(t))
			}
		}
	}
	lines = append(lines, widget.S(th.Muted, "$ ").Add(th.Accent, widget.Clean(r.request().Command())))
	var rows []string
	for _, l := range lines {
		for _, s := range widget.WrapIndented(l, w-2) {
			rows = append(rows, " "+s)
		}
	}
	rows = append(rows, "")
	if !r.preview.loaded || len(r.preview.value) == 0 {
		return rows
	}
	var topics []widget.Row
	for _, t := range r.preview.value[0].Thetas {
		name, now := widget.T(th.Strong, a.tr("overall")), value(t.Now)
		if t.TopicID != nil {
			name = widget.T(th.Text, widget.Clean(*t.TopicID))
		}
		change := t.Theta - now
		if math.IsInf(change, 0) {
			change = math.NaN()
		}
		topics = append(topics, widget.Row{ID: topicName(t.TopicID), Cells: []widget.Cell{name, widget.N(th.Muted, optional(t.Now, 2), now),
			widget.N(th.Text, number(t.Theta, 2), t.Theta), widget.N(th.Accent, signed(change), change), whenCell(a, t.EstimatedAt)}})
	}
	r.topics.Blurred = true
	r.topics.SetRows(topics)
	return append(rows, r.topics.view(a, w, max(1, h-len(rows)))...)
}
