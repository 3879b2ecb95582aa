package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/widget"
)

// preview shows what a request would do, before it does it.
type preview struct {
	base
	list
	request jobs.Request
	feed    *feed[jobs.Preview]
	started bool
}

func newPreview(a *app, q jobs.Request) *preview {
	p := &preview{base: base{app: a}, request: q}
	p.list.init(a, "preview", "no day to run for", []widget.Column{
		{Title: "DAY", Min: 10, Sort: true},
		{Title: "WILL", Min: 6, Sort: true},
		{Title: "LEARNERS", Min: 6, Right: true, Sort: true, Drop: 2},
		{Title: "ANSWERS", Min: 6, Right: true, Sort: true, Drop: 1},
		{Title: "WHY", Min: 10, Sort: true, Grow: true},
	})
	p.feed = newFeed(a, func(ctx context.Context) (jobs.Preview, error) { return a.console.Preview(ctx, q) })
	p.feed.limit = writeLimit // it may have to count many answers
	return p
}

// Title is the screen's.
func (p *preview) Title() string { return p.app.tr("preview") }

// Typing is on while the filter is open.
func (p *preview) Typing() bool { return p.filter.Typing() }

// SetSize gives the screen its room.
func (p *preview) SetSize(w, h int) { p.base.SetSize(w, h) }

// Refresh asks for the preview once.
func (p *preview) Refresh() tea.Cmd {
	if p.feed.loaded {
		return nil
	}
	return p.feed.Refresh()
}

// Close ends the request in flight.
func (p *preview) Close() { p.feed.Close() }

// Update takes the reply and the filter's text.
func (p *preview) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return p.filter.update(msg)
	}
	if p.feed.Take(msg) && p.feed.err == nil {
		p.fill()
	}
	return nil
}

// Keys go on to the confirmation.
func (p *preview) Keys() []Key {
	if p.Typing() {
		return p.filter.keys(&p.Table)
	}
	a, v := p.app, p.feed.value
	return append([]Key{
		{Strokes: []string{"enter"}, Label: "run", Help: "run it, after a confirmation", Changes: true,
			Off: first(when(p.feed.err != nil, "the preview failed"), when(!p.feed.loaded, "the preview is on its way"),
				when(v.Todo() == 0, "nothing to do: every day is skipped"), when(p.started, "it is being started"), a.readOnly()),
			Do: p.confirm},
		{Strokes: []string{"y"}, Label: "copy command", Help: "copy the shell command that does the same", Do: func() tea.Cmd { return a.copy(v.Command) }},
	}, p.list.keys()...)
}

// confirm asks before the launch.
func (p *preview) confirm() tea.Cmd {
	a, th, v := p.app, p.app.theme, p.feed.value
	todo := p.todo()
	text := []widget.Line{
		widget.S(th.Text, th.Tr("Run %s for %s", v.Stage, todo)),
		widget.S(th.Muted, days(th, v.From, v.To)+", "+p.extent()),
	}
	if p.request.Force {
		text = append(text, widget.S(th.Due, th.Glyph.Warn+" "+th.Tr("also days that are published and up to date")))
	}
	return a.open(newConfirm(a, a.tr("Run %s", v.Stage), a.tr("Run %s", todo), v.Command, text, func() tea.Cmd {
		p.started = true
		return a.launch(p.request, 2, func() { p.started = false })
	}))
}

// todo is how many slices would run: days, weeks or learners.
func (p *preview) todo() string {
	th, n := p.app.theme, p.feed.value.Todo()
	st, err := jobs.Stages().Find(p.request.Stage)
	switch {
	case err == nil && st.Info().SliceDays() > 1:
		return plural(th, n, "%s week", "%s weeks")
	case err == nil && st.Info().PerLearner:
		return plural(th, n, "%s learner", "%s learners")
	}
	return plural(th, n, "%s day", "%s days")
}

// extent is how much the days that would run hold. Learners are counted on the
// largest day: the same ones come again each day.
func (p *preview) extent() string {
	var learners, answers int64
	for _, s := range p.feed.value.Slices {
		if !s.Skip {
			learners = max(learners, s.Learners)
			answers += s.Answers
		}
	}
	th := p.app.theme
	text := plural(th, learners, "%s learner", "%s learners")
	if p.feed.value.Todo() > 1 {
		text = th.Tr("up to %s a day", text)
	}
	return text + ", " + plural(th, answers, "%s answer", "%s answers")
}

func (p *preview) fill() {
	th := p.app.theme
	rows := make([]widget.Row, len(p.feed.value.Slices))
	for i, s := range p.feed.value.Slices {
		will, text := widget.T(th.Fresh, th.Glyph.OK+" "+th.Tr("run")), th.Text
		if s.Skip {
			will, text = widget.T(th.Faint, th.Glyph.Skipped+" "+th.Tr("skip")), th.Faint
		}
		rows[i] = widget.Row{ID: s.Label(), Cells: []widget.Cell{
			widget.T(text, widget.Clean(s.Label())), will,
			widget.N(text, count(s.Learners), float64(s.Learners)),
			widget.N(text, count(s.Answers), float64(s.Answers)),
			widget.T(text, widget.Clean(th.Told(s.Reason))),
		}}
	}
	p.SetRows(rows)
}

// View draws the totals and notes over the days.
func (p *preview) View() []string {
	a, th, v := p.app, p.app.theme, p.feed.value
	if !p.feed.loaded {
		return loading(a, "what it would do", p.feed.err)
	}
	skipped := len(v.Slices) - v.Todo()
	head := widget.S(th.Strong, th.Tr("would run %s for %s", v.Stage, p.todo()))
	if skipped > 0 {
		head = head.Add(th.Muted, ", "+th.Tr("skip %s", count(skipped)))
	}
	if p.request.Where == jobs.WhereWorkers {
		head = head.Add(th.Muted, ", "+th.Tr("by a worker"))
	}
	lines := []widget.Line{head, widget.S(th.Muted, p.extent())}
	if v.Unsynced > 0 {
		lines = append(lines, widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, plural(th, v.Unsynced, "%s session changed since the last sync; the run takes it in first", "%s sessions changed since the last sync; the run takes them in first")))
	}
	lines = append(lines, widget.S(th.Muted, "$ ").Add(th.Accent, widget.Clean(v.Command)))
	for _, n := range v.Notes {
		lines = append(lines, widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, widget.Clean(th.Told(n))))
	}
	rows := append(squeeze(th, lines, p.width, max(4, p.height/2)), "")
	return append(rows, p.list.view(a, p.width, p.height-len(rows))...)
}
