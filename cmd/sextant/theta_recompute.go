package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"sextant/jobs"
)

type thetaRecomputeOptions struct {
	app     *app
	request jobs.Request
	from    string // a file of ids
	yes     bool
}

func newThetaRecomputeCmd(a *app) *cobra.Command {
	o := thetaRecomputeOptions{app: a}
	stage := jobs.UpdateTheta{}
	o.request.Stage = stage.Info().Name
	cmd := &cobra.Command{
		Use: "recompute [USER…]", Short: "Estimate θ again from the latest answers", Args: cobra.ArbitraryArgs,
		Long: `Estimates the θ of the learners named from their latest answers, with the item parameters and the prior of the
calibration in force. On a terminal it first shows what would change and asks; off a terminal it goes ahead.`,
		Example: `  sextant theta recompute 1042 --dry-run                 old θ, new θ, the answers used and left out
  sextant theta recompute 1042 kim@example.org --reason "re-graded exam 7"
  sextant theta recompute --from-file ids.txt`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.request.Users, err = a.learnerIDs(args, o.from); err != nil {
				return err
			}
			if err := dryRunFromEnv(a, cmd, &o.request); err != nil {
				return err
			}
			return recomputeTheta(cmd.Context(), o)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&o.from, "from-file", "", "also the learners of this `file`, an id a line; - is standard input")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	bindRequest(a, cmd, &o.request)
	bindParams(cmd, &o.request, jobs.Specs(stage.Params()))
	return cmd
}

func recomputeTheta(ctx context.Context, o thetaRecomputeOptions) error {
	a := o.app
	if err := a.runner(nil, a.logger(slog.LevelWarn)).Validate(o.request); err != nil {
		return err
	}
	s, err := a.connectToChange(ctx, o.request.DryRun)
	if err != nil {
		return err
	}
	defer s.Close()
	if o.request.DryRun {
		return a.previewTheta(ctx, s, o.request)
	}
	if a.asks(o.yes) {
		ok, err := a.agreeToTheta(ctx, s, o.request)
		if err != nil || !ok {
			return err
		}
	}
	return a.run(ctx, s, o.request)
}

// agreeToTheta shows what would change and asks.
func (a *app) agreeToTheta(ctx context.Context, s *session, q jobs.Request) (bool, error) {
	previews, err := a.runner(s, s.log).PreviewTheta(ctx, q)
	if err != nil {
		return false, err
	}
	if len(previews) == 1 {
		a.printThetaPreview(previews[0])
		fmt.Fprintln(a.out)
	}
	a.printThetaChanges(previews)
	return a.confirm(ctx, fmt.Sprintf("Update θ of %s in %s?", plural(len(q.Users), "learner"), s.where()))
}

func (a *app) previewTheta(ctx context.Context, s *session, q jobs.Request) error {
	previews, err := a.runner(s, s.log).PreviewTheta(ctx, q)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(previews)
	}
	for i, p := range previews {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		a.printThetaPreview(p)
	}
	if len(previews) > 1 {
		fmt.Fprintln(a.out)
		a.printThetaChanges(previews)
	}
	return nil
}
