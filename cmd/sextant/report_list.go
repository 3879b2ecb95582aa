package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"sextant/db"
)

type reportListOptions struct {
	app    *app
	filter db.ReportFilter
}

func newReportListCmd(a *app) *cobra.Command {
	o := reportListOptions{app: a}
	cmd := &cobra.Command{
		Use: "list [QUERY]", Short: "List stored reports, the newest week first", Args: argCount(0, 1, "one part of a learner's id"),
		Example: "  sextant report list --week 2026-11-16\n  sextant report list --user 1042 --json | jq -r '.[].url'",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.filter.Contains = strings.Join(args, "")
			return listReports(cmd.Context(), o)
		},
	}
	bindReportFilter(cmd, &o.filter)
	cmd.Flags().Lookup("week").Usage = "the week's Monday (default all)"
	cmd.Flags().StringVar(&o.filter.User, "user", "", "of this `learner` alone")
	cmd.Flags().IntVar(&o.filter.Limit, "limit", 30, "at most this many; 0: all")
	return cmd
}

func listReports(ctx context.Context, o reportListOptions) error {
	a := o.app
	if o.filter.Limit < 0 {
		return usagef("--limit is at least 1, or 0 for all")
	}
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	reports, err := a.service(s).Reports(ctx, o.filter)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(reports)
	}
	t := table{columns: []column{{title: "WEEK OF"}, {title: "LEARNER", grow: true}, {title: "EDITION"}, {title: "LANG"}, {title: "FORMAT"},
		{title: "SIZE", right: true, drop: 1}, {title: "MADE", drop: 2}, {title: "STORED AT", drop: 3, grow: true}}}
	for _, r := range reports {
		t.add(plain(r.Week.String(), r.UserID, r.Edition, r.Lang, r.Format, number(float64(r.Size)/1e3, 0)+" kB", stamp(r.GeneratedAt), r.URL)...)
	}
	a.printTable(&t, "no report is stored; make them with 'sextant report generate'")
	return nil
}
