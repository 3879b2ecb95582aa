package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"sextant/db"
	"sextant/jobs/irtfile"
)

// ImportOptions say how an answer log is imported.
type ImportOptions struct {
	SkipBad bool // keep the rows that can be read
	Force   bool // also where the pipeline reads its answers elsewhere
	DryRun  bool
	Show    int              // so many problems are listed
	Observe func(rows int64) // may be nil; called now and then
}

// ImportReport is what an import found and did.
type ImportReport struct {
	DryRun    bool                 `json:"dry_run"`
	Rows      int64                `json:"rows"`     // of the file
	Imported  int64                `json:"imported"` // added; of a dry run, that could be
	Present   int64                `json:"present"`  // that were there already
	Differing int64                `json:"differing"`
	Rejected  int64                `json:"rejected"` // rows without an answer
	Reduced   int64                `json:"reduced"`  // fields left out of answers
	Created   bool                 `json:"created"`  // the table responses was missing
	Ignored   []string             `json:"ignored"`  // columns of the file without meaning
	Dropped   []string             `json:"dropped"`  // columns that the table responses has not
	Problems  []irtfile.LogProblem `json:"problems"` // the first of them
}

// BadRowsError says that an import was refused for the rows that cannot be read.
type BadRowsError struct{ Report ImportReport }

func (e *BadRowsError) Error() string {
	p := e.Report.Problems[0]
	return fmt.Sprintf("nothing was imported: %s, the first on line %d: %s; mend the file, or leave them out with --skip-bad",
		plural(e.Report.Rejected+e.Report.Reduced, "problem"), p.Line, p.Reason)
}

const observeEvery = 50_000 // rows

// Import loads an answer log into public.responses, for databases without a
// platform: all of it, or nothing.
func (s *Service) Import(ctx context.Context, in io.Reader, o ImportOptions) (ImportReport, error) {
	if s.about.ReadOnly && !o.DryRun {
		return ImportReport{}, ErrReadOnly
	}
	target, err := s.db.ImportTarget(ctx, o.Force)
	if errors.Is(err, db.ErrNotRead) {
		return ImportReport{}, usagef("%s", strings.TrimSuffix(err.Error(), " ("+db.ErrNotRead.Error()+")"))
	}
	if err != nil {
		return ImportReport{}, err
	}
	log, err := irtfile.NewLogReader(in, target.WholeItems)
	if err != nil {
		return ImportReport{}, err
	}
	i := &importer{options: o, log: log, report: ImportReport{DryRun: o.DryRun, Created: !target.Exists,
		Ignored: append([]string{}, log.Ignored...), Dropped: append([]string{}, target.Lacks...), Problems: []irtfile.LogProblem{}}}
	if o.DryRun {
		return i.count(ctx)
	}
	done, err := s.db.ImportResponses(ctx, target, i.next)
	i.report.Imported, i.report.Present, i.report.Differing = done.Added, done.Present, done.Differing
	return i.report, err
}

// importer feeds the rows of a file to the database.
type importer struct {
	options ImportOptions
	log     *irtfile.LogReader
	report  ImportReport
}

// next is the next answer. After the file's end it fails when a row was bad and
// bad rows are not to be skipped: then nothing is imported, and all is told.
func (i *importer) next() (db.Response, bool, error) {
	for {
		a, problems, ok, err := i.log.Next()
		if errors.Is(err, io.EOF) {
			return db.Response{}, false, i.verdict()
		}
		if err != nil {
			return db.Response{}, false, err
		}
		i.note(problems, ok)
		if !ok || i.refused() { // a refused file is read to its end for its problems alone
			continue
		}
		return db.Response{UserID: a.User, ItemID: a.Item, Correct: a.Correct, At: a.At, SessionID: a.Session, TopicID: a.Topic,
			TimeMS: a.Time, Hints: a.Hints}, true, nil
	}
}

func (i *importer) refused() bool {
	return !i.options.SkipBad && i.report.Rejected+i.report.Reduced > 0
}

func (i *importer) verdict() error {
	switch {
	case i.refused():
		return &BadRowsError{i.report}
	case i.report.Rows == 0:
		return irtfile.ErrNoRows
	}
	return nil
}

// note counts a row and what is wrong with it.
func (i *importer) note(problems []irtfile.LogProblem, ok bool) {
	i.report.Rows++
	if !ok {
		i.report.Rejected++
	}
	for _, p := range problems {
		if ok {
			i.report.Reduced++
		}
		if len(i.report.Problems) < i.options.Show {
			i.report.Problems = append(i.report.Problems, p)
		}
	}
	if i.options.Observe != nil && i.report.Rows%observeEvery == 0 {
		i.options.Observe(i.report.Rows)
	}
}

// count reads the file for its report alone.
func (i *importer) count(ctx context.Context) (ImportReport, error) {
	for {
		_, more, err := i.next()
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil || !more {
			return i.report, err
		}
		i.report.Imported++
	}
}
