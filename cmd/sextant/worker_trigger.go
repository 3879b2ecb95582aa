package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sextant/db"
)

// workerTrigger are the commands about the optional change trigger.
type workerTrigger struct {
	app      *app
	patience time.Duration
}

func newWorkerTriggerCmds(a *app) []*cobra.Command {
	o := &workerTrigger{app: a}
	leaf := func(use, short, long string, run func(context.Context, *session) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Long: long, Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			if err := run(cmd.Context(), s); err != nil {
				return err
			}
			return o.print(cmd.Context(), s)
		}}
	}
	install := leaf("install", "Put the change trigger on the platform's tables",
		`Puts a statement-level trigger on exam_results and session, which notes the sessions touched in sextant.change, so that
θ follows a finished session within moments. It never fails, blocks or orders a platform transaction. A table in use is waited
for a tenth of a second at a time, so that no platform write queues behind the installation. Without the trigger the worker
searches by updated_at: later, but just as surely.`,
		func(ctx context.Context, s *session) error { return s.db.InstallTriggers(ctx, o.patience) })
	uninstall := leaf("uninstall", "Take the change trigger away again",
		"Takes the change trigger away from the platform's tables, in the same careful way.",
		func(ctx context.Context, s *session) error { return s.db.RemoveTriggers(ctx, o.patience) })
	for _, c := range []*cobra.Command{install, uninstall} {
		c.Flags().DurationVar(&o.patience, "patience", time.Minute, "how long to try while a table is in use")
	}
	return []*cobra.Command{install, uninstall,
		leaf("status", "Say where the change trigger stands and what waits",
			"Says on which of the platform's tables the change trigger stands, and how many changes wait for a θ update.",
			func(context.Context, *session) error { return nil })}
}

// triggerStatus is what `sextant worker status` prints.
type triggerStatus struct {
	Triggers []db.TriggerState `json:"triggers"`
	Waiting  int64             `json:"waiting"` // changes that no θ update has served yet
	Oldest   *time.Time        `json:"oldest"`  // of them
}

func (o *workerTrigger) print(ctx context.Context, s *session) error {
	triggers, err := s.db.Triggers(ctx)
	if err != nil {
		return err
	}
	backlog, err := s.db.Backlog(ctx)
	if err != nil {
		return err
	}
	st := triggerStatus{Triggers: triggers, Waiting: backlog.Changes, Oldest: backlog.Oldest}
	if o.app.global.json {
		return o.app.writeJSON(st)
	}
	for _, t := range st.Triggers {
		state := "no table that can carry the trigger"
		switch {
		case t.Installed:
			state = "trigger installed"
		case t.Present:
			state = "no trigger; sessions are searched for by updated_at ('sextant worker install')"
		}
		fmt.Fprintf(o.app.out, "%-14s %s\n", t.Table, state)
	}
	line := fmt.Sprintf("%-14s %d", "waiting", st.Waiting)
	if st.Oldest != nil {
		line += ", the oldest since " + st.Oldest.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	fmt.Fprintln(o.app.out, line)
	return nil
}
