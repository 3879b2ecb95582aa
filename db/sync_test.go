package db_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sextant/db"
	"sextant/db/dbtest"
)

const answersOf = `SELECT user_id, item_id, correct, session_id, to_char(answered_at AT TIME ZONE 'UTC', 'MM-DD HH24:MI') FROM sextant.answer
	ORDER BY source_key, position`

func TestUnchangedSyncWritesNothing(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"exam_results", "attempt", "responses"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			b := migrated(t, examTable, `CREATE TABLE responses (user_id text, item_id text, is_correct bool, responded_at timestamptz)`, attemptTable,
				`INSERT INTO exam_results (session_id, user_id, result_json, created_at)
					SELECT 's' || n, 'u' || n % 3, '{"questions": [{"question_id": 1, "is_correct": true, "topic": "t"}, {"question_id": "x"}]}',
						now() - n * interval '5 hours' FROM generate_series(1, 20) n`,
				`INSERT INTO responses SELECT 'u' || n % 3, n, n % 2 = 0, now() - n * interval '12 hours' FROM generate_series(1, 20) n`,
				`INSERT INTO attempt (id, student_id, item_id, correct, completed_at, session_id)
					SELECT n, gen_random_uuid(), n, true, now() - n * interval '12 hours', 'unknown' FROM generate_series(1, 20) n`)
			first := b.sync(t, db.SyncOptions{Source: db.Source(source)})
			if first.Answers != 20 || first.Mode != "full" {
				t.Fatalf("first sync: %+v", first)
			}
			const rows = `SELECT 'answer' AS tab, xmin, source_key AS key FROM sextant.answer
				UNION ALL SELECT 'learner', xmin, user_id FROM sextant.learner
				UNION ALL SELECT 'day', xmin, day::text FROM sextant.answer_day
				UNION ALL SELECT 'tally', xmin, user_id || topic_id || day FROM sextant.answer_tally
				UNION ALL SELECT 'session', xmin, session_id FROM sextant.source_session ORDER BY 1, 3`
			before := b.rows(t, rows)
			for _, due := range []bool{false, true} {
				if due {
					b.dueReconciliation(t)
				}
				if r := b.sync(t, db.SyncOptions{}); r.Answers+r.Removed+r.Days+r.Sessions != 0 {
					t.Errorf("a sync with nothing new, reconciliation due %v: %+v", due, r)
				}
				diff(t, "rows", b.rows(t, rows), before)
			}
			if n, err := b.Unsynced(t.Context()); n != 0 || err != nil {
				t.Errorf("unsynced: %d, %v; want none", n, err)
			}
		})
	}
}

func TestFullSyncOfTheSameMarksNoDay(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	b.exam(t, "s", "u", `[{"question_id": 1, "is_correct": true}, {"question_id": 2, "is_correct": false, "topic": "t"}]`)
	b.sync(t, db.SyncOptions{})
	before := b.rows(t, `SELECT day, revision FROM sextant.answer_day`)
	if r := b.sync(t, db.SyncOptions{Full: true}); r.Mode != "full" || r.Days != 0 {
		t.Errorf("full sync of the same: %+v", r)
	}
	diff(t, "revisions", b.rows(t, `SELECT day, revision FROM sextant.answer_day`), before)
	// A value that wanders from one field to the next is a change.
	b.exec(t, `UPDATE sextant.answer SET topic_id = NULL, session_id = topic_id WHERE topic_id = 't'`)
	if r := b.sync(t, db.SyncOptions{Full: true}); r.Days != 1 {
		t.Errorf("full sync over an answer that differs: %+v", r)
	}
}

// A re-grade replaces the session's answers, moves no day, and marks the days it touched.
func TestRegrade(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	b.exam(t, "s", "u", `[{"question_id": 1, "is_correct": false}, {"question_id": 2, "is_correct": true}, {"question_id": "x"}]`)
	b.exam(t, "other", "v", `[{"question_id": 1, "is_correct": false}]`)
	b.exec(t, `UPDATE exam_results SET created_at = '2026-03-02 10:00Z' WHERE session_id = 'other'`)
	b.sync(t, db.SyncOptions{})
	days := b.rows(t, `SELECT day FROM sextant.answer_day WHERE day = '2026-03-02' AND revision = (SELECT max(revision) FROM sextant.answer_day)`)
	b.exam(t, "s", "u", `[{"question_id": 1, "is_correct": true}]`)
	r := b.sync(t, db.SyncOptions{})
	if r.Mode != "changes" || r.Sessions != 1 || r.Answers != 1 || r.Removed != 2 || r.Days != 1 {
		t.Errorf("sync after a re-grade: %+v; %s", r, days)
	}
	diff(t, "answers", b.rows(t, answersOf), "v|1|false|other|03-02 10:00\nu|1|true|s|03-01 10:00")
	diff(t, "the newest day", b.rows(t, `SELECT day FROM sextant.answer_day ORDER BY revision DESC LIMIT 1`), "2026-03-01")
	diff(t, "quarantine", b.rows(t, `SELECT reason, times_seen, resolved_at IS NOT NULL FROM sextant.quarantine ORDER BY reason`),
		"bad_item|1|true\nno_verdict|1|true")
}

func TestQuarantineCountsAndCloses(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	const seen = `SELECT position, reason, raw ->> 'question_id' AS id, times_seen, last_seen > first_seen AS again, resolved_at IS NOT NULL AS resolved
		FROM sextant.quarantine ORDER BY position, reason`
	b.exam(t, "s", "u", `[{"question_id": "a", "is_correct": true}, {"question_id": "b", "is_correct": true}]`)
	b.sync(t, db.SyncOptions{})
	diff(t, "first", b.rows(t, seen), "1|bad_item|a|1|false|false\n2|bad_item|b|1|false|false")
	b.exam(t, "s", "u", `[{"question_id": "c", "is_correct": true}, {"question_id": 2, "is_correct": true}]`)
	b.sync(t, db.SyncOptions{})
	diff(t, "one mended", b.rows(t, seen), "1|bad_item|c|2|true|false\n2|bad_item|b|1|false|true")
	b.exam(t, "s", "u", `[{"question_id": 1, "is_correct": true}, {"question_id": "d", "is_correct": true}]`)
	b.sync(t, db.SyncOptions{Full: true})
	diff(t, "the other, and the first again", b.rows(t, seen), "1|bad_item|c|2|true|true\n2|bad_item|d|2|true|false")
	b.exec(t, `DELETE FROM exam_results`)
	b.dueReconciliation(t)
	b.sync(t, db.SyncOptions{})
	diff(t, "the session gone", b.rows(t, `SELECT bool_and(resolved_at IS NOT NULL) FROM sextant.quarantine`), "true")
}

func TestQuarantineOfALogCloses(t *testing.T) {
	t.Parallel()
	b := migrated(t, `CREATE TABLE responses (user_id text, item_id text, is_correct bool, responded_at timestamptz)`,
		`INSERT INTO responses VALUES ('u', '1', NULL, now() - interval '1 hour')`)
	b.sync(t, db.SyncOptions{})
	b.sync(t, db.SyncOptions{})
	diff(t, "seen twice", b.rows(t, `SELECT reason, times_seen, resolved_at IS NULL FROM sextant.quarantine`), "no_verdict|2|true")
	b.exec(t, `UPDATE responses SET is_correct = true`)
	b.sync(t, db.SyncOptions{})
	diff(t, "mended", b.rows(t, `SELECT reason, times_seen, resolved_at IS NULL FROM sextant.quarantine`), "no_verdict|2|false")
}

// What no updated_at shows is found by reconciliation: the next sync of the night.
func TestReconciliationFindsWhatUpdatedAtHides(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	for i := range 5 {
		b.exam(t, fmt.Sprint("s", i), "u", `[{"question_id": 1, "is_correct": true}]`)
	}
	b.exec(t, `UPDATE exam_results SET updated_at = now() - interval '1 day'`)
	b.exam(t, "new", "v", `[]`)
	b.sync(t, db.SyncOptions{})
	b.exec(t, `DELETE FROM exam_results WHERE session_id = 's0'`)
	b.exec(t, `UPDATE exam_results SET user_id = 'w' WHERE session_id = 's1'`)
	b.exec(t, `UPDATE exam_results SET created_at = '2026-02-01 10:00Z' WHERE session_id = 's2'`)
	b.exec(t, `UPDATE exam_results SET status = 'voided' WHERE session_id = 's3'`)
	b.exec(t, `INSERT INTO exam_results (session_id, user_id, result_json, updated_at)
		VALUES ('late', 'u', '{"questions": [{"question_id": 2, "is_correct": true}]}', now() - interval '3 hours')`)
	if r := b.sync(t, db.SyncOptions{}); r.Mode != "changes" || r.Sessions != 0 {
		t.Errorf("before reconciliation: %+v", r)
	}
	b.dueReconciliation(t)
	if r := b.sync(t, db.SyncOptions{}); r.Mode != "reconciled" || r.Sessions != 5 {
		t.Errorf("reconciliation: %+v", r)
	}
	diff(t, "answers", b.rows(t, answersOf), strings.TrimSpace(`
u|2|true|late|03-01 10:00
w|1|true|s1|03-01 10:00
u|1|true|s2|02-01 10:00
u|1|true|s4|03-01 10:00`))
	diff(t, "learners", b.rows(t, `SELECT user_id, answers, sessions, to_char(first_at AT TIME ZONE 'UTC', 'MM-DD') FROM sextant.learner ORDER BY 1`),
		"u|3|3|02-01\nw|1|1|03-01")
	if r := b.sync(t, db.SyncOptions{}); r.Mode != "changes" {
		t.Errorf("reconciled again within the day: %+v", r)
	}
}

// A platform transaction open for two hours commits with the updated_at of its begin.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	b.exam(t, "old", "u", `[{"question_id": 1, "is_correct": true}]`)
	late, err := b.sql.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer late.Rollback(background())
	for session, ago := range map[string]string{"half an hour": "30 minutes", "two hours": "2 hours"} {
		if _, err := late.Exec(t.Context(), `INSERT INTO exam_results (session_id, user_id, result_json, updated_at)
			VALUES ($1, 'u', '{"questions": [{"question_id": 2, "is_correct": true}]}', now() - $2::text::interval)`, session, ago); err != nil {
			t.Fatal(err)
		}
	}
	b.exec(t, `UPDATE exam_results SET updated_at = now()`)
	b.sync(t, db.SyncOptions{})
	if err := late.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := b.sync(t, db.SyncOptions{}); r.Sessions != 1 {
		t.Errorf("within the overlap: %+v, want the one half an hour old", r)
	}
	b.dueReconciliation(t)
	if r := b.sync(t, db.SyncOptions{}); r.Sessions != 1 {
		t.Errorf("reconciliation: %+v, want the one two hours old", r)
	}
	if n := value[int](t, b, `SELECT count(*) FROM sextant.answer`); n != 3 {
		t.Errorf("%d answers, want 3", n)
	}
}

func TestTwoSyncsAtOnce(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable, `INSERT INTO exam_results (session_id, user_id, result_json)
		SELECT 's' || n, 'u' || n % 7, '{"questions": [{"question_id": 1, "is_correct": true}, {"question_id": "x", "is_correct": true}]}'
		FROM generate_series(1, 200) n`)
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			err := b.InTx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Sync(t.Context(), db.SyncOptions{Full: i%3 == 0})
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	diff(t, "answers", b.rows(t, `SELECT count(*), (SELECT sum(answers) FROM sextant.learner),
		(SELECT count(*) FROM sextant.quarantine WHERE resolved_at IS NULL) FROM sextant.answer`), "200|200|200")
}

// A sync that began earlier but got its turn later must not date the quarantine back.
func TestWaitingSyncTakesTheTimeOfItsTurn(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	b.exam(t, "s", "u", `[{"question_id": "x", "is_correct": true}]`)
	begun := make(chan struct{})
	goOn := make(chan struct{})
	done := make(chan error)
	go func() {
		done <- b.InTx(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Revision(t.Context(), day(t, "2026-03-01"), day(t, "2026-03-01")); err != nil {
				return err
			}
			close(begun)
			<-goOn
			_, err := tx.Sync(t.Context(), db.SyncOptions{})
			return err
		})
	}()
	<-begun
	b.sync(t, db.SyncOptions{})
	b.exam(t, "s", "u", `[{"question_id": 1, "is_correct": true}]`)
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	diff(t, "quarantine", b.rows(t, `SELECT times_seen, resolved_at > last_seen FROM sextant.quarantine`), "1|true")
}

func TestAnswersMoveWhenTheirSessionFindsItsLearner(t *testing.T) {
	t.Parallel()
	const student = `'11111111-2222-3333-4444-555555555555'`
	b := migrated(t, attemptTable, `CREATE TABLE session (id text PRIMARY KEY, user_id text)`, examTable,
		`INSERT INTO attempt (id, student_id, item_id, correct, completed_at, session_id) VALUES
			(1, `+student+`, 1, true, now() - interval '100 days', 'a'), (2, NULL, 2, true, now() - interval '100 days', 'b'),
			(3, `+student+`, 3, true, now() - interval '1 day', 'c'), (4, `+student+`, 4, true, now() - interval '100 days', 'd')`)
	const who = `SELECT item_id, user_id FROM sextant.answer ORDER BY 1`
	b.sync(t, db.SyncOptions{})
	diff(t, "before", b.rows(t, who), "1|11111111-2222-3333-4444-555555555555\n3|11111111-2222-3333-4444-555555555555\n4|11111111-2222-3333-4444-555555555555")
	b.exec(t, `INSERT INTO session VALUES ('a', 'ann'), ('b', 'bea'), ('d', '')`)
	b.exam(t, "c", "cho", `[]`)
	b.sync(t, db.SyncOptions{})
	diff(t, "resolved", b.rows(t, who), "1|ann\n2|bea\n3|cho\n4|11111111-2222-3333-4444-555555555555")
	b.exec(t, `UPDATE session SET user_id = 'dan' WHERE id = 'd'`)
	b.sync(t, db.SyncOptions{})
	diff(t, "the last one", b.rows(t, who), "1|ann\n2|bea\n3|cho\n4|dan")
	diff(t, "learners", b.rows(t, `SELECT user_id, answers FROM sextant.learner ORDER BY 1`), "ann|1\nbea|1\ncho|1\ndan|1")
	if n := value[int](t, b, `SELECT count(*) FROM sextant.source_session`); n != 0 {
		t.Errorf("%d sessions still count as unresolved", n)
	}
}

func TestTheFirstSourceThatExistsIsRead(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	err := b.InTx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Sync(t.Context(), db.SyncOptions{})
		return err
	})
	if !errors.Is(err, db.ErrNoSource) {
		t.Errorf("without a source: %v, want ErrNoSource", err)
	}
	if n, err := b.Unsynced(t.Context()); n != 0 || err != nil {
		t.Errorf("unsynced without a source: %d, %v", n, err)
	}
	b.exec(t, examTable)
	b.exam(t, "s", "of exam_results", `[{"question_id": 1, "is_correct": true}]`)
	b.exec(t, `CREATE TABLE responses (user_id text, item_id text, is_correct bool, responded_at timestamptz)`)
	b.exec(t, `INSERT INTO responses VALUES ('of responses', '1', true, now())`)
	if r := b.sync(t, db.SyncOptions{}); r.Source != db.SourceResponses {
		t.Errorf("read from %s, want responses", r.Source)
	}
	// A better source that appears later is not mixed in.
	b.exec(t, attemptTable)
	b.exec(t, `INSERT INTO attempt (id, item_id, correct, completed_at, session_id) VALUES (1, 1, true, now(), 's')`)
	if r := b.sync(t, db.SyncOptions{}); r.Source != db.SourceResponses {
		t.Errorf("read from %s, want responses still", r.Source)
	}
	b.exec(t, `DROP TABLE responses`)
	err = b.InTx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Sync(t.Context(), db.SyncOptions{})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "responses") || !strings.Contains(err.Error(), "attempt, exam_results") {
		t.Errorf("after the source is gone: %v", err)
	}
	diff(t, "answers kept", b.rows(t, `SELECT user_id FROM sextant.answer`), "of responses")
	if r := b.sync(t, db.SyncOptions{Source: db.SourceAttempt}); r.Mode != "full" || r.Answers != 1 {
		t.Errorf("change of source: %+v", r)
	}
	diff(t, "answers replaced", b.rows(t, `SELECT user_id, source_key FROM sextant.answer`), "of exam_results|1")
	if r := b.sync(t, db.SyncOptions{Source: db.SourceExamResults}); r.Mode != "full" || r.Days != 2 {
		t.Errorf("change of source: %+v; want the days of both marked", r)
	}
	diff(t, "answers replaced again", b.rows(t, `SELECT user_id, source_key FROM sextant.answer`), "of exam_results|s")
	diff(t, "learners", b.rows(t, `SELECT user_id FROM sextant.learner`), "of exam_results")
	err = b.InTx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Sync(t.Context(), db.SyncOptions{Source: db.SourceResponses})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("a source that is not there: %v", err)
	}
}

func TestAttemptViewsAreReadAsWhatTheyStandOn(t *testing.T) {
	t.Parallel()
	const cast = `SELECT 1::bigint AS id, md5(user_id)::uuid AS student_id, (q ->> 'question_id')::bigint AS item_id, (q ->> 'is_correct')::bool AS correct,
		1 AS response_time_ms, false AS hint_used, 1 AS attempt_no, created_at AS started_at, created_at AS completed_at, session_id, q ->> 'topic' AS topic_id
		FROM exam_results, jsonb_array_elements(result_json -> 'questions') q`
	for name, c := range map[string]struct {
		views []string
		exams bool
	}{
		"a view":              {[]string{`CREATE VIEW attempt AS ` + cast}, true},
		"a view of a view":    {[]string{`CREATE VIEW below AS ` + cast, `CREATE VIEW attempt AS SELECT * FROM below`}, true},
		"a materialized view": {[]string{`CREATE MATERIALIZED VIEW attempt AS ` + cast + ` WITH NO DATA`}, true},
		"a view of a materialized view": {[]string{`CREATE MATERIALIZED VIEW below AS ` + cast + ` WITH NO DATA`,
			`CREATE VIEW attempt AS SELECT * FROM below`}, true},
		"a view on something else": {[]string{strings.Replace(attemptTable, "attempt", "log", 1),
			`INSERT INTO log (id, item_id, correct, completed_at, session_id) VALUES (1, 99, true, '2026-03-01Z', 's')`,
			`CREATE VIEW attempt AS SELECT * FROM log`}, false},
		"a partitioned table": {[]string{`CREATE TABLE attempt (id bigint, student_id uuid, item_id bigint, correct bool, response_time_ms int,
				hint_used bool, completed_at timestamptz, session_id text, topic_id text) PARTITION BY RANGE (completed_at)`,
			`CREATE TABLE attempt_1 PARTITION OF attempt DEFAULT`,
			`INSERT INTO attempt (id, item_id, correct, completed_at, session_id) VALUES (1, 99, true, '2026-03-01Z', 's')`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := migrated(t, append([]string{examTable}, c.views...)...)
			b.exam(t, "s", "u", `[{"question_id": 1, "is_correct": true}, {"question_id": "x", "is_correct": true}]`)
			r := b.sync(t, db.SyncOptions{})
			item, sessions := "99", int64(0)
			if c.exams {
				item, sessions = "1", 1
			}
			if r.Source != db.SourceAttempt || r.Answers != 1 || r.Sessions != sessions {
				t.Errorf("sync: %+v", r)
			}
			diff(t, "answers", b.rows(t, `SELECT user_id, item_id FROM sextant.answer`), "u|"+item)
			if r := b.sync(t, db.SyncOptions{}); r.Mode != "changes" || r.Answers != 0 {
				t.Errorf("second sync: %+v", r)
			}
		})
	}
}

// The platform replaces its view by a table, or the table by a view: the answers
// have other keys, and the two must not stand side by side.
func TestAttemptChangesItsKind(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable, `CREATE VIEW attempt AS SELECT session_id FROM exam_results`)
	b.exec(t, `INSERT INTO exam_results (session_id, user_id, result_json, created_at)
		VALUES ('s', 'u', '{"questions": [{"question_id": 1, "is_correct": true}]}', now() - interval '30 days')`)
	b.sync(t, db.SyncOptions{})
	b.exec(t, `DROP VIEW attempt`)
	b.exec(t, attemptTable)
	b.exec(t, `INSERT INTO attempt (id, item_id, correct, completed_at, session_id) SELECT 5, 1, true, created_at, 's' FROM exam_results`)
	if r := b.sync(t, db.SyncOptions{}); r.Mode != "full" {
		t.Errorf("a view became a table: %+v", r)
	}
	diff(t, "answers", b.rows(t, `SELECT source_key, user_id FROM sextant.answer`), "5|u")
	b.exec(t, `DROP TABLE attempt`)
	b.exec(t, `CREATE VIEW attempt AS SELECT session_id FROM exam_results`)
	if r := b.sync(t, db.SyncOptions{}); r.Mode != "full" {
		t.Errorf("a table became a view: %+v", r)
	}
	diff(t, "answers", b.rows(t, `SELECT source_key, user_id FROM sextant.answer`), "s|u")
}

func TestSwapKeepsOwnerAndGrants(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	suffix := strings.TrimPrefix(value[string](t, b, `SELECT current_database()`), "test_")
	owner, reader := "owner_"+suffix, `"Reader `+suffix+`"`
	b.exec(t, `CREATE ROLE `+owner+`; CREATE ROLE `+reader)
	t.Cleanup(func() {
		if _, err := b.sql.Exec(background(), `DROP OWNED BY `+owner+`, `+reader+` CASCADE; DROP ROLE `+owner+`, `+reader); err != nil {
			t.Error(err)
		}
	})
	b.exec(t, `ALTER TABLE sextant.answer OWNER TO `+owner+`; GRANT SELECT ON sextant.answer TO PUBLIC;
		GRANT SELECT, DELETE ON sextant.answer TO `+reader+` WITH GRANT OPTION; GRANT UPDATE (hints) ON sextant.answer TO `+reader)
	const rights = `SELECT relowner::regrole, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) a),
		(SELECT string_agg(attname || attacl::text, ' ') FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL) FROM pg_class c WHERE oid = 'sextant.answer'::regclass`
	before := b.rows(t, rights)
	b.sync(t, db.SyncOptions{})
	diff(t, "rights after a swap", b.rows(t, rights), before)
	diff(t, "indexes", b.rows(t, `SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'sextant.answer'::regclass ORDER BY 1::text`),
		"sextant.answer_pkey\nsextant.answer_user\nsextant.answer_moment")
}

func TestSessionTouchedReadsByIndex(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable, `INSERT INTO exam_results (session_id, user_id, result_json, updated_at)
		SELECT 's' || n, 'u', '{"questions": []}', now() - interval '1 day' FROM generate_series(1, 20000) n`, `ANALYZE exam_results`,
		`CREATE INDEX ON exam_results (updated_at)`)
	b.exam(t, "new", "v", `[]`)
	b.sync(t, db.SyncOptions{})
	b.exam(t, "s7", "u", `[{"question_id": 1, "is_correct": true}]`)
	before := b.settledReads(t)
	b.DB = dbtest.Open(t, b.url)
	r := b.sync(t, db.SyncOptions{})
	if after := b.settledReads(t); r.Sessions != 1 || after > before {
		t.Errorf("sync of one session (%+v) scanned %d rows", r, after-before)
	}
}

// settledReads closes Sextant's sessions, for a session that ends reports its
// statistics, and returns how many rows of exam_results were read in sequence.
func (b base) settledReads(t *testing.T) int64 {
	t.Helper()
	b.Close()
	const open = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sextant'`
	for start := time.Now(); value[int64](t, b, open) > 0; {
		if time.Since(start) > 10*time.Second {
			t.Fatal("the sessions do not end")
		}
	}
	return value[int64](t, b, `SELECT seq_tup_read FROM pg_stat_user_tables WHERE relid = 'exam_results'::regclass`)
}

// Sessions that lie in the order of time are read as they lie, others are
// sorted: to the same answers, in the order of time.
func TestFullSyncOfSessionsInOrderAndInDisorder(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable,
		`INSERT INTO exam_results (session_id, user_id, created_at, result_json)
			SELECT 's' || i, nullif('u' || i % 7, 'u0'), '2026-03-01Z'::timestamptz + i * 7919 % 97 * interval '1 hour',
			       CASE i WHEN 5 THEN '{"questions": {}}' WHEN 6 THEN '{}' ELSE
			       '{"questions": [{"question_id": 1, "is_correct": true, "used_hints": 2}, {"question_id": "x", "is_correct": 0, "used_hints": "0"},
			           {"question_id": 3, "is_correct": "no", "used_hints": 0.0, "topic": 5}, {"question_id": 4, "is_correct": 1, "used_hints": -1}]}'::jsonb END
			FROM generate_series(1, 100) i`, `ANALYZE exam_results`)
	state := func() string {
		b.sync(t, db.SyncOptions{Full: true})
		return b.rows(t, `SELECT source_key, position, user_id, item_id, correct, hints, topic_id, answered_at FROM sextant.answer ORDER BY 1, 2`) +
			b.rows(t, `SELECT source_key, position, reason, raw FROM sextant.quarantine ORDER BY 1, 2, 3`)
	}
	const disorder = `SELECT count(*) FROM (SELECT answered_at < lag(answered_at) OVER (ORDER BY ctid) AS back FROM sextant.answer) o WHERE back`
	sorted := state()
	if n := value[int](t, b, `SELECT count(*) FROM sextant.answer`); n != 252 {
		t.Fatalf("%d answers, want those to three items of 84 learners' sessions", n)
	}
	diff(t, "out of order", b.rows(t, disorder), "0")
	for _, sql := range []string{`CREATE INDEX by_time ON exam_results (created_at)`, `CLUSTER exam_results USING by_time`, `ANALYZE exam_results`} {
		b.exec(t, sql)
	}
	diff(t, "read as they lie", state(), sorted)
	if n := value[int](t, b, disorder); n > 10 {
		t.Errorf("answers lie out of order %d times", n)
	}
}

// A re-grade, an answer that goes away and one that arrives after newer ones
// change a learner's past, and whoever reads the answers from then on has seen it;
// a new session does not.
func TestSyncsNoteWhosePastChanged(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"changes", "sessions", "full"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			b := migrated(t, examTable, sessionTable)
			add := func(session, user, at, questions string) {
				t.Helper()
				b.exec(t, `INSERT INTO exam_results (session_id, user_id, created_at, result_json) VALUES ($1, $2, $3, jsonb_build_object('questions', $4::jsonb))`,
					session, user, at, questions)
			}
			const two = `[{"question_id": 1, "is_correct": true}, {"question_id": 2, "is_correct": false}]`
			for i, user := range []string{"regraded", "shorter", "gone", "late", "new", "idle"} {
				add("old "+user, user, fmt.Sprintf("2026-03-%02dT10:00:00Z", 10+i), two)
				add("newer "+user, user, fmt.Sprintf("2026-03-%02dT11:00:00Z", 20+i), two)
			}
			b.sync(t, db.SyncOptions{})
			if way == "full" {
				b.sync(t, db.SyncOptions{Full: true})
			}
			var seen int64
			read := func() {
				b.inTx(t, func(tx *db.Tx) (err error) {
					seen, err = tx.NewestRevision(t.Context())
					return err
				})
			}
			read()
			before := seen
			const past = `SELECT user_id FROM sextant.learner WHERE revised > 0 ORDER BY user_id`
			diff(t, "at first", b.rows(t, past), "")
			b.install(t)
			b.exam(t, "old regraded", "regraded", `[{"question_id": 1, "is_correct": false}, {"question_id": 2, "is_correct": false}]`)
			b.exam(t, "old shorter", "shorter", `[{"question_id": 1, "is_correct": true}]`)
			b.exec(t, `DELETE FROM exam_results WHERE session_id = 'old gone'`)
			add("late", "late", "2026-03-05T10:00:00Z", two)
			add("today's", "new", "2026-04-01T10:00:00Z", two)
			switch way {
			case "changes":
				b.dueReconciliation(t)
				b.sync(t, db.SyncOptions{})
			case "sessions":
				b.serve(t)
			case "full":
				b.sync(t, db.SyncOptions{Full: true})
			}
			diff(t, "whose past changed", b.rows(t, past), "gone\nlate\nregraded\nshorter")
			read()
			if n := value[int](t, b, `SELECT count(*) FROM sextant.learner WHERE revised > $1 AND revised <= $2`, before, seen); n != 4 {
				t.Errorf("%d learners were noted between revisions %d and %d, want 4", n, before, seen)
			}
			noted := b.rows(t, `SELECT user_id, revised FROM sextant.learner ORDER BY 1`)
			b.sync(t, db.SyncOptions{Full: true})
			diff(t, "after reading everything again", b.rows(t, `SELECT user_id, revised FROM sextant.learner ORDER BY 1`), noted)
		})
	}
}
