package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

type runsShowOptions struct {
	app *app
	id  string
}

func newRunsShowCmd(a *app) *cobra.Command {
	o := runsShowOptions{app: a}
	return &cobra.Command{
		Use: "show ID", Short: "Show a run: parameters, outcome, failures", Args: argCount(1, 1, "the id of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.id = args[0]
			return showRun(cmd.Context(), o)
		},
	}
}

func showRun(ctx context.Context, o runsShowOptions) error {
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := o.app.service(s).FindRun(ctx, o.id)
	if err != nil {
		return err
	}
	if o.app.global.json {
		return o.app.writeJSON(d)
	}
	o.app.printRun(d)
	return nil
}

func (a *app) printRun(d jobs.RunDetail) {
	r := d.Run
	fmt.Fprintf(a.out, "%s  %s  %s\n\n", r.ID, r.Stage, a.painted(statusCell(r.Status)))
	field := func(label, text string) {
		if text != "" && text != missingText {
			fmt.Fprintf(a.out, "%-11s %s\n", label, text)
		}
	}
	field("days", runWindow(r))
	field("parameters", widget.Clean(attrs(r.Params)))
	pid := ""
	if r.PID != nil {
		pid = fmt.Sprintf(", process %d", *r.PID)
	}
	by := fmt.Sprintf("%s (%s)", r.Actor, r.Trigger)
	if r.Host != "" { // it has been taken from the queue, or never was there
		by += fmt.Sprintf(" on %s%s, sextant %s", r.Host, pid, r.Version)
	}
	field("by", widget.Clean(by))
	field("reason", widget.Clean(r.Reason))
	if r.RetryOf != nil {
		field("retry of", fmt.Sprintf("%s, attempt %d", r.RetryOf, r.Attempt))
	}
	if r.DueAt != nil {
		field("queued", stamp(r.CreatedAt)+" UTC")
	}
	if r.StartedAt != nil {
		field("started", stamp(*r.StartedAt)+" UTC")
	}
	if r.FinishedAt != nil {
		field("finished", stampOf(r.FinishedAt)+" UTC")
	}
	field("took", runTook(r, a.clock()))
	field("done", fmt.Sprintf("%d of %s, %s read, %s written", r.UnitsDone, plural(r.UnitsTotal, "slice"),
		plural(r.RowsRead, "row"), plural(r.RowsWritten, "row")))
	if r.CancelRequestedBy != nil {
		field("cancelled", "asked for by "+widget.Clean(*r.CancelRequestedBy)+" "+stampOf(r.CancelRequestedAt)+" UTC")
	}
	if r.Error != nil {
		field("error", widget.Clean(*r.Error))
	}
	field("again", d.Command)
	a.printFailures(d.Failures)
	if n := len(d.Events); n > 0 {
		fmt.Fprintf(a.out, "\n%s: sextant runs logs %s\n", plural(n, "log line"), shortID(r))
	}
}

func (a *app) printFailures(failures []db.RunFailure) {
	if len(failures) == 0 {
		return
	}
	fmt.Fprintf(a.out, "\n%s:\n", plural(len(failures), "failure"))
	t := table{columns: []column{{title: "KIND"}, {title: "WHICH"}, {title: "ERROR", grow: true}}}
	for _, f := range failures {
		t.add(plain(f.Kind, f.Subject, f.Error)...)
	}
	a.printTable(&t, "")
}
