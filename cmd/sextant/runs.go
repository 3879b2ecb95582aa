package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
)

type runsOptions struct {
	app      *app
	filter   db.RunFilter
	statuses []string
	words    string // a filter as the console takes it
}

var runStatuses = []string{string(db.RunQueued), string(db.RunRunning), string(db.RunSucceeded), string(db.RunPartial),
	string(db.RunFailed), string(db.RunCancelled), string(db.RunLost), string(db.RunSkipped)}

func newRunsCmd(a *app) *cobra.Command {
	o := runsOptions{app: a}
	cmd := &cobra.Command{
		Use: "runs", Short: "List runs; show, follow or cancel one", Args: noArgs,
		Long: `Lists the runs of all stages, newest first. A run is named by its id or the first digits of it.
--filter takes words as the console does: ` + jobs.RunFilterHelp + `.`,
		Example: `  sextant runs --status failed,lost --limit 5
  sextant runs --filter "failed actor:kim since:7d"
  sextant runs show 019a2b3c-4d5e
  sextant runs logs 019a2b3c-4d5e --follow`,
		RunE: func(cmd *cobra.Command, _ []string) error { return listRuns(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.filter.Stage, "stage", "", "only of this stage")
	f.StringSliceVar(&o.statuses, "status", nil, "only with these statuses: "+strings.Join(runStatuses, ", "))
	f.StringVar(&o.filter.Actor, "actor", "", "only of this person")
	f.StringVar(&o.words, "filter", "", "only those for which all of these words hold")
	f.IntVar(&o.filter.Limit, "limit", 30, "at most this many")
	_ = cmd.RegisterFlagCompletionFunc("stage", completeStages)                                                           // fails for an unknown flag alone
	_ = cmd.RegisterFlagCompletionFunc("status", cobra.FixedCompletions(runStatuses, cobra.ShellCompDirectiveNoFileComp)) // likewise
	cmd.AddCommand(newRunsShowCmd(a), newRunsLogsCmd(a), newRunsCancelCmd(a), newRunsDiffCmd(a))
	return cmd
}

func listRuns(ctx context.Context, o runsOptions) error {
	if o.words != "" {
		f, err := jobs.ParseRunFilter(o.words, o.app.clock())
		if err != nil {
			return usagef("--filter: %s", err)
		}
		f.Stage, f.Limit, f.Actor = o.filter.Stage, o.filter.Limit, cmp.Or(o.filter.Actor, f.Actor)
		o.filter = f
	}
	for _, s := range o.statuses {
		if !slices.Contains(runStatuses, s) {
			return usagef("unknown status %q; the statuses are %s", s, strings.Join(runStatuses, ", "))
		}
		o.filter.Statuses = append(o.filter.Statuses, db.RunStatus(s))
	}
	if o.filter.Limit < 1 {
		return usagef("--limit is at least 1")
	}
	if err := knownStage(o.filter.Stage); err != nil {
		return err
	}
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	runs, err := o.app.service(s).Runs(ctx, o.filter)
	if err != nil {
		return err
	}
	if o.app.global.json {
		return o.app.writeJSON(runs)
	}
	o.app.printRuns(runs)
	return nil
}

func (a *app) printRuns(runs []db.Run) {
	now := a.clock()
	t := table{columns: []column{{title: "RUN"}, {title: "STAGE"}, {title: "STATUS"}, {title: "STARTED"}, {title: "TOOK", right: true},
		{title: "DAYS", drop: 1}, {title: "WRITTEN", right: true, drop: 2}, {title: "BY", drop: 3}}}
	for _, r := range runs {
		t.add(cell{text: shortID(r)}, cell{text: r.Stage}, statusCell(r.Status), cell{text: shortStamp(r.StartedAt)},
			cell{text: runTook(r, now)}, cell{text: runWindow(r)}, cell{text: count(r.RowsWritten)},
			cell{text: fmt.Sprintf("%s (%s)", r.Actor, r.Trigger)})
	}
	a.printTable(&t, "no runs")
}
