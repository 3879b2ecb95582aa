package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"sextant/db"
)

// ItemFilter picks and orders the items of a bank.
type ItemFilter struct {
	Bank    string // '' for the unfiltered bank
	Flagged bool   // only items with a flag, or dropped
	Sort    string // one of ItemSorts; item when empty
	Reverse bool
}

// itemSorts are the orders of items. Those of doubt put the worst first.
var itemSorts = []itemSort{
	{"item", func(Item, Item) int { return 0 }}, // the database's order
	{"a", by(func(i Item) *float64 { return i.A })},
	{"b", by(func(i Item) *float64 { return i.B })},
	{"c", by(func(i Item) *float64 { return i.C })},
	{"se", worst(func(i Item) *float64 { return i.SEB })},
	{"n", func(a, b Item) int { return cmp.Compare(a.N, b.N) }},
	{"p", by(func(i Item) *float64 { return i.PCorrect })},
	{"fit", worst(Item.misfit)},
	{"drift", worst(Item.moved)},
}

type itemSort struct {
	name string
	less func(a, b Item) int
}

// ItemSorts names the orders of items.
func ItemSorts() []string {
	names := make([]string, len(itemSorts))
	for i, s := range itemSorts {
		names[i] = s.name
	}
	return names
}

// Items is a bank as the calibration in force left it.
type Items struct {
	Bank        string          `json:"bank"`
	Calibration *db.Calibration `json:"calibration"` // nil before the first
	Previous    *db.Calibration `json:"previous"`    // the one that drift is measured against
	Total       int             `json:"total"`       // before the filter
	Items       []Item          `json:"items"`
}

// Item is an item of a bank, and how it has moved since the calibration before.
type Item struct {
	db.ItemRow
	Drift *Drift `json:"drift"` // nil where one of the two has no parameters
}

// Drift is how an item's parameters have moved between two linked calibrations,
// also in standard errors, which are taken as independent.
type Drift struct {
	DeltaA float64  `json:"delta_a"`
	DeltaB float64  `json:"delta_b"`
	ZA     *float64 `json:"z_a"` // nil without standard errors
	ZB     *float64 `json:"z_b"`
}

// Z is how many standard errors an item has moved, the greater of a's and b's;
// nil where that cannot be told.
func (d Drift) Z() *float64 {
	if d.ZA == nil && d.ZB == nil {
		return nil
	}
	z := max(math.Abs(valueOf(d.ZA)), math.Abs(valueOf(d.ZB)))
	return &z
}

// ItemDetail is an item through time.
type ItemDetail struct {
	Bank     string        `json:"bank"`
	ItemID   string        `json:"item_id"`
	Question *db.Question  `json:"question"` // nil where the platform has none
	History  []ItemVersion `json:"history"`  // newest data day first
}

// ItemVersion is an item in one calibration, with its drift since the one before.
type ItemVersion struct {
	db.ItemVersion
	Drift *Drift `json:"drift"`
}

// UnknownItemError says that no calibration of the bank knows the item.
type UnknownItemError struct{ Item, Bank string }

func (e *UnknownItemError) Error() string {
	where := "no calibration knows it"
	if e.Bank != "" {
		where = fmt.Sprintf("no calibration of the bank %q knows it", e.Bank)
	}
	return fmt.Sprintf("unknown item %q: %s; find ids with 'sextant items list'", e.Item, where)
}

// itemVersions is how far back an item is shown.
const itemVersions = 400

// Items lists the items of the calibration in force.
func (s *Service) Items(ctx context.Context, f ItemFilter) (Items, error) {
	out := Items{Bank: f.Bank, Items: []Item{}}
	order := slices.IndexFunc(itemSorts, func(x itemSort) bool { return x.name == cmp.Or(f.Sort, itemSorts[0].name) })
	if order < 0 {
		return out, usagef("items are not sorted by %q; they are by %s", f.Sort, strings.Join(ItemSorts(), ", "))
	}
	of, err := s.calibrated(ctx, f.Bank)
	if errors.Is(err, db.ErrNotFound) {
		return out, s.knownBank(ctx, f.Bank)
	}
	if err != nil {
		return out, err
	}
	out.Calibration, out.Previous = &of.now, of.before
	all, err := s.items.of(of.runs(), func() ([]Item, error) { return s.allItems(ctx, of) })
	if err != nil {
		return out, err
	}
	out.Total = len(all)
	if !f.Flagged && order == 0 && !f.Reverse {
		out.Items = all
		return out, nil
	}
	for _, it := range all {
		if !f.Flagged || len(it.Flags) > 0 || it.Dropped != nil {
			out.Items = append(out.Items, it)
		}
	}
	slices.SortStableFunc(out.Items, itemSorts[order].less)
	if f.Reverse {
		slices.Reverse(out.Items)
	}
	return out, nil
}

// allItems are the items of a calibration with their drift, in the database's
// order.
func (s *Service) allItems(ctx context.Context, of calibrated) ([]Item, error) {
	rows, err := s.db.ItemRows(ctx, of.now.RunID)
	if err != nil {
		return nil, err
	}
	before, err := s.itemsBefore(ctx, of)
	if err != nil {
		return nil, err
	}
	out := make([]Item, len(rows))
	for i, r := range rows {
		out[i].ItemRow = r
		if b, ok := before[r.ItemID]; ok {
			out[i].Drift = drift(b, r)
		}
	}
	return out, nil
}

// itemsBefore are the items of the calibration before, by id.
func (s *Service) itemsBefore(ctx context.Context, of calibrated) (map[string]db.ItemRow, error) {
	if of.before == nil {
		return nil, nil
	}
	rows, err := s.db.ItemRows(ctx, of.before.RunID)
	byID := map[string]db.ItemRow{}
	for _, r := range rows {
		byID[r.ItemID] = r
	}
	return byID, err
}

// knownBank refuses a bank of its own that has never been calibrated.
func (s *Service) knownBank(ctx context.Context, bank string) error {
	if bank == "" {
		return nil
	}
	banks, err := s.db.Banks(ctx)
	if err != nil {
		return err
	}
	return usagef("no bank %q has been calibrated; there are: %s", bank, bankNames(banks))
}

func bankNames(banks []string) string {
	named := slices.DeleteFunc(slices.Clone(banks), func(b string) bool { return b == "" })
	if len(named) == 0 {
		return "the unfiltered one alone"
	}
	return "the unfiltered one, " + strings.Join(named, ", ")
}

// Item gives an item through the calibrations of a bank.
func (s *Service) Item(ctx context.Context, bank, item string) (ItemDetail, error) {
	d := ItemDetail{Bank: bank, ItemID: item}
	versions, err := s.db.ItemVersions(ctx, bank, item, itemVersions)
	if err != nil {
		return d, err
	}
	if len(versions) == 0 {
		return d, &UnknownItemError{Item: item, Bank: bank}
	}
	for i, v := range versions {
		version := ItemVersion{ItemVersion: v}
		if before := earlier(versions[i+1:], v); before != nil {
			version.Drift = drift(before.ItemRow, v.ItemRow)
		}
		d.History = append(d.History, version)
	}
	d.Question, err = s.db.Question(ctx, item)
	return d, err
}

// earlier is the newest of older versions of an earlier day, on the same scale.
func earlier(older []db.ItemVersion, than db.ItemVersion) *db.ItemVersion {
	for i, v := range older {
		if v.Version == than.Version && v.DataDay.Before(than.DataDay) {
			return &older[i]
		}
	}
	return nil
}

// drift is how an item has moved, nil where it has no parameters.
func drift(before, now db.ItemRow) *Drift {
	if before.A == nil || before.B == nil || now.A == nil || now.B == nil {
		return nil
	}
	d := &Drift{DeltaA: *now.A - *before.A, DeltaB: *now.B - *before.B}
	d.ZA, d.ZB = zScore(d.DeltaA, now.SEA, before.SEA), zScore(d.DeltaB, now.SEB, before.SEB)
	return d
}

func zScore(difference float64, se, before *float64) *float64 {
	if se == nil || before == nil || *se == 0 && *before == 0 {
		return nil
	}
	z := zOf(difference, *se, *before)
	return &z
}

// misfit is how far the worse of the mean squares is from 1, as a ratio.
func (i Item) misfit() *float64 {
	if i.Infit == nil || i.Outfit == nil || *i.Infit <= 0 || *i.Outfit <= 0 {
		return nil
	}
	worst := max(math.Abs(math.Log(*i.Infit)), math.Abs(math.Log(*i.Outfit)))
	return &worst
}

func (i Item) moved() *float64 {
	if i.Drift == nil {
		return nil
	}
	return i.Drift.Z()
}

// by orders items by a number, those without one last.
func by(of func(Item) *float64) func(a, b Item) int {
	return func(a, b Item) int {
		x, y := of(a), of(b)
		switch {
		case x != nil && y != nil:
			return cmp.Compare(*x, *y)
		case x != nil:
			return -1
		case y != nil:
			return 1
		}
		return 0
	}
}

// worst is by with the greatest first.
func worst(of func(Item) *float64) func(a, b Item) int {
	return by(func(i Item) *float64 {
		x := of(i)
		if x == nil {
			return nil
		}
		negative := -*x
		return &negative
	})
}
