package db

import (
	"context"

	"github.com/google/uuid"
)

// CalibrationByRun is the calibration that a run left, or ErrNotFound.
func (d *DB) CalibrationByRun(ctx context.Context, run uuid.UUID) (Calibration, error) {
	return one[Calibration](ctx, d.pool, `SELECT `+calibrationColumns+` FROM sextant.calibration WHERE run_id = $1`, run)
}
