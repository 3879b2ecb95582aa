package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"sextant/db"
)

// Item is a question of the bank with its true 2PL parameters, on the scale on
// which learners start as N(0, 1).
type Item struct {
	ID      int64
	TopicID string
	Content string
	A, B    float64 // P(correct) = 1 / (1 + exp(−A(θ − B))); exact to three decimals
	Anchor  bool    // its question carries exactly these parameters and the tag

	topic int
	pace  float64 // log of the usual response time in ms
	head  []byte  // the answer's JSON up to the verdict's name
	tail  []byte  // and from the topic on
}

const (
	firstItemID = 1001
	minAnchors  = 40 // the link wants five or more; a tenth of a large bank
)

// newBank draws the items. An item's parameters do not depend on the size of
// the bank; which items are anchors does.
func newBank(o Options) []Item {
	r := o.random(streamBank, 0)
	offsets := make([]float64, len(topics))
	for t := range offsets {
		offsets[t] = 0.3 * r.NormFloat64()
	}
	items := make([]Item, o.Items)
	for i := range items {
		t := i % len(topics)
		it := &items[i]
		*it = Item{
			ID:      firstItemID + int64(i),
			TopicID: topics[t].id,
			Content: question(topics[t].questions[r.IntN(2)], r),
			A:       round3(clamp(math.Exp(0.1+0.3*r.NormFloat64()), 0.4, 2.5)),
			B:       round3(clamp(r.NormFloat64()+offsets[t], -3, 3)),
			topic:   t,
			pace:    math.Log(28_000) + 0.3*r.NormFloat64(),
		}
		it.head = fmt.Appendf(nil, `{"question_id":%d,`, it.ID)
		it.tail = fmt.Appendf(nil, `,"topic":%q}`, it.TopicID)
	}
	chooseAnchors(items)
	return items
}

// chooseAnchors spreads the anchors evenly over the ranks of b, so that they
// span nearly all the difficulties there are.
func chooseAnchors(items []Item) {
	rank := make([]int, len(items))
	for i := range rank {
		rank[i] = i
	}
	slices.SortStableFunc(rank, func(i, j int) int {
		switch {
		case items[i].B < items[j].B:
			return -1
		case items[i].B > items[j].B:
			return 1
		}
		return 0
	})
	n := min(len(items), max(minAnchors, len(items)/10))
	for j := range n {
		items[rank[(2*j+1)*len(items)/(2*n)]].Anchor = true
	}
}

// question fills a pattern with small numbers.
func question(pattern string, r *rand.Rand) string {
	number := func() string { return strconv.Itoa(2 + r.IntN(8)) }
	return strings.NewReplacer("{N}", number(), "{M}", number(), "{K}", number()).Replace(pattern)
}

// Questions returns the rows of question. Anchors carry their true parameters;
// of the others most carry rough ones, as a bank that was seeded by hand does,
// and the rest none.
func (s *Simulation) Questions() []db.PlatformQuestion {
	r := s.opts.random(streamBank, 1)
	written := s.start.AddDate(0, 0, -180)
	rows := make([]db.PlatformQuestion, len(s.items))
	for i := range s.items {
		it := &s.items[i]
		rows[i] = db.PlatformQuestion{
			ID:        it.ID,
			Content:   it.Content,
			TopicID:   &topics[it.topic].id,
			CreatedAt: written.AddDate(0, 0, r.IntN(120)),
		}
		roughA, roughB := round3(it.A*math.Exp(0.2*r.NormFloat64())), round3(it.B+0.35*r.NormFloat64())
		if r.Float64() < 0.9 {
			rows[i].Difficulty = &roughB
		}
		kind := r.Float64()
		switch {
		case it.Anchor:
			rows[i].Difficulty = &it.B
			rows[i].Meta = itemMeta(it.A, it.B, `"anchor","reviewed"`)
		case kind < 0.60:
			rows[i].Meta = itemMeta(roughA, roughB, `"practice"`)
		case kind < 0.85:
			rows[i].Meta = []byte(`{"tags":["practice","new"]}`)
		}
	}
	return rows
}

func itemMeta(a, b float64, tags string) []byte {
	return fmt.Appendf(nil, `{"irt":{"a":%.3f,"b":%.3f,"c":0,"model":"2PL"},"tags":[%s]}`, a, b, tags)
}

func round3(x float64) float64 { return math.Round(x*1000) / 1000 }

func clamp(x, lo, hi float64) float64 { return min(max(x, lo), hi) }
