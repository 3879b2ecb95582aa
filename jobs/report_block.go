package jobs

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"sextant/db"
	"sextant/jobs/report"
	"sextant/jobs/report/store"
)

// reportsAtOnce are learners whose reports are stored at a time; laid out they
// are one a core.
const reportsAtOnce = 16

// reportTally counts reports and their learners.
type reportTally struct {
	learners, failed int
	made, unchanged  int // objects
	bytes, read      int64
}

func (t *reportTally) add(o reportTally) {
	t.learners, t.failed = t.learners+o.learners, t.failed+o.failed
	t.made, t.unchanged = t.made+o.made, t.unchanged+o.unchanged
	t.bytes, t.read = t.bytes+o.bytes, t.read+o.read
}

// reportBlockWork makes the reports of some learners. What it finds out is valid
// once run has returned without an error.
type reportBlockWork struct {
	*reportWork
	users []string

	tally    reportTally
	failures []reportFailure
	old      []db.ReportObject // in whose places others stand now, elsewhere
	down     error             // the store failed: the block is recorded as far as it came
}

type reportFailure struct {
	user string
	err  error
}

// run reads, renders, stores and records. All of that happens in one slice's
// transaction, so that nobody is forgotten, and no run declared lost, between a
// learner's data and their objects. It may happen again from the start: the
// same objects take the same places.
func (b *reportBlockWork) run(ctx context.Context) error {
	return b.Commit(ctx, func(tx *db.Tx) error {
		b.tally, b.failures, b.old, b.down = reportTally{}, nil, nil, nil
		users, err := tx.Unforgotten(ctx, b.users)
		if err != nil {
			return err
		}
		data, err := b.DB.ReportData(ctx, b.week.Monday, users)
		if err != nil {
			return err
		}
		stored, err := tx.StoredReports(ctx, b.week.Monday, users)
		if err != nil {
			return err
		}
		made, err := b.make(ctx, data, byVariant(stored))
		if err != nil {
			return err
		}
		return tx.PutReports(ctx, made, b.defaultLang())
	})
}

// defaultLang is the language of what report_artifacts points to: that of the
// config file, else the run's first.
func (b *reportBlockWork) defaultLang() string {
	if l := splitList[string](b.defaults["lang"]); len(l) > 0 {
		return l[0]
	}
	return splitList[string](b.params.Lang)[0]
}

// objectName is which of a week's objects one is.
type objectName struct{ user, edition, lang, format string }

func byVariant(stored []db.ReportObject) map[objectName]db.ReportObject {
	out := make(map[objectName]db.ReportObject, len(stored))
	for _, o := range stored {
		out[objectName{o.UserID, o.Edition, o.Lang, o.Format}] = o
	}
	return out
}

// learnerReports is what became of one learner.
type learnerReports struct {
	made      []db.ReportObject
	unchanged int
	bytes     int64
	err       error
}

// make renders and stores what has changed, and gives the rows of what is
// stored, in the learners' order. When the store fails it stops, and keeps what
// is stored; when ctx ends it is the block's error.
func (b *reportBlockWork) make(ctx context.Context, data []db.ReportData, stored map[objectName]db.ReportObject) ([]db.ReportObject, error) {
	results := make([]learnerReports, len(data))
	ended := make([]bool, len(data))
	var mu sync.Mutex
	g, storing := errgroup.WithContext(ctx)
	g.SetLimit(reportsAtOnce)
	cores := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range data {
		g.Go(func() error {
			if storing.Err() != nil {
				return nil
			}
			r := b.learner(storing, cores, data[i], stored)
			if store.Fails(r.err) && ctx.Err() == nil {
				mu.Lock()
				defer mu.Unlock()
				if b.down == nil {
					b.down = r.err
				}
				results[i].made = r.made
				return r.err // stops the others
			}
			if storing.Err() == nil || r.err == nil {
				results[i], ended[i] = r, true
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil && b.down == nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var made []db.ReportObject
	for i, r := range results {
		for _, o := range r.made {
			if was, ok := stored[nameOf(o)]; ok && was.URL != o.URL {
				b.old = append(b.old, was)
			}
		}
		made = append(made, r.made...)
		if !ended[i] {
			continue
		}
		b.tally.learners, b.tally.unchanged, b.tally.bytes, b.tally.read = b.tally.learners+1, b.tally.unchanged+r.unchanged, b.tally.bytes+r.bytes, b.tally.read+1
		if r.err != nil {
			b.tally.failed++
			b.failures = append(b.failures, reportFailure{data[i].UserID, r.err})
		}
	}
	b.tally.made = len(made)
	return made, nil
}

func nameOf(o db.ReportObject) objectName { return objectName{o.UserID, o.Edition, o.Lang, o.Format} }

// learner makes the reports of one learner. Whatever its data does to a renderer
// costs no other learner anything.
func (b *reportBlockWork) learner(ctx context.Context, cores chan struct{}, data db.ReportData, stored map[objectName]db.ReportObject) (r learnerReports) {
	var rendered []renderedReport
	func() {
		cores <- struct{}{}
		defer func() {
			<-cores
			if p := recover(); p != nil {
				r.err = fmt.Errorf("the report cannot be laid out: %v", p)
			}
		}()
		rendered, r.unchanged, r.err = b.render(ctx, data, stored)
	}()
	if r.err != nil {
		return r
	}
	for _, o := range rendered {
		if err := b.store.Put(ctx, o.Object); err != nil {
			r.err = err
			return r
		}
		r.made = append(r.made, o.row)
		r.bytes += o.row.Size
	}
	return r
}

// renderedReport is an object and what is recorded of it.
type renderedReport struct {
	store.Object
	row db.ReportObject
}

// render lays out what has changed of a learner's reports.
func (b *reportBlockWork) render(ctx context.Context, data db.ReportData, stored map[objectName]db.ReportObject) (out []renderedReport, unchanged int, err error) {
	doc := report.Build(data, b.calibration, b.week)
	doc.Provenance = report.Provenance{RunID: b.Run.ID.String(), GeneratedAt: b.Now, Program: b.version}
	for _, v := range b.variants {
		var todo []report.Format
		hash := b.contentHash(doc, v)
		for _, f := range b.formats {
			was, ok := stored[b.objectName(doc.Learner, v, f)]
			if ok && !b.Request.Force && b.current(was, hash) {
				unchanged++
				continue
			}
			todo = append(todo, f)
		}
		if len(todo) == 0 {
			continue
		}
		bodies, err := b.renderer.render(ctx, doc, v, todo)
		if err != nil {
			return nil, unchanged, err
		}
		for i, f := range todo {
			out = append(out, b.object(doc, v, f, hash, bodies[i]))
		}
	}
	return out, unchanged, nil
}

func (b *reportWork) objectName(user string, v report.Variant, f report.Format) objectName {
	return objectName{user, string(v.Edition), string(v.Language), string(f)}
}

// contentHash names what an edition of a document says, and who lays it out.
func (b *reportWork) contentHash(doc report.Document, v report.Variant) string {
	return doc.For(v.Edition).Hash() + b.renderer.mark()
}

// current reports whether a stored object says the same already, in its place.
func (b *reportWork) current(was db.ReportObject, hash string) bool {
	return b.secret != nil && was.ContentHash == hash && was.URL == b.store.URL(b.key(was.UserID, was.Edition, was.Lang, was.Format))
}

func (b *reportWork) key(user, edition, lang, format string) string {
	return store.Key(b.secret, user, b.week.Monday.String(), edition, lang, format)
}

func (b *reportBlockWork) object(doc report.Document, v report.Variant, f report.Format, hash string, body []byte) renderedReport {
	o := store.Object{Key: b.key(doc.Learner, string(v.Edition), string(v.Language), string(f)), Body: body, ContentType: f.ContentType()}
	return renderedReport{o, db.ReportObject{UserID: doc.Learner, Week: b.week.Monday, Edition: string(v.Edition), Lang: string(v.Language),
		Format: string(f), Key: o.Key, URL: b.store.URL(o.Key), Size: int64(len(body)), Checksum: o.Checksum(), ContentHash: hash,
		RunID: b.Run.ID, GeneratedAt: b.Now}}
}

// removeOld deletes the objects whose places others have taken: the store, or
// the installation's secret, is another now.
func (b *reportBlockWork) removeOld(ctx context.Context) {
	_, errs := deleteReports(ctx, b.old, b.params.store(b.getenv))
	for _, err := range errs {
		b.Log.Warn("an old report could not be deleted", "error", err.Error())
	}
}
