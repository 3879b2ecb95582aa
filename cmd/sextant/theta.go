package main

import (
	"github.com/spf13/cobra"
)

func newThetaCmd(a *app) *cobra.Command {
	return newGroup("theta", "Show, explain, recompute or restore a learner's θ", newThetaShowCmd(a), newThetaWhyCmd(a), newThetaHistoryCmd(a),
		newThetaRecomputeCmd(a), newThetaRestoreCmd(a))
}

type thetaShowOptions struct {
	app  *app
	user string
}

func newThetaShowCmd(a *app) *cobra.Command {
	o := thetaShowOptions{app: a}
	return &cobra.Command{
		Use: "show USER", Short: "Show a learner: θ overall and by topic, goals, KPIs, answers", Args: argCount(1, 1, "the id of one learner"),
		Example: "  sextant theta show kim@example.org\n  sextant theta show 1042 --json | jq .ability",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.user = args[0]
			return showTheta(cmd.Context(), o)
		},
	}
}
