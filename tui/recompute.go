package tui

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// recompute previews the abilities of some learners as a recompute would leave
// them: one learner with the answers behind it, several as a list.
type recompute struct {
	base
	users   []string
	options map[string]string // of the stage, other than the defaults
	where   jobs.Where
	feed    *feed[[]jobs.ThetaPreview]
	all     list // several learners
	used    list // one learner's answers that count
	left    list // and those that do not
	onLeft  bool
	started bool
}

// thetaStage is the stage that a recompute runs.
const thetaStage = "update-theta"

// willUpdate is the outcome of a preview whose θ would be written.
const willUpdate = "update"

func newRecompute(a *app, users []string) *recompute {
	r := &recompute{base: base{app: a}, users: users}
	theta := a.theme.Glyph.Theta
	r.all.init(a, "recompute", "no learners", []widget.Column{
		{Title: "LEARNER", Min: 12, Max: 40, Sort: true, Grow: true},
		{Title: a.tr("%s NOW", theta), Min: 12, Right: true, Sort: true},
		{Title: a.tr("%s NEW", theta), Min: 12, Right: true, Sort: true},
		{Title: "CHANGE", Min: 6, Right: true, Sort: true},
		{Title: "USED", Min: 4, Right: true, Drop: 1, Sort: true},
		{Title: "LEFT OUT", Min: 4, Right: true, Drop: 2, Sort: true},
		{Title: "OUTCOME", Min: 12, Sort: true},
	})
	r.used.init(a, "recompute-used", "no answer counts", []widget.Column{
		{Title: "WHEN", Min: 16, Sort: true},
		{Title: "ANSWER", Min: 7, Sort: true},
		{Title: "ITEM", Min: 8, Max: 28, Sort: true},
		{Title: "TOPIC", Min: 6, Max: 20, Drop: 3, Sort: true},
		{Title: "a", Min: 4, Right: true, Drop: 2, Sort: true},
		{Title: "b", Min: 5, Right: true, Sort: true},
		{Title: "P RIGHT", Min: 5, Right: true, Sort: true},
		{Title: "FROM", Min: 8, Drop: 4, Sort: true},
	})
	r.left.init(a, "recompute-left", "no answer is left out", []widget.Column{
		{Title: "WHEN", Min: 16, Sort: true},
		{Title: "ITEM", Min: 8, Max: 28, Sort: true},
		{Title: "WHY", Min: 10, Grow: true, Sort: true},
	})
	r.ask()
	return r
}

// ask makes the preview's question.
func (r *recompute) ask() {
	a, users, options := r.app, r.users, r.options
	r.feed = newFeed(a, func(ctx context.Context) ([]jobs.ThetaPreview, error) {
		return a.console.PreviewTheta(ctx, users, options)
	})
	r.feed.limit = writeLimit // it estimates every learner
}

// Title is the screen's.
func (r *recompute) Title() string { return r.app.tr("recompute θ") }

// Typing is on while the filter is open.
func (r *recompute) Typing() bool { return r.list().filter.Typing() }

// Refresh asks for the preview once.
func (r *recompute) Refresh() tea.Cmd {
	if r.feed.loaded {
		return nil
	}
	return r.feed.Refresh()
}

// Close ends the request in flight.
func (r *recompute) Close() { r.feed.Close() }

// list is the list that keys move.
func (r *recompute) list() *list {
	switch {
	case len(r.users) > 1:
		return &r.all
	case r.onLeft:
		return &r.left
	}
	return &r.used
}

// Update takes the reply and the filter's text.
func (r *recompute) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return r.list().filter.update(msg)
	}
	if r.feed.Take(msg) && r.feed.err == nil {
		r.fill()
	}
	return nil
}

// changing counts the learners whose θ would be written.
func (r *recompute) changing() int {
	n := 0
	for _, p := range r.feed.value {
		if p.Outcome == willUpdate {
			n++
		}
	}
	return n
}

// Keys go on to the confirmation.
func (r *recompute) Keys() []Key {
	if r.Typing() {
		return r.list().filter.keys(&r.list().Table)
	}
	a := r.app
	keys := []Key{{Strokes: []string{"enter", "T"}, Label: "recompute", Help: "write the new abilities, after a confirmation", Changes: true,
		Off: first(when(r.feed.err != nil, "the preview failed"), when(!r.feed.loaded, "the preview is on its way"),
			when(r.changing() == 0, "nothing would change"), when(r.started, "it is being started"), a.readOnly()),
		Do: r.confirm}}
	if len(r.users) == 1 {
		keys = append(keys, Key{Strokes: []string{"tab"}, Label: "used/left out", Help: "the answers that count, or those left out",
			Do: func() tea.Cmd { r.onLeft = !r.onLeft; return nil }})
	}
	keys = append(keys, Key{Strokes: []string{"e"}, Label: "options", Help: "how it is estimated: the lookback, who scores, where it runs",
		Off: when(r.started, "it is being started"), Do: func() tea.Cmd { return a.push(newRecomputeForm(r)) }})
	return append(append(keys, Key{Strokes: []string{"y"}, Label: "copy command", Help: "copy the shell command that does the same",
		Do: func() tea.Cmd { return a.copy(r.command()) }}), r.list().keys()...)
}

func (r *recompute) request(reason string) jobs.Request {
	return jobs.Request{Stage: thetaStage, Users: r.users, Options: r.options, Where: r.where, Reason: reason, Trigger: db.TriggerConsole}
}

func (r *recompute) command() string { return r.request("").Command() }

// confirm asks before the launch.
func (r *recompute) confirm() tea.Cmd {
	a, th := r.app, r.app.theme
	n := plural(th, r.changing(), "%s learner", "%s learners")
	text := []widget.Line{widget.S(th.Text, a.tr("Recompute θ of %s", n))}
	if len(r.feed.value) == 1 {
		p := r.feed.value[0]
		text = append(text, widget.S(th.Strong, widget.Clean(p.UserID)), r.change(p))
	} else if rest := len(r.feed.value) - r.changing(); rest > 0 {
		text = append(text, widget.S(th.Muted, plural(th, rest, "%s other would stay as it is", "%s others would stay as they are")))
	}
	command := func(reason string) string { return r.request(reason).Command() }
	return a.open(newReasonedConfirm(a, a.tr("Recompute θ"), a.tr("Recompute %s", n), command, text, func(reason string) tea.Cmd {
		r.started = true
		return a.launch(r.request(reason), 1, func() { r.started = false })
	}))
}

// change is θ now → θ new.
func (r *recompute) change(p jobs.ThetaPreview) widget.Line {
	th := r.app.theme
	show := func(ab *db.Ability) string {
		if ab == nil {
			return r.app.tr("none")
		}
		return withSE(th, ab.Theta, ab.SE)
	}
	line := widget.S(th.Muted, th.Glyph.Theta+" ").Add(th.Text, show(p.Old)).Add(th.Muted, " "+th.Glyph.Arrow+" ").Add(th.Strong, show(p.New))
	if d := delta(p); !math.IsNaN(d) {
		line = line.Add(th.Accent, "  "+signed(d))
	}
	return line
}

// leastList is the lines that the answers take: their tabs, the columns' titles
// and a few of them.
const leastList = 4

// delta is by how much θ would change; NaN without an old and a new one.
func delta(p jobs.ThetaPreview) float64 {
	if p.Old == nil || p.New == nil {
		return math.NaN()
	}
	return p.New.Theta - p.Old.Theta
}

func signed(v float64) string {
	if s := number(v, 2); v > 0 && s != "0.00" {
		return "+" + s
	}
	return number(v, 2)
}

func abilityCell(a *app, ab *db.Ability) widget.Cell {
	if ab == nil {
		return widget.N(a.theme.Faint, a.theme.Glyph.Dash, math.NaN())
	}
	return widget.N(a.theme.Text, withSE(a.theme, ab.Theta, ab.SE), ab.Theta)
}

func (r *recompute) fill() {
	a := r.app
	th := a.theme
	rows := make([]widget.Row, len(r.feed.value))
	for i, p := range r.feed.value {
		outcome := widget.T(th.Faint, th.Glyph.Skipped+" "+th.Told(p.Outcome))
		if p.Outcome == willUpdate {
			outcome = widget.T(th.Fresh, th.Glyph.OK+" "+th.Told(p.Outcome))
		}
		d := delta(p)
		change := widget.N(th.Accent, signed(d), d)
		rows[i] = widget.Row{ID: p.UserID, Cells: []widget.Cell{
			widget.T(th.Text, widget.Clean(p.UserID)), abilityCell(a, p.Old), abilityCell(a, p.New), change,
			widget.N(th.Text, count(len(p.Used)), float64(len(p.Used))), widget.N(th.Muted, count(len(p.LeftOut)), float64(len(p.LeftOut))), outcome,
		}}
	}
	r.all.SetRows(rows)
	if len(r.feed.value) != 1 {
		return
	}
	p := r.feed.value[0]
	used := slices.Clone(p.Used)
	slices.SortStableFunc(used, func(a, b jobs.Scored) int { return b.AnsweredAt.Compare(a.AnsweredAt) })
	rows = make([]widget.Row, len(used))
	for i, u := range used {
		rows[i] = widget.Row{ID: fmt.Sprint(i), Cells: []widget.Cell{
			whenCell(a, u.AnsweredAt), answerCell(a, u.Correct), widget.T(th.Text, widget.Clean(u.ItemID)), widget.T(th.Muted, topicName(u.TopicID)),
			widget.N(th.Muted, number(u.A, 2), u.A), widget.N(th.Text, number(u.B, 2), u.B), widget.N(th.Text, jobs.Probability(u.Expected, 2), u.Expected),
			widget.T(th.Muted, fromWord(th, u.From)),
		}}
	}
	r.used.SetRows(rows)
	rows = make([]widget.Row, len(p.LeftOut))
	for i, x := range p.LeftOut {
		rows[i] = widget.Row{ID: fmt.Sprint(i), Cells: []widget.Cell{
			whenCell(a, x.AnsweredAt), widget.T(th.Text, widget.Clean(x.ItemID)), widget.T(th.Text, leftOutWords(th, x, p.Lookback))}}
	}
	r.left.SetRows(rows)
}

func whenCell(a *app, t time.Time) widget.Cell {
	return widget.T(a.theme.Muted, t.UTC().Format("2006-01-02 15:04"))
}

// View draws the change over the answers behind it, or the list.
func (r *recompute) View() []string {
	a, th := r.app, r.app.theme
	if !r.feed.loaded {
		return loading(a, "what would change", r.feed.err)
	}
	if len(r.feed.value) != 1 {
		head := widget.S(th.Text, a.tr("would recompute θ of %s out of %s", plural(th, r.changing(), "%s learner", "%s learners"), count(len(r.feed.value))))
		rows := []string{a.fit(head), a.fit(widget.S(th.Muted, "$ ").Add(th.Accent, widget.Clean(r.command()))), ""}
		return append(rows, r.all.view(a, r.width, r.height-len(rows))...)
	}
	p := r.feed.value[0]
	rows := squeeze(th, r.facts(p), r.width, max(2, r.height*3/5, r.height-leastList))
	if r.height >= 16 {
		rows = append(rows, "")
	}
	used, left := th.Strong.Underline(), th.Muted
	if r.onLeft {
		used, left = left, used
	}
	rows = append(rows, a.fit(widget.S(used, a.tr("Used")).Add(th.Faint, " "+count(len(p.Used))).Add(th.Blank, "   ").
		Add(left, a.tr("Left out")).Add(th.Faint, " "+count(len(p.LeftOut)))))
	return append(rows, r.list().view(a, r.width, r.height-len(rows))...)
}

// facts are what the new θ of one learner rests on, a line each.
func (r *recompute) facts(p jobs.ThetaPreview) []widget.Line {
	th := r.app.theme
	lines := []widget.Line{widget.S(th.Strong, widget.Clean(p.UserID)), r.change(p)}
	if p.Outcome != willUpdate {
		lines = append(lines, widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, r.app.tr("would write nothing: %s", th.Told(p.Outcome))))
	} else if p.New != nil {
		lines[1] = lines[1].Add(th.Muted, "  "+abilityWords(th, p.New.Theta, p.New.SE))
	}
	if p.Unsynced > 0 {
		lines = append(lines, widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, r.app.tr("%s not taken in yet; the run takes them in first", plural(th, p.Unsynced, "%s session", "%s sessions"))))
	}
	lines = append(lines, pair(th, "answers", r.app.tr("%s used, %s left out%s", count(len(p.Used)), count(len(p.LeftOut)), reasons(th, p.LeftOut, p.Lookback))),
		pair(th, "prior", r.app.tr("mean %s, SD %s", number(p.PriorMean, 2), number(p.PriorSD, 2))),
		pair(th, "scale", r.app.tr("%s, calibration %s", p.Version, orDash(th, p.Calibration))),
		pair(th, "as of", r.app.tr("%s, %d days back", stamp(p.AsOf), p.Lookback)))
	return append(lines, widget.S(th.Muted, "$ ").Add(th.Accent, widget.Clean(r.command())))
}

// reasons counts why answers were left out.
func reasons(th *theme.Theme, left []jobs.Excluded, lookback int) string {
	n := map[string]int{}
	for _, x := range left {
		n[leftOutWords(th, x, lookback)]++
	}
	names := make([]string, 0, len(n))
	for k := range n {
		names = append(names, k)
	}
	sort.Slice(names, func(i, j int) bool {
		if n[names[i]] != n[names[j]] {
			return n[names[i]] > n[names[j]]
		}
		return names[i] < names[j]
	})
	text := ""
	for i, k := range names {
		text += map[bool]string{true: ": ", false: ", "}[i == 0] + th.Tr(lang.Sense("reason", "%s %s"), count(n[k]), k)
	}
	return text
}
