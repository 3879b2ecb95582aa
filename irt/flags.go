package irt

import "math"

// Flag is a reason to look at an item before trusting it.
type Flag string

// The flags.
const (
	FlagNegativeA Flag = "negative_discrimination" // abler persons fail it: often a wrong key
	FlagLowA      Flag = "low_discrimination"      // 0 ≤ a·SD < 0.2
	FlagHighA     Flag = "high_discrimination"     // a·SD > 4: a sign of dependence, or of too few answers
	FlagExtremeB  Flag = "extreme_difficulty"      // more than 4 SD from the population's mean
	FlagFew       Flag = "few_answers"             // fewer than 50
	FlagNoSE      Flag = "no_standard_error"       // the data do not determine its parameters
	FlagMisfit    Flag = "misfit"                  // see FitStatistics.Misfits; only with Options.ItemFit
)

const (
	lowSlope, highSlope = 0.2, 4
	extremeDifficulty   = 4
	fewAnswers          = 50
)

// flags judges an item on the population's scale.
func (f *ItemFit) flags(population Normal) []Flag {
	if f.Dropped != "" {
		return nil
	}
	var out []Flag
	switch a := f.Params.A * population.SD; {
	case a < 0:
		out = append(out, FlagNegativeA)
	case a < lowSlope:
		out = append(out, FlagLowA)
	case a > highSlope:
		out = append(out, FlagHighA)
	}
	if math.Abs(f.Params.B-population.Mean) > extremeDifficulty*population.SD {
		out = append(out, FlagExtremeB)
	}
	if f.N < fewAnswers {
		out = append(out, FlagFew)
	}
	return out
}
