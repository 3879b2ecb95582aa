package jobs

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"sextant/db"
	"sextant/jobs/report/store"
)

// DeleteReports removes all stored reports, objects and rows: a demo that starts
// afresh leaves none behind. A database without the schema has none.
func (r *Runner) DeleteReports(ctx context.Context) error {
	if r.ReadOnly {
		return ErrReadOnly
	}
	settings, err := r.reportStore()
	if err != nil {
		return err
	}
	objects, err := r.DB.Reports(ctx, db.ReportFilter{})
	if err != nil && !db.IsKind(err, db.KindNotMigrated) {
		return err
	}
	return r.DB.InTx(ctx, func(tx *db.Tx) error {
		if _, err := tx.DropReports(ctx, objects); err != nil { // first: who may not do this touches no object
			return err
		}
		if _, left := deleteReports(ctx, objects, settings); len(left) > 0 {
			return left[0]
		}
		return nil
	})
}

// reportStore is the store as the job's environment and config file have it.
func (j *Job) reportStore() (store.Settings, error) {
	return (&Runner{Defaults: j.defaults, Getenv: j.getenv}).reportStore()
}

// deleteReports removes stored objects. It gives those that are gone and, for
// each of the others, why it is not. When a store fails as a whole it leaves the
// rest.
func deleteReports(ctx context.Context, objects []db.ReportObject, settings store.Settings) (gone []db.ReportObject, left []error) {
	stores := store.Cache{Settings: settings}
	errs := make([]error, len(objects))
	var down error
	var once sync.Once
	g, deleting := errgroup.WithContext(ctx)
	g.SetLimit(reportsAtOnce)
	for i, o := range objects {
		g.Go(func() error {
			if errs[i] = deleting.Err(); errs[i] == nil {
				errs[i] = stores.Delete(deleting, o.URL)
			}
			if !store.Fails(errs[i]) || deleting.Err() != nil {
				return nil
			}
			once.Do(func() { down = errs[i] })
			return errs[i] // stops the others
		})
	}
	_ = g.Wait() // each error stands in errs
	for i, err := range errs {
		switch {
		case err == nil:
			gone = append(gone, objects[i])
		case down != nil:
			left = append(left, fmt.Errorf("%s: %w", objects[i].URL, down))
		default:
			left = append(left, fmt.Errorf("%s: %w", objects[i].URL, err))
		}
	}
	return gone, left
}
