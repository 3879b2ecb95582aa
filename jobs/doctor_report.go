package jobs

import (
	"context"
	"time"

	"sextant/jobs/report/store"
)

const storeWithin = 15 * time.Second

// findReports is about where the weekly reports go: whether it is there and, for
// a folder, can be written to. Nothing is written to find out.
func (s *Service) findReports(ctx context.Context, d *Diagnosis) {
	settings, err := s.runner.reportStore()
	if err != nil {
		d.find(LevelError, "reports", "", "%s", err)
		return
	}
	st, err := store.Open(ctx, settings)
	if err != nil {
		d.find(LevelError, "reports", "", "%s", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	switch err := st.Check(ctx); {
	case err != nil:
		d.find(LevelError, "reports", "", "%s", err)
	case settings.S3.Bucket != "":
		d.find(LevelOK, "reports", "", "weekly reports go to %s, which answers", st)
	default:
		d.find(LevelOK, "reports", "", "weekly reports go to %s, which can be written to", st)
	}
}
