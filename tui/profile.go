package tui

import (
	"cmp"
	"context"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/widget"
)

// Profile is a database that the console can switch to, as the config file
// names it.
type Profile struct {
	Name        string
	Environment string
	Colour      string
}

// profiles is the box in which another profile is chosen.
type profiles struct {
	app   *app
	table widget.Table
}

func newProfiles(a *app) dialog {
	p := &profiles{app: a}
	p.table = widget.Table{Empty: "the config file names no profile", Columns: []widget.Column{
		{Title: "PROFILE", Min: 16}, {Title: "ENVIRONMENT", Min: 14, Grow: true}}}
	th := a.theme
	rows := make([]widget.Row, len(a.profiles))
	for i, v := range a.profiles {
		name := widget.S(th.Strong, widget.Clean(v.Name))
		if v.Name == a.about.Profile {
			name = name.Add(th.Muted, " "+th.Glyph.Mark)
		}
		rows[i] = widget.Row{ID: v.Name, Cells: []widget.Cell{
			{Line: name, Text: true},
			{Line: widget.S(th.Environment(v.Environment, v.Colour), " "+widget.Clean(cmp.Or(v.Environment, v.Name))+" "), Text: true},
		}}
	}
	p.table.SetRows(rows)
	p.table.Select(a.about.Profile)
	return p
}

// Title is the box's.
func (p *profiles) Title() string { return p.app.tr("Switch to another profile") }

// Typing is false: there is nothing to edit.
func (p *profiles) Typing() bool { return false }

// Update ignores messages.
func (p *profiles) Update(tea.Msg) tea.Cmd { return nil }

// Keys choose and close.
func (p *profiles) Keys() []Key {
	id := p.table.CurrentID()
	return append([]Key{
		{Strokes: []string{"enter"}, Label: "switch", Help: "connect to its database", Off: when(id == "", "the config file names no profile"),
			Do: func() tea.Cmd { p.app.dismiss(); return p.app.switchTo(id) }},
		{Strokes: []string{"esc", "q"}, Label: "close", Do: p.app.dismiss},
	}, movement(&p.table)...)
}

// Box draws the list.
func (p *profiles) Box(w, h int) []string {
	_, n := p.table.Count()
	p.table.SetSize(min(w, 60), min(h, max(2, n+1)))
	return p.table.View(p.app.theme)
}

// openProfile switches to the profile whose name matches best; without a name
// it offers them all.
func (a *app) openProfile(name string) tea.Cmd {
	if name == "" {
		return a.open(newProfiles(a))
	}
	names := make([]string, len(a.profiles))
	for i, p := range a.profiles {
		names[i] = p.Name
	}
	if best := rank(name, names); len(best) > 0 {
		return a.switchTo(names[best[0]])
	}
	a.say(warning, a.tr("no profile is called %s", name))
	return nil
}

// switching is a connection on its way to another profile.
type switching struct {
	name string
	feed *feed[jobs.Console]
}

// switchingBy reports whether a request is the one that opens another profile.
func (a *app) switchingBy(id uint64) bool {
	return a.switching != nil && a.switching.feed.pending == id
}

// switchTo connects to a profile, and shows it once that has worked.
func (a *app) switchTo(name string) tea.Cmd {
	switch {
	case a.connect == nil:
		a.say(warning, "this console stays where it is")
		return nil
	case len(a.actions) > 0:
		a.say(warning, "a change is under way; switch when it is done")
		return nil
	case a.switching != nil:
		a.say(warning, "already connecting to another profile")
		return nil
	}
	connect := a.connect
	s := &switching{name: name}
	s.feed = newFeed(a, func(ctx context.Context) (jobs.Console, error) { return connect(ctx, name) })
	s.feed.limit = writeLimit
	a.switching = s
	return s.feed.Refresh()
}

// switched ends the connecting; what it led to is shown from its first screen
// on.
func (a *app) switched(msg tea.Msg) tea.Cmd {
	s := a.switching
	if s == nil || !s.feed.Take(msg) {
		return nil
	}
	a.switching = nil
	if s.feed.err != nil {
		a.say(bad, a.tr("%s was not opened: %s", s.name, errorWords(a.theme, s.feed.err)))
		return nil
	}
	return a.use(s.feed.value)
}

// use shows another console in place of this one's.
func (a *app) use(c jobs.Console) tea.Cmd {
	a.stop()
	for _, list := range [][]screen{a.tops, a.stack} {
		for _, s := range list {
			if s != nil {
				s.Close()
			}
		}
	}
	a.ctx, a.stop = context.WithCancel(a.root)
	a.console, a.about = c, c.About()
	a.link, a.watch, a.stale = link{}, watch{}, false
	a.finding = nil
	clear(a.waiting)
	a.begin()
	a.say(good, a.tr("connected to %s", a.about.Database))
	return tea.Batch(a.refresh(), a.listen())
}
