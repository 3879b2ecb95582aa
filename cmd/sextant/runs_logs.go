package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/tui/widget"
)

type runsLogsOptions struct {
	app    *app
	id     string
	follow bool
}

func newRunsLogsCmd(a *app) *cobra.Command {
	o := runsLogsOptions{app: a}
	cmd := &cobra.Command{
		Use: "logs ID", Short: "Print a run's log, or follow it", Args: argCount(1, 1, "the id of a run"),
		Long: `Prints the log of a run, on whatever machine it ran. With --json, one object a line.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.id = args[0]
			return printLogs(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVarP(&o.follow, "follow", "f", false, "go on until the run ends")
	return cmd
}

const followEvery = 500 * time.Millisecond

func printLogs(ctx context.Context, o runsLogsOptions) error {
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	service := o.app.service(s)
	d, err := service.FindRun(ctx, o.id)
	if err != nil {
		return err
	}
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	var last int64
	for {
		for _, e := range d.Events {
			last = e.Seq
			if err := o.app.printEvent(e); err != nil {
				return err
			}
		}
		if len(d.Events) == 0 && (d.Status.Final() || !o.follow) {
			return nil
		}
		if len(d.Events) == 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
		if d, err = service.Run(ctx, d.ID, last); err != nil {
			return err
		}
	}
}

// printEvent prints one line of a run's log.
func (a *app) printEvent(e db.RunEvent) error {
	if a.global.json {
		line, err := json.Marshal(e)
		if err == nil {
			_, err = fmt.Fprintln(a.out, string(line))
		}
		return err
	}
	level := cell{text: fmt.Sprintf("%-5s", e.Level)}
	switch e.Level {
	case "warn":
		level.colour = warning
	case "error":
		level.colour = bad
	}
	_, err := fmt.Fprintf(a.out, "%s  %s  %s  %s\n", e.At.UTC().Format("2006-01-02 15:04:05.000"), a.painted(level),
		widget.Clean(e.Message), widget.Clean(attrs(e.Attrs)))
	return err
}
