package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"sextant/db"
	"sextant/jobs"
)

// The colours of words; the words say the same without them.
var (
	faint   = ansi.Style{}.Faint()
	good    = ansi.Style{}.ForegroundColor(ansi.Green)
	active  = ansi.Style{}.ForegroundColor(ansi.Blue)
	warning = ansi.Style{}.ForegroundColor(ansi.Yellow)
	bad     = ansi.Style{}.ForegroundColor(ansi.Red).Bold()
)

// stamp is a moment in UTC to the minute.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// stampOf is stamp for a moment that may be missing.
func stampOf(t *time.Time) string {
	if t == nil {
		return missingText
	}
	return stamp(*t)
}

// shortStamp leaves out the year, which is this one for whatever is due or has just been.
func shortStamp(t *time.Time) string {
	if t == nil {
		return missingText
	}
	return t.UTC().Format("01-02 15:04")
}

// dayOf is a day that may be missing.
func dayOf(d *db.Day) string {
	if d == nil {
		return missingText
	}
	return d.String()
}

// textOf is a text that may be missing.
func textOf(s *string) string {
	if s == nil || *s == "" {
		return missingText
	}
	return *s
}

// number has so many decimals and is a dash when it is not finite.
func number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return missingText
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return s
}

// numberOf is number for a value that may be missing.
func numberOf(v *float64, decimals int) string {
	if v == nil {
		return missingText
	}
	return number(*v, decimals)
}

// count is a whole number with its thousands apart.
func count[N ~int | ~int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural is a count with its noun.
func plural[N ~int | ~int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// took is a length of time for people.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// shortID is enough of a run's id to name it on the command line: its first
// digits are its time to the millisecond.
func shortID(r db.Run) string { return r.ID.String()[:shortIDLength] }

const shortIDLength = 13

// runTook is how long a run took, or has taken so far.
func runTook(r db.Run, now time.Time) string {
	switch {
	case r.StartedAt == nil:
		return missingText
	case r.FinishedAt != nil:
		return took(r.FinishedAt.Sub(*r.StartedAt))
	case r.Status == db.RunRunning:
		return took(max(0, now.Sub(*r.StartedAt)))
	}
	return missingText
}

// runWindow is the days a run covers.
func runWindow(r db.Run) string {
	switch {
	case r.WindowFrom == nil:
		return missingText
	case r.WindowTo == nil || *r.WindowTo == *r.WindowFrom:
		return r.WindowFrom.String()
	}
	return r.WindowFrom.String() + "…" + r.WindowTo.String()
}

// stateCell is a stage's freshness.
func stateCell(s jobs.State) cell {
	c := cell{text: strings.ReplaceAll(string(s), "_", " ")}
	switch s {
	case jobs.StateFresh:
		c.colour = good
	case jobs.StateRunning:
		c.colour = active
	case jobs.StateDue:
		c.colour = warning
	case jobs.StateLate, jobs.StateFailed:
		c.colour = bad
	default:
		c.colour = faint
	}
	return c
}

// statusCell is where a run stands.
func statusCell(s db.RunStatus) cell {
	c := cell{text: string(s)}
	switch s {
	case db.RunSucceeded:
		c.colour = good
	case db.RunRunning, db.RunQueued:
		c.colour = active
	case db.RunPartial, db.RunCancelled:
		c.colour = warning
	case db.RunFailed, db.RunLost:
		c.colour = bad
	default:
		c.colour = faint
	}
	return c
}
