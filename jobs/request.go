package jobs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"sextant/db"
)

// Request asks for one run, or for its preview.
type Request struct {
	ID       uuid.UUID // of the run to be; a new one when zero
	Stage    string
	Date     *db.Day // the as-of day; the last complete UTC day when nil
	From, To *db.Day // a backfill, one slice a day, oldest first; excludes Date
	Users    []string
	Missing  bool // of a backfill, only the days not published
	Force    bool // also what is published and current
	DryRun   bool
	Reason   string
	Trigger  db.Trigger
	Actor    string            // the operating system's user when empty
	PingURL  string            // of a dead-man monitor; the stage's own when empty
	Options  map[string]string // the stage's own parameters by name; see ParamSpec
	Where    Where             // of what the console launches

	queued bool      // its ledger row stands already, as queued
	asked  time.Time // its days are judged by this moment; by its start when zero
}

// Where is who runs what the console launches.
type Where string

// The places; the zero Where is as the environment is configured.
const (
	WhereHere    Where = "here"    // a process of its own on this machine
	WhereWorkers Where = "workers" // whichever worker comes first
)

// Preview is what a request would do.
type Preview struct {
	Stage    string   `json:"stage"`
	From     db.Day   `json:"from"`
	To       db.Day   `json:"to"`
	Slices   []Slice  `json:"slices"`
	Notes    []string `json:"notes"`
	Unsynced int64    `json:"unsynced_sessions"` // source rows that changed since the last sync
	Command  string   `json:"command"`           // the shell command that does the same
}

// Todo counts the slices that would run.
func (p Preview) Todo() int { return Plan{Slices: p.Slices}.Todo() }

// window resolves the days the request covers against the clock.
func (q Request) window(now time.Time) (from, to db.Day, err error) {
	last := db.DayOf(now).Add(-1)
	switch {
	case q.Date != nil && (q.From != nil || q.To != nil):
		return from, to, usagef("--date excludes --from and --to")
	case q.From != nil && q.To == nil:
		from, to = *q.From, last
	case q.From == nil && q.To != nil:
		return from, to, usagef("--to needs --from")
	case q.From != nil:
		from, to = *q.From, *q.To
	case q.Date != nil:
		from, to = *q.Date, *q.Date
	default:
		from, to = last, last
	}
	switch {
	case to.Before(from):
		return from, to, usagef("--from %s is after --to %s", from, to)
	case last.Before(to):
		return from, to, usagef("%s is not complete yet; the last complete UTC day is %s", to, last)
	}
	return from, to, nil
}

// Backfill reports whether the request names a range of days.
func (q Request) Backfill() bool { return q.From != nil }

// Command is the shell command that makes the same request.
func (q Request) Command() string {
	verb, rest := q.arguments()
	return shellJoin(slices.Concat([]string{"sextant"}, verb, rest))
}

// arguments are the command line that makes the same request: the command, and
// its flags and arguments.
func (q Request) arguments() (verb, rest []string) {
	verb, ok := commands[q.Stage]
	switch {
	case q.Where == WhereWorkers:
		return []string{"run", q.Stage}, append([]string{"--queue"}, q.flags(true)...)
	case !ok:
		return []string{"run", q.Stage}, q.flags(true)
	}
	rest = q.flags(false)
	if slices.ContainsFunc(q.Users, func(u string) bool { return strings.HasPrefix(u, "-") }) {
		rest = append(rest, "--")
	}
	return verb, append(rest, q.Users...)
}

// discreet is the request without the ids of its learners.
func (q Request) discreet() Request {
	users := q.Users
	q.Users = nil
	for _, u := range users {
		q.Users = append(q.Users, db.Pseudonym(u))
		q.Reason = db.Redact(q.Reason, u)
	}
	return q
}

// flags are the request's command line flags.
func (q Request) flags(users bool) []string {
	var args []string
	for _, d := range []struct {
		name string
		day  *db.Day
	}{{"--date", q.Date}, {"--from", q.From}, {"--to", q.To}} {
		if d.day != nil {
			args = append(args, d.name, d.day.String())
		}
	}
	if users {
		for _, u := range q.Users {
			args = append(args, "--user", u)
		}
	}
	for _, f := range []struct {
		name string
		on   bool
	}{{"--missing", q.Missing}, {"--force", q.Force}, {"--dry-run", q.DryRun}} {
		if f.on {
			args = append(args, f.name)
		}
	}
	if q.Reason != "" {
		args = append(args, "--reason", q.Reason)
	}
	if q.PingURL != "" {
		args = append(args, "--ping-url", q.PingURL)
	}
	for _, k := range slices.Sorted(maps.Keys(q.Options)) {
		args = append(args, "--"+k+"="+q.Options[k])
	}
	return args
}

// Shell is a command line of words, quoted for a POSIX shell.
func Shell(words ...string) string { return shellJoin(words) }

// shellJoin quotes words for a POSIX shell, on one line that a terminal shows as
// it is: control characters are spelled out.
func shellJoin(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		switch quoted[i] = w; {
		case strings.ContainsFunc(w, unicode.IsControl):
			quoted[i] = spelled(w)
		case w == "" || strings.ContainsFunc(w, needsQuote):
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// spelled quotes a word with control characters, as POSIX has it since 2024 and
// shells long before.
func spelled(w string) string {
	var b strings.Builder
	b.WriteString("$'")
	for _, r := range w {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\'' || r == '\\':
			b.WriteString(`\` + string(r))
		case unicode.IsControl(r):
			for _, octet := range []byte(string(r)) {
				fmt.Fprintf(&b, `\%03o`, octet)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + "'"
}

func needsQuote(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_=./:@,+%", r)
}
