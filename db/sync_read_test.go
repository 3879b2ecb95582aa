package db_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sextant/db"
)

// reading is a source value and what must become of it: the answer as
// item|topic|correct|ms|hints (empty: none) and the reasons of quarantine.
type reading struct {
	name, value, answer string
	reasons             string
}

// with gives a question that is right in every field but those given.
func with(fields string) string {
	return `{"question_id": 7, "is_correct": true, "time_spent_sec": 2, "used_hints": 1, "topic": "t"}|` + fields
}

const right = `7|t|true|2000|1`

var examReadings = []reading{
	{"all fields", with(`{}`), right, ""},
	{"nothing", `{}`, "", "no_item no_verdict"},
	{"null", `null`, "", "not_an_object"},
	{"a string", `"x"`, "", "not_an_object"},
	{"a number", `5`, "", "not_an_object"},
	{"a list", `[{"question_id": 1, "is_correct": true}]`, "", "not_an_object"},
	{"nested too deep", `{"question": {"question_id": 1, "is_correct": true}}`, "", "no_item no_verdict"},

	{"item as text", with(`{"question_id": "101"}`), `101|t|true|2000|1`, ""},
	{"item 101.0", with(`{"question_id": 101.0}`), `101|t|true|2000|1`, ""},
	{"item text 101.00", with(`{"question_id": "101.00"}`), `101|t|true|2000|1`, ""},
	{"item 1.01e2", with(`{"question_id": 1.01e2}`), `101|t|true|2000|1`, ""},
	{"item text 1.01E+2", with(`{"question_id": "1.01E+2"}`), `101|t|true|2000|1`, ""},
	{"item text 1010e-1", with(`{"question_id": "1010e-1"}`), `101|t|true|2000|1`, ""},
	{"item with zeros before", with(`{"question_id": "000101"}`), `101|t|true|2000|1`, ""},
	{"item with sixty zeros before", with(`{"question_id": "` + strings.Repeat("0", 60) + `101"}`), `101|t|true|2000|1`, ""},
	{"item with a plus", with(`{"question_id": "+101"}`), `101|t|true|2000|1`, ""},
	{"item with spaces", with(`{"question_id": " 101\n"}`), `101|t|true|2000|1`, ""},
	{"item zero", with(`{"question_id": 0}`), `0|t|true|2000|1`, ""},
	{"item minus zero", with(`{"question_id": "-0"}`), `0|t|true|2000|1`, ""},
	{"item negative", with(`{"question_id": -5}`), `-5|t|true|2000|1`, ""},
	{"item the greatest", with(`{"question_id": 9223372036854775807}`), `9223372036854775807|t|true|2000|1`, ""},
	{"item the least", with(`{"question_id": "-9223372036854775808"}`), `-9223372036854775808|t|true|2000|1`, ""},
	{"item too great", with(`{"question_id": 9223372036854775808}`), "", "bad_item"},
	{"item text too great", with(`{"question_id": "99999999999999999999"}`), "", "bad_item"},
	{"item 1e400", with(`{"question_id": 1e400}`), "", "bad_item"},
	{"item 1e-400", with(`{"question_id": 1e-400}`), "", "bad_item"},
	{"item 1e100000", with(`{"question_id": 1e100000}`), "", "bad_item"},
	{"item text 1e999999999", with(`{"question_id": "1e999999999"}`), "", "bad_item"},
	{"item 1.5", with(`{"question_id": 1.5}`), "", "bad_item"},
	{"item abc", with(`{"question_id": "abc"}`), "", "bad_item"},
	{"item empty", with(`{"question_id": ""}`), "", "bad_item"},
	{"item blank", with(`{"question_id": "  "}`), "", "bad_item"},
	{"item a point", with(`{"question_id": "."}`), "", "bad_item"},
	{"item NaN", with(`{"question_id": "NaN"}`), "", "bad_item"},
	{"item Infinity", with(`{"question_id": "Infinity"}`), "", "bad_item"},
	{"item hexadecimal", with(`{"question_id": "0x65"}`), "", "bad_item"},
	{"item with underscores", with(`{"question_id": "1_01"}`), "", "bad_item"},
	{"item in full width digits", with(`{"question_id": "１０１"}`), "", "bad_item"},
	{"item in Arabic digits", with(`{"question_id": "١٠١"}`), "", "bad_item"},
	{"item after a wide space", with(`{"question_id": "\u3000101"}`), "", "bad_item"},
	{"item after a no-break space", with(`{"question_id": "\u00a0101"}`), "", "bad_item"},
	{"item true", with(`{"question_id": true}`), "", "bad_item"},
	{"item an object", with(`{"question_id": {"id": 1}}`), "", "bad_item"},
	{"item a list", with(`{"question_id": [1]}`), "", "bad_item"},
	{"item null", with(`{"question_id": null}`), "", "no_item"},
	{"item of a megabyte", with(`{"question_id": "` + strings.Repeat("9", 1<<20) + `"}`), "", "bad_item"},

	{"wrong", with(`{"is_correct": false}`), `7|t|false|2000|1`, ""},
	{"the older field", with(`{"is_correct": null, "correct": false}`), `7|t|false|2000|1`, ""},
	{"both fields", with(`{"correct": false}`), right, ""},
	{"verdict unreadable beside the older field", with(`{"is_correct": "maybe", "correct": true}`), "", "bad_verdict"},
	{"verdict null", with(`{"is_correct": null}`), "", "no_verdict"},
	{"verdict 1", with(`{"is_correct": 1}`), right, ""},
	{"verdict 0", with(`{"is_correct": 0}`), `7|t|false|2000|1`, ""},
	{"verdict 2", with(`{"is_correct": 2}`), "", "bad_verdict"},
	{"verdict -1", with(`{"is_correct": -1}`), "", "bad_verdict"},
	{"verdict 0.5", with(`{"is_correct": 0.5}`), "", "bad_verdict"},
	{"verdict text 1", with(`{"is_correct": "1"}`), right, ""},
	{"verdict text 2", with(`{"is_correct": "2"}`), "", "bad_verdict"},
	{"verdict TRUE", with(`{"is_correct": "TRUE"}`), right, ""},
	{"verdict with spaces", with(`{"is_correct": "\t fAlSe \n"}`), `7|t|false|2000|1`, ""},
	{"verdict with a wide space", with(`{"is_correct": "\u3000true"}`), "", "bad_verdict"},
	{"verdict with a line separator", with(`{"is_correct": "true\u2028"}`), "", "bad_verdict"},
	{"verdict y", with(`{"is_correct": "y"}`), right, ""},
	{"verdict ye", with(`{"is_correct": "ye"}`), right, ""},
	{"verdict of", with(`{"is_correct": "of"}`), `7|t|false|2000|1`, ""},
	{"verdict o", with(`{"is_correct": "o"}`), "", "bad_verdict"},
	{"verdict trueish", with(`{"is_correct": "trueish"}`), "", "bad_verdict"},
	{"verdict with a long s", with(`{"is_correct": "fal\u017fe"}`), "", "bad_verdict"},
	{"verdict Korean", with(`{"is_correct": "맞음"}`), "", "bad_verdict"},
	{"verdict empty", with(`{"is_correct": ""}`), "", "bad_verdict"},
	{"verdict an object", with(`{"is_correct": {}}`), "", "bad_verdict"},

	{"time missing", with(`{"time_spent_sec": null}`), `7|t|true|∅|1`, ""},
	{"time as text", with(`{"time_spent_sec": "12.3456"}`), `7|t|true|12346|1`, ""},
	{"time half a millisecond", with(`{"time_spent_sec": 0.0005}`), `7|t|true|1|1`, ""},
	{"time under half a millisecond", with(`{"time_spent_sec": 0.0004}`), `7|t|true|∅|1`, ""},
	{"time 1e-400", with(`{"time_spent_sec": 1e-400}`), `7|t|true|∅|1`, ""},
	{"time zero", with(`{"time_spent_sec": 0}`), `7|t|true|∅|1`, ""},
	{"time negative", with(`{"time_spent_sec": -3}`), `7|t|true|∅|1`, ""},
	{"time negative without bounds", with(`{"time_spent_sec": -1e400}`), `7|t|true|∅|1`, ""},
	{"time the longest", with(`{"time_spent_sec": 2147483.647}`), `7|t|true|2147483647|1`, ""},
	{"time too long", with(`{"time_spent_sec": 2147483.6475}`), `7|t|true|∅|1`, "bad_time"},
	{"time 1e400", with(`{"time_spent_sec": 1e400}`), `7|t|true|∅|1`, "bad_time"},
	{"time 1e131071", with(`{"time_spent_sec": 1e131071}`), `7|t|true|∅|1`, "bad_time"},
	{"time empty", with(`{"time_spent_sec": ""}`), `7|t|true|∅|1`, "bad_time"},
	{"time NaN", with(`{"time_spent_sec": "NaN"}`), `7|t|true|∅|1`, "bad_time"},
	{"time -Infinity", with(`{"time_spent_sec": "-Infinity"}`), `7|t|true|∅|1`, "bad_time"},
	{"time with a unit", with(`{"time_spent_sec": "12s"}`), `7|t|true|∅|1`, "bad_time"},
	{"time with a comma", with(`{"time_spent_sec": "1,5"}`), `7|t|true|∅|1`, "bad_time"},
	{"time true", with(`{"time_spent_sec": true}`), `7|t|true|∅|1`, "bad_time"},
	{"time a list", with(`{"time_spent_sec": [2]}`), `7|t|true|∅|1`, "bad_time"},

	{"hints missing", with(`{"used_hints": null}`), `7|t|true|2000|0`, ""},
	{"hints zero", with(`{"used_hints": 0}`), `7|t|true|2000|0`, ""},
	{"hints as text", with(`{"used_hints": "3"}`), `7|t|true|2000|3`, ""},
	{"hints 2.0", with(`{"used_hints": 2.0}`), `7|t|true|2000|2`, ""},
	{"hints 1.5", with(`{"used_hints": 1.5}`), `7|t|true|2000|0`, "bad_hints"},
	{"hints negative", with(`{"used_hints": -1}`), `7|t|true|2000|0`, "bad_hints"},
	{"hints 1e400", with(`{"used_hints": 1e400}`), `7|t|true|2000|0`, "bad_hints"},
	{"hints true", with(`{"used_hints": true}`), `7|t|true|2000|0`, "bad_hints"},
	{"hints empty", with(`{"used_hints": ""}`), `7|t|true|2000|0`, "bad_hints"},
	{"hints a list", with(`{"used_hints": ["look at the sign"]}`), `7|t|true|2000|0`, "bad_hints"},

	{"topic missing", with(`{"topic": null}`), `7|∅|true|2000|1`, ""},
	{"topic empty", with(`{"topic": ""}`), `7|∅|true|2000|1`, ""},
	{"topic Korean", with(`{"topic": "기하 🙂"}`), `7|기하 🙂|true|2000|1`, ""},
	{"topic with a quote", with(`{"topic": "O'Neill \"x\" \\ %"}`), `7|O'Neill "x" \ %|true|2000|1`, ""},
	{"topic a number", with(`{"topic": 5}`), `7|∅|true|2000|1`, "bad_topic"},
	{"topic an object", with(`{"topic": {"id": "t"}}`), `7|∅|true|2000|1`, "bad_topic"},

	{"everything but the core bad", with(`{"time_spent_sec": "", "used_hints": "", "topic": 1}`), `7|∅|true|∅|0`, "bad_hints bad_time bad_topic"},
	{"the core bad", with(`{"question_id": "a", "is_correct": "b"}`), "", "bad_item bad_verdict"},
}

func TestExamAnswersAreReadOneByOne(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"full", "changes"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b := migrated(t, examTable)
			if mode == "changes" {
				b.exam(t, "first", "u", `[]`)
				b.sync(t, db.SyncOptions{})
			}
			for _, r := range examReadings {
				whole, change, changed := strings.Cut(r.value, "|")
				if !changed {
					change = "null"
				}
				b.exec(t, `INSERT INTO exam_results (session_id, user_id, result_json)
					SELECT $1, 'u', jsonb_build_object('questions', jsonb_build_array(
						CASE WHEN $3::jsonb = 'null' THEN $2::jsonb ELSE $2::jsonb || $3::jsonb END,
						'{"question_id": 1, "is_correct": true}'::jsonb))`, r.name, whole, change)
			}
			if got := b.sync(t, db.SyncOptions{}).Mode; got != mode {
				t.Fatalf("mode %s, want %s", got, mode)
			}
			for _, r := range examReadings {
				got := b.rows(t, `SELECT item_id, topic_id, correct, response_time_ms, hints FROM sextant.answer
					WHERE session_id = $1 AND position = 1`, r.name)
				why := b.rows(t, `SELECT coalesce(string_agg(reason, ' ' ORDER BY reason), '') FROM sextant.quarantine
					WHERE source_key = $1 AND position = 1 AND source = 'exam_results' AND raw IS NOT NULL`, r.name)
				if got != r.answer || why != r.reasons {
					t.Errorf("%s: answer %q set aside %q, want %q %q", r.name, got, why, r.answer, r.reasons)
				}
			}
			if n := value[int](t, b, `SELECT count(*) FROM sextant.answer WHERE position = 2 AND user_id = 'u'`); n != len(examReadings) {
				t.Errorf("%d of the answers beside them, want %d", n, len(examReadings))
			}
		})
	}
}

func TestExamSessionsAreReadOneByOne(t *testing.T) {
	t.Parallel()
	const good = `{"questions": [{"question_id": 1, "is_correct": true}]}`
	const two = `{"questions": [{"question_id": 1, "is_correct": true}, {"question_id": 1, "is_correct": false}]}`
	rows := []struct{ name, user, status, created, result, answers, reasons string }{
		{"good", "u", "ready", "2026-03-01Z", good, "u|1|true", ""},
		{"the same question twice", "u", "ready", "2026-03-01Z", two, "u|1|true\nu|1|false", ""},
		{"pending", "u", "pending", "2026-03-01Z", good, "", ""},
		{"Ready", "u", "Ready", "2026-03-01Z", good, "", ""},
		{"nobody's", "", "ready", "2026-03-01Z", good, "", "no_learner"},
		{"blank learner", " ", "ready", "2026-03-01Z", good, " |1|true", ""},
		{"Korean learner", "김 철수|@\n", "ready", "2026-03-01Z", good, "김 철수|@\n|1|true", ""},
		{"questions null", "u", "ready", "2026-03-01Z", `{"questions": null}`, "", "bad_questions"},
		{"questions an object", "u", "ready", "2026-03-01Z", `{"questions": {"0": {"question_id": 1}}}`, "", "bad_questions"},
		{"questions text", "u", "ready", "2026-03-01Z", `{"questions": "[]"}`, "", "bad_questions"},
		{"no questions", "u", "ready", "2026-03-01Z", `{}`, "", "bad_questions"},
		{"result a list", "u", "ready", "2026-03-01Z", `[]`, "", "bad_questions"},
		{"result null", "u", "ready", "2026-03-01Z", `null`, "", "bad_questions"},
		{"empty questions", "u", "ready", "2026-03-01Z", `{"questions": []}`, "", ""},
		{"bad and pending", "u", "pending", "2026-03-01Z", `{}`, "", ""},
		{"at infinity", "u", "ready", "infinity", good, "", "bad_moment"},
		{"at minus infinity", "u", "ready", "-infinity", good, "", "bad_moment"},
		{"before Christ", "u", "ready", "0044-03-15 BC", good, "", "bad_moment"},
		{"beyond the calendar", "u", "ready", "12026-03-01Z", good, "", "bad_moment"},
		{"long ago", "u", "ready", "0001-01-01 00:00Z", good, "u|1|true", ""},
		{"long hence", "u", "ready", "9999-12-31 23:59:59Z", good, "u|1|true", ""},
		{"ten megabytes", "u", "ready", "2026-03-01Z", `{"questions": [{"question_id": "` + strings.Repeat("ㄱ", 10<<20/3) + `", "is_correct": true}]}`, "", "bad_item"},
	}
	b := migrated(t, examTable)
	insert := func() {
		for _, r := range rows {
			b.exec(t, `INSERT INTO exam_results (session_id, user_id, status, created_at, updated_at, result_json)
				VALUES ($1, $2, $3, $4::text::timestamptz, now(), $5)`, r.name, r.user, r.status, r.created, r.result)
		}
	}
	check := func(when string) {
		for _, r := range rows {
			got := b.rows(t, `SELECT user_id, item_id, correct FROM sextant.answer WHERE session_id = $1 ORDER BY position`, r.name)
			why := b.rows(t, `SELECT coalesce(string_agg(reason, ' '), '') FROM sextant.quarantine WHERE source_key = $1 AND resolved_at IS NULL`, r.name)
			if got != r.answers || why != r.reasons {
				t.Errorf("%s, %s: answers %q set aside %q, want %q %q", when, r.name, got, why, r.answers, r.reasons)
			}
		}
		if _, err := b.FindLearners(t.Context(), db.LearnerFilter{}); err != nil {
			t.Error(err)
		}
	}
	b.sync(t, db.SyncOptions{})
	insert()
	b.sync(t, db.SyncOptions{})
	check("changes")
	b.sync(t, db.SyncOptions{Full: true})
	check("full")
	b.dueReconciliation(t)
	if r := b.sync(t, db.SyncOptions{}); r.Sessions != 0 || r.Answers != 0 || r.Removed != 0 {
		t.Errorf("reconciliation found %+v where nothing changed", r)
	}
}

// A platform clock that stands at infinity must not stop later syncs.
func TestUpdatedAtBeyondTheCalendar(t *testing.T) {
	t.Parallel()
	for _, moment := range []string{"-infinity", "infinity", "2999-01-01Z"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			b := migrated(t, examTable)
			b.exam(t, "odd", "u", `[{"question_id": 1, "is_correct": true}]`)
			b.exec(t, `UPDATE exam_results SET updated_at = $1::text::timestamptz`, moment)
			b.sync(t, db.SyncOptions{})
			b.exam(t, "later", "v", `[{"question_id": 1, "is_correct": true}]`)
			if r := b.sync(t, db.SyncOptions{}); r.Answers != 1 {
				t.Errorf("the next sync wrote %d answers, want 1", r.Answers)
			}
			if n, err := b.Unsynced(t.Context()); n != 0 || err != nil {
				t.Errorf("unsynced %d, %v; want none", n, err)
			}
		})
	}
}

const attemptTable = `CREATE TABLE public.attempt (id bigint PRIMARY KEY, student_id uuid, item_id bigint, correct bool,
	response_time_ms int, hint_used bool, attempt_no int, started_at timestamptz, completed_at timestamptz, session_id text, topic_id text)`

func TestAttemptRowsAreReadOneByOne(t *testing.T) {
	t.Parallel()
	const student = `'11111111-2222-3333-4444-555555555555'`
	b := migrated(t, attemptTable,
		`CREATE TABLE session (id text PRIMARY KEY, user_id text)`,
		`CREATE TABLE exam_results (session_id text UNIQUE, user_id text)`,
		`INSERT INTO exam_results VALUES ('both', 'of exam'), ('blank', ''), ('none', NULL)`,
		`INSERT INTO session VALUES ('both', 'of session'), ('blank', 'of session'), ('only', '김@example.com')`,
		`INSERT INTO attempt VALUES
		(1, `+student+`, 5, true, 1500, true, 1, NULL, '2026-03-01 10:00Z', 'both', 't'),
		(2, `+student+`, 5, false, 0, false, 2, NULL, '2026-03-01 10:00Z', 'blank', ''),
		(3, `+student+`, -5, true, -7, NULL, 1, NULL, '2026-03-01 10:00Z', 'only', NULL),
		(4, `+student+`, 5, true, NULL, true, 1, NULL, '2026-03-01 10:00Z', 'none', 't'),
		(5, `+student+`, 5, true, NULL, true, 1, NULL, '2026-03-01 10:00Z', '', 't'),
		(6, `+student+`, 5, true, NULL, true, 1, NULL, '2026-03-01 10:00Z', NULL, 't'),
		(7, NULL, 5, true, NULL, true, 1, NULL, '2026-03-01 10:00Z', 'unknown', 't'),
		(8, `+student+`, NULL, true, NULL, true, 1, NULL, '2026-03-01 10:00Z', 'both', 't'),
		(9, `+student+`, 5, NULL, NULL, true, 1, NULL, '2026-03-01 10:00Z', 'both', 't'),
		(10, `+student+`, 5, true, NULL, true, 1, '2026-03-01Z', NULL, 'both', 't'),
		(11, `+student+`, 5, true, NULL, true, 1, NULL, 'infinity', 'both', 't')`)
	r := b.sync(t, db.SyncOptions{})
	if r.Source != db.SourceAttempt || r.Answers != 6 || r.Quarantined != 5 {
		t.Errorf("sync: %+v", r)
	}
	diff(t, "answers", b.rows(t, `SELECT source_key, user_id, item_id, topic_id, session_id, correct, response_time_ms, hints
		FROM sextant.answer ORDER BY source_key`), strings.TrimSpace(`
1|of exam|5|t|both|true|1500|1
2|of session|5|∅|blank|false|∅|0
3|김@example.com|-5|∅|only|true|∅|0
4|11111111-2222-3333-4444-555555555555|5|t|none|true|∅|1
5|11111111-2222-3333-4444-555555555555|5|t|∅|true|∅|1
6|11111111-2222-3333-4444-555555555555|5|t|∅|true|∅|1`))
	diff(t, "quarantine", b.rows(t, `SELECT source_key, reason FROM sextant.quarantine ORDER BY source_key::int`),
		"7|no_learner\n8|no_item\n9|no_verdict\n10|no_moment\n11|bad_moment")
}

func TestResponsesAreReadOneByOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ columns, rows, answers, reasons string }{
		"the four columns, text items": {
			`user_id text, item_id text, is_correct bool, responded_at timestamptz`,
			`('u', ' 007a ', true, '2026-03-01Z'), ('u', '7', NULL, '2026-03-01Z'), ('', '7', true, '2026-03-01Z'),
			 (NULL, 'x', true, '2026-03-01Z'), ('x', NULL, true, '2026-03-01Z'), ('x', '', true, '2026-03-01Z'), ('u', '7', true, NULL),
			 ('u', '7', true, 'infinity'), ('u', '7', true, '-infinity'), ('u', '7', true, '290000-01-01Z'), ('u', '8', false, '4000-01-01 BC')`,
			`u| 007a |∅|∅|true|∅|0`,
			`bad_item bad_moment bad_moment bad_moment bad_moment no_item no_learner no_learner no_moment no_verdict`,
		},
		"bigint items, all columns": {
			`user_id text, item_id bigint, is_correct bool, responded_at timestamptz, session_id text, topic_id text, response_time_ms int, hints int`,
			`('u', 7, true, '2026-03-01Z', 's', 't', 1200, 2), ('u', 8, false, '2026-03-01Z', '', '', -1, -1), ('u', 9, false, '2026-03-01Z', NULL, NULL, NULL, NULL)`,
			"u|7|t|s|true|1200|2\nu|8|∅|∅|false|∅|0\nu|9|∅|∅|false|∅|0",
			`bad_hints`,
		},
		"verdicts and times of other types": {
			`user_id text, item_id bigint, is_correct text, responded_at timestamptz, response_time_ms float8, hints text`,
			`('u', 1, ' Yes', '2026-03-01Z', 'NaN', '1'), ('u', 2, '2', '2026-03-01Z', 1, '1'), ('u', 3, '0', '2026-03-01Z', 'Infinity', 'x'),
			 ('u', 4, 'on', '2026-03-01Z', 2147483647, NULL), ('u', 5, 'on', '2026-03-01Z', 2147483648, NULL), ('u', 6, 'on', '2026-03-01Z', -1e300, NULL),
			 ('u', 7, 'on', '2026-03-01Z', 0.5, NULL), ('u', 8, 'on', '2026-03-01Z', 0.4, NULL)`,
			"u|1|∅|∅|true|∅|1\nu|3|∅|∅|false|∅|0\nu|4|∅|∅|true|2147483647|0\nu|5|∅|∅|true|∅|0\nu|6|∅|∅|true|∅|0\nu|7|∅|∅|true|1|0\nu|8|∅|∅|true|∅|0",
			`bad_hints bad_time bad_time bad_time bad_verdict`,
		},
		"numbers for verdicts": {
			`user_id text, item_id int, is_correct smallint, responded_at timestamptz`,
			`('u', 1, 1, '2026-03-01Z'), ('u', 2, 0, '2026-03-01Z'), ('u', 3, 2, '2026-03-01Z')`,
			"u|1|∅|∅|true|∅|0\nu|2|∅|∅|false|∅|0", `bad_verdict`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := migrated(t, `CREATE TABLE responses (`+c.columns+`)`, `INSERT INTO responses VALUES `+c.rows)
			for _, o := range []db.SyncOptions{{}, {Full: true}, {}} {
				b.sync(t, o)
				diff(t, fmt.Sprintf("answers after %+v", o), b.rows(t, `SELECT user_id, item_id, topic_id, session_id, correct, response_time_ms, hints
					FROM sextant.answer ORDER BY item_id`), c.answers)
				why := strings.Fields(b.rows(t, `SELECT string_agg(reason, ' ') FROM sextant.quarantine WHERE resolved_at IS NULL`))
				slices.Sort(why)
				diff(t, "quarantine", strings.Join(why, " "), c.reasons)
			}
		})
	}
}

// Answers equal in learner, item and moment are answers all the same, told apart by an ordinal.
func TestResponsesAmongEquals(t *testing.T) {
	t.Parallel()
	b := migrated(t, `CREATE TABLE responses (user_id text, item_id text, is_correct bool, responded_at timestamptz)`,
		`INSERT INTO responses SELECT 'u', '1', v, date_trunc('minute', now()) FROM (VALUES (true), (false), (true), (NULL)) x (v)`)
	b.sync(t, db.SyncOptions{})
	const answers = `SELECT position, correct, xmin FROM sextant.answer ORDER BY position`
	diff(t, "verdicts", b.rows(t, `SELECT correct, count(*) FROM sextant.answer GROUP BY 1 ORDER BY 1`), "false|1\ntrue|2")
	before := b.rows(t, answers)
	if r := b.sync(t, db.SyncOptions{}); r.Answers != 0 || r.Removed != 0 || r.Days != 0 {
		t.Errorf("sync of the same: %+v", r)
	}
	diff(t, "answers after a second sync", b.rows(t, answers), before)
	b.exec(t, `INSERT INTO responses SELECT 'u', '1', false, date_trunc('minute', now())`)
	b.sync(t, db.SyncOptions{})
	diff(t, "verdicts", b.rows(t, `SELECT correct, count(*) FROM sextant.answer GROUP BY 1 ORDER BY 1`), "false|2\ntrue|2")
}
