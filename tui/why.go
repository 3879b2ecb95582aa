package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/widget"
)

// why explains a learner's θ: the answers it rests on and how far each pulls it
// from the prior's mean, what was left out, and whether the stored θ is what
// they give.
type why struct {
	base
	user, topic string // topic empty: overall
	feed        *feed[jobs.ThetaWhy]
	topics      []string // of the learner's answers, as the overall θ lists them
	drawn       drawn
	used        list
	left        list
	onLeft      bool
}

const (
	pullBar = 25
	pulledC = 9 // the column of c
)

func newWhy(a *app, user, topic string) *why {
	s := &why{base: base{app: a}, user: user, topic: topic}
	s.ask()
	s.used.init(a, "why-used", "no answer counts: the estimate is the prior's mean", []widget.Column{
		{Title: "ITEM", Min: 6, Max: 28, Sort: true},
		{Title: "TOPIC", Min: 6, Max: 20, Drop: 3, Sort: true},
		{Title: "ANSWER", Min: 7, Sort: true},
		{Title: "EXPECTED", Min: 4, Right: true, Sort: true},
		{Title: "PULL", Min: 6, Right: true, Sort: true},
		{Title: "WHEN", Min: 11, Right: true, Drop: 4, Sort: true},
		{Title: widget.Poles(a.tr("LOWER"), a.tr("HIGHER"), pullBar), Quiet: true, Min: pullBar, Drop: 1},
		{Title: "a", Min: 4, Right: true, Drop: 5, Sort: true},
		{Title: "b", Min: 5, Right: true, Drop: 2, Sort: true},
		{Title: "c", Min: 4, Right: true, Drop: 6, Sort: true},
		{Title: "FROM", Min: 8, Drop: 7, Sort: true},
	})
	s.left.init(a, "why-left", "no answer is left out", []widget.Column{
		{Title: "WHEN", Min: 16, Sort: true},
		{Title: "ITEM", Min: 8, Max: 28, Sort: true},
		{Title: "TOPIC", Min: 6, Max: 20, Drop: 1, Sort: true},
		{Title: "WHY", Min: 10, Grow: true, Sort: true},
	})
	return s
}

func (s *why) ask() {
	a, user, topic := s.app, s.user, s.topic
	s.feed = newFeed(a, func(ctx context.Context) (jobs.ThetaWhy, error) { return a.console.WhyTheta(ctx, user, topic) })
}

// Title is the question.
func (s *why) Title() string {
	if s.topic != "" {
		return s.app.tr("why %s", s.topic)
	}
	return s.app.tr("why %s", s.app.theme.Glyph.Theta)
}

// Typing is on while the filter is open.
func (s *why) Typing() bool { return s.list().filter.Typing() }

// Every is how often it is worked out anew.
func (s *why) Every() time.Duration { return 5 * time.Second }

// Refresh asks for the explanation.
func (s *why) Refresh() tea.Cmd { return s.feed.Refresh() }

// Close ends the request in flight.
func (s *why) Close() { s.feed.Close() }

// Update takes replies and the filter's text.
func (s *why) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return s.list().filter.update(msg)
	}
	if s.feed.Take(msg) && s.feed.err == nil && s.topic == "" {
		s.topics = topicsOf(s.feed.value)
	}
	return nil
}

// topicsOf are the topics of the answers, in order.
func topicsOf(w jobs.ThetaWhy) []string {
	var out []string
	for _, u := range w.Used {
		if u.TopicID != nil && !slices.Contains(out, *u.TopicID) {
			out = append(out, *u.TopicID)
		}
	}
	slices.Sort(out)
	return out
}

// list is the one that keys move.
func (s *why) list() *list {
	if s.onLeft {
		return &s.left
	}
	return &s.used
}

// currentItem is the item under the cursor.
func (s *why) currentItem() string {
	id := s.list().CurrentID()
	for _, u := range s.feed.value.Used {
		if !s.onLeft && pullID(u) == id {
			return u.ItemID
		}
	}
	for _, x := range s.feed.value.LeftOut {
		if s.onLeft && excludedID(x) == id {
			return x.ItemID
		}
	}
	return ""
}

// Keys are what can be done with the answers.
func (s *why) Keys() []Key {
	if s.Typing() {
		return s.list().filter.keys(&s.list().Table)
	}
	a := s.app
	unknown := when(!s.feed.loaded, "the explanation is not loaded yet")
	return append([]Key{
		{Strokes: []string{"enter"}, Label: "item", Help: "open the item: its curves and its history", Off: first(unknown, when(s.currentItem() == "", "no answer is selected")),
			Do: func() tea.Cmd { return a.push(newItem(a, "", s.currentItem())) }},
		{Strokes: []string{"tab"}, Label: "used/left out", Help: "the answers that count, or those left out", Do: func() tea.Cmd { s.onLeft = !s.onLeft; return nil }},
		{Strokes: []string{"t"}, Label: "topic", Help: "explain a topic's estimate, or the overall one", Off: first(unknown, when(len(s.topics) == 0, "no answer has a topic")), Do: s.chooseTopic},
		{Strokes: []string{"T"}, Label: a.tr("recompute %s", a.theme.Glyph.Theta), Help: "recompute the ability: preview, confirmation", Changes: true, Off: a.readOnly(),
			Do: func() tea.Cmd { return a.push(newRecompute(a, []string{s.user})) }},
		{Strokes: []string{"d"}, Label: "describe", Help: "where the estimate comes from, in full", Off: unknown, Do: func() tea.Cmd { return a.open(describeWhy(a, s.feed.value, s.command())) }},
		{Strokes: []string{"y"}, Label: "copy", Help: "copy the shell command that explains the same", Do: func() tea.Cmd { return a.copy(s.command()) }},
	}, s.list().keys()...)
}

func (s *why) command() string {
	text := "sextant theta why " + shellWord(s.user)
	if s.topic != "" {
		text += " --topic " + shellWord(s.topic)
	}
	return text
}

// chooseTopic offers the overall estimate and the topics.
func (s *why) chooseTopic() tea.Cmd {
	a := s.app
	shown := func(t string) string {
		if t == "" {
			return a.tr("overall")
		}
		return t
	}
	return a.open(newPicker(a, a.tr("Topic"), append([]string{""}, s.topics...), s.topic, shown, func(t string) tea.Cmd {
		s.Close()
		s.topic, s.drawn = t, drawn{}
		s.ask()
		s.used.SetRows(nil) // another estimate's pulls are no changes
		return s.Refresh()
	}))
}

// View draws the sum over the answers.
func (s *why) View() []string {
	a := s.app
	if !s.feed.loaded {
		return loading(a, "the explanation", s.feed.err)
	}
	s.fill()
	rows := s.head()
	rows = append(rows, a.fit(s.tabs()))
	return append(rows, s.list().view(a, s.width, s.height-len(rows))...)
}
