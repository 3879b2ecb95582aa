package irtfile

import (
	"errors"
	"io"
	"sort"
	"strings"

	"sextant/irt"
)

// longForm says in which fields the long form has what.
type longForm struct{ user, item, correct int }

// longColumns finds the long form's columns, nil when one is missing.
func longColumns(header []string) *longForm {
	at := func(name string) int {
		for i, h := range header {
			if strings.EqualFold(h, name) {
				return i
			}
		}
		return -1
	}
	form := longForm{user: at(columnUser), item: at(columnItem), correct: at(columnCorrect)}
	if form.user < 0 || form.item < 0 || form.correct < 0 {
		return nil
	}
	return &form
}

// names numbers names in order of appearance.
type names struct {
	number map[string]uint32
	list   []string
}

func (n *names) of(name string) uint32 {
	i, ok := n.number[name]
	if !ok {
		name = strings.Clone(name) // the record's memory is used again
		i = uint32(len(n.list))
		n.number[name] = i
		n.list = append(n.list, name)
	}
	return i
}

// longAnswer is a row of the long form in eight bytes.
type longAnswer struct {
	person uint32
	packed uint32 // item<<1 | correct
}

func (r *reader) readLong(form *longForm, width int) (*Answers, error) {
	persons, items := names{number: map[string]uint32{}}, names{number: map[string]uint32{}}
	var answers []longAnswer
	var at places
	rows := 0
	for {
		record, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		rows++
		if err := r.wideness(record, width); err != nil {
			return nil, err
		}
		for _, field := range []int{form.user, form.item} {
			if strings.TrimSpace(record[field]) == "" {
				return nil, r.errorf(field, "an answer needs a user_id and an item_id")
			}
		}
		correct, answered, err := r.verdict(form.correct, record[form.correct])
		if err != nil {
			return nil, err
		}
		x := longAnswer{person: persons.of(record[form.user]), packed: items.of(record[form.item]) << 1}
		if !answered {
			continue
		}
		if correct {
			x.packed |= 1
		}
		line, _ := r.csv.FieldPos(form.item)
		at.note(len(answers), line)
		answers = append(answers, x)
	}
	if rows == 0 {
		return nil, ErrNoRows
	}
	out := &Answers{Persons: persons.list, Items: items.list}
	var err error
	out.Responses, err = build(answers, len(persons.list), len(items.list))
	var duplicate *irt.DuplicateError
	if errors.As(err, &duplicate) {
		return nil, at.duplicate(answers, duplicate, out)
	}
	return out, err
}

// build sorts the answers by person (a counting sort) and packs them.
func build(answers []longAnswer, persons, items int) (*irt.Responses, error) {
	start := make([]int, persons+1)
	for _, x := range answers {
		start[x.person+1]++
	}
	for p := range persons {
		start[p+1] += start[p]
	}
	sorted := make([]uint32, len(answers))
	next := append([]int(nil), start...)
	for _, x := range answers {
		sorted[next[x.person]] = x.packed
		next[x.person]++
	}
	b := irt.NewBuilder(items)
	b.Reserve(persons, len(answers))
	for p := range persons {
		b.NextPerson()
		for _, x := range sorted[start[p]:start[p+1]] {
			if err := b.Add(int(x>>1), x&1 == 1); err != nil {
				return nil, err
			}
		}
	}
	return b.Build()
}

// places remembers the line of every answer. Lines and answers run in step but
// for rows without an answer, so that only the steps are kept.
type places struct{ steps []placeStep }

type placeStep struct{ answer, line int }

func (p *places) note(answer, line int) {
	if n := len(p.steps); n > 0 && line-answer == p.steps[n-1].line-p.steps[n-1].answer {
		return
	}
	p.steps = append(p.steps, placeStep{answer, line})
}

func (p *places) line(answer int) int {
	i := sort.Search(len(p.steps), func(i int) bool { return p.steps[i].answer > answer }) - 1
	return p.steps[i].line + answer - p.steps[i].answer
}

// duplicate finds the two rows of an item answered twice.
func (p *places) duplicate(answers []longAnswer, d *irt.DuplicateError, names *Answers) error {
	first := 0
	for i, x := range answers {
		if int(x.person) != d.Person || int(x.packed>>1) != d.Item {
			continue
		}
		if first == 0 {
			first = p.line(i)
			continue
		}
		return &SyntaxError{Line: p.line(i), Column: 1, Problem: "user_id " + quote(names.Persons[d.Person]) +
			" answered item_id " + quote(names.Items[d.Item]) + " on line " + itoa(first) + " already; keep the answer that counts"}
	}
	return d
}
