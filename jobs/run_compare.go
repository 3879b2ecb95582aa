package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

// RunConsole is what the screens of runs, or their CLI twins, show beside a run.
type RunConsole interface {
	// CompareRuns tells how two runs differ and, of two calibrations, their items.
	CompareRuns(ctx context.Context, a, b uuid.UUID) (RunComparison, error)
}

// RunComparison is two runs side by side, the older first.
type RunComparison struct {
	A     db.Run           `json:"a"`
	B     db.Run           `json:"b"`
	Lines []ComparedLine   `json:"lines"`
	Items *ComparedBanks   `json:"items"` // of two calibrations; null: at least one is none, or left no items
	Fails ComparedFailures `json:"failures"`
}

// ComparedLine is one thing known of both runs.
type ComparedLine struct {
	Kind    ComparedKind `json:"kind"`
	Name    string       `json:"name"`
	A       string       `json:"a"`
	B       string       `json:"b"`
	Differs bool         `json:"differs"`
}

// ComparedKind is what a line of a comparison is of.
type ComparedKind string

// The kinds of ComparedLine.
const (
	ComparedFact      ComparedKind = "fact"      // of the run, or of the calibration it made
	ComparedParameter ComparedKind = "parameter" // as the ledger names it
	ComparedLinking   ComparedKind = "linking"   // a constant
)

// ComparedFailures are the learners and slices that failed in one run, or both.
type ComparedFailures struct {
	OnlyA []db.RunFailure `json:"only_a"`
	OnlyB []db.RunFailure `json:"only_b"`
	Both  int             `json:"both"`
}

// ComparedBanks is how the items of two calibrations differ.
type ComparedBanks struct {
	OnlyA  int            `json:"only_a"` // items with parameters in the one alone
	OnlyB  int            `json:"only_b"`
	MeanDA float64        `json:"mean_delta_a"`
	MeanDB float64        `json:"mean_delta_b"`
	RMSDA  float64        `json:"rms_delta_a"`
	RMSDB  float64        `json:"rms_delta_b"`
	Items  []ComparedItem `json:"items"` // in both, those that moved the farthest in b first
}

// ComparedItem is an item in both calibrations.
type ComparedItem struct {
	ItemID string  `json:"item_id"`
	A1     float64 `json:"a_before"`
	A2     float64 `json:"a"`
	B1     float64 `json:"b_before"`
	B2     float64 `json:"b"`
	Drift
}

// CompareRuns tells how two runs differ.
func (s *Service) CompareRuns(ctx context.Context, a, b uuid.UUID) (RunComparison, error) {
	var out RunComparison
	one, err := s.Run(ctx, a, math.MaxInt64)
	if err != nil {
		return out, err
	}
	two, err := s.Run(ctx, b, math.MaxInt64)
	if err != nil {
		return out, err
	}
	if two.CreatedAt.Before(one.CreatedAt) {
		one, two = two, one
	}
	out.A, out.B = one.Run, two.Run
	out.Fails = compareFailures(one.Failures, two.Failures)
	out.Lines = compareFacts(one, two)
	if one.Stage != calibrateStage || two.Stage != calibrateStage {
		return out, nil
	}
	linking, err := s.compareLinking(ctx, one.ID, two.ID)
	if err != nil {
		return out, err
	}
	out.Lines = append(out.Lines, linking...)
	out.Items, err = s.CompareItems(ctx, one.ID, two.ID)
	return out, err
}

func compareFailures(a, b []db.RunFailure) ComparedFailures {
	key := func(f db.RunFailure) string { return f.Kind + "\x00" + f.Subject }
	out, in := ComparedFailures{OnlyA: []db.RunFailure{}, OnlyB: []db.RunFailure{}}, map[string]bool{}
	for _, f := range b {
		in[key(f)] = true
	}
	both := map[string]bool{}
	for _, f := range a {
		if in[key(f)] {
			both[key(f)] = true
			continue
		}
		out.OnlyA = append(out.OnlyA, f)
	}
	for _, f := range b {
		if !both[key(f)] {
			out.OnlyB = append(out.OnlyB, f)
		}
	}
	out.Both = len(both)
	return out
}

// compareFacts sets the runs' facts and their parameters side by side.
func compareFacts(a, b RunDetail) []ComparedLine {
	var lines []ComparedLine
	add := func(name string, of func(RunDetail) string) {
		x, y := of(a), of(b)
		lines = append(lines, ComparedLine{ComparedFact, name, x, y, x != y})
	}
	add("stage", func(r RunDetail) string { return r.Stage })
	add("status", func(r RunDetail) string { return string(r.Status) })
	add("error", func(r RunDetail) string {
		if r.Error == nil {
			return ""
		}
		return *r.Error
	})
	add("days", func(r RunDetail) string { return window(r.Run) })
	add("took", func(r RunDetail) string {
		if r.StartedAt == nil || r.FinishedAt == nil {
			return ""
		}
		return r.FinishedAt.Sub(*r.StartedAt).Round(time.Millisecond).String()
	})
	add("units", func(r RunDetail) string { return fmt.Sprintf("%d of %d", r.UnitsDone, r.UnitsTotal) })
	add("rows read", func(r RunDetail) string { return fmt.Sprint(r.RowsRead) })
	add("rows written", func(r RunDetail) string { return fmt.Sprint(r.RowsWritten) })
	add("failures", func(r RunDetail) string { return fmt.Sprint(len(r.Failures)) })
	add("trigger", func(r RunDetail) string { return string(r.Trigger) })
	add("actor", func(r RunDetail) string { return r.Actor })
	add("reason", func(r RunDetail) string { return r.Reason })
	add("host", func(r RunDetail) string { return r.Host })
	add("version", func(r RunDetail) string { return r.Version })
	return append(lines, compareJSON(ComparedParameter, "", a.Params, b.Params)...)
}

// window is the days a run covers.
func window(r db.Run) string {
	switch {
	case r.WindowFrom == nil:
		return ""
	case r.WindowTo == nil || *r.WindowTo == *r.WindowFrom:
		return r.WindowFrom.String()
	}
	return r.WindowFrom.String() + " to " + r.WindowTo.String()
}

// compareJSON sets two objects side by side, key by key.
func compareJSON(kind ComparedKind, prefix string, a, b []byte) []ComparedLine {
	x, errX := readObject(a)
	y, errY := readObject(b)
	if errX != nil || errY != nil {
		return nil
	}
	keys := slices.Collect(maps.Keys(x))
	for k := range y {
		if _, ok := x[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	show := Field.Read
	if kind == ComparedParameter {
		show = Field.Exact
	}
	var lines []ComparedLine
	for _, k := range keys {
		p, q := show(Field{k, x[k]}), show(Field{k, y[k]})
		lines = append(lines, ComparedLine{kind, prefix + k, p, q, p != q})
	}
	return lines
}

// compareLinking sets the linking constants and priors of two calibrations side
// by side.
func (s *Service) compareLinking(ctx context.Context, a, b uuid.UUID) ([]ComparedLine, error) {
	x, err := s.db.CalibrationByRun(ctx, a)
	if err == nil {
		var y db.Calibration
		if y, err = s.db.CalibrationByRun(ctx, b); err == nil {
			prior := func(c db.Calibration) string { return fmt.Sprintf("N(%.3f, %.3f²)", c.PriorMean, c.PriorSD) }
			lines := []ComparedLine{{ComparedFact, "scale", x.Version, y.Version, x.Version != y.Version}, {ComparedFact, "prior", prior(x), prior(y), prior(x) != prior(y)}}
			return append(lines, compareJSON(ComparedLinking, "link ", x.Linking, y.Linking)...), nil
		}
	}
	if errors.Is(err, db.ErrNotFound) { // refused, or failed before there was a fit
		return nil, nil
	}
	return nil, err
}

// CompareItems sets the items of two calibrations side by side.
func (s *Service) CompareItems(ctx context.Context, a, b uuid.UUID) (*ComparedBanks, error) {
	before, err := s.db.ItemRows(ctx, a)
	if err != nil {
		return nil, err
	}
	now, err := s.db.ItemRows(ctx, b)
	if err != nil || len(before) == 0 || len(now) == 0 {
		return nil, err
	}
	was := map[string]db.ItemRow{}
	for _, r := range before {
		if r.A != nil && r.B != nil {
			was[r.ItemID] = r
		}
	}
	out := &ComparedBanks{OnlyA: len(was), Items: []ComparedItem{}}
	for _, r := range now {
		if r.A == nil || r.B == nil {
			continue
		}
		old, ok := was[r.ItemID]
		if !ok {
			out.OnlyB++
			continue
		}
		out.OnlyA--
		i := ComparedItem{ItemID: r.ItemID, A1: *old.A, A2: *r.A, B1: *old.B, B2: *r.B, Drift: *drift(old, r)}
		out.MeanDA, out.MeanDB = out.MeanDA+i.DeltaA, out.MeanDB+i.DeltaB
		out.RMSDA, out.RMSDB = out.RMSDA+i.DeltaA*i.DeltaA, out.RMSDB+i.DeltaB*i.DeltaB
		out.Items = append(out.Items, i)
	}
	if n := float64(len(out.Items)); n > 0 {
		out.MeanDA, out.MeanDB, out.RMSDA, out.RMSDB = out.MeanDA/n, out.MeanDB/n, math.Sqrt(out.RMSDA/n), math.Sqrt(out.RMSDB/n)
	}
	slices.SortStableFunc(out.Items, func(a, b ComparedItem) int { return -cmp.Compare(math.Abs(a.DeltaB), math.Abs(b.DeltaB)) })
	return out, nil
}
