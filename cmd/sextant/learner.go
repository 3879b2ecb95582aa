package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sextant/db"
)

type learnerListOptions struct {
	app    *app
	filter db.LearnerFilter
}

func newLearnerCmd(a *app) *cobra.Command {
	return newGroup("learner", "Search learners, or erase one", newLearnerListCmd(a), newLearnerForgetCmd(a))
}

func newLearnerListCmd(a *app) *cobra.Command {
	o := learnerListOptions{app: a, filter: db.LearnerFilter{Whole: true}}
	cmd := &cobra.Command{
		Use: "list [QUERY]", Short: "List learners, in an order of your choice", Args: argCount(0, 1, "one part of a learner's id"),
		Long: `Lists learners whose id contains QUERY, upper and lower case alike; one or two characters are looked for at its
beginning. RISK is the churn risk S of the newest week.`,
		Example: "  sextant learner list kim\n  sextant learner list --sort risk --limit 20\n  sextant learner list --limit 5 --json | jq -r '.[].user_id'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.filter.Query = args[0]
			}
			return listLearners(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.filter.Sort, "sort", "active", "the order: "+strings.Join(db.LearnerSorts(), ", "))
	f.BoolVar(&o.filter.Reverse, "reverse", false, "the other way round")
	f.IntVar(&o.filter.Limit, "limit", 30, "at most this many")
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions(db.LearnerSorts(), cobra.ShellCompDirectiveNoFileComp)) // fails for an unknown flag alone
	return cmd
}

func listLearners(ctx context.Context, o learnerListOptions) error {
	if o.filter.Limit < 1 {
		return usagef("--limit is at least 1")
	}
	if !slices.Contains(db.LearnerSorts(), o.filter.Sort) {
		return usagef("--sort is one of %s", strings.Join(db.LearnerSorts(), ", "))
	}
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	found, err := o.app.service(s).Learners(ctx, o.filter)
	if err != nil {
		return err
	}
	if found.Partial != "" {
		s.log.Warn("not all learners are listed", "why", found.Partial)
	}
	if o.app.global.json {
		return o.app.writeJSON(found.Learners)
	}
	t := table{columns: []column{{title: "LEARNER", grow: true}, {title: "THETA", right: true}, {title: "SE", right: true},
		{title: "RISK", right: true, drop: 1}, {title: "ANSWERS", right: true}, {title: "SESSIONS", right: true, drop: 2}, {title: "FIRST ACTIVE", drop: 3}, {title: "LAST ACTIVE", drop: 1}}}
	for _, l := range found.Learners {
		t.add(plain(l.UserID, numberOf(l.Theta, 2), numberOf(l.SE, 2), numberOf(l.Risk, 2), count(l.Answers), count(l.Sessions), stamp(l.FirstAt), stamp(l.LastAt))...)
	}
	o.app.printTable(&t, "no learner matches")
	return nil
}
