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
	o.bind(cmd, "what to remove, in days since the week's end", pruneReports, jobs.CheckReportRetention)
	return cmd
}

func pruneReports(ctx context.Context, o pruneOptions) error {
	a := o.app
	return change(ctx, a, o.request, o.yes, (*jobs.Runner).PreviewPruneReports, func(p jobs.PruneReportsPreview) string {
		what := fmt.Sprintf("%s of %s, of weeks before %s", plural(p.Reports, "report"), plural(p.Learners, "learner"), p.Before)
		fmt.Fprintf(a.out, "%s would go, %.1f MB\n", what, float64(p.Bytes)/1e6)
		if p.Reports == 0 {
			return ""
		}
		return "Remove " + what
	})
}
