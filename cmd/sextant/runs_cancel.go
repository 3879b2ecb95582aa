package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

type runsCancelOptions struct {
	app    *app
	id     string
	reason string
}

func newRunsCancelCmd(a *app) *cobra.Command {
	o := runsCancelOptions{app: a}
	cmd := &cobra.Command{
		Use: "cancel ID", Short: "Ask a run to stop, wherever it runs", Args: argCount(1, 1, "the id of a run"),
		Long: `Asks a run to stop. It does so within seconds: the slice in flight is rolled back, what was published
stays. Follow it with 'sextant runs logs ID --follow'.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.id = args[0]
			return cancelRun(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.reason, "reason", "", "why; kept in the run's log")
	return cmd
}

func cancelRun(ctx context.Context, o runsCancelOptions) error {
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
	if err := service.Cancel(ctx, d.ID, o.reason); err != nil {
		return err
	}
	switch {
	case o.app.global.json:
		return o.app.writeJSON(struct {
			ID    string `json:"id"`
			Stage string `json:"stage"`
			Asked bool   `json:"cancel_requested"`
		}{d.ID.String(), d.Stage, true})
	case !o.app.global.quiet:
		fmt.Fprintf(o.app.out, "asked run %s of %s to stop\n", shortID(d.Run), d.Stage)
	}
	return nil
}
