package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sextant/irt"
	"sextant/jobs/irtfile"
)

const irtScoreHelp = `Estimate θ of every person of a CSV file of answers, from items of known parameters.

eap is the mean of the posterior, map its mode, wle Warm's weighted likelihood estimate, which uses no prior.
The prior is the population of --items where that is the JSON of irt fit, else N(0, 1). A person without
answers gets the prior.`

type irtScoreOptions struct {
	app       *app
	items     string
	responses string
	method    string
	prior     *[2]float64
	grid      gridFlags
	ignore    bool
	workers   int
}

func newIRTScoreCmd(a *app) *cobra.Command {
	o := irtScoreOptions{app: a}
	cmd := &cobra.Command{
		Use: "score --items FILE --responses FILE", Short: "Estimate θ and its standard error", Long: irtScoreHelp, Args: noArgs,
		Example: "  sextant irt score --items items.json --responses answers.csv.gz --json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return scorePersons(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.items, "items", "", "item parameters: the JSON of irt fit, or CSV with item_id, a, b and c")
	f.StringVar(&o.responses, "responses", "", "CSV of answers, as of irt fit; - is the standard input")
	f.StringVar(&o.method, "method", "eap", "eap, map or wle")
	f.Var(pairFlag{&o.prior, "MEAN,SD"}, "prior", "of the population (default that of --items)")
	o.grid.bind(cmd)
	f.BoolVar(&o.ignore, "ignore-unknown", false, "leave out answers to items that --items does not have")
	f.IntVar(&o.workers, "workers", 0, "goroutines, 0 for one a processor; never changes the result")
	return cmd
}

func scorePersons(ctx context.Context, o irtScoreOptions) error {
	if o.items == "" || o.responses == "" {
		return usagef("--items and --responses are both needed")
	}
	q, err := o.grid.quadrature()
	if err != nil {
		return err
	}
	bank, err := readItems(o.app, o.items)
	if err != nil {
		return err
	}
	if o.prior != nil {
		bank.Population = irt.Normal{Mean: o.prior[0], SD: o.prior[1]}
	}
	answers, err := readResponses(o.app, o.responses)
	if err != nil {
		return err
	}
	number, err := o.match(bank, answers.Items)
	if err != nil {
		return err
	}
	r, err := answers.Renumber(number, len(bank.Items))
	if err != nil {
		return err
	}
	s, err := irt.NewScorer(bank.Params, bank.Population, q)
	if err != nil {
		return usageOf(err)
	}
	abilities, err := o.score(ctx, s, r)
	if err != nil {
		return err
	}
	scores := make([]irtfile.Score, len(abilities))
	for p, x := range abilities {
		scores[p] = irtfile.Score{UserID: answers.Persons[p], Theta: x.Theta, SE: x.SE, N: r.Count(p)}
	}
	if o.app.global.json {
		return o.app.writeJSON(scores)
	}
	t := table{columns: []column{{title: "USER", grow: true}, {title: "THETA", right: true}, {title: "SE", right: true}, {title: "N", right: true}}}
	for _, x := range scores {
		t.add(plain(x.UserID, decimals(&x.Theta), decimals(&x.SE), strconv.Itoa(x.N))...)
	}
	o.app.printTable(&t, "no persons")
	return nil
}

func (o irtScoreOptions) score(ctx context.Context, s *irt.Scorer, r *irt.Responses) ([]irt.Ability, error) {
	switch strings.ToLower(o.method) {
	case "eap":
		return s.EAPAll(ctx, r, o.workers)
	case "map":
		return s.MAPAll(ctx, r, o.workers)
	case "wle":
		return s.WLEAll(ctx, r, o.workers)
	}
	return nil, usagef("--method is eap, map or wle, not %q", o.method)
}

// match numbers the answered items as the bank does; unknown ones are an
// error unless they are to be ignored.
func (o irtScoreOptions) match(bank *irtfile.Bank, items []string) ([]int, error) {
	number := make([]int, len(items))
	var unknown []string
	for i, name := range items {
		at, ok := bank.Number(name)
		if !ok {
			at = -1
			unknown = append(unknown, strconv.Quote(name))
		}
		number[i] = at
	}
	if len(unknown) == 0 || o.ignore {
		return number, nil
	}
	const shown = 5
	list := strings.Join(unknown[:min(shown, len(unknown))], ", ")
	if len(unknown) > shown {
		list += fmt.Sprintf(" and %d more", len(unknown)-shown)
	}
	return nil, fmt.Errorf("%s has no parameters for %s: calibrate them, or pass --ignore-unknown: %w", o.items, list, irt.ErrUnknownItem)
}
