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

func newItemsBankCmd(a *app) *cobra.Command {
	var bank string
	cmd := &cobra.Command{
		Use: "bank", Short: "Sum the bank up: learners against items, precision, linking, drift", Args: noArgs,
		Long: `Sums up the calibration in force: the linking constants, the reliability, the distribution of θ beside that of the items' b,
the test information with the standard error that it gives, and the items that have moved most since the calibration before.`,
		Example: "  sextant items bank\n  sextant items bank --bank topic:algebra\n  sextant items bank --json | jq '.information[] | [.theta, .se]'",
		RunE:    func(cmd *cobra.Command, _ []string) error { return showBank(cmd.Context(), a, bank) },
	}
	bindBank(cmd, &bank)
	return cmd
}

func showBank(ctx context.Context, a *app, bank string) error {
	s, err := a.connectToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	b, err := a.service(s).Bank(ctx, bank)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(b)
	}
	a.printBank(b)
	return nil
}

func (a *app) printBank(b jobs.BankSummary) {
	c := b.Calibration
	if c == nil {
		fmt.Fprintln(a.out, "no calibration yet; run 'sextant run mirt-calibrate'")
		return
	}
	fmt.Fprintf(a.out, "%s of %s, run %s, scale %s\n\n", c.Model, c.DataDay, c.RunID.String()[:shortIDLength], widget.Clean(c.Version))
	fmt.Fprintf(a.out, "  items        %s with parameters, %s set aside, %s flagged\n", count(b.Items), count(b.Dropped), count(b.Flagged))
	fmt.Fprintf(a.out, "  fitted on    %s of %s in %s\n", plural(b.Fit.Answers, "answer"), plural(b.Fit.Persons, "learner"), plural(b.Fit.Iterations, "cycle"))
	fmt.Fprintf(a.out, "  population   N(%s, %s²)\n", number(c.PriorMean, 3), number(c.PriorSD, 3))
	fmt.Fprintf(a.out, "  reliability  %s of the answers fitted, %s of the whole bank\n", number(b.Fit.Reliability, 3), number(b.Reliability, 3))
	if l := b.Linking; l.To == "scale" {
		fmt.Fprintf(a.out, "  linking      it starts the scale\n")
	} else {
		since := "since the scale began"
		if l.Alarm {
			since += fmt.Sprintf(", past the alarm of %g", jobs.LinkAlarm)
		}
		fmt.Fprintf(a.out, "  linking      θ = %s θ' %s %s, %s to %s by %d of %s, SE %s (%s %s), residual %s\n", number(l.A, 4), plusOf(l.B), strings.TrimPrefix(number(l.B, 4), "-"),
			strings.ReplaceAll(l.Method, "_", " "), l.To, l.Items, plural(l.Common, "item"), number(l.SE, 4), number(l.AccumulatedSE, 4), since, number(l.Residual, 3))
	}
	if r := b.Refused; r != nil {
		fmt.Fprintf(a.out, "  refused      the newest calibration failed: sextant items refused %s\n", shortID(*r))
	}
	a.printScale(b)
	a.printMoved("moved most since "+dayOfCalibration(b.Previous), b.Moved[:min(len(b.Moved), 10)])
}

func plusOf(v float64) string {
	if v < 0 {
		return "−"
	}
	return "+"
}

func dayOfCalibration(c *db.Calibration) string {
	if c == nil {
		return "the calibration before"
	}
	return c.DataDay.String()
}

// printScale sets learners, items and precision side by side along θ.
func (a *app) printScale(b jobs.BankSummary) {
	fmt.Fprintln(a.out)
	t := table{columns: []column{{title: "θ", right: true}, {title: "LEARNERS", right: true}, {title: "ITEMS", right: true}, {title: "INFORMATION", right: true}, {title: "SE", right: true}}}
	const step = 4 // bars of a half θ unit's two quarters
	for i := 0; i < len(b.ItemBars.Bars); i += step {
		width := (b.ItemBars.High - b.ItemBars.Low) / float64(len(b.ItemBars.Bars))
		middle := b.ItemBars.Low + width*(float64(i)+step/2)
		learners := ""
		if b.Thetas != nil {
			learners = count(sumOf(b.Thetas.Bars[i : i+step]))
		}
		info, se := "", ""
		for _, p := range b.Information {
			if p.Theta > middle-1e-9 {
				info, se = number(p.Information, 1), number(p.SE, 3)
				break
			}
		}
		t.add(plain(number(middle, 1), learners, count(sumOf(b.ItemBars.Bars[i:i+step])), info, se)...)
	}
	a.printTable(&t, "")
	if b.Thetas != nil && b.Thetas.Sample {
		fmt.Fprintf(a.out, "learners: a sample of %s\n", count(b.Thetas.Counted))
	}
}

func sumOf(bars []int64) (n int64) {
	for _, b := range bars {
		n += b
	}
	return n
}

// printMoved lists items that have moved.
func (a *app) printMoved(what string, items []jobs.MovedItem) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(a.out, "\n%s:\n", what)
	t := table{columns: []column{{title: "ITEM", grow: true}, {title: "B BEFORE", right: true}, {title: "B", right: true}, {title: "ΔB", right: true},
		{title: "A BEFORE", right: true, drop: 2}, {title: "A", right: true, drop: 2}, {title: "Z", right: true}, {title: "RMSD", right: true}, {title: "N", right: true, drop: 1}, {title: "DRIFT"}}}
	for _, m := range items {
		verdict := cell{text: ""}
		if m.Drifted {
			verdict = cell{"yes", warning}
		}
		t.add(append(plain(m.ItemID, number(m.Before.B, 2), number(m.Now.B, 2), sign(m.DeltaB())+number(m.DeltaB(), 2), number(m.Before.A, 2), number(m.Now.A, 2),
			numberOf(m.Z, 1), number(m.RMSD, 3), count(m.Now.N)), verdict)...)
	}
	a.printTable(&t, "")
}

func newItemsRefusedCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "refused RUN", Short: "Show which items kept a calibration from being published", Args: argCount(1, 1, "the id of a run of mirt-calibrate"),
		Long: `Shows why a calibration was refused and the items that decided it, which had drifted or are the farthest off: where each was, where the refused fit
puts it, in how many standard errors (Z), and how far the curves are apart in probability (RMSD).`,
		Example: "  sextant runs --stage mirt-calibrate --status failed\n  sextant items refused 019abefd-9c3d",
		RunE:    func(cmd *cobra.Command, args []string) error { return showRefused(cmd.Context(), a, args[0]) },
	}
}

func showRefused(ctx context.Context, a *app, prefix string) error {
	s, err := a.connectToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	run, err := a.service(s).FindRun(ctx, prefix)
	if err != nil {
		return err
	}
	r, err := a.service(s).Refused(ctx, run.ID)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(r)
	}
	fmt.Fprintf(a.out, "%s  %s  %s\n", r.Run.ID, runWindow(r.Run), a.painted(statusCell(r.Run.Status)))
	if r.Run.Error != nil {
		fmt.Fprintf(a.out, "%s\n", widget.Clean(*r.Run.Error))
	}
	if len(r.Items) == 0 {
		fmt.Fprintln(a.out, "\nits log names no item")
		return nil
	}
	title := fmt.Sprintf("%s of %s drifted against %s; the farthest first", count(r.Drifted), plural(r.Common, "common item"), linkedTo(r.To))
	if r.Drifted == 0 {
		title = "the items that the residual comes from, the farthest off first"
	}
	a.printMoved(title, r.Items)
	if r.Run.Status == db.RunFailed {
		fmt.Fprintf(a.out, "\npublish it all the same: %s\n", r.Command)
	}
	return nil
}

// linkedTo is what a calibration is held against, in words.
func linkedTo(to string) string {
	switch to {
	case "anchors":
		return "the anchors"
	case "previous":
		return "the calibration before"
	}
	return "what is known"
}
