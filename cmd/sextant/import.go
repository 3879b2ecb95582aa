package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sextant/jobs"
	"sextant/tui/widget"
)

const importHelp = `Loads an answer log into the table responses, so that the pipeline can be used without a platform. The file is CSV,
plain or gzipped, with a header: user_id, item_id, is_correct, responded_at, and perhaps session_id, topic_id,
response_time_ms, hints, in any order. Times are ISO 8601 (without a zone: UTC) or Unix seconds.

All of the file is imported or nothing. Answers that are there already are not added again, so that a file can be
imported twice, or with rows added.`

type importOptions struct {
	app       *app
	responses string
	skipBad   bool
	force     bool
	dryRun    bool
	show      int
}

func newImportCmd(a *app) *cobra.Command {
	o := importOptions{app: a}
	cmd := &cobra.Command{
		Use: "import --responses FILE", Short: "Load an answer log of your own", Long: importHelp, Args: noArgs,
		Example: `  sextant import --responses answers.csv.gz --dry-run
  sextant import --responses answers.csv.gz
  sextant run aggregate-features-daily`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runImport(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.responses, "responses", "", "CSV of answers; - is the standard input")
	f.BoolVar(&o.dryRun, "dry-run", false, "read the file and say what is in it; import nothing")
	f.BoolVar(&o.skipBad, "skip-bad", false, "leave out what cannot be read instead of refusing the file")
	f.BoolVar(&o.force, "force", false, "also where the platform has answers of its own")
	f.IntVar(&o.show, "errors", 10, "list so many problems")
	return cmd
}

func runImport(ctx context.Context, o importOptions) error {
	switch {
	case o.responses == "":
		return usagef("--responses is missing: the CSV file of answers")
	case o.show < 1:
		return usagef("--errors is at least 1")
	}
	s, err := o.app.connectToChange(ctx, o.dryRun)
	if err != nil {
		return err
	}
	defer s.Close()
	p := newProgress(o.app, "import")
	report, err := readFile(o.app, o.responses, func(in io.Reader) (jobs.ImportReport, error) {
		return o.app.service(s).Import(ctx, in, jobs.ImportOptions{SkipBad: o.skipBad, Force: o.force, DryRun: o.dryRun, Show: o.show, Observe: p.count})
	})
	p.finish()
	var bad *jobs.BadRowsError
	switch {
	case errors.As(err, &bad) && !o.app.global.json:
		o.app.printRowProblems(o.app.errOut, bad.Report)
		return err
	case err != nil:
		return err
	case o.app.global.json:
		return o.app.writeJSON(report)
	case !o.app.global.quiet:
		o.app.printImport(report)
	}
	return nil
}

func (a *app) printImport(r jobs.ImportReport) {
	a.printRowProblems(a.out, r)
	if len(r.Ignored) > 0 {
		fmt.Fprintf(a.out, "columns of the file that mean nothing here and are left out: %s\n", widget.Clean(strings.Join(r.Ignored, ", ")))
	}
	if len(r.Dropped) > 0 {
		fmt.Fprintf(a.out, "columns that the table responses has not and that are left out: %s\n", strings.Join(r.Dropped, ", "))
	}
	if r.DryRun {
		fmt.Fprintf(a.out, "%s of %s can be imported; what is there already would not be added again\n", plural(r.Imported, "answer"), plural(r.Rows, "row"))
		return
	}
	fmt.Fprintf(a.out, "%s imported of %s; %s there already\n", plural(r.Imported, "answer"), plural(r.Rows, "row"), count(r.Present))
	if r.Differing > 0 {
		fmt.Fprintf(a.out, "%s with another verdict than in the file: they stay as they are\n", plural(r.Differing, "answer"))
	}
	if r.Rejected > 0 {
		fmt.Fprintf(a.out, "%s left out\n", plural(r.Rejected, "row"))
	}
}

// printRowProblems lists what is wrong with the file.
func (a *app) printRowProblems(w io.Writer, r jobs.ImportReport) {
	for _, p := range r.Problems {
		kept := ""
		if p.Kept {
			kept = " (the answer can be kept without it)"
		}
		fmt.Fprintf(w, "line %d: %s%s\n", p.Line, widget.Clean(p.Reason), kept)
	}
	if more := r.Rejected + r.Reduced - int64(len(r.Problems)); more > 0 {
		fmt.Fprintf(w, "and more\n")
	}
}
