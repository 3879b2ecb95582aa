package main

import (
	"context"

	"github.com/spf13/cobra"
)

type learnerListOptions struct {
	app   *app
	query string
	limit int
}

func newLearnerCmd(a *app) *cobra.Command {
	return newGroup("learner", "Search learners, or erase one", newLearnerListCmd(a), newLearnerForgetCmd(a))
}

func newLearnerListCmd(a *app) *cobra.Command {
	o := learnerListOptions{app: a}
	cmd := &cobra.Command{
		Use: "list [QUERY]", Short: "List learners, the most recently active first", Args: argCount(0, 1, "one part of a learner's id"),
		Long:    `Lists learners whose id contains QUERY, upper and lower case alike.`,
		Example: "  sextant learner list kim\n  sextant learner list --limit 5 --json | jq -r '.[].user_id'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.query = args[0]
			}
			return listLearners(cmd.Context(), o)
		},
	}
	cmd.Flags().IntVar(&o.limit, "limit", 30, "at most this many")
	return cmd
}

func listLearners(ctx context.Context, o learnerListOptions) error {
	if o.limit < 1 {
		return usagef("--limit is at least 1")
	}
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	learners, err := o.app.service(s).Learners(ctx, o.query, o.limit)
	if err != nil {
		return err
	}
	if o.app.global.json {
		return o.app.writeJSON(learners)
	}
	t := table{columns: []column{{title: "LEARNER", grow: true}, {title: "THETA", right: true}, {title: "SE", right: true},
		{title: "ANSWERS", right: true}, {title: "SESSIONS", right: true, drop: 2}, {title: "FIRST ACTIVE", drop: 3}, {title: "LAST ACTIVE", drop: 1}}}
	for _, l := range learners {
		t.add(plain(l.UserID, numberOf(l.Theta, 2), numberOf(l.SE, 2), count(l.Answers), count(l.Sessions), stamp(l.FirstAt), stamp(l.LastAt))...)
	}
	o.app.printTable(&t, "no learner matches")
	return nil
}
