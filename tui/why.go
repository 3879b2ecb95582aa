package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui/theme"
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
	s.used.init("no answer counts: the estimate is the prior's mean", []widget.Column{
		{Title: "ITEM", Min: 6, Max: 28, Sort: true},
		{Title: "TOPIC", Min: 6, Max: 20, Drop: 3, Sort: true},
		{Title: "ANSWER", Min: 7, Sort: true},
		{Title: "EXPECTED", Min: 4, Right: true, Sort: true},
		{Title: "PULL", Min: 6, Right: true, Sort: true},
		{Title: "WHEN", Min: 11, Right: true, Drop: 4, Sort: true},
		{Title: "LOWER   HIGHER", Quiet: true, Min: pullBar, Drop: 1},
		{Title: "a", Min: 4, Right: true, Drop: 5, Sort: true},
		{Title: "b", Min: 5, Right: true, Drop: 2, Sort: true},
		{Title: "c", Min: 4, Right: true, Drop: 6, Sort: true},
		{Title: "FROM", Min: 8, Drop: 7, Sort: true},
	})
	s.left.init("no answer is left out", []widget.Column{
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

func pullID(u jobs.Pulled) string { return fmt.Sprint(u.ItemID, " ", u.AnsweredAt.UnixNano()) }

func excludedID(x jobs.Excluded) string { return fmt.Sprint(x.ItemID, " ", x.AnsweredAt.UnixNano()) }

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
		{Strokes: []string{"T"}, Label: "recompute " + a.theme.Glyph.Theta, Help: "recompute the ability: preview, confirmation", Changes: true, Off: a.readOnly(),
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

// tabs names the two lists.
func (s *why) tabs() widget.Line {
	th, w := s.app.theme, s.feed.value
	style := func(on bool) theme.Style {
		if on {
			return th.Strong.Underline()
		}
		return th.Muted
	}
	line := widget.S(style(!s.onLeft), th.Tr("Used")).Add(th.Faint, " "+count(len(w.Used))).Add(th.Blank, "   ").
		Add(style(s.onLeft), th.Tr("Left out")).Add(th.Faint, " "+count(len(w.LeftOut)))
	if len(w.LeftOut) > 0 {
		told := slices.Clone(w.LeftOut)
		for i := range told {
			told[i].Reason = leftOutWords(th, told[i].Reason)
		}
		line = line.Add(th.Faint, reasons(told))
	}
	return line
}

// head is the sum: the prior's mean, what the answers add to it, and whether
// that is what is stored.
func (s *why) head() []string {
	a, w := s.app, s.feed.value
	th := a.theme
	title := widget.S(th.Strong, widget.Clean(w.UserID))
	if w.TopicID != nil {
		title = title.Add(th.Accent, "  "+widget.Clean(*w.TopicID))
	}
	title = title.Add(th.Strong, "  "+th.Glyph.Theta+" "+withSE(th, w.Stored.Theta, w.Stored.SE)).Add(th.Text, "  "+abilityWords(th, w.Stored.Theta, w.Stored.SE))
	lines := []widget.Line{title, sumLine(th, w), s.verdict()}
	if s.height >= 15 {
		lines = append(lines, widget.S(th.Muted, th.Tr("prior N(%s, %s²): %s", number(w.PriorMean, 2), number(w.PriorSD, 2), priorWords(th, w))+
			"  "+th.Glyph.Dot+"  "+th.Tr("scale %s", widget.Clean(w.Version))+"  "+th.Glyph.Dot+"  "+th.Tr("answers of %s up to %s UTC", plural(th, w.Lookback, "%s day", "%s days"), clock(a.now(), w.AsOf))))
		for _, n := range w.Notes {
			lines = append(lines, widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, noteWords(th, n)))
		}
	}
	var rows []string
	for _, l := range lines {
		for _, r := range widget.Wrap(l, s.width-2) {
			rows = append(rows, " "+r)
		}
	}
	rows = rows[:min(len(rows), max(3, s.height/2))]
	if s.height >= 20 {
		rows = append(rows, "")
	}
	return rows
}

// sumLine adds the pulls up.
func sumLine(th *theme.Theme, w jobs.ThetaWhy) widget.Line {
	up, down, right, wrong := 0.0, 0.0, 0, 0
	for _, u := range w.Used {
		if u.Correct {
			right++
		} else {
			wrong++
		}
		if u.Pull > 0 {
			up += u.Pull
		} else {
			down += u.Pull
		}
	}
	return widget.S(th.Muted, th.Tr("prior")+" ").Add(th.Text, number(w.PriorMean, 2)).
		Add(th.Right, "  "+signed(up)).Add(th.Muted, " "+th.Tr("by %s right", count(right))).
		Add(th.Wrong, "  "+signed(down)).Add(th.Muted, " "+th.Tr("by %s wrong", count(wrong))).
		Add(th.Muted, "  = ").Add(th.Strong, th.Glyph.Theta+" "+number(w.PriorMean+up+down, 2))
}

// verdict sets the stored θ beside the one worked out anew.
func (s *why) verdict() widget.Line {
	th, w := s.app.theme, s.feed.value
	if w.Agrees {
		return widget.S(th.Fresh, th.Glyph.OK+" ").Add(th.Text, th.Tr("the stored estimate is what these answers give"))
	}
	return widget.S(th.Late, th.Glyph.Late+" ").Add(th.Text, th.Tr("stored %s, worked out anew %s: %s apart", number(w.Stored.Theta, 3), number(w.Theta, 3), signed(w.Difference)))
}

// priorWords say where the prior comes from.
func priorWords(th *theme.Theme, w jobs.ThetaWhy) string {
	switch {
	case w.PriorFrom > 0:
		return th.Tr("from %s to other topics", plural(th, w.PriorFrom, "%s answer", "%s answers"))
	case w.Calibration == "":
		return th.Tr("nothing is calibrated yet")
	}
	return th.Tr("the population of calibration %s", w.Calibration[:min(len(w.Calibration), shortIDLength)])
}

// fill makes the tables' rows of the newest snapshot, the strongest pull first.
func (s *why) fill() {
	a, w := s.app, s.feed.value
	if !s.drawn.again(a, s.feed.serial) {
		return
	}
	th, now := a.theme, a.now()
	used := slices.Clone(w.Used)
	slices.SortStableFunc(used, func(x, y jobs.Pulled) int { return cmp.Compare(abs(y.Pull), abs(x.Pull)) })
	strongest, guessing := 0.0, false
	for _, u := range used {
		strongest, guessing = max(strongest, abs(u.Pull)), guessing || u.C > 0
	}
	s.used.Columns[pulledC].Hide = !guessing // it is 0 throughout
	rows := make([]widget.Row, len(used))
	for i, u := range used {
		style := th.Right
		if u.Pull < 0 {
			style = th.Wrong
		}
		rows[i] = widget.Row{ID: pullID(u), Cells: []widget.Cell{
			widget.T(th.Text, widget.Clean(u.ItemID)),
			widget.T(th.Muted, topicName(u.TopicID)),
			answerCell(a, u.Correct),
			widget.N(th.Text, number(u.Expected, 2), u.Expected),
			widget.N(style, signedTo(u.Pull, 3), u.Pull),
			widget.N(th.Muted, clock(now, u.AnsweredAt), float64(u.AnsweredAt.Unix())),
			{Line: widget.Diverging(th, th.Wrong, th.Right, pullBar, u.Pull/strongest), Text: true},
			widget.N(th.Muted, number(u.A, 2), u.A),
			widget.N(th.Muted, number(u.B, 2), u.B),
			widget.N(th.Muted, number(u.C, 2), u.C),
			widget.T(th.Muted, fromWord(th, u.From)),
		}}
	}
	s.used.SetRows(rows)
	rows = make([]widget.Row, len(w.LeftOut))
	for i, x := range w.LeftOut {
		rows[i] = widget.Row{ID: excludedID(x), Cells: []widget.Cell{
			widget.T(th.Text, x.AnsweredAt.UTC().Format("2006-01-02 15:04")),
			widget.T(th.Text, widget.Clean(x.ItemID)),
			widget.T(th.Muted, topicName(x.TopicID)),
			widget.T(th.Text, leftOutWords(th, x.Reason)),
		}}
	}
	s.left.SetRows(rows)
}

// leftOutWords is the reason why an answer does not count.
func leftOutWords(th *theme.Theme, reason string) string {
	var days int
	if n, err := fmt.Sscanf(reason, "older than the %d days of the lookback", &days); n == 1 && err == nil {
		return th.Tr("older than the %d days of the lookback", days)
	}
	switch reason {
	case "superseded by a later answer to the same item":
		return th.Tr("superseded by a later answer to the same item")
	case "its item has no parameters":
		return th.Tr("its item has no parameters")
	case "answered after the estimate":
		return th.Tr("answered after the estimate")
	}
	return widget.Clean(reason)
}

// noteWords is what an operator should know of an explanation.
func noteWords(th *theme.Theme, note string) string {
	var later int
	if n, err := fmt.Sscanf(note, "answers that came after the estimate: %d;", &later); n == 1 && err == nil {
		return plural(th, later, "%s answer has come since the estimate; T takes it in", "%s answers have come since the estimate; T takes them in")
	}
	return widget.Clean(note)
}

// signedTo is a number with its sign.
func signedTo(v float64, decimals int) string {
	text := number(v, decimals)
	if v > 0 && text != number(0, decimals) {
		return "+" + text
	}
	return text
}

// fromWord is where an item's parameters come from.
func fromWord(th *theme.Theme, from string) string {
	switch from {
	case "calibration":
		return th.Tr("calibration")
	case "question":
		return th.Tr("question")
	}
	return widget.Clean(from)
}

// describeWhy shows where an estimate comes from.
func describeWhy(a *app, w jobs.ThetaWhy, command string) dialog {
	th := a.theme
	d := &textDialog{app: a, title: a.tr("why %s", th.Glyph.Theta), copies: command}
	se := w.SE
	o := w.Origin
	lines := []widget.Line{
		pair(th, "stored", withSEOf(th, &w.Stored.Theta, w.Stored.SE)+", "+w.Stored.Model+", "+stamp(w.AsOf)),
		pair(th, "anew", withSEOf(th, &w.Theta, &se)),
		pair(th, "source", orDash(th, o.Source)),
	}
	if o.Stage != "" {
		lines = append(lines, pair(th, "stage", o.Stage+", "+o.Actor))
	}
	if o.RunID != nil {
		lines = append(lines, pair(th, "run", o.RunID.String()))
	}
	if o.Reason != "" {
		lines = append(lines, pair(th, "reason", o.Reason))
	}
	lines = append(lines, pair(th, "scale", w.Version), pair(th, "calibration", orDash(th, w.Calibration)),
		pair(th, "prior", "N("+number(w.PriorMean, 3)+", "+number(w.PriorSD, 3)+"²), "+priorWords(th, w)))
	for _, n := range w.Notes {
		lines = append(lines, nil, widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, noteWords(th, n)))
	}
	lines = append(lines, nil, widget.S(th.Muted, th.Tr("A pull is how far an answer moves the estimate: the prior's mean and all pulls add up to it. A right answer to an item that was expected to be right pulls little.")),
		nil, pair(th, "command", command))
	d.viewer.SetLines(lines)
	return d
}
