package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"sextant/db/dbbench"
)

// pipelineOptions are the sizes of the pipeline's benchmark.
type pipelineOptions struct {
	answers  int  // of the platform that is synced, calibrated and told the KPIs of, 100 a learner
	perDay   int  // answers of each of the 28 days that features are measured on
	learners int  // whom detect-inactivity looks at
	items    int  // in the bank
	prepare  bool // make the data and stop
	bed
}

func parsePipeline(args []string, out io.Writer) (pipelineOptions, error) {
	o := pipelineOptions{answers: 200_000, perDay: 20_000, learners: 20_000, items: 200}
	if slices.Contains(args, "--large") {
		o = pipelineOptions{answers: 10_000_000, perDay: 1_000_000, learners: 1_000_000, items: 5000}
	}
	f := flag.NewFlagSet("bench pipeline", flag.ContinueOnError)
	f.SetOutput(out)
	f.Bool("large", false, "the sizes that the targets are about: 15 minutes to make the data, 10 to measure, 30 GB")
	f.IntVar(&o.answers, "answers", o.answers, "to sync, calibrate and compute KPIs from; a tenth of them for the growth")
	f.IntVar(&o.perDay, "per-day", o.perDay, "answers of each of 28 days, for the features")
	f.IntVar(&o.learners, "learners", o.learners, "to detect the inactivity of")
	f.IntVar(&o.items, "items", o.items, "in the bank")
	f.BoolVar(&o.prepare, "prepare", false, "make the data and stop")
	o.bind(f, namesOf(pipelineCases))
	return o, o.parse(f, args, namesOf(pipelineCases))
}

// pipeline measures the stages at two sizes, each in a process of the real
// program, and prints the table.
func pipeline(ctx context.Context, args []string, out, errOut io.Writer) error {
	o, err := parsePipeline(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return o.serve(ctx, nil, func(server *dbbench.Server) error {
		b := &pipelineBench{options: o, server: server, log: slog.New(slog.NewTextHandler(errOut, nil)), errOut: errOut}
		if err := runCases(ctx, &o.bed, pipelineCases, b); err != nil || o.prepare {
			return err
		}
		b.print(out)
		return nil
	})
}

// pipelineBench is one run of it.
type pipelineBench struct {
	options pipelineOptions
	server  *dbbench.Server
	log     *slog.Logger
	errOut  io.Writer
	rows    []row
}

// row is a line of the table.
type row struct{ work, target, measured, growth, memory, cpu string }

func (b *pipelineBench) print(out io.Writer) {
	fmt.Fprintf(out, "| work | target | measured | growth from a tenth (≤ 12) | peak memory: sextant (≤ 1,024 MB), server | CPU: sextant, server |\n|---|---|---|---|---|---|\n")
	for _, r := range b.rows {
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", r.work, r.target, r.measured, r.growth, r.memory, r.cpu)
	}
}

// stageRun is what one run of a stage took.
type stageRun struct {
	wall   time.Duration
	cpu    time.Duration // of the sextant process
	rss    int64
	server dbbench.Usage
}

// stage runs a stage with the real program, as an operator does.
func (b *pipelineBench) stage(ctx context.Context, url, stage string, args ...string) (stageRun, error) {
	stop := b.server.Watch(ctx)
	began := time.Now()
	p, err := b.options.start(ctx, b.errOut, append([]string{"run", stage, "--quiet", "--database", url}, args...)...)
	if err != nil {
		return stageRun{}, err
	}
	var r stageRun
	r.cpu, r.rss, err = p.wait()
	r.wall, r.server = time.Since(began), stop()
	if err != nil {
		return r, err
	}
	b.log.Info("ran", "stage", stage, "took", r.wall.Round(time.Millisecond), "sextant_mb", r.rss>>20, "server_mb", r.server.Memory>>20,
		"sextant_cpu", r.cpu.Round(time.Millisecond), "server_cpu", r.server.CPU)
	return r, nil
}

// add notes a stage's row: the run at full size and, for the growth, at a tenth.
func (b *pipelineBench) add(work, target, measured string, full, tenth stageRun) {
	b.rows = append(b.rows, row{work, target, measured, fmt.Sprintf("%.1f×", full.wall.Seconds()/tenth.wall.Seconds()),
		fmt.Sprintf("%s MB, %s MB", thousands(int(full.rss>>20)), thousands(int(full.server.Memory>>20))),
		fmt.Sprintf("%.1f s, %.1f s", full.cpu.Seconds(), full.server.CPU.Seconds())})
}
