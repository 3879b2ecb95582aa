package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

// compare shows two runs side by side and, of two calibrations, their items.
type compare struct {
	base
	feed  *feed[jobs.RunComparison]
	lines list
	items list
	fails list
	all   bool // also what is the same
	pane  int
	drawn drawn
}

// The panes of a comparison.
const (
	paneLines = iota
	paneItems
	paneFails
	comparePanes
)

func newCompare(a *app, one, two uuid.UUID) *compare {
	c := &compare{base: base{app: a}}
	c.feed = newFeed(a, func(ctx context.Context) (jobs.RunComparison, error) { return a.console.CompareRuns(ctx, one, two) })
	c.lines.init(a, "compare", "nothing differs", []widget.Column{
		{Title: "WHAT", Min: 10, Max: 24, Sort: true}, {Title: "THE OLDER", Min: 16, Max: 60, Sort: true}, {Title: "THE NEWER", Min: 16, Max: 60, Sort: true}})
	c.items.init(a, "compare-items", "no items in both", []widget.Column{
		{Title: "ITEM", Min: 8, Max: 28, Sort: true}, {Title: "a WAS", Min: 5, Right: true, Sort: true, Drop: 2}, {Title: "a", Min: 5, Right: true, Sort: true, Drop: 2},
		{Title: "b WAS", Min: 5, Right: true, Sort: true}, {Title: "b", Min: 5, Right: true, Sort: true}, {Title: "CHANGE OF b", Min: 6, Right: true, Sort: true},
		{Title: "IN SE", Min: 5, Right: true, Sort: true, Drop: 1}})
	c.fails.init(a, "compare-failures", "no failures in one alone", []widget.Column{
		{Title: "IN", Min: 9, Sort: true}, {Title: "WHOM", Min: 10, Max: 40, Sort: true}, {Title: "ERROR", Min: 16, Grow: true, Sort: true}})
	return c
}

// Title is the screen's.
func (c *compare) Title() string { return c.app.tr("comparison") }

func (c *compare) list() *list { return []*list{&c.lines, &c.items, &c.fails}[c.pane] }

// Typing is on while the filter is open.
func (c *compare) Typing() bool { return c.list().filter.Typing() }

// Refresh asks once.
func (c *compare) Refresh() tea.Cmd {
	if c.feed.loaded {
		return nil
	}
	return c.feed.Refresh()
}

// Close ends the request in flight.
func (c *compare) Close() { c.feed.Close() }

// Update takes the reply and the filter's text.
func (c *compare) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return c.list().filter.update(msg)
	}
	c.feed.Take(msg)
	return nil
}

// Keys choose what is shown.
func (c *compare) Keys() []Key {
	if c.Typing() {
		return c.list().filter.keys(&c.list().Table)
	}
	v := c.feed.value
	next := func() tea.Cmd {
		for c.pane = (c.pane + 1) % comparePanes; c.pane == paneItems && v.Items == nil; {
			c.pane = (c.pane + 1) % comparePanes
		}
		return nil
	}
	return append([]Key{
		{Strokes: []string{"tab"}, Label: "next list", Help: "move on: facts, items, failures", Do: next},
		{Strokes: []string{"a"}, Label: "all", Help: "also what is the same, or only what differs", Do: func() tea.Cmd { c.all = !c.all; c.drawn = drawn{}; return nil }},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that shows the same",
			Do: func() tea.Cmd { return c.app.copy("sextant runs diff " + v.A.ID.String() + " " + v.B.ID.String()) }},
	}, c.list().keys()...)
}

// View draws both runs' heads over the pane that tab chose; facts and items side
// by side where there is room.
func (c *compare) View() []string {
	a, th, w := c.app, c.app.theme, c.width
	if !c.feed.loaded {
		return loading(a, "both runs", c.feed.err)
	}
	c.fill()
	v := c.feed.value
	var rows []string
	for i, run := range []db.Run{v.A, v.B} {
		sign, style := statusLook(th, run.Status)
		rows = append(rows, a.fit(widget.S(th.Muted, []string{a.tr("older"), a.tr("newer")}[i]+"  ").Add(th.Strong, run.Stage).Add(th.Muted, " "+shortID(run.ID)+"  ").
			Add(style, sign+" "+statusWord(th, run.Status)).Add(th.Muted, "  "+stamp(run.CreatedAt)+", "+widget.Clean(run.Actor))))
	}
	if b := v.Items; b != nil {
		rows = append(rows, a.fit(widget.S(th.Muted, a.tr("%s in both, %s in the older alone, %s in the newer; b moved by %s on average, RMS %s",
			plural(th, len(b.Items), "%s item", "%s items"), count(b.OnlyA), count(b.OnlyB), signed(b.MeanDB), number(b.RMSDB, 2)))))
	}
	rows = append(rows, "")
	h := c.height - len(rows)
	if w >= 150 && v.Items != nil {
		left := w / 2
		c.lines.Blurred, c.items.Blurred, c.fails.Blurred = c.pane != paneLines, c.pane != paneItems, c.pane != paneFails
		first := &c.lines
		if c.pane == paneFails {
			first = &c.fails
		}
		return append(rows, widget.Columns(h, 2, widget.Block{Width: left, Lines: first.view(a, left, h)},
			widget.Block{Width: w - left - 2, Lines: c.items.view(a, w-left-2, h)})...)
	}
	c.lines.Blurred, c.items.Blurred, c.fails.Blurred = false, false, false
	var tabs widget.Line
	for pane, name := range []string{a.tr("Facts"), a.tr("Items"), a.tr("Failures")} {
		if pane == paneItems && v.Items == nil {
			continue
		}
		style := th.Muted
		if pane == c.pane {
			style = th.Strong.Underline()
		}
		tabs = tabs.Add(style, name).Add(th.Blank, "   ")
	}
	return append(append(rows, a.fit(tabs)), c.list().view(a, w, h-1)...)
}

func (c *compare) fill() {
	a, th, v := c.app, c.app.theme, c.feed.value
	if !c.drawn.within(a, c.feed.serial, 1<<62) {
		return
	}
	var rows []widget.Row
	for _, l := range v.Lines {
		if !l.Differs && !c.all {
			continue
		}
		style := th.Muted
		if l.Differs {
			style = th.Text
		}
		rows = append(rows, widget.Row{ID: string(l.Kind) + " " + l.Name, Cells: []widget.Cell{widget.T(th.Muted, comparedName(th, l)),
			widget.T(style, comparedValue(th, l, v.A, l.A)), widget.T(style, comparedValue(th, l, v.B, l.B))}})
	}
	c.lines.SetRows(rows)
	rows = nil
	if v.Items != nil {
		for _, i := range v.Items.Items {
			style := th.Accent
			z := i.Z()
			if z != nil && *z > 3 {
				style = th.Late
			}
			rows = append(rows, widget.Row{ID: i.ItemID, Cells: []widget.Cell{widget.T(th.Text, widget.Clean(i.ItemID)), widget.N(th.Muted, number(i.A1, 2), i.A1), widget.N(th.Text, number(i.A2, 2), i.A2),
				widget.N(th.Muted, number(i.B1, 2), i.B1), widget.N(th.Text, number(i.B2, 2), i.B2), widget.N(style, signed(i.DeltaB), i.DeltaB), widget.N(th.Muted, optional(z, 1), value(z))}})
		}
	}
	c.items.SetRows(rows)
	rows = nil
	for in, list := range [][]db.RunFailure{v.Fails.OnlyA, v.Fails.OnlyB} {
		where := []string{a.tr("older"), a.tr("newer")}[in]
		for i, f := range list {
			rows = append(rows, widget.Row{ID: fmt.Sprint(in, i), Cells: []widget.Cell{widget.T(th.Muted, where), widget.T(th.Text, widget.Clean(f.Subject)), widget.T(th.Failed, widget.Clean(f.Error))}})
		}
	}
	c.fails.SetRows(rows)
}
