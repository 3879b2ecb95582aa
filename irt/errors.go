package irt

import (
	"errors"
	"fmt"
)

// The errors bad input leads to; test for them with errors.Is.
var (
	ErrUnknownModel = errors.New("unknown model")
	ErrItemParams   = errors.New("invalid item parameters")
	ErrPrior        = errors.New("invalid prior")
	ErrQuadrature   = errors.New("invalid quadrature")
	ErrOptions      = errors.New("invalid options")
	ErrUnknownItem  = errors.New("unknown item")
	ErrNoPerson     = errors.New("answer before the first person")
	ErrTooMany      = errors.New("more items or persons than four bytes can number")
	ErrNoAnswers    = errors.New("no answers")
	ErrNoItems      = errors.New("no item can be calibrated")
	ErrLink         = errors.New("cannot link")
	ErrSingular     = errors.New("the information matrix is not positive definite")
)

// DuplicateError reports a person who answers one item twice: which of the two
// counts is the caller's decision, never the engine's.
type DuplicateError struct{ Person, Item int }

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("person %d answers item %d more than once", e.Person, e.Item)
}

// ItemError says which item's parameters are unusable, and why.
type ItemError struct {
	Item int
	Err  error
}

func (e *ItemError) Error() string { return fmt.Sprintf("item %d: %v", e.Item, e.Err) }

// Unwrap gives the reason.
func (e *ItemError) Unwrap() error { return e.Err }

func optionError(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrOptions}, args...)...)
}
