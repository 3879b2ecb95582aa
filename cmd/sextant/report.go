package main

import (
	"time"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
)

func newReportCmd(a *app) *cobra.Command {
	return newGroup("report", "Make, list, open and remove the weekly reports", newReportGenerateCmd(a), newReportListCmd(a),
		newReportOpenCmd(a), newReportURLCmd(a), newReportPruneCmd(a), newReportTemplateCmd(a))
}

// newReportGenerateCmd is 'run generate-weekly-report' under the name that one
// looks for.
func newReportGenerateCmd(a *app) *cobra.Command {
	cmd := newRunStageCmd(a, jobs.WeeklyReport{})
	cmd.Use, cmd.Short = "generate", "Make the weekly reports that have changed"
	cmd.Long = `Makes the report of every learner of a week (who was active in it, or has KPIs of it) and stores it; --user names learners
instead. What would say the same as what is stored is left alone, unless --force. It is the stage generate-weekly-report:
'sextant run generate-weekly-report' does the same.`
	cmd.Example = `  sextant report generate                                        of the last complete week, what has changed
  sextant report generate --user 1042 --week 2026-11-16 --format html,pdf --lang en
  sextant report generate --from 2026-10-05 --missing --out /srv/reports
  sextant report generate --s3-bucket reports --s3-region ap-northeast-2 --dry-run`
	return cmd
}

// bindReportFilter binds the flags that narrow a list of reports.
func bindReportFilter(cmd *cobra.Command, f *db.ReportFilter) {
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.Var(dayFlag{&f.Week}, "week", "the week's Monday (default the newest there is)")
	fs.StringVar(&f.Edition, "edition", "", "learner or teacher")
	fs.StringVar(&f.Lang, "lang", "", "ko or en")
	fs.StringVar(&f.Format, "format", "", "html or pdf")
}

type reportOpenOptions struct {
	app    *app
	filter db.ReportFilter
	within time.Duration
}

func newReportOpenCmd(a *app) *cobra.Command {
	o := reportOpenOptions{app: a}
	cmd := &cobra.Command{
		Use: "open [USER]", Short: "Open a learner's report in the browser", Args: argCount(0, 1, "one learner's id"),
		Long: `Opens the newest report of a learner, or of anybody, in the browser of this machine's display. Without a display it prints
what to open: the file's path, or a signed URL that is good for an hour.`,
		Example: "  sextant report open 1042\n  sextant report open 1042 --edition teacher --format pdf --week 2026-11-16",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.filter.User = args[0]
			}
			return openReport(cmd.Context(), o)
		},
	}
	bindReportFilter(cmd, &o.filter)
	return cmd
}

func newReportURLCmd(a *app) *cobra.Command {
	o := reportOpenOptions{app: a}
	cmd := &cobra.Command{
		Use: "url USER", Short: "Print where a learner's report can be opened", Args: argCount(1, 1, "one learner's id"),
		Long: `Prints the path of a report's file or, where it is stored with S3, a URL that lets whoever has it read the report for a
while: send it to nobody else.`,
		Example: "  sextant report url 1042 --format pdf --expires 24h",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.filter.User = args[0]
			return printReportURL(cmd.Context(), o)
		},
	}
	bindReportFilter(cmd, &o.filter)
	cmd.Flags().DurationVar(&o.within, "expires", time.Hour, "how long a signed URL is good for, as 1h or 24h; 168h at most")
	return cmd
}
