package tui

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// runFacts are the facts about a run, a line each, the most asked for first.
func runFacts(th *theme.Theme, now time.Time, r db.Run) []widget.Line {
	where := r.Host
	if r.PID != nil {
		where += th.Tr(", pid %d", *r.PID)
	}
	lines := []widget.Line{
		pair(th, "days", runWindow(th, r)),
		pair(th, "started by", startedBy(th, r, ", ")),
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

// paramWords is a run's parameters as name=value, but for those that only say
// how its days were chosen, which stand there.
func paramWords(raw json.RawMessage) string {
	params, err := jobs.ReadFields(raw)
	if err != nil {
		return ""
	}
	var words []string
	for _, p := range params {
		if p.Name != "date" && p.Name != "backfill" {
			words = append(words, p.Name+"="+p.Exact())
		}
	}
	return strings.Join(words, " ")
}

// describeRun shows everything known about a run.
func describeRun(a *app, r db.Run, command string) dialog {
	th := a.theme
	d := &textDialog{app: a, title: r.Stage + " " + shortID(r.ID), copies: command}
	sign, style := statusLook(th, r.Status)
	lines := []widget.Line{labelled(th, "status", style, sign+" "+statusWord(th, r.Status))}
	if r.Error != nil {
		lines = append(lines, labelled(th, "error", th.Failed, *r.Error))
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

// head is the status, the progress and the facts, in as many columns as fit.
func (r *run) head(w int) []string {
	a, d := r.app, r.feed.value
	th, now := a.theme, a.now()
	sign, style := statusLook(th, d.Status)
	status := widget.S(th.Strong, d.Stage).Add(th.Blank, "  ").Add(style, sign+" "+statusWord(th, d.Status))
	if d.CancelRequestedAt != nil && !d.Status.Final() {
		status = status.Add(th.Due, " "+a.tr("(cancel asked for)"))
	}
	rows := []string{a.fit(status), a.fit(r.progress(w - 2))}
	if d.Error != nil {
		text := widget.WrapIndented(widget.S(th.Failed, th.Glyph.Bad+" "+widget.Clean(*d.Error)), w-2)
		for _, l := range text[:min(len(text), 3)] {
			rows = append(rows, " "+l)
		}
	}
	facts := factColumns(th, runFacts(th, now, d.Run), w, max(1, (r.height-len(rows)-2)/3))
	if r.height < 16 {
		return append(rows, facts...)
	}
	return append(append(append(rows, ""), facts...), "")
}

// factColumns lays facts out in at most h rows, in two columns where there is
// room; what is too long for a column follows below them.
func factColumns(th *theme.Theme, facts []widget.Line, w, h int) []string {
	columns := 1
	if w >= 100 {
		columns = 2
	}
	each := (w - 4) / columns
	var short, long []widget.Line
	for _, f := range facts {
		if columns > 1 && f.Width() > each {
			long = append(long, f)
		} else {
			short = append(short, f)
		}
	}
	blocks := make([]widget.Block, columns)
	high := min(h, (len(short)+columns-1)/columns)
	for i, f := range short[:min(len(short), high*columns)] {
		b := &blocks[i%columns]
		b.Width, b.Lines = each, append(b.Lines, f.Truncate(each, th.Glyph.Ellipsis).String())
	}
	rows := widget.Columns(high, 2, blocks...)
	for _, f := range long[:min(len(long), h-high)] {
		rows = append(rows, f.Truncate(w-4, th.Glyph.Ellipsis).String())
	}
	for i := range rows {
		rows[i] = " " + rows[i]
	}
	return rows
}

// progress is the bar with what is done and what is left.
func (r *run) progress(w int) widget.Line {
	th, d, now := r.app.theme, r.feed.value, r.app.now()
	share := 0.0
	if d.UnitsTotal > 0 {
		share = float64(d.UnitsDone) / float64(d.UnitsTotal)
	}
	text := fmt.Sprintf(" %3.0f %%", share*100)
	if d.UnitsTotal > 0 {
		text += "  " + r.app.tr("%s of %s", count(d.UnitsDone), count(d.UnitsTotal))
	}
	if took, ok := runLength(now, d.Run); ok {
		text += "  " + shortDuration(th, took)
		if left := took.Seconds() * (1/share - 1); !d.Status.Final() && d.UnitsDone > 0 && share < 1 {
			text += ", " + r.app.tr("about %s left", age(th, time.Duration(left*float64(time.Second))))
		}
	}
	bar := max(8, min(60, w-widget.S(th.Text, text).Width()))
	style := th.Running
	if d.Status.Final() {
		_, style = statusLook(th, d.Status)
	}
	return widget.Progress(th, style, bar, share).Add(th.Text, text)
}
