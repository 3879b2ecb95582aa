package report

// How many rows a table shows; the rest are summed up in the last.
const (
	mostTopics = 12
	mostGoals  = 8
)

// ShownTopics are those that figures and tables show by name: the most answered.
func (d Document) ShownTopics() []Topic { return d.Topics[:min(len(d.Topics), mostTopics)] }

// ShownGoals are those that figures and tables show: of the highest priority.
func (d Document) ShownGoals() []Goal { return d.Goals[:min(len(d.Goals), mostGoals)] }

// LatestScale is the trajectory's last stretch on one scale: θs of different
// scales do not compare.
func (d Document) LatestScale() []Ability {
	points := d.Trajectory
	for i := len(points) - 1; i > 0; i-- {
		if points[i-1].Scale != points[i].Scale {
			return points[i:]
		}
	}
	return points
}

func (c composer) ability() []Block {
	if c.doc.Ability == nil {
		return []Block{sayWords(Missing, c.w.NoAbility())}
	}
	out := []Block{sayWords(Plain, c.w.AboutAbility())}
	points := c.doc.LatestScale()
	if len(points) > 1 {
		alt, caption := c.w.TrajectoryCaption(points)
		if len(points) < len(c.doc.Trajectory) {
			caption += " " + c.w.NewScale()
		}
		out = append(out, Block{Figure: &FigureBlock{Name: TrajectoryFigure, Title: c.l.FigureWords().TrajectoryTitle, Alt: alt, Caption: caption}})
	} else {
		out = append(out, sayWords(Missing, c.w.OnePoint()))
	}
	return append(out, Block{Facts: c.abilityFacts()})
}

func (c composer) abilityFacts() []Fact {
	now, before := c.doc.Ability, c.doc.AbilityBefore
	was, change := c.w.NotKnown(), c.w.NotKnown()
	if before != nil {
		was = c.w.AbilityValue(*before)
		if before.Scale == now.Scale {
			change = c.w.Change(*now, *before)
		}
	}
	return []Fact{
		{c.w.AbilityNow(), line(strong(c.w.AbilityValue(*now)))},
		{c.w.AbilityBefore(), line(was)},
		{c.w.AbilityChange(), line(change)},
	}
}

// standing is what the short page says of the ability.
func (c composer) standing() []Block {
	if c.doc.Ability == nil {
		return nil
	}
	return []Block{{Facts: []Fact{{c.w.AbilityNow(), line(strong(c.w.AbilityValue(*c.doc.Ability)))}}}, sayWords(Note, c.w.AboutAbility())}
}

func (c composer) goals() []Block {
	goals := c.doc.ShownGoals()
	answers, _ := c.doc.Answers()
	if len(goals) == 0 && answers == 0 { // the short page asks for nothing
		return nil
	}
	if len(goals) == 0 {
		return []Block{sayWords(Missing, c.w.NoGoals())}
	}
	table := Table{Caption: c.w.GoalTable(), Columns: c.w.GoalColumns()}
	drawn := false
	for _, g := range goals {
		drawn = drawn || g.P != nil
		table.Rows = append(table.Rows, c.goalRow(g))
	}
	var out []Block
	if drawn && answers > 0 {
		alt, caption := c.w.GoalsCaption(goals)
		out = append(out, Block{Figure: &FigureBlock{Name: GoalsFigure, Title: c.l.FigureWords().GoalsTitle, Alt: alt, Caption: caption}})
	}
	return append(out, Block{Table: &table})
}

func (c composer) goalRow(g Goal) []Text {
	target, theta, p := c.w.NoTarget(), c.w.NotKnown(), c.w.NotKnown()
	if g.Target != nil {
		target = c.l.Number(*g.Target, 2)
	}
	if g.Theta != nil {
		theta = c.l.PlusMinus(g.Theta, g.SE)
		if !g.ByTopic {
			theta += " " + c.w.OverallMark()
		}
	}
	if g.P != nil {
		p = c.l.Chance(*g.P)
	}
	return []Text{c.topicName(g.Topic), line(target), line(theta), line(p), c.w.Taking(g)}
}

func (c composer) topicName(topic string) Text {
	if topic == "" {
		return line(c.w.NoTopic())
	}
	return line(name(topic))
}

func (c composer) topics() []Block {
	named := 0
	for _, t := range c.doc.Topics {
		if t.Topic != "" {
			named++
		}
	}
	if named == 0 {
		return []Block{sayWords(Missing, c.w.NoTopics())}
	}
	var out []Block
	if named > 1 {
		alt, caption := c.w.TopicsCaption(c.doc.ShownTopics())
		out = append(out, Block{Figure: &FigureBlock{Name: TopicsFigure, Title: c.l.FigureWords().TopicsTitle, Alt: alt, Caption: caption}})
	}
	table := Table{Caption: c.w.TopicTable(), Columns: c.w.TopicColumns()}
	for _, t := range c.doc.ShownTopics() {
		table.Rows = append(table.Rows, c.topicRow(c.topicName(t.Topic), t))
	}
	if rest := c.doc.Topics[len(table.Rows):]; len(rest) > 0 {
		var sum Topic
		for _, t := range rest {
			sum.Answers, sum.Correct = sum.Answers+t.Answers, sum.Correct+t.Correct
			sum.LastAnswers, sum.LastCorrect = sum.LastAnswers+t.LastAnswers, sum.LastCorrect+t.LastCorrect
		}
		table.Rows = append(table.Rows, c.topicRow(line(c.w.OtherTopics(len(rest))), sum))
	}
	return append(out, Block{Table: &table})
}

func (c composer) topicRow(topic Text, t Topic) []Text {
	last, seconds := unknown, unknown
	if t.LastAnswers > 0 {
		last = c.l.Percent(share(t.LastCorrect, t.LastAnswers))
	}
	if t.Seconds != nil {
		seconds = c.w.Seconds(*t.Seconds)
	}
	return []Text{topic, line(c.l.Count(t.Answers)), line(c.l.Count(t.Correct)), line(c.l.Percent(t.Accuracy())), line(last), line(seconds), line(c.l.PlusMinus(t.Theta, t.SE))}
}

func (c composer) days() []Block {
	alt, caption := c.w.DaysCaption(c.doc.Days)
	table := Table{Caption: c.w.DayTable(), Columns: c.w.DayColumns(), Compact: true}
	for _, d := range c.doc.Days {
		accuracy, minutes := unknown, unknown
		if d.Answers > 0 {
			accuracy = c.l.Percent(share(d.Correct, d.Answers))
		}
		if d.Minutes != nil {
			minutes = c.w.Minutes(*d.Minutes)
		}
		table.Rows = append(table.Rows, []Text{line(c.w.Day(d.Date)), line(c.l.Count(d.Answers)), line(c.l.Count(d.Correct)), line(accuracy), line(minutes)})
	}
	return []Block{
		{Figure: &FigureBlock{Name: DaysFigure, Title: c.l.FigureWords().DaysTitle, Alt: alt, Caption: caption}},
		{Table: &table},
	}
}
