package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"sextant/jobs"
)

func newReportTemplateCmd(a *app) *cobra.Command {
	out := "report-template"
	cmd := &cobra.Command{
		Use: "template", Short: "Write out the Quarto template, to make your own from", Args: noArgs,
		Long: `Writes the template that --renderer quarto uses into a folder that is not there yet. Change it, and name the folder with
--template. docs/report.md tells what a template is given.`,
		Example: "  sextant report template --out my-report\n  sextant report generate --renderer quarto --template my-report --user 1042",
		RunE: func(*cobra.Command, []string) error {
			files, err := jobs.WriteReportTemplate(out)
			switch {
			case err != nil:
				return err
			case a.global.json:
				return a.writeJSON(map[string]any{"folder": out, "files": files})
			case !a.global.quiet:
				fmt.Fprintf(a.out, "wrote %s to %s; use it with: sextant report generate --renderer quarto --template %s\n", plural(len(files), "file"), out, out)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", out, "folder to make")
	return cmd
}
