package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"sextant/db"
)

// progress shows how a run goes, on stderr: a bar on a terminal, a log line now
// and then off it, nothing with --quiet.
type progress struct {
	log *slog.Logger

	app   *app
	title string
	bar   bool

	mu    sync.Mutex
	shown string    // the bar as it stands
	said  time.Time // when the last line was logged
}

const (
	barWidth  = 24
	sayEvery  = 10 * time.Second
	clearLine = "\r\x1b[K"
)

func newProgress(a *app, title string) *progress {
	p := &progress{app: a, title: title, said: a.clock()}
	p.bar = a.errTTY && !a.global.quiet && a.global.logFormat == "text" && a.getenv("TERM") != "dumb"
	if p.bar { // the bar tells what the information lines would
		p.log = a.loggerTo(aboveBar{p}, slog.LevelWarn)
	} else {
		p.log = a.logger(slog.LevelInfo)
	}
	return p
}

// observe is told of every heartbeat.
func (p *progress) observe(r db.Run, d db.RunProgress) {
	now := p.app.clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar {
		p.shown = p.line(r, d, now)
		io.WriteString(p.app.errOut, clearLine+p.shown) //nolint:errcheck // the bar is a courtesy
		return
	}
	if !r.Status.Final() && now.Sub(p.said) >= sayEvery {
		p.said = now
		p.log.Info("under way", "stage", r.Stage, "done", d.UnitsDone, "of", d.UnitsTotal, "rows_read", d.RowsRead, "rows_written", d.RowsWritten)
	}
}

func (p *progress) line(r db.Run, d db.RunProgress, now time.Time) string {
	filled := 0
	if d.UnitsTotal > 0 {
		filled = barWidth * d.UnitsDone / d.UnitsTotal
	}
	return fmt.Sprintf("%s [%s%s] %d/%d  %s  %s written", p.title, strings.Repeat("#", filled), strings.Repeat("-", barWidth-filled),
		d.UnitsDone, d.UnitsTotal, runTook(r, now), plural(d.RowsWritten, "row"))
}

// count is told how many rows have been read, where no end is known.
func (p *progress) count(rows int64) {
	now := p.app.clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar {
		p.shown = p.title + "  " + plural(rows, "row")
		io.WriteString(p.app.errOut, clearLine+p.shown) //nolint:errcheck // the bar is a courtesy
		return
	}
	if now.Sub(p.said) >= sayEvery {
		p.said = now
		p.log.Info("under way", "rows", rows)
	}
}

// finish takes the bar away.
func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown != "" {
		io.WriteString(p.app.errOut, clearLine) //nolint:errcheck // the bar is a courtesy
		p.shown = ""
	}
}

// aboveBar writes log lines above the bar.
type aboveBar struct{ p *progress }

func (w aboveBar) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	if w.p.shown == "" {
		return w.p.app.errOut.Write(b)
	}
	_, err := io.WriteString(w.p.app.errOut, clearLine+string(b)+w.p.shown)
	return len(b), err
}
