// Command sextant watches, runs and repairs a learning-analytics pipeline.
//
// Each command stands in a file of its own: an options struct, a constructor
// that binds flags to it, and a run function that does the work.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// The version and commit are stamped by scripts/build.
var (
	version = "dev"
	commit  = ""
)

func main() {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup has it ignored, and so it stays
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	cobra.EnableCommandSorting = false // --help lists them by use; the setting is the library's, for the whole process
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	a := &app{
		in: os.Stdin, out: os.Stdout, errOut: os.Stderr,
		inTTY: isTerminal(os.Stdin), outTTY: isTerminal(os.Stdout), errTTY: isTerminal(os.Stderr),
		width:  terminalWidth(os.Stdout),
		getenv: os.Getenv, environ: os.Environ, program: program,
		clock: time.Now, version: version, commit: commit,
	}
	os.Exit(a.execute(ctx, os.Args[1:]))
}
