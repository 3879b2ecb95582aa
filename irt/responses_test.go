package irt_test

import (
	"errors"
	"testing"

	"sextant/irt"
)

func TestBuilderSortsAPersonsAnswers(t *testing.T) {
	b := irt.NewBuilder(4)
	if p := b.NextPerson(); p != 0 {
		t.Errorf("first person is number %d, want 0", p)
	}
	for _, item := range []int{3, 0, 2} {
		if err := b.Add(item, item > 1); err != nil {
			t.Fatal(err)
		}
	}
	b.NextPerson()
	r, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if r.Persons() != 2 || r.Items() != 4 || r.Answers() != 3 || r.Count(0) != 3 || r.Count(1) != 0 {
		t.Errorf("%d persons, %d items, %d answers (%d, %d)", r.Persons(), r.Items(), r.Answers(), r.Count(0), r.Count(1))
	}
	var got []int
	r.Each(0, func(item int, correct bool) {
		got = append(got, item)
		if correct != (item > 1) {
			t.Errorf("item %d correct = %v", item, correct)
		}
	})
	if len(got) != 3 || got[0] != 0 || got[1] != 2 || got[2] != 3 {
		t.Errorf("items in order %v, want 0 2 3", got)
	}
}

func TestBuilderRefusesBadAnswers(t *testing.T) {
	b := irt.NewBuilder(2)
	if err := b.Add(0, true); !errors.Is(err, irt.ErrNoPerson) {
		t.Errorf("answer without a person: %v, want ErrNoPerson", err)
	}
	b.NextPerson()
	for _, item := range []int{-1, 2} {
		if err := b.Add(item, true); !errors.Is(err, irt.ErrUnknownItem) {
			t.Errorf("item %d: %v, want ErrUnknownItem", item, err)
		}
	}
	for _, item := range []int{1, 0, 1} {
		if err := b.Add(item, true); err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.Build()
	var duplicate *irt.DuplicateError
	if !errors.As(err, &duplicate) || duplicate.Person != 0 || duplicate.Item != 1 {
		t.Errorf("item answered twice: %v, want a DuplicateError for person 0, item 1", err)
	}
}
