package tui

import (
	"cmp"
	"strings"

	"sextant/tui/widget"
)

// environment names where we are connected: as the profile calls it or, without
// one, as the database is called.
func (a *app) environment() string {
	name := a.about.Database
	return cmp.Or(a.about.Environment, a.about.Profile, name[strings.LastIndex(name, "/")+1:])
}

// badge is the environment in its colour.
func (a *app) badge() widget.Line {
	env := a.environment()
	return widget.S(a.theme.Environment(env, a.about.Colour), " "+strings.ToUpper(widget.Clean(env))+" ")
}

// header says where we are connected, and as what.
func (a *app) header() string {
	th := a.theme
	left := append(widget.S(th.Strong, "sextant").Add(th.Blank, "  "), a.badge()...).Add(th.Blank, "  ").Add(th.Muted, widget.Clean(a.about.Database))
	var right widget.Line
	if a.about.ReadOnly {
		right = right.Add(th.Due, th.Tr("READ-ONLY")).Add(th.Blank, "  ")
	}
	now := a.now().UTC()
	clock := now.Format("15:04:05")
	if a.width >= 100 {
		clock = shortWeekday(th, now.Weekday()) + " " + now.Format("2006-01-02 15:04:05")
	}
	return a.apart(left, right.Add(th.Text, clock).Add(th.Muted, " UTC"))
}

// tab is where the name of a top screen stands.
type tab struct{ top, from, to int }

// tabs lists the top screens and the way to where we are. Where there is no
// room for all names, the others are numbers.
func (a *app) tabs() string {
	th := a.theme
	var path widget.Line
	for i, s := range a.stack[1:] {
		if i > 0 {
			path = path.Add(th.Faint, " "+th.Glyph.Crumb+" ")
		}
		style := th.Muted
		if i == len(a.stack)-2 {
			style = th.Accent
		}
		path = path.Add(style, widget.Clean(s.Title()))
	}
	left, _ := a.tabLine(min(path.Width(), 40))
	if room := a.width - 4 - left.Width(); path.Width() > room && len(a.stack) > 2 {
		path = widget.S(th.Faint, th.Glyph.Crumb+" ").Add(th.Accent, widget.Clean(a.screen().Title()))
	}
	if room := a.width - 4 - left.Width(); path.Width() > room {
		path = path.Truncate(max(0, room), th.Glyph.Ellipsis)
	}
	if len(path) == 0 {
		return a.fit(left)
	}
	return a.apart(left, path)
}

// tabLine draws the tabs as wide as can be beside a path of that width, and
// says where each stands.
func (a *app) tabLine(path int) (widget.Line, []tab) {
	for _, gap := range []int{3, 2} {
		line, at := a.drawTabs(gap, true)
		if line.Width()+path+4 <= a.width || path == 0 && line.Width() <= a.width-2 {
			return line, at
		}
	}
	return a.drawTabs(1, false)
}

func (a *app) drawTabs(gap int, names bool) (line widget.Line, at []tab) {
	th := a.theme
	for i, t := range topScreens() {
		front := a.tops[i] != nil && a.tops[i] == a.stack[0]
		if t.number == "" && !front {
			continue
		}
		if len(line) > 0 {
			line = line.Add(th.Blank, strings.Repeat(" ", gap))
		}
		from := 1 + line.Width()
		name, num := th.Muted, th.Faint
		if front {
			name, num = th.Strong.Underline(), th.Accent
		}
		if t.number != "" {
			line = line.Add(num, t.number)
		}
		if names || front {
			line = line.Add(num, " ").Add(name, th.Tr(t.name))
		}
		at = append(at, tab{i, from, 1 + line.Width()})
	}
	return line.Add(th.Blank, strings.Repeat(" ", gap)), at
}

// tabsAt says where the tabs stand, as drawn.
func (a *app) tabsAt() []tab {
	path := 0
	for i, s := range a.stack[1:] {
		if i > 0 {
			path += 3
		}
		path += widget.S(a.theme.Blank, widget.Clean(s.Title())).Width()
	}
	_, at := a.tabLine(min(path, 40))
	return at
}
