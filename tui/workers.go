package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/widget"
)

// workers shows who serves the database, at what, and what waits for them.
type workers struct {
	base
	feed    *feed[jobs.Workers]
	drawn   drawn
	workers list
	running list
	queue   list
	pane    int
}

const (
	paneWorkers = iota
	paneRunning
	paneQueue
	workerPanes
)

func newWorkers(a *app) *workers {
	s := &workers{base: base{app: a}, feed: newFeed(a, a.console.Workers)}
	s.workers.init(a, "workers", "no worker has been heard of for a day: start one with sextant worker", []widget.Column{
		{Title: "WORKER", Min: 10, Max: 32, Sort: true},
		{Title: "STATE", Min: 8, Sort: true},
		{Title: "DOING", Quiet: true, Min: 18, Grow: true, Sort: true},
		{Title: "SEEN", Quiet: true, Min: 8, Right: true, Sort: true},
		{Title: lang.Sense("worker", "SINCE"), Min: 8, Right: true, Drop: 2, Sort: true},
		{Title: "TASKS", Min: 10, Max: 32, Drop: 3, Sort: true},
		{Title: "VERSION", Min: 7, Max: 12, Drop: 4, Sort: true},
		{Title: "LISTENS", Min: 9, Max: 24, Drop: 5, Sort: true},
	})
	s.running.init(a, "workers-running", "nothing is running", []widget.Column{
		{Title: "STAGE", Min: 18, Max: 26, Sort: true},
		{Title: "FOR", Quiet: true, Min: 6, Right: true, Sort: true},
		{Title: "DONE", Min: 5, Right: true, Drop: 3, Sort: true},
		{Title: "DAYS", Min: 10, Max: 22, Drop: 2, Sort: true},
		{Title: "BY", Min: 8, Max: 24, Drop: 4, Sort: true},
		{Title: "HOST", Min: 6, Max: 20, Sort: true},
		{Title: "BEAT", Quiet: true, Min: 6, Right: true, Drop: 1, Sort: true},
		{Title: "RUN", Min: shortIDLength, Drop: 5, Sort: true},
	})
	s.queue.init(a, "workers-queue", "nothing waits for a worker", []widget.Column{
		{Title: "STAGE", Min: 18, Max: 26, Sort: true},
		{Title: "QUEUED", Min: 6, Right: true, Sort: true},
		{Title: "WAITING", Quiet: true, Min: 14, Grow: true, Sort: true},
	})
	return s
}

// Title is the screen's.
func (s *workers) Title() string { return s.app.tr("Workers") }

// Typing is on while the filter is open.
func (s *workers) Typing() bool { return s.list().filter.Typing() }

// Every is how often the workers are asked for.
func (s *workers) Every() time.Duration { return 2 * time.Second }

// Refresh asks for the workers.
func (s *workers) Refresh() tea.Cmd { return s.feed.Refresh() }

// Close ends the request in flight.
func (s *workers) Close() { s.feed.Close() }

// Update takes replies and the filter's text.
func (s *workers) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return s.list().filter.update(msg)
	}
	s.feed.Take(msg)
	return nil
}

// list is the one that keys move.
func (s *workers) list() *list { return s.listOf(s.pane) }

func (s *workers) listOf(pane int) *list {
	switch pane {
	case paneRunning:
		return &s.running
	case paneQueue:
		return &s.queue
	}
	return &s.workers
}

// inHand is the run that the line under the cursor is about.
func (s *workers) inHand() (uuid.UUID, bool) {
	id := s.list().CurrentID()
	switch s.pane {
	case paneRunning:
		run, err := uuid.Parse(id)
		return run, err == nil
	case paneWorkers:
		for _, w := range s.feed.value.Workers {
			if w.ID.String() == id && len(w.Doing) > 0 {
				return w.Doing[0].Run, true
			}
		}
	}
	return uuid.UUID{}, false
}

// Keys are what can be done with the line under the cursor.
func (s *workers) Keys() []Key {
	if s.Typing() {
		return s.list().filter.keys(&s.list().Table)
	}
	a := s.app
	run, busy := s.inHand()
	enter := Key{Strokes: []string{"enter"}, Label: "open run", Help: "open the run that it is at", Off: when(!busy, "it is at no run"), Do: func() tea.Cmd { return a.push(newRun(a, run)) }}
	if s.pane == paneQueue {
		stage := s.queue.CurrentID()
		enter = Key{Strokes: []string{"enter"}, Label: "stage", Help: "open the stage", Off: when(stage == "", "no stage is selected"), Do: func() tea.Cmd { return a.push(newStage(a, stage)) }}
	}
	return append([]Key{
		enter,
		{Strokes: []string{"tab"}, Label: "workers/running/queue", Help: "move on to what is running, to what waits, or back to the workers", Do: func() tea.Cmd { s.pane = (s.pane + 1) % workerPanes; return nil }},
		{Strokes: []string{"d"}, Label: "describe", Help: "everything known about the worker", Off: when(s.pane != paneWorkers || s.workers.CurrentID() == "", "no worker is selected"), Do: s.describe},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that lists the same", Do: func() tea.Cmd { return a.copy("sextant worker list") }},
	}, s.list().keys()...)
}

// View draws the three lists under each other where there is room, else the one
// that tab chose.
func (s *workers) View() []string {
	a := s.app
	if !s.feed.loaded {
		return loading(a, "the workers", s.feed.err)
	}
	s.fill()
	rows := s.head()
	left := s.height - len(rows)
	for p := range workerPanes {
		s.listOf(p).Blurred = p != s.pane
	}
	if left < 18 {
		return append(append(rows, a.fit(s.tabs())), s.list().view(a, s.width, left-1)...)
	}
	for p := range workerPanes {
		_, all := s.listOf(p).Count()
		h := max(2, min(all+1, (left-2*workerPanes)/workerPanes+1))
		if l := s.listOf(p); l.filter.Typing() || l.filter.used() {
			h++
		}
		rows = append(append(rows, a.fit(s.paneTitle(p))), s.listOf(p).view(a, s.width, h)...)
		if p < workerPanes-1 {
			rows = append(rows, "")
		}
	}
	return rows
}

// head says how many are alive and how much waits.
func (s *workers) head() []string {
	a, th, v := s.app, s.app.theme, s.feed.value
	alive := 0
	for _, w := range v.Workers {
		if w.Alive {
			alive++
		}
	}
	style := th.Fresh
	if alive == 0 {
		style = th.Late
	}
	line := widget.S(style, plural(th, alive, "%s worker alive", "%s workers alive"))
	line = append(line, s.waiting()...)
	rows := []string{a.fit(line)}
	if len(v.Jobs) > 0 && s.height >= 14 {
		words := make([]string, len(v.Jobs))
		for i, j := range v.Jobs {
			words[i] = count(j.Jobs) + " " + jobState(th, j.State)
		}
		rows = append(rows, a.fit(widget.S(th.Muted, th.Tr("jobs of the queue: %s", strings.Join(words, ", ")))))
	}
	if s.height >= 14 {
		rows = append(rows, "")
	}
	return rows
}

// waiting says how many sessions wait for a θ update, and how long.
func (s *workers) waiting() widget.Line {
	th, v := s.app.theme, s.feed.value
	if v.Theta.Changes == 0 {
		return widget.S(th.Muted, "  "+th.Tr("no ended session waits for its %s", th.Glyph.Theta))
	}
	style := th.Text
	text := plural(th, v.Theta.Changes, "%s change waits for a new estimate", "%s changes wait for new estimates")
	if v.Theta.Oldest != nil {
		wait := s.app.now().Sub(*v.Theta.Oldest)
		text += ", " + th.Tr("the oldest for %s", age(th, wait))
		if wait > unservedLate {
			style = th.Late
		}
	}
	return widget.S(style, "  "+text)
}

// unservedLate is how long a change may wait before it stands out.
const unservedLate = 2 * time.Minute

func (s *workers) paneTitle(pane int) widget.Line {
	th, v := s.app.theme, s.feed.value
	name, n := th.Tr("Workers"), len(v.Workers)
	switch pane {
	case paneRunning:
		name, n = th.Tr("Running"), len(v.Running)
	case paneQueue:
		name, n = th.Tr("Waiting for a worker"), 0
		for _, q := range v.Queue {
			n += int(q.Queued)
		}
	}
	style := th.Muted
	if pane == s.pane {
		style = th.Strong.Underline()
	}
	return widget.S(style, name).Add(th.Faint, " "+count(n))
}

func (s *workers) tabs() widget.Line {
	var line widget.Line
	for p := range workerPanes {
		line = append(line, s.paneTitle(p)...).Add(s.app.theme.Blank, "   ")
	}
	return line
}

// describe shows everything known about the worker under the cursor.
func (s *workers) describe() tea.Cmd {
	a, th := s.app, s.app.theme
	i := slices.IndexFunc(s.feed.value.Workers, func(w db.Worker) bool { return w.ID.String() == s.workers.CurrentID() })
	if i < 0 {
		return nil
	}
	w := s.feed.value.Workers[i]
	d := &textDialog{app: a, title: widget.Clean(w.Name), copies: "sextant worker list"}
	lines := []widget.Line{widget.S(th.Muted, "").Add(workerState(th, w).Line[0].Style, workerState(th, w).Plain()),
		pair(th, "host", w.Host), pair(th, "pid", fmt.Sprint(w.PID)), pair(th, "version", w.Version), pair(th, "tasks", strings.Join(w.Tasks, ", ")),
		pair(th, "listens", orDash(th, w.Listen)), pair(th, "started", stamp(w.StartedAt)), pair(th, "seen", stamp(w.SeenAt)), pair(th, "id", w.ID.String())}
	for _, x := range w.Doing {
		lines = append(lines, pair(th, "doing", x.Stage+" "+shortID(x.Run)+", "+ago(th, a.now(), x.Since)))
	}
	d.viewer.SetLines(lines)
	return a.open(d)
}
