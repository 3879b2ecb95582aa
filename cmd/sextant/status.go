package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

type statusOptions struct {
	app   *app
	stage string // alone, and whole
	check bool
}

func newStatusCmd(a *app) *cobra.Command {
	o := statusOptions{app: a}
	cmd := &cobra.Command{
		Use: "status [STAGE]", Short: "Stages: state, data day, deadline, last run, next run", Args: argCount(0, 1, "the name of one stage"),
		ValidArgsFunction: completeStages,
		Long: `Shows every stage of the pipeline. A stage is fresh when the data day due has been published, whatever
its last process did. Of one stage: also its schedule, the days it has published, its parameters and its runs. ↑ marks one whose upstream is newer: what it stands on has changed since it was published.`,
		Example: `  sextant status
  sextant status mirt-calibrate
  sextant status --check --quiet || page-someone
  sextant status --json | jq '.stages[] | {name, state, data_day}'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.stage = args[0]
			}
			return runStatus(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.check, "check", false, "exit 1 when a stage is late or failed, or its last run was lost")
	return cmd
}

func runStatus(ctx context.Context, o statusOptions) error {
	if err := knownStage(o.stage); err != nil {
		return err
	}
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if o.stage != "" {
		return showStage(ctx, o, s)
	}
	return showStatus(ctx, o, s)
}

func showStatus(ctx context.Context, o statusOptions, s *session) error {
	p, err := o.app.service(s).Pipeline(ctx)
	if err != nil {
		return err
	}
	switch {
	case o.app.global.json:
		if err := o.app.writeJSON(p); err != nil {
			return err
		}
	case !o.app.global.quiet || !o.check:
		o.app.printPipeline(p, s.about)
	}
	if o.check && slices.ContainsFunc(p.Stages, ailing) {
		return &statusError{exitFailed}
	}
	return nil
}

// ailing reports whether a monitor should call somebody about a stage.
func ailing(s jobs.StageStatus) bool {
	if s.State == jobs.StatePaused || s.State == jobs.StateOff {
		return false // somebody knows
	}
	lost := s.LastRun != nil && s.LastRun.Status == db.RunLost
	return lost || s.State == jobs.StateLate || s.State == jobs.StateFailed
}

func (a *app) printPipeline(p jobs.Pipeline, about jobs.About) {
	where := about.Database
	if about.Environment != "" {
		where = about.Environment + "  " + where
	}
	if about.ReadOnly {
		where += "  read-only"
	}
	fmt.Fprintf(a.out, "%s  %s UTC\n", widget.Clean(where), stamp(p.At))
	if p.SyncAt != nil {
		fmt.Fprintf(a.out, "about %s answers from %s, synced %s\n", count(p.Answers), p.Source, stamp(*p.SyncAt))
	} else {
		fmt.Fprintln(a.out, "no answers synced yet: run a stage, or 'sextant run sync-answers'")
	}
	if p.Skew != 0 {
		fmt.Fprintf(a.out, "warning: the database's clock is %s this machine's; the states below are by the database's\n", ahead(p.Skew))
	}
	if p.Scale != nil && p.Scale.Alarm {
		fmt.Fprintln(a.out, "warning: "+widget.Clean(p.Scale.Words()))
	}
	fmt.Fprintln(a.out)

	t := table{columns: []column{{title: "STAGE"}, {title: "STATE"}, {title: "DATA DAY"}, {title: "LAG", right: true, drop: 2},
		{title: "DEADLINE", drop: 3}, {title: "LAST RUN", drop: 1}, {title: "NEXT RUN", drop: 4}}}
	for _, s := range p.Stages {
		lag := missingText
		if s.LagDays != nil {
			lag = fmt.Sprintf("%dd", *s.LagDays)
		}
		last := cell{}
		if s.LastRun != nil {
			last = statusCell(s.LastRun.Status)
			last.text += " " + shortStamp(cmp.Or(s.LastRun.StartedAt, &s.LastRun.CreatedAt))
		}
		state := stateCell(s.State)
		if s.UpstreamNewer != nil {
			state.text += " ↑"
		}
		t.add(cell{text: s.Name}, state, cell{text: dayOf(s.DataDay)}, cell{text: lag},
			cell{text: shortStamp(s.Deadline)}, last, cell{text: shortStamp(s.NextTick)})
	}
	a.printTable(&t, "no stages")
	a.printTroubles(p)
}

// printTroubles says why, for the stages an operator should look at.
func (a *app) printTroubles(p jobs.Pipeline) {
	var lines []string
	for _, s := range p.Stages {
		switch s.State {
		case jobs.StateDue, jobs.StateLate, jobs.StateFailed, jobs.StatePaused, jobs.StateOff:
			if s.Why != "" {
				lines = append(lines, s.Name+": "+s.Why)
			}
		}
		if n := s.UpstreamNewer; n != nil {
			lines = append(lines, s.Name+": ↑ upstream newer: "+n.Why)
		}
	}
	if len(lines) > 0 {
		fmt.Fprintln(a.out)
	}
	for _, l := range lines {
		fmt.Fprintln(a.out, widget.Clean(l))
	}
}

// ahead tells a clock's difference.
func ahead(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	if d < 0 {
		return (-d).String() + " behind"
	}
	return d.String() + " ahead of"
}
