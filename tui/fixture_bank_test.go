package tui

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/irt"
	"sextant/jobs"
)

// calibrations are those of the fixture's bank: in force, and the one before.
func calibrations() (now, before db.Calibration) {
	now = db.Calibration{RunID: runID(3), Model: "2PL", Version: "v1", DataDay: *day("2025-11-19"), PriorMean: 0.12, PriorSD: 1.04, FittedAt: *at("2025-11-20 03:01:12")}
	before = now
	before.RunID, before.DataDay, before.FittedAt = runID(8), *day("2025-11-18"), *at("2025-11-19 03:01:09")
	return now, before
}

const fixtureItems = 90

// itemRow is the n-th item of the bank, a few of them with something wrong.
func itemRow(n int) db.ItemRow {
	x := float64(n)
	r := db.ItemRow{ItemID: fmt.Sprint(101 + n), A: ptr(1.05 + 0.45*math.Sin(x*1.7)), B: ptr(-2.1 + 4.3*math.Mod(x*0.618, 1)), C: ptr(0.0),
		SEA: ptr(0.06 + 0.02*math.Abs(math.Sin(x))), SEB: ptr(0.05 + 0.05*math.Abs(math.Cos(x))), SEC: ptr(0.0), N: 400 + n*37%900, PCorrect: ptr(0.85 - 0.6*math.Mod(x*0.618, 1)),
		ItemFit: db.ItemFit{Infit: ptr(1 + 0.12*math.Sin(x)), Outfit: ptr(1 + 0.2*math.Cos(x*1.3)), SX2: ptr(21.4 + 9*math.Sin(x)), SX2DF: ptr(24), SX2P: ptr(0.5 + 0.45*math.Sin(x))}}
	switch n {
	case 4:
		r.Flags = []string{"drift"}
	case 11:
		r.Flags, r.Outfit = []string{"misfit"}, ptr(1.71)
	case 17:
		r.Flags, r.A = []string{"negative_discrimination"}, ptr(-0.34)
	case 23:
		r = db.ItemRow{ItemID: "문항-023", N: 12, PCorrect: ptr(1.0), Dropped: ptr("too_few_answers")}
	}
	return r
}

func (f *fixture) bankItems() []jobs.Item {
	out := make([]jobs.Item, max(fixtureItems, f.bank))
	for n := range out {
		out[n].ItemRow = itemRow(n)
		if n != 23 {
			out[n].Drift = &jobs.Drift{DeltaA: 0.05 * math.Sin(float64(n)), DeltaB: 0.09 * math.Cos(float64(n)*2.1), ZA: ptr(0.6 * math.Sin(float64(n))), ZB: ptr(0.9 * math.Cos(float64(n)*2.1))}
		}
	}
	out[4].Drift = &jobs.Drift{DeltaA: -0.41, DeltaB: 0.87, ZA: ptr(-4.1), ZB: ptr(8.2)}
	return out
}

func (f *fixture) Items(ctx context.Context, q jobs.ItemFilter) (jobs.Items, error) {
	now, before := calibrations()
	now.Bank, before.Bank = q.Bank, q.Bank
	items := f.bankItems()
	if q.Bank != "" {
		items = items[:12]
	}
	if f.uncalibrated {
		return jobs.Items{Bank: q.Bank, Items: []jobs.Item{}}, f.read(ctx)
	}
	return jobs.Items{Bank: q.Bank, Calibration: &now, Previous: &before, Total: len(items), Items: items}, f.read(ctx)
}

func (f *fixture) Bank(ctx context.Context, bank string) (jobs.BankSummary, error) {
	s := jobs.BankSummary{Bank: bank, Banks: []string{"", "subject:3", "topic:확률"}}
	if f.uncalibrated {
		return s, f.read(ctx)
	}
	now, before := calibrations()
	s.Calibration, s.Previous = &now, &before
	s.Fit = jobs.BankFit{Persons: 1204, Answers: 61284, Iterations: 23, Converged: true, LogLikelihood: -31204.51, Reliability: 0.87}
	s.Linking = &jobs.Linking{Method: "stocking_lord", To: "anchors", A: 1.04, B: 0.12, SE: 0.011, AccumulatedSE: 0.011, Items: 11, Common: 12, Residual: 0.043}
	s.ItemBars = db.Histogram{Low: -4, High: 4, Bars: make([]int64, 32)}
	var items []irt.ItemParams
	for _, it := range f.bankItems() {
		if len(it.Flags) > 0 {
			s.Flagged++
		}
		if it.Dropped != nil {
			s.Dropped++
			continue
		}
		s.Items++
		s.ItemBars.Add(*it.B)
		p := irt.ItemParams{A: *it.A, B: *it.B, C: *it.C}
		items = append(items, p)
		was := p
		if it.Drift != nil {
			was.A, was.B = p.A-it.Drift.DeltaA, p.B-it.Drift.DeltaB
		}
		s.Moved = append(s.Moved, jobs.MovedItem{ItemID: it.ItemID, Before: jobs.ItemPoint{A: was.A, B: was.B, N: it.N - 40}, Now: jobs.ItemPoint{A: p.A, B: p.B, N: it.N},
			Z: it.Drift.Z(), RMSD: irt.RMSD(p, was, irt.StandardNormal), Drifted: it.ItemID == "105"})
	}
	slices.SortStableFunc(s.Moved, func(a, b jobs.MovedItem) int { return cmp.Compare(b.RMSD, a.RMSD) })
	if bank == "" {
		s.Thetas = &db.Histogram{Low: -4, High: 4, Bars: make([]int64, 32), Counted: 1204}
		for i := range s.Thetas.Bars {
			x := (-4 + (float64(i)+0.5)/4 - 0.12) / 1.04
			s.Thetas.Bars[i] = int64(115 * math.Exp(-x*x/2))
		}
	}
	for i := range 81 {
		theta := -4 + float64(i)/10
		info := irt.TestInformation(items, theta)
		s.Information = append(s.Information, jobs.InfoPoint{Theta: theta, Information: info, SE: 1 / math.Sqrt(info)})
	}
	s.Reliability = 0.94
	if bank == "" {
		s.Refused = &f.runs[3]
	}
	return s, f.read(ctx)
}

func (f *fixture) Item(ctx context.Context, bank, item string) (jobs.ItemDetail, error) {
	if err := f.read(ctx); err != nil {
		return jobs.ItemDetail{}, err
	}
	d := jobs.ItemDetail{Bank: bank, ItemID: item, Question: &db.Question{Content: ptr("다음 확률을 구하시오: 주사위를 두 번 던질 때 눈의 합이 7이 될 확률"), TopicID: ptr("확률")}}
	for _, it := range f.bankItems() {
		if it.ItemID != item {
			continue
		}
		for k := range 20 {
			v := jobs.ItemVersion{ItemVersion: db.ItemVersion{RunID: runID(3 + k), Model: "2PL", Version: "v1", DataDay: day("2025-11-19").Add(-k), InForce: true, ItemRow: it.ItemRow}}
			if v.B != nil {
				v.B, v.A = ptr(*it.B-0.04*float64(k)+0.05*math.Sin(float64(k)*2)), ptr(*it.A-0.01*float64(k))
				v.Drift = &jobs.Drift{DeltaA: 0.01, DeltaB: 0.04, ZA: ptr(0.2), ZB: ptr(0.6)}
			}
			if k == 19 {
				v.Drift = nil
			}
			d.History = append(d.History, v)
		}
		return d, nil
	}
	return d, &jobs.UnknownItemError{Item: item, Bank: bank}
}

// Refused is the run that failed for drift.
func (f *fixture) Refused(ctx context.Context, id uuid.UUID) (jobs.Refusal, error) {
	r := jobs.Refusal{Items: []jobs.MovedItem{}, Run: f.details[id].Run, Command: "sextant run mirt-calibrate --date 2025-11-21 --force"}
	if f.residual {
		r.Gates = []jobs.Gate{{Gate: jobs.GateResidual, Value: 0.2134, Limit: 0.15, Items: 37}}
		for n := range 20 {
			was, is := irt.ItemParams{A: 1.1, B: -1.2 + 0.1*float64(n)}, irt.ItemParams{A: 1.4, B: 0.1 + 0.05*float64(n)}
			r.Items = append(r.Items, jobs.MovedItem{ItemID: fmt.Sprint(201 + n*3), Before: jobs.ItemPoint{A: was.A, B: was.B}, Z: ptr(2.1),
				Now: jobs.ItemPoint{A: is.A, B: is.B, SEB: ptr(0.4), N: 40 + n}, RMSD: irt.RMSD(was, is, irt.StandardNormal)})
		}
		return r, f.read(ctx)
	}
	if id != runID(3) {
		return r, f.read(ctx)
	}
	r.Gates = []jobs.Gate{{Gate: jobs.GateDrift, Value: 0.35, Limit: 0.2, Items: 40}}
	r.Drifted, r.Common, r.To = 14, 40, "anchors"
	for n := range 14 {
		b := -1.6 + 0.27*float64(n)
		was, is := irt.ItemParams{A: 1.1, B: b}, irt.ItemParams{A: 1.1 - 0.03*float64(n), B: b + 1.6 - 0.07*float64(n)}
		if n%5 == 4 {
			is.B = b - 0.9
		}
		r.Items = append(r.Items, jobs.MovedItem{ItemID: fmt.Sprint(101 + n*3), Before: jobs.ItemPoint{A: was.A, B: was.B, SEB: ptr(0.0)}, Z: ptr(9.1 - 0.4*float64(n)),
			Now: jobs.ItemPoint{A: is.A, B: is.B, SEB: ptr(0.09), N: 520 + 13*n}, RMSD: irt.RMSD(was, is, irt.StandardNormal), Drifted: true})
	}
	return r, f.read(ctx)
}
