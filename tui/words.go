package tui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// shortDuration is a length of time in at most two units.
func shortDuration(d time.Duration) string {
	switch d = max(0, d); {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d m %02d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d m", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

// age is a length of time in one unit.
func age(d time.Duration) string {
	switch d = max(0, d); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d m", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

// ago says how long before now t was.
func ago(now, t time.Time) string { return age(now.Sub(t)) + " ago" }

// in says how long after now t will be.
func in(now, t time.Time) string {
	if t.Before(now) {
		return "now"
	}
	return "in " + age(t.Sub(now))
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
func abilityWords(theta float64, se *float64) string {
	where := "average"
	switch {
	case math.IsNaN(theta) || math.IsInf(theta, 0):
		return "no estimate"
	case theta >= 2:
		where = "far above average"
	case theta >= 0.5:
		where = "above average"
	case theta <= -2:
		where = "far below average"
	case theta <= -0.5:
		where = "below average"
	}
	switch {
	case se == nil:
		return where + ", precision unknown"
	case *se < 0.3:
		return where + ", known well"
	case *se < 0.5:
		return where + ", known fairly well"
	}
	return where + ", still uncertain"
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
	return g.NotBuilt, th.Never
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
	case jobs.StateNotBuilt:
		return g.NotBuilt, th.NotBuilt
	}
	return g.Never, th.Never
}

// stateWord is a stage's freshness in words.
func stateWord(s jobs.State) string { return strings.ReplaceAll(string(s), "_", " ") }

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
	case r.WindowTo == nil || *r.WindowTo == *r.WindowFrom:
		return r.WindowFrom.String()
	}
	return r.WindowFrom.String() + " " + th.Glyph.Arrow + " " + r.WindowTo.String()
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
	return widget.S(th.Muted, fmt.Sprintf("%-11s", label)).Add(th.Text, widget.Clean(value))
}
