package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/irt"
)

// MovedItem is an item on two scales that are linked: where it was and where it
// is now.
type MovedItem struct {
	ItemID string    `json:"item_id"`
	Before ItemPoint `json:"before"`
	Now    ItemPoint `json:"now"`
	Z      *float64  `json:"z"`    // the greater of a's and b's difference in standard errors; nil: not known
	RMSD   float64   `json:"rmsd"` // of the curves, in probability, over the population
	// Drifted: both sure and large, as the drift gate of a calibration judges.
	Drifted bool `json:"drifted"`
}

// ItemPoint is an item's parameters at one time.
type ItemPoint struct {
	A   float64  `json:"a"`
	B   float64  `json:"b"`
	C   float64  `json:"c"`
	SEB *float64 `json:"se_b"`
	N   int      `json:"n"` // answers it rests on; 0: not known
}

// Params are the point's parameters.
func (p ItemPoint) Params() irt.ItemParams { return irt.ItemParams{A: p.A, B: p.B, C: p.C} }

// DeltaB is how far the item's difficulty has moved.
func (m MovedItem) DeltaB() float64 { return m.Now.B - m.Before.B }

// Gate is a gate of a calibration that refused it: what it measured, over how
// many items, and how much it lets pass.
type Gate struct {
	Gate  string  `json:"gate"` // residual, or drift
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	Items int     `json:"items"`
}

// The gates of a calibration.
const (
	GateResidual = "residual" // of the linked items' curves, as RMSD in probability
	GateDrift    = "drift"    // the share of the common items that have drifted
)

// Refusal is a calibration that its gates kept from being published, and the
// items that decided it: those that had drifted and, where the residual refused
// it, those the farthest off.
type Refusal struct {
	Run     db.Run      `json:"run"`
	Gates   []Gate      `json:"gates"`   // that refused it; none: its log does not tell
	Command string      `json:"command"` // the shell command that publishes it all the same
	Drifted int         `json:"drifted"` // items in all
	Common  int         `json:"common"`  // items that could be linked by; 0: not known
	To      string      `json:"linked_to"`
	Items   []MovedItem `json:"items"` // the farthest first
}

// The log lines of a calibration that tell which items have drifted, and how
// many of them are told.
const (
	driftedLine  = "items have drifted"
	itemLine     = "item has drifted"
	driftedLines = 500

	gateLine      = "a gate does not let it pass"
	offLine       = "item is off"
	residualLines = 50
)

// movedAttrs is what the log line of an item holds.
type movedAttrs struct {
	Item    string   `json:"item"`
	A       float64  `json:"a"`
	B       float64  `json:"b"`
	C       float64  `json:"c"`
	SEB     *float64 `json:"se_b"`
	N       int      `json:"n"`
	ABefore float64  `json:"a_before"`
	BBefore float64  `json:"b_before"`
	CBefore float64  `json:"c_before"`
	SEBPrev *float64 `json:"se_b_before"`
	NBefore int      `json:"n_before"`
	Z       float64  `json:"z"`
	RMSD    float64  `json:"rmsd"`
}

// logAttrs are a drifted item as the log tells it: in the ledger it stays with
// the run, published or refused.
func (p pair) logAttrs(l irt.Linkage) []any {
	const digits = 1e4
	short := func(v float64) float64 { return math.Round(v*digits) / digits }
	now := l.Params(p.fitted.Params)
	attrs := []any{"item", p.known.id, "b_before", short(p.known.params.B), "b", short(now.B), "a_before", short(p.known.params.A), "a", short(now.A)}
	if now.C != 0 || p.known.params.C != 0 {
		attrs = append(attrs, "c_before", short(p.known.params.C), "c", short(now.C))
	}
	if se := p.fitted.SE.B * l.A; finite(se) != nil {
		attrs = append(attrs, "se_b", short(se))
	}
	if p.known.se.B > 0 {
		attrs = append(attrs, "se_b_before", short(p.known.se.B))
	}
	return append(attrs, "n", p.fitted.N, "n_before", p.known.n, "z", short(p.displaced(l)),
		"rmsd", short(irt.RMSD(now, p.known.params, l.Normal(irt.StandardNormal))))
}

// Refused tells of a calibration that was not published, by its run.
func (s *Service) Refused(ctx context.Context, id uuid.UUID) (r Refusal, err error) {
	if r.Run, err = s.db.FindRun(ctx, id.String()); err != nil {
		return r, err
	}
	if r.Run.Stage != calibrateStage {
		return r, usagef("run %s is of %s; only %s has items", id, r.Run.Stage, calibrateStage)
	}
	q, err := recorded(s.runner.Stages, s.runner.Defaults, r.Run)
	if err != nil {
		return r, err
	}
	q.Force = true
	r.Command = q.Command()
	events, err := s.db.RunEventsSaying(ctx, id, driftedLine, itemLine, gateLine, offLine)
	if err != nil {
		return r, err
	}
	r.Items, r.Gates = []MovedItem{}, []Gate{}
	for _, e := range events {
		if err := r.read(e); err != nil {
			return r, err
		}
	}
	slices.SortStableFunc(r.Items, func(a, b MovedItem) int { return cmp.Compare(b.RMSD, a.RMSD) })
	return r, nil
}

// read takes in one line of the log.
func (r *Refusal) read(e db.RunEvent) error {
	if e.Message == driftedLine {
		var all struct {
			Count int    `json:"count"`
			Of    int    `json:"of"`
			To    string `json:"to"`
		}
		if err := json.Unmarshal(e.Attrs, &all); err != nil {
			return fmt.Errorf("read the log of run %s: %w", r.Run.ID, err)
		}
		r.Drifted, r.Common, r.To = all.Count, all.Of, all.To
		return nil
	}
	if e.Message == gateLine {
		var g Gate
		if err := json.Unmarshal(e.Attrs, &g); err != nil {
			return fmt.Errorf("read the log of run %s: %w", r.Run.ID, err)
		}
		r.Gates = append(r.Gates, g)
		return nil
	}
	var a movedAttrs
	if err := json.Unmarshal(e.Attrs, &a); err != nil {
		return fmt.Errorf("read the log of run %s: %w", r.Run.ID, err)
	}
	r.Items = append(r.Items, MovedItem{ItemID: a.Item, Z: &a.Z, RMSD: a.RMSD, Drifted: e.Message == itemLine,
		Before: ItemPoint{A: a.ABefore, B: a.BBefore, C: a.CBefore, SEB: a.SEBPrev, N: a.NBefore},
		Now:    ItemPoint{A: a.A, B: a.B, C: a.C, SEB: a.SEB, N: a.N}})
	return nil
}

// moved compares the items that two calibrations have in common, the farthest
// first.
func moved(before map[string]db.ItemRow, now []db.ItemRow, population irt.Normal) []MovedItem {
	out := []MovedItem{}
	for _, n := range now {
		b, ok := before[n.ItemID]
		if d := drift(b, n); ok && d != nil {
			m := MovedItem{ItemID: n.ItemID, Before: pointOf(b), Now: pointOf(n), Z: d.Z()}
			m.RMSD = irt.RMSD(m.Now.Params(), m.Before.Params(), population)
			m.Drifted = m.RMSD > driftRMSD && valueOf(m.Z) > driftZ
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b MovedItem) int { return cmp.Compare(b.RMSD, a.RMSD) })
	return out
}

func pointOf(r db.ItemRow) ItemPoint {
	return ItemPoint{A: valueOf(r.A), B: valueOf(r.B), C: valueOf(r.C), SEB: r.SEB, N: r.N}
}
