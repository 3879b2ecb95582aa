package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sextant/irt"
	"sextant/jobs"
	"sextant/tui/widget"
)

type itemsListOptions struct {
	app    *app
	filter jobs.ItemFilter
	limit  int
}

func newItemsCmd(a *app) *cobra.Command {
	return newGroup("items", "Show the item bank and how it moves", newItemsListCmd(a), newItemsShowCmd(a), newItemsBankCmd(a), newItemsRefusedCmd(a))
}

func newItemsListCmd(a *app) *cobra.Command {
	o := itemsListOptions{app: a}
	cmd := &cobra.Command{
		Use: "list", Short: "List the items of the calibration in force", Args: noArgs,
		Long: `Lists a, b and c with the standard error of b, the answers (N) and share correct (P) of each item, its infit and
outfit, its flags or why it was dropped, and how far it has moved since the calibration before: ΔA, ΔB, and Z, the greater
of the two in standard errors. --sort fit, drift and se put the worst first.`,
		Example: "  sextant items list --sort drift --limit 10\n  sextant items list --flagged\n  sextant items list --bank topic:algebra --json | jq '.items[].b'",
		RunE:    func(cmd *cobra.Command, _ []string) error { return listItems(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.filter.Sort, "sort", "item", "by what: "+strings.Join(jobs.ItemSorts(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions(jobs.ItemSorts(), cobra.ShellCompDirectiveNoFileComp)) // fails for an unknown flag alone
	f.BoolVar(&o.filter.Reverse, "reverse", false, "in the opposite order")
	f.BoolVar(&o.filter.Flagged, "flagged", false, "only items with a flag, or dropped")
	f.IntVar(&o.limit, "limit", 0, "at most this many; 0: all")
	bindBank(cmd, &o.filter.Bank)
	return cmd
}

// bindBank binds the flag that names a bank.
func bindBank(cmd *cobra.Command, bank *string) {
	cmd.Flags().StringVar(bank, "bank", "", "a `bank` of its own, such as topic:algebra or subject:3 (default the unfiltered one)")
}

func listItems(ctx context.Context, o itemsListOptions) error {
	a := o.app
	if o.limit < 0 {
		return usagef("--limit is at least 0")
	}
	s, err := a.connectToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	bank, err := a.service(s).Items(ctx, o.filter)
	if err != nil {
		return err
	}
	if o.limit > 0 && o.limit < len(bank.Items) {
		bank.Items = bank.Items[:o.limit]
	}
	if a.global.json {
		return a.writeJSON(bank)
	}
	a.printItems(bank)
	return nil
}

func (a *app) printItems(bank jobs.Items) {
	c := bank.Calibration
	if c == nil {
		fmt.Fprintln(a.out, "no calibration yet; run 'sextant run mirt-calibrate'")
		return
	}
	fmt.Fprintf(a.out, "%s of %s, run %s: %s of %s", c.Model, c.DataDay, c.RunID.String()[:shortIDLength], count(len(bank.Items)), plural(bank.Total, "item"))
	if p := bank.Previous; p != nil {
		fmt.Fprintf(a.out, "; drift since %s", p.DataDay)
	}
	fmt.Fprint(a.out, "\n\n")
	t := table{columns: []column{{title: "ITEM", grow: true}, {title: "A", right: true}, {title: "B", right: true}, {title: "C", right: true, drop: 5},
		{title: "SE B", right: true, drop: 3}, {title: "N", right: true}, {title: "P", right: true, drop: 2},
		{title: "INFIT", right: true, drop: 4}, {title: "OUTFIT", right: true, drop: 4},
		{title: "ΔA", right: true, drop: 6}, {title: "ΔB", right: true, drop: 6}, {title: "Z", right: true, drop: 1}, {title: "FLAGS", grow: true}}}
	for _, it := range bank.Items {
		row := plain(it.ItemID, numberOf(it.A, 2), numberOf(it.B, 2), numberOf(it.C, 2), numberOf(it.SEB, 2), count(it.N), numberOf(it.PCorrect, 2),
			numberOf(it.Infit, 2), numberOf(it.Outfit, 2))
		t.add(append(append(row, driftCells(it.Drift)...), flagsCell(it.Flags, it.Dropped))...)
	}
	a.printTable(&t, "no item")
}

// driftCells are ΔA, ΔB and the greater z.
func driftCells(d *jobs.Drift) []cell {
	if d == nil {
		return plain("", "", "")
	}
	z := d.Z()
	cells := plain(number(d.DeltaA, 2), number(d.DeltaB, 2), numberOf(z, 1))
	if z != nil && (*z > 3) {
		cells[2].colour = warning
	}
	return cells
}

// flagsCell says what is wrong with an item.
func flagsCell(flags []string, dropped *string) cell {
	words := func(s string) string { return strings.ReplaceAll(s, "_", " ") }
	if dropped != nil {
		return cell{"dropped: " + words(*dropped), faint}
	}
	c := cell{text: words(strings.Join(flags, ", "))}
	if slices.Contains(flags, string(irt.FlagNegativeA)) {
		c.colour = bad
	} else if len(flags) > 0 {
		c.colour = warning
	}
	return c
}

type itemsShowOptions struct {
	app        *app
	item, bank string
	limit      int
}

func newItemsShowCmd(a *app) *cobra.Command {
	o := itemsShowOptions{app: a}
	cmd := &cobra.Command{
		Use: "show ITEM", Short: "Show an item through its calibrations, newest first", Args: argCount(1, 1, "the id of one item"),
		Example: "  sextant items show 1042\n  sextant items show 1042 --bank topic:algebra --json | jq '.history[0]'",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.item = args[0]
			return showItem(cmd.Context(), o)
		},
	}
	cmd.Flags().IntVar(&o.limit, "limit", 30, "at most this many calibrations")
	bindBank(cmd, &o.bank)
	return cmd
}

func showItem(ctx context.Context, o itemsShowOptions) error {
	a := o.app
	if o.limit < 1 {
		return usagef("--limit is at least 1")
	}
	s, err := a.connectToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := a.service(s).Item(ctx, o.bank, o.item)
	if err != nil {
		return err
	}
	d.History = d.History[:min(o.limit, len(d.History))]
	if a.global.json {
		return a.writeJSON(d)
	}
	a.printItem(d)
	return nil
}

func (a *app) printItem(d jobs.ItemDetail) {
	now := d.History[0]
	fmt.Fprintf(a.out, "item %s", widget.Clean(d.ItemID))
	if q := d.Question; q != nil {
		fmt.Fprintf(a.out, "  topic %s", widget.Clean(textOf(q.TopicID)))
		if q.Anchor {
			fmt.Fprintf(a.out, "  anchor at a %s b %s c %s", numberOf(q.A, 2), numberOf(q.B, 2), numberOf(q.C, 2))
		}
		if q.Content != nil {
			fmt.Fprintf(a.out, "\n%s", widget.Clean(*q.Content))
		}
	}
	fmt.Fprintf(a.out, "\n\na %s ± %s   b %s ± %s   c %s ± %s   %s, %s correct\n", numberOf(now.A, 3), numberOf(now.SEA, 3),
		numberOf(now.B, 3), numberOf(now.SEB, 3), numberOf(now.C, 3), numberOf(now.SEC, 3), plural(now.N, "answer"), numberOf(now.PCorrect, 3))
	fmt.Fprintf(a.out, "infit %s   outfit %s", numberOf(now.Infit, 2), numberOf(now.Outfit, 2))
	if now.SX2 != nil && now.SX2DF != nil {
		fmt.Fprintf(a.out, "   S-X² %s on %d df, p %s", number(*now.SX2, 1), *now.SX2DF, numberOf(now.SX2P, 3))
	}
	if c := flagsCell(now.Flags, now.Dropped); c.text != "" {
		fmt.Fprintf(a.out, "   %s", c.text)
	}
	fmt.Fprint(a.out, "\n\n")
	t := table{columns: []column{{title: "DAY"}, {title: "A", right: true}, {title: "B", right: true}, {title: "C", right: true, drop: 3}, {title: "SE B", right: true, drop: 2},
		{title: "N", right: true}, {title: "ΔA", right: true, drop: 1}, {title: "ΔB", right: true, drop: 1}, {title: "Z", right: true},
		{title: "FLAGS", grow: true}, {title: "SCALE", drop: 5}, {title: "RUN", drop: 4}}}
	for _, v := range d.History {
		row := append(plain(v.DataDay.String(), numberOf(v.A, 2), numberOf(v.B, 2), numberOf(v.C, 2), numberOf(v.SEB, 2), count(v.N)), driftCells(v.Drift)...)
		t.add(append(row, flagsCell(v.Flags, v.Dropped), cell{text: v.Version}, cell{text: v.RunID.String()[:shortIDLength]})...)
	}
	a.printTable(&t, "")
}
