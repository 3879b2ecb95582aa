package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"sextant/db/dbbench"
)

// bed is what a benchmark of the real program is run on.
type bed struct {
	data    string // folder to keep the data in; empty: a temporary one
	only    string // cases, by name; empty: all
	program string // the sextant that is measured
}

func (b *bed) bind(f *flag.FlagSet, cases []string) {
	f.StringVar(&b.data, "data", "", "folder to keep the data in and find it again")
	f.StringVar(&b.only, "only", "", "only these cases, with commas between: "+strings.Join(cases, ","))
	f.StringVar(&b.program, "sextant", "bin/sextant", "the program to measure")
}

// parse reads the flags bound to f and checks them.
func (b *bed) parse(f *flag.FlagSet, args, cases []string) error {
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	for name := range strings.SplitSeq(b.only, ",") {
		if name != "" && !slices.Contains(cases, name) {
			return fmt.Errorf("no case %q", name)
		}
	}
	return nil
}

// wants reports whether a case is to be run.
func (b *bed) wants(name string) bool {
	return b.only == "" || slices.Contains(strings.Split(b.only, ","), name)
}

// mkdir sees to the folder; what was temporary is gone after remove.
func (b *bed) mkdir() (remove func() error, err error) {
	remove = func() error { return nil }
	if b.data == "" {
		if b.data, err = os.MkdirTemp("", "sextant-bench"); err != nil {
			return remove, err
		}
		remove = func() error { return os.RemoveAll(b.data) }
	}
	// Started as root, the server runs as another user, who must get there.
	if err := errors.Join(os.MkdirAll(b.data, 0o711), os.Chmod(b.data, 0o711)); err != nil {
		return remove, err
	}
	b.program, err = filepath.Abs(b.program)
	return remove, err
}

// serve runs f beside a server on the bed's folder.
func (b *bed) serve(ctx context.Context, settings map[string]string, f func(*dbbench.Server) error) (err error) {
	remove, err := b.mkdir()
	defer func() { err = errors.Join(err, remove()) }()
	if err != nil {
		return err
	}
	server, err := dbbench.Join(ctx, b.data, settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Leave(context.WithoutCancel(ctx))) }()
	return f(server)
}

// suiteCase is a case of the suite S.
type suiteCase[S any] struct {
	name string
	run  func(context.Context, S) error
}

func namesOf[S any](cases []suiteCase[S]) []string {
	names := make([]string, len(cases))
	for i, c := range cases {
		names[i] = c.name
	}
	return names
}

// runCases runs the cases that are wanted.
func runCases[S any](ctx context.Context, b *bed, cases []suiteCase[S], suite S) error {
	for _, c := range cases {
		if !b.wants(c.name) {
			continue
		}
		if err := c.run(ctx, suite); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// figures are rows of work, target and what was measured.
type figures [][3]string

func (f *figures) add(work, target, format string, args ...any) {
	*f = append(*f, [3]string{work, target, fmt.Sprintf(format, args...)})
}

func (f *figures) print(out io.Writer) {
	fmt.Fprint(out, "| work | target | measured |\n|---|---|---|\n")
	for _, r := range *f {
		fmt.Fprintf(out, "| %s | %s | %s |\n", r[0], r[1], r[2])
	}
}

// process is a run of the program whose memory is watched.
type process struct {
	*exec.Cmd
	ended chan struct{}
	peak  chan int64
}

// start runs the program. Neither the operator's configuration nor their
// environment has a say.
func (b *bed) start(ctx context.Context, errOut io.Writer, args ...string) (*process, error) {
	p := &process{exec.CommandContext(ctx, b.program, args...), make(chan struct{}), make(chan int64, 1)}
	p.Env = []string{"HOME=" + b.data, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	p.Stderr = errOut
	if err := p.Start(); err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	go func() { p.peak <- peakMemory(p.Process.Pid, p.ended) }()
	return p, nil
}

// wait gives the process's CPU time and the most memory it held.
func (p *process) wait() (cpu time.Duration, rss int64, err error) {
	err = p.Wait()
	close(p.ended)
	if u, ok := p.ProcessState.SysUsage().(*syscall.Rusage); ok {
		cpu = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(p.Args, " "), err)
	}
	return cpu, <-p.peak, err
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

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
