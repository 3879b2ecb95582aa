package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"sextant/jobs"
)

func newReportPruneCmd(a *app) *cobra.Command {
	o := &pruneOptions{app: a, request: jobs.Request{Stage: jobs.PruneReports{}.Info().Name}}
	cmd := &cobra.Command{
		Use: "prune", Short: "Remove old reports from where they are stored", Args: noArgs,
		Long: `Removes the reports of weeks that ended longer ago than a number of days: the files or S3 objects first, then what points
to them. On a terminal it says how many and asks; off a terminal it goes ahead.`,
		Example: "  sextant report prune --older-than 400d --dry-run\n  30 6 1 * * sextant report prune --quiet                monthly, from cron",
	}
	o.bind(cmd, "what to remove, in days since the week's end", pruneReports)
	return cmd
}

func pruneReports(ctx context.Context, o pruneOptions) error {
	a := o.app
	s, err := a.connectToChange(ctx, o.request.DryRun)
	if err != nil {
		return err
	}
	defer s.Close()
	if !o.request.DryRun && !a.asks(o.yes) {
		return a.run(ctx, s, o.request)
	}
	p, err := a.runner(s, s.log).PreviewPruneReports(ctx, o.request)
	switch {
	case err != nil:
		return err
	case o.request.DryRun && a.global.json:
		return a.writeJSON(p)
	}
	what := fmt.Sprintf("%s of %s, of weeks before %s", plural(p.Reports, "report"), plural(p.Learners, "learner"), p.Before)
	fmt.Fprintf(a.out, "%s would go, %.1f MB\n", what, float64(p.Bytes)/1e6)
	if o.request.DryRun || p.Reports == 0 {
		return nil
	}
	ok, err := a.confirm(ctx, fmt.Sprintf("Remove %s in %s?", what, s.where()))
	if err != nil || !ok {
		return err
	}
	return a.run(ctx, s, o.request)
}
