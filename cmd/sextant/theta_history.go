package main

import (
	"context"

	"github.com/spf13/cobra"

	"sextant/db"
)

type thetaHistoryOptions struct {
	app    *app
	user   string
	topics bool
}

func newThetaHistoryCmd(a *app) *cobra.Command {
	o := thetaHistoryOptions{app: a}
	cmd := &cobra.Command{
		Use: "history USER", Short: "List a learner's θ through time, oldest first", Args: argCount(1, 1, "the id of one learner"),
		Example: "  sextant theta history 1042\n  sextant theta history 1042 --topics --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.user = args[0]
			return listTheta(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.topics, "topics", false, "also by topic")
	return cmd
}

func listTheta(ctx context.Context, o thetaHistoryOptions) error {
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	points, err := o.app.service(s).ThetaHistory(ctx, o.user, o.topics)
	if err != nil {
		return err
	}
	if o.app.global.json {
		return o.app.writeJSON(points)
	}
	o.app.printThetas(points, o.topics)
	return nil
}

// printThetas lists estimates of a learner's θ; with topics, those of topics too.
func (a *app) printThetas(points []db.ThetaPoint, topics bool) {
	t := table{columns: []column{{title: "AS OF"}}}
	if topics {
		t.columns = append(t.columns, column{title: "TOPIC", grow: true})
	}
	t.columns = append(t.columns, column{title: "THETA", right: true}, column{title: "SE", right: true}, column{title: "ANSWERS", right: true},
		column{title: "MODEL", drop: 2}, column{title: "SCALE", drop: 3}, column{title: "ESTIMATED", drop: 4}, column{title: "SOURCE"}, column{title: "RUN", drop: 1})
	for _, p := range points {
		row := plain(stamp(p.AsOf))
		if topics {
			topic := "(overall)"
			if p.TopicID != nil {
				topic = *p.TopicID
			}
			row = append(row, cell{text: topic})
		}
		run := textOf(p.RunID)
		t.add(append(row, plain(number(p.Theta, 3), numberOf(p.SE, 3), count(p.Answers), p.Model, p.Version, stamp(p.EstimatedAt), p.Source, run[:min(len(run), shortIDLength)])...)...)
	}
	a.printTable(&t, "no θ has been estimated yet")
}
