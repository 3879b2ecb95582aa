package tui

import (
	"encoding/json"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

// launch is the form in which a run is asked for. It leads to the preview.
type launch struct {
	base
	stage    string
	summary  string
	backfill bool
	specs    []jobs.ParamSpec
	form     widget.Form
	problem  error // the parameters could not be listed
}

// The names of the fields that every stage has.
const (
	fieldDate    = " date"
	fieldFrom    = " from"
	fieldTo      = " to"
	fieldUsers   = " users"
	fieldMissing = " missing"
	fieldForce   = " force"
	fieldReason  = " reason"
)

func newLaunch(a *app, s jobs.StageStatus, backfill bool) *launch {
	l := &launch{base: base{app: a}, stage: s.Name, summary: s.Summary, backfill: backfill}
	l.specs, l.problem = a.console.Params(s.Name)
	yesNo := []string{"no", "yes"}
	last := l.lastDay().String()
	add := func(f *widget.Field) { l.form.Fields = append(l.form.Fields, f) }
	if backfill {
		from := last
		if s.DataDay != nil && s.DataDay.Before(l.lastDay()) {
			from = s.DataDay.Add(1).String()
		}
		add(widget.NewField(fieldFrom, "from", from, "YYYY-MM-DD", "The first day, UTC. One slice is published a day, oldest first.", l.checkDay))
		add(widget.NewField(fieldTo, "to", last, last, "The last day; the last complete UTC day when empty.", l.checkTo))
		add(widget.NewChoice(fieldMissing, "only missing", "no", yesNo, "Run only the days that are not published yet."))
	} else {
		add(widget.NewField(fieldDate, "as-of day", "", last+", as cron does", "The one day to run for. Empty: what cron does, which also mends days that are missing or have changed.", l.checkOptionalDay))
	}
	add(widget.NewField(fieldUsers, "learners", "", "all", "The ids of the learners to run for, apart by blanks or commas; all when empty.", nil))
	add(widget.NewChoice(fieldForce, "force", "no", yesNo, "Also run what is published and up to date."))
	add(widget.NewField(fieldReason, "reason", "", "none", "Why, for those who read the ledger later.", nil))
	for _, p := range l.specs {
		add(paramField(p))
	}
	return l
}

// paramField makes the field of one of the stage's own parameters.
func paramField(p jobs.ParamSpec) *widget.Field {
	help := p.Help
	if p.Default != "" {
		help += " (default " + p.Default + ")"
	}
	switch {
	case len(p.Choices) > 0:
		return widget.NewChoice(p.Name, p.Name, p.Default, p.Choices, help)
	case p.Kind == "bool":
		return widget.NewChoice(p.Name, p.Name, p.Default, []string{"false", "true"}, help)
	}
	return widget.NewField(p.Name, p.Name, p.Default, p.Default, help, func(v string) error {
		if v == "" {
			return nil // the default
		}
		return p.Check(v)
	})
}

// lastDay is the last complete UTC day.
func (l *launch) lastDay() db.Day { return db.DayOf(l.app.now()).Add(-1) }

func (l *launch) checkDay(v string) error {
	day, err := db.ParseDay(v)
	if err == nil && l.lastDay().Before(day) {
		err = fmt.Errorf("%s is not complete yet; the last complete UTC day is %s", day, l.lastDay())
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
		return fmt.Errorf("%s is before the first day, %s", to, from)
	}
	return nil
}

// askedForDays reports whether a run was asked for as a backfill.
func askedForDays(r db.Run) bool {
	var params struct {
		Backfill bool `json:"backfill"`
	}
	return json.Unmarshal(r.Params, &params) == nil && params.Backfill
}

// fillFrom fills the form in as an earlier run was asked for.
func (l *launch) fillFrom(r db.Run) {
	var params map[string]any
	_ = json.Unmarshal(r.Params, &params) // a run of another version may have none; the defaults stand
	set := func(name, value string) {
		for _, f := range l.form.Fields {
			if f.Name == name {
				f.Set(value)
			}
		}
	}
	if r.WindowFrom != nil {
		if params["date"] == true {
			set(fieldDate, r.WindowFrom.String())
		}
		set(fieldFrom, r.WindowFrom.String())
	}
	if r.WindowTo != nil {
		set(fieldTo, r.WindowTo.String())
	}
	if users, ok := params["users"].([]any); ok {
		set(fieldUsers, strings.Trim(fmt.Sprint(users), "[]"))
	}
	for field, name := range map[string]string{fieldMissing: "missing", fieldForce: "force"} {
		if params[name] == true {
			set(field, "yes")
		}
	}
	for _, p := range l.specs {
		if v, ok := params[p.Name]; ok {
			set(p.Name, fmt.Sprint(v))
		}
	}
}

// request is the form as a request.
func (l *launch) request() jobs.Request {
	q := jobs.Request{Stage: l.stage, Trigger: db.TriggerConsole, Options: map[string]string{},
		Missing: l.form.Value(fieldMissing) == "yes", Force: l.form.Value(fieldForce) == "yes", Reason: l.form.Value(fieldReason),
		Users: strings.FieldsFunc(l.form.Value(fieldUsers), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })}
	day := func(name string) *db.Day {
		d, err := db.ParseDay(l.form.Value(name))
		if err != nil {
			return nil
		}
		return &d
	}
	if l.backfill {
		q.From, q.To = day(fieldFrom), day(fieldTo)
	} else {
		q.Date = day(fieldDate)
	}
	for _, p := range l.specs {
		if v := l.form.Value(p.Name); v != "" && v != p.Default {
			q.Options[p.Name] = v
		}
	}
	return q
}

// Title is what the form leads to.
func (l *launch) Title() string {
	if l.backfill {
		return "backfill " + l.stage
	}
	return "run " + l.stage
}

// Typing is always on.
func (l *launch) Typing() bool { return true }

// Update takes text.
func (l *launch) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		l.form.Update(msg)
	}
	return nil
}

// Keys move between the fields and go on to the preview.
func (l *launch) Keys() []Key {
	a := l.app
	by := func(n int) func() tea.Cmd { return func() tea.Cmd { l.form.Move(n); return nil } }
	keys := []Key{
		{Strokes: []string{"enter"}, Label: "preview", Help: "see what would be done", Off: when(l.problem != nil, fmt.Sprint(l.problem)), Do: l.preview},
		{Strokes: []string{"tab", "down"}, Label: "next", Help: "the next field", Do: by(1)},
		{Strokes: []string{"shift+tab", "up"}, Label: "previous", Help: "the field before", Do: by(-1)},
		{Strokes: []string{"esc"}, Label: "back", Help: "back, nothing done", Do: a.back},
	}
	if l.form.Focused().Choices != nil {
		turn := func(n int) func() tea.Cmd { return func() tea.Cmd { l.form.Turn(n); return nil } }
		keys = append(keys,
			Key{Strokes: []string{"right", "space"}, Label: "change", Help: "the next choice", Do: turn(1)},
			Key{Strokes: []string{"left"}, Help: "the choice before", Do: turn(-1)})
	}
	return keys
}

func (l *launch) preview() tea.Cmd {
	if err := l.form.Err(); err != nil {
		l.app.say(warning, err.Error())
		return nil
	}
	return l.app.push(newPreview(l.app, l.request()))
}

// View draws the form.
func (l *launch) View() []string {
	a, th := l.app, l.app.theme
	rows := []string{a.fit(widget.S(th.Strong, l.stage).Add(th.Muted, "  "+l.summary))}
	if l.height >= 14 {
		rows = append(rows, "")
	}
	w := min(l.width-2, 90)
	for _, r := range l.form.View(th, w, l.height-len(rows)) {
		rows = append(rows, " "+r)
	}
	return rows
}
