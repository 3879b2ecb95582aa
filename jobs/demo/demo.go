// Package demo simulates an online-testing platform: learners of every kind who
// practise, improve, forget, take breaks and drop out, and whose answers follow
// a 2PL model with known parameters. What it knows to be true (Truth, Item) is
// what the engine's estimates are judged against.
//
// Everything is drawn from seeded generators, one per learner, so that learner
// k is the same whatever the number of learners, and a whole platform is the
// same byte for byte whenever it is made again.
package demo

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Options says which platform to simulate.
type Options struct {
	Learners int       `json:"learners"` // 2000 when 0
	Items    int       `json:"items"`    // 400 when 0
	Days     int       `json:"days"`     // 60 when 0
	Seed     uint64    `json:"seed"`
	Until    time.Time `json:"until"` // the last day simulated, a whole UTC day
	Still    bool      `json:"still"` // every learner keeps one constant θ, in all topics
	Rate     float64   `json:"rate"`  // sessions a learner and day, the median; 0.2 when 0
}

// stillShare is the share of learners who stand still without Options.Still.
const stillShare = 0.15

// limits keep ids distinct and dates sane.
const (
	maxLearners = 10_000_000
	maxItems    = 1_000_000
	maxDays     = 3660
)

func (o Options) withDefaults() (Options, error) {
	if o.Learners == 0 {
		o.Learners = 2000
	}
	if o.Items == 0 {
		o.Items = 400
	}
	if o.Days == 0 {
		o.Days = 60
	}
	if o.Rate == 0 {
		o.Rate = 0.2
	}
	o.Until = o.Until.UTC().Truncate(24 * time.Hour)
	switch {
	case o.Learners < 1 || o.Learners > maxLearners:
		return o, fmt.Errorf("learners: want 1 to %d, got %d", maxLearners, o.Learners)
	case o.Items < len(topics) || o.Items > maxItems:
		return o, fmt.Errorf("items: want %d (one a topic) to %d, got %d", len(topics), maxItems, o.Items)
	case o.Days < 1 || o.Days > maxDays:
		return o, fmt.Errorf("days: want 1 to %d, got %d", maxDays, o.Days)
	case o.Rate < 0 || o.Rate > 1:
		return o, fmt.Errorf("rate: want up to 1 session a learner and day, got %g", o.Rate)
	case o.Until.Year() < 2000:
		return o, fmt.Errorf("until: want the last day to simulate, got %s", o.Until.Format(time.DateOnly))
	}
	return o, nil
}

// Simulation is one platform, ready to be drawn learner by learner. It is
// immutable and safe for concurrent use.
type Simulation struct {
	opts    Options
	start   time.Time // midnight of day 0
	items   []Item
	byTopic [][]int32 // topic → indexes into items
}

// New prepares the platform that the options describe.
func New(o Options) (*Simulation, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("simulate a platform: %w", err)
	}
	s := &Simulation{opts: o, start: o.Until.AddDate(0, 0, 1-o.Days)}
	s.items = newBank(o)
	s.byTopic = make([][]int32, len(topics))
	for i := range s.items {
		t := s.items[i].topic
		s.byTopic[t] = append(s.byTopic[t], int32(i))
	}
	return s, nil
}

// Options returns the options in force, defaults filled in.
func (s *Simulation) Options() Options { return s.opts }

// Items returns the bank with its true parameters; it must not be changed.
func (s *Simulation) Items() []Item { return s.items }

// Day returns midnight of day d; day 0 is the first one simulated.
func (s *Simulation) Day(d int) time.Time { return s.start.AddDate(0, 0, d) }

// end is the first moment after the last day.
func (s *Simulation) end() time.Time { return s.Day(s.opts.Days) }

// stream names an independent sequence of random numbers, so that a change in
// how one thing is drawn leaves the others as they were.
type stream uint64

const (
	streamBank stream = iota + 1
	streamIdentity
	streamPath
	streamAnswers
	streamGoals
	streamClassroom
)

// random returns the generator of one stream of one learner (or whatever k counts).
func (o Options) random(name stream, k int) *rand.Rand {
	return rand.New(rand.NewPCG(mix(o.Seed+uint64(name)<<56), mix(uint64(k)+uint64(name))))
}

// mix is the finalizer of SplitMix64 (Steele, Lea & Flood 2014): neighbouring
// seeds must not give neighbouring generators.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
