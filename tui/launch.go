package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

// launch is the form in which a run is asked for. It leads to the preview.
type launch struct {
	formScreen
	stage    string
	summary  string
	backfill bool
	specs    []jobs.ParamSpec
	problem  error // the parameters could not be listed
	days     *feed[[]db.CalendarDay]
	anchor   int // the day that the next one chosen makes a range with; -1: none
}

// The names of the fields that every stage has.
const (
	fieldDate    = " date"
	fieldFrom    = " from"
	fieldTo      = " to"
	fieldDays    = " days"
	fieldUsers   = " users"
	fieldMissing = " missing"
	fieldForce   = " force"
	fieldWhere   = " where"
	fieldReason  = " reason"
)

// oneOf lists the choices of a field.
func oneOf(words ...string) []string { return words }

func newLaunch(a *app, s jobs.StageStatus, backfill bool) *launch {
	if st, err := jobs.Stages().Find(s.Name); err == nil { // who asks for a run again knows its stage by name alone
		s.Info = st.Info()
	}
	l := &launch{formScreen: formScreen{base: base{app: a}, next: "preview", help: "see what would be done"},
		stage: s.Name, summary: s.Summary, backfill: backfill, anchor: -1}
	l.head, l.proceed = l.heading, l.preview
	l.specs, l.problem = a.console.Params(s.Name)
	l.check = func() error { return a.console.Validate(l.request()) }
	yesNo := oneOf("no", "yes")
	learners := widget.NewField(fieldUsers, "learners", "", a.tr("all"), "The ids of the learners to run for, apart by blanks or commas; all when empty.", nil)
	switch {
	case s.PerLearner:
		learners = widget.NewField(fieldUsers, "learners", "", a.tr("at least one"), "The ids of the learners to run for, apart by blanks or commas.", nil)
	case backfill:
		l.addDays(s)
		l.add(widget.NewChoice(fieldMissing, "only missing", no, yesNo, "Run only the days that are not published yet."))
	default:
		l.add(widget.NewField(fieldDate, "as-of day", "", a.tr("%s, as cron does", l.lastDay()), "The one day to run for. Empty: what cron does, which also mends days that are missing or have changed.", l.checkOptionalDay))
	}
	l.add(learners)
	l.add(widget.NewChoice(fieldForce, "force", no, yesNo, "Also run what is published and up to date, or held by a pause."))
	l.add(widget.NewChoice(fieldWhere, "where", l.app.usualPlace(), oneOf("here", "workers"), "Here: a process of its own on this machine. Workers: whichever comes first."))
	l.add(widget.NewField(fieldReason, "reason", "", "none", "Why, for those who read the ledger later.", nil))
	for _, p := range l.specs {
		l.add(l.app.paramField(p))
	}
	return l
}

// addDays adds the fields of a backfill: the first and the last day, and the
// calendar in which they can be chosen.
func (l *launch) addDays(s jobs.StageStatus) {
	last := l.lastDay()
	if s.SliceDays() > 1 {
		last = last.Add(1).Monday().Add(-1)
	}
	from := last
	if s.DataDay != nil && s.DataDay.Before(last) {
		from = s.DataDay.Add(1)
	}
	if s.SliceDays() > 1 {
		l.add(widget.NewField(fieldFrom, "from", from.String(), "YYYY-MM-DD", "The first day, UTC. One slice is published a week, as its Sunday, oldest first.", l.checkDay))
	} else {
		l.add(widget.NewField(fieldFrom, "from", from.String(), "YYYY-MM-DD", "The first day, UTC. One slice is published a day, oldest first.", l.checkDay))
	}
	l.add(widget.NewField(fieldTo, "to", last.String(), last.String(), "The last day; the last complete UTC day when empty.", l.checkTo))
	l.add(&widget.Field{Name: fieldDays, Label: "calendar", Grid: &widget.Calendar{From: 1},
		Help: "Arrows move, space chooses the first day and then the last, m the missing days around the cursor."})
	l.days = newFeed(l.app, stageCalendar(l.app, l.stage))
	l.mark()
}

// usualPlace is where runs go here unless one says otherwise.
func (a *app) usualPlace() string {
	if w := a.about.Launches; w != "" {
		return string(w)
	}
	return string(jobs.WhereHere)
}

// paramField makes the field of one of a stage's own parameters, named as on the
// command line.
func (a *app) paramField(p jobs.ParamSpec) *widget.Field {
	field := a.bareParamField(p)
	field.Named, field.Valued = true, p.Kind != "bool"
	return field
}

func (a *app) bareParamField(p jobs.ParamSpec) *widget.Field {
	help := a.tr(p.Help)
	var limits []string
	switch {
	case p.Kind == "bool":
		limits = append(limits, a.tr("default %s", a.tr(yesOrNo(p.Default))))
	case p.Default != "":
		limits = append(limits, a.tr("default %s", p.Default))
	}
	if p.Min != "" {
		limits = append(limits, a.tr("at least %s", p.Min))
	}
	if len(limits) > 0 {
		help += " (" + strings.Join(limits, ", ") + ")"
	}
	switch {
	case len(p.Choices) > 0:
		field := widget.NewChoice(p.Name, p.Name, p.Default, p.Choices, help)
		field.Blank = p.Empty
		return field
	case p.Kind == "bool":
		return widget.NewChoice(p.Name, p.Name, yesOrNo(p.Default), oneOf("no", "yes"), help)
	}
	return widget.NewField(p.Name, p.Name, p.Default, cmp.Or(p.Default, a.tr(p.Empty)), help, func(v string) error {
		if v == "" {
			return nil // the default
		}
		return p.Check(v)
	})
}

// The choices of what is either so or not.
const (
	no  = "no"
	yes = "yes"
)

// yesOrNo is a parameter that is true or false as a choice.
func yesOrNo(value string) string {
	if on, err := strconv.ParseBool(value); err == nil && on {
		return yes
	}
	return no
}

// option is what the form holds for one of the stage's own parameters.
func (f *formScreen) option(p jobs.ParamSpec) string {
	v := f.form.Value(p.Name)
	if p.Kind == "bool" {
		return strconv.FormatBool(v == yes)
	}
	return v
}

// lastDay is the last complete UTC day.
func (l *launch) lastDay() db.Day { return db.DayOf(l.app.now()).Add(-1) }

func (l *launch) checkDay(v string) error {
	day, err := db.ParseDay(v)
	if err == nil && l.lastDay().Before(day) {
		err = fmt.Errorf("%s", l.app.tr("%s is not complete yet; the last complete UTC day is %s", day, l.lastDay()))
	}
	return err
}

func (l *launch) checkOptionalDay(v string) error {
	if v == "" {
		return nil
	}
	return l.checkDay(v)
}

func (l *launch) checkTo(v string) error {
	if v == "" {
		return nil
	}
	if err := l.checkDay(v); err != nil {
		return err
	}
	to, _ := db.ParseDay(v)
	if from, err := db.ParseDay(l.form.Value(fieldFrom)); err == nil && to.Before(from) {
		return fmt.Errorf("%s", l.app.tr("%s is before the first day, %s", to, from))
	}
	return nil
}

// request is the form as a request.
func (l *launch) request() jobs.Request {
	q := jobs.Request{Stage: l.stage, Trigger: db.TriggerConsole,
		Missing: l.form.Value(fieldMissing) == yes, Force: l.form.Value(fieldForce) == yes, Reason: l.form.Value(fieldReason),
		Users: strings.FieldsFunc(l.form.Value(fieldUsers), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })}
	if where := l.form.Value(fieldWhere); where != l.app.usualPlace() {
		q.Where = jobs.Where(where)
	}
	if l.backfill {
		q.From, q.To = l.day(fieldFrom), l.day(fieldTo)
	} else {
		q.Date = l.day(fieldDate)
	}
	q.Options = l.options(l.specs)
	return q
}

// options are a stage's parameters as the form holds them, without those that
// are as usual.
func (f *formScreen) options(specs []jobs.ParamSpec) map[string]string {
	given := map[string]string{}
	for _, p := range specs {
		if v := f.option(p); v != "" && !p.Same(v, p.Default) {
			given[p.Name] = v
		}
	}
	return given
}

// day is what a field holds as a day, or nil.
func (l *launch) day(field string) *db.Day {
	d, err := db.ParseDay(l.form.Value(field))
	if err != nil {
		return nil
	}
	return &d
}

// Title is what the form leads to.
func (l *launch) Title() string {
	if l.backfill {
		return l.app.tr("backfill %s", l.stage)
	}
	return l.app.tr("run %s", l.stage)
}

// Refresh asks for the calendar once.
func (l *launch) Refresh() tea.Cmd {
	if l.days == nil || l.days.loaded {
		return nil
	}
	return l.days.Refresh()
}

// Close ends the request in flight.
func (l *launch) Close() {
	if l.days != nil {
		l.days.Close()
	}
}

// Update takes text and the calendar.
func (l *launch) Update(msg tea.Msg) tea.Cmd {
	l.formScreen.Update(msg)
	if l.days == nil {
		return nil
	}
	if l.days.Take(msg) && l.days.err == nil {
		grid := l.form.Field(fieldDays).Grid
		grid.Days = calendarDays(l.days.value)
		grid.Cursor = len(grid.Days) - 1
		if !l.touched {
			l.suggest(grid)
		}
	}
	l.mark()
	return nil
}

// suggest fills in the newest days that are missing.
func (l *launch) suggest(grid *widget.Calendar) {
	end := len(grid.Days) - 1
	for ; end >= 0 && grid.Days[end].Mark != widget.DayMissing; end-- {
	}
	if end >= 0 {
		grid.Cursor = end
		l.choose(grid.Gap(end))
	}
}

// choose sets the first and the last day.
func (l *launch) choose(from, to int) {
	grid := l.form.Field(fieldDays).Grid
	l.form.Field(fieldFrom).Set(db.DayOf(grid.Days[from].Date).String())
	l.form.Field(fieldTo).Set(db.DayOf(grid.Days[to].Date).String())
	l.mark()
}

// mark shows the days from the first to the last in the calendar.
func (l *launch) mark() {
	grid := l.form.Field(fieldDays).Grid
	grid.From, grid.To = 1, 0
	from, to := l.day(fieldFrom), l.day(fieldTo)
	if from == nil {
		return
	}
	last := l.lastDay()
	if to == nil {
		to = &last
	}
	in := func(d widget.CalendarDay) bool { day := db.DayOf(d.Date); return !day.Before(*from) && !to.Before(day) }
	if first := slices.IndexFunc(grid.Days, in); first >= 0 {
		grid.From, grid.To = first, first
		for grid.To+1 < len(grid.Days) && in(grid.Days[grid.To+1]) {
			grid.To++
		}
	}
}

// Keys are the form's and, while it has the focus, the calendar's.
func (l *launch) Keys() []Key {
	if l.form.Focused().Grid == nil || len(l.form.Focused().Grid.Days) == 0 {
		return l.keys(when(l.problem != nil, fmt.Sprint(l.problem)))
	}
	return append(l.gridKeys(l.form.Focused().Grid), l.keys("")...)
}

func (l *launch) gridKeys(grid *widget.Calendar) []Key {
	by := func(n int) func() tea.Cmd { return func() tea.Cmd { grid.Move(n); return nil } }
	return []Key{
		{Strokes: []string{"space"}, Label: "choose", Help: "the first day, then the last", Do: func() tea.Cmd {
			l.touched = true
			from, to := grid.Cursor, grid.Cursor
			if l.anchor >= 0 {
				from, to = min(l.anchor, grid.Cursor), max(l.anchor, grid.Cursor)
				l.anchor = -1
			} else {
				l.anchor = grid.Cursor
			}
			l.choose(from, to)
			return nil
		}},
		{Strokes: []string{"m"}, Label: "missing", Help: "the missing days around the cursor", Do: func() tea.Cmd {
			l.touched, l.anchor = true, -1
			l.choose(grid.Gap(grid.Cursor))
			return nil
		}},
		{Strokes: []string{"down", "j"}, Help: "a day later", Do: by(1)},
		{Strokes: []string{"up", "k"}, Help: "a day earlier", Do: by(-1)},
		{Strokes: []string{"right", "l"}, Help: "a week later", Do: by(7)},
		{Strokes: []string{"left", "h"}, Help: "a week earlier", Do: by(-7)},
	}
}

func (l *launch) preview() tea.Cmd { return l.app.push(newPreview(l.app, l.request())) }

// heading names the stage; over the calendar, also the day under its cursor.
func (l *launch) heading() widget.Line {
	th := l.app.theme
	if g := l.form.Focused().Grid; g != nil && len(g.Days) > 0 {
		return widget.S(th.Strong, l.stage).Add(th.Muted, "  ").Add(th.Text, dayWords(th, l.days.value[g.Cursor]))
	}
	return widget.S(th.Strong, l.stage).Add(th.Muted, "  "+th.Tr(l.summary))
}
