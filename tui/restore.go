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
	r.list.init(a, "restore", "no estimate to go back to", []widget.Column{
		{Title: "ESTIMATED", Min: 11, Right: true, Sort: true},
		{Title: theta, Min: 5, Right: true, Sort: true},
		{Title: "SE", Min: 4, Right: true, Sort: true},
		{Title: "CHANGE", Min: 5, Right: true, Sort: true},
		{Title: "ANSWERS", Min: 5, Right: true, Drop: 1, Sort: true},
		{Title: "FROM", Min: 8, Sort: true},
		{Title: "AS OF", Min: 11, Right: true, Drop: 4, Sort: true},
		{Title: "SCALE", Min: 2, Max: 12, Drop: 3, Sort: true},
		{Title: "RUN", Min: shortIDLength, Drop: 2},
	})
	r.topics.init(a, "restore-topics", "nothing to restore", []widget.Column{
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
		r.fill() // the cursor is on the newest: the one before that in force
		return r.look()
	}
	r.preview.Take(msg)
	return nil
}

// chosen is the estimate under the cursor.
func (r *restore) chosen() (thetaPoint, bool) {
	id, earlier := r.CurrentID(), r.feed.value.Earlier()
	i := slices.IndexFunc(earlier, func(p thetaPoint) bool { return pointID(p) == id })
	if i < 0 {
		return thetaPoint{}, false
	}
	return earlier[i], true
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

func (r *restore) request(reason string) jobs.Request {
	q := jobs.RestoreRequest([]string{r.user}, r.at)
	q.Trigger, q.Reason = db.TriggerConsole, reason
	return q
}

func (r *restore) command() string { return r.request("").Command() }

// changes reports whether what is chosen differs from what is in force.
func (r *restore) changes() bool {
	return slices.ContainsFunc(r.preview.value, jobs.Restoration.Changes)
}

// Keys choose an estimate and go on to the confirmation.
func (r *restore) Keys() []Key {
	if r.Typing() {
		return r.filter.keys(&r.Table)
	}
	a := r.app
	keys := []Key{
		{Strokes: []string{"enter", "U"}, Label: "restore", Help: "bring the ability back, after a confirmation", Changes: true,
			Off: first(when(r.preview.err != nil, "it cannot be restored"), when(!r.preview.loaded, "the preview is on its way"),
				when(!r.changes(), "it is what is in force"), when(r.started, "it is being started"), a.readOnly()),
			Do: r.confirm},
		{Strokes: []string{"y"}, Label: "copy command", Help: "copy the shell command that does the same", Do: func() tea.Cmd { return a.copy(r.command()) }},
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
	command := func(reason string) string { return r.request(reason).Command() }
	return a.open(newReasonedConfirm(a, a.tr("Undo θ"), a.tr("Restore 1 learner"), command, text, func(reason string) tea.Cmd {
		r.started = true
		return a.launch(r.request(reason), 1, func() { r.started = false })
	}))
}

// change is θ now → θ restored.
func (r *restore) change(t db.RestoredTheta) widget.Line {
	th := r.app.theme
	return widget.S(th.Muted, th.Glyph.Theta+" ").Add(th.Text, optional(t.Now, 2)).Add(th.Muted, " "+th.Glyph.Arrow+" ").
		Add(th.Strong, withSE(th, t.Theta, t.SE)).Add(th.Accent, "  "+signed(t.Theta-value(t.Now)))
}

// fill lists the estimates to go back to, each with its distance from θ in force.
func (r *restore) fill() {
	if !r.drawn.again(r.app, r.feed.serial) {
		return
	}
	a, d := r.app, r.feed.value
	th, now := a.theme, a.now()
	var rows []widget.Row
	for _, p := range d.Earlier() {
		change := math.NaN()
		if d.Ability != nil && d.Ability.Version == p.Version {
			change = p.Theta - d.Ability.Theta
		}
		rows = append(rows, widget.Row{ID: pointID(p), Cells: []widget.Cell{
			widget.N(th.Text, clock(now, p.EstimatedAt), float64(p.EstimatedAt.Unix())),
			widget.N(th.Strong, number(p.Theta, 2), p.Theta),
			widget.N(th.Muted, optional(p.SE, 2), value(p.SE)),
			widget.N(th.Accent, signed(change), change),
			widget.N(th.Muted, count(p.Answers), float64(p.Answers)),
			widget.T(th.Text, sourceWord(a, p.Source)),
			widget.N(th.Muted, clock(now, p.AsOf), float64(p.AsOf.Unix())),
			widget.T(th.Muted, widget.Clean(p.Version)),
			widget.T(th.Faint, shortRun(p.RunID)),
		}})
	}
	r.SetRows(rows)
}

// leastOutcome is the lines that what would be restored takes: the change, the
// command, the columns' titles and some topics.
const leastOutcome = 6

// View draws the history and, beside or under it, what would be restored.
func (r *restore) View() []string {
	a := r.app
	if !r.feed.loaded {
		return loading(a, "the learner", r.feed.err)
	}
	r.fill()
	head := r.head()
	h := r.height - len(head)
	if r.width < 100 {
		list := max(min(3, h/2), min(h/2, h-leastOutcome-1))
		return append(append(append(head, r.list.view(a, r.width, list)...), ""), r.outcome(r.width, h-list-1)...)
	}
	left := r.width / 2
	return append(head, widget.Columns(h, 2, widget.Block{Width: left, Lines: r.list.view(a, left, h)},
		widget.Block{Width: r.width - left - 2, Lines: r.outcome(r.width-left-2, h)})...)
}

// head is who it is, the θ in force, and whether that can be brought back in turn.
func (r *restore) head() []string {
	a, th, d := r.app, r.app.theme, r.feed.value
	who := widget.S(th.Strong, widget.Clean(r.user))
	if d.Ability != nil {
		who = who.Add(th.Muted, "  "+th.Glyph.Theta+" ").Add(th.Text, withSE(th, d.Ability.Theta, d.Ability.SE))
	}
	head := []string{a.fit(who.Add(th.Muted, "  "+a.tr("choose the estimate to go back to")))}
	if _, kept := d.Standing(); !kept && d.Ability != nil {
		for _, l := range widget.WrapIndented(widget.S(th.Due, th.Glyph.Warn+" "+a.tr("the history lacks the estimate in force: once replaced, it cannot be brought back")), r.width-2) {
			head = append(head, " "+l)
		}
	}
	if r.height >= 16 {
		head = append(head, "")
	}
	return head
}

// outcome is the preview in w × h cells.
func (r *restore) outcome(w, h int) []string {
	th := r.app.theme
	rows := squeeze(th, []widget.Line{r.sum(), widget.S(th.Muted, "$ ").Add(th.Accent, widget.Clean(r.command()))}, w, max(2, h-leastOutcome+2))
	if h > 2*leastOutcome {
		rows = append(rows, "")
	}
	if !r.preview.loaded || len(r.preview.value) == 0 || h <= len(rows)+1 {
		return rows
	}
	r.topics.Blurred = true
	r.topics.SetRows(r.restoredRows())
	return append(rows, r.topics.view(r.app, w, h-len(rows))...)
}

// sum is what would become of the overall θ, in a line.
func (r *restore) sum() widget.Line {
	a, th := r.app, r.app.theme
	switch {
	case r.preview.err != nil:
		return widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, errorWords(th, r.preview.err))
	case r.CurrentID() == "":
		return widget.S(th.Faint, a.tr("nothing to restore"))
	case !r.preview.loaded || len(r.preview.value) == 0:
		return widget.S(th.Faint, a.tr("looking what would change")+th.Glyph.Ellipsis)
	}
	for _, t := range r.preview.value[0].Thetas {
		if t.TopicID == nil {
			return r.change(t)
		}
	}
	return nil
}

// restoredRows are the θs, overall and by topic, now and as they would be.
func (r *restore) restoredRows() []widget.Row {
	a, th := r.app, r.app.theme
	var rows []widget.Row
	for _, t := range r.preview.value[0].Thetas {
		name, now := widget.T(th.Strong, a.tr("overall")), value(t.Now)
		if t.TopicID != nil {
			name = widget.T(th.Text, widget.Clean(*t.TopicID))
		}
		change := t.Theta - now
		if math.IsInf(change, 0) {
			change = math.NaN()
		}
		rows = append(rows, widget.Row{ID: topicName(t.TopicID), Cells: []widget.Cell{name, widget.N(th.Muted, optional(t.Now, 2), now),
			widget.N(th.Text, number(t.Theta, 2), t.Theta), widget.N(th.Accent, signed(change), change), whenCell(a, t.EstimatedAt)}})
	}
	return rows
}
