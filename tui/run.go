package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// run shows one run, live while it goes: progress, facts, log and failures.
type run struct {
	base
	id       uuid.UUID
	feed     *feed[jobs.RunDetail]
	seq      int64         // of the last log line taken in
	events   []db.RunEvent // all taken in
	level    int           // the least that is shown, of logLevels
	log      widget.Viewer
	failures widget.Viewer
	pane     int
	filter   filter
	tells    bool // how it ended, once it has: it was started here
}

const (
	paneLog = iota
	paneFailures
	panes
)

func newRun(a *app, id uuid.UUID) *run {
	r := &run{base: base{app: a}, id: id}
	r.feed = newFeed[jobs.RunDetail](a, nil)
	r.log = widget.Viewer{Follow: true, Empty: "no log lines yet"}
	r.failures = widget.Viewer{Empty: "nothing failed"}
	r.filter.apply = func(s string) tea.Cmd {
		r.log.SetFilter(s)
		r.failures.SetFilter(s)
		return nil
	}
	return r
}

// Title is the run's stage and id.
func (r *run) Title() string {
	if r.feed.loaded {
		return r.feed.value.Stage + " " + shortID(r.id)
	}
	return r.app.tr(lang.Sense("title", "run %s"), shortID(r.id))
}

// Typing is on while the filter is open.
func (r *run) Typing() bool { return r.filter.Typing() }

// Every is often while the run goes.
func (r *run) Every() time.Duration {
	switch {
	case r.feed.loaded && r.feed.value.Status.Final():
		return 10 * time.Second
	case r.feed.loaded && r.app.now().Sub(r.feed.value.CreatedAt) > 10*time.Second:
		return 2 * time.Second
	}
	return time.Second // most runs are short
}

// Refresh asks for the run and the log lines not seen yet.
func (r *run) Refresh() tea.Cmd {
	if r.feed.Busy() {
		return nil
	}
	after := r.seq
	return r.feed.Ask(func(ctx context.Context) (jobs.RunDetail, error) { return r.app.console.Run(ctx, r.id, after) })
}

// Close ends the request in flight.
func (r *run) Close() { r.feed.Close() }

// Update takes replies and the filter's text.
func (r *run) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return r.filter.update(msg)
	}
	if r.feed.Take(msg) && r.feed.err == nil {
		r.take(r.feed.value)
		r.tell(r.feed.value)
	}
	return nil
}

func (r *run) take(d jobs.RunDetail) {
	th := r.app.theme
	for _, e := range d.Events {
		if e.Seq > r.seq {
			r.seq = e.Seq
			r.events = append(r.events, e)
			if r.shown(e) {
				r.log.Append(logLine(th, e))
			}
		}
	}
	lines := make([]widget.Line, len(d.Failures))
	for i, f := range d.Failures {
		lines[i] = widget.S(th.Failed, th.Glyph.Bad+" ").Add(th.Strong, widget.Clean(f.Subject)).
			Add(th.Muted, " "+f.Kind+"  ").Add(th.Text, widget.Clean(f.Error))
	}
	r.failures.SetLines(lines)
}

// logLevels are the levels of a log from the least on, and how `e` names them.
var logLevels = []string{"debug", "warn", "error"}

// shown reports whether a line is of the level that is asked for.
func (r *run) shown(e db.RunEvent) bool {
	return r.level == 0 || e.Level == "error" || r.level == 1 && e.Level == "warn"
}

// nextLevel shows all lines, then warnings and errors, then errors alone.
func (r *run) nextLevel() tea.Cmd {
	r.level = (r.level + 1) % len(logLevels)
	var lines []widget.Line
	for _, e := range r.events {
		if r.shown(e) {
			lines = append(lines, logLine(r.app.theme, e))
		}
	}
	r.log.SetLines(lines)
	r.log.Empty = "no log lines yet"
	if r.level > 0 {
		r.log.Empty = "no line is of this level"
	}
	return nil
}

// logLine is one line of the log.
func logLine(th *theme.Theme, e db.RunEvent) widget.Line {
	style := th.Muted
	switch e.Level {
	case "warn":
		style = th.Due
	case "error":
		style = th.Failed
	}
	line := widget.S(th.Faint, e.At.UTC().Format("15:04:05")).Add(style, " "+e.Level).Pad(len("15:04:05 error"), "", th.Blank, false).Add(th.Blank, " ").Add(th.Text, widget.Clean(e.Message))
	attrs, _ := jobs.ReadFields(e.Attrs) // the database holds nothing but objects
	for _, f := range attrs {
		if text := f.Read(); text != "" {
			line = line.Add(th.Muted, " "+widget.Clean(f.Name)+"=").Add(th.Text, widget.Clean(text))
		}
	}
	return line
}

func (r *run) viewer() *widget.Viewer {
	if r.pane == paneFailures {
		return &r.failures
	}
	return &r.log
}

// Keys are what can be done with the run and its log.
func (r *run) Keys() []Key {
	v := r.viewer()
	if r.Typing() {
		return r.filter.keys(v)
	}
	d := r.feed.value
	unknown := when(!r.feed.loaded, "the run is not loaded yet")
	keys := []Key{
		{Strokes: []string{"X"}, Label: "cancel", Help: "cancel the run", Changes: true, Off: r.cannotCancel(), Do: func() tea.Cmd { return r.app.open(confirmCancels(r.app, []db.Run{d.Run})) }},
		{Strokes: []string{"R"}, Label: "re-run", Help: "run the same again: form, preview, confirmation", Changes: true,
			Off: first(unknown, when(!d.Status.Final(), "the run is still going"), r.app.readOnly()), Do: r.again},
		{Strokes: []string{"tab"}, Label: "log/failures", Help: "switch between the log and what failed", Do: func() tea.Cmd { r.pane = (r.pane + 1) % panes; return nil }},
		{Strokes: []string{"f"}, Label: "follow", Help: "follow the log's end, or stop", Do: func() tea.Cmd { v.Follow = !v.Follow; return nil }},
		{Strokes: []string{"/"}, Label: "search", Help: "show only the lines that contain a text", Do: r.filter.open},
		{Strokes: []string{"e"}, Label: "level", Help: "all lines, warnings and errors, errors alone", Do: r.nextLevel},
		{Strokes: []string{"c"}, Help: "show 0, 2 or 5 lines around each that the search finds", Do: func() tea.Cmd { v.SetContext(map[int]int{0: 2, 2: 5}[v.Context]); return nil }},
		{Strokes: []string{"ctrl+s"}, Label: "save", Help: "write the whole log to a file", Off: unknown, Do: func() tea.Cmd { return r.app.open(newSaveLog(r.app, d.Run)) }},
		{Strokes: []string{"w"}, Help: "wrap long lines, or cut them", Do: func() tea.Cmd { v.ToggleWrap(); return nil }},
		{Strokes: []string{"d"}, Label: "describe", Help: "everything known about the run", Off: unknown, Do: func() tea.Cmd { return r.app.open(describeRun(r.app, d.Run, d.Command)) }},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that does the same", Off: unknown, Do: func() tea.Cmd { return r.app.copy(d.Command) }},
	}
	keys = append(refusedKeys(r.app, d.Run), keys...)
	if r.filter.used() {
		keys = append(keys, Key{Strokes: []string{"esc"}, Help: "drop the filter", Do: r.filter.clear})
	}
	return append(keys, movement(v)...)
}

// first is the first reason that is not empty.
func first(reasons ...string) string {
	for _, r := range reasons {
		if r != "" {
			return r
		}
	}
	return ""
}

func (r *run) cannotCancel() string {
	d := r.feed.value
	switch {
	case !r.feed.loaded:
		return when(true, "the run is not loaded yet")
	case d.Status.Final():
		return when(true, "the run has finished")
	case d.CancelRequestedAt != nil:
		return when(true, "its cancellation is already asked for")
	}
	return r.app.readOnly()
}

// again opens the form filled in as this run was asked for.
func (r *run) again() tea.Cmd {
	d := r.feed.value.Run
	form := newLaunch(r.app, jobs.StageStatus{Info: jobs.Info{Name: d.Stage}}, askedForDays(d))
	form.fillFrom(d)
	return r.app.push(form)
}

// View draws the run's head and the log or failures under it.
func (r *run) View() []string {
	a, w := r.app, r.width
	if !r.feed.loaded {
		return loading(a, "the run", r.feed.err)
	}
	rows := r.head(w)
	line, filtering := r.filter.line(a, w)
	room := r.height - len(rows) - 1 - map[bool]int{true: 1}[filtering]
	v := r.viewer()
	v.SetSize(w-2, max(1, room))
	rows = append(rows, a.fit(r.paneTabs()))
	for _, l := range widget.Frame(v.View(a.theme), w-2, max(1, room)) {
		rows = append(rows, " "+l)
	}
	if filtering {
		rows = append(rows, line)
	}
	return rows
}

// shownOf is how many of all lines are shown.
func (r *run) shownOf(v *widget.Viewer, all int) string {
	if n := v.Matching(); n != all {
		return r.app.tr("%s of %s", count(n), count(all))
	}
	return count(all)
}

func (r *run) paneTabs() widget.Line {
	th := r.app.theme
	name := func(pane int, text string) widget.Line {
		if pane == r.pane {
			return widget.S(th.Strong.Underline(), text)
		}
		return widget.S(th.Muted, text)
	}
	line := name(paneLog, r.app.tr(lang.Sense("run", "Log"))).Add(th.Faint, " "+r.shownOf(&r.log, len(r.events))).Add(th.Blank, "   ")
	line = append(line, name(paneFailures, r.app.tr("Failures"))...)
	number := th.Faint
	if r.failures.Len() > 0 {
		number = th.Failed
	}
	line = line.Add(number, " "+r.shownOf(&r.failures, r.failures.Len())).Add(th.Blank, "   ")
	if r.level > 0 {
		line = line.Add(th.Due, []string{"", r.app.tr("warnings and errors"), r.app.tr("errors alone")}[r.level]).Add(th.Blank, "   ")
	}
	if r.pane == paneLog && r.log.Follow {
		line = line.Add(th.Faint, r.app.tr("following"))
	}
	return line
}
