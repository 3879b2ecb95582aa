package jobs

import (
	"context"
	"fmt"
	"time"

	"sextant/db"
)

// Prune is prune: it removes what is older than a number of days from the ledger,
// the histories and the quarantine, and keeps whatever a formula, a scale or a
// learner's newest θ still stands on.
type Prune struct{}

// PruneParams are its parameters.
type PruneParams struct {
	Days int `param:"older-than" default:"400" min:"1" help:"days to keep"`
}

const pruneAct = "prune"

// PruneLeast is the shortest time kept: the formulas look back 56 days, and a
// backfill of some weeks must still find what it stands on.
const PruneLeast = 90

// pruneMost is the longest: what lies much further back overflows the database's dates.
const pruneMost = 36500

// Info describes the act.
func (Prune) Info() Info {
	return Info{Name: pruneAct, Summary: "Keep the ledger, the histories and the quarantine bounded", Slice: "batch of rows", Step: true}
}

// Params gives its parameters.
func (Prune) Params() any { return &PruneParams{} }

// Plan is one slice; its batches are transactions of their own.
func (Prune) Plan(_ context.Context, j *Job) (Plan, error) {
	if err := CheckRetention(j.Params.(*PruneParams).Days); err != nil {
		return Plan{}, err
	}
	if len(j.Request.Users) > 0 || j.Request.Backfill() || j.Request.Date != nil {
		return Plan{}, usagef("prune takes neither learners nor days; see 'sextant learner forget'")
	}
	return Plan{Slices: []Slice{{Day: db.DayOf(j.pruneBefore()), Reason: "asked for"}}}, nil
}

// CheckRetention says what is wrong with a number of days to keep.
func CheckRetention(days int) error {
	if days < PruneLeast {
		return usagef("--older-than %dd is too short: the formulas look back 56 days and backfills further; the least is %dd", days, PruneLeast)
	}
	return CheckReportRetention(days)
}

// CheckReportRetention says what is wrong with a number of days to keep reports.
func CheckReportRetention(days int) error {
	if days > pruneMost {
		return usagef("--older-than %dd is too long; the most is %dd, a hundred years", days, pruneMost)
	}
	return nil
}

// pruneBefore is the moment before which things are old.
func (j *Job) pruneBefore() time.Time {
	return db.DayOf(j.Now).Add(-j.Params.(*PruneParams).Days).Start()
}

// Run prunes table after table.
func (Prune) Run(ctx context.Context, j *Job, _ Slice) error {
	cutoff := j.pruneBefore()
	for _, p := range db.Prunings(featuresStage) {
		total := make([]int64, len(p.Tables))
		for cursor, more := "", true; more; {
			var counts []int64
			var next string
			if err := j.Commit(ctx, func(tx *db.Tx) (err error) {
				counts, next, more, err = tx.PruneBatch(ctx, p, cutoff, cursor)
				return err
			}); err != nil {
				return fmt.Errorf("prune %s: %w", p.Tables[0], err)
			}
			cursor = next
			for i, n := range counts {
				total[i] += n
				j.Count(0, n)
			}
		}
		for i, table := range p.Tables {
			j.Log.Info("pruned", "table", table, "rows", total[i], "before", db.DayOf(cutoff).String())
		}
	}
	var months int
	if err := j.Commit(ctx, func(tx *db.Tx) (err error) {
		months, err = tx.DropEmptyThetaMonths(ctx, cutoff)
		return err
	}); err != nil {
		return err
	}
	j.Log.Info("empty months of the θ history dropped", "months", months)
	return nil
}

// PrunePreview is what a prune would remove, by table.
type PrunePreview struct {
	Before  db.Day          `json:"before"`
	Removed []db.TableCount `json:"removed"`
	Command string          `json:"command"`
}

// Rows counts what would be removed.
func (p PrunePreview) Rows() (n int64) {
	for _, c := range p.Removed {
		n += c.Rows
	}
	return n
}

// PreviewPrune says what prune would do. It writes nothing.
func (r *Runner) PreviewPrune(ctx context.Context, q Request) (PrunePreview, error) {
	_, job, _, err := r.look(ctx, q)
	if err != nil {
		return PrunePreview{}, err
	}
	cutoff := job.pruneBefore()
	q.DryRun = false // of the command that the preview names
	p := PrunePreview{Before: db.DayOf(cutoff), Removed: []db.TableCount{}, Command: q.Command()}
	err = r.DB.InSnapshot(ctx, func(tx *db.Tx) error {
		for _, step := range db.Prunings(featuresStage) {
			counts, err := tx.PruneCount(ctx, step, cutoff)
			if err != nil {
				return err
			}
			for i, table := range step.Tables {
				p.Removed = append(p.Removed, db.TableCount{Table: table, Rows: counts[i]})
			}
		}
		return nil
	})
	return p, err
}
