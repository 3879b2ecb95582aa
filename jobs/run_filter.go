package jobs

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sextant/db"
)

// RunFilterHelp says how a filter of runs is written.
const RunFilterHelp = "failed, stage:mirt, actor:kim, trigger:cron, host:ops1, run:019a, since:7d, until:2026-03-01, or any word"

// runFilterNames are what a word of a filter of runs can name.
var runFilterNames = []string{"status", "stage", "actor", "trigger", "host", "run", "since", "until"}

var (
	statuses = []db.RunStatus{db.RunQueued, db.RunRunning, db.RunSucceeded, db.RunPartial, db.RunFailed, db.RunCancelled, db.RunLost, db.RunSkipped}
	triggers = []db.Trigger{db.TriggerCLI, db.TriggerCron, db.TriggerConsole, db.TriggerSchedule, db.TriggerEvent}
)

// ParseRunFilter reads a filter of runs as people write it: words apart by
// blanks, all of which must hold. A status alone, or name:value; several
// statuses or triggers, with commas or one after the other, are alternatives;
// any other word is looked for in the stage, the actor, the host, the reason and
// the error. What is being typed and not complete yet is an error.
func ParseRunFilter(text string, now time.Time) (db.RunFilter, error) {
	var f db.RunFilter
	for word := range strings.FieldsSeq(text) {
		name, value, named := strings.Cut(word, ":")
		switch name = strings.ToLower(name); {
		case named && value == "":
			return f, usagef("%s: is followed by what to look for", name)
		case !named && slices.Contains(statuses, db.RunStatus(name)):
			f.Statuses = append(f.Statuses, db.RunStatus(name))
			continue
		}
		var err error
		switch {
		case !named:
			f.Words = append(f.Words, word)
		case name == "status":
			f.Statuses, err = alternatives(f.Statuses, statuses, name, value)
		case name == "trigger":
			f.Triggers, err = alternatives(f.Triggers, triggers, name, value)
		case name == "stage":
			f.StageLike = value
		case name == "actor", name == "by":
			f.Actor = value
		case name == "run", name == "id":
			f.ID = value
		case name == "host":
			f.Host = value
		case name == "since":
			f.Since, err = readMoment(value, now)
		case name == "until":
			f.Until, err = readMoment(value, now)
		case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }): // as of an hour, or an address
			f.Words = append(f.Words, word)
		default:
			err = usagef("%s: is none of the names; they are %s", name, strings.Join(runFilterNames, ", "))
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// alternatives adds the values, apart by commas, that are among those there are.
func alternatives[T ~string](to, among []T, name, value string) ([]T, error) {
	for v := range strings.SplitSeq(strings.ToLower(value), ",") {
		if v == "" {
			continue
		}
		if !slices.Contains(among, T(v)) {
			words := make([]string, len(among))
			for i, a := range among {
				words[i] = string(a)
			}
			return to, usagef("%s is one of %s", name, strings.Join(words, ", "))
		}
		to = append(to, T(v))
	}
	return to, nil
}

// readMoment reads a day, or how long ago in days, hours or minutes.
func readMoment(s string, now time.Time) (time.Time, error) {
	if d, err := db.ParseDay(s); err == nil {
		return d.Start(), nil
	}
	if n, err := strconv.Atoi(strings.TrimSuffix(s, "d")); err == nil && strings.HasSuffix(s, "d") && n >= 0 {
		return now.AddDate(0, 0, -n), nil
	}
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, usagef("%q is neither a day, as 2026-03-29, nor an age, as 7d or 12h", s)
}
