package tui

import (
	"context"
	"math"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/tui/widget"
)

// learners finds learners by part of their id, as one types.
type learners struct {
	base
	list
	feed    *feed[[]db.Learner]
	drawn   drawn
	query   string // of what is shown or on its way
	typed   int    // keystrokes so far: a pause ends when none came after it
	openOne string // open the learner that this query finds, if it is one
}

const (
	learnersShown = 200
	searchPause   = 120 * time.Millisecond
	noLearners    = "no learner has answered yet"
)

// pause ends the wait after a keystroke in the search.
type pause struct{ typed int }

func newLearners(a *app) *learners {
	l := &learners{base: base{app: a}}
	l.Marks = true
	l.list.init(noLearners, []widget.Column{
		{Title: "LEARNER", Min: 16, Max: 48, Sort: true},
		{Title: a.theme.Glyph.Theta, Min: 5, Right: true, Sort: true},
		{Title: "SE", Min: 4, Right: true, Sort: true},
		{Title: "ANSWERS", Min: 6, Right: true, Drop: 2, Sort: true},
		{Title: "SESSIONS", Min: 6, Right: true, Drop: 3, Sort: true},
		{Title: "ACTIVE", Min: 8, Right: true, Drop: 1, Sort: true},
		{Title: "SINCE", Min: 10, Right: true, Drop: 4, Sort: true},
	})
	l.filter.apply = l.wait // the database filters
	l.feed = newFeed(a, l.question(""))
	return l
}

func (l *learners) question(query string) func(context.Context) ([]db.Learner, error) {
	return func(ctx context.Context) ([]db.Learner, error) {
		found, err := l.app.console.Learners(ctx, db.LearnerFilter{Query: query, Limit: learnersShown})
		return found.Learners, err
	}
}

// Title is the screen's.
func (l *learners) Title() string { return "Learners" }

// Typing is on while one searches.
func (l *learners) Typing() bool { return l.filter.Typing() }

// Every is how often the learners are asked for.
func (l *learners) Every() time.Duration { return 10 * time.Second }

// Refresh asks for the learners.
func (l *learners) Refresh() tea.Cmd { return l.feed.Refresh() }

// Close ends the request in flight.
func (l *learners) Close() { l.feed.Close() }

// SetSize gives the screen its room.
func (l *learners) SetSize(w, h int) { l.base.SetSize(w, h) }

// find searches for query at once and opens the learner if it is one.
func (l *learners) find(query string) tea.Cmd {
	l.filter.input.SetValue(query)
	l.openOne = query
	return l.search(query)
}

func (l *learners) search(query string) tea.Cmd {
	l.query, l.Empty = query, noLearners
	if query != "" {
		l.Empty = "no learner's id contains " + widget.Clean(query)
	}
	return l.feed.Ask(l.question(query))
}

// Update takes replies, the search's text and the pauses in it.
func (l *learners) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return l.filter.update(msg)
	case pause:
		if query := l.filter.input.Value(); msg.typed == l.typed && query != l.query {
			return l.search(query)
		}
		return nil
	}
	if !l.feed.Take(msg) || l.feed.err != nil {
		return nil
	}
	return l.openFound()
}

// wait searches once no key has come for a moment.
func (l *learners) wait(string) tea.Cmd {
	l.typed++
	return l.app.after(searchPause, pause{l.typed})
}

// openFound opens the learner that the palette asked for, if there is no doubt.
func (l *learners) openFound() tea.Cmd {
	query := l.openOne
	l.openOne = ""
	if query == "" || l.app.screen() != l {
		return nil
	}
	for _, f := range l.feed.value {
		if f.UserID == query || len(l.feed.value) == 1 {
			return l.app.push(newLearner(l.app, f.UserID))
		}
	}
	return nil
}

// Keys are what can be done with the learner under the cursor or those marked.
func (l *learners) Keys() []Key {
	if l.Typing() {
		return l.filter.keys(&l.Table)
	}
	a, id := l.app, l.CurrentID()
	none := when(id == "", "no learner is selected")
	users := l.Marked()
	label := "recompute " + a.theme.Glyph.Theta
	if len(users) == 0 && id != "" {
		users = []string{id}
	}
	keys := []Key{
		{Strokes: []string{"enter"}, Label: "open", Help: "open the learner", Off: none, Do: func() tea.Cmd { return a.push(newLearner(a, id)) }},
		{Strokes: []string{"T"}, Label: label, Help: "recompute the ability of the learner, or of all marked: preview, confirmation", Changes: true,
			Off: first(none, a.readOnly()), Do: func() tea.Cmd { return a.push(newRecompute(a, users)) }},
		{Strokes: []string{"/"}, Label: "search", Help: "search by part of the id", Do: l.filter.open},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that shows the learner", Off: none,
			Do: func() tea.Cmd { return a.copy("sextant theta show " + shellWord(id)) }},
	}
	for _, k := range l.list.keys() {
		if _, own := find(keys, k.Strokes[0]); !own {
			keys = append(keys, k)
		}
	}
	return keys
}

// View draws the search and what it found.
func (l *learners) View() []string {
	a, th := l.app, l.app.theme
	head := widget.S(th.Muted, "search ")
	if l.Typing() || l.filter.used() {
		head = append(head, l.filter.input.View(th, max(10, l.width/2), l.Typing())...)
	} else {
		head = head.Add(th.Key, "/")
	}
	if l.feed.loaded {
		l.fill()
	}
	rows := []string{a.apart(head, l.found())}
	if l.height >= 14 {
		rows = append(rows, "")
	}
	if !l.feed.loaded {
		return append(rows, loading(a, "the learners", l.feed.err)...)
	}
	l.Table.SetSize(l.width, l.height-len(rows))
	return append(rows, l.Table.View(th)...)
}

// found says what the list holds.
func (l *learners) found() widget.Line {
	th := l.app.theme
	if l.feed.Busy() && l.query != "" {
		return widget.S(th.Muted, "searching"+th.Glyph.Ellipsis)
	}
	text := l.summary(th, "%s learner", "%s learners")
	if len(l.feed.value) == learnersShown {
		text = "the " + count(learnersShown) + " last active"
		if n := len(l.Marked()); n > 0 {
			text += ", " + count(n) + " marked"
		}
	}
	return widget.S(th.Muted, text)
}

// fill makes the table's rows of the newest answer.
func (l *learners) fill() {
	a := l.app
	if !l.drawn.again(a, l.feed.serial) {
		return
	}
	th, now := a.theme, a.now()
	rows := make([]widget.Row, len(l.feed.value))
	for i, v := range l.feed.value {
		theta := th.Text
		if v.Theta == nil || math.IsNaN(*v.Theta) {
			theta = th.Faint
		}
		rows[i] = widget.Row{ID: v.UserID, Cells: []widget.Cell{
			widget.T(th.Text, widget.Clean(v.UserID)),
			widget.N(theta, optional(v.Theta, 2), value(v.Theta)),
			widget.N(th.Muted, optional(v.SE, 2), value(v.SE)),
			widget.N(th.Text, count(v.Answers), float64(v.Answers)),
			widget.N(th.Text, count(v.Sessions), float64(v.Sessions)),
			widget.N(th.Text, ago(th, now, v.LastAt), float64(v.LastAt.Unix())),
			widget.N(th.Muted, v.FirstAt.UTC().Format("2006-01-02"), float64(v.FirstAt.Unix())),
		}}
	}
	l.SetRows(rows)
}
