package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/user"
	"strconv"
	"time"

	"golang.org/x/term"

	"sextant/jobs"
)

// app is what every command stands on: the streams, the environment, the clock
// and the global flags. Tests make one with buffers.
type app struct {
	in                    io.Reader
	out, errOut           io.Writer
	inTTY, outTTY, errTTY bool
	width                 int // of the terminal; 0 when out is none
	getenv                func(string) string
	environ               func() []string
	program               string // path of this binary
	clock                 func() time.Time
	version, commit       string

	global        globalFlags
	queueLaunches bool   // what the console launches goes to the workers
	mouse, ascii  bool   // of the console
	lang          string // the console speaks; empty: as the config or the locale says
}

// globalFlags are the flags that every command takes.
type globalFlags struct {
	profile   string
	database  string
	dataDir   string
	binDir    string
	logFormat string
	readOnly  bool
	json      bool
	quiet     bool
	noColor   bool
}

// isTerminal reports whether a person is at the other end of the file.
func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) } // a descriptor is small

// terminalWidth is 0 when the file is no terminal.
func terminalWidth(f *os.File) int {
	w, _, err := term.GetSize(int(f.Fd())) // a descriptor is small
	if err != nil {
		return 0
	}
	return w
}

// interactive reports whether questions can be asked and answered.
func (a *app) interactive() bool { return a.inTTY && a.outTTY }

// colour reports whether output to a terminal may be coloured.
func (a *app) colour() bool {
	return a.outTTY && !a.global.noColor && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// writeJSON writes one indented JSON value and a newline.
func (a *app) writeJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// logger writes to stderr from a level up, and nothing with --quiet: what fails
// is told at the end, and stands in the ledger.
func (a *app) logger(level slog.Level) *slog.Logger { return a.loggerTo(a.errOut, level) }

func (a *app) loggerTo(w io.Writer, level slog.Level) *slog.Logger {
	if a.global.quiet {
		return slog.New(slog.DiscardHandler)
	}
	o := &slog.HandlerOptions{Level: level}
	if a.global.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	o.ReplaceAttr = legible
	return slog.New(slog.NewTextHandler(w, o))
}

// legible writes a log line's numbers as 'sextant runs logs' does.
func legible(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindFloat64 {
		a.Value = slog.StringValue(jobs.ShortNumber(a.Value.Float64()))
	}
	return a
}

// runner runs stages in this process; without a session it can only validate.
func (a *app) runner(s *session, log *slog.Logger) *jobs.Runner {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	r := &jobs.Runner{Stages: jobs.Stages(), Log: log, Clock: a.clock, Getenv: a.getenv, Host: host, Version: a.version,
		Actor: a.actor(), ReadOnly: a.global.readOnly, Defaults: map[string]string{}}
	if s != nil {
		r.DB, r.ReadOnly = s.db, s.about.ReadOnly
		if s.target.stages != nil {
			r.Stages = s.target.stages
		}
		r.Plumber = s.target.scoring.service()
		maps.Copy(r.Defaults, s.target.scoring.defaults())
		maps.Copy(r.Defaults, s.target.report.defaults(a))
	}
	return r
}

// actor names who is at work, for the ledger.
func (a *app) actor() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if name := a.getenv("USER"); name != "" {
		return name
	}
	return "uid " + strconv.Itoa(os.Getuid()) // a container without a passwd file
}
