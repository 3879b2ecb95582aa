package tui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// shortDuration is a length of time in at most two units.
func shortDuration(th *theme.Theme, d time.Duration) string {
	switch d = max(0, d); {
	case d < time.Second:
		return th.Tr("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return th.Tr("%.1f s", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return th.Tr("%d s", int(d.Seconds()))
	case d < time.Hour:
		return th.Tr("%d m %02d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return th.Tr("%d h %02d m", int(d.Hours()), int(d.Minutes())%60)
	}
	return th.Tr("%d d", int(d.Hours()/24))
}

// age is a length of time in one unit.
func age(th *theme.Theme, d time.Duration) string {
	switch d = max(0, d); {
	case d < time.Minute:
		return th.Tr("%d s", int(d.Seconds()))
	case d < time.Hour:
		return th.Tr("%d m", int(d.Minutes()))
	case d < 48*time.Hour:
		return th.Tr("%d h", int(d.Hours()))
	}
	return th.Tr("%d d", int(d.Hours()/24))
}

// ago says how long before now t was.
func ago(th *theme.Theme, now, t time.Time) string { return th.Tr("%s ago", age(th, now.Sub(t))) }

// in says how long after now t will be.
func in(th *theme.Theme, now, t time.Time) string {
	if t.Before(now) {
		return th.Tr("now")
	}
	return th.Tr("in %s", age(th, t.Sub(now)))
}

// clock is a moment in UTC, with its date unless that is today.
func clock(now, t time.Time) string {
	if db.DayOf(now) == db.DayOf(t) {
		return t.UTC().Format("15:04")
	}
	return t.UTC().Format("01-02 15:04")
}

// stamp is a moment in UTC in full.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }

// count is a whole number with its thousands apart.
func count[N ~int | ~int64](n N) string { return lang.Count(int64(n)) }

// plural is one or many, as n asks for; %s in them is n.
func plural[N ~int | ~int64](th *theme.Theme, n N, one, many string) string {
	return th.TrN(one, many, int64(n))
}

// number is a value with so many decimals; what is not finite is a dash.
func number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

// optional is number for a value that may be absent.
func optional(v *float64, decimals int) string {
	if v == nil {
		return "–"
	}
	return number(*v, decimals)
}

// probability is jobs.Probability for one that may be absent.
func probability(p *float64, decimals int) string { return jobs.Probability(value(p), decimals) }

// value is a number to sort by; absent ones are NaN.
func value(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// withSE is θ ± SE.
func withSE(th *theme.Theme, theta float64, se *float64) string {
	if se == nil || math.IsNaN(*se) || math.IsInf(*se, 0) {
		return number(theta, 2)
	}
	return number(theta, 2) + " " + th.Glyph.PlusMinus + " " + number(*se, 2)
}

// abilityWords puts θ in plain words: where it stands against the calibration's
// N(0, 1), and how well it is known.
func abilityWords(th *theme.Theme, theta float64, se *float64) string {
	where := th.Tr("average")
	switch {
	case math.IsNaN(theta) || math.IsInf(theta, 0):
		return th.Tr("no estimate")
	case theta >= 2:
		where = th.Tr("far above average")
	case theta >= 0.5:
		where = th.Tr("above average")
	case theta <= -2:
		where = th.Tr("far below average")
	case theta <= -0.5:
		where = th.Tr("below average")
	}
	switch {
	case se == nil:
		return th.Tr("%s, precision unknown", where)
	case *se < 0.3:
		return th.Tr("%s, known well", where)
	case *se < 0.5:
		return th.Tr("%s, known fairly well", where)
	}
	return th.Tr("%s, still uncertain", where)
}

// statusLook is a run status as a sign and a style.
func statusLook(th *theme.Theme, s db.RunStatus) (string, theme.Style) {
	g := th.Glyph
	switch s {
	case db.RunSucceeded:
		return g.OK, th.Fresh
	case db.RunRunning:
		return g.Running, th.Running
	case db.RunQueued:
		return g.Queued, th.Running
	case db.RunPartial:
		return g.Late, th.Due
	case db.RunFailed:
		return g.Bad, th.Failed
	case db.RunLost:
		return g.Bad, th.Late
	case db.RunCancelled:
		return g.Cancelled, th.Paused
	}
	return g.Never, th.Never
}

// stateLook is a stage's freshness as a sign and a style.
func stateLook(th *theme.Theme, s jobs.State) (string, theme.Style) {
	g := th.Glyph
	switch s {
	case jobs.StateFresh:
		return g.Fresh, th.Fresh
	case jobs.StateRunning:
		return g.Running, th.Running
	case jobs.StateDue:
		return g.Due, th.Due
	case jobs.StateLate:
		return g.Late, th.Late
	case jobs.StateFailed:
		return g.Failed, th.Failed
	case jobs.StatePaused:
		return g.Paused, th.Paused
	}
	return g.Never, th.Never
}

// stateWord is a stage's freshness in words.
func stateWord(th *theme.Theme, s jobs.State) string {
	switch s {
	case jobs.StateFresh:
		return th.Tr("fresh")
	case jobs.StateRunning:
		return th.Tr("running")
	case jobs.StateDue:
		return th.Tr("due")
	case jobs.StateLate:
		return th.Tr("late")
	case jobs.StateFailed:
		return th.Tr("failed")
	case jobs.StateNever:
		return th.Tr("never")
	case jobs.StatePaused:
		return th.Tr("paused")
	case jobs.StateOff:
		return th.Tr("off")
	}
	return string(s)
}

// statusWord is a run's status in words.
func statusWord(th *theme.Theme, s db.RunStatus) string {
	switch s {
	case db.RunQueued:
		return th.Tr("queued")
	case db.RunRunning:
		return th.Tr("running")
	case db.RunSucceeded:
		return th.Tr("succeeded")
	case db.RunPartial:
		return th.Tr("partial")
	case db.RunFailed:
		return th.Tr("failed")
	case db.RunCancelled:
		return th.Tr("cancelled")
	case db.RunLost:
		return th.Tr("lost")
	case db.RunSkipped:
		return th.Tr("skipped")
	}
	return string(s)
}

// runLength is how long a run took, or has taken so far.
func runLength(now time.Time, r db.Run) (time.Duration, bool) {
	if r.StartedAt == nil {
		return 0, false
	}
	if r.FinishedAt != nil {
		return r.FinishedAt.Sub(*r.StartedAt), true
	}
	if r.Status == db.RunRunning {
		return now.Sub(*r.StartedAt), true
	}
	return 0, false
}

// runWindow is the days a run covers.
func runWindow(th *theme.Theme, r db.Run) string {
	switch {
	case r.WindowFrom == nil:
		return th.Glyph.Dash
	case r.WindowTo == nil:
		return r.WindowFrom.String()
	}
	return days(th, *r.WindowFrom, *r.WindowTo)
}

// days are those from one to another, or the one that both are.
func days(th *theme.Theme, from, to db.Day) string {
	if from == to {
		return from.String()
	}
	return from.String() + " " + th.Glyph.Arrow + " " + to.String()
}

// shortWindow is runWindow with the year said once.
func shortWindow(th *theme.Theme, r db.Run) string {
	s := runWindow(th, r)
	if r.WindowFrom == nil || r.WindowTo == nil || *r.WindowFrom == *r.WindowTo || r.WindowFrom.Start().Year() != r.WindowTo.Start().Year() {
		return s
	}
	return r.WindowFrom.String() + th.Glyph.Arrow + r.WindowTo.String()[len("2006-"):]
}

// shortID is enough of a run's id to name it: ids begin with their time, and
// these digits hold all of it.
func shortID(id fmt.Stringer) string { return id.String()[:shortIDLength] }

const shortIDLength = 13

// pair is a label and its value, as details show them.
func pair(th *theme.Theme, label, value string) widget.Line {
	return labelled(th, label, th.Text, value)
}

// labelled is pair with a value in some style.
func labelled(th *theme.Theme, label string, style theme.Style, value string) widget.Line {
	const widest = len("calibration")
	return widget.S(th.Muted, th.Tr(label)).Pad(widest+1, "", th.Muted, false).Add(style, widget.Clean(value))
}
