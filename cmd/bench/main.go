// Command bench measures what Sextant promises to be fast at; scripts/bench
// builds and runs it.
//
// A suite is a list of cases. Each case runs in a process of its own, several
// times, so that its peak memory is its own too; the best time counts.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// measurement is what one run of a case found.
type measurement struct {
	Wall  time.Duration `json:"wall"`  // of the work, data made before
	CPU   time.Duration `json:"cpu"`   // user and system, all cores
	Value float64       `json:"value"` // in the case's unit, where it is not the wall time
	Note  string        `json:"note"`
	RSS   int64         `json:"-"` // peak of the process, bytes
}

// benchCase is a piece of work with a target.
type benchCase struct {
	name   string
	target string
	runs   int
	large  bool // takes minutes: only with --large
	run    func(ctx context.Context) (measurement, error)
	// show words the figure that the target is about.
	show func(m measurement) string
}

var suites = map[string][]benchCase{"engine": engineCases}

const usage = `usage: bench engine [--large] | bench pipeline [flags] | bench online [flags] | bench console [flags] | bench report [flags]`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil { //nolint:forbidigo // this is main
		fmt.Fprintln(os.Stderr, "bench:", err) //nolint:forbidigo // this is main
		os.Exit(1)                             //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	switch args[0] {
	case "pipeline":
		return pipeline(ctx, args[1:], out, errOut)
	case "online":
		return online(ctx, args[1:], out, errOut)
	case "report":
		return weeklyReports(ctx, args[1:], out, errOut)
	case "console":
		return console(ctx, args[1:], out, errOut)
	}
	cases, ok := suites[args[0]]
	if !ok {
		return fmt.Errorf("no suite %q\n%s", args[0], usage)
	}
	switch {
	case len(args) == 3 && args[1] == "--case":
		i, err := strconv.Atoi(args[2])
		if err != nil || i < 0 || i >= len(cases) {
			return fmt.Errorf("no case %q", args[2])
		}
		m, err := cases[i].run(ctx)
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(m)
	case len(args) == 1, len(args) == 2 && args[1] == "--large":
		return table(ctx, args[0], cases, len(args) == 2, out)
	}
	return errors.New(usage)
}

// table runs the cases and prints a row each.
func table(ctx context.Context, suite string, cases []benchCase, large bool, out io.Writer) error {
	fmt.Fprintf(out, "| work | target | measured | CPU | peak memory | |\n|---|---|---|---|---|---|\n")
	for i, c := range cases {
		if c.large && !large {
			continue
		}
		var best measurement
		for n := range c.runs {
			m, err := child(ctx, suite, i)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if n == 0 || m.Wall < best.Wall {
				m.RSS = max(m.RSS, best.RSS)
				best = m
			}
		}
		fmt.Fprintf(out, "| %s | %s | %s | %.2f s | %d MB | %s |\n", c.name, c.target, c.show(best), best.CPU.Seconds(), best.RSS>>20, best.Note)
	}
	return nil
}

// child runs one case once in a process of its own.
func child(ctx context.Context, suite string, i int) (measurement, error) {
	var m measurement
	program, err := os.Executable()
	if err != nil {
		return m, err
	}
	cmd := exec.CommandContext(ctx, program, suite, "--case", strconv.Itoa(i))
	cmd.Stderr = os.Stderr //nolint:forbidigo // the child's errors are ours
	text, err := cmd.Output()
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, err
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		m.RSS = usage.Maxrss << 10 // kilobytes, on Linux
	}
	return m, nil
}

// timed measures f.
func timed(f func() error) (measurement, error) {
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		return measurement{}, err
	}
	start := time.Now()
	err := f()
	m := measurement{Wall: time.Since(start)}
	if err != nil {
		return m, err
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		return m, err
	}
	cpu := func(r syscall.Rusage) time.Duration { return time.Duration(r.Utime.Nano() + r.Stime.Nano()) }
	m.CPU = cpu(after) - cpu(before)
	return m, nil
}

func seconds(m measurement) string {
	if m.Wall < 10*time.Millisecond {
		return fmt.Sprintf("%.1f µs", float64(m.Wall.Nanoseconds())/1e3)
	}
	return fmt.Sprintf("%.3f s", m.Wall.Seconds())
}
