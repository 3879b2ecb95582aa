package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"sextant/jobs"
)

var scheduleFormats = []string{"table", "crontab", "k8s", "systemd"}

type scheduleOptions struct {
	app      *app
	format   string
	manifest jobs.Manifest
}

func newScheduleCmd(a *app) *cobra.Command {
	o := scheduleOptions{app: a}
	cmd := &cobra.Command{
		Use: "schedule", Short: "When each stage runs: a table, a crontab, Kubernetes or systemd manifests", Args: noArgs,
		Long: `Prints the schedule of all stages, as the config file has it. As a crontab, Kubernetes CronJobs or systemd
units it takes along the variables behind the stages' flags that are set here; secrets are named, never printed.`,
		Example: `  sextant schedule
  sextant schedule --format k8s --image registry.example.org/sextant:0.2.0 > sextant.yaml
  AGG_LOOKBACK_DAYS=14 sextant schedule --format crontab`,
		RunE: func(*cobra.Command, []string) error { return runSchedule(o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.format, "format", "table", "table, crontab, k8s or systemd (`WORD`)")
	f.StringVar(&o.manifest.Program, "program", "/usr/local/bin/sextant", "`path` of the binary where the schedule runs")
	f.StringVar(&o.manifest.Image, "image", "sextant:"+a.version, "container `image` of the CronJobs")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(scheduleFormats, cobra.ShellCompDirectiveNoFileComp)) // fails for an unknown flag alone
	return cmd
}

func runSchedule(o scheduleOptions) error {
	a := o.app
	if !slices.Contains(scheduleFormats, o.format) {
		return usagef("--format is table, crontab, k8s or systemd, not %q", o.format)
	}
	t, err := a.resolve()
	if err != nil {
		return err
	}
	if t.profile != "" {
		o.manifest.Global = []string{"--profile", t.profile}
	}
	stages := t.stages
	if stages == nil {
		stages = jobs.Stages()
	}
	list, err := stages.Scheduled(a.clock().UTC(), a.getenv, o.manifest)
	switch {
	case err != nil:
		return err
	case a.global.json:
		return a.writeJSON(list)
	}
	m := o.manifest
	switch o.format {
	case "crontab":
		fmt.Fprint(a.out, m.Crontab(list))
	case "k8s":
		fmt.Fprint(a.out, m.Kubernetes(list))
	case "systemd":
		fmt.Fprint(a.out, m.Systemd(list))
	default:
		a.printSchedule(list)
	}
	return nil
}

func (a *app) printSchedule(list []jobs.Scheduled) {
	t := table{columns: []column{{title: "STAGE"}, {title: "CRON (UTC)"}, {title: "GRACE"}, {title: "NEXT RUN"}, {title: "NOTE", grow: true}}}
	for _, s := range list {
		note := ""
		switch {
		case !s.Enabled:
			note = "switched off in the config file"
		case s.Schedule == "":
			note = "when a session finishes"
		}
		t.add(cell{text: s.Stage}, cell{text: s.Schedule}, cell{text: fmt.Sprintf("%gm", s.Grace/60)},
			cell{text: stampOf(s.NextRun)}, cell{text: note, colour: faint})
	}
	a.printTable(&t, "no stages")
}
