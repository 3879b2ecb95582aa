package tui

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
	"sextant/tui/widget"
)

// learners finds learners by part of their id, as one types, and lists them in
// an order of all there are.
type learners struct {
	base
	list
	feed     *feed[db.Learners]
	drawn    drawn
	query    db.LearnerFilter // of what is shown or on its way
	answered string           // the search that the rows shown answer
	openOne  string           // open the learner that this query finds, if it is one
}

const (
	learnersShown = 200
	learnersMost  = 2000 // rows that scrolling adds up to: then a search is faster
	noLearners    = "no learner has answered yet"
)

// The columns that the database sorts by, and its name for the order.
var learnerSorts = map[int]string{0: "id", 1: "theta", 2: "se", 3: "risk", 6: "active"}

const columnActive = 6

func newLearners(a *app) *learners {
	l := &learners{base: base{app: a}}
	l.Marks, l.Remote = true, true
	l.list.init(a, "learners", noLearners, []widget.Column{
		{Title: "LEARNER", Min: 36, Max: 48, Sort: true, Grow: true},
		{Title: a.theme.Glyph.Theta, Min: 5, Right: true, Sort: true, Desc: true},
		{Title: "SE", Min: 4, Right: true, Sort: true, Desc: true},
		{Title: "RISK", Min: 4, Right: true, Sort: true, Desc: true},
		{Title: "ANSWERS", Min: 6, Right: true, Drop: 2},
		{Title: "SESSIONS", Min: 6, Right: true, Drop: 3},
		{Title: "ACTIVE", Min: 8, Right: true, Drop: 1, Sort: true},
		{Title: "SINCE", Min: 10, Right: true, Drop: 4},
	})
	l.Table.SortBy(columnActive, false)
	l.filter.apply, l.list.sorted = l.search, l.order // the database filters and sorts
	l.query = db.LearnerFilter{Limit: learnersShown}
	l.feed = newFeed(a, l.question(l.query))
	return l
}

func (l *learners) question(f db.LearnerFilter) func(context.Context) (db.Learners, error) {
	return func(ctx context.Context) (db.Learners, error) { return l.app.console.Learners(ctx, f) }
}

// Title is the screen's.
func (l *learners) Title() string { return l.app.tr("Learners") }

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

// search asks for the learners whose id contains text, with every keystroke.
func (l *learners) search(text string) tea.Cmd {
	if text == l.query.Query && l.feed.loaded {
		return nil
	}
	l.query.Query, l.query.Whole, l.query.Limit = text, false, learnersShown
	l.Table.Move(-farAway)
	return l.ask()
}

func (l *learners) ask() tea.Cmd { return l.feed.Supersede(l.question(l.query)) }

// Update takes replies and the search's text.
func (l *learners) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return l.filter.update(msg)
	}
	if !l.feed.Take(msg) || l.feed.err != nil {
		return nil
	}
	l.answered = l.query.Query
	l.Empty = noLearners
	if l.answered != "" {
		l.Empty = l.app.tr("no learner's id contains %s", widget.Clean(l.answered))
	}
	if l.feed.value.Partial != "" && !l.query.Whole { // what was found in time is shown; now all of it
		l.query.Whole = true
		return l.ask()
	}
	return l.openFound()
}

// openFound opens the learner that the palette asked for, if there is no doubt.
func (l *learners) openFound() tea.Cmd {
	query := l.openOne
	l.openOne = ""
	if query == "" || l.app.screen() != l {
		return nil
	}
	found := l.feed.value.Learners
	for _, f := range found {
		if f.UserID == query || len(found) == 1 {
			return l.app.push(newLearner(l.app, f.UserID))
		}
	}
	return nil
}

// order asks for the order that the table now says.
func (l *learners) order() tea.Cmd {
	column, reverse := l.SortedBy()
	l.query.Sort, l.query.Reverse, l.query.Limit = learnerSorts[column], reverse, learnersShown
	l.Table.Move(-farAway)
	return l.ask()
}

// more asks for more rows when the cursor nears the end of those there are.
func (l *learners) more() tea.Cmd {
	_, rows := l.Count()
	if !l.feed.value.More || l.feed.Busy() || l.Position() < rows-20 || rows >= learnersMost {
		return nil
	}
	l.query.Limit = min(learnersMost, rows+learnersShown)
	return l.ask()
}

// chosen are the learners to act on: those marked, whatever is searched for now,
// or the one under the cursor.
func (l *learners) chosen() []string {
	users := l.Marked() // in the order of the list
	for _, u := range l.MarkedEver() {
		if !slices.Contains(users, u) {
			users = append(users, u)
		}
	}
	if len(users) > 0 {
		return users
	}
	if id := l.CurrentID(); id != "" {
		return []string{id}
	}
	return nil
}

// Keys are what can be done with the learner under the cursor or those marked.
func (l *learners) Keys() []Key {
	if l.Typing() {
		return l.typingKeys()
	}
	a, id, users := l.app, l.CurrentID(), l.chosen()
	none := when(id == "", "no learner is selected")
	keys := []Key{
		{Strokes: []string{"enter"}, Label: "open", Help: "open the learner", Off: none, Do: func() tea.Cmd { return a.push(newLearner(a, id)) }},
		{Strokes: []string{"/"}, Label: "search", Help: "search by part of the id", Do: l.filter.open},
		{Strokes: []string{"T"}, Label: "recompute θ", Help: "recompute the ability of the learner, or of all marked: preview, confirmation", Changes: true,
			Off: first(when(len(users) == 0, "no learner is selected"), a.readOnly()), Do: func() tea.Cmd { return a.push(newRecompute(a, users)) }},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that shows the learner", Off: none,
			Do: func() tea.Cmd { return a.copy("sextant theta show " + shellWord(id)) }},
	}
	if len(l.MarkedEver()) > 0 {
		keys = append(keys, Key{Strokes: []string{"esc"}, Help: "drop the marks", Do: func() tea.Cmd { l.ClearMarks(); return nil }})
	}
	for _, k := range l.list.keys() {
		if _, own := find(keys, k.Strokes[0]); !own {
			do := k.Do
			k.Do = func() tea.Cmd { return tea.Batch(do(), l.more()) }
			keys = append(keys, k)
		}
	}
	return keys
}

// typingKeys work while one searches: enter opens the learner found, and what is
// searched for stays.
func (l *learners) typingKeys() []Key {
	id := l.CurrentID()
	keys := l.filter.keys(&l.Table)
	for i, k := range keys {
		if k.Strokes[0] == "enter" {
			keys[i].Strokes = []string{"tab"}
			keys[i].Label = "to the list"
			keys[i].Help = "keep the search and go to the list"
		}
	}
	open := Key{Strokes: []string{"enter"}, Label: "open", Help: "open the learner", Off: when(id == "" || l.answered != l.filter.input.Value(), "no learner is selected"),
		Do: func() tea.Cmd { l.filter.typing = false; return l.app.push(newLearner(l.app, id)) }}
	return append([]Key{open}, keys...)
}

// View draws the search and what it found.
func (l *learners) View() []string {
	a, th := l.app, l.app.theme
	head := widget.S(th.Muted, a.tr("search")+" ")
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
	l.Tick(a.now())
	return append(rows, l.Table.View(th)...)
}

// found says what the list holds.
func (l *learners) found() widget.Line {
	a, th, v := l.app, l.app.theme, l.feed.value
	var words []string
	switch n := len(v.Learners); {
	case l.feed.Busy() && l.query.Whole && v.Partial != "":
		words = append(words, a.tr("%s so far, looking further", count(n)))
	case v.Partial != "" && l.answered != "":
		words = append(words, a.tr("%s found, not all looked through", count(n)))
	case v.More && l.answered == "":
		words = append(words, a.tr("the first %s", count(n)))
	case v.More:
		words = append(words, a.tr("the first %s that match", count(n)))
	default:
		words = append(words, plural(th, n, "%s learner", "%s learners"))
	}
	if n := len(l.MarkedEver()); n > 0 {
		words = append(words, a.tr("%d marked", n))
		if hidden := n - len(l.Marked()); hidden > 0 {
			words = append(words, a.tr("%d of them not shown", hidden))
		}
	}
	return widget.S(th.Muted, strings.Join(words, ", "))
}

// fill makes the table's rows of the newest answer. They may be many, so that
// only a new minute makes them anew.
func (l *learners) fill() {
	a := l.app
	if !l.drawn.within(a, l.feed.serial, time.Minute) {
		return
	}
	th, now := a.theme, a.now()
	rows := make([]widget.Row, len(l.feed.value.Learners))
	for i, v := range l.feed.value.Learners {
		theta, risk := th.Text, th.Muted
		if v.Theta == nil || math.IsNaN(*v.Theta) {
			theta = th.Faint
		}
		if v.Risk != nil && *v.Risk >= highRisk {
			risk = th.Late
		}
		rows[i] = widget.Row{ID: v.UserID, Cells: []widget.Cell{
			widget.T(th.Text, widget.Clean(v.UserID)),
			widget.N(theta, optional(v.Theta, 2), value(v.Theta)),
			widget.N(th.Muted, optional(v.SE, 2), value(v.SE)),
			widget.N(risk, optional(v.Risk, 2), value(v.Risk)),
			widget.N(th.Text, count(v.Answers), float64(v.Answers)),
			widget.N(th.Text, count(v.Sessions), float64(v.Sessions)),
			widget.N(th.Text, ago(th, now, v.LastAt), float64(v.LastAt.Unix())),
			widget.N(th.Muted, v.FirstAt.UTC().Format("2006-01-02"), float64(v.FirstAt.Unix())),
		}}
	}
	l.SetRows(rows)
}

// highRisk is a churn risk that the eye should not pass over.
const highRisk = 0.7
