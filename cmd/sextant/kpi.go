package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

func newKPICmd(a *app) *cobra.Command {
	return newGroup("kpi", "Show a learner's KPIs and what they come from", newKPIShowCmd(a))
}

type kpiShowOptions struct {
	app     *app
	user    string
	date    *db.Day
	explain bool
	params  jobs.Request // only its options: the stage's own parameters
}

func newKPIShowCmd(a *app) *cobra.Command {
	o := kpiShowOptions{app: a}
	cmd := &cobra.Command{
		Use: "show USER", Short: "Show a learner's KPIs of a week", Args: argCount(1, 1, "the id of one learner"),
		Long: `Shows the KPIs that weekly_kpi holds for the week of a day beside those computed now as of that day, with the
parameters of the run that published it unless flags say otherwise; with --explain, also the numbers each comes from.
It writes nothing.`,
		Example: "  sextant kpi show 1042\n  sextant kpi show kim@example.org --date 2026-03-29 --explain\n  sextant kpi show 1042 --json | jq .inputs",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.user = args[0]
			return showKPIs(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Var(dayFlag{&o.date}, "date", "the as-of day (default the newest published)")
	f.BoolVar(&o.explain, "explain", false, "also the windows, counts, medians, θs and gaps behind each")
	bindParams(cmd, &o.params, jobs.Specs(jobs.KPIs{}.Params()))
	return cmd
}

func showKPIs(ctx context.Context, o kpiShowOptions) error {
	a := o.app
	s, err := a.connectToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := a.service(s).LearnerKPIs(ctx, o.user, o.date, o.params.Options)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(d)
	}
	a.printKPIs(d, o.explain)
	return nil
}

func (a *app) printKPIs(d jobs.KPIDetail, explain bool) {
	fmt.Fprintf(a.out, "%s  week of %s, as of %s\n", widget.Clean(d.UserID), d.Week, d.Date)
	fmt.Fprintln(a.out, standing(d))
	if len(d.Unlike) > 0 {
		fmt.Fprintf(a.out, "with the parameters of run %s: %s\n", d.Run, strings.Join(d.Unlike, "; "))
	}
	fmt.Fprintln(a.out)
	if explain {
		for i, k := range d.KPIs {
			if i > 0 {
				fmt.Fprintln(a.out)
			}
			fmt.Fprintf(a.out, "%-4s %s  %s\n", k.Key, kpiText(k.Key, k.Value, 6), k.Title)
			for _, step := range k.Steps {
				fmt.Fprintf(a.out, "     %s\n", widget.Clean(step))
			}
		}
		return
	}
	t := table{columns: []column{{title: "KPI"}, {title: "STORED", right: true}, {title: "COMPUTED", right: true}, {title: "WHAT IT IS", grow: true}}}
	for _, k := range d.KPIs {
		t.add(plain(k.Key, kpiText(k.Key, k.Stored, 3), kpiText(k.Key, k.Value, 3), k.Title)...)
	}
	a.printTable(&t, "")
}

// kpiText is a KPI's value; P alone is a probability.
func kpiText(key string, v *float64, decimals int) string {
	if key == "P" && v != nil {
		return jobs.Probability(*v, decimals)
	}
	return numberOf(v, decimals)
}

// standing says what the week's row stands on.
func standing(d jobs.KPIDetail) string {
	r := d.Stored
	var words []string
	switch {
	case r == nil:
		words = append(words, "weekly_kpi has no row of the week")
	case r.KPIsDay != nil:
		words = append(words, "stored as of "+r.KPIsDay.String())
	case r.QuietDay == nil:
		words = append(words, "the row of the week was not written by Sextant")
	}
	if r != nil && r.QuietDay != nil {
		words = append(words, "P and S stored as of "+r.QuietDay.String())
	}
	if !d.Active {
		words = append(words, fmt.Sprintf("no answer in the last %s", plural(d.Params.Lookback, "day")))
	}
	return strings.Join(words, "; ")
}
