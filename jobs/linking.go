package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"sextant/db"
	"sextant/irt"
)

// The rule for linking: at least this many common items, their b spanning at
// least this much, or only a shift is estimated.
const (
	linkMinItems = 5
	linkMinSpan  = 1.5
)

// LinkAlarm is the accumulated linking error, in θ units, past which an
// operator should give calibrations more answers or anchors, or start a new scale.
const LinkAlarm = 0.05

// Scale is the θ scale in force and the linking error since it began.
type Scale struct {
	Version       string  `json:"version"`
	AccumulatedSE float64 `json:"accumulated_se"`
	Alarm         bool    `json:"alarm"` // past LinkAlarm
}

// scaleOf is the scale of a calibration.
func scaleOf(c db.Calibration) (*Scale, error) {
	var l linkage
	if err := json.Unmarshal(c.Linking, &l); err != nil {
		return nil, fmt.Errorf("read the linking constants of run %s: %w", c.RunID, err)
	}
	return &Scale{Version: c.Version, AccumulatedSE: l.AccumulatedSE, Alarm: l.alarm()}, nil
}

// Words say how sure the scale is, and what to do about it past the alarm.
func (s Scale) Words() string {
	said := fmt.Sprintf("the linking error of scale %s since it began is %.3f", s.Version, s.AccumulatedSE)
	if !s.Alarm {
		return said
	}
	return fmt.Sprintf("%s, past the alarm of %g: give calibrations more answers (--lookback-days) or anchors, or start a new scale (--scale)", said, LinkAlarm)
}

func (l linkage) alarm() bool { return l.AccumulatedSE > LinkAlarm }

// What a calibration can be put on its scale by.
const (
	toAnchors  = "anchors"
	toPrevious = "previous"
	toScale    = "scale" // it starts one
)

// methodFixed is the method of a calibration that held its anchors.
const methodFixed irt.LinkMethod = "fixed_anchors"

// linkage says how a calibration was put on its scale. It is the
// linking_constants of mirt_fit_meta.model_spec.
type linkage struct {
	irt.Linkage
	To            string   `json:"to"` // anchors, previous, or scale (it starts one)
	Calibration   string   `json:"calibration,omitempty"`
	AccumulatedSE float64  `json:"accumulated_se"`    // since the scale began
	Common        int      `json:"common"`            // items that could be linked by, drifted ones included
	Residual      float64  `json:"residual"`          // RMSD of their curves after linking, in probability
	Drifted       []string `json:"drifted,omitempty"` // of them, the farthest first; they take no part while enough others remain

	away pairs // the same as Drifted, with their parameters
	use  pairs // that the link and its residual rest on
}

// driftShare is the share of the common items that have drifted; 0 when they
// are too few to tell.
func (l linkage) driftShare() float64 {
	if l.Common < linkMinItems {
		return 0
	}
	return float64(len(l.Drifted)) / float64(l.Common)
}

// tell logs how the calibration was linked.
func (l linkage) tell(log *slog.Logger, version string) {
	if l.To == toScale {
		log.Warn("nothing to link to: this calibration starts the scale", "version", version)
		return
	}
	log.Info("linked", "to", l.To, "method", string(l.Method), "A", l.A, "B", l.B, "items", l.Items, "se", l.SE,
		"accumulated_se", l.AccumulatedSE, "residual", l.Residual)
	if len(l.Drifted) > 0 {
		log.Warn(driftedLine, "count", len(l.Drifted), "of", l.Common, "to", l.To, "left_out", l.Common-l.Items, "items", firstFew(l.Drifted))
	}
	for _, p := range l.away[:min(len(l.away), driftedLines)] {
		log.Warn(itemLine, p.logAttrs(l.Linkage)...)
	}
	if l.alarm() {
		log.Warn("the scale's accumulated linking error is past the alarm; give calibrations more answers or anchors, or start a new scale",
			"accumulated_se", l.AccumulatedSE, "alarm", LinkAlarm)
	}
}

// knownItem is an item on the scale in force, and how sure its parameters are.
type knownItem struct {
	id     string
	params irt.ItemParams
	se     irt.ItemSE // 0: they define the scale
	n      int        // answers they rest on; 0: not known
}

// bearings are what a fit can be put on the scale in force by.
type bearings struct {
	anchors  []knownItem
	previous *previousFit // nil: the bank has no calibration on this scale
}

// previousFit is the calibration that the scale has come down by.
type previousFit struct {
	run         string
	items       []knownItem
	accumulated float64 // linking error since the scale began
}

// bearings reads what a calibration of a bank and day can be linked to. The
// previous calibration is that of an earlier day, so that a day done again is
// linked as it was at first; where there is none, the one in force.
func (j *Job) bearings(ctx context.Context, bank, version string, day db.Day) (bearings, error) {
	var b bearings
	anchors, err := j.DB.Anchors(ctx)
	if err != nil {
		return b, err
	}
	for _, a := range anchors {
		b.anchors = append(b.anchors, knownItem{id: a.ItemID, params: irt.ItemParams{A: a.A, B: a.B, C: a.C}})
	}
	unusable, err := j.DB.UnusableAnchors(ctx)
	if err != nil {
		return b, err
	}
	if len(unusable) > 0 {
		j.Log.Warn("anchors left out: meta.irt of their questions holds no usable numbers", "count", len(unusable), "items", firstFew(unusable))
	}
	prev, err := j.DB.CalibrationBefore(ctx, bank, version, day)
	if errors.Is(err, db.ErrNotFound) {
		prev, err = j.DB.CalibrationInForce(ctx, bank)
	}
	if errors.Is(err, db.ErrNotFound) || err == nil && prev.Version != version {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	b.previous, err = j.previousFit(ctx, prev)
	return b, err
}

func (j *Job) previousFit(ctx context.Context, prev db.Calibration) (*previousFit, error) {
	var before linkage
	if err := json.Unmarshal(prev.Linking, &before); err != nil {
		return nil, fmt.Errorf("read the linking constants of run %s: %w", prev.RunID, err)
	}
	rows, err := j.DB.ItemRows(ctx, prev.RunID)
	if err != nil {
		return nil, err
	}
	p := &previousFit{run: prev.RunID.String(), accumulated: before.AccumulatedSE}
	for _, r := range rows {
		if r.Dropped == nil && r.A != nil && r.B != nil {
			p.items = append(p.items, knownItem{id: r.ItemID, params: irt.ItemParams{A: *r.A, B: *r.B, C: valueOf(r.C)},
				se: irt.ItemSE{A: valueOf(r.SEA), B: valueOf(r.SEB), C: valueOf(r.SEC)}, n: r.N})
		}
	}
	return p, nil
}

// link puts a fit on the scale: by the anchors if they serve, else by the
// previous calibration's items, else by what anchors there are; with nothing in
// common it starts a scale. fitted gives an item of the fit, nil for one
// without parameters.
func (b bearings) link(fitted func(string) *irt.ItemFit, method irt.LinkMethod) (linkage, error) {
	anchors := common(fitted, b.anchors)
	if anchors.serve() {
		return anchors.link(method, toAnchors, 0)
	}
	if b.previous != nil {
		if items := common(fitted, b.previous.items); len(items) > 0 {
			l, err := items.link(method, toPrevious, b.previous.accumulated)
			l.Calibration = b.previous.run
			return l, err
		}
	}
	if len(anchors) > 0 {
		return anchors.link(method, toAnchors, 0)
	}
	return linkage{Linkage: irt.Identity, To: toScale}, nil
}
