package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/widget"
)

// pipeline is the home screen: every stage and whether its data arrived.
type pipeline struct {
	base
	list
	feed *feed[jobs.Pipeline]
}

const sparkRuns = 12

func newPipeline(a *app) *pipeline {
	p := &pipeline{base: base{app: a}, feed: newFeed(a, a.console.Pipeline)}
	p.list.init(a, "pipeline", "no stages", []widget.Column{
		{Title: "STAGE", Min: 24, Sort: true},
		{Title: "STATE", Min: 11, Sort: true},
		{Title: "DATA DAY", Min: 10, Drop: 1, Sort: true},
		{Title: "LAG", Min: 4, Right: true, Drop: 4, Sort: true},
		{Title: "LAST RUN", Min: 20, Drop: 2, Sort: true},
		{Title: "TOOK", Min: 6, Right: true, Drop: 5, Sort: true, Quiet: true},
		{Title: "NEXT", Min: 9, Right: true, Drop: 3, Sort: true, Quiet: true},
		{Title: "RECENT", Min: 6, Max: sparkRuns, Drop: 6},
	})
	return p
}

// Title is the screen's.
func (p *pipeline) Title() string { return p.app.tr("Pipeline") }

// Typing is on while the filter is open.
func (p *pipeline) Typing() bool { return p.filter.Typing() }

// Every is how often the stages are asked for.
func (p *pipeline) Every() time.Duration { return 2 * time.Second }

// Refresh asks for the stages.
func (p *pipeline) Refresh() tea.Cmd { return p.feed.Refresh() }

// Close ends the request in flight.
func (p *pipeline) Close() { p.feed.Close() }

// SetSize gives the screen its room.
func (p *pipeline) SetSize(w, h int) { p.base.SetSize(w, h) }

// Update takes replies and the filter's text.
func (p *pipeline) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return p.filter.update(msg)
	}
	p.feed.Take(msg)
	return nil
}

// current is the stage under the cursor.
func (p *pipeline) current() (jobs.StageStatus, bool) {
	i := slices.IndexFunc(p.feed.value.Stages, func(s jobs.StageStatus) bool { return s.Name == p.CurrentID() })
	if i < 0 {
		return jobs.StageStatus{}, false
	}
	return p.feed.value.Stages[i], true
}

// Keys are what can be done with the stage under the cursor.
func (p *pipeline) Keys() []Key {
	if p.Typing() {
		return p.filter.keys(&p.Table)
	}
	s, ok := p.current()
	return append(stageKeys(p.app, s, ok, false), p.list.keys()...)
}

// when is the reason if it holds, and empty otherwise.
func when(holds bool, reason string) string {
	if holds {
		return reason
	}
	return ""
}

// View draws the list and, under it, the stage under the cursor.
func (p *pipeline) View() []string {
	a, w := p.app, p.width
	if !p.feed.loaded {
		return loading(a, "the pipeline", p.feed.err)
	}
	p.fill()
	head := []string{a.fit(append(p.tally(), p.answers()...)), ""}
	if p.height < 14 {
		head = head[:1]
	}
	_, all := p.Count()
	tableH := min(p.height-len(head), all+1+map[bool]int{true: 1}[p.filter.Typing() || p.filter.used()])
	rows := append(head, p.list.view(a, w, tableH)...)
	return append(rows, p.about(p.height-len(rows))...)
}

// about is the stage under the cursor in h lines: what is known of it and its
// recent runs, side by side where there is room.
func (p *pipeline) about(h int) []string {
	s, ok := p.current()
	if !ok || h < 2 {
		return nil
	}
	w := p.width
	if w >= 120 {
		left := min(w*11/20, w-2-recentWidth)
		return widget.Columns(h, 2, widget.Block{Width: left, Lines: append([]string{""}, p.detail(s, left-2)...)},
			widget.Block{Width: w - left - 2, Lines: append([]string{""}, p.recent(s, w-left-2, h-1)...)})
	}
	rows := append([]string{""}, p.detail(s, w-4)...)
	if left := h - len(rows); left >= 4 && len(s.Recent) > 0 {
		rows = append(append(rows, ""), p.recent(s, w, left-1)...)
	}
	return rows
}

// recentWidth is what a run of several days takes in the list of recent ones.
const recentWidth = 56

// recent lists a stage's last runs in at most h lines of w cells.
func (p *pipeline) recent(s jobs.StageStatus, w, h int) []string {
	th, now := p.app.theme, p.app.now()
	rows := []string{widget.S(th.Muted, "  "+th.Tr("RECENT RUNS")).String()}
	for _, r := range s.Recent[:min(len(s.Recent), max(0, h-1))] {
		sign, style := statusLook(th, r.Status)
		line := widget.S(style, "  "+sign+" "+statusWord(th, r.Status)).Pad(15, "", th.Blank, false).Add(th.Text, clock(now, r.CreatedAt)).Pad(28, "", th.Blank, false)
		line = append(line, tookCell(th, now, &r).Pad(9, "", th.Blank, true)...).Add(th.Muted, "  "+shortWindow(th, r))
		rows = append(rows, line.Truncate(w, th.Glyph.Ellipsis).String())
	}
	if len(s.Recent) == 0 {
		rows = append(rows, widget.S(th.Faint, "  "+th.Tr("none yet")).String())
	}
	return rows
}

// tally says how many stages are in need of someone.
func (p *pipeline) tally() widget.Line {
	th := p.app.theme
	n := map[jobs.State]int{}
	for _, s := range p.feed.value.Stages {
		n[s.State]++
	}
	var line widget.Line
	for _, s := range []jobs.State{jobs.StateFailed, jobs.StateLate, jobs.StateDue, jobs.StateRunning} {
		if n[s] > 0 {
			sign, style := stateLook(th, s)
			line = line.Add(style, fmt.Sprintf("%s %d %s", sign, n[s], stateWord(th, s))).Add(th.Blank, "   ")
		}
	}
	if n[jobs.StateFailed]+n[jobs.StateLate]+n[jobs.StateDue] == 0 && n[jobs.StateFresh] > 0 {
		line = line.Add(th.Fresh, th.Glyph.Fresh+" "+th.Tr("nothing late")).Add(th.Blank, "   ")
	}
	return line
}

// answers says what the pipeline reads.
func (p *pipeline) answers() widget.Line {
	th, v := p.app.theme, p.feed.value
	if v.Source == "" {
		return widget.S(th.Muted, th.Tr("no answers taken in yet; the first run of a stage does it"))
	}
	line := widget.S(th.Muted, th.Tr("%s answers from %s", count(v.Answers), v.Source))
	if v.SyncAt != nil {
		line = line.Add(th.Muted, ", "+th.Tr("synced %s", ago(th, p.app.now(), *v.SyncAt)))
	}
	if v.Waiting != nil {
		line = line.Add(th.Due, "   "+th.Tr("%s waits since %s", th.Glyph.Theta, age(th, p.app.now().Sub(*v.Waiting))))
	}
	if v.Skew != 0 {
		line = line.Add(th.Due, "   "+th.Tr("this clock is %s off", shortDuration(th, time.Duration(math.Abs(v.Skew)*float64(time.Second)))))
	}
	return line
}

// fill makes the table's rows of the newest snapshot.
func (p *pipeline) fill() {
	th, now := p.app.theme, p.app.now()
	rows := make([]widget.Row, len(p.feed.value.Stages))
	for i, s := range p.feed.value.Stages {
		rows[i] = widget.Row{ID: s.Name, Cells: []widget.Cell{
			widget.T(th.Text, s.Name),
			stateCell(th, s),
			widget.T(th.Text, dayOr(th, s.DataDay)),
			lagCell(th, s),
			lastRunCell(th, now, s.LastRun),
			tookCell(th, now, s.LastRun),
			nextCell(th, now, s),
			{Line: sparkOf(th, s.Recent)},
		}}
	}
	p.SetRows(rows)
}

// detail is what is known of a stage.
func (p *pipeline) detail(s jobs.StageStatus, w int) []string {
	th, now := p.app.theme, p.app.now()
	sign, style := stateLook(th, s.State)
	head := widget.S(th.Strong, s.Name).Add(th.Blank, "  ").Add(style, sign+" "+stateWord(th, s.State))
	lines := []widget.Line{head}
	if s.Why != "" {
		lines = append(lines, widget.S(th.Text, widget.Clean(whyWords(th, now, s))))
	}
	if n := s.UpstreamNewer; n != nil {
		lines = append(lines, widget.S(th.Due, th.Glyph.Up+" "+th.Tr("upstream newer:")+" ").Add(th.Text, widget.Clean(th.Told(n.Why))))
	}
	lines = append(lines, widget.S(th.Muted, th.Tr(s.Summary)))
	if r := s.LastRun; r != nil && r.Error != nil && !strings.Contains(s.Why, *r.Error) {
		lines = append(lines, widget.S(th.Failed, th.Glyph.Bad+" "+widget.Clean(*r.Error)))
	}
	lines = append(lines, nil)
	lines = append(lines, stageFacts(th, now, s)...)
	var rows []string
	for _, l := range lines {
		for _, r := range widget.WrapIndented(l, w) {
			rows = append(rows, "  "+r)
		}
	}
	return rows
}

// loading is the body before the first snapshot.
func loading(a *app, what string, err error) []string {
	th := a.theme
	if err != nil && !connectionLost(err) {
		var rows []string
		for _, l := range widget.WrapIndented(widget.S(th.Failed, th.Glyph.Bad+" "+errorWords(th, err)), a.width-4) {
			rows = append(rows, "  "+l)
		}
		return append([]string{""}, rows...)
	}
	return []string{"", widget.S(th.Muted, "  "+th.Tr("loading %s", th.Tr(what))+th.Glyph.Ellipsis).String()}
}
