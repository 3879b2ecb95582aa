package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sextant/jobs"
	"sextant/tui/widget"
)

type thetaRestoreOptions struct {
	app     *app
	request jobs.Request
	at      string
	from    string // a file of ids
	yes     bool
}

func newThetaRestoreCmd(a *app) *cobra.Command {
	o := thetaRestoreOptions{app: a, request: jobs.Request{Stage: jobs.RestoreTheta{}.Info().Name}}
	cmd := &cobra.Command{
		Use: "restore USER… --at TIME", Short: "Bring a learner's θ back to what it was at a moment", Args: cobra.ArbitraryArgs,
		Long: `Publishes again the θ, overall and by topic, that stood at a moment: of what had been estimated by then, the newest.
The history gets new rows, which name the run; nothing is removed from it, so a restore can be undone by another.
A topic that had no θ yet at that moment keeps the one it has; it is listed. The next calibration or estimate of the learner overwrites what was restored. On a terminal it first shows what
would change and asks; off a terminal it goes ahead.`,
		Example: `  sextant theta restore 1042 --at 2h --dry-run              as it was two hours ago
  sextant theta restore 1042 --at "2026-03-29 12:00" --reason "undo of a mistaken recompute"
  sextant theta restore --from-file ids.txt --at 2026-03-29T12:00:00Z`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.at == "" {
				return usagef("--at: name the moment to go back to")
			}
			at, err := momentBefore(o.at, a.clock())
			if err != nil {
				return usagef("--at: %s", err)
			}
			o.request.Options = map[string]string{"at": at.UTC().Format(time.RFC3339Nano)}
			if o.request.Users, err = a.learnerIDs(args, o.from); err != nil {
				return err
			}
			if err := dryRunFromEnv(a, cmd, &o.request); err != nil {
				return err
			}
			return restoreThetas(cmd.Context(), o)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&o.at, "at", "", "the moment: RFC 3339, YYYY-MM-DD HH:MM (UTC), a day, at whose first moment, or how long ago, as 2h")
	cmd.Flags().StringVar(&o.from, "from-file", "", "also the learners of this `file`, an id a line; - is standard input")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	bindRequest(a, cmd, &o.request)
	return cmd
}

// momentBefore reads a moment, a day as its beginning, or how long before now it
// was.
func momentBefore(s string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a moment; write it as 2026-03-29T12:00:00Z, as %q, as a day, or as an age such as 2h", s, "2026-03-29 12:00")
}

func restoreThetas(ctx context.Context, o thetaRestoreOptions) error {
	a := o.app
	return change(ctx, a, o.request, o.yes, (*jobs.Runner).PreviewRestore, func(list []jobs.Restoration) string {
		a.printRestorations(list)
		return "Restore θ of " + plural(len(o.request.Users), "learner")
	})
}

func (a *app) printRestorations(list []jobs.Restoration) {
	t := table{columns: []column{{title: "LEARNER", grow: true}, {title: "TOPIC"}, {title: "NOW", right: true}, {title: "RESTORED", right: true},
		{title: "SE", right: true}, {title: "ANSWERS", right: true, drop: 2}, {title: "AS OF", drop: 1}, {title: "ESTIMATED", drop: 3}, {title: "SOURCE", drop: 4}}}
	kept := 0
	for _, r := range list {
		for _, th := range r.Thetas {
			topic := "(overall)"
			if th.TopicID != nil {
				topic = *th.TopicID
			}
			t.add(plain(r.UserID, topic, numberOf(th.Now, 3), number(th.Theta, 3), numberOf(th.SE, 3), count(th.Answers),
				stamp(th.AsOf), stamp(th.EstimatedAt), th.Source)...)
		}
		for _, k := range r.Kept {
			kept++
			t.add(plain(r.UserID, k.TopicID, number(k.Theta, 3), "stays", numberOf(k.SE, 3), "", stamp(k.AsOf), stamp(k.EstimatedAt), k.Source)...)
		}
	}
	a.printTable(&t, "nobody")
	if kept > 0 {
		fmt.Fprintln(a.out, plural(kept, "topic")+" had no θ yet: what is there now stays, and counts in P")
	}
	if len(list) > 0 {
		fmt.Fprintln(a.out, widget.Clean("as it was at "+list[0].At.UTC().Format("2006-01-02 15:04:05")+
			" UTC; it stands until the next calibration or estimate of the learner"))
	}
}
