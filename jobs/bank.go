package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"sextant/db"
	"sextant/irt"
)

// BankSummary is a bank as a whole: where its items stand against its learners,
// how precisely it measures, and how it has moved since the calibration before.
type BankSummary struct {
	Bank        string          `json:"bank"`
	Banks       []string        `json:"banks"`       // all there are; '' is the unfiltered one
	Calibration *db.Calibration `json:"calibration"` // in force; nil before the first
	Previous    *db.Calibration `json:"previous"`    // of an earlier day on the same scale
	Fit         BankFit         `json:"fit"`
	Linking     *Linking        `json:"linking"` // nil before the first calibration
	Items       int             `json:"items"`   // with parameters
	Dropped     int             `json:"dropped"` // without
	Flagged     int             `json:"flagged"`

	Thetas      *db.Histogram `json:"thetas"`       // of the learners; nil for a bank of its own, whose θs are not published
	ItemBars    db.Histogram  `json:"item_bars"`    // of the items' b
	Information []InfoPoint   `json:"information"`  // of the whole bank
	Reliability float64       `json:"reliability"`  // marginal, if a learner answered every item
	Moved       []MovedItem   `json:"moved"`        // common items, the farthest first
	Refused     *db.Run       `json:"last_refused"` // the newest calibration if it failed since this one; nil: none
}

// BankFit is what a calibration says of its own fit.
type BankFit struct {
	Persons       int64   `json:"n_persons"`
	Answers       int64   `json:"n_answers"`
	Iterations    int     `json:"iterations"`
	Converged     bool    `json:"converged"`
	LogLikelihood float64 `json:"log_likelihood"`
	Reliability   float64 `json:"reliability"` // of the answers that were fitted
}

// Linking says how a calibration was put on its scale.
type Linking struct {
	Method        string  `json:"method"`
	To            string  `json:"to"` // anchors, previous, or scale (it starts one)
	A             float64 `json:"a"`
	B             float64 `json:"b"`
	SE            float64 `json:"se"`
	AccumulatedSE float64 `json:"accumulated_se"` // since the scale began
	Alarm         bool    `json:"alarm"`          // that is past LinkAlarm
	Items         int     `json:"items"`          // linked by
	Common        int     `json:"common"`         // that could be linked by
	Residual      float64 `json:"residual"`       // RMSD of their curves after linking
}

// InfoPoint is the bank's test information at one θ, and the standard error of
// a learner who answered every item.
type InfoPoint struct {
	Theta       float64 `json:"theta"`
	Information float64 `json:"information"`
	SE          float64 `json:"se"`
}

// The scale that a bank is drawn on, in θ units: what lies outside is counted
// in the outermost bars.
const (
	scaleLow  = -4.0
	scaleHigh = 4.0
	scaleBars = 32
	infoSteps = 40
)

// Bank sums a bank up.
func (s *Service) Bank(ctx context.Context, bank string) (BankSummary, error) {
	out := BankSummary{Bank: bank, Moved: []MovedItem{}, Information: []InfoPoint{}}
	banks, err := s.db.Banks(ctx)
	if err != nil {
		return out, err
	}
	out.Banks = banks
	of, err := s.calibrated(ctx, bank)
	if errors.Is(err, db.ErrNotFound) {
		if err := s.knownBank(ctx, bank); err != nil {
			return out, err
		}
		out.Refused, err = s.refusedSince(ctx, nil)
		return out, err
	}
	if err != nil {
		return out, err
	}
	out, err = s.banks.of(of.runs(), func() (BankSummary, error) { return s.sumUp(ctx, of) })
	out.Bank, out.Banks, out.Calibration, out.Previous = bank, banks, &of.now, of.before
	if err != nil || bank != "" {
		return out, err
	}
	h, err := s.db.ThetaHistogram(ctx, of.now.Version, scaleLow, scaleHigh, scaleBars)
	if err != nil {
		return out, err
	}
	out.Thetas = &h
	out.Refused, err = s.refusedSince(ctx, &of.now)
	return out, err
}

// sumUp works out all of the summary that the calibrations alone tell.
func (s *Service) sumUp(ctx context.Context, of calibrated) (BankSummary, error) {
	out := BankSummary{Moved: []MovedItem{}, Information: []InfoPoint{}}
	if err := out.told(of.now); err != nil {
		return out, err
	}
	rows, err := s.db.ItemRows(ctx, of.now.RunID)
	if err != nil {
		return out, err
	}
	population := irt.Normal{Mean: of.now.PriorMean, SD: of.now.PriorSD}
	if err := out.measure(rows, population); err != nil {
		return out, err
	}
	before, err := s.itemsBefore(ctx, of)
	if err != nil {
		return out, err
	}
	out.Moved = moved(before, rows, population)
	return out, nil
}

// refusedSince is the newest calibration when it failed and is newer than the
// one in force.
func (s *Service) refusedSince(ctx context.Context, inForce *db.Calibration) (*db.Run, error) {
	runs, err := s.db.Runs(ctx, db.RunFilter{Stage: calibrateStage, Limit: 1})
	if err != nil || len(runs) == 0 || runs[0].Status != db.RunFailed || inForce != nil && runs[0].CreatedAt.Before(inForce.FittedAt) {
		return nil, err
	}
	return &runs[0], nil
}

// told takes in what the calibration recorded of itself.
func (b *BankSummary) told(c db.Calibration) error {
	var l linkage
	if err := json.Unmarshal(c.Linking, &l); err != nil {
		return fmt.Errorf("read the linking constants of run %s: %w", c.RunID, err)
	}
	if err := json.Unmarshal(c.Metrics, &b.Fit); err != nil {
		return fmt.Errorf("read the metrics of run %s: %w", c.RunID, err)
	}
	b.Linking = &Linking{Method: string(l.Method), To: l.To, A: l.A, B: l.B, SE: l.SE, AccumulatedSE: l.AccumulatedSE, Alarm: l.alarm(),
		Items: l.Items, Common: l.Common, Residual: l.Residual}
	return nil
}

// measure counts the items along the scale and works out how precisely they
// measure there.
func (b *BankSummary) measure(rows []db.ItemRow, population irt.Normal) (err error) {
	b.ItemBars = db.Histogram{Low: scaleLow, High: scaleHigh, Bars: make([]int64, scaleBars)}
	var items []irt.ItemParams
	for _, r := range rows {
		if len(r.Flags) > 0 {
			b.Flagged++
		}
		if r.Dropped != nil || r.A == nil || r.B == nil {
			b.Dropped++
			continue
		}
		b.Items++
		b.ItemBars.Add(*r.B)
		p := db.ItemParams{A: *r.A, B: *r.B, C: valueOf(r.C)}
		if p.Usable() { // the others measure nobody
			items = append(items, irt.ItemParams{A: p.A, B: p.B, C: p.C})
		}
	}
	if len(items) == 0 {
		return nil
	}
	for i := range infoSteps + 1 {
		theta := scaleLow + (scaleHigh-scaleLow)*float64(i)/infoSteps
		at := irt.TestInformation(items, theta)
		point := InfoPoint{Theta: theta, Information: at}
		if at > 0 {
			point.SE = 1 / math.Sqrt(at)
		}
		b.Information = append(b.Information, point)
	}
	b.Reliability, err = irt.MarginalReliability(items, population)
	return err
}
