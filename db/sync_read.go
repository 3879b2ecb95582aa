package db

import (
	"fmt"
	"strings"
)

// How each source's rows become answers: SELECTs with the columns of
// sextant.answer, then problems (the reason codes, null when there are none)
// and raw (the offending value). An answer lacking a learner, an item, a
// verdict or a moment must not be taken; other problems cost a field only.

// readExams reads the sessions of `from`, rows of exam_results. Looking a field up
// and each way of reading it costs a fraction of a microsecond, and most answers
// are as they should be: hence a lookup a field, and the doubts only where there are any.
func readExams(from string) string {
	return `
	SELECT user_id, item_id, topic_id, session_id, correct,
	       CASE WHEN secs >= 0.0005 AND NOT bad_time THEN (secs * 1000)::int END AS response_time_ms, -- rounded by the cast
	       CASE WHEN hints IS NULL OR bad_hints THEN 0 ELSE hints::int END AS hints,
	       answered_at, session_id AS source_key, position,
	       ` + problems(`
	           CASE WHEN jsonb_typeof(q) <> 'object' THEN 'not_an_object' END,
	           CASE WHEN user_id IS NULL THEN 'no_learner' END,
	           CASE WHEN item_id IS NULL AND jsonb_typeof(q) = 'object' THEN
	               CASE WHEN jsonb_typeof(item) <> 'null' THEN 'bad_item' ELSE 'no_item' END END,
	           CASE WHEN correct IS NULL AND jsonb_typeof(q) = 'object' THEN
	               CASE WHEN jsonb_typeof(verdict) <> 'null' THEN 'bad_verdict' ELSE 'no_verdict' END END,
	           CASE WHEN answered_at IS NULL THEN CASE WHEN moment IS NULL THEN 'no_moment' ELSE 'bad_moment' END END,
	           CASE WHEN bad_time THEN 'bad_time' END,
	           CASE WHEN bad_hints THEN 'bad_hints' END,
	           CASE WHEN bad_topic THEN 'bad_topic' END`) + `
	FROM (` + checked(`
		SELECT *, sextant.whole(number) COLLATE "C" AS item_id, sextant.read_verdict(verdict) AS correct,
		       secs IS NULL AND jsonb_typeof(t) <> 'null' OR secs >= 2147483.6475 AS bad_time,
		       CASE WHEN hints IS NULL THEN h <> '0' AND jsonb_typeof(h) <> 'null'
		            ELSE hints % 1 <> 0 OR hints NOT BETWEEN 0 AND 1000000 END AS bad_hints,
		       `+calendarMoment+` AS answered_at,
		       CASE WHEN topic_type = 'string' THEN nullif(q ->> 'topic', '') COLLATE "C" END AS topic_id,
		       topic_type <> 'string' AND topic_type <> 'null' AS bad_topic, NULL::text AS keyless
		FROM (
			SELECT *, CASE WHEN jsonb_typeof(is_correct) <> 'null' THEN is_correct ELSE q -> 'correct' END AS verdict,
			       sextant.read_number(item) AS number, sextant.read_number(t) AS secs,
			       CASE WHEN h <> '0' THEN sextant.read_number(h) END AS hints
			FROM (
				SELECT nullif(e.user_id, '') COLLATE "C" AS user_id, e.session_id COLLATE "C" AS session_id,
				       e.created_at AS moment, a.position::int AS position, a.q,
				       a.q -> 'question_id' AS item, a.q -> 'is_correct' AS is_correct,
				       a.q -> 'time_spent_sec' AS t, a.q -> 'used_hints' AS h, jsonb_typeof(a.q -> 'topic') AS topic_type
				FROM `+from+` e
				CROSS JOIN LATERAL jsonb_array_elements(
					CASE WHEN jsonb_typeof(e.result_json -> 'questions') = 'array' THEN e.result_json -> 'questions' ELSE '[]' END)
					WITH ORDINALITY AS a (q, position)
				WHERE e.status = 'ready'
				`+once+`
			) field
			`+once+`
		) value`) + `) answer`
}

// once keeps a subquery whole, so that what it computes is computed once and not
// wherever it is mentioned. The quotes make the zero a constant from the start:
// a number is a cast for the planner until late, and then it rules parallel
// workers out for all that stands above.
const once = `OFFSET '0'`

// readAttempts reads an attempt table. student_id is a digest of the learner's
// id: the session knows the id itself. Where nothing holds its ids to be there
// and unique, a row without one is set aside, and so are all but the earliest of
// several with the same.
func (p platform) readAttempts(where string) string {
	return p.readAttemptsOf(p.from("attempt"), where)
}

// readAttemptsOf reads the attempts of `from`, for example a sample of them.
func (p platform) readAttemptsOf(from, where string) string {
	exam, session, joins := "NULL::text", "NULL::text", ""
	if p.reads("exam_results", "session_id", "user_id") && p.hasColumn("attempt", "session_id") {
		exam = "e.user_id"
		joins += "\n\t\tLEFT JOIN " + p.from("exam_results") + " e ON e.session_id = a.session_id"
	}
	if p.reads("session", "id", "user_id") && p.hasColumn("attempt", "session_id") {
		session = "s.user_id"
		joins += "\n\t\tLEFT JOIN " + p.from("session") + " s ON s.id = a.session_id"
	}
	key, position := `a.id::text`, `0`
	if !p.keyed {
		key = `coalesce(a.id::text, 'no id, ' || md5(j.q::text))`
		position = `(row_number() OVER (PARTITION BY ` + key + ` ORDER BY a.completed_at, j.q::text COLLATE "C"))::int - 1`
	}
	return readLog(fmt.Sprintf(`
		SELECT coalesce(nullif(%s, ''), nullif(%s, ''), a.student_id::text) COLLATE "C" AS user_id,
		       sextant.whole(sextant.read_number(j.q -> 'item_id')) COLLATE "C" AS item_id,
		       j.q -> 'correct' AS verdict, j.q -> 'response_time_ms' AS t,
		       to_jsonb(CASE WHEN sextant.read_verdict(j.q -> 'hint_used') THEN 1 ELSE 0 END) AS h,
		       nullif(j.q ->> 'topic_id', '') COLLATE "C" AS topic_id, nullif(j.q ->> 'session_id', '') COLLATE "C" AS session_id,
		       a.completed_at AS moment, %s COLLATE "C" AS source_key, %s AS position, j.q
		FROM %s a
		CROSS JOIN LATERAL (SELECT to_jsonb(a) AS q OFFSET '0') j%s
		WHERE %s`, exam, session, key, position, from, joins, where),
		`CASE WHEN q ->> 'id' IS NULL THEN 'no_id' WHEN position > 0 THEN 'duplicate_id' END`)
}

// readResponses reads the older answer log, whose optional columns may be absent.
func (p platform) readResponses(where string) string {
	return readResponsesOf(p.from("responses"), where)
}

// readResponsesOf reads the answers of `from`, for example a sample of them.
func readResponsesOf(from, where string) string {
	return readLog(`
		SELECT nullif(q ->> 'user_id', '') COLLATE "C" AS user_id, nullif(q ->> 'item_id', '') COLLATE "C" AS item_id,
		       q -> 'is_correct' AS verdict, q -> 'response_time_ms' AS t, q -> 'hints' AS h,
		       nullif(q ->> 'topic_id', '') COLLATE "C" AS topic_id, nullif(q ->> 'session_id', '') COLLATE "C" AS session_id,
		       moment, source_key,
		       row_number() OVER (PARTITION BY source_key ORDER BY q::text COLLATE "C")::int AS position, q
		FROM (
			SELECT to_jsonb(r) AS q, responded_at AS moment,
			       concat(user_id, E'\x1f', item_id, E'\x1f', CASE WHEN `+strings.ReplaceAll(inCalendar, "moment", "responded_at")+`
			           THEN (extract(epoch FROM responded_at) * 1000000)::bigint::text ELSE responded_at::text END) COLLATE "C" AS source_key
			FROM `+from+` r
			WHERE `+where+`
			`+once+` -- one to_jsonb a row
		) r`, `NULL`)
}

// readLog finishes the reading of a source with one answer a row; keyless is
// the reason for which a row's key does not make it an answer, null when it does.
func readLog(rows, keyless string) string {
	return `
	SELECT user_id, item_id, topic_id, session_id, correct,
	       CASE WHEN ms >= 0.5 AND NOT bad_time THEN round(ms)::int END AS response_time_ms,
	       CASE WHEN bad_hints THEN 0 ELSE coalesce(hints, 0)::int END AS hints,
	       answered_at, source_key, position,
	       ` + problems(`
	           keyless,
	           CASE WHEN user_id IS NULL THEN 'no_learner' END,
	           CASE WHEN item_id IS NULL THEN CASE WHEN jsonb_typeof(q -> 'item_id') <> 'null' THEN 'bad_item' ELSE 'no_item' END END,
	           CASE WHEN correct IS NULL THEN CASE WHEN jsonb_typeof(verdict) <> 'null' THEN 'bad_verdict' ELSE 'no_verdict' END END,
	           CASE WHEN answered_at IS NULL THEN CASE WHEN moment IS NULL THEN 'no_moment' ELSE 'bad_moment' END END,
	           CASE WHEN bad_time THEN 'bad_time' END,
	           CASE WHEN bad_hints THEN 'bad_hints' END,
	           NULL::text`) + `
	FROM (` + checked(`
		SELECT *, coalesce(ms IS NULL AND jsonb_typeof(t) <> 'null' OR ms >= 2147483647.5, false) AS bad_time,
		       coalesce(jsonb_typeof(h) <> 'null' AND (hints IS NULL OR hints % 1 <> 0 OR hints NOT BETWEEN 0 AND 1000000), false) AS bad_hints,
		       false AS bad_topic, (`+keyless+`)::text AS keyless, `+calendarMoment+` AS answered_at
		FROM (SELECT *, sextant.read_verdict(verdict) AS correct, sextant.read_number(t) AS ms, sextant.read_number(h) AS hints
		      FROM (`+rows+`) src `+once+`) field`) + `) answer`
}

// inCalendar is the condition that a moment lies in the years that a date can be
// written for: infinity is no moment, and no calendar shows the year 12026.
const inCalendar = `(moment >= '0001-01-01 00:00:00Z' AND moment < '10000-01-01 00:00:00Z')`

const calendarMoment = `CASE WHEN ` + inCalendar + ` THEN moment END`

// checked adds to answers whether each is without fault.
func checked(answers string) string {
	return `
		SELECT *, user_id IS NOT NULL AND item_id IS NOT NULL AND correct IS NOT NULL AND answered_at IS NOT NULL
		          AND bad_time IS NOT TRUE AND bad_hints IS NOT TRUE AND bad_topic IS NOT TRUE AND keyless IS NULL AS clean
		FROM (` + answers + ` ` + once + `) read ` + once
}

// problems are the two last columns: the reasons that apply, and the value.
func problems(reasons string) string {
	return `CASE WHEN NOT clean THEN array_remove(ARRAY[` + reasons + `], NULL) END AS problems, CASE WHEN NOT clean THEN q END AS raw`
}

// taken is the condition under which a read answer enters sextant.answer.
const taken = `(n.user_id IS NOT NULL AND n.item_id IS NOT NULL AND n.correct IS NOT NULL AND n.answered_at IS NOT NULL
	AND (n.problems && '{no_id,duplicate_id}') IS NOT TRUE)`

// sameAnswer is the condition that a read answer n stands as a.
const sameAnswer = `(n.user_id, n.item_id, n.topic_id, n.session_id, n.correct, n.response_time_ms, n.hints, n.answered_at)
	IS NOT DISTINCT FROM (a.user_id, a.item_id, a.topic_id, a.session_id, a.correct, a.response_time_ms, a.hints, a.answered_at)`

// answerColumns are sextant.answer's, in its order.
const answerColumns = `user_id, item_id, topic_id, session_id, correct, response_time_ms, hints, answered_at, source_key, position`

// badRows are the sessions whose questions are no list at all.
func badRows(from string) string {
	return `SELECT e.session_id AS source_key, 0 AS position, 'bad_questions' AS reason, e.result_json -> 'questions' AS raw
		FROM ` + from + ` e
		WHERE e.status = 'ready' AND jsonb_typeof(e.result_json -> 'questions') IS DISTINCT FROM 'array'`
}

// changedSessions are the exam_results rows from $1 on that differ from what
// was last seen of them, without those of erased learners.
func (p platform) changedSessions() string {
	return `
	SELECT e.session_id COLLATE "C" AS session_id, nullif(e.user_id, '') COLLATE "C" AS user_id, e.status, e.created_at, e.updated_at
	FROM ` + p.from("exam_results") + ` e
	LEFT JOIN sextant.source_session s ON s.session_id = e.session_id COLLATE "C"
	WHERE e.updated_at >= $1 AND (s.session_id IS NULL OR ` + differs + `)` + p.unforgotten("e.user_id")
}

const differs = `(s.user_id, s.status, s.created_at, s.updated_at)
	IS DISTINCT FROM (nullif(e.user_id, '') COLLATE "C", e.status, e.created_at, e.updated_at)`
