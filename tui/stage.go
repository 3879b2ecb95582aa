package tui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

// stage shows one stage: its state and schedule, a calendar of what it has
// published, its parameters, its runs.
type stage struct {
	runList
	pipeline *feed[jobs.Pipeline]
	days     *feed[[]db.CalendarDay]
	calendar widget.Calendar
	specs    []jobs.ParamSpec
	params   widget.Viewer // the same, to be read whole
	pane     stagePane
}

const calendarRows = 11 // with its title and what its signs mean

// stagePane is the part of the stage that the keys move in; where there is no
// room for all, it is the one shown.
type stagePane int

const (
	paneRuns stagePane = iota
	paneCalendar
	paneParams
	stagePanes
)

func newStage(a *app, name string) *stage {
	s := &stage{calendar: widget.Calendar{From: 1}}
	s.setup(a, name)
	s.pipeline = newFeed(a, a.console.Pipeline)
	if p, ok := a.tops[topPipeline].(*pipeline); ok { // what is known already, until fresher data come
		s.pipeline.value, s.pipeline.loaded = p.feed.value, p.feed.loaded
	}
	s.days = newFeed(a, stageCalendar(a, name))
	s.specs, _ = a.console.Params(name) // fails for an unknown stage alone
	s.params.Empty = "none"
	s.params.SetLines(paramLines(a.theme, s.specs))
	return s
}

// Title is the stage's name.
func (s *stage) Title() string { return s.stage }

// Every is how often the stage is asked for.
func (s *stage) Every() time.Duration { return 3 * time.Second }

// Refresh asks for the stage, its days and its runs.
func (s *stage) Refresh() tea.Cmd {
	return tea.Batch(s.pipeline.Refresh(), s.days.Refresh(), s.feed.Refresh())
}

// Close ends the requests in flight.
func (s *stage) Close() {
	s.pipeline.Close()
	s.days.Close()
	s.feed.Close()
}

// Update takes replies and the filter's text.
func (s *stage) Update(msg tea.Msg) tea.Cmd {
	s.pipeline.Take(msg)
	if s.days.Take(msg) && s.days.err == nil {
		fresh := len(s.calendar.Days) == 0
		s.calendar.Days = calendarDays(s.days.value)
		if fresh {
			s.calendar.Cursor = len(s.calendar.Days) - 1
		}
	}
	return s.runList.Update(msg)
}

// status is the stage as the pipeline last showed it.
func (s *stage) status() (jobs.StageStatus, bool) {
	for _, st := range s.pipeline.value.Stages {
		if st.Name == s.stage {
			return st, true
		}
	}
	return jobs.StageStatus{}, false
}

// Keys are those of the stage, of the pane in front and, among the runs, of
// the run under the cursor.
func (s *stage) Keys() []Key {
	if s.Typing() {
		return s.filter.keys(&s.Table)
	}
	st, ok := s.status()
	own := stageKeys(s.app, st, ok, true)
	next := Key{Strokes: []string{"tab"}, Label: "runs/calendar/parameters", Help: "move on to the runs, the calendar or the parameters",
		Do: func() tea.Cmd { s.nextPane(st.SliceDays() > 0); return nil }}
	if ok && st.SliceDays() == 0 {
		next.Label, next.Help = "runs/parameters", "move on to the runs or the parameters"
	}
	switch s.pane {
	case paneCalendar:
		return append(append(own, next), s.calendarKeys()...)
	case paneParams:
		return append(append(own, next), movement(&s.params)...)
	}
	var keys []Key
	for _, k := range s.runKeys() { // describe and copy are about the stage here
		if k.Strokes[0] == "enter" || k.Strokes[0] == "X" {
			keys = append(keys, k)
		}
	}
	if run, ok := s.current(); ok {
		keys = append(keys, refusedKeys(s.app, run)...)
	}
	return append(append(append(keys, own...), next), s.list.keys()...)
}

// nextPane moves on to the next pane; a stage may publish no days.
func (s *stage) nextPane(days bool) {
	s.pane = (s.pane + 1) % stagePanes
	if s.pane == paneCalendar && !days {
		s.pane = (s.pane + 1) % stagePanes
	}
}

// calendarKeys move in the calendar.
func (s *stage) calendarKeys() []Key {
	by := func(n int) func() tea.Cmd { return func() tea.Cmd { s.calendar.Move(n); return nil } }
	return []Key{
		{Strokes: []string{"j", "down"}, Help: "a day later", Do: by(1)},
		{Strokes: []string{"k", "up"}, Help: "a day earlier", Do: by(-1)},
		{Strokes: []string{"l", "right"}, Help: "a week later", Do: by(7)},
		{Strokes: []string{"h", "left"}, Help: "a week earlier", Do: by(-7)},
		{Strokes: []string{"g", "home"}, Help: "to the first day", Do: by(-farAway)},
		{Strokes: []string{"G", "end"}, Help: "to the last day", Do: by(farAway)},
	}
}

// View draws the stage over its runs: all of it where there is room, else the
// pane in front.
func (s *stage) View() []string {
	a := s.app
	if !s.feed.loaded || !s.pipeline.loaded {
		return loading(a, "the stage", firstError(s.feed.err, s.pipeline.err))
	}
	s.fill()
	st, ok := s.status()
	if !ok {
		return loading(a, "", fmt.Errorf("%s", a.tr("there is no stage %s here", s.stage)))
	}
	s.Blurred = s.pane != paneRuns
	if s.width >= 110 && s.height >= 26 {
		return s.whole(st)
	}
	most := s.height / 2
	if s.pane == paneCalendar {
		most = max(2, s.height-calendarRows)
	}
	head := s.about(st, s.width-2, most, s.height >= 26)
	room := s.height - len(head)
	switch s.pane {
	case paneCalendar:
		return append(head, s.heat(s.width-2, room)...)
	case paneParams:
		return append(head, s.allParams(s.width-2, room)...)
	}
	return append(head, s.history(s.width, room)...)
}

// firstError is the first that is one.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
