package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
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
	p.list.init("no stages", []widget.Column{
		{Title: "STAGE", Min: 22},
		{Title: "STATE", Min: 11, Sort: true},
		{Title: "DATA DAY", Min: 10, Drop: 1, Sort: true},
		{Title: "LAG", Min: 4, Right: true, Drop: 4, Sort: true},
		{Title: "LAST RUN", Min: 20, Drop: 2},
		{Title: "TOOK", Min: 6, Right: true, Drop: 5, Quiet: true},
		{Title: "NEXT", Min: 9, Right: true, Drop: 3, Quiet: true},
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

// stageKeys are the keys of a stage, in the pipeline or on its own screen.
func stageKeys(a *app, s jobs.StageStatus, ok, inside bool) []Key {
	off, noRun := "", ""
	switch {
	case !ok:
		off = "no stage is selected"
	case s.State == jobs.StateNotBuilt:
		off = a.tr("%s is not built in this version", s.Name)
	default:
		off = a.readOnly()
	}
	if s.LastRun == nil {
		noRun = "this stage has not run yet"
	}
	openLast := func() tea.Cmd { return a.push(newRun(a, s.LastRun.ID)) }
	var keys []Key
	if !inside {
		keys = append(keys, Key{Strokes: []string{"enter"}, Label: "open", Help: "open the stage: its runs, schedule and parameters",
			Off: when(!ok, "no stage is selected"), Do: func() tea.Cmd { return a.push(newStage(a, s.Name)) }},
			Key{Strokes: []string{"l"}, Label: "logs", Help: "the last run, with its log", Off: noRun, Do: openLast})
	}
	return append(keys,
		Key{Strokes: []string{"R"}, Label: "run", Help: "run the stage: form, preview, confirmation", Changes: true, Off: off,
			Do: func() tea.Cmd { return a.push(newLaunch(a, s, false)) }},
		Key{Strokes: []string{"B"}, Label: "backfill", Help: "run the stage over a range of days", Changes: true, Off: off,
			Do: func() tea.Cmd { return a.push(newLaunch(a, s, true)) }},
		pauseKey(a, s, off),
		Key{Strokes: []string{"d"}, Label: "describe", Help: "everything known about the stage", Off: when(!ok, "no stage is selected"),
			Do: func() tea.Cmd { return a.open(describeStage(a, s)) }},
		Key{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that runs the stage", Off: when(!ok, "no stage is selected"),
			Do: func() tea.Cmd { return a.copy("sextant run " + s.Name) }},
	)
}

// pauseKey holds a stage, or ends its pause.
func pauseKey(a *app, s jobs.StageStatus, off string) Key {
	if s.Pause != nil {
		return Key{Strokes: []string{"P"}, Label: "resume", Help: "end the stage's pause", Changes: true, Off: off,
			Do: func() tea.Cmd { return a.open(confirmResume(a, s)) }}
	}
	return Key{Strokes: []string{"P"}, Label: "pause", Help: "skip the stage's scheduled runs for a while", Changes: true, Off: off,
		Do: func() tea.Cmd { return a.push(newHold(a, s)) }}
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
		left := w * 11 / 20
		return widget.Columns(h, 2, widget.Block{Width: left, Lines: append([]string{""}, p.detail(s, left-2)...)},
			widget.Block{Width: w - left - 2, Lines: append([]string{""}, p.recent(s, w-left-2, h-1)...)})
	}
	rows := append([]string{""}, p.detail(s, w-4)...)
	if left := h - len(rows); left >= 4 && len(s.Recent) > 0 {
		rows = append(append(rows, ""), p.recent(s, w, left-1)...)
	}
	return rows
}

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
		name := th.Text
		if s.State == jobs.StateNotBuilt {
			name = th.NotBuilt
		}
		rows[i] = widget.Row{ID: s.Name, Cells: []widget.Cell{
			widget.T(name, s.Name),
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

func dayOr(th *theme.Theme, d *db.Day) string {
	if d == nil {
		return th.Glyph.Dash
	}
	return d.String()
}

// stateCell is a stage's state, with a mark where an upstream is newer.
func stateCell(th *theme.Theme, s jobs.StageStatus) widget.Cell {
	sign, style := stateLook(th, s.State)
	line := widget.S(style, sign+" "+stateWord(th, s.State))
	if s.UpstreamNewer != nil {
		line = line.Add(th.Due, " "+th.Glyph.Up)
	}
	return widget.Cell{Line: line, Text: true}
}

func lagCell(th *theme.Theme, s jobs.StageStatus) widget.Cell {
	switch {
	case s.LagDays == nil:
		return widget.N(th.Faint, th.Glyph.Dash, math.NaN())
	case *s.LagDays > 0:
		return widget.N(th.Late, th.Tr("%d d", *s.LagDays), float64(*s.LagDays))
	}
	return widget.N(th.Text, th.Tr("%d d", 0), 0)
}

func lastRunCell(th *theme.Theme, now time.Time, r *db.Run) widget.Cell {
	if r == nil {
		return widget.T(th.Faint, th.Glyph.Dash)
	}
	sign, style := statusLook(th, r.Status)
	return widget.Cell{Line: widget.S(style, sign+" "+statusWord(th, r.Status)).Add(th.Muted, " "+ago(th, now, r.CreatedAt))}
}

func tookCell(th *theme.Theme, now time.Time, r *db.Run) widget.Cell {
	if r != nil {
		if d, ok := runLength(now, *r); ok {
			return widget.N(th.Muted, shortDuration(th, d), d.Seconds())
		}
	}
	return widget.N(th.Faint, th.Glyph.Dash, math.NaN())
}

func nextCell(th *theme.Theme, now time.Time, s jobs.StageStatus) widget.Cell {
	switch {
	case s.State == jobs.StateNotBuilt:
		return widget.T(th.Faint, th.Glyph.Dash)
	case s.NextTick == nil:
		return widget.T(th.Muted, th.Tr("on events"))
	}
	return widget.T(th.Muted, in(th, now, *s.NextTick))
}

// sparkOf draws recent runs, oldest first: a bar's height is how long the run
// took, and a run that did not succeed shows its sign.
func sparkOf(th *theme.Theme, recent []db.Run) widget.Line { return sparkRun(th, recent, sparkRuns) }

func sparkRun(th *theme.Theme, recent []db.Run, n int) widget.Line {
	bars := make([]widget.SparkBar, 0, len(recent))
	for _, r := range slices.Backward(recent) {
		sign, style := statusLook(th, r.Status)
		b := widget.SparkBar{Style: style, Sign: sign}
		if d, ok := runLength(r.CreatedAt, r); ok && r.Status == db.RunSucceeded {
			b.Sign, b.Value = "", d.Seconds()
		}
		bars = append(bars, b)
	}
	return widget.Spark(th, n, bars)
}

// detail is what is known of a stage.
func (p *pipeline) detail(s jobs.StageStatus, w int) []string {
	th, now := p.app.theme, p.app.now()
	sign, style := stateLook(th, s.State)
	head := widget.S(th.Strong, s.Name).Add(th.Blank, "  ").Add(style, sign+" "+stateWord(th, s.State))
	lines := []widget.Line{head}
	if s.Why != "" {
		lines = append(lines, widget.S(th.Text, widget.Clean(th.Told(s.Why))))
	}
	if n := s.UpstreamNewer; n != nil {
		lines = append(lines, widget.S(th.Due, th.Glyph.Up+" "+th.Tr("upstream newer:")+" ").Add(th.Text, widget.Clean(th.Told(n.Why))))
	}
	lines = append(lines, widget.S(th.Muted, th.Tr(s.Summary)))
	if r := s.LastRun; r != nil && r.Error != nil {
		lines = append(lines, widget.S(th.Failed, th.Glyph.Bad+" "+widget.Clean(*r.Error)))
	}
	lines = append(lines, nil)
	lines = append(lines, stageFacts(th, now, s)...)
	var rows []string
	for _, l := range lines {
		for _, r := range widget.Wrap(l, w) {
			rows = append(rows, "  "+r)
		}
	}
	return rows
}

// stageFacts are the facts about a stage, a line each.
func stageFacts(th *theme.Theme, now time.Time, s jobs.StageStatus) []widget.Line {
	lines := []widget.Line{pair(th, "schedule", scheduleWords(th, s.Schedule)+localHour(th, now, s.NextTick))}
	if s.Deadline != nil {
		lines = append(lines, pair(th, "deadline", th.Tr("%s UTC for %s, late after another %s", clock(now, *s.Deadline), dayOr(th, s.DueDay), age(th, s.Grace))))
	}
	if s.NextTick != nil {
		lines = append(lines, pair(th, "next", th.Tr("%s UTC, %s", clock(now, *s.NextTick), in(th, now, *s.NextTick))))
	}
	if s.Pause != nil {
		lines = append(lines, pauseLine(th, now, *s.Pause))
	}
	if len(s.Upstream) > 0 {
		lines = append(lines, pair(th, "reads", strings.Join(s.Upstream, ", ")))
	}
	if s.Slice != "" {
		lines = append(lines, pair(th, "publishes", th.Tr("one %s at a time, all or nothing", sliceWord(th, s.Slice))))
	}
	return append(lines, pair(th, "command", "sextant run "+s.Name))
}

// localHour is the time of the next run where the operator is, unless that is
// UTC.
func localHour(th *theme.Theme, now time.Time, next *time.Time) string {
	if next == nil {
		return ""
	}
	local := next.In(now.Location())
	if _, offset := local.Zone(); offset == 0 {
		return ""
	}
	return ", " + th.Tr("%s here", local.Format("15:04 MST"))
}

// pauseLine tells who holds the stage, until when and why.
func pauseLine(th *theme.Theme, now time.Time, p db.Pause) widget.Line {
	text := th.Tr("by %s, %s", p.Actor, ago(th, now, p.At))
	if p.Until != nil {
		text += ", " + th.Tr("until %s UTC", p.Until.UTC().Format("2006-01-02 15:04"))
	}
	if p.Reason != "" {
		text += ": " + p.Reason
	}
	return pair(th, "paused", text)
}

// sliceWord is what a stage publishes at once.
func sliceWord(th *theme.Theme, slice string) string {
	switch slice {
	case "day":
		return th.Tr("day")
	case "learner":
		return th.Tr("learner")
	case "week":
		return th.Tr("week")
	case "calibration":
		return th.Tr("calibration")
	}
	return slice
}

// describeStage shows everything known about a stage.
func describeStage(a *app, s jobs.StageStatus) dialog {
	th := a.theme
	d := &textDialog{app: a, title: s.Name, copies: "sextant run " + s.Name}
	sign, style := stateLook(th, s.State)
	lines := []widget.Line{
		widget.S(th.Text, th.Tr(s.Summary)), nil,
		pair(th, "state", "").Add(style, sign+" "+stateWord(th, s.State)),
		pair(th, "why", th.Told(s.Why)),
		pair(th, "data day", dayOr(th, s.DataDay)), pair(th, "due day", dayOr(th, s.DueDay)),
	}
	lines = append(lines, stageFacts(th, a.now(), s)...)
	if s.LastRun != nil {
		lines = append(append(lines, nil, widget.S(th.Strong, th.Tr("last run"))), runFacts(th, a.now(), *s.LastRun)...)
	}
	if specs, err := a.console.Params(s.Name); err == nil && len(specs) > 0 {
		lines = append(append(lines, nil, widget.S(th.Strong, th.Tr("parameters"))), paramLines(th, specs)...)
	}
	d.viewer.SetLines(lines)
	return d
}

// loading is the body before the first snapshot.
func loading(a *app, what string, err error) []string {
	th := a.theme
	if err != nil && !connectionLost(err) {
		var rows []string
		for _, l := range widget.Wrap(widget.S(th.Failed, th.Glyph.Bad+" "+widget.Clean(err.Error())), a.width-4) {
			rows = append(rows, "  "+l)
		}
		return append([]string{""}, rows...)
	}
	return []string{"", widget.S(th.Muted, "  "+th.Tr("loading %s", th.Tr(what))+th.Glyph.Ellipsis).String()}
}
