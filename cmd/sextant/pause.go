package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sextant/jobs"
)

type pauseOptions struct {
	app     *app
	stage   string
	reason  string
	until   *time.Time
	history bool
}

func newPauseCmd(a *app) *cobra.Command {
	o := pauseOptions{app: a}
	cmd := &cobra.Command{
		Use: "pause STAGE", Short: "Hold a stage: its scheduled runs are skipped",
		Long: `Holds a stage until it is resumed, or until a time. Its scheduled runs are skipped and recorded as such, with
exit code 0, and it is not late; a person can still run it with --force. Everybody who watches sees who paused it and why.`,
		Example: `  sextant pause mirt-calibrate --reason "new item bank on Friday"
  sextant pause mirt-calibrate --until 2026-04-03T06:00
  sextant pause --history`,
		Args: func(cmd *cobra.Command, args []string) error {
			if o.history {
				return argCount(0, 1, "at most one stage")(cmd, args)
			}
			return argCount(1, 1, "the name of a stage")(cmd, args)
		},
		ValidArgsFunction: completeStages,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.stage = args[0]
			}
			if o.history {
				return showPauses(cmd.Context(), o)
			}
			return pauseStage(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Var(reasonFlag{&o.reason}, "reason", "why, for those who watch")
	f.Var(momentFlag{&o.until, a.clock}, "until", "when it ends by itself: 2026-04-03T06:00 (UTC), 2026-04-03, or a length as 36h")
	f.BoolVar(&o.history, "history", false, "list the pauses so far, of the stage or of all")
	return cmd
}

func newResumeCmd(a *app) *cobra.Command {
	o := pauseOptions{app: a}
	cmd := &cobra.Command{
		Use: "resume STAGE", Short: "End a stage's pause", Args: argCount(1, 1, "the name of a stage"),
		Long: `Ends a stage's pause. What was missed is run by the next scheduled run, or at once by 'sextant run STAGE'.
'sextant pause --history' keeps the reason.`,
		ValidArgsFunction: completeStages,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.stage = args[0]
			return resumeStage(cmd.Context(), o)
		},
	}
	cmd.Flags().Var(reasonFlag{&o.reason}, "reason", "why it is over, for those who look back")
	return cmd
}

func pauseStage(ctx context.Context, o pauseOptions) error {
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	p, err := o.app.service(s).Pause(ctx, o.stage, o.reason, o.until)
	switch {
	case err != nil:
		return err
	case o.app.global.json:
		return o.app.writeJSON(p)
	case !o.app.global.quiet:
		until := "until 'sextant resume " + p.Stage + "'"
		if p.Until != nil {
			until = "until " + stamp(*p.Until) + " UTC"
		}
		fmt.Fprintf(o.app.out, "%s is paused %s; its scheduled runs are skipped\n", p.Stage, until)
	}
	return nil
}

func resumeStage(ctx context.Context, o pauseOptions) error {
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	held, err := o.app.service(s).Resume(ctx, o.stage, o.reason)
	switch {
	case err != nil:
		return err
	case o.app.global.json:
		return o.app.writeJSON(struct {
			Stage   string `json:"stage"`
			Resumed bool   `json:"resumed"`
		}{o.stage, held})
	case o.app.global.quiet:
	case held:
		fmt.Fprintf(o.app.out, "%s is resumed; '%s' does now what was missed\n", o.stage, jobs.Remedy(o.stage))
	default:
		fmt.Fprintf(o.app.out, "%s was not paused\n", o.stage)
	}
	return nil
}

func showPauses(ctx context.Context, o pauseOptions) error {
	const most = 100
	s, err := o.app.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	pauses, err := o.app.service(s).PauseHistory(ctx, o.stage, most)
	switch {
	case err != nil:
		return err
	case o.app.global.json:
		return o.app.writeJSON(pauses)
	}
	t := table{columns: []column{{title: "STAGE"}, {title: "SINCE"}, {title: "UNTIL"}, {title: "BY"}, {title: "ENDED"}, {title: "ENDED BY"},
		{title: "REASON", grow: true}, {title: "ENDED FOR", grow: true}}}
	for _, p := range pauses {
		t.add(plain(p.Stage, stamp(p.At), stampOf(p.Until), p.Actor, stampOf(p.ResumedAt), textOf(p.ResumedBy), p.Reason, textOf(p.ResumeReason))...)
	}
	o.app.printTable(&t, "no stage has been paused")
	return nil
}

// reasonFlag is a reason: a text that says something.
type reasonFlag struct{ text *string }

func (f reasonFlag) String() string {
	if f.text == nil {
		return ""
	}
	return *f.text
}

// Set reads a reason.
func (f reasonFlag) Set(s string) error {
	if *f.text = strings.TrimSpace(s); *f.text == "" {
		return errors.New("it is blank; say why, or leave the flag out")
	}
	return nil
}

// Type names the value in --help.
func (reasonFlag) Type() string { return "text" }

// momentFlag is a moment to come: a day, a time of one in UTC, RFC 3339, or a
// length of time from now on.
type momentFlag struct {
	at    **time.Time
	clock func() time.Time
}

func (f momentFlag) String() string {
	if f.at == nil || *f.at == nil {
		return ""
	}
	return (*f.at).Format(time.RFC3339)
}

// Set reads a moment.
func (f momentFlag) Set(s string) error {
	t, err := jobs.ParseMoment(s, f.clock())
	if err == nil {
		*f.at = &t
	}
	return err
}

// Type names the value in --help.
func (momentFlag) Type() string { return "TIME" }
