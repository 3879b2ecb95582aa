package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
)

func newWorkerListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Say who works, at what, and what waits", Args: noArgs,
		Long: `Lists the workers of this database and what each is at, the runs under way, whoever is at them, and what waits: runs for a
worker, sessions for their θ. A worker that was killed stays on the list for a day, as gone.`,
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
	a.printWorkers(w)
	return nil
}

// printWorkers shows what the console's screen of the workers does: who is alive,
// what runs, and what waits.
func (a *app) printWorkers(w jobs.Workers) {
	t := table{columns: []column{{title: "WORKER"}, {title: "STATE"}, {title: "SINCE", drop: 2}, {title: "SEEN"}, {title: "TASKS", drop: 4},
		{title: "DOING", grow: true}, {title: "LISTENS", drop: 1}, {title: "VERSION", drop: 3}, {title: "ID", drop: 5}}}
	for _, k := range w.Workers {
		t.add(cell{text: strings.TrimPrefix(k.Name, "worker ")}, workerState(k), cell{text: shortStamp(&k.StartedAt)},
			cell{text: shortStamp(&k.SeenAt)}, cell{text: strings.Join(k.Tasks, " ")}, cell{text: doing(k)}, cell{text: k.Listen},
			cell{text: k.Version}, cell{text: k.ID.String()})
	}
	a.printTable(&t, "no workers: start one with 'sextant worker'")
	if len(w.Running) > 0 {
		fmt.Fprintln(a.out)
		a.printRunning(w.Running)
	}
	fmt.Fprintln(a.out)
	for _, q := range w.Queue {
		fmt.Fprintf(a.out, "%s of %s: %s\n", plural(q.Queued, "run"), q.Stage, waiting(q))
	}
	if len(w.Jobs) > 0 {
		words := make([]string, len(w.Jobs))
		for i, j := range w.Jobs {
			words[i] = count(j.Jobs) + " " + j.State
		}
		fmt.Fprintf(a.out, "jobs of the queue: %s\n", strings.Join(words, ", "))
	}
	fmt.Fprintln(a.out, backlog(w.Theta))
}

// printRunning lists the runs under way, whoever is at them.
func (a *app) printRunning(runs []db.Run) {
	now := a.clock()
	t := table{columns: []column{{title: "RUNNING"}, {title: "STAGE"}, {title: "FOR", right: true}, {title: "DONE", right: true}, {title: "DAYS", drop: 1},
		{title: "BY", grow: true}, {title: "HOST/PID", drop: 3}, {title: "HEARTBEAT", drop: 2}}}
	for _, r := range runs {
		done := ""
		if r.UnitsTotal > 0 {
			done = count(r.UnitsDone) + "/" + count(r.UnitsTotal)
		}
		at := r.Host
		if r.PID != nil {
			at += fmt.Sprintf("/%d", *r.PID)
		}
		t.add(cell{text: shortID(r)}, cell{text: r.Stage}, cell{text: runTook(r, now)}, cell{text: done}, cell{text: runWindow(r)},
			cell{text: fmt.Sprintf("%s (%s)", r.Actor, r.Trigger)}, cell{text: at}, cell{text: shortStamp(r.HeartbeatAt)})
	}
	a.printTable(&t, "")
}

func workerState(w db.Worker) cell {
	switch {
	case !w.Alive:
		return cell{"gone", bad}
	case w.Stopping:
		return cell{"stopping", warning}
	case len(w.Doing) > 0:
		return cell{"at work", active}
	}
	return cell{"alive", good}
}

func doing(w db.Worker) string {
	var words []string
	for _, d := range w.Doing {
		words = append(words, d.Stage+" "+d.Run.String()[:shortIDLength]+" since "+shortStamp(&d.Since))
	}
	return strings.Join(words, ", ")
}

// backlog says how many changes wait for a θ update.
func backlog(b db.Backlog) string {
	if b.Oldest == nil {
		return "waiting for θ: no changes"
	}
	return fmt.Sprintf("waiting for θ: %s, the oldest since %s UTC", plural(b.Changes, "change"), stamp(*b.Oldest))
}

func waiting(q db.StageQueue) string {
	if q.Oldest == nil {
		return "to be tried again later"
	}
	return "waiting since " + stamp(*q.Oldest) + " UTC"
}
