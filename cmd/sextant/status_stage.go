package main

import (
	"context"
	"fmt"
	"strings"

	"sextant/jobs"
	"sextant/tui"
	"sextant/tui/widget"
)

// stageRuns is how many of a stage's runs its status lists.
const stageRuns = 10

func showStage(ctx context.Context, o statusOptions, s *session) error {
	d, err := jobs.StageOf(ctx, o.app.service(s), o.stage, stageRuns)
	if err != nil {
		return err
	}
	switch {
	case o.app.global.json:
		if err := o.app.writeJSON(d); err != nil {
			return err
		}
	case !o.app.global.quiet || !o.check:
		o.app.printStage(d)
	}
	if o.check && ailing(d.StageStatus) {
		return &statusError{exitFailed}
	}
	return nil
}

func (a *app) printStage(d jobs.StageDetail) {
	fmt.Fprintf(a.out, "%s  %s\n%s\n\n", d.Name, a.painted(stateCell(d.State)), d.Summary)
	field := func(label, text string) {
		if text != "" && text != missingText {
			fmt.Fprintf(a.out, "%-11s %s\n", label, widget.Clean(text))
		}
	}
	field("why", d.Why)
	if n := d.UpstreamNewer; n != nil {
		field("upstream", "↑ newer: "+n.Why)
	}
	field("data day", dayOf(d.DataDay))
	schedule := "on events"
	if d.Schedule != "" {
		schedule = d.Schedule + " UTC"
	}
	field("schedule", schedule)
	if d.Deadline != nil {
		field("deadline", fmt.Sprintf("%s UTC for %s, late after another %s", stamp(*d.Deadline), dayOf(d.DueDay), strings.TrimSuffix(took(d.Grace), "00s")))
	}
	if d.NextTick != nil {
		field("next", stamp(*d.NextTick)+" UTC")
	}
	field("reads", strings.Join(d.Upstream, ", "))
	field("publishes", fmt.Sprintf("one %s at a time, all or nothing", d.Slice))
	field("run", "sextant run "+d.Name)
	if len(d.Calendar) > 0 {
		fmt.Fprintf(a.out, "\nPublished days, %s:\n", plural(jobs.CalendarWeeks, "week"))
		for _, l := range tui.CalendarText(d.Calendar) {
			fmt.Fprintln(a.out, l)
		}
	}
	fmt.Fprintln(a.out, "\nParameters in force:")
	t := table{columns: []column{{title: "PARAMETER"}, {title: "VALUE"}, {title: "VARIABLE", drop: 1}, {title: "WHAT IT IS", grow: true}}}
	for _, p := range d.Parameters {
		value := p.Default
		if value == "" && p.Empty != "" {
			value = "(" + p.Empty + ")"
		}
		t.add(plain(p.Name, value, p.Env, p.Help)...)
	}
	a.printTable(&t, "none")
	fmt.Fprintf(a.out, "\nRuns, the newest %d:\n", stageRuns)
	a.printRuns(d.Runs)
}
