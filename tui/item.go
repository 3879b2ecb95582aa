package tui

import (
	"context"
	"math"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/irt"
	"sextant/jobs"
	"sextant/tui/widget"
)

// item shows one item: its curves now and as they were, and its way through the
// calibrations.
type item struct {
	base
	list
	bank, id string
	feed     *feed[jobs.ItemDetail]
	drawn    drawn
	pane     int // the one shown where there is room for one
}

const (
	paneCurve = iota
	paneItemInformation
	paneDifficulty
	paneCalibrations
	itemPanes
)

func newItem(a *app, bank, id string) *item {
	s := &item{base: base{app: a}, bank: bank, id: id}
	s.feed = newFeed(a, func(ctx context.Context) (jobs.ItemDetail, error) { return a.console.Item(ctx, bank, id) })
	s.list.init(a, "item", "no calibration knows it", []widget.Column{
		{Title: "DAY", Min: 10, Sort: true},
		{Title: "a", Min: 4, Right: true, Sort: true},
		{Title: "b", Min: 5, Right: true, Sort: true},
		{Title: "c", Min: 4, Right: true, Drop: 4, Sort: true},
		{Title: "SE b", Min: 4, Right: true, Drop: 3, Sort: true},
		{Title: "N", Min: 4, Right: true, Drop: 1, Sort: true},
		{Title: "P", Min: 4, Right: true, Drop: 5, Sort: true},
		{Title: "OUTFIT", Min: 5, Right: true, Drop: 6, Sort: true},
		{Title: "Δa", Min: 5, Right: true, Drop: 2, Sort: true},
		{Title: "Δb", Min: 5, Right: true, Sort: true},
		{Title: "Z", Min: 4, Right: true, Sort: true},
		{Title: "FLAGS", Min: 6, Max: 34, Sort: true},
		{Title: "SCALE", Min: 4, Max: 12, Drop: 8, Sort: true},
		{Title: "RUN", Min: shortIDLength, Drop: 7, Sort: true},
	})
	return s
}

// Title is the item's id.
func (s *item) Title() string { return s.app.tr("item %s", s.id) }

// Typing is on while the filter is open.
func (s *item) Typing() bool { return s.filter.Typing() }

// Every is how often the item is asked for.
func (s *item) Every() time.Duration { return 30 * time.Second }

// Refresh asks for the item.
func (s *item) Refresh() tea.Cmd { return s.feed.Refresh() }

// Close ends the request in flight.
func (s *item) Close() { s.feed.Close() }

// SetSize gives the screen its room.
func (s *item) SetSize(w, h int) { s.base.SetSize(w, h) }

// Update takes replies and the filter's text.
func (s *item) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return s.filter.update(msg)
	}
	s.feed.Take(msg)
	return nil
}

// Keys are what can be done with the item.
func (s *item) Keys() []Key {
	if s.Typing() {
		return s.filter.keys(&s.Table)
	}
	a := s.app
	unknown := when(!s.feed.loaded, "the item is not loaded yet")
	command := "sextant items show " + shellWord(s.id)
	if s.bank != "" {
		command += " --bank " + shellWord(s.bank)
	}
	return append([]Key{
		{Strokes: []string{"tab"}, Label: "curves/history", Help: "move on: characteristic curve, information, b through time, calibrations",
			Do: func() tea.Cmd { s.pane = (s.pane + 1) % itemPanes; return nil }},
		{Strokes: []string{"d"}, Label: "describe", Help: "everything known about the item", Off: unknown, Do: func() tea.Cmd { return a.open(describeItem(a, s.feed.value)) }},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that shows the item", Do: func() tea.Cmd { return a.copy(command) }},
	}, s.list.keys()...)
}

// versions are the calibration whose curve is drawn, the newest, and the one it
// is held against: that under the cursor or, at the newest, the one before.
func (s *item) versions() (now, before *jobs.ItemVersion) {
	h := s.feed.value.History
	if len(h) == 0 {
		return nil, nil
	}
	now = &h[0]
	for i := range h {
		if i > 0 && versionID(h[i]) == s.CurrentID() {
			return now, &h[i]
		}
	}
	if len(h) > 1 {
		before = &h[1]
	}
	return now, before
}

func versionID(v jobs.ItemVersion) string { return v.RunID.String() }

// View draws the head over the curves and the calibrations: together where
// there is room, else the one that tab chose.
func (s *item) View() []string {
	a, w := s.app, s.width
	if !s.feed.loaded {
		return loading(a, "the item", s.feed.err)
	}
	s.fill()
	rows := s.head()
	left := s.height - len(rows)
	if w < 100 || left < 18 {
		rows = append(rows, a.fit(s.tabs()))
		if s.pane == paneCalibrations {
			return append(rows, s.list.view(a, w, left-1)...)
		}
		return append(rows, s.plot(s.pane, w-1, left-1)...)
	}
	n := paneCalibrations // the plots
	if w < 140 {
		n = paneCalibrations - 1
	}
	height := max(9, min(16, left/2))
	each := (w - 2*(n-1)) / n
	var blocks []widget.Block
	for p := range n {
		title := a.fit(s.paneTitle(p, false).Truncate(each-1, a.theme.Glyph.Ellipsis))
		blocks = append(blocks, widget.Block{Width: each, Lines: append([]string{title}, s.plot(p, each-1, height)...)})
	}
	rows = append(rows, widget.Columns(height+1, 2, blocks...)...)
	rows = append(rows, "", a.fit(s.paneTitle(paneCalibrations, true)))
	return append(rows, s.list.view(a, w, s.height-len(rows))...)
}

// plot draws one of the curves.
func (s *item) plot(pane, w, h int) []string {
	th := s.app.theme
	now, before := s.versions()
	var rows []string
	switch pane {
	case paneItemInformation:
		rows = informationCurve(paramsOf(now), paramsOf(before)).View(th, w-1, h)
	case paneDifficulty:
		rows = s.difficulty().View(th, w-1, h)
	default:
		rows = characteristic(paramsOf(now), paramsOf(before)).View(th, w-1, h)
	}
	for i := range rows {
		rows[i] = " " + rows[i]
	}
	return rows
}

func paramsOf(v *jobs.ItemVersion) *irt.ItemParams {
	if v == nil || v.A == nil || v.B == nil {
		return nil
	}
	return &irt.ItemParams{A: *v.A, B: *v.B, C: orZero(v.C)}
}

// difficulty is b through the calibrations, each scale for itself.
func (s *item) difficulty() widget.Chart {
	var c widget.Chart
	version := ""
	h := s.feed.value.History
	for i := len(h) - 1; i >= 0; i-- {
		v := h[i]
		if v.B == nil {
			continue
		}
		if len(c.Series) == 0 || v.Version != version {
			c.Series, version = append(c.Series, nil), v.Version
		}
		n := len(c.Series) - 1
		c.Series[n] = append(c.Series[n], widget.Point{At: v.DataDay.Start(), Value: *v.B, SE: orZero(v.SEB)})
	}
	return c
}

func (s *item) paneTitle(pane int, current bool) widget.Line {
	th := s.app.theme
	now, before := s.versions()
	style := th.Strong
	if current {
		style = th.Strong.Underline()
	}
	of := func(v *jobs.ItemVersion) string {
		if now != nil && before != nil && now.DataDay == before.DataDay { // it was calibrated twice
			return shortID(v.RunID)
		}
		return v.DataDay.String()
	}
	legend := func(name string) widget.Line {
		line := widget.S(style, name)
		if now != nil {
			line = line.Add(th.Line, "  "+th.Glyph.Horizontal+" "+of(now))
		}
		if before != nil {
			line = line.Add(th.Band, "  "+th.Glyph.Horizontal+" "+of(before))
		}
		return line
	}
	switch pane {
	case paneCurve:
		return legend(th.Tr("P(right) by %s", th.Glyph.Theta))
	case paneItemInformation:
		return legend(th.Tr("Information"))
	case paneDifficulty:
		return widget.S(style, th.Tr("b through time")).Add(th.Muted, "  "+th.Glyph.PlusMinus+" SE")
	}
	return widget.S(style, th.Tr("Calibrations")).Add(th.Faint, " "+count(len(s.feed.value.History))).
		Add(th.Muted, "  "+th.Tr("the lighter curve is that of the line under the cursor"))
}

// tabs names the panes of a narrow window.
func (s *item) tabs() widget.Line {
	th := s.app.theme
	names := []string{th.Tr("P(right)"), th.Tr("Information"), th.Tr("b through time"), th.Tr("Calibrations")}
	var line widget.Line
	for p, name := range names {
		style := th.Muted
		if p == s.pane {
			style = th.Strong.Underline()
		}
		line = line.Add(style, name).Add(th.Blank, "   ")
	}
	return line
}

// fill makes the table's rows of the newest snapshot.
func (s *item) fill() {
	if !s.drawn.again(s.app, s.feed.serial) {
		return
	}
	th := s.app.theme
	guessing := false
	rows := make([]widget.Row, len(s.feed.value.History))
	for i, v := range s.feed.value.History {
		guessing = guessing || orZero(v.C) > 0
		da, deltaB, z := math.NaN(), math.NaN(), math.NaN()
		if v.Drift != nil {
			da, deltaB, z = v.Drift.DeltaA, v.Drift.DeltaB, value(v.Drift.Z())
		}
		flags, style := flagWords(th, v.Flags, v.Dropped)
		rows[i] = widget.Row{ID: versionID(v), Cells: []widget.Cell{
			widget.T(th.Text, v.DataDay.String()),
			widget.N(th.Text, optional(v.A, 2), value(v.A)),
			widget.N(th.Strong, optional(v.B, 2), value(v.B)),
			widget.N(th.Muted, optional(v.C, 2), value(v.C)),
			widget.N(th.Muted, optional(v.SEB, 2), value(v.SEB)),
			widget.N(th.Muted, count(v.N), float64(v.N)),
			widget.N(th.Muted, optional(v.PCorrect, 2), value(v.PCorrect)),
			fitCell(th, v.Outfit),
			widget.N(th.Text, signed(da), da),
			widget.N(th.Text, signed(deltaB), deltaB),
			zCell(th, z),
			widget.T(style, flags),
			widget.T(th.Muted, widget.Clean(v.Version)),
			widget.T(th.Faint, shortID(v.RunID)),
		}}
	}
	s.Columns[columnC].Hide = !guessing
	s.SetRows(rows)
}
