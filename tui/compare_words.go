package tui

import (
	"strings"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// comparedName is what a line of a comparison is about. Parameters keep the
// names that they have in the ledger.
func comparedName(th *theme.Theme, l jobs.ComparedLine) string {
	switch l.Kind {
	case jobs.ComparedFact:
		return factName(th, l.Name)
	case jobs.ComparedLinking:
		return th.Tr("link %s", linkingName(th, strings.TrimPrefix(l.Name, "link ")))
	case jobs.ComparedParameter:
	}
	return widget.Clean(l.Name)
}

func factName(th *theme.Theme, name string) string {
	switch name {
	case "stage":
		return th.Tr("stage")
	case "status":
		return th.Tr("status")
	case "error":
		return th.Tr("error")
	case "days":
		return th.Tr("days")
	case "took":
		return th.Tr("took")
	case "units":
		return th.Tr("units")
	case "rows read":
		return th.Tr("rows read")
	case "rows written":
		return th.Tr("rows written")
	case "failures":
		return th.Tr("failures")
	case "trigger":
		return th.Tr("trigger")
	case "actor":
		return th.Tr("actor")
	case "reason":
		return th.Tr("reason")
	case "host":
		return th.Tr("host")
	case "version":
		return th.Tr("version")
	case "scale":
		return th.Tr("scale")
	case "prior":
		return th.Tr("prior")
	}
	return widget.Clean(name)
}

// linkingName is what a linking constant is called.
func linkingName(th *theme.Theme, key string) string {
	switch key {
	case "method":
		return th.Tr("method")
	case "to":
		return th.Tr("target")
	case "calibration":
		return th.Tr("calibration")
	case "criterion":
		return th.Tr("criterion")
	case "drifted":
		return th.Tr("drifted items")
	case "se":
		return "SE"
	case "se_a":
		return "SE a"
	case "se_b":
		return "SE b"
	case "accumulated_se":
		return th.Tr("accumulated SE")
	case "items":
		return th.Tr("items")
	case "common":
		return th.Tr("common items")
	case "residual":
		return th.Tr("residual")
	}
	return widget.Clean(key)
}

// comparedValue is a run's side of a line: facts that are words or lengths are
// said in the language, the others stand as they are.
func comparedValue(th *theme.Theme, l jobs.ComparedLine, r db.Run, text string) string {
	switch {
	case text == "":
		return th.Glyph.Dash
	case l.Kind == jobs.ComparedLinking && l.Name == "link to":
		return linkedTo(th, widget.Clean(text))
	case l.Kind != jobs.ComparedFact:
		return widget.Clean(text)
	}
	switch l.Name {
	case "status":
		return statusWord(th, r.Status)
	case "days":
		return runWindow(th, r)
	case "took":
		if r.StartedAt != nil && r.FinishedAt != nil {
			return th.Tr("%.1f s", r.FinishedAt.Sub(*r.StartedAt).Seconds())
		}
	case "units":
		return th.Tr("%s of %s", count(r.UnitsDone), count(r.UnitsTotal))
	case "rows read":
		return count(r.RowsRead)
	case "rows written":
		return count(r.RowsWritten)
	}
	return widget.Clean(text)
}
