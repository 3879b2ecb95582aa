package tui

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// runs lists the runs of every stage, newest first.
type runs struct{ runList }

// runList is a list of runs: the whole of the Runs screen, a part of the
// Stage screen.
type runList struct {
	base
	list
	stage string // of which runs are listed; empty: all
	feed  *feed[[]db.Run]
	drawn drawn
	wrong string // what is wrong with the filter, while it is typed
}

// drawn remembers what a list was last filled from, so that it is filled anew
// only when that changes: fresh data, another theme, another second.
type drawn struct {
	serial int
	theme  *theme.Theme
	now    int64
}

// again reports whether the list must be filled from that answer.
func (d *drawn) again(a *app, serial int) bool {
	return d.within(a, serial, time.Second)
}

// within is again for a list that may be older than a second.
func (d *drawn) within(a *app, serial int, age time.Duration) bool {
	next := drawn{serial, a.theme, a.now().UnixNano() / int64(age)}
	old := *d
	*d = next
	return next != old
}

const runsShown = 300

func (l *runList) setup(a *app, stage string) {
	l.app, l.stage = a, stage
	l.feed = newFeed(a, l.question(db.RunFilter{}))
	columns := []widget.Column{
		{Title: "STATUS", Min: 11, Sort: true},
		{Title: "STAGE", Min: 22, Max: 26, Sort: true},
		{Title: "STARTED", Min: 8, Right: true, Sort: true},
		{Title: "TOOK", Min: 8, Right: true, Drop: 3, Sort: true, Quiet: true},
		{Title: "DONE", Min: 5, Right: true, Drop: 6, Sort: true},
		{Title: "DAYS", Min: 10, Want: 16, Max: 22, Drop: 2, Sort: true},
		{Title: "BY", Min: 10, Max: 22, Drop: 4, Sort: true},
		{Title: "HOST", Min: 6, Max: 16, Drop: 8, Sort: true},
		{Title: "RUN", Min: shortIDLength, Drop: 5, Sort: true},
		{Title: "REASON", Min: 12, Drop: 7, Sort: true},
	}
	columns[1].Hide = stage != "" // which is said above the list
	empty := "no runs yet"
	if stage != "" {
		empty = "this stage has not run yet"
	}
	l.list.init(a, "runs", empty, columns)
	l.Marks = true
	l.filter.input.Hint = jobs.RunFilterHelp
	l.filter.apply = l.narrow // the database filters
}

// question is for the runs of the list's stage that a filter chooses.
func (l *runList) question(f db.RunFilter) func(context.Context) ([]db.Run, error) {
	f.Stage, f.Limit = l.stage, runsShown
	return func(ctx context.Context) ([]db.Run, error) { return l.app.console.Runs(ctx, f) }
}

// narrow asks for the runs that a filter chooses; one that is not complete yet
// leaves the list as it is and says what it lacks.
func (l *runList) narrow(text string) tea.Cmd {
	f, err := jobs.ParseRunFilter(runFilterTyped(l.app.theme, text), l.app.now())
	if err != nil {
		l.wrong = errorWords(l.app.theme, err)
		return nil
	}
	l.wrong = ""
	return l.feed.Supersede(l.question(f))
}

func newRuns(a *app) *runs {
	r := &runs{}
	r.setup(a, "")
	return r
}

// Title is the screen's.
func (r *runs) Title() string { return r.app.tr("Runs") }

// Keys are what can be done with the run under the cursor.
func (r *runs) Keys() []Key {
	if r.Typing() {
		return r.filter.keys(&r.Table)
	}
	keys := r.runKeys()
	if run, ok := r.current(); ok {
		keys = append(keys, refusedKeys(r.app, run)...)
	}
	return append(keys, r.list.keys()...)
}

// View draws the list.
func (r *runs) View() []string {
	if !r.feed.loaded {
		return loading(r.app, "the runs", r.feed.err)
	}
	r.fill()
	rows := []string{r.app.fit(r.found())}
	if r.height >= 14 {
		rows = append(rows, "")
	}
	return append(rows, r.list.view(r.app, r.width, r.height-len(rows))...)
}

// found says what the list holds, or what is wrong with its filter.
func (l *runList) found() widget.Line {
	a, th := l.app, l.app.theme
	if l.wrong != "" {
		return widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, l.wrong)
	}
	if len(l.feed.value) < runsShown {
		return widget.S(th.Muted, l.summary(th, "%s run", "%s runs"))
	}
	text := a.tr("the newest %s", count(runsShown))
	if n := len(l.Marked()); n > 0 {
		text += ", " + a.tr("%d marked", n)
	}
	return widget.S(th.Muted, text)
}

// Typing is on while the filter is open.
func (l *runList) Typing() bool { return l.filter.Typing() }

// Every is how often the runs are asked for.
func (l *runList) Every() time.Duration { return 3 * time.Second }

// Refresh asks for the runs.
func (l *runList) Refresh() tea.Cmd { return l.feed.Refresh() }

// Close ends the request in flight.
func (l *runList) Close() { l.feed.Close() }

// SetSize gives the screen its room.
func (l *runList) SetSize(w, h int) { l.base.SetSize(w, h) }

// Update takes replies and the filter's text.
func (l *runList) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return l.filter.update(msg)
	}
	l.feed.Take(msg)
	return nil
}

// current is the run under the cursor.
func (l *runList) current() (db.Run, bool) {
	i := slices.IndexFunc(l.feed.value, func(r db.Run) bool { return r.ID.String() == l.CurrentID() })
	if i < 0 {
		return db.Run{}, false
	}
	return l.feed.value[i], true
}

// chosen are the runs to act on: those marked, or the one under the cursor.
func (l *runList) chosen() []db.Run {
	marked := l.Marked()
	var runs []db.Run
	for _, r := range l.feed.value {
		if slices.Contains(marked, r.ID.String()) {
			runs = append(runs, r)
		}
	}
	if r, ok := l.current(); ok && len(runs) == 0 {
		runs = []db.Run{r}
	}
	return runs
}

// runKeys are the keys of the run under the cursor, and of those marked.
func (l *runList) runKeys() []Key {
	a := l.app
	r, ok := l.current()
	chosen := l.chosen()
	going := slices.DeleteFunc(slices.Clone(chosen), func(r db.Run) bool { return r.Status.Final() })
	none := when(!ok, "no run is selected")
	open := func() tea.Cmd { return a.push(newRun(a, r.ID)) }
	return []Key{
		{Strokes: []string{"enter", "l"}, Label: "open", Help: "open the run, with its log", Off: none, Do: open},
		{Strokes: []string{"X"}, Label: "cancel", Help: "cancel the run, or all marked", Changes: true,
			Off: first(none, when(len(going) == 0 && len(chosen) == 1, "the run has finished"), when(len(going) == 0, "all of the marked runs have finished"), a.readOnly()),
			Do:  func() tea.Cmd { return a.open(confirmCancels(a, going)) }},
		{Strokes: []string{"c"}, Label: "compare", Help: "compare the two runs marked, or the one marked with this one",
			Off: when(len(l.pair()) != 2, "mark two runs with space, then compare them"), Do: func() tea.Cmd { p := l.pair(); return a.push(newCompare(a, p[0], p[1])) }},
		{Strokes: []string{"d"}, Label: "describe", Help: "everything known about the run", Off: none,
			Do: func() tea.Cmd { return a.open(describeRun(a, r, "")) }},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that shows the run", Off: none,
			Do: func() tea.Cmd { return a.copy("sextant runs show " + r.ID.String()) }},
	}
}

// pair are the two runs to compare: those marked, or the one marked and the one
// under the cursor.
func (l *runList) pair() []uuid.UUID {
	var ids []uuid.UUID
	for _, r := range l.chosen() {
		ids = append(ids, r.ID)
	}
	if r, ok := l.current(); ok && len(ids) == 1 && r.ID != ids[0] {
		ids = append(ids, r.ID)
	}
	return ids
}

// fill makes the table's rows of the newest snapshot.
func (l *runList) fill() {
	if !l.drawn.again(l.app, l.feed.serial) {
		return
	}
	th, now := l.app.theme, l.app.now()
	rows := make([]widget.Row, len(l.feed.value))
	for i, r := range l.feed.value {
		sign, style := statusLook(th, r.Status)
		done := widget.N(th.Faint, th.Glyph.Dash, math.NaN())
		if r.UnitsTotal > 0 {
			done = widget.N(th.Muted, fmt.Sprintf("%s/%s", count(r.UnitsDone), count(r.UnitsTotal)), float64(r.UnitsDone))
		}
		rows[i] = widget.Row{ID: r.ID.String(), Cells: []widget.Cell{
			widget.T(style, sign+" "+statusWord(th, r.Status)),
			widget.T(th.Text, r.Stage),
			widget.N(th.Text, ago(th, now, r.CreatedAt), float64(r.CreatedAt.Unix())),
			tookCell(th, now, &r),
			done,
			widget.T(th.Text, shortWindow(th, r)),
			widget.T(th.Muted, startedBy(th, r, " ")),
			widget.T(th.Muted, widget.Clean(r.Host)),
			widget.T(th.Faint, shortID(r.ID)),
			widget.T(th.Muted, widget.Clean(r.Reason)),
		}}
	}
	l.SetRows(rows)
}
