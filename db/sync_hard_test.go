package db_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sextant/db"
)

// trySync syncs and gives the error.
func (b base) trySync(ctx context.Context, o db.SyncOptions) error {
	return b.InTx(ctx, func(tx *db.Tx) error {
		_, err := tx.Sync(ctx, o)
		return err
	})
}

// An attempt table whose ids nothing holds to be there and unique costs the rows
// that break the rule, in a full and in an incremental sync alike.
func TestAttemptIDsMissingOrTwice(t *testing.T) {
	t.Parallel()
	b := migrated(t, `CREATE TABLE attempt (id bigint, student_id text, item_id bigint, correct bool, completed_at timestamptz)`,
		`INSERT INTO attempt VALUES
			(1, 'ann', 10, true, now() - interval '30 days'),
			(2, 'bea', 10, true, now() - interval '30 days'), (2, 'bea', 10, false, now() - interval '20 days'),
			(NULL, 'cho', 10, true, now() - interval '1 day'), (NULL, 'cho', 10, true, now() - interval '1 day'),
			(3, 'dan', 11, true, now() - interval '2 days'), (3, 'dan', 11, true, now() - interval '2 days')`)
	const answers = `SELECT user_id, item_id, correct FROM sextant.answer ORDER BY 1`
	const aside = `SELECT reason, count(*), sum((resolved_at IS NULL)::int) FROM sextant.quarantine GROUP BY 1 ORDER BY 1`
	want := "ann|10|true\nbea|10|true\ndan|11|true"
	b.sync(t, db.SyncOptions{})
	diff(t, "answers", b.rows(t, answers), want)
	diff(t, "set aside", b.rows(t, aside), "duplicate_id|2|2\nno_id|2|2")

	// A second row of an old id arrives within the window that is read again.
	b.exec(t, `INSERT INTO attempt VALUES (1, 'ann', 10, false, now())`)
	for range 2 {
		b.sync(t, db.SyncOptions{})
		diff(t, "answers after a late duplicate", b.rows(t, answers), want)
		diff(t, "set aside then", b.rows(t, aside), "duplicate_id|3|3\nno_id|2|2")
	}
	b.exec(t, `DELETE FROM attempt WHERE id IS NULL OR NOT correct`)
	b.exec(t, `DELETE FROM attempt WHERE ctid = (SELECT max(ctid) FROM attempt WHERE id = 3)`)
	b.exec(t, `ALTER TABLE attempt ADD PRIMARY KEY (id)`)
	b.sync(t, db.SyncOptions{Full: true})
	diff(t, "answers once mended", b.rows(t, answers), want)
	diff(t, "nothing is aside", b.rows(t, aside), "duplicate_id|3|0\nno_id|2|0")
}

// Views that others put on sextant.answer go with it through a full sync; what
// cannot be moved stops the sync before its work, with the way out.
func TestFullSyncMovesTheViewsOnAnswers(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable,
		`CREATE VIEW public.by_item WITH (security_barrier=true) AS SELECT item_id, count(*) AS n FROM sextant.answer GROUP BY 1`,
		`CREATE VIEW public.above AS SELECT sum(n) AS n FROM public.by_item`, `GRANT SELECT ON public.by_item TO PUBLIC`)
	b.exam(t, "s", "u", `[{"question_id": 1, "is_correct": true}, {"question_id": 2, "is_correct": true}]`)
	const rights = `SELECT reloptions, relacl FROM pg_class WHERE relname = 'by_item'`
	before := b.rows(t, rights)
	for range 2 {
		b.sync(t, db.SyncOptions{Full: true})
		diff(t, "through the views", b.rows(t, `SELECT n FROM public.above`), "2")
		diff(t, "options and grants", b.rows(t, rights), before)
	}
	b.exec(t, `CREATE MATERIALIZED VIEW public.kept AS SELECT count(*) FROM sextant.answer`)
	err := b.trySync(t.Context(), db.SyncOptions{Full: true})
	if err == nil || !strings.Contains(err.Error(), "kept stands on sextant.answer") {
		t.Errorf("with a materialized view: %v", err)
	}
	diff(t, "answers", b.rows(t, `SELECT count(*) FROM sextant.answer`), "2")
}

// While a full sync reads, previews go on: they meet what stood before.
func TestPreviewsGoOnDuringAFullSync(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	b.exam(t, "s", "u", `[{"question_id": 1, "is_correct": true}]`)
	b.sync(t, db.SyncOptions{})
	// The sync stops where it reads the source: another session holds that.
	hold, err := b.sql.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback(background())
	if _, err := hold.Exec(t.Context(), `LOCK TABLE exam_results IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- b.trySync(background(), db.SyncOptions{Full: true}) }()
	b.awaitLockWait(t)
	look, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var n int
	if err := b.sql.QueryRow(look, `SELECT count(*) FROM sextant.source_session JOIN sextant.answer USING (session_id)`).Scan(&n); err != nil || n != 1 {
		t.Errorf("a look during a full sync: %d, %v", n, err)
	}
	if err := hold.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A source that lacks what reading needs is refused in one line that names it.
func TestSourcesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ table, want string }{
		"no update time":   {`CREATE TABLE exam_results (session_id text, user_id text, status text, result_json jsonb, created_at timestamptz)`, "column updated_at"},
		"json, not jsonb":  {strings.Replace(examTable, "jsonb", "json", 1), "result_json as jsonb (it is json)"},
		"other names":      {`CREATE TABLE responses (learner text, item_id text, is_correct bool, responded_at timestamptz)`, "column user_id"},
		"attempt, no item": {`CREATE TABLE attempt (id bigint, student_id uuid, correct bool, completed_at timestamptz)`, "column item_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := migrated(t, c.table)
			err := b.trySync(t.Context(), db.SyncOptions{})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "sextant doctor") {
				t.Errorf("sync: %v, want it to name %q", err, c.want)
			}
			if _, err := b.Unsynced(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("unsynced: %v", err)
			}
		})
	}
}

// A source that goes away between runs takes nothing with it.
func TestASourceThatIsGoneRemovesNothing(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	b.exam(t, "s", "u", `[{"question_id": 1, "is_correct": true}]`)
	b.sync(t, db.SyncOptions{})
	const all = `SELECT (SELECT count(*) FROM sextant.answer), (SELECT count(*) FROM sextant.learner), (SELECT count(*) FROM sextant.source_session)`
	before := b.rows(t, all)
	b.exec(t, `ALTER TABLE exam_results RENAME TO elsewhere`)
	for _, o := range []db.SyncOptions{{}, {Full: true}} {
		err := b.trySync(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), "the source exam_results, read so far, is gone, and there is no other: bring it back") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	diff(t, "what stood", b.rows(t, all), before)
}
