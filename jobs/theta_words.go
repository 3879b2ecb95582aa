package jobs

import "fmt"

// Exclusion is why θ does not rest on an answer.
type Exclusion string

// The reasons for which answers are left out.
const (
	TooOld        Exclusion = "too_old"        // for the lookback
	Superseded    Exclusion = "superseded"     // by a later answer to the same item
	NoParameters  Exclusion = "no_parameters"  // of its item
	AnsweredLater Exclusion = "answered_later" // than the estimate that is explained
)

// words are the exclusion's in English, of an estimate with that lookback.
func (x Exclusion) words(lookback int) string {
	switch x {
	case TooOld:
		return fmt.Sprintf("older than the %d days of the lookback", lookback)
	case Superseded:
		return "superseded by a later answer to the same item"
	case NoParameters:
		return "its item has no parameters"
	case AnsweredLater:
		return "answered after the estimate"
	}
	return string(x)
}

// WhyCause is the likeliest reason why a stored θ is not what its answers give.
type WhyCause string

// The causes of a difference, the surest first.
const (
	CauseRestored    WhyCause = "restored"    // from an earlier moment
	CauseImported    WhyCause = "imported"    // from before Sextant
	CauseForeign     WhyCause = "foreign"     // not in Sextant's history
	CauseScale       WhyCause = "scale"       // another than the one in force
	CauseCalibration WhyCause = "calibration" // since the estimate
	CauseNodes       WhyCause = "nodes"       // of the R service's quadrature
	CauseLookback    WhyCause = "lookback"    // of the estimate is not known, or re-graded answers
	CauseAnswers     WhyCause = "answers"     // re-graded, moved or removed, or a question's parameters
)

// notes say in English what Later, the scorer and the Cause mean to an operator.
func (v *ThetaWhy) notes() []string {
	notes := []string{}
	if v.Later > 0 {
		notes = append(notes, fmt.Sprintf("answers that came after the estimate: %d; 'sextant theta recompute' takes them in", v.Later))
	}
	if v.Origin.Scorer == ScorerPlumber {
		notes = append(notes, "the stored θ came from the R service (scorer plumber); θ anew and the pulls are those of Sextant's own engine")
	}
	if v.Cause != "" {
		notes = append(notes, "the stored θ is not what these answers give: "+v.causeWords())
	}
	return notes
}

func (v *ThetaWhy) causeWords() string {
	switch v.Cause {
	case CauseRestored:
		return v.Origin.Actor + " restored it from an earlier moment"
	case CauseImported:
		return "it was there before Sextant and was taken over"
	case CauseForeign:
		return "it is in no history of Sextant's, so something else wrote it"
	case CauseScale:
		return fmt.Sprintf("it is on scale %s, and %s is in force", v.Stored.Version, v.Version)
	case CauseCalibration:
		return fmt.Sprintf("a calibration (run %s) has come into force since it was estimated", v.Calibration)
	case CauseNodes:
		return "the R service integrates over nodes of its own, on [−4, 4] prior SDs"
	case CauseLookback:
		return "the lookback of its run is not known any more, or answers were re-graded since"
	}
	return "answers have been re-graded, moved or removed since, or a question's own parameters have changed"
}
