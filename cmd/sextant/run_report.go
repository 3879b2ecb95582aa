package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

// printPreview shows what a run would do.
func (a *app) printPreview(p jobs.Preview) error {
	if a.global.json {
		return a.writeJSON(p)
	}
	window := p.From.String()
	if p.To != p.From {
		window += " to " + p.To.String()
	}
	fmt.Fprintf(a.out, "%s, %s: %d of %s would run\n\n", p.Stage, window, p.Todo(), plural(len(p.Slices), "slice"))
	t := table{columns: []column{{title: "SLICE"}, {title: "DO"}, {title: "WHY", grow: true},
		{title: "LEARNERS", right: true}, {title: "ANSWERS", right: true}}}
	for _, s := range p.Slices {
		do := cell{"run", good}
		if s.Skip {
			do = cell{"skip", faint}
		}
		t.add(cell{text: s.Label()}, do, cell{text: s.Reason}, cell{text: count(s.Learners)}, cell{text: count(s.Answers)})
	}
	a.printTable(&t, "nothing to do")
	fmt.Fprintln(a.out)
	for _, n := range p.Notes {
		fmt.Fprintln(a.out, "note: "+widget.Clean(n))
	}
	a.printUnsynced(p.Unsynced)
	fmt.Fprintln(a.out, "to do it: "+p.Command)
	return nil
}

func (a *app) printUnsynced(n int64) {
	if n > 0 {
		fmt.Fprintf(a.out, "note: %s changed since the last sync; a run reads them first\n", plural(n, "session"))
	}
}

// printOutcome says how a run ended.
func (a *app) printOutcome(r db.Run) error {
	switch {
	case a.global.json:
		return a.writeJSON(r)
	case a.global.quiet:
		return nil
	case r.Status == db.RunSkipped:
		fmt.Fprintf(a.out, "%s skipped; why: sextant runs logs %s\n", r.Stage, shortID(r))
		return nil
	}
	fmt.Fprintf(a.out, "%s %s in %s: %d of %s done, %s read, %s written\n", r.Stage, r.Status, runTook(r, a.clock()),
		r.UnitsDone, plural(r.UnitsTotal, "slice"), plural(r.RowsRead, "row"), plural(r.RowsWritten, "row"))
	fmt.Fprintf(a.out, "run %s; its log: sextant runs logs %s\n", r.ID, shortID(r))
	return nil
}

// attrs are a log line's fields as key=value.
func attrs(raw json.RawMessage) string {
	fields, err := jobs.ReadFields(raw)
	if err != nil {
		return ""
	}
	words := make([]string, len(fields))
	for i, f := range fields {
		words[i] = f.Name + "=" + f.Quoted()
	}
	return strings.Join(words, " ")
}
