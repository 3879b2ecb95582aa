package tui

import (
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// leftOutWords is the reason why an answer does not count for an estimate with
// that lookback.
func leftOutWords(th *theme.Theme, x jobs.Excluded, lookback int) string {
	switch x.Code {
	case jobs.TooOld:
		return th.Tr("older than the %d days of the lookback", lookback)
	case jobs.Superseded:
		return th.Tr("superseded by a later answer to the same item")
	case jobs.NoParameters:
		return th.Tr("its item has no parameters")
	case jobs.AnsweredLater:
		return th.Tr("answered after the estimate")
	}
	return widget.Clean(x.Reason)
}

// fromWord is where an item's parameters come from.
func fromWord(th *theme.Theme, from string) string {
	switch from {
	case "calibration":
		return th.Tr("calibration")
	case "question":
		return th.Tr("question")
	}
	return widget.Clean(from)
}

// priorWords say where the prior comes from.
func priorWords(th *theme.Theme, w jobs.ThetaWhy) string {
	switch {
	case w.PriorFrom > 0:
		return th.Tr("from %s to other topics", plural(th, w.PriorFrom, "%s answer", "%s answers"))
	case w.Calibration == "":
		return th.Tr("nothing is calibrated yet")
	}
	return th.Tr("the population of calibration %s", calibrationID(w))
}

// whyNotes are what an operator should know of an explanation.
func whyNotes(th *theme.Theme, w jobs.ThetaWhy) []string {
	var notes []string
	if w.Later > 0 {
		notes = append(notes, plural(th, w.Later, "%s answer has come since the estimate; T takes it in", "%s answers have come since the estimate; T takes them in"))
	}
	if w.Origin.Scorer == jobs.ScorerPlumber {
		notes = append(notes, th.Tr("the stored %[1]s came from the R service; %[1]s anew and the pulls are those of Sextant's own engine", th.Glyph.Theta))
	}
	if w.Cause != "" {
		notes = append(notes, th.Tr("the stored %s is not what these answers give: %s", th.Glyph.Theta, causeWords(th, w)))
	}
	return notes
}

// causeWords are the likeliest cause of a difference.
func causeWords(th *theme.Theme, w jobs.ThetaWhy) string {
	switch w.Cause {
	case jobs.CauseRestored:
		return th.Tr("%s restored it from an earlier moment", widget.Clean(w.Origin.Actor))
	case jobs.CauseImported:
		return th.Tr("it was there before Sextant and was taken over")
	case jobs.CauseForeign:
		return th.Tr("it is in no history of Sextant's, so something else wrote it")
	case jobs.CauseScale:
		return th.Tr("it is on scale %s, and %s is in force", widget.Clean(w.Stored.Version), widget.Clean(w.Version))
	case jobs.CauseCalibration:
		return th.Tr("calibration %s has come into force since it was estimated", calibrationID(w))
	case jobs.CauseNodes:
		return th.Tr("the R service integrates over nodes of its own, within 4 SDs of the prior")
	case jobs.CauseLookback:
		return th.Tr("the lookback of its run is not known any more, or answers were re-graded since")
	}
	return th.Tr("answers have been re-graded, moved or removed since, or a question's own parameters have changed")
}

// calibrationID is enough of the calibration's run to name it.
func calibrationID(w jobs.ThetaWhy) string {
	return w.Calibration[:min(len(w.Calibration), shortIDLength)]
}
