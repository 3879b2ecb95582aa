package tui

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// refusal shows a calibration that was not published: the items that had
// drifted, where they were and where the fit puts them, and the way to publish
// it all the same.
type refusal struct {
	base
	list
	id    uuid.UUID
	feed  *feed[jobs.Refusal]
	drawn drawn
	plot  bool // shown in place of the list where there is room for one
}

const moveBar = 17

func newRefusal(a *app, id uuid.UUID) *refusal {
	s := &refusal{base: base{app: a}, id: id}
	s.feed = newFeed(a, func(ctx context.Context) (jobs.Refusal, error) { return a.console.Refused(ctx, id) })
	s.list.init(a, "refused", "its log names no item", []widget.Column{
		{Title: "ITEM", Min: 6, Max: 28, Sort: true, Grow: true},
		{Title: "b BEFORE", Min: 5, Right: true, Sort: true},
		{Title: "b NOW", Min: 5, Right: true, Sort: true},
		{Title: "Δb", Min: 5, Right: true, Sort: true},
		{Title: "EASIER HARDER", Min: moveBar, Drop: 4},
		{Title: "a BEFORE", Min: 4, Right: true, Drop: 3, Sort: true},
		{Title: "a NOW", Min: 4, Right: true, Drop: 3, Sort: true},
		{Title: "Z", Min: 4, Right: true, Drop: 1, Sort: true},
		{Title: "RMSD", Min: 5, Right: true, Sort: true},
		{Title: "N", Min: 4, Right: true, Drop: 2, Sort: true},
	})
	return s
}

// refusedKeys lead from a calibration that failed to the items that it failed
// for; other runs have none.
func refusedKeys(a *app, r db.Run) []Key {
	if r.Stage != calibrateStage || r.Status != db.RunFailed {
		return nil
	}
	return []Key{{Strokes: []string{"i"}, Label: "items", Help: "the items that kept it from being published", Do: func() tea.Cmd { return a.push(newRefusal(a, r.ID)) }}}
}

// calibrateStage is the stage that may be refused.
const calibrateStage = "mirt-calibrate"

// Title is the screen's.
func (s *refusal) Title() string { return s.app.tr("refused %s", shortID(s.id)) }

// Typing is on while the filter is open.
func (s *refusal) Typing() bool { return s.filter.Typing() }

// Every is never: a finished run does not change.
func (s *refusal) Every() time.Duration { return 0 }

// Refresh asks once.
func (s *refusal) Refresh() tea.Cmd {
	if s.feed.loaded {
		return nil
	}
	return s.feed.Refresh()
}

// Close ends the request in flight.
func (s *refusal) Close() { s.feed.Close() }

// SetSize gives the screen its room.
func (s *refusal) SetSize(w, h int) { s.base.SetSize(w, h) }

// Update takes replies and the filter's text.
func (s *refusal) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return s.filter.update(msg)
	}
	s.feed.Take(msg)
	return nil
}

// Keys are what can be done about it.
func (s *refusal) Keys() []Key {
	if s.Typing() {
		return s.filter.keys(&s.Table)
	}
	a, r := s.app, s.feed.value
	unknown := when(!s.feed.loaded, "the calibration is not loaded yet")
	return append([]Key{
		{Strokes: []string{"enter"}, Label: "open", Help: "open the item: its curves and its history", Off: when(s.CurrentID() == "", "no item is selected"),
			Do: func() tea.Cmd { return a.push(newItem(a, bankOf(r.Run), s.CurrentID())) }},
		{Strokes: []string{"R"}, Label: "force", Help: "calibrate again and publish whatever has drifted: form with force on, preview, confirmation", Changes: true,
			Off: first(unknown, when(!r.Run.Status.Final(), "the run is still going"), a.readOnly()), Do: s.force},
		{Strokes: []string{"tab"}, Label: "list/plot", Help: "the items as a list, or as a plot of b against b", Do: func() tea.Cmd { s.plot = !s.plot; return nil }},
		{Strokes: []string{"l"}, Label: "log", Help: "the run, with its log", Do: func() tea.Cmd { return a.push(newRun(a, s.id)) }},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that shows the same", Do: func() tea.Cmd { return a.copy("sextant items refused " + s.id.String()) }},
	}, s.list.keys()...)
}

// bankOf is the bank that a calibration was asked for.
func bankOf(r db.Run) string {
	var params struct {
		Topic   string `json:"topic"`
		Subject string `json:"subject"`
	}
	_ = json.Unmarshal(r.Params, &params) // a run of another version may have none: the unfiltered bank
	return db.BankFilter{Topic: params.Topic, Subject: params.Subject}.Bank()
}

// force opens the launch form as the run was asked for, for its very day and
// with force on.
func (s *refusal) force() tea.Cmd {
	a, r := s.app, s.feed.value.Run
	form := newLaunch(a, jobs.StageStatus{Info: jobs.Info{Name: r.Stage}}, askedForDays(r))
	form.fillFrom(forced(r))
	return a.push(form)
}

// forced is the run as it would have been asked for with force.
func forced(r db.Run) db.Run {
	params := map[string]json.RawMessage{} // which keep their numbers as they are written
	_ = json.Unmarshal(r.Params, &params)  // a run of another version may have none: its days still stand
	params["force"] = json.RawMessage(`true`)
	params["date"] = json.RawMessage(strconv.FormatBool(r.WindowFrom != nil && r.WindowTo != nil && *r.WindowFrom == *r.WindowTo))
	raw, err := json.Marshal(params)
	if err != nil {
		return r
	}
	r.Params = raw
	return r
}

// View draws why it was refused over the items, and beside or instead of them
// the plot.
func (s *refusal) View() []string {
	a, th := s.app, s.app.theme
	if !s.feed.loaded {
		return loading(a, "the calibration", s.feed.err)
	}
	s.fill()
	rows := s.head()
	left := s.height - len(rows)
	plot := func(w, h int) []string {
		head := widget.S(th.Strong, th.Tr("b now against b before"))
		out := []string{" " + head.Truncate(w-1, th.Glyph.Ellipsis).String()}
		for _, l := range driftPlot(th, s.feed.value.Items).View(th, w-2, h-1) {
			out = append(out, " "+l)
		}
		return out
	}
	switch {
	case s.width >= 120 && len(s.feed.value.Items) > 0:
		w := s.width * 11 / 20
		return append(rows, widget.Columns(left, 2, widget.Block{Width: w, Lines: s.list.view(a, w, left)},
			widget.Block{Width: s.width - w - 2, Lines: plot(s.width-w-2, min(left, 30))})...)
	case s.plot:
		return append(rows, plot(s.width, left)...)
	}
	return append(rows, s.list.view(a, s.width, left)...)
}

// head is what the gates found.
func (s *refusal) head() []string {
	a, th, r := s.app, s.app.theme, s.feed.value
	sign, style := statusLook(th, r.Run.Status)
	title := widget.S(th.Strong, r.Run.Stage).Add(th.Text, "  "+runWindow(th, r.Run)).Add(style, "  "+sign+" "+statusWord(th, r.Run.Status))
	rows := []string{a.fit(title)}
	if len(r.Gates) == 0 && r.Run.Error != nil {
		text := widget.Wrap(widget.S(th.Text, widget.Clean(*r.Run.Error)), s.width-2)
		for _, l := range text[:min(len(text), max(1, s.height/6))] {
			rows = append(rows, " "+l)
		}
	}
	for _, g := range r.Gates {
		for _, l := range widget.WrapIndented(widget.S(th.Failed, th.Glyph.Bad+" ").Add(th.Text, gateWords(th, g)), s.width-2) {
			rows = append(rows, " "+l)
		}
	}
	if r.Drifted > 0 {
		rows = append(rows, a.fit(widget.S(th.Late, th.Glyph.Warn+" "+th.Tr("%s of %s items drifted against %s", count(r.Drifted), count(r.Common), linkedTo(th, r.To)))))
	}
	if s.height >= 16 {
		rows = append(rows, "")
	}
	return rows
}

// gateWords says which gate refused a calibration, and by how much.
func gateWords(th *theme.Theme, g jobs.Gate) string {
	switch g.Gate {
	case jobs.GateResidual:
		return th.Tr("refused for its linking residual: %s in probability over %s, past %s", number(g.Value, 3), plural(th, g.Items, "%s item", "%s items"), number(g.Limit, 3))
	case jobs.GateDrift:
		return th.Tr("refused for drift: %s %% of %s, past %s %%", number(100*g.Value, 0), plural(th, g.Items, "%s item", "%s items"), number(100*g.Limit, 0))
	}
	return g.Gate
}

// fill makes the table's rows of the snapshot.
func (s *refusal) fill() {
	if !s.drawn.again(s.app, s.feed.serial) {
		return
	}
	th := s.app.theme
	furthest, drifted := 0.0, 0
	for _, m := range s.feed.value.Items {
		furthest = max(furthest, abs(m.DeltaB()))
		if m.Drifted {
			drifted++
		}
	}
	mixed := drifted > 0 && drifted < len(s.feed.value.Items) // those that have drifted bear a sign
	rows := make([]widget.Row, len(s.feed.value.Items))
	for i, m := range s.feed.value.Items {
		name, change := widget.T(th.Text, widget.Clean(m.ItemID)), th.Text
		if m.Drifted {
			change = th.Late
		}
		if mixed && m.Drifted {
			name = widget.T(th.Late, th.Glyph.Warn+" "+widget.Clean(m.ItemID))
		}
		rows[i] = widget.Row{ID: m.ItemID, Cells: []widget.Cell{
			name,
			widget.N(th.Muted, number(m.Before.B, 2), m.Before.B),
			widget.N(th.Strong, number(m.Now.B, 2), m.Now.B),
			widget.N(change, signed(m.DeltaB()), m.DeltaB()),
			{Line: widget.Diverging(th, th.Accent, th.Wrong, moveBar, m.DeltaB()/furthest), Text: true},
			widget.N(th.Muted, number(m.Before.A, 2), m.Before.A),
			widget.N(th.Text, number(m.Now.A, 2), m.Now.A),
			widget.N(th.Text, optional(m.Z, 1), value(m.Z)),
			widget.N(th.Text, number(m.RMSD, 3), m.RMSD),
			widget.N(th.Muted, count(m.Now.N), float64(m.Now.N)),
		}}
	}
	s.SetRows(rows)
}
