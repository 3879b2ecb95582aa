package jobs

import (
	"context"
	"fmt"
	"strings"

	"sextant/db"
	"sextant/jobs/report"
)

const reportsNamed = 5 // learners whom a note names

// forecastReports says whose reports of a week would be made, and how many say
// already what they would. It lays nothing out and stores nothing.
func (j *Job) forecastReports(ctx context.Context, s *Slice, plan *Plan) error {
	w, err := j.reports(ctx, s.Day)
	if err != nil {
		return err
	}
	due, err := w.due(ctx, s.Users)
	if err != nil {
		return err
	}
	var f reportForecast
	for first := 0; first < len(due.users); first += builtinBlock {
		if err := f.block(ctx, w, due.users[first:min(first+builtinBlock, len(due.users))]); err != nil {
			return err
		}
	}
	s.Learners, s.Answers = int64(f.learners), f.answers
	all := f.make + f.unchanged
	plan.Notes = append(plan.Notes, fmt.Sprintf("%s: %s (%s) of %s to %s: %s to make, %s unchanged", w.week, plural(int64(all), "report"), w.words(),
		plural(int64(len(due.users)), "learner"), w.store, grouped(int64(f.make)), grouped(int64(f.unchanged))))
	if f.learners > 0 {
		plan.Notes = append(plan.Notes, "to make for "+named(f.names, f.learners))
	}
	if len(due.unknown) > 0 {
		plan.Notes = append(plan.Notes, "nothing is known of "+named(due.unknown, len(due.unknown)))
	}
	return nil
}

// reportForecast counts what a run would make.
type reportForecast struct {
	learners, make, unchanged int
	answers                   int64
	names                     []string // of the first of those learners
}

func (f *reportForecast) block(ctx context.Context, w *reportWork, users []string) error {
	var stored map[objectName]db.ReportObject
	if err := w.DB.InSnapshot(ctx, func(tx *db.Tx) (err error) {
		if users, err = tx.Unforgotten(ctx, users); err != nil {
			return err
		}
		if w.secret, err = tx.KnownReportSecret(ctx); err != nil {
			return err
		}
		rows, err := tx.StoredReports(ctx, w.week.Monday, users)
		stored = byVariant(rows)
		return err
	}); err != nil {
		return err
	}
	data, err := w.DB.ReportData(ctx, w.week.Monday, users)
	if err != nil {
		return err
	}
	for i := range data {
		f.learner(w, report.Build(data[i], w.calibration, w.week), stored)
	}
	return nil
}

func (f *reportForecast) learner(w *reportWork, doc report.Document, stored map[objectName]db.ReportObject) {
	before := f.make
	for _, v := range w.variants {
		hash := w.contentHash(doc, v)
		for _, format := range w.formats {
			was, ok := stored[w.objectName(doc.Learner, v, format)]
			if ok && !w.Request.Force && w.current(was, hash) {
				f.unchanged++
			} else {
				f.make++
			}
		}
	}
	if f.make == before {
		return
	}
	answers, _ := doc.Answers()
	f.learners, f.answers = f.learners+1, f.answers+int64(answers)
	if len(f.names) < reportsNamed {
		f.names = append(f.names, doc.Learner)
	}
}

// named lists the first of n learners.
func named(first []string, n int) string {
	first = first[:min(len(first), reportsNamed)]
	text := strings.Join(first, ", ")
	if more := n - len(first); more > 0 {
		text = fmt.Sprintf("%s and %s more", text, grouped(int64(more)))
	}
	return text
}
