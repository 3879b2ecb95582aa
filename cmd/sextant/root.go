package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const rootHelp = `Sextant watches, runs and repairs a learning-analytics pipeline on PostgreSQL.

Without a command it opens the console; off a terminal it prints the status table. The database is that
of --database or --profile, else of DATABASE_URL, else of the config file's default profile; with none of
them, Sextant runs a private server of its own.`

const rootExamples = `  sextant demo                                     a living example, nothing to set up
  sextant status --check                           for a monitor: exit 1 when something is late or failed
  sextant run aggregate-features-daily --dry-run   what would run, and why
  sextant theta recompute 1042 --dry-run           old θ, new θ, and the answers behind it`

const usageTemplate = `Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}{{if not (index .Annotations "subcommands")}}
  {{.CommandPath}} COMMAND{{end}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

{{with index .Annotations "subcommands"}}{{.}}{{else}}Commands{{end}}:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 110 | trimTrailingWhitespaces}}{{end}}{{if not .HasParent}}

Exit codes: 0 done, 1 failed, 2 usage, 3 another run holds the lock, 4 partial,
5 the environment is not ready (database down, not migrated, …), 130 cancelled.{{else}}

'sextant --help' lists the global flags and the exit codes.{{end}}
`

// execute runs a command line and returns the exit code.
func (a *app) execute(ctx context.Context, args []string) int {
	root := newRootCmd(a)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if ctx.Err() != nil && exitCode(err) == exitFailed {
		err = errors.Join(context.Canceled, err) // whatever broke, it broke because of the signal
	}
	var usage *usageError
	if errors.As(err, &usage) && usage.help {
		err = configf("%s; see '%s --help'", usage.msg, cmd.CommandPath())
	}
	a.report(err, a.global.json || wantsJSON(args))
	return exitCode(err)
}

// wantsJSON finds --json in a command line that could not be parsed.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json")
}

func newRootCmd(a *app) *cobra.Command {
	root := &cobra.Command{
		Use: "sextant", Short: "The operations console for θ", Long: rootHelp, Example: rootExamples,
		SilenceUsage: true, SilenceErrors: true,
		Args:              noArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.checkGlobal() },
		RunE:              func(cmd *cobra.Command, _ []string) error { return runHome(cmd.Context(), a) },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(flagError)

	root.Flags().SortFlags = false
	root.Flags().BoolVar(&a.queueLaunches, "queue", false, "leave what the console launches to the workers (config: launch: queue)")
	a.consoleFlags(root.Flags())
	f := root.PersistentFlags()
	f.SortFlags = false
	f.StringVar(&a.global.profile, "profile", "", "profile of the config file to use [$SEXTANT_PROFILE]")
	f.StringVar(&a.global.database, "database", "", "database URL; it shows in process lists, so prefer DATABASE_URL for secrets")
	f.StringVar(&a.global.dataDir, "data-dir", "", "data folder of the private server (default $XDG_DATA_HOME/sextant)")
	f.StringVar(&a.global.binDir, "bin-dir", "", "folder with the private server's programs (default: search)")
	f.BoolVar(&a.global.readOnly, "read-only", false, "refuse every change")
	f.BoolVar(&a.global.json, "json", false, "print JSON")
	f.BoolVarP(&a.global.quiet, "quiet", "q", false, "no progress, no logs, no result: only errors")
	f.StringVar(&a.global.logFormat, "log-format", "text", "of the logs on stderr: text or json")
	f.BoolVar(&a.global.noColor, "no-color", false, "no colours [$NO_COLOR]")

	root.AddCommand(newStatusCmd(a), newRunCmd(a), newRunsCmd(a), newPauseCmd(a), newResumeCmd(a), newScheduleCmd(a), newWorkerCmd(a),
		newThetaCmd(a), newKPICmd(a), newItemsCmd(a), newQuarantineCmd(a), newLearnerCmd(a), newReportCmd(a), newPruneCmd(a), newExplainCmd(a), newDBCmd(a),
		newDemoCmd(a), newVersionCmd(a))
	root.AddCommand(newIRTCmd(a), newDoctorCmd(a), newImportCmd(a))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

// flagError says what is wrong with a flag's value, and of which flag.
func flagError(_ *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return usagef("%s", err)
	}
	name := invalid.GetFlag().Name
	return usagef("--%s: %s", name, strings.TrimPrefix(errors.Unwrap(invalid).Error(), name+": "))
}

func (a *app) checkGlobal() error {
	if a.global.logFormat != "text" && a.global.logFormat != "json" {
		return usagef("--log-format is text or json, not %q", a.global.logFormat)
	}
	return nil
}

// noArgs refuses arguments; on a command with subcommands, they are misspelt ones.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasSubCommands() {
		return usagef("%s takes no argument, but there is %q", cmd.CommandPath(), args[0])
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := ""
	if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
		hint = fmt.Sprintf(" (did you mean %s?)", strings.Join(s, " or "))
	}
	return usagef("unknown command %q%s", args[0], hint)
}

// argCount wants at least low and at most high arguments (high < 0: any number),
// named in words.
func argCount(low, high int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < low:
			return usagef("%s needs %s", cmd.CommandPath(), what)
		case high >= 0 && len(args) > high:
			return usagef("%s takes %s, but there is also %q", cmd.CommandPath(), what, args[high])
		}
		return nil
	}
}

// newGroup is a command that only holds others.
func newGroup(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use + " COMMAND", Short: short, Args: noArgs, DisableFlagsInUseLine: true,
		Annotations: map[string]string{"subcommands": "Commands"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return usagef("%s needs a command", cmd.CommandPath()) }}
	cmd.AddCommand(subs...)
	return cmd
}
