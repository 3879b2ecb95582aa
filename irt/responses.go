package irt

import (
	"fmt"
	"math"
	"slices"
)

// Responses are the answers of persons to items, grouped by person and packed
// into four bytes each: item·2 + correct, ascending by item within a person.
// They are immutable and safe for concurrent use.
type Responses struct {
	items   int
	start   []int    // person p's answers are packed[start[p]:start[p+1]]
	packed  []uint32 // item<<1 | correct
	persons int
}

// Persons is the number of persons, those without answers included.
func (r *Responses) Persons() int { return r.persons }

// Items is the number of items, those without answers included.
func (r *Responses) Items() int { return r.items }

// Answers is the number of answers.
func (r *Responses) Answers() int { return len(r.packed) }

// Count is the number of answers of one person.
func (r *Responses) Count(person int) int { return r.start[person+1] - r.start[person] }

// Each calls f for every answer of one person, ascending by item.
func (r *Responses) Each(person int, f func(item int, correct bool)) {
	for _, x := range r.of(person) {
		f(int(x>>1), x&1 == 1)
	}
}

func (r *Responses) of(person int) []uint32 { return r.packed[r.start[person]:r.start[person+1]] }

// Builder collects answers person by person.
type Builder struct {
	r      Responses
	sorted bool  // the person being built is ascending so far
	err    error // the first duplicate, reported by Build
}

// maxItems leaves the low bit of four bytes for the verdict.
const maxItems = math.MaxInt32

// NewBuilder starts a set of answers to the items 0 … items−1.
func NewBuilder(items int) *Builder {
	return &Builder{r: Responses{items: items, start: []int{0}}}
}

// Reserve makes room for that many persons and answers, so that building a
// set of known size never copies it.
func (b *Builder) Reserve(persons, answers int) {
	b.r.start = slices.Grow(b.r.start, persons)
	b.r.packed = slices.Grow(b.r.packed, answers)
}

// NextPerson closes the person being built and starts the next, whose number
// it returns. A person may stay without answers.
func (b *Builder) NextPerson() int {
	b.closePerson()
	b.r.persons++
	b.r.start = append(b.r.start, len(b.r.packed))
	b.sorted = true
	return b.r.persons - 1
}

// Add records the current person's answer to an item. Items may come in any
// order; an item answered twice makes Build fail.
func (b *Builder) Add(item int, correct bool) error {
	if b.r.persons == 0 {
		return ErrNoPerson
	}
	if item < 0 || item >= b.r.items {
		return fmt.Errorf("%w %d: there are %d", ErrUnknownItem, item, b.r.items)
	}
	x := uint32(item) << 1
	if correct {
		x |= 1
	}
	n := len(b.r.packed)
	if n > b.r.start[b.r.persons-1] && b.r.packed[n-1]>>1 >= x>>1 {
		b.sorted = false
	}
	b.r.packed = append(b.r.packed, x)
	return nil
}

// Build closes the set. It returns a *DuplicateError when a person answers an
// item twice. The builder must not be used afterwards.
func (b *Builder) Build() (*Responses, error) {
	if b.r.items < 0 || b.r.items > maxItems || b.r.persons > math.MaxUint32 {
		return nil, fmt.Errorf("%w: %d items, %d persons", ErrTooMany, b.r.items, b.r.persons)
	}
	b.closePerson()
	if b.err != nil {
		return nil, b.err
	}
	r := b.r
	return &r, nil
}

func (b *Builder) closePerson() {
	p := b.r.persons - 1
	if p < 0 {
		return
	}
	b.r.start[p+1] = len(b.r.packed)
	if b.sorted {
		return
	}
	answers := b.r.of(p)
	slices.Sort(answers)
	for i := 1; i < len(answers); i++ {
		if b.err == nil && answers[i-1]>>1 == answers[i]>>1 {
			b.err = &DuplicateError{Person: p, Item: int(answers[i] >> 1)}
		}
	}
}
