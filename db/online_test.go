package db_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"sextant/db"
	"sextant/db/dbtest"
)

const sessionTable = `CREATE TABLE public.session (id text PRIMARY KEY, user_id text, started_at timestamptz, ended_at timestamptz, status text,
	created_at timestamptz NOT NULL DEFAULT now())`

func (b base) install(t *testing.T) {
	t.Helper()
	if err := b.InstallTriggers(t.Context(), 10*time.Second); err != nil {
		t.Fatal(err)
	}
}

func (b base) changes(t *testing.T) []db.Change {
	t.Helper()
	found, err := b.Changes(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// serve does with the changes that wait what a worker does, θ aside.
func (b base) serve(t *testing.T) (out db.SessionSync) {
	t.Helper()
	waiting := b.changes(t)
	b.inTx(t, func(tx *db.Tx) error {
		claimed, err := tx.ClaimChanges(t.Context(), waiting)
		if err != nil {
			return err
		}
		var sessions, users []string
		for _, c := range claimed {
			sessions, users = append(sessions, c.SessionID), append(users, c.UserID)
		}
		if out, err = tx.SyncSessions(t.Context(), sessions, users); err != nil {
			return err
		}
		return tx.FinishChanges(t.Context(), claimed)
	})
	return out
}

// Whatever happens to exam_results, serving the trigger's changes leaves what
// reading all would.
func TestServingChangesEqualsFullSync(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	b.sync(t, db.SyncOptions{})
	b.install(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		for batch := range rapid.IntRange(1, 3).Draw(rt, "batches") {
			edits, _ := editExams(rt)
			for _, e := range edits {
				b.exec(t, e)
			}
			rev, hash := b.dayTruth(t)
			b.serve(t)
			newRev, newHash := b.dayTruth(t)
			checkDays(t, fmt.Sprintf("round %d batch %d", round, batch), rev, hash, newRev, newHash)
		}
		b.compareWithFull(t, fmt.Sprintf("round %d", round), "")
	})
}

func TestServingReadsLogsBySessionOrLearner(t *testing.T) {
	t.Parallel()
	for source, make := range map[db.Source][]string{
		db.SourceAttempt: {`CREATE TABLE attempt (id bigint PRIMARY KEY, student_id uuid, item_id bigint, correct bool, completed_at timestamptz, session_id text)`,
			`INSERT INTO attempt VALUES (1, gen_random_uuid(), 7, true, now() - interval '1 hour', 's1'), (2, gen_random_uuid(), 7, true, now(), 's2')`},
		db.SourceResponses: {`CREATE TABLE responses (user_id text, item_id bigint, is_correct bool, responded_at timestamptz)`,
			`INSERT INTO responses VALUES ('ann', 7, true, now() - interval '1 hour'), ('bob', 7, true, now())`},
	} {
		b := migrated(t, append([]string{sessionTable, `INSERT INTO session (id, user_id) VALUES ('s1', 'ann'), ('s2', 'bob')`}, make...)...)
		b.sync(t, db.SyncOptions{})
		b.install(t)
		if source == db.SourceAttempt {
			b.exec(t, `UPDATE attempt SET correct = false WHERE id = 1`)
			b.exec(t, `INSERT INTO attempt VALUES (3, gen_random_uuid(), 8, true, now(), 's1')`)
		} else {
			b.exec(t, `UPDATE responses SET is_correct = false WHERE user_id = 'ann'`)
			b.exec(t, `INSERT INTO responses VALUES ('ann', 8, true, now())`)
		}
		b.exec(t, `UPDATE session SET ended_at = now() WHERE id = 's1'`)
		b.exec(t, `UPDATE session SET status = 'completed' WHERE id = 's1'`) // it has finished already
		b.exec(t, `UPDATE session SET started_at = now() WHERE id = 's2'`)   // it has not
		diff(t, "log", b.rows(t, `SELECT source, op, session_id, user_id FROM sextant.change`), "session|finish|s1|ann")
		out := b.serve(t)
		diff(t, "learners", strings.Join(out.Learners, " "), "ann")
		diff(t, "answers", b.rows(t, `SELECT user_id, item_id, correct FROM sextant.answer ORDER BY 1, 2`),
			"ann|7|false\nann|8|true\nbob|7|true")
		b.compareWithFull(t, string(source), "")
	}
}

// The platform's own statements go through whatever is wrong with the log, and
// nothing of them waits for it.
func TestTriggerNeverFailsThePlatform(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable, sessionTable)
	b.install(t)
	write := func(what string) {
		t.Helper()
		b.exec(t, `SET statement_timeout = '20s'`)
		b.exam(t, what, "ann", `[]`)
		b.exec(t, `INSERT INTO session (id, user_id, status) VALUES ($1, 'ann', 'completed')`, what)
	}
	write("healthy")
	if n := len(b.changes(t)); n != 2 {
		t.Errorf("%d changes, want 2", n)
	}

	t.Run("log locked", func(t *testing.T) {
		tx, err := b.sql.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(background()) }()
		if _, err := tx.Exec(t.Context(), `LOCK TABLE sextant.change IN ACCESS EXCLUSIVE MODE`); err != nil {
			t.Fatal(err)
		}
		write("locked") // would wait for ever
	})
	t.Run("role without rights", func(t *testing.T) {
		role := b.role(t, "platform")
		b.exec(t, `GRANT INSERT, SELECT, UPDATE ON exam_results TO `+role)
		err := pgx.BeginFunc(t.Context(), b.sql, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `SET LOCAL ROLE `+role+`; INSERT INTO exam_results (session_id, user_id, result_json) VALUES ('theirs', 'bob', '{}')`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "log", b.rows(t, `SELECT op FROM sextant.change WHERE session_id = 'theirs'`), "insert")
	})
	t.Run("log missing", func(t *testing.T) {
		b.exec(t, `ALTER TABLE sextant.change RENAME TO elsewhere`)
		write("missing")
		b.exec(t, `ALTER TABLE sextant.elsewhere RENAME TO change`)
		b.exec(t, `ALTER TABLE sextant.change ADD CONSTRAINT unfit CHECK (op = 'never') NOT VALID`)
		write("unfit")
	})
	if n := value[int](t, b, `SELECT count(*) FROM exam_results`); n != 5 {
		t.Errorf("%d sessions are there, want 5", n)
	}
	if err := b.RemoveTriggers(t.Context(), 10*time.Second); err != nil {
		t.Fatal(err)
	}
	diff(t, "left behind", b.rows(t, `SELECT tgname FROM pg_trigger WHERE tgname ~ 'sextant'
		UNION ALL SELECT proname FROM pg_proc WHERE proname ~ '^sextant_change'`), "")
	write("removed")
}

func TestTriggerInstallation(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	if err := b.InstallTriggers(t.Context(), time.Second); !errors.Is(err, db.ErrNoTriggerTable) {
		t.Errorf("no table: %v", err)
	}
	b.exec(t, examTable)
	b.exec(t, `CREATE VIEW session AS SELECT 's'::text AS id, 'u'::text AS user_id, now() AS ended_at`)
	b.install(t)
	b.install(t) // again is no error
	states, err := b.Triggers(t.Context())
	if err != nil || len(states) != 2 {
		t.Fatal(states, err)
	}
	if e, s := states[0], states[1]; !e.Present || !e.Installed || s.Present || s.Installed {
		t.Errorf("states %+v", states)
	}
	b.exec(t, `ALTER TABLE exam_results DISABLE TRIGGER sextant_change_exam_results_update`)
	if states, err = b.Triggers(t.Context()); err != nil || states[0].Installed {
		t.Errorf("one disabled: %+v, %v", states, err)
	}

	// A platform transaction holds the table: the installation gives up, and no
	// write of the platform waits behind it meanwhile.
	tx, err := b.sql.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(background()) }()
	if _, err := tx.Exec(t.Context(), `INSERT INTO exam_results (session_id, user_id, result_json) VALUES ('open', 'ann', '{}')`); err != nil {
		t.Fatal(err)
	}
	b.exec(t, `SET statement_timeout = '20s'`)
	failed := make(chan error, 1)
	go func() { failed <- b.InstallTriggers(t.Context(), time.Second) }()
	for i := range 20 {
		b.exam(t, fmt.Sprint("meanwhile", i), "bob", `[]`)
	}
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "in use by a long transaction") {
		t.Errorf("held table: %v", err)
	}
}

// A bulk re-grade leaves one note, from which its sessions are found.
func TestTriggerNotesABulkUpdateOnce(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable, `INSERT INTO exam_results (session_id, user_id, result_json)
		SELECT 's' || i, 'u' || i % 100, '{"questions": [{"question_id": 1, "is_correct": true}]}' FROM generate_series(1, 10001) i`)
	b.sync(t, db.SyncOptions{})
	b.install(t)
	b.exec(t, `UPDATE exam_results SET result_json = '{"questions": [{"question_id": 1, "is_correct": false}]}', updated_at = clock_timestamp()`)
	diff(t, "log", b.rows(t, `SELECT source, op, session_id, user_id FROM sextant.change`), "exam_results|many|∅|∅")
	note := b.changes(t)[0]
	b.inTx(t, func(tx *db.Tx) error {
		if !note.Many() {
			t.Error("the note does not say that it stands for many")
		}
		if err := tx.NoteChanged(t.Context(), note.At.Add(-time.Hour)); err != nil {
			return err
		}
		return tx.FinishChanges(t.Context(), []db.Change{note})
	})
	if n := value[int](t, b, `SELECT count(DISTINCT session_id) FROM sextant.change WHERE op = 'search'`); n != 10001 {
		t.Errorf("%d sessions noted, want 10001", n)
	}
	b.exec(t, `UPDATE exam_results SET updated_at = clock_timestamp() WHERE session_id = 's1'`)
	diff(t, "one more", b.rows(t, `SELECT op, session_id, user_id FROM sextant.change WHERE op = 'update'`), "update|s1|u1")
}

// Two workers that see the same changes never serve one twice.
func TestClaimedOnce(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	other := dbtest.Open(t, b.url)
	b.exec(t, `INSERT INTO sextant.change (source, op, session_id, user_id) VALUES ('exam_results', 'insert', 's1', 'ann'), ('exam_results', 'insert', 's2', 'ann'),
		('exam_results', 'insert', 's3', 'bob'), ('exam_results', 'delete', 's4', NULL)`)
	waiting := b.changes(t)
	claim := func(tx *db.Tx) string {
		got, err := tx.ClaimChanges(t.Context(), waiting)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range got {
			names = append(names, c.SessionID)
		}
		return strings.Join(names, " ")
	}
	b.inTx(t, func(tx *db.Tx) error {
		got, err := tx.ClaimChanges(t.Context(), waiting[:1])
		if err != nil || len(got) != 2 { // all that waits for ann, whatever was named
			t.Fatal(got, err)
		}
		err = other.InTx(t.Context(), func(second *db.Tx) error {
			diff(t, "while ann is held", claim(second), "s3 s4")
			return second.FinishChanges(t.Context(), waiting[2:])
		})
		if err != nil {
			t.Fatal(err)
		}
		return tx.FinishChanges(t.Context(), got)
	})
	b.inTx(t, func(tx *db.Tx) error {
		diff(t, "what is left", claim(tx), "")
		return nil
	})
}

func TestSearchFindsWhatTheLogLacks(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	search := func() int64 {
		t.Helper()
		n, _, err := b.FindUnserved(t.Context(), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := search(); n != 0 {
		t.Errorf("%d found before the first sync", n)
	}
	b.exam(t, "old", "ann", `[{"question_id": 1, "is_correct": true}]`)
	b.sync(t, db.SyncOptions{})
	if n := search(); n != 0 { // its answer is of last spring
		t.Errorf("%d found in a synced database", n)
	}
	b.exam(t, "new", "ann", `[{"question_id": 1, "is_correct": false}]`)
	b.exec(t, `UPDATE exam_results SET created_at = now() WHERE session_id = 'new'`)
	if n := search(); n != 1 {
		t.Errorf("%d found, want the unread session", n)
	}
	if n := search(); n != 0 {
		t.Errorf("%d found again while the first waits", n)
	}
	b.serve(t)
	if n := search(); n != 1 { // answers without θ
		t.Errorf("%d found, want the learner without θ", n)
	}
	diff(t, "log", b.rows(t, `SELECT op, session_id, user_id FROM sextant.change`), "search|∅|ann")
}
