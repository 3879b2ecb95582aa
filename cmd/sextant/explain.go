package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"sextant/jobs"
)

type explainOptions struct {
	app  *app
	name string // empty: everything
}

func newExplainCmd(a *app) *cobra.Command {
	o := explainOptions{app: a}
	return &cobra.Command{
		Use: "explain [KPI|STAGE]", Short: "Define a KPI or a stage, with an example", Args: argCount(0, 1, "at most one name"),
		Long:              "Prints the definition of a KPI or of what a stage publishes; without a name, all of them as one Markdown page.",
		Example:           "  sextant explain A_t\n  sextant explain compute-daily-kpis",
		ValidArgsFunction: cobra.FixedCompletions(explained(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.name = args[0]
			}
			return explain(o)
		},
	}
}

func explained() []string {
	var names []string
	for _, e := range jobs.Explanations(jobs.Stages()) {
		names = append(names, e.Name)
	}
	return names
}

func explain(o explainOptions) error {
	a := o.app
	if o.name == "" {
		if a.global.json {
			return a.writeJSON(jobs.Explanations(jobs.Stages()))
		}
		fmt.Fprint(a.out, jobs.Formulas(jobs.Stages()))
		return nil
	}
	e, err := jobs.Explain(jobs.Stages(), o.name)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(e)
	}
	fmt.Fprintf(a.out, "%s: %s\n\n%s\n", e.Name, e.Title, e.Text)
	return nil
}
