package jobs

import (
	"context"
	"slices"
	"time"

	"sextant/db"
	"sextant/irt"
)

// index numbers strings in the order of their first appearance.
type index struct {
	of    map[string]int32
	names []string
}

func newIndex() *index { return &index{of: map[string]int32{}} }

// number gives b's number; it allocates only for a new string.
func (x *index) number(b []byte) int32 {
	if n, ok := x.of[string(b)]; ok {
		return n
	}
	n := int32(len(x.names)) // a bank has far fewer items
	s := string(b)
	x.of[s] = n
	x.names = append(x.names, s)
	return n
}

// personAnswers are the answers of one learner that θ rests on: the latest to
// each item in the lookback.
type personAnswers struct {
	user    string
	items   []int32
	correct []bool
	topics  []int32 // per answer; -1: none
	newest  time.Time
}

// add takes one answer more, to the item of that number; topics numbers its topic.
func (p *personAnswers) add(item int32, a db.LearnerAnswer, topics *index) {
	topic := int32(-1)
	if a.TopicID != nil {
		topic = topics.number([]byte(*a.TopicID))
	}
	p.items, p.correct, p.topics = append(p.items, item), append(p.correct, a.Correct), append(p.topics, topic)
	p.newest = a.AnsweredAt
}

// history is what a calibration reads: everyone's first answers to fit on, and
// their latest answers to score.
type history struct {
	items   *index
	topics  *index
	first   *irt.Builder
	thinned thinning // of the first answers
	persons []personAnswers
	read    int64
}

// sampling says which answers a calibration stands on.
type sampling struct {
	bank     db.BankFilter
	asOf     db.Day
	lookback int
	maxObs   int // 0: no cap
}

// slot is what is known of one learner's answers to one item.
type slot struct {
	item    int32
	topic   int32
	first   bool // the first answer ever lies in the lookback
	verdict bool // of that first answer
	latest  bool // verdict of the latest answer in the lookback
	inside  bool // there is one
}

// readHistory streams the answers up to the as-of day. Calibration takes each
// learner's first ever answer to an item, if it falls inside the lookback and
// the bank; scoring the latest that does.
func readHistory(ctx context.Context, d *db.DB, o sampling) (*history, error) {
	since := o.asOf.Add(1 - o.lookback).Start()
	h := &history{items: newIndex(), topics: newIndex()}
	fits := &firstAnswers{}
	g := gather{h: h, fits: fits, at: map[int32]int{}, oneTopic: o.bank.Topic != ""}
	err := d.EachAnswer(ctx, o.bank, since, o.asOf.End(), func(a db.AnswerRow) error {
		h.read++
		if string(a.User) != g.user {
			g.finish()
			g.start(string(a.User))
		}
		g.add(a, a.InBank && !a.At.Before(since))
		return nil
	})
	if err != nil {
		return nil, err
	}
	g.finish()
	h.thinned = fits.thin(h.items.names, o.maxObs)
	h.first, err = fits.builder(len(h.items.names))
	return h, err
}

// gather collects one learner's answers at a time.
type gather struct {
	h      *history
	fits   *firstAnswers
	user   string
	slots  []slot
	at     map[int32]int // item → slot
	newest time.Time

	oneTopic bool // the bank is of one topic: its θ is the overall θ
}

func (g *gather) start(user string) {
	g.user, g.slots, g.newest = user, g.slots[:0], time.Time{}
	clear(g.at)
}

func (g *gather) add(a db.AnswerRow, inside bool) {
	item := g.h.items.number(a.Item)
	i, seen := g.at[item]
	if !seen {
		i = len(g.slots)
		g.at[item] = i
		g.slots = append(g.slots, slot{item: item, first: inside, verdict: a.Correct})
	}
	if !inside {
		return
	}
	s := &g.slots[i]
	s.inside, s.latest, s.topic = true, a.Correct, -1
	if a.Topic != nil && !g.oneTopic {
		s.topic = g.h.topics.number(a.Topic)
	}
	g.newest = a.At
}

func (g *gather) finish() {
	inside := 0
	for _, s := range g.slots {
		if s.inside {
			inside++
		}
	}
	// Made to measure: of ten millions, what appending leaves over is much.
	p := personAnswers{user: g.user, newest: g.newest,
		items: make([]int32, 0, inside), correct: make([]bool, 0, inside), topics: make([]int32, 0, inside)}
	g.fits.person(g.user)
	for _, s := range g.slots {
		if s.first {
			g.fits.add(s.item, s.verdict)
		}
		if s.inside {
			p.items = append(p.items, s.item)
			p.correct = append(p.correct, s.latest)
			p.topics = append(p.topics, s.topic)
		}
	}
	if len(p.items) > 0 {
		g.h.persons = append(g.h.persons, p)
	}
}

// firstAnswers holds the calibration sample until the number of items is known.
type firstAnswers struct {
	items   []int32
	correct []bool
	starts  []int
	persons []uint64 // hashes of the learners' ids
}

func (f *firstAnswers) person(id string) {
	f.starts = append(f.starts, len(f.items))
	f.persons = append(f.persons, hash(id))
}

func (f *firstAnswers) add(item int32, correct bool) {
	f.items = append(f.items, item)
	f.correct = append(f.correct, correct)
}

// builder gives the sample to the engine; learners without a first answer in
// the lookback take no part.
func (f *firstAnswers) builder(items int) (*irt.Builder, error) {
	b := irt.NewBuilder(items)
	b.Reserve(len(f.starts), len(f.items))
	for p, start := range f.starts {
		end := f.end(p)
		if start == end {
			continue
		}
		b.NextPerson()
		for k := start; k < end; k++ {
			if err := b.Add(int(f.items[k]), f.correct[k]); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// topicsOf lists the topics among a learner's answers, in number order.
func (p personAnswers) topicsOf() []int32 {
	var t []int32
	for _, n := range p.topics {
		if n >= 0 && !slices.Contains(t, n) {
			t = append(t, n)
		}
	}
	slices.Sort(t)
	return t
}
