package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"sextant/db"
	"sextant/db/embedded"
	"sextant/jobs"
)

func TestExitCodes(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("anything"), 1},
		{&jobs.UnknownLearnerError{User: "x"}, 1},
		{&db.Error{Kind: db.KindDiskFull, Err: errors.New("full")}, 1},
		{&embedded.InUseError{}, 1},
		{usagef("x"), 2},
		{jobs.ErrReadOnly, 2},
		{&db.Error{Kind: db.KindConfig, Err: errors.New("url")}, 2},
		{fmt.Errorf("wrapped: %w", &jobs.LockedError{Stage: "x"}), 3},
		{&jobs.PartialError{Failed: 1, First: errors.New("x")}, 4},
		{&db.Error{Kind: db.KindUnreachable, Err: errors.New("refused")}, 5},
		{&db.Error{Kind: db.KindAuth, Err: errors.New("password")}, 5},
		{&db.Error{Kind: db.KindNoDatabase, Err: errors.New("none")}, 5},
		{&db.Error{Kind: db.KindNotMigrated, Err: errors.New("old")}, 5},
		{&db.Error{Kind: db.KindTooNew, Err: errors.New("new")}, 5},
		{&db.Error{Kind: db.KindPrivilege, Err: errors.New("denied")}, 5},
		{&embedded.NoBinariesError{}, 5},
		{&embedded.StartError{}, 5},
		{db.ErrNoSource, 5},
		{context.Canceled, 130},
		{&jobs.CancelledError{By: "x"}, 130},
	} {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("%T %v: exit %d, want %d", tt.err, tt.err, got, tt.want)
		}
	}
}

func TestPasswordsAreMasked(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"postgres://u:pw@h:5432/d", "postgres://u:***@h:5432/d"},
		{"postgres://u:p@w@h/d", "postgres://u:***@h/d"},
		{"postgres://localhost:5432/d", "postgres://localhost:5432/d"},
		{"postgres://u@localhost:5432/d", "postgres://u@localhost:5432/d"},
		{"postgres://h/d?password=pw&x=y", "postgres://h/d?password=***&x=y"},
		{"host=h password=pw user=u", "host=h password=*** user=u"},
		{"host=h password = 'p w' user=u", "host=h password = *** user=u"},
		{"no secret: here", "no secret: here"},
	} {
		if got := mask(tt.text); got != tt.want {
			t.Errorf("mask(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}
