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

// Platform.md's rule for linking: at least this many common items, their b
// spanning at least this much, or only a shift is estimated.
const (
	linkMinItems = 5
	linkMinSpan  = 1.5
)

// linkAlarm is the accumulated linking error, in θ units, past which an
// operator should start a new scale or add anchors.
const linkAlarm = 0.05

// linkage says how a calibration was put on its scale. It is the
// linking_constants of mirt_fit_meta.model_spec.
type linkage struct {
	irt.Linkage
	To            string  `json:"to"` // anchors, previous, or scale (it starts one)
	Calibration   string  `json:"calibration,omitempty"`
	AccumulatedSE float64 `json:"accumulated_se"` // since the scale began
}

// link puts a fit on the scale in force: to the anchors if they serve, else to
// the previous calibration's common items, else it starts a scale and says so.
func (j *Job) link(ctx context.Context, res *irt.Result, h *history, method irt.LinkMethod, version string) (linkage, error) {
	anchors, err := j.DB.Anchors(ctx)
	if err != nil {
		return linkage{}, err
	}
	if from, to := common(res, h, anchors); serves(to) {
		return makeLink(method, "anchors", from, to, 0)
	}
	prev, err := j.DB.CalibrationInForce(ctx, "")
	switch {
	case errors.Is(err, db.ErrNotFound) || err == nil && prev.Version != version:
		if from, to := common(res, h, anchors); len(to) > 0 {
			return makeLink(method, "anchors", from, to, 0)
		}
		j.Log.Warn("nothing to link to: this calibration starts the scale", "version", version)
		return linkage{Linkage: irt.Identity, To: "scale"}, nil
	case err != nil:
		return linkage{}, err
	}
	items, err := j.DB.CalibrationItems(ctx, prev.RunID)
	if err != nil {
		return linkage{}, err
	}
	from, to := common(res, h, items)
	if len(to) == 0 {
		j.Log.Warn("no item in common with the previous calibration: this one starts the scale anew", "previous", prev.RunID.String())
		return linkage{Linkage: irt.Identity, To: "scale"}, nil
	}
	var before linkage
	if err := json.Unmarshal(prev.Linking, &before); err != nil {
		return linkage{}, fmt.Errorf("read the linking constants of run %s: %w", prev.RunID, err)
	}
	l, err := makeLink(method, "previous", from, to, before.AccumulatedSE)
	l.Calibration = prev.RunID.String()
	return l, err
}

func makeLink(method irt.LinkMethod, to string, from, target []irt.ItemParams, accumulated float64) (linkage, error) {
	if !serves(target) {
		method = irt.Shift
	}
	l, err := irt.Link(method, from, target, irt.LinkOptions{})
	if err != nil {
		return linkage{}, fmt.Errorf("link to %s: %w", to, err)
	}
	return linkage{Linkage: l, To: to, AccumulatedSE: math.Hypot(accumulated, l.SE)}, nil
}

// serves reports whether items carry a link with a slope.
func serves(items []irt.ItemParams) bool {
	if len(items) < linkMinItems {
		return false
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, it := range items {
		low, high = math.Min(low, it.B), math.Max(high, it.B)
	}
	return high-low >= linkMinSpan
}

// common pairs the fitted items with known parameters of the same items.
func common(res *irt.Result, h *history, known []db.ItemParams) (from, to []irt.ItemParams) {
	for _, k := range known {
		n, ok := h.items.of[k.ItemID]
		if !ok || res.Items[n].Dropped != "" {
			continue
		}
		from = append(from, res.Items[n].Params)
		to = append(to, irt.ItemParams{A: k.A, B: k.B, C: k.C})
	}
	return from, to
}
