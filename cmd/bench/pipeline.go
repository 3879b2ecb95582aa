package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"sextant/db/dbbench"
)

// pipelineOptions are the sizes of the pipeline's benchmark.
type pipelineOptions struct {
	answers  int    // of the platform that is synced, calibrated and told the KPIs of, 100 a learner
	perDay   int    // answers of each of the 28 days that features are measured on
	learners int    // whom detect-inactivity looks at
	items    int    // in the bank
	data     string // folder to keep; empty: a temporary one
	only     string // cases, by name; empty: all
	program  string // the sextant that is measured
	prepare  bool   // make the data and stop
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
	f.StringVar(&o.data, "data", "", "folder to keep the data in and find it again")
	f.StringVar(&o.only, "only", "", "only these cases, with commas between: "+strings.Join(caseNames(), ","))
	f.StringVar(&o.program, "sextant", "bin/sextant", "the program to measure")
	f.BoolVar(&o.prepare, "prepare", false, "make the data and stop")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	for name := range strings.SplitSeq(o.only, ",") {
		if name != "" && !slices.Contains(caseNames(), name) {
			return o, fmt.Errorf("no case %q", name)
		}
	}
	return o, nil
}

// pipeline measures the stages at two sizes, each in a process of the real
// program, and prints the table.
func pipeline(ctx context.Context, args []string, out, errOut io.Writer) (err error) {
	o, err := parsePipeline(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if o.data == "" {
		if o.data, err = os.MkdirTemp("", "sextant-bench"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.data)) }()
	}
	// Started as root, the server runs as another user, who must get there.
	if err := errors.Join(os.MkdirAll(o.data, 0o711), os.Chmod(o.data, 0o711)); err != nil {
		return err
	}
	if o.program, err = filepath.Abs(o.program); err != nil {
		return err
	}
	b := &bench{options: o, log: slog.New(slog.NewTextHandler(errOut, nil)), errOut: errOut}
	if b.server, err = dbbench.Join(ctx, o.data); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.server.Leave(context.WithoutCancel(ctx))) }()

	for _, c := range cases {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), c.name) {
			continue
		}
		if err := c.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	if !o.prepare {
		b.print(out)
	}
	return nil
}

// bench is one run of the pipeline's benchmark.
type bench struct {
	options pipelineOptions
	server  *dbbench.Server
	log     *slog.Logger
	errOut  io.Writer
	rows    []row
}

// row is a line of the table.
type row struct{ work, target, measured, growth, memory, cpu string }

func (b *bench) print(out io.Writer) {
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
func (b *bench) stage(ctx context.Context, url, stage string, args ...string) (stageRun, error) {
	cmd := exec.CommandContext(ctx, b.options.program, append([]string{"run", stage, "--quiet", "--database", url}, args...)...)
	// Neither the operator's configuration nor their environment has a say.
	cmd.Env = []string{"HOME=" + b.options.data, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	cmd.Stderr = b.errOut
	stop := b.server.Watch(ctx)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return stageRun{}, errors.Join(err, ctx.Err())
	}
	ended := make(chan struct{})
	peak := make(chan int64, 1)
	go func() { peak <- peakMemory(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	close(ended)
	r := stageRun{wall: time.Since(began), rss: <-peak, server: stop()}
	if err != nil {
		return r, fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.cpu = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	b.log.Info("ran", "stage", stage, "took", r.wall.Round(time.Millisecond), "sextant_mb", r.rss>>20, "server_mb", r.server.Memory>>20,
		"sextant_cpu", r.cpu.Round(time.Millisecond), "server_cpu", r.server.CPU)
	return r, nil
}

// peakMemory is the most that a process held, in bytes, as last seen. Its rusage
// would count what this process held when it was forked.
func peakMemory(pid int, ended <-chan struct{}) (peak int64) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
			if _, after, found := strings.Cut(string(text), "VmHWM:"); found {
				var kb int64
				if _, err := fmt.Sscan(after, &kb); err == nil {
					peak = max(peak, kb<<10)
				}
			}
		}
		select {
		case <-ended:
			return peak
		case <-tick.C:
		}
	}
}

// add notes a stage's row: the run at full size and, for the growth, at a tenth.
func (b *bench) add(work, target, measured string, full, tenth stageRun) {
	b.rows = append(b.rows, row{work, target, measured, fmt.Sprintf("%.1f×", full.wall.Seconds()/tenth.wall.Seconds()),
		fmt.Sprintf("%s MB, %s MB", thousands(int(full.rss>>20)), thousands(int(full.server.Memory>>20))),
		fmt.Sprintf("%.1f s, %.1f s", full.cpu.Seconds(), full.server.CPU.Seconds())})
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
