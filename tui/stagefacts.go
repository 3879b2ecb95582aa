package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// stageKeys are the keys of a stage, in the pipeline or on its own screen.
func stageKeys(a *app, s jobs.StageStatus, ok, inside bool) []Key {
	off, noRun := "", ""
	switch {
	case !ok:
		off = "no stage is selected"
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
		Key{Strokes: []string{"B"}, Label: "backfill", Help: "run the stage over a range of days", Changes: true, Off: first(off, when(s.SliceDays() == 0, "it publishes learner by learner, not by the day")),
			Do: func() tea.Cmd { return a.push(newLaunch(a, s, true)) }},
		pauseKey(a, s, off),
		Key{Strokes: []string{"d"}, Label: "describe", Help: "everything known about the stage", Off: when(!ok, "no stage is selected"),
			Do: func() tea.Cmd { return a.open(describeStage(a, s)) }},
		Key{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that shows the same", Off: when(!ok, "no stage is selected"),
			Do: func() tea.Cmd { return a.copy("sextant status " + s.Name) }},
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

// stageFacts are the facts about a stage, a line each.
func stageFacts(th *theme.Theme, now time.Time, s jobs.StageStatus) []widget.Line {
	lines := []widget.Line{pair(th, "schedule", scheduleWords(th, s.Schedule)+localHour(th, now, s.NextTick))}
	if s.Deadline != nil {
		lines = append(lines, pair(th, "deadline", th.Tr("%s UTC for %s, late %s after", clock(now, *s.Deadline), dayOr(th, s.DueDay), age(th, s.Grace))))
	}
	if s.NextTick != nil {
		lines = append(lines, pair(th, "next", th.Tr("%s UTC, %s", clock(now, *s.NextTick), in(th, now, *s.NextTick))))
	}
	if s.Pause != nil {
		lines = append(lines, pair(th, "paused", pauseWords(th, now, *s.Pause)))
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

// whyWords says why a stage is in its state.
func whyWords(th *theme.Theme, now time.Time, s jobs.StageStatus) string {
	if s.State == jobs.StatePaused && s.Pause != nil {
		return pauseWords(th, now, *s.Pause)
	}
	return th.Told(s.Why)
}

// pauseWords tells who holds a stage, until when and why.
func pauseWords(th *theme.Theme, now time.Time, p db.Pause) string {
	text := th.Tr("by %s, %s", p.Actor, ago(th, now, p.At))
	if p.Until != nil {
		text += ", " + th.Tr("until %s UTC", p.Until.UTC().Format("2006-01-02 15:04"))
	}
	if p.Reason != "" {
		text += ": " + p.Reason
	}
	return text
}

// sliceWord is what a stage publishes at once.
func sliceWord(th *theme.Theme, slice string) string {
	switch slice {
	case "day":
		return th.Tr(lang.Sense("slice", "day"))
	case "learner":
		return th.Tr(lang.Sense("slice", "learner"))
	case "week":
		return th.Tr(lang.Sense("slice", "week"))
	case "calibration":
		return th.Tr(lang.Sense("slice", "calibration"))
	}
	return slice
}

// describeStage shows everything known about a stage.
func describeStage(a *app, s jobs.StageStatus) dialog {
	th := a.theme
	d := &textDialog{app: a, title: s.Name, copies: "sextant status " + s.Name}
	sign, style := stateLook(th, s.State)
	lines := []widget.Line{
		widget.S(th.Text, th.Tr(s.Summary)), nil,
		pair(th, "state", "").Add(style, sign+" "+stateWord(th, s.State)),
		pair(th, "why", whyWords(th, a.now(), s)),
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
