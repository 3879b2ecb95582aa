package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

type learnerForgetOptions struct {
	app     *app
	request jobs.Request
	lift    bool
	yes     bool
}

func newLearnerForgetCmd(a *app) *cobra.Command {
	o := learnerForgetOptions{app: a, request: jobs.Request{Stage: jobs.ForgetLearner{}.Info().Name}}
	cmd := &cobra.Command{
		Use: "forget USER", Short: "Erase one learner from everything Sextant wrote", Args: argCount(1, 1, "the id of one learner"),
		Long: `Erases a learner from Sextant's own tables and from the tables it publishes, deletes their weekly reports where those
are stored, and takes their id out of the ledger.
The platform's own rows stay: what remains there is listed, and no later sync reads it, until --lift. Off a terminal
it wants --yes.`,
		Example: `  sextant learner forget 1042 --dry-run
  sextant learner forget 1042 --yes --reason "erasure request 17"
  sextant learner forget 1042 --lift --yes               let the next sync read them again`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.request.Users = args
			if o.lift {
				o.request.Options = map[string]string{"lift": "true"}
			}
			if err := dryRunFromEnv(a, cmd, &o.request); err != nil {
				return err
			}
			return forgetLearner(cmd.Context(), o)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&o.lift, "lift", false, "instead, let the next sync read again what the platform holds of the learner")
	bindRequest(a, cmd, &o.request)
	return cmd
}

func forgetLearner(ctx context.Context, o learnerForgetOptions) error {
	a := o.app
	if !o.request.DryRun && !o.yes && !a.asks(false) {
		return usagef("what is erased does not come back: look with --dry-run, then give --yes")
	}
	s, err := a.connectToChange(ctx, o.request.DryRun)
	if err != nil {
		return err
	}
	defer s.Close()
	f, err := a.runner(s, s.log).PreviewForget(ctx, o.request)
	if err != nil {
		return err
	}
	switch {
	case o.request.DryRun && a.global.json:
		return a.writeJSON(f)
	case o.request.DryRun || !o.yes:
		a.printForgetting(o.request.Users[0], f, o.lift)
	}
	if o.request.DryRun {
		return nil
	}
	if !o.yes {
		question := fmt.Sprintf("Erase 1 learner, %s, in %s?", plural(f.Rows(), "row"), s.where())
		if o.lift {
			question = fmt.Sprintf("Let 1 learner be read again in %s?", s.where())
		}
		ok, err := a.confirm(ctx, question)
		if err != nil || !ok {
			return err
		}
	}
	return a.run(ctx, s, o.request)
}

// printForgetting shows what would be erased and what remains.
func (a *app) printForgetting(user string, f db.Forgetting, lift bool) {
	if !lift {
		fmt.Fprintf(a.out, "%s: %s of Sextant's would go\n\n", widget.Clean(user), plural(f.Rows(), "row"))
		a.printCounts(append(withNote(f.Erased, "erased"), withNote(f.Redacted, "lose the id")...), "nothing of Sextant's names this learner")
		fmt.Fprintln(a.out)
	}
	a.printCounts(withNote(f.Platform, "stay: they are the platform's"), "the platform holds nothing of them")
	if n := len(f.Stored); n > 0 && !lift {
		fmt.Fprintf(a.out, "%s would be deleted where they are stored\n", plural(n, "weekly report"))
	}
	for _, url := range f.Reports {
		fmt.Fprintf(a.out, "stays where it is stored: %s\n", widget.Clean(url))
	}
}

// counted is a table, its rows, and what becomes of them.
type counted struct {
	db.TableCount
	note string
}

func withNote(list []db.TableCount, note string) []counted {
	out := make([]counted, len(list))
	for i, c := range list {
		out[i] = counted{c, note}
	}
	return out
}

func (a *app) printCounts(list []counted, empty string) {
	t := table{columns: []column{{title: "TABLE", grow: true}, {title: "ROWS", right: true}, {title: "WHAT BECOMES OF THEM"}}}
	for _, c := range list {
		t.add(plain(c.Table, count(c.Rows), c.note)...)
	}
	a.printTable(&t, empty)
}
