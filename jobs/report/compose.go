package report

import (
	"slices"

	"sextant/db"
)

// Compose puts a document into words for one language and edition.
func Compose(doc Document, v Variant) Page {
	c := composer{doc: doc.For(v.Edition), v: v, w: v.Language.words(), l: v.Language}
	period := c.l.Period(doc.Week.Monday, doc.Week.Sunday)
	p := Page{
		Variant: v, Brand: c.w.Brand(v.Edition), Heading: line(Span{Text: Shown(doc.Learner), Foreign: true}), Period: period,
		Title:     c.w.Title(Shown(doc.Learner), period),
		Footnotes: c.w.Footnotes(v.Edition), Footer: c.w.FooterRun(doc.Provenance), Numbering: c.w.Numbering(),
	}
	if answers, _ := doc.Answers(); answers == 0 {
		p.Lead = c.rested()
		p.Sections = c.sections(standingSection, adviceSection, goalsSection, riskSection)
		p.Footnotes = slices.DeleteFunc(p.Footnotes, func(f Footnote) bool { return !c.needed(f) })
		return p
	}
	p.Lead = c.lead()
	p.Sections = c.sections(overviewSection, adviceSection, abilitySection, goalsSection, topicsSection, daysSection,
		riskSection, calibrationSection)
	return p
}

// composer puts one document into words.
type composer struct {
	doc Document
	v   Variant
	w   words
	l   Language
}

// needed reports whether the short page shows what a footnote defines.
func (c composer) needed(f Footnote) bool {
	switch f.Key {
	case Standing:
		return c.doc.Ability != nil
	case Reach:
		return len(c.doc.Goals) > 0
	case Churn, Calendar:
		return c.doc.LastAnswer != nil
	}
	return false
}

// sections composes the sections that have something to say.
func (c composer) sections(ids ...sectionID) (out []Section) {
	blocks := map[sectionID]func() []Block{
		overviewSection: c.overview, adviceSection: c.advice, standingSection: c.standing, abilitySection: c.ability,
		goalsSection: c.goals, topicsSection: c.topics, daysSection: c.days, riskSection: c.risk, calibrationSection: c.calibration,
	}
	for _, id := range ids {
		if b := blocks[id](); len(b) > 0 {
			out = append(out, Section{ID: string(id), Title: c.w.Section(id), Blocks: b})
		}
	}
	return out
}

func say(tone Tone, t Text) Block           { return Block{Paragraph: &Paragraph{Text: t, Tone: tone}} }
func sayWords(tone Tone, text string) Block { return say(tone, line(text)) }

func (c composer) lead() []Text {
	answers, correct := c.doc.Answers()
	lead := []Text{c.w.Worked(answers, correct, c.doc.ActiveDays())}
	if c.doc.Ability != nil {
		before := c.doc.AbilityBefore
		if before != nil && before.Scale != c.doc.Ability.Scale {
			before = nil
		}
		lead = append(lead, c.w.Moved(c.doc.Ability, before))
	}
	if p := c.doc.KPI(Reach).Value; p != nil {
		lead = append(lead, c.w.Reached(*p, c.doc.MainGoal()))
	}
	return lead
}

func (c composer) rested() []Text {
	if c.doc.LastAnswer == nil {
		return c.w.Rested(nil, 0)
	}
	day := db.DayOf(*c.doc.LastAnswer)
	return c.w.Rested(&day, c.doc.Week.Sunday.Sub(day))
}

func (c composer) overview() (out []Block) {
	var cards []Card
	anything := false
	for _, k := range c.doc.KPIs {
		if k.Key == Churn { // the risk has a section of its own, in more careful words
			continue
		}
		card := c.card(k)
		anything = anything || card.Value != ""
		cards = append(cards, card)
	}
	if !anything {
		return []Block{sayWords(Missing, c.w.NoKPIs())}
	}
	return []Block{{Cards: cards}}
}

func (c composer) card(k KPI) Card {
	card := Card{Key: k.Key, Name: c.w.KPIName(k.Key), Trend: Unknown, Last: c.w.KPILast(k.Key, k.Last)}
	if k.Value == nil {
		card.Missing = c.w.KPIMissing(k.Key)
		return card
	}
	card.Value, card.Meaning = c.w.KPIValue(k.Key, *k.Value), c.w.KPIMeaning(k.Key, *k.Value, levelOf(k.Key, *k.Value))
	if k.Last != nil {
		change := *k.Value - *k.Last
		card.Trend = trend(change, steady)
		card.Change = c.w.KPIChange(k.Key, change, card.Trend)
	}
	return card
}

func (c composer) advice() []Block {
	var items []AdviceItem
	for _, r := range c.doc.Recommendations {
		items = append(items, c.w.Advice(r, c.v.Edition))
	}
	if items == nil {
		return nil
	}
	return []Block{{Advice: items}}
}

func (c composer) risk() []Block {
	if c.v.Edition != Teacher {
		return nil
	}
	s := c.doc.KPI(Churn).Value
	if s == nil {
		return []Block{sayWords(Missing, c.w.NoRisk())}
	}
	var last *db.Day
	if c.doc.LastAnswer != nil {
		day := db.DayOf(*c.doc.LastAnswer)
		last = &day
	}
	var out []Block
	for i, t := range c.w.Risk(*s, levelOf(Churn, *s), last) {
		tone := Plain
		if i > 0 {
			tone = Note
		}
		out = append(out, say(tone, t))
	}
	return out
}

func (c composer) calibration() []Block {
	if c.doc.Calibration == nil {
		return []Block{sayWords(Missing, c.w.NoCalibration())}
	}
	about := sayWords(Note, c.w.AboutScale(*c.doc.Calibration))
	if c.v.Edition == Learner {
		return []Block{about}
	}
	return []Block{about, {Facts: c.w.ScaleFacts(*c.doc.Calibration)}}
}
