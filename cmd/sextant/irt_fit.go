package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sextant/irt"
	"sextant/jobs/irtfile"
)

const irtFitHelp = `Calibrate items from answers in a CSV file, plain or gzipped: wide (a header of item names, a row a person,
1, 0, and empty or NA for no answer; a first column user_id is the person) or long (user_id, item_id, correct).

rasch fixes a = 1 and estimates the population's variance; 1pl is N(0, 1) with one common slope.
P(correct) = c + (1 − c) / (1 + exp(−a(θ − b))).`

type irtFitOptions struct {
	app        *app
	responses  string
	model      string
	anchors    string
	priorC     *[2]float64
	priorA     *[2]float64
	grid       gridFlags
	tol        float64
	maxCycles  int
	minAnswers int
	workers    int
	se, fit    bool
}

func newIRTFitCmd(a *app) *cobra.Command {
	o := irtFitOptions{app: a}
	cmd := &cobra.Command{
		Use: "fit --responses FILE", Short: "Calibrate items", Long: irtFitHelp, Args: noArgs,
		Example: "  sextant irt fit --responses answers.csv.gz --model 2pl --se --json > items.json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return fitItems(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.responses, "responses", "", "CSV of answers; - is the standard input")
	f.StringVar(&o.model, "model", string(irt.TwoPL), "rasch, 1pl, 2pl or 3pl")
	f.Var(pairFlag{&o.priorC, "MEAN,SD"}, "prior-c", "normal prior on logit(c), for 3pl")
	f.Var(pairFlag{&o.priorA, "MEAN,SD"}, "prior-a", "normal prior on log(a), for 2pl and 3pl")
	f.StringVar(&o.anchors, "anchors", "", "items held at known parameters, JSON or CSV; they define the scale")
	o.grid.bind(cmd)
	f.Float64Var(&o.tol, "tol", 1e-6, "stop when a cycle moves no parameter by more")
	f.IntVar(&o.maxCycles, "max-cycles", 500, "give up after so many")
	f.IntVar(&o.minAnswers, "min-answers", 1, "set aside items with fewer")
	f.BoolVar(&o.se, "se", false, "standard errors")
	f.BoolVar(&o.fit, "fit", false, "item fit: mean squares, S-X²")
	f.IntVar(&o.workers, "workers", 0, "goroutines, 0 for one a processor; never changes the result")
	return cmd
}

func fitItems(ctx context.Context, o irtFitOptions) error {
	opt, err := o.options()
	if err != nil {
		return err
	}
	answers, err := readResponses(o.app, o.responses)
	if err != nil {
		return err
	}
	if o.anchors != "" {
		if opt.Anchors, err = o.readAnchors(answers.Items); err != nil {
			return err
		}
	}
	log, said := o.app.logger(slog.LevelInfo), o.app.clock()
	opt.Progress = func(p irt.Progress) {
		if now := o.app.clock(); now.Sub(said) >= sayEvery {
			said = now
			log.Info("under way", "cycle", p.Cycle, "log_likelihood", p.LogLikelihood, "change", p.Change)
		}
	}
	res, err := irt.Fit(ctx, answers.Responses, opt)
	if err != nil {
		return usageOf(err)
	}
	c := irtfile.NewCalibration(res, answers.Items)
	if o.app.global.json {
		err = o.app.writeJSON(c)
	} else {
		o.app.printCalibration(c)
	}
	if err == nil && !res.Converged {
		hint := "look for items with few answers, or raise --max-cycles"
		if res.Model == irt.ThreePL && o.priorC == nil {
			hint = "guessing is poorly determined without --prior-c, for example --prior-c=-1.4,0.5"
		}
		err = fmt.Errorf("the fit did not converge in %d cycles: %s", res.Iterations, hint)
	}
	return err
}

func (o irtFitOptions) options() (irt.Options, error) {
	if o.responses == "" {
		return irt.Options{}, usagef("--responses is missing: the CSV file of answers")
	}
	model, err := irt.ParseModel(o.model)
	if err != nil {
		return irt.Options{}, usagef("--model: %v", err)
	}
	q, err := o.grid.quadrature()
	if err != nil {
		return irt.Options{}, err
	}
	if o.tol <= 0 || o.maxCycles < 1 {
		return irt.Options{}, usagef("--tol and --max-cycles must be positive")
	}
	opt := irt.Options{Model: model, Quadrature: q, Tol: o.tol, MaxCycles: o.maxCycles, MinAnswers: o.minAnswers,
		Workers: o.workers, SE: o.se, ItemFit: o.fit}
	if o.priorC != nil {
		opt.PriorC = &irt.LogitNormal{Mean: o.priorC[0], SD: o.priorC[1]}
	}
	if o.priorA != nil {
		opt.PriorA = &irt.LogNormal{Mean: o.priorA[0], SD: o.priorA[1]}
	}
	return opt, nil
}

// readAnchors finds the anchors among the items answered.
func (o irtFitOptions) readAnchors(items []string) (map[int]irt.ItemParams, error) {
	bank, err := readItems(o.app, o.anchors)
	if err != nil {
		return nil, err
	}
	anchors := map[int]irt.ItemParams{}
	for i, name := range items {
		if at, ok := bank.Number(name); ok {
			anchors[i] = bank.Params[at]
		}
	}
	if len(anchors) == 0 {
		return nil, errors.New(o.anchors + ": none of its items is among the answers")
	}
	return anchors, nil
}

func (a *app) printCalibration(c irtfile.Calibration) {
	t := table{columns: []column{{title: "ITEM", grow: true}, {title: "A", right: true}, {title: "B", right: true},
		{title: "C", right: true}, {title: "SE A", right: true, drop: 2}, {title: "SE B", right: true, drop: 2},
		{title: "SE C", right: true, drop: 4}, {title: "N", right: true, drop: 1}, {title: "CORRECT", right: true, drop: 3},
		{title: "FLAGS"}}}
	for _, i := range c.Items {
		var flags []string
		for _, f := range i.Flags {
			flags = append(flags, string(f))
		}
		t.add(plain(i.ID, decimals(&i.A), decimals(&i.B), decimals(&i.C), decimals(i.SEA), decimals(i.SEB), decimals(i.SEC),
			strconv.Itoa(i.N), decimals(&i.PCorrect), strings.Join(flags, " "))...)
	}
	for _, d := range c.Dropped {
		t.add(plain(d.ID, "", "", "", "", "", "", "", "", "set aside: "+strings.ReplaceAll(string(d.Reason), "_", " "))...)
	}
	a.printTable(&t, "no items")
	fmt.Fprintf(a.out, "\n%s: %d persons, %d answers, log-likelihood %.4f, reliability %.3f, population N(%.3f, %.3f), %d cycles\n",
		c.Model, c.Persons, c.Answers, c.LogLikelihood, c.Reliability, c.Latent.Mean, c.Latent.Variance, c.Iterations)
}
