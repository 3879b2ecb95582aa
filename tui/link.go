package tui

import (
	"context"
	"errors"
	"time"

	"sextant/tui/widget"
)

// link is what the console knows about its connection to the database.
type link struct {
	lost    bool
	err     error     // of the last request
	since   time.Time // the last good answer
	tries   int
	retryAt time.Time
}

const longestRetry = 15 * time.Second

// observe learns from the outcome of a request. It returns whether the
// database has just come back.
func (l *link) observe(err error, now time.Time) (back bool) {
	switch {
	case errors.Is(err, context.Canceled): // ours: says nothing about the database
		return false
	case !connectionLost(err):
		back = l.lost
		*l = link{since: now}
		return back
	}
	l.lost, l.err = true, err
	l.tries++
	l.retryAt = now.Add(min(longestRetry, time.Second<<min(l.tries, 4)))
	return false
}

// banner is the line that says the data are old.
func (l *link) banner(a *app) widget.Line {
	th := a.theme
	wait := max(0, l.retryAt.Sub(a.now()).Round(time.Second))
	line := widget.S(th.Failed, th.Glyph.Bad+" "+th.Tr("database lost")+" ").Add(th.Strong, th.Tr("retry in %d s", int(wait.Seconds())))
	if wait == 0 {
		line = widget.S(th.Failed, th.Glyph.Bad+" "+th.Tr("database lost")+" ").Add(th.Strong, th.Tr("retrying"))
	}
	if !l.since.IsZero() {
		line = line.Add(th.Muted, " "+th.Glyph.Dot+" "+th.Tr("data of %s", l.since.UTC().Format("15:04:05")))
	}
	return line.Add(th.Muted, " "+th.Glyph.Dot+" "+errorWords(th, l.err))
}
