package tui

import (
	"fmt"
	"strings"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// head is the question and the parameters in force.
func (s *item) head() []string {
	a, d := s.app, s.feed.value
	th := a.theme
	title := widget.S(th.Strong, widget.Clean(d.ItemID))
	if s.bank != "" {
		title = title.Add(th.Accent, "  "+widget.Clean(s.bank))
	}
	if q := d.Question; q != nil {
		if q.TopicID != nil {
			title = title.Add(th.Muted, "  "+widget.Clean(*q.TopicID))
		}
		if q.Anchor {
			title = title.Add(th.Due, "  "+th.Tr("anchor at a %s, b %s", optional(q.A, 2), optional(q.B, 2)))
		}
	}
	rows := []string{a.fit(title)}
	if q := d.Question; q != nil && q.Content != nil && s.height >= 16 {
		rows = append(rows, a.fit(widget.S(th.Text, widget.Clean(*q.Content))))
	}
	if len(d.History) == 0 {
		return rows
	}
	for _, l := range itemFacts(th, d.History[0]) {
		for _, r := range widget.Wrap(l, s.width-2) {
			rows = append(rows, " "+r)
		}
	}
	if s.height >= 22 {
		rows = append(rows, "")
	}
	return rows
}

// itemFacts are an item's numbers, a line each of parameters, fit and drift.
func itemFacts(th *theme.Theme, v jobs.ItemVersion) []widget.Line {
	if v.Dropped != nil {
		return []widget.Line{widget.S(th.Due, th.Glyph.Warn+" "+th.Tr("set aside: %s", flagWord(th, *v.Dropped))).Add(th.Muted, "  "+plural(th, v.N, "%s answer", "%s answers"))}
	}
	param := func(name string, x, se *float64) string { return name + " " + withSEOf(th, x, se) }
	line := widget.S(th.Strong, param("a", v.A, v.SEA)).Add(th.Blank, "   ").Add(th.Strong, param("b", v.B, v.SEB))
	if orZero(v.C) > 0 {
		line = line.Add(th.Blank, "   ").Add(th.Strong, param("c", v.C, v.SEC))
	}
	line = line.Add(th.Muted, "   "+plural(th, v.N, "%s answer", "%s answers")+", "+th.Tr("%s right", percent(v.PCorrect)))
	fit := widget.S(th.Muted, th.Tr("infit")+" ").Add(fitCell(th, v.Infit).Line[0].Style, optional(v.Infit, 2)).
		Add(th.Muted, "  "+th.Tr("outfit")+" ").Add(fitCell(th, v.Outfit).Line[0].Style, optional(v.Outfit, 2))
	if v.SX2 != nil && v.SX2DF != nil {
		fit = fit.Add(th.Muted, "  "+th.Tr("S-X² %s on %d df, p %s", number(*v.SX2, 1), *v.SX2DF, optional(v.SX2P, 3)))
	}
	lines := []widget.Line{line, fit}
	words, style := flagWords(th, v.Flags, nil)
	if v.Drift != nil {
		z := value(v.Drift.Z())
		drift := widget.S(th.Muted, th.Tr("since the calibration before")+"  Δa "+signed(v.Drift.DeltaA)+"  Δb "+signed(v.Drift.DeltaB)+"  z ").Add(zCell(th, z).Line[0].Style, number(z, 1))
		return append(lines, drift.Add(th.Blank, "  ").Add(style, words))
	}
	if words != "" {
		lines = append(lines, widget.S(style, words))
	}
	return lines
}

// withSEOf is a parameter ± its standard error.
func withSEOf(th *theme.Theme, v, se *float64) string {
	if v == nil {
		return th.Glyph.Dash
	}
	return withSE(th, *v, se)
}

func percent(share *float64) string {
	if share == nil {
		return optional(nil, 0)
	}
	return number(100**share, 0) + " %"
}

// describeItem shows everything known about an item.
func describeItem(a *app, d jobs.ItemDetail) dialog {
	th := a.theme
	box := &textDialog{app: a, title: a.tr("item %s", d.ItemID), copies: "sextant items show " + shellWord(d.ItemID)}
	var lines []widget.Line
	if q := d.Question; q != nil {
		lines = append(lines, questionLines(th, q)...)
	} else {
		lines = append(lines, widget.S(th.Muted, th.Tr("the platform has no question of this id")))
	}
	if len(d.History) > 0 {
		v := d.History[0]
		lines = append(lines, nil)
		lines = append(lines, itemFacts(th, v)...)
		lines = append(lines, nil, pair(th, "model", v.Model), pair(th, "scale", v.Version), pair(th, "data day", v.DataDay.String()), pair(th, "run", v.RunID.String()))
	}
	box.viewer.SetLines(lines)
	return box
}

func questionLines(th *theme.Theme, q *db.Question) []widget.Line {
	lines := []widget.Line{pair(th, "topic", orDash(th, topicName(q.TopicID)))}
	if q.Anchor {
		lines = append(lines, pair(th, "anchor", fmt.Sprintf("a %s, b %s, c %s", optional(q.A, 3), optional(q.B, 3), optional(q.C, 3))))
	}
	if q.Content != nil {
		lines = append(lines, nil, widget.S(th.Text, widget.Clean(strings.TrimSpace(*q.Content))))
	}
	return lines
}
