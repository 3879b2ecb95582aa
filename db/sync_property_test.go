package db_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sextant/db"
)

// synced is all that a sync keeps, apart from when it learned of it.
var synced = map[string]string{
	"answers":  `SELECT * FROM sextant.answer ORDER BY source_key, position`,
	"learners": `SELECT user_id, first_at, last_at, answers, sessions FROM sextant.learner ORDER BY user_id`,
	"sessions": `SELECT session_id, user_id, status, created_at, updated_at FROM sextant.source_session ORDER BY session_id`,
	"tallies":  `SELECT user_id, topic_id, day, attempts, correct FROM sextant.answer_tally ORDER BY user_id, topic_id, day`,
	"open quarantine": `SELECT source, source_key, position, reason, raw FROM sextant.quarantine WHERE resolved_at IS NULL
		ORDER BY source, source_key, position, reason`,
}

func (b base) synced(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for what, sql := range synced {
		out[what] = b.rows(t, sql)
	}
	return out
}

const dayHashes = `SELECT (answered_at AT TIME ZONE 'UTC')::date AS day, md5(string_agg(a::text, ' ' ORDER BY source_key, position)) AS hash
	FROM sextant.answer a GROUP BY 1 ORDER BY 1`

// dayTruth gives each day's revision and the hash of its answers.
func (b base) dayTruth(t *testing.T) (revisions, hashes map[string]string) {
	t.Helper()
	read := func(sql string) map[string]string {
		m := map[string]string{}
		for _, line := range b.lines(t, sql) {
			k, v, _ := strings.Cut(line, "|")
			m[k] = v
		}
		return m
	}
	return read(`SELECT day, revision FROM sextant.answer_day`), read(dayHashes)
}

// checkDays requires a new revision of exactly the days whose answers changed.
func checkDays(t *testing.T, what string, oldRev, oldHash, newRev, newHash map[string]string) {
	t.Helper()
	for d := range union(oldHash, newHash) {
		if changed, marked := oldHash[d] != newHash[d], oldRev[d] != newRev[d]; changed != marked {
			t.Errorf("%s: %s changed %v, marked %v", what, d, changed, marked)
		}
	}
}

func union(a, b map[string]string) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// compareWithFull requires that a full sync of the same source changes nothing.
func (b base) compareWithFull(t *testing.T, when string, source db.Source) {
	t.Helper()
	incremental := b.synced(t)
	rev, hash := b.dayTruth(t)
	b.sync(t, db.SyncOptions{Full: true, Source: source})
	full := b.synced(t)
	for what := range synced {
		diff(t, when+", "+what, incremental[what], full[what])
	}
	newRev, newHash := b.dayTruth(t)
	checkDays(t, when+", full sync", rev, hash, newRev, newHash)
	if t.Failed() {
		t.FailNow()
	}
}

var questions = []string{
	`{"question_id": 1, "is_correct": true, "topic": "t"}`, `{"question_id": 2, "correct": false, "topic": "u", "time_spent_sec": 3}`,
	`{"question_id": "x", "is_correct": true}`, `{"question_id": 3, "is_correct": false, "used_hints": "?"}`, `7`,
	`{"question_id": 1, "is_correct": false, "topic": "t", "used_hints": 2}`, `{"question_id": 9, "is_correct": "yes", "topic": 4}`,
}

func drawQuestions(rt *rapid.T) string {
	if rapid.IntRange(0, 9).Draw(rt, "list") == 0 {
		return rapid.SampledFrom([]string{`null`, `{}`, `"q"`}).Draw(rt, "no list")
	}
	return `[` + strings.Join(rapid.SliceOfN(rapid.SampledFrom(questions), 0, 4).Draw(rt, "questions"), ", ") + `]`
}

// editExams makes random changes to exam_results, in batches; due tells whether
// one of them is such as only reconciliation finds.
func editExams(rt *rapid.T) (sql []string, due bool) {
	for range rapid.IntRange(1, 6).Draw(rt, "edits") {
		session := fmt.Sprintf("'s%d'", rapid.IntRange(0, 11).Draw(rt, "session"))
		user := rapid.SampledFrom([]string{`'ann'`, `'Bob'`, `'가'`, `''`, `NULL`}).Draw(rt, "user")
		moment := fmt.Sprintf("'2026-03-01 23:00Z'::timestamptz + interval '%d hours'", rapid.IntRange(-30, 30).Draw(rt, "hour"))
		status := rapid.SampledFrom([]string{`'ready'`, `'ready'`, `'ready'`, `'pending'`}).Draw(rt, "status")
		// Platforms stamp changes with the clock, or with the begin of a long transaction.
		at := `clock_timestamp()`
		if rapid.IntRange(0, 4).Draw(rt, "late") == 0 {
			at, due = `clock_timestamp() - interval '3 hours'`, true
		}
		update := func(set string) {
			sql = append(sql, `UPDATE exam_results SET `+set+`, updated_at = `+at+` WHERE session_id = `+session)
		}
		switch rapid.IntRange(0, 6).Draw(rt, "kind") {
		case 0, 1, 2:
			sql = append(sql, fmt.Sprintf(`INSERT INTO exam_results (session_id, user_id, status, result_json, created_at, updated_at)
				VALUES (%s, %s, %s, jsonb_build_object('questions', '%s'::jsonb), %s, %s)
				ON CONFLICT (session_id) DO UPDATE SET result_json = excluded.result_json, updated_at = excluded.updated_at`,
				session, user, status, drawQuestions(rt), moment, at))
		case 3:
			update(`user_id = ` + user)
		case 4:
			update(`status = ` + status)
		case 5:
			update(`created_at = ` + moment)
		default:
			sql, due = append(sql, `DELETE FROM exam_results WHERE session_id = `+session), true
		}
	}
	return sql, due
}

// Whatever happens to exam_results, the changes leave what reading all would.
func TestIncrementalSyncEqualsFull(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		b.sync(t, db.SyncOptions{})
		for batch := range rapid.IntRange(1, 3).Draw(rt, "batches") {
			edits, due := editExams(rt)
			for _, e := range edits {
				b.exec(t, e)
			}
			if due {
				b.dueReconciliation(t)
			}
			rev, hash := b.dayTruth(t)
			b.sync(t, db.SyncOptions{})
			newRev, newHash := b.dayTruth(t)
			checkDays(t, fmt.Sprintf("round %d batch %d", round, batch), rev, hash, newRev, newHash)
		}
		b.compareWithFull(t, fmt.Sprintf("round %d", round), "")
	})
}

// The same for the logs, whose edits of the last days a sync finds without being told.
func TestRereadEqualsFull(t *testing.T) {
	t.Parallel()
	b := migrated(t, `CREATE TABLE responses (user_id text, item_id bigint, is_correct text, responded_at timestamptz, topic_id text)`)
	b.sync(t, db.SyncOptions{})
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		for range rapid.IntRange(1, 3).Draw(rt, "batches") {
			for range rapid.IntRange(1, 6).Draw(rt, "edits") {
				user := rapid.SampledFrom([]string{`'ann'`, `'Bob'`, `NULL`}).Draw(rt, "user")
				item := rapid.IntRange(1, 2).Draw(rt, "item")
				at := fmt.Sprintf(`(date_trunc('day', now()) - interval '%d hours')`, 12*rapid.IntRange(0, 8).Draw(rt, "half days"))
				if rapid.IntRange(0, 3).Draw(rt, "delete") == 0 {
					b.exec(t, fmt.Sprintf(`DELETE FROM responses WHERE item_id = %d AND responded_at = %s`, item, at))
					continue
				}
				verdict := rapid.SampledFrom([]string{`'true'`, `'0'`, `'?'`}).Draw(rt, "verdict")
				topic := rapid.SampledFrom([]string{`'t'`, `''`, `NULL`}).Draw(rt, "topic")
				b.exec(t, fmt.Sprintf(`INSERT INTO responses VALUES (%s, %d, %s, %s, %s)`, user, item, verdict, at, topic))
			}
			rev, hash := b.dayTruth(t)
			b.sync(t, db.SyncOptions{})
			newRev, newHash := b.dayTruth(t)
			checkDays(t, fmt.Sprint("round ", round), rev, hash, newRev, newHash)
		}
		incremental := b.synced(t)
		b.sync(t, db.SyncOptions{Full: true})
		full := b.synced(t)
		for what := range synced {
			if what != "open quarantine" { // a log does not show that a bad row is gone
				diff(t, what, incremental[what], full[what])
			}
		}
		if t.Failed() {
			t.FailNow()
		}
	})
}
