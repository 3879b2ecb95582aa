package jobs

import (
	"fmt"
	"math"
	"testing"

	"sextant/irt"
)

// The contract's rule for what a calibration is linked by, at its edges: five
// items whose b span 1.5 carry a slope, fewer or closer ones only a shift; anchors
// come first where they serve, and last where they do not.
func TestWhatACalibrationIsLinkedBy(t *testing.T) {
	t.Parallel()
	type items struct {
		n    int
		span float64
	}
	none, enough, few, tight, single := items{}, items{5, 1.5}, items{4, 1.5}, items{5, 1.49}, items{n: 1}
	// The constants that take the fit to the anchors' scale and to the previous calibration's.
	toAnchor, toPrev := irt.Linkage{A: 1.25, B: 0.4}, irt.Linkage{A: 0.8, B: -0.3}
	for _, c := range []struct {
		name     string
		anchors  items
		previous *items // nil: there is no previous calibration
		to       string
		shift    bool
	}{
		{"enough anchors", enough, nil, toAnchors, false},
		{"enough of both", enough, &enough, toAnchors, false},
		{"few anchors", few, nil, toAnchors, true},
		{"close anchors", tight, nil, toAnchors, true},
		{"one anchor", single, nil, toAnchors, true},
		{"few anchors, enough before", few, &enough, toPrevious, false},
		{"close anchors, enough before", tight, &enough, toPrevious, false},
		{"few anchors, few before", few, &few, toPrevious, true},
		{"few anchors, one before", few, &single, toPrevious, true},
		{"few anchors, nothing in common with before", few, &none, toAnchors, true},
		{"enough before", none, &enough, toPrevious, false},
		{"few before", none, &few, toPrevious, true},
		{"close before", none, &tight, toPrevious, true},
		{"nothing in common", none, &none, toScale, false},
		{"nothing", none, nil, toScale, false},
	} {
		for _, method := range []irt.LinkMethod{irt.StockingLord, irt.MeanSigma} {
			t.Run(fmt.Sprint(c.name, ", ", method), func(t *testing.T) {
				t.Parallel()
				fits := map[string]*irt.ItemFit{}
				put := func(of string, want items, l irt.Linkage) (out []knownItem) {
					for i := range want.n {
						it := irt.ItemParams{A: 1.1, B: -want.span/2 + want.span*float64(i)/float64(max(1, want.n-1))}
						if i == want.n-1 {
							it.B = want.span / 2 // to the bit
						}
						id := fmt.Sprint(of, i)
						out = append(out, knownItem{id: id, params: it, se: irt.ItemSE{A: 0.1, B: 0.1}, n: 300})
						fits[id] = &irt.ItemFit{Params: irt.ItemParams{A: it.A * l.A, B: (it.B - l.B) / l.A}, SE: irt.ItemSE{A: 0.1, B: 0.1}, N: 300}
					}
					return out
				}
				b := bearings{anchors: put("anchor", c.anchors, toAnchor)}
				if c.previous != nil {
					b.previous = &previousFit{run: "before", items: put("item", *c.previous, toPrev), accumulated: 0.03}
				}
				l, err := b.link(func(id string) *irt.ItemFit { return fits[id] }, method)
				if err != nil {
					t.Fatal(err)
				}
				want, wantItems := irt.Identity, 0
				switch c.to {
				case toAnchors:
					want, wantItems = toAnchor, c.anchors.n
				case toPrevious:
					want, wantItems = toPrev, c.previous.n
				}
				switch {
				case l.To != c.to || l.Common != wantItems:
					t.Errorf("linked to %d items of %s, want %d of %s", l.Common, l.To, wantItems, c.to)
				case c.to == toScale:
					if l.Linkage != irt.Identity || l.AccumulatedSE != 0 {
						t.Errorf("a scale starts with %+v", l)
					}
				case c.shift && (l.Method != irt.Shift || l.A != 1):
					t.Errorf("by %s, A = %v; want a shift, A = 1", l.Method, l.A)
				case !c.shift && (l.Method != method || math.Abs(l.A-want.A) > 1e-6 || math.Abs(l.B-want.B) > 1e-6):
					t.Errorf("by %s, A = %v, B = %v; want %s, %v, %v", l.Method, l.A, l.B, method, want.A, want.B)
				}
				if c.to == toPrevious && (l.Calibration != "before" || l.AccumulatedSE < 0.03) || c.to == toAnchors && l.AccumulatedSE != l.SE {
					t.Errorf("accumulated %v of %v, by calibration %q", l.AccumulatedSE, l.SE, l.Calibration)
				}
			})
		}
	}
}

// The example that 'sextant explain mirt-calibrate' gives.
func TestTheLinkingExampleComesToWhatItSays(t *testing.T) {
	t.Parallel()
	fits := map[string]*irt.ItemFit{}
	var anchors []knownItem
	for i, known := range []float64{-0.8, -0.2, 0.4, 1.0, 1.6} {
		id := fmt.Sprint(i)
		anchors = append(anchors, knownItem{id: id, params: irt.ItemParams{A: 1 / 1.2, B: known}})
		fits[id] = &irt.ItemFit{Params: irt.ItemParams{A: 1, B: -1 + 0.5*float64(i)}, SE: irt.ItemSE{A: 0.1, B: 0.1}, N: 300}
	}
	fitted := func(id string) *irt.ItemFit { return fits[id] }
	l, err := bearings{anchors: anchors}.link(fitted, irt.MeanSigma)
	near := func(x, y float64) bool { return math.Abs(x-y) < 1e-9 }
	if err != nil || !near(l.A, 1.2) || !near(l.B, 0.4) {
		t.Fatalf("A = %v, B = %v, %v", l.A, l.B, err)
	}
	if it := l.Params(irt.ItemParams{A: 1.5, B: 0.5}); !near(it.A, 1.25) || !near(it.B, 1) {
		t.Errorf("the item is published at %+v", it)
	}
	if prior := l.Normal(irt.StandardNormal); !near(prior.Mean, 0.4) || !near(prior.SD, 1.2) {
		t.Errorf("the prior is %+v", prior)
	}
	if l, err = (bearings{anchors: anchors[1:]}).link(fitted, irt.MeanSigma); err != nil || l.A != 1 {
		t.Errorf("with one anchor fewer A = %v, %v", l.A, err)
	}
}
