package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sextant/jobs"
)

type pruneOptions struct {
	app     *app
	request jobs.Request
	older   string
	yes     bool
}

func newPruneCmd(a *app) *cobra.Command {
	o := &pruneOptions{app: a, request: jobs.Request{Stage: jobs.Prune{}.Info().Name}}
	cmd := &cobra.Command{
		Use: "prune", Short: "Keep the ledger, the histories and the quarantine bounded", Args: noArgs,
		Long: fmt.Sprintf(`Removes what is older than a number of days, at least %d: runs with their logs and failures, superseded
publications, the θ history, calibrations with their items, quarantined values and notes on weekly KPIs. Kept
whatever their age: each learner's newest θ, overall and by topic; the calibration in force, the first of its scale
and the last ten; each stage's newest run. Formulas give the same for every later day. On a terminal it shows what
would go and asks; off a terminal it goes ahead.`, jobs.PruneLeast),
		Example: `  sextant prune --dry-run
  sextant prune --older-than 400d
  30 6 1 * * sextant prune --quiet                       monthly, from cron`,
	}
	o.bind(cmd, "what to remove, in days", prune, jobs.CheckRetention)
	return cmd
}

// bind binds the flags of a command that removes what is old, and what it does
// once checks find nothing wrong with the days.
func (o *pruneOptions) bind(cmd *cobra.Command, older string, do func(context.Context, pruneOptions) error, checks ...func(int) error) {
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		days, err := strconv.Atoi(strings.TrimSuffix(o.older, "d"))
		if err != nil {
			return usagef("--older-than: %q is not a number of days; write it as 400d", o.older)
		}
		for _, check := range checks {
			if err := check(days); err != nil {
				return err
			}
		}
		o.request.Options = map[string]string{"older-than": strconv.Itoa(days)}
		if err := dryRunFromEnv(o.app, cmd, &o.request); err != nil {
			return err
		}
		return do(cmd.Context(), *o)
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&o.older, "older-than", "400d", older)
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	bindRequest(o.app, cmd, &o.request)
}

func prune(ctx context.Context, o pruneOptions) error {
	a := o.app
	return change(ctx, a, o.request, o.yes, (*jobs.Runner).PreviewPrune, func(p jobs.PrunePreview) string {
		fmt.Fprintf(a.out, "older than %s (UTC): %s would go\n\n", p.Before, plural(p.Rows(), "row"))
		a.printCounts(withNote(p.Removed, "removed"), "nothing")
		return "Remove " + plural(p.Rows(), "row")
	})
}
