package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// stage shows one stage: its state and schedule, its parameters, its runs.
type stage struct {
	runList
	pipeline *feed[jobs.Pipeline]
	specs    []jobs.ParamSpec
}

func newStage(a *app, name string) *stage {
	s := &stage{}
	s.setup(a, name)
	s.pipeline = newFeed(a, a.console.Pipeline)
	if p, ok := a.tops[topPipeline].(*pipeline); ok { // what is known already, until fresher data come
		s.pipeline.value, s.pipeline.loaded = p.feed.value, p.feed.loaded
	}
	s.specs, _ = a.console.Params(name) // a stage that is not built has none
	return s
}

// Title is the stage's name.
func (s *stage) Title() string { return s.stage }

// Refresh asks for the stage and its runs.
func (s *stage) Refresh() tea.Cmd { return tea.Batch(s.pipeline.Refresh(), s.feed.Refresh()) }

// Close ends the requests in flight.
func (s *stage) Close() {
	s.pipeline.Close()
	s.feed.Close()
}

// Update takes replies and the filter's text.
func (s *stage) Update(msg tea.Msg) tea.Cmd {
	s.pipeline.Take(msg)
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

// Keys are those of the run under the cursor and of the stage.
func (s *stage) Keys() []Key {
	if s.Typing() {
		return s.filter.keys(&s.Table)
	}
	st, ok := s.status()
	keys := s.runKeys()[:2] // open and cancel; describe and copy are about the stage here
	if run, ok := s.current(); ok {
		keys = append(keys, refusedKeys(s.app, run)...)
	}
	return append(append(keys, stageKeys(s.app, st, ok, true)...), s.list.keys()...)
}

// View draws the stage over its runs; side by side where there is room.
func (s *stage) View() []string {
	a, th := s.app, s.app.theme
	if !s.feed.loaded || !s.pipeline.loaded {
		return loading(a, "the stage", firstError(s.feed.err, s.pipeline.err))
	}
	s.fill()
	st, ok := s.status()
	if !ok {
		return loading(a, "", fmt.Errorf("there is no stage %q here", s.stage))
	}
	if s.width >= 150 {
		left := s.width * 2 / 5
		return widget.Columns(s.height, 2,
			widget.Block{Width: left, Lines: s.about(th, st, left-2, s.height)},
			widget.Block{Width: s.width - left - 2, Lines: s.history(s.width-left-2, s.height)})
	}
	about := s.about(th, st, s.width-2, s.height/2)
	return append(about, s.history(s.width, s.height-len(about))...)
}

// about is what is known of the stage, in at most h lines.
func (s *stage) about(th *theme.Theme, st jobs.StageStatus, w, h int) []string {
	sign, style := stateLook(th, st.State)
	lines := []widget.Line{widget.S(th.Strong, st.Name).Add(th.Blank, "  ").Add(style, sign+" "+stateWord(th, st.State))}
	if st.Why != "" {
		lines = append(lines, widget.S(th.Text, widget.Clean(st.Why)))
	}
	lines = append(lines, widget.S(th.Muted, st.Summary), pair(th, "data day", dayOr(th, st.DataDay)))
	lines = append(lines, stageFacts(th, s.app.now(), st)...)
	if len(st.Recent) > 0 {
		lines = append(lines, append(widget.S(th.Muted, "recent     "), sparkOf(th, st.Recent)...))
	}
	lines = append(lines, paramLines(th, s.specs)...)
	var rows []string
	for _, l := range lines {
		for _, r := range widget.Wrap(l, w) {
			rows = append(rows, " "+r)
		}
	}
	return append(rows[:min(len(rows), max(1, h-1))], "")
}

// history is the stage's runs in h lines.
func (s *stage) history(w, h int) []string {
	th := s.app.theme
	head := widget.S(th.Strong, " Runs").Add(th.Faint, "  "+s.summary(th, "%s run", "%s runs"))
	return append([]string{head.String()}, s.list.view(s.app, w, h-1)...)
}

// paramLines are a stage's parameters with their defaults, a line each.
func paramLines(th *theme.Theme, specs []jobs.ParamSpec) []widget.Line {
	lines := make([]widget.Line, len(specs))
	for i, p := range specs {
		lines[i] = widget.S(th.Accent, p.Name).Add(th.Text, " = "+orDash(th, p.Default)).Add(th.Muted, "  "+p.Help)
	}
	return lines
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
