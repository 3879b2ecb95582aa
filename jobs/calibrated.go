package jobs

import (
	"context"
	"errors"
	"sync"

	"github.com/google/uuid"

	"sextant/db"
)

// calibrated is what a bank is seen by: its calibration in force, and the one
// before that drift is measured against.
type calibrated struct {
	now    db.Calibration
	before *db.Calibration // nil: none on the same scale
}

// calibrated finds them; it is ErrNotFound before the first.
func (s *Service) calibrated(ctx context.Context, bank string) (calibrated, error) {
	now, err := s.db.CalibrationInForce(ctx, bank)
	if err != nil {
		return calibrated{}, err
	}
	switch before, err := s.db.CalibrationBefore(ctx, now.Bank, now.Version, now.DataDay); {
	case errors.Is(err, db.ErrNotFound):
		return calibrated{now: now}, nil
	default:
		return calibrated{now, &before}, err
	}
}

// runs name the two.
func (c calibrated) runs() [2]uuid.UUID {
	of := [2]uuid.UUID{c.now.RunID}
	if c.before != nil {
		of[1] = c.before.RunID
	}
	return of
}

// newest keeps what was last made of a bank's calibrations, whose items never
// change: a console asks for the same thousands of them again and again. Nobody
// may change what it gives.
type newest[T any] struct {
	mu    sync.Mutex
	runs  [2]uuid.UUID
	value T
}

// of is what read makes of those runs; what was last read stays while they are the same.
func (n *newest[T]) of(runs [2]uuid.UUID, read func() (T, error)) (T, error) {
	n.mu.Lock()
	value, kept := n.value, n.runs == runs
	n.mu.Unlock()
	if kept {
		return value, nil
	}
	value, err := read()
	if err == nil {
		n.mu.Lock()
		n.runs, n.value = runs, value
		n.mu.Unlock()
	}
	return value, err
}
