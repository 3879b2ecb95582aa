package tui

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sextant/db"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// runFacts are the facts about a run, a line each, the most asked for first.
func runFacts(th *theme.Theme, now time.Time, r db.Run) []widget.Line {
	by := string(r.Trigger)
	if r.Actor != "" {
		by += ", " + r.Actor
	}
	where := r.Host
	if r.PID != nil {
		where += th.Tr(", pid %d", *r.PID)
	}
	lines := []widget.Line{
		pair(th, "days", runWindow(th, r)),
		pair(th, "started by", by),
		pair(th, "when", stamp(r.CreatedAt)+", "+ago(th, now, r.CreatedAt)),
		pair(th, "where", where),
		pair(th, "reason", orDash(th, r.Reason)),
		pair(th, "rows", th.Tr("%s read, %s written", count(r.RowsRead), count(r.RowsWritten))),
		pair(th, "params", orDash(th, paramWords(r.Params))),
		pair(th, "version", orDash(th, r.Version)),
	}
	if r.CancelRequestedBy != nil {
		lines = append(lines, pair(th, "cancelled", th.Tr("asked for by %s", *r.CancelRequestedBy)))
	}
	if r.HeartbeatAt != nil && !r.Status.Final() {
		lines = append(lines, pair(th, "heartbeat", ago(th, now, *r.HeartbeatAt)))
	}
	return append(lines, pair(th, "id", r.ID.String()))
}

func orDash(th *theme.Theme, s string) string {
	if s == "" {
		return th.Glyph.Dash
	}
	return s
}

// paramWords is a run's parameters as name=value.
func paramWords(raw json.RawMessage) string {
	var params map[string]any
	if json.Unmarshal(raw, &params) != nil {
		return ""
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(params)) {
		words = append(words, k+"="+strings.Trim(fmt.Sprint(params[k]), "[]"))
	}
	return strings.Join(words, " ")
}

// describeRun shows everything known about a run.
func describeRun(a *app, r db.Run, command string) dialog {
	th := a.theme
	d := &textDialog{app: a, title: r.Stage + " " + shortID(r.ID), copies: command}
	sign, style := statusLook(th, r.Status)
	lines := []widget.Line{widget.S(th.Muted, th.Tr("status")).Pad(11, "", th.Muted, false).Add(style, sign+" "+statusWord(th, r.Status))}
	if r.Error != nil {
		lines = append(lines, widget.S(th.Muted, th.Tr("error")).Pad(11, "", th.Muted, false).Add(th.Failed, widget.Clean(*r.Error)))
	}
	lines = append(lines, runFacts(th, a.now(), r)...)
	if took, ok := runLength(a.now(), r); ok {
		lines = append(lines, pair(th, "took", shortDuration(th, took)))
	}
	if command != "" {
		lines = append(lines, nil, pair(th, "command", command))
	}
	d.viewer.SetLines(lines)
	return d
}
