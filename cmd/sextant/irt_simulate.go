package main

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sextant/irt"
	"sextant/jobs/irtfile"
)

type irtSimulateOptions struct {
	app       *app
	items     string
	persons   int
	missing   float64
	prior     *[2]float64
	seed      uint64
	form      string
	output    string
	abilities string
}

func newIRTSimulateCmd(a *app) *cobra.Command {
	o := irtSimulateOptions{app: a}
	cmd := &cobra.Command{
		Use: "simulate --items FILE", Short: "Draw answers from known parameters", Args: noArgs,
		Example: "  sextant irt simulate --items items.json --persons 5000 --missing 0.5 --output answers.csv.gz --abilities truth.csv",
		RunE:    func(cmd *cobra.Command, _ []string) error { return simulateAnswers(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.items, "items", "", "item parameters: the JSON of irt fit, or CSV with item_id, a, b and c")
	f.IntVar(&o.persons, "persons", 1000, "how many")
	f.Var(pairFlag{&o.prior, "MEAN,SD"}, "prior", "of the population (default that of --items)")
	f.Float64Var(&o.missing, "missing", 0, "share of answers to leave out, 0 to below 1")
	f.Uint64Var(&o.seed, "seed", 1, "the same seed gives the same answers")
	f.StringVar(&o.form, "form", "wide", "wide or long")
	f.StringVar(&o.output, "output", "-", "CSV to write, gzipped when it ends in .gz; - is the standard output")
	f.StringVar(&o.abilities, "abilities", "", "CSV to write the true θ to")
	return cmd
}

func simulateAnswers(ctx context.Context, o irtSimulateOptions) error {
	write := irtfile.WriteWide
	switch {
	case o.items == "":
		return usagef("--items is missing: the items' parameters")
	case o.persons < 1:
		return usagef("--persons must be positive")
	case o.form == "long":
		write = irtfile.WriteLong
	case o.form != "wide":
		return usagef("--form is wide or long, not %q", o.form)
	}
	bank, err := readItems(o.app, o.items)
	if err != nil {
		return err
	}
	if o.prior != nil {
		bank.Population = irt.Normal{Mean: o.prior[0], SD: o.prior[1]}
	}
	if err := bank.Population.Validate(); err != nil {
		return usageOf(err)
	}
	rng := rand.New(rand.NewPCG(o.seed, 0))
	theta := make([]float64, o.persons)
	for i := range theta {
		theta[i] = bank.Population.Mean + bank.Population.SD*rng.NormFloat64()
	}
	r, err := irt.Simulate(rng, bank.Params, theta, o.missing)
	if err != nil {
		return usageOf(err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	answers := &irtfile.Answers{Responses: r, Persons: irtfile.Number("p", o.persons), Items: bank.Items}
	err = o.app.writeTo(o.output, func(w io.Writer) error { return write(w, answers) })
	if err != nil || o.abilities == "" {
		return err
	}
	return o.app.writeTo(o.abilities, func(w io.Writer) error { return irtfile.WriteAbilities(w, answers.Persons, theta) })
}

// writeTo writes a file with f, gzipped when its name says so; - is the output.
func (a *app) writeTo(path string, f func(io.Writer) error) (err error) {
	if path == "-" {
		return f(a.out)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if !strings.HasSuffix(path, ".gz") {
		return f(file)
	}
	z := gzip.NewWriter(file)
	return errors.Join(f(z), z.Close())
}
