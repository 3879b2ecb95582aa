package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
)

type runOptions struct {
	app     *app
	request jobs.Request
	queue   bool
	wait    bool
}

func newRunCmd(a *app) *cobra.Command {
	stages := jobs.Stages()
	cmd := &cobra.Command{
		Use: "run STAGE", Short: "Run a stage here and now, as cron does",
		Long: `Runs one stage: the answers are brought up to date, then each slice (a day, a calibration, a learner) is
published whole or not at all. Ctrl-C cancels; what was published stays. --dry-run writes nothing.

--queue leaves the run to the workers ('sextant worker'): its parameters and days are settled here and now, and a worker
takes it as soon as the stage is free. With --wait its log is shown until it ends, and Ctrl-C ends only the watching.`,
		Example: `  sextant run aggregate-features-daily                                     the last complete day, and what is missing
  sextant run aggregate-features-daily --from 2026-03-01 --to 2026-03-31   a backfill, oldest day first
  sextant run mirt-calibrate --dry-run
  sextant run mirt-calibrate --help                                        its own flags`,
		Annotations: map[string]string{"subcommands": "Stages"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name the stage: %s", strings.Join(stageNames(stages), ", "))
			}
			_, err := stages.Find(args[0])
			return err
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // every known stage is a command of its own
	}
	for _, s := range stages.All() {
		cmd.AddCommand(newRunStageCmd(a, s))
	}
	return cmd
}

func stageNames(r *jobs.Registry) []string {
	var names []string
	for _, s := range r.All() {
		names = append(names, s.Info().Name)
	}
	return names
}

func newRunStageCmd(a *app, s jobs.Stage) *cobra.Command {
	o := runOptions{app: a}
	info := s.Info()
	o.request.Stage = info.Name
	cmd := &cobra.Command{
		Use: info.Name, Short: info.Summary, Args: noArgs,
		Long: fmt.Sprintf("%s.\nSchedule (UTC): %s. One slice is one %s.", info.Summary, orNone(info.Schedule), info.Slice),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := dryRunFromEnv(a, cmd, &o.request); err != nil {
				return err
			}
			return runStage(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Var(dayFlag{&o.request.Date}, "date", "the as-of day (default the last complete UTC day)")
	f.Var(dayFlag{&o.request.From}, "from", "first day of a backfill")
	f.Var(dayFlag{&o.request.To}, "to", "last day of a backfill (default the last complete UTC day)")
	f.StringArrayVar(&o.request.Users, "user", nil, "only this `learner`; can be repeated")
	f.BoolVar(&o.request.Missing, "missing", false, "of a backfill, only the days not published")
	f.BoolVar(&o.request.Force, "force", false, "also what is published and current, and a stage that is paused")
	f.BoolVar(&o.queue, "queue", false, "leave the run to a worker, and print its id")
	f.BoolVar(&o.wait, "wait", false, "with --queue, show how it goes until it ends")
	bindRequest(a, cmd, &o.request)
	bindParams(cmd, &o.request, jobs.Specs(s.Params()))
	return cmd
}

func orNone(schedule string) string {
	if schedule == "" {
		return "none, it runs on events"
	}
	return schedule
}

// bindRequest binds the flags that everything which runs a stage has.
func bindRequest(a *app, cmd *cobra.Command, q *jobs.Request) {
	f := cmd.Flags()
	f.BoolVar(&q.DryRun, "dry-run", false, "say what would be done, and write nothing [$DRY_RUN]")
	f.StringVar(&q.Reason, "reason", "", "why, for the ledger (`text`)")
	f.StringVar(&q.PingURL, "ping-url", "", "dead-man monitor to tell of start, success and failure (`URL`; default that of the config file)")
	q.Trigger = db.TriggerCLI
	if !a.inTTY && !a.outTTY {
		q.Trigger = db.TriggerCron
	}
	f.Var(triggerFlag{&q.Trigger}, "trigger", "what starts the run, for the ledger (cron off a terminal)")
	f.Var(idFlag{&q.ID}, "id", "id of the run to be")
	_ = f.MarkHidden("id") // fails for an unknown flag alone
}

// dryRunFromEnv lets DRY_RUN stand in for a --dry-run that was not given.
func dryRunFromEnv(a *app, cmd *cobra.Command, q *jobs.Request) error {
	v := a.getenv("DRY_RUN")
	if v == "" || cmd.Flags().Changed("dry-run") {
		return nil
	}
	on, err := strconv.ParseBool(v)
	if err != nil {
		return usagef("DRY_RUN: %q is not true or false", v)
	}
	q.DryRun = on
	return nil
}

func runStage(ctx context.Context, o runOptions) error {
	a := o.app
	if o.wait && !o.queue {
		return usagef("--wait goes with --queue; without it a run is waited for anyway")
	}
	if err := a.runner(nil, a.logger(slog.LevelWarn)).Validate(o.request); err != nil {
		return err
	}
	if o.request.DryRun {
		o.request.DryRun = false // of the command that the preview names
		s, err := a.connectToLook(ctx)
		if err != nil {
			return err
		}
		defer s.Close()
		p, err := a.runner(s, a.logger(slog.LevelWarn)).Preview(ctx, o.request)
		if err != nil {
			return err
		}
		return a.printPreview(p)
	}
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if o.queue {
		return a.queueRun(ctx, s, o)
	}
	return a.run(ctx, s, o.request)
}

// run runs a stage in this process, shows how it goes, and prints the outcome.
func (a *app) run(ctx context.Context, s *session, q jobs.Request) error {
	p := newProgress(a, q.Stage)
	r := a.runner(s, p.log)
	r.Observe = p.observe
	run, err := r.Run(ctx, q)
	p.finish()
	if run.ID == uuid.Nil {
		return err
	}
	return errors.Join(err, a.printOutcome(run))
}
