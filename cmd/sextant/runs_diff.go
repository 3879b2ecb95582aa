package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"sextant/jobs"
	"sextant/tui/widget"
)

type runsDiffOptions struct {
	app   *app
	runs  []string
	all   bool
	items int
}

func newRunsDiffCmd(a *app) *cobra.Command {
	o := runsDiffOptions{app: a}
	cmd := &cobra.Command{
		Use: "diff RUN RUN", Short: "Compare two runs, or two calibrations item by item", Args: argCount(2, 2, "the ids of two runs, or the first digits of them"),
		Long: `Shows what differs between two runs, the older first: parameters, counts, duration, failures. Of two calibrations
also the linking constants and the items, those first whose difficulty moved the farthest.`,
		Example: "  sextant runs diff 019a2b3c 019a2b9f\n  sextant runs diff 019a2b3c 019a2b9f --json | jq .items.rms_delta_b",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.runs = args
			return diffRuns(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "also what is the same")
	cmd.Flags().IntVar(&o.items, "items", 20, "at most this many items")
	return cmd
}

func diffRuns(ctx context.Context, o runsDiffOptions) error {
	a := o.app
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	service := a.service(s)
	one, err := service.FindRun(ctx, o.runs[0])
	if err != nil {
		return err
	}
	two, err := service.FindRun(ctx, o.runs[1])
	if err != nil {
		return err
	}
	c, err := service.CompareRuns(ctx, one.ID, two.ID)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(c)
	}
	a.printComparison(c, o)
	return nil
}

func (a *app) printComparison(c jobs.RunComparison, o runsDiffOptions) {
	t := table{columns: []column{{title: ""}, {title: shortID(c.A), grow: true}, {title: shortID(c.B), grow: true}}}
	for _, l := range c.Lines {
		if l.Differs || o.all {
			t.add(plain(l.Name, l.A, l.B)...)
		}
	}
	a.printTable(&t, "nothing differs")
	if c.Items == nil {
		return
	}
	fmt.Fprintf(a.out, "\n%s in both, %d in the first alone, %d in the second; b moved by %s on average (RMS %s), a by %s (RMS %s)\n",
		plural(len(c.Items.Items), "item"), c.Items.OnlyA, c.Items.OnlyB, number(c.Items.MeanDB, 3), number(c.Items.RMSDB, 3),
		number(c.Items.MeanDA, 3), number(c.Items.RMSDA, 3))
	items := table{columns: []column{{title: "ITEM", grow: true}, {title: "a WAS", right: true}, {title: "a", right: true}, {title: "b WAS", right: true},
		{title: "b", right: true}, {title: "CHANGE OF b", right: true}}}
	for _, i := range c.Items.Items[:min(len(c.Items.Items), o.items)] {
		items.add(plain(widget.Clean(i.ItemID), number(i.A1, 2), number(i.A2, 2), number(i.B1, 2), number(i.B2, 2), number(i.DeltaB, 2))...)
	}
	a.printTable(&items, "no items")
}
