package tui

import (
	"cmp"
	"strings"

	"sextant/db"
	"sextant/tui/lang"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// triggerWord is what started a run, in words.
func triggerWord(th *theme.Theme, t db.Trigger) string {
	switch t {
	case db.TriggerCLI:
		return th.Tr("cli")
	case db.TriggerCron:
		return th.Tr("cron")
	case db.TriggerConsole:
		return th.Tr("console")
	case db.TriggerSchedule:
		return th.Tr(lang.Sense("trigger", "schedule"))
	case db.TriggerEvent:
		return th.Tr("event")
	}
	return string(t)
}

// startedBy is what started a run, and who.
func startedBy(th *theme.Theme, r db.Run, between string) string {
	if r.Actor == "" {
		return triggerWord(th, r.Trigger)
	}
	return triggerWord(th, r.Trigger) + between + widget.Clean(r.Actor)
}

var (
	runStatuses = []db.RunStatus{db.RunQueued, db.RunRunning, db.RunSucceeded, db.RunPartial, db.RunFailed, db.RunCancelled, db.RunLost, db.RunSkipped}
	runTriggers = []db.Trigger{db.TriggerCLI, db.TriggerCron, db.TriggerConsole, db.TriggerSchedule, db.TriggerEvent}
)

// runFilterNames are the names in a filter of runs, by what a reader finds them
// called on the screen.
func runFilterNames(th *theme.Theme) map[string]string {
	return map[string]string{th.Tr("STATUS"): "status", th.Tr("STAGE"): "stage", th.Tr("BY"): "actor", th.Tr("HOST"): "host",
		th.Tr("RUN"): "run", th.Tr("trigger"): "trigger", th.Tr(lang.Sense("filter", "since")): "since", th.Tr(lang.Sense("filter", "until")): "until"}
}

// runFilterTyped is a filter of runs with the words of the operator's language
// as the jobs read them: 상태:실패 is status:failed. What is shown as several
// words is typed as one.
func runFilterTyped(th *theme.Theme, text string) string {
	if th.Lang == nil {
		return text
	}
	known := map[string]string{}
	for shown, name := range runFilterNames(th) {
		known[joined(shown)+":"] = name
	}
	for _, s := range runStatuses {
		known[joined(statusWord(th, s))] = string(s)
	}
	for _, t := range runTriggers {
		known["trigger:"+joined(triggerWord(th, t))] = string(t)
	}
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = runWordTyped(known, word)
	}
	return strings.Join(words, " ")
}

func runWordTyped(known map[string]string, word string) string {
	name, value, named := strings.Cut(word, ":")
	if !named {
		return cmp.Or(known[word], word)
	}
	name = cmp.Or(known[name+":"], name)
	if name != "status" && name != "trigger" {
		return name + ":" + value
	}
	values := strings.Split(value, ",")
	for i, v := range values {
		key := v
		if name == "trigger" {
			key = "trigger:" + v
		}
		values[i] = cmp.Or(known[key], v)
	}
	return name + ":" + strings.Join(values, ",")
}

// joined is a text without its blanks.
func joined(text string) string { return strings.ReplaceAll(text, " ", "") }
