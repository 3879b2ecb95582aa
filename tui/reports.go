package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/widget"
)

// reports lists the stored weekly reports; the database filters as one types.
type reports struct {
	base
	list
	week   *db.Day // nil: all
	feed   *feed[[]db.ReportObject]
	weeks  *feed[[]db.ReportWeek]
	link   *feed[jobs.ReportLink] // where the one asked for can be opened
	asking bool                   // for the weeks, to choose from
	drawn  drawn
}

const reportsShown = 500

// Columns that give way to each other.
const (
	reportLearner = 0
	reportLang    = 3
	reportFormat  = 4
)

func newReports(a *app) *reports {
	s := &reports{base: base{app: a}}
	s.list.init(a, "reports", "no report is stored; generate-weekly-report makes them", []widget.Column{
		{Title: "LEARNER", Min: 20, Max: 40, Sort: true, Grow: true},
		{Title: "WEEK OF", Min: 10, Sort: true},
		{Title: "EDITION", Min: 7, Sort: true},
		{Title: "LANG", Min: 4, Sort: true},
		{Title: "FORMAT", Min: 4, Sort: true},
		{Title: "SIZE", Min: 6, Right: true, Drop: 1, Sort: true},
		{Title: "MADE", Min: 8, Right: true, Drop: 2, Sort: true},
		{Title: "STORED AT", Min: 16, Drop: 3, Sort: true},
	})
	s.Marks = true
	s.filter.apply = func(string) tea.Cmd { return s.feed.Ask(s.question()) } // the database filters
	s.feed = newFeed(a, s.question())
	s.weeks = newFeed(a, a.console.ReportWeeks)
	s.link = newFeed[jobs.ReportLink](a, nil)
	return s
}

// question asks for the reports of the week that the words typed mean.
func (s *reports) question() func(context.Context) ([]db.ReportObject, error) {
	f := s.wanted()
	return func(ctx context.Context) ([]db.ReportObject, error) { return s.app.console.Reports(ctx, f) }
}

// wanted reads the filter: an edition, a language and a format are taken for
// such, other words for a part of the learner's id.
func (s *reports) wanted() db.ReportFilter {
	f := db.ReportFilter{Week: s.week, Limit: reportsShown}
	var rest []string
	for word := range strings.FieldsSeq(s.filter.input.Value()) {
		switch strings.ToLower(word) {
		case "learner", editionWord(s.app, "learner"):
			f.Edition = "learner"
		case "teacher", editionWord(s.app, "teacher"):
			f.Edition = "teacher"
		case "ko", "en":
			f.Lang = strings.ToLower(word)
		case "html", "pdf":
			f.Format = strings.ToLower(word)
		default:
			rest = append(rest, word)
		}
	}
	f.Contains = strings.Join(rest, " ")
	return f
}

// Title is the screen's.
func (s *reports) Title() string { return s.app.tr("Reports") }

// Typing is on while the filter is open.
func (s *reports) Typing() bool { return s.filter.Typing() }

// Every is how often the reports are asked for.
func (s *reports) Every() time.Duration { return 10 * time.Second }

// Refresh asks for the reports.
func (s *reports) Refresh() tea.Cmd { return s.feed.Refresh() }

// Close ends the requests in flight.
func (s *reports) Close() {
	s.feed.Close()
	s.weeks.Close()
	s.link.Close()
}

// SetSize gives the screen its room.
func (s *reports) SetSize(w, h int) { s.base.SetSize(w, h) }

// Update takes replies and the filter's text.
func (s *reports) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return s.filter.update(msg)
	}
	s.feed.Take(msg)
	if s.link.Take(msg) {
		return s.opened()
	}
	if s.weeks.Take(msg) {
		return s.chooseWeek()
	}
	return nil
}

// current is the report under the cursor.
func (s *reports) current() (db.ReportObject, bool) { return s.report(s.CurrentID()) }

func (s *reports) report(id string) (db.ReportObject, bool) {
	i := slices.IndexFunc(s.feed.value, func(o db.ReportObject) bool { return reportID(o) == id })
	if i < 0 {
		return db.ReportObject{}, false
	}
	return s.feed.value[i], true
}

func reportID(o db.ReportObject) string {
	return strings.Join([]string{o.Week.String(), o.UserID, o.Edition, o.Lang, o.Format}, "\x1f")
}

// chosen are the marked reports or, without marks, the one under the cursor.
func (s *reports) chosen() []db.ReportObject {
	ids := s.Marked()
	if len(ids) == 0 {
		ids = []string{s.CurrentID()}
	}
	var out []db.ReportObject
	for _, id := range ids {
		if o, ok := s.report(id); ok {
			out = append(out, o)
		}
	}
	return out
}

// again asks for the chosen learners' reports to be made anew. A run is of one
// week.
func (s *reports) again() (jobs.Request, string) {
	all := s.chosen()
	if len(all) == 0 {
		return jobs.Request{}, "no report is selected"
	}
	q := jobs.ReportRequest(all[0].UserID, all[0].Week)
	q.Trigger = db.TriggerConsole
	for _, o := range all[1:] {
		if o.Week != all[0].Week {
			return q, "the marked reports are of several weeks; a run is of one"
		}
		if !slices.Contains(q.Users, o.UserID) {
			q.Users = append(q.Users, o.UserID)
		}
	}
	return q, ""
}

// Keys are what can be done with the report under the cursor, or the marked.
func (s *reports) Keys() []Key {
	if s.Typing() {
		return s.filter.keys(&s.Table)
	}
	a := s.app
	o, ok := s.current()
	none := when(!ok, "no report is selected")
	q, several := s.again()
	keys := []Key{
		{Strokes: []string{"enter"}, Label: "open", Help: "open the report in the browser or, without one, show and copy where it is", Off: first(none, when(s.link.Busy(), "a report is being opened")), Do: s.open},
		{Strokes: []string{"w"}, Label: "week", Help: "choose a week", Do: s.askWeeks},
		{Strokes: []string{"l"}, Label: "learner", Help: "open the learner", Off: none, Do: func() tea.Cmd { return a.push(newLearner(a, o.UserID)) }},
		{Strokes: []string{"R"}, Label: "make again", Help: "make the reports of the learner, or of all marked, again: preview, confirmation", Changes: true, Off: first(several, a.readOnly()),
			Do: func() tea.Cmd { return a.push(newPreview(a, q)) }},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that lists the same", Do: func() tea.Cmd { return a.copy(s.command()) }},
		{Strokes: []string{"/"}, Label: "search", Help: "search by a part of the learner's id; learner, teacher, ko, en, html and pdf narrow too", Do: s.filter.open},
	}
	for _, k := range s.list.keys() {
		if _, own := find(keys, k.Strokes[0]); !own {
			keys = append(keys, k)
		}
	}
	return keys
}

func (s *reports) command() string {
	f := s.wanted()
	text := "sextant report list"
	if f.Contains != "" {
		text += " " + shellWord(f.Contains)
	}
	for _, flag := range [][2]string{{"edition", f.Edition}, {"lang", f.Lang}, {"format", f.Format}} {
		if flag[1] != "" {
			text += " --" + flag[0] + " " + flag[1]
		}
	}
	if f.Week != nil {
		text += " --week " + f.Week.String()
	}
	return text
}

func (s *reports) open() tea.Cmd {
	o, ok := s.current()
	if !ok {
		return nil
	}
	return s.link.Ask(func(ctx context.Context) (jobs.ReportLink, error) { return s.app.console.OpenReport(ctx, o) })
}

// opened says that the browser shows the report or, without one, where it is.
func (s *reports) opened() tea.Cmd {
	a, th := s.app, s.app.theme
	if err := s.link.err; err != nil {
		if !connectionLost(err) {
			a.say(bad, errorWords(th, err))
		}
		return nil
	}
	l := s.link.value
	if l.Shown {
		a.say(good, a.tr("the browser shows the report of %s", l.Report.UserID))
		return nil
	}
	d := &textDialog{app: a, title: a.tr("Report of %s", widget.Clean(l.Report.UserID)), copies: l.Open}
	lines := []widget.Line{widget.S(th.Muted, a.tr("no browser here; it is copied, open it where there is one:")), nil, widget.S(th.Accent, widget.Clean(l.Open))}
	if l.Expires != nil {
		lines = append(lines, nil, widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, a.tr("whoever has this URL can read the report, until %s", stamp(*l.Expires))))
	}
	d.viewer.SetLines(lines)
	return tea.Batch(a.open(d), a.copy(l.Open))
}

// askWeeks asks which weeks there are, to choose from.
func (s *reports) askWeeks() tea.Cmd {
	s.asking = true
	return s.weeks.Refresh()
}

// chooseWeek offers the weeks.
func (s *reports) chooseWeek() tea.Cmd {
	a, th := s.app, s.app.theme
	if !s.asking || s.weeks.err != nil || a.screen() != screen(s) {
		return nil
	}
	s.asking = false
	names, words := []string{""}, map[string]string{"": a.tr("all weeks")}
	for _, w := range s.weeks.value {
		name := w.Week.String()
		names = append(names, name)
		words[name] = name + "  " + plural(th, w.Reports, "%s report", "%s reports") + ", " + plural(th, w.Learners, "%s learner", "%s learners")
	}
	current := ""
	if s.week != nil {
		current = s.week.String()
	}
	return a.open(newPicker(a, a.tr("Week"), names, current, func(n string) string { return words[n] }, func(name string) tea.Cmd {
		s.week = nil
		if day, err := db.ParseDay(name); err == nil {
			s.week = &day
		}
		return s.feed.Ask(s.question())
	}))
}

// View draws the list.
func (s *reports) View() []string {
	a, th := s.app, s.app.theme
	if !s.feed.loaded {
		return loading(a, "the reports", s.feed.err)
	}
	s.fill()
	line := widget.S(th.Strong, s.list.summary(th, "%s report", "%s reports"))
	if n := len(s.feed.value); n == reportsShown {
		line = line.Add(th.Muted, "  "+th.Tr("the first %s; type to narrow", count(n)))
	}
	if s.week != nil {
		line = line.Add(th.Accent, "  "+th.Tr("week of %s", s.week))
	}
	rows := []string{a.fit(line)}
	if s.height >= 14 {
		rows = append(rows, "")
	}
	return append(rows, s.list.view(a, s.width, s.height-len(rows))...)
}

// fill makes the table's rows of the newest snapshot.
func (s *reports) fill() {
	if !s.drawn.again(s.app, s.feed.serial) {
		return
	}
	th, now := s.app.theme, s.app.now()
	langs, formats := map[string]bool{}, map[string]bool{}
	rows := make([]widget.Row, len(s.feed.value))
	for i, o := range s.feed.value {
		langs[o.Lang], formats[o.Format] = true, true
		rows[i] = widget.Row{ID: reportID(o), Cells: []widget.Cell{
			widget.T(th.Text, widget.Clean(o.UserID)),
			widget.T(th.Text, o.Week.String()),
			widget.T(th.Muted, editionWord(s.app, o.Edition)),
			widget.T(th.Muted, o.Lang),
			widget.T(th.Text, o.Format),
			widget.N(th.Muted, number(float64(o.Size)/1e3, 0)+" kB", float64(o.Size)),
			widget.N(th.Text, ago(th, now, o.GeneratedAt), float64(o.GeneratedAt.Unix())),
			widget.T(th.Faint, widget.Clean(o.URL)),
		}}
	}
	s.Columns[reportLearner].Min, s.Columns[reportLang].Drop, s.Columns[reportFormat].Drop = 20, 0, 0
	if len(langs) < 2 && len(formats) < 2 { // they tell no two apart, an id cut short does not either
		s.Columns[reportLearner].Min, s.Columns[reportLang].Drop, s.Columns[reportFormat].Drop = 36, 4, 5
	}
	s.SetRows(rows)
}

// editionWord is for whom a report is written.
func editionWord(a *app, edition string) string {
	switch edition {
	case "learner":
		return a.tr(lang.Sense("edition", "learner"))
	case "teacher":
		return a.tr(lang.Sense("edition", "teacher"))
	}
	return edition
}
