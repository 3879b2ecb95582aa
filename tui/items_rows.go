package tui

import (
	"math"
	"slices"
	"strings"

	"sextant/irt"
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// fill makes the table's rows of the newest snapshot, unless they are of it.
func (s *items) fill() {
	th, all := s.app.theme, s.feed.value.Items
	of := itemsOf{items: len(all), theme: th}
	if len(all) > 0 {
		of.first = &all[0]
	}
	if of == s.filled {
		return
	}
	s.filled = of
	guessing := false
	rows := make([]widget.Row, len(all))
	for i, it := range all {
		guessing = guessing || it.C != nil && *it.C > 0
		rows[i] = widget.Row{ID: it.ItemID, Cells: itemCells(th, it)}
	}
	s.Columns[columnC].Hide = !guessing // it is 0 throughout
	s.SetRows(rows)
}

// itemCells are an item's line.
func itemCells(th *theme.Theme, it jobs.Item) []widget.Cell {
	scale := widget.Cell{Line: widget.S(th.Faint, ""), Text: true}
	if it.B != nil {
		scale.Line = widget.Interval(th, itemScale, -3, 3, *it.B, 0) // its SE is less than a cell
	}
	deltaB, z := math.NaN(), math.NaN()
	if it.Drift != nil {
		deltaB, z = it.Drift.DeltaB, value(it.Drift.Z())
	}
	flags, style := flagWords(th, it.Flags, it.Dropped)
	return []widget.Cell{
		widget.T(th.Text, widget.Clean(it.ItemID)),
		widget.N(th.Text, optional(it.A, 2), value(it.A)),
		widget.N(th.Strong, optional(it.B, 2), value(it.B)),
		widget.N(th.Muted, optional(it.C, 2), value(it.C)),
		widget.N(th.Muted, optional(it.SEB, 2), value(it.SEB)),
		scale,
		widget.N(th.Muted, count(it.N), float64(it.N)),
		widget.N(th.Muted, optional(it.PCorrect, 2), value(it.PCorrect)),
		fitCell(th, it.Infit),
		fitCell(th, it.Outfit),
		widget.N(th.Muted, optional(it.SX2P, 2), value(it.SX2P)),
		widget.N(th.Text, signed(deltaB), deltaB),
		zCell(th, z),
		widget.T(style, flags),
		widget.T(th.Faint, marksOf(it)),
	}
}

// marksOf are words that find an item whatever the language.
func marksOf(it jobs.Item) string {
	words := slices.Clone(it.Flags)
	if len(it.Flags) > 0 {
		words = append(words, "flagged")
	}
	if it.Dropped != nil {
		words = append(words, "dropped", *it.Dropped)
	}
	return strings.Join(words, " ")
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// fitCell is a mean square, which is 1 where the item fits; Linacre's bounds of
// what is productive for measurement are 0.5 and 1.5.
func fitCell(th *theme.Theme, v *float64) widget.Cell {
	style := th.Muted
	if v != nil && (*v < 0.5 || *v > 1.5) {
		style = th.Due
	}
	return widget.N(style, optional(v, 2), value(v))
}

// zCell is a difference in standard errors; it sorts by how far it is.
func zCell(th *theme.Theme, z float64) widget.Cell {
	style := th.Muted
	if math.Abs(z) > 3 {
		style = th.Late
	}
	return widget.N(style, number(z, 1), math.Abs(z))
}

// flagWords say what is wrong with an item.
func flagWords(th *theme.Theme, flags []string, dropped *string) (string, theme.Style) {
	if dropped != nil {
		return th.Tr("set aside: %s", flagWord(th, *dropped)), th.Faint
	}
	words := make([]string, len(flags))
	style := th.Due
	for i, f := range flags {
		words[i] = flagWord(th, f)
		if f == string(irt.FlagNegativeA) || f == "drift" {
			style = th.Late
		}
	}
	if len(words) == 0 {
		return "", th.Muted
	}
	return th.Glyph.Warn + " " + strings.Join(words, ", "), style
}
