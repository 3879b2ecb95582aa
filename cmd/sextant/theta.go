package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
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
		Use: "show USER", Short: "Show a learner's θ, overall and by topic", Args: argCount(1, 1, "the id of one learner"),
		Example: "  sextant theta show kim@example.org\n  sextant theta show 1042 --json | jq .ability",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.user = args[0]
			return showTheta(cmd.Context(), o)
		},
	}
}

func showTheta(ctx context.Context, o thetaShowOptions) error {
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := o.app.service(s).Learner(ctx, o.user)
	if err != nil {
		return err
	}
	if o.app.global.json {
		return o.app.writeJSON(d)
	}
	o.app.printLearner(d)
	return nil
}

func (a *app) printLearner(d jobs.LearnerDetail) {
	fmt.Fprintf(a.out, "%s  %s in %s, last active %s UTC\n", widget.Clean(d.UserID), plural(d.Learner.Answers, "answer"),
		plural(d.Sessions, "session"), stamp(d.LastAt))
	fmt.Fprintf(a.out, "θ %s\n", abilityWords(d.Ability))
	if len(d.Topics) == 0 {
		return
	}
	fmt.Fprintln(a.out)
	t := table{columns: []column{{title: "TOPIC", grow: true}, {title: "THETA", right: true}, {title: "SE", right: true},
		{title: "ANSWERS", right: true}, {title: "AS OF"}}}
	for _, topic := range d.Topics {
		t.add(plain(topic.TopicID, number(topic.Theta, 2), numberOf(topic.SE, 2), count(topic.Answers), stamp(topic.FittedAt))...)
	}
	a.printTable(&t, "")
}

// abilityWords is an estimate and what it rests on.
func abilityWords(b *db.Ability) string {
	if b == nil {
		return "– (none yet)"
	}
	return fmt.Sprintf("%s ± %s  from %s, %s, scale %s, %s UTC", number(b.Theta, 3), numberOf(b.SE, 3),
		plural(b.Answers, "answer"), b.Model, b.Version, stamp(b.FittedAt))
}
