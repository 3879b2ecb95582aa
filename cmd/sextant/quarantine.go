package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"sextant/jobs"
)

func newQuarantineCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "quarantine", Short: "Show what could not be taken from the platform, and why", Args: noArgs,
		Long: `Counts by reason the source rows and answers that could not be taken: how many still stand so (OPEN), how many were mended
since, and how many were new on each of the last days. It costs the answer, only a field of it, or a session's questions.`,
		Example:     "  sextant quarantine\n  sextant quarantine show no_verdict --limit 5\n  sextant quarantine list --json | jq '.reasons[] | [.reason, .open]'",
		Annotations: map[string]string{"subcommands": "Commands"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return listQuarantine(cmd.Context(), a) },
	}
	cmd.AddCommand(newQuarantineListCmd(a), newQuarantineShowCmd(a))
	return cmd
}

func newQuarantineListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Count what was set aside by reason, as does the command without a name", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return listQuarantine(cmd.Context(), a) },
	}
}

func listQuarantine(ctx context.Context, a *app) error {
	s, err := a.connectToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	q, err := a.service(s).Quarantine(ctx)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(q)
	}
	t := table{columns: []column{{title: "REASON"}, {title: "OPEN", right: true}, {title: "MENDED", right: true, drop: 2}, {title: "COSTS"},
		{title: "NEW, 7 DAYS", right: true, drop: 1}, {title: "FIRST", drop: 4}, {title: "LAST", drop: 3}, {title: "MEANS", grow: true}}}
	for _, r := range q.Reasons {
		t.add(openCell(r, r.Reason), openCell(r, count(r.Open)), cell{text: count(r.Resolved)}, cell{text: r.Costs}, cell{text: count(r.LastWeek())},
			cell{text: shortStamp(&r.FirstSeen)}, cell{text: shortStamp(&r.LastSeen)}, cell{text: r.Means})
	}
	a.printTable(&t, "nothing is in quarantine: every row could be taken")
	return nil
}

// openCell is faint where nothing is open any more.
func openCell(r jobs.QuarantinedReason, text string) cell {
	if r.Open == 0 {
		return cell{text, faint}
	}
	return cell{text: text}
}

type quarantineShowOptions struct {
	app      *app
	reason   string
	limit    int
	resolved bool
}

func newQuarantineShowCmd(a *app) *cobra.Command {
	o := quarantineShowOptions{app: a}
	cmd := &cobra.Command{
		Use: "show REASON", Short: "Show the newest of what a reason keeps out, and what mends it", Args: argCount(1, 1, "a reason, as in 'sextant quarantine'"),
		Long: `Shows the newest rows that a reason keeps out, each with its key in the source and its raw value. Raw values are the platform's
own and may name learners.`,
		Example: "  sextant quarantine show bad_item\n  sextant quarantine show no_learner --resolved --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.reason = args[0]
			return showQuarantine(cmd.Context(), o)
		},
	}
	cmd.Flags().IntVar(&o.limit, "limit", 20, "at most this many rows")
	cmd.Flags().BoolVar(&o.resolved, "resolved", false, "also those that were mended since")
	return cmd
}

func showQuarantine(ctx context.Context, o quarantineShowOptions) error {
	a := o.app
	if o.limit < 1 {
		return usagef("--limit is at least 1")
	}
	s, err := a.connectToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	q, err := a.service(s).QuarantineSample(ctx, o.reason, o.resolved, o.limit)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(q)
	}
	fmt.Fprintf(a.out, "%s: %s\n\n", q.Reason, q.Means)
	fmt.Fprintf(a.out, "  open    %s, %s mended since; costs the %s\n", count(q.Open), count(q.Resolved), q.Costs)
	fmt.Fprintf(a.out, "  from    %s\n", q.Source)
	fmt.Fprintf(a.out, "  seen    first %s, last %s UTC\n", stamp(q.FirstSeen), stamp(q.LastSeen))
	fmt.Fprintf(a.out, "  do      %s\n\n", q.Do)
	t := table{columns: []column{{title: "SOURCE", drop: 3}, {title: "KEY", grow: true}, {title: "POS", right: true, drop: 2}, {title: "FIRST", drop: 4}, {title: "LAST"},
		{title: "TIMES", right: true, drop: 1}, {title: "MENDED", drop: 5}, {title: "RAW", grow: true}}}
	for _, r := range q.Rows {
		t.add(plain(r.Source, r.Key, count(r.Position), shortStamp(&r.FirstSeen), shortStamp(&r.LastSeen), count(r.TimesSeen), shortStamp(r.ResolvedAt), string(r.Raw))...)
	}
	a.printTable(&t, "no row of it is open; --resolved shows those that were mended")
	return nil
}
