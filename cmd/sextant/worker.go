package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sextant/jobs"
)

type workerOptions struct {
	app         *app
	schedule    bool
	catchUp     string
	concurrency int
	listen      string
	grace       time.Duration
	noTheta     bool
	scorer      string
}

func newWorkerCmd(a *app) *cobra.Command {
	o := workerOptions{app: a}
	cmd := &cobra.Command{
		Use: "worker", Short: "Serve the database: θ at session end, queued runs, the schedule", Args: noArgs,
		Long: `Works until it is told to stop (SIGTERM, Ctrl-C): brings θ up to date as sessions finish, takes queued runs and, with
--schedule, fires the stages on time, each tick once however many workers there are. Any number of workers can serve one
database, on as many machines. A worker that is killed loses nothing: its runs are marked lost and tried again elsewhere.

It answers /healthz, /readyz and Prometheus' /metrics on a loopback port.`,
		Example: `  sextant worker --schedule
  sextant worker --concurrency 8 --listen 0.0.0.0:9321   probes from elsewhere, as in a container
  sextant worker list
  sextant run mirt-calibrate --queue --wait              hand a run to a worker and watch it`,
		Annotations: map[string]string{"subcommands": "Commands"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return runWorker(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.schedule, "schedule", false, "fire the stages on their schedules")
	f.StringVar(&o.catchUp, "catch-up", string(jobs.CatchUpLatest), "with what came while no worker lived: latest, all or none")
	f.IntVar(&o.concurrency, "concurrency", 4, "queued runs at once")
	f.StringVar(&o.listen, "listen", "127.0.0.1:9321", "address of health and metrics; empty for none")
	f.DurationVar(&o.grace, "grace", 30*time.Second, "when told to stop, how long to wait for the runs in hand before they are cancelled and queued again")
	f.BoolVar(&o.noTheta, "no-theta", false, "leave θ at session end to other workers")
	f.StringVar(&o.scorer, "scorer", "", "who estimates θ, here and in the runs that its schedule begins: "+strings.Join(jobs.Scorers(), " or ")+"; else as configured")
	_ = cmd.RegisterFlagCompletionFunc("scorer", cobra.FixedCompletions(jobs.Scorers(), cobra.ShellCompDirectiveNoFileComp)) // fails for an unknown flag alone
	_ = cmd.RegisterFlagCompletionFunc("catch-up", cobra.FixedCompletions(catchUps(), cobra.ShellCompDirectiveNoFileComp))   // fails for an unknown flag alone
	cmd.AddCommand(newWorkerListCmd(a))
	cmd.AddCommand(newWorkerTriggerCmds(a)...)
	return cmd
}

func catchUps() []string {
	var words []string
	for _, c := range jobs.CatchUps() {
		words = append(words, string(c))
	}
	return words
}

func runWorker(ctx context.Context, o workerOptions) error {
	catchUp, err := parseCatchUp(o.catchUp)
	if err != nil {
		return err
	}
	if o.scorer != "" && !slices.Contains(jobs.Scorers(), o.scorer) {
		return usagef("--scorer is %s, not %q", strings.Join(jobs.Scorers(), " or "), o.scorer)
	}
	a := o.app
	s, err := a.connectFor(ctx, o.concurrency)
	if err != nil {
		return err
	}
	defer s.Close()
	log := a.logger(slog.LevelInfo)
	if o.scorer != "" {
		s.target.scoring.Scorer = o.scorer
	}
	r := a.runner(s, log)
	w := &jobs.Worker{Runner: r, Service: jobs.NewService(s.db, r, s.about, nil), Log: log, Commit: a.commit,
		Concurrency: o.concurrency, Grace: o.grace, Theta: !o.noTheta, Schedule: o.schedule, CatchUp: catchUp, Listen: o.listen}
	return w.Run(ctx)
}

func parseCatchUp(word string) (jobs.CatchUp, error) {
	for _, c := range jobs.CatchUps() {
		if string(c) == word {
			return c, nil
		}
	}
	return "", usagef("--catch-up is %s, not %q", strings.Join(catchUps(), ", "), word)
}
