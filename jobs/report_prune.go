package jobs

import (
	"context"
	"errors"
	"slices"

	"sextant/db"
	"sextant/jobs/report/store"
)

// PruneReports is prune-reports: it removes the reports of weeks that ended
// longer ago than a number of days, objects and rows. One runs at a time.
type PruneReports struct{}

// PruneReportsParams are its parameters.
type PruneReportsParams struct {
	Days int `param:"older-than" default:"400" min:"1" help:"days to keep the reports of a week after its end"`
}

const (
	pruneReports      = "prune-reports"
	pruneReportsBatch = 500
)

// Info describes the act.
func (PruneReports) Info() Info {
	return Info{Name: pruneReports, Summary: "Remove old weekly reports from where they are stored", Slice: "batch of reports", Step: true}
}

// Params gives its parameters.
func (PruneReports) Params() any { return &PruneReportsParams{} }

// Plan is one slice; its batches are transactions of their own.
func (PruneReports) Plan(_ context.Context, j *Job) (Plan, error) {
	if err := CheckReportRetention(j.Params.(*PruneReportsParams).Days); err != nil {
		return Plan{}, err
	}
	if len(j.Request.Users) > 0 || j.Request.Backfill() || j.Request.Date != nil {
		return Plan{}, usagef("prune takes neither learners nor days; see 'sextant learner forget'")
	}
	return Plan{Slices: []Slice{{Day: j.pruneWeeks(), Reason: "asked for"}}}, nil
}

// pruneWeeks is the Monday of the oldest week that is kept: one that ended before
// the days to keep is old.
func (j *Job) pruneWeeks() db.Day {
	return db.DayOf(j.Now).Add(-j.Params.(*PruneReportsParams).Days).Monday()
}

// Run removes batch after batch, the objects first: a row whose object is gone
// already goes with the next run, an object without a row would never.
func (PruneReports) Run(ctx context.Context, j *Job, _ Slice) error {
	p, err := j.reportStore()
	if err != nil {
		return err
	}
	var failed PartialError
	var after db.ReportObject
	for {
		var batch []db.ReportObject
		var errs []error
		var dropped int64
		if err := j.Commit(ctx, func(tx *db.Tx) error {
			var err error
			if batch, err = tx.OldReports(ctx, j.pruneWeeks(), after, pruneReportsBatch); err != nil {
				return err
			}
			var gone []db.ReportObject
			if gone, errs = deleteReports(ctx, batch, p); ctx.Err() != nil {
				return context.Cause(ctx)
			}
			dropped, err = tx.DropReports(ctx, gone)
			return err
		}); err != nil {
			return err
		}
		j.Count(int64(len(batch)), dropped)
		for _, err := range errs {
			j.Log.Error("a report could not be deleted", "error", err.Error())
			failed.add(1, err)
		}
		if slices.ContainsFunc(errs, store.Fails) {
			return failed.First // it would not delete the others either
		}
		if len(batch) == 0 {
			break
		}
		after = batch[len(batch)-1]
	}
	j.Log.Info("reports pruned", "before", j.pruneWeeks().String(), "reports", j.progress().RowsWritten)
	if failed.Failed > 0 {
		return errors.Join(j.DB.AddFailure(ctx, j.Run.ID, db.RunFailure{Kind: "slice", Subject: j.pruneWeeks().String(), Error: failed.Error()}), &failed)
	}
	return nil
}

// PruneReportsPreview is what a prune of the reports would remove.
type PruneReportsPreview struct {
	Before   db.Day `json:"before"` // the Monday of the oldest week that stays
	Learners int64  `json:"learners"`
	Reports  int64  `json:"reports"`
	Bytes    int64  `json:"bytes"`
	Command  string `json:"command"`
}

// PreviewPruneReports says what prune-reports would do. It writes nothing.
func (r *Runner) PreviewPruneReports(ctx context.Context, q Request) (p PruneReportsPreview, err error) {
	_, job, _, err := r.look(ctx, q)
	if err != nil {
		return p, err
	}
	q.DryRun = false // of the command that the preview names
	p.Before, p.Command = job.pruneWeeks(), q.Command()
	err = r.DB.InSnapshot(ctx, func(tx *db.Tx) error {
		n, err := tx.OldReportCount(ctx, p.Before)
		p.Learners, p.Reports, p.Bytes = n.Learners, n.Reports, n.Bytes
		return err
	})
	return p, err
}
