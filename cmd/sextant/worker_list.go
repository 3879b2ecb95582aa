package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sextant/db"
)

func newWorkerListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Say who works, at what, and what waits", Args: noArgs,
		Long: `Lists the workers of this database, what each is at, and the runs that wait for one. A worker that was killed stays on the
list for a day, as gone.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return listWorkers(cmd.Context(), a) },
	}
}

func listWorkers(ctx context.Context, a *app) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	w, err := a.service(s).Workers(ctx)
	if err != nil {
		return err
	}
	if a.global.json {
		return a.writeJSON(w)
	}
	t := table{columns: []column{{title: "WORKER"}, {title: "STATE"}, {title: "SINCE"}, {title: "SEEN"}, {title: "TASKS", drop: 2},
		{title: "DOING", grow: true}, {title: "LISTENS", drop: 1}, {title: "VERSION", drop: 3}}}
	for _, k := range w.Workers {
		t.add(cell{text: strings.TrimPrefix(k.Name, "worker ")}, workerState(k), cell{text: shortStamp(&k.StartedAt)},
			cell{text: shortStamp(&k.SeenAt)}, cell{text: strings.Join(k.Tasks, " ")}, cell{text: doing(k)}, cell{text: k.Listen}, cell{text: k.Version})
	}
	a.printTable(&t, "no workers: start one with 'sextant worker'")
	for _, q := range w.Queue {
		fmt.Fprintf(a.out, "%s of %s: %s\n", plural(q.Queued, "run"), q.Stage, waiting(q))
	}
	return nil
}

func workerState(w db.Worker) cell {
	switch {
	case !w.Alive:
		return cell{"gone", bad}
	case w.Stopping:
		return cell{"stopping", warning}
	}
	return cell{"alive", good}
}

func doing(w db.Worker) string {
	var words []string
	for _, d := range w.Doing {
		words = append(words, d.Stage)
	}
	return strings.Join(words, ", ")
}

func waiting(q db.StageQueue) string {
	if q.Oldest == nil {
		return "to be tried again later"
	}
	return "waiting since " + stamp(*q.Oldest) + " UTC"
}
