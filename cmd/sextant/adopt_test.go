package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

// given is what every platform below holds, in its own form: of yesterday, sixty
// learners' answers to twelve items, easier and harder, and three answers in
// topic hand that can be computed by hand.
const given = `
CREATE SCHEMA given;
CREATE TABLE given.answer AS
SELECT 'u' || u AS user_id, 's' || u AS session_id, i::bigint AS item_id, (u %% 9) - (i %% 7) + (u * 31 + i * 17) %% 5 > 2 AS correct,
       5 + i AS secs, 't' || i %% 2 AS topic, timestamptz '%[1]s 10:00:00Z' AS at
FROM generate_series(1, 60) u, generate_series(1, 12) i
UNION ALL SELECT * FROM (VALUES
	('ann', 'sa', 1::bigint, true, 10, 'hand', timestamptz '%[1]s 11:00:00Z'),
	('ann', 'sa', 2, false, 20, 'hand', '%[1]s 11:00:00Z'),
	('bea@example.org', 'sb', 1, false, 30, 'hand', '%[1]s 12:00:00Z')) hand;
CREATE TABLE given.exam AS
SELECT session_id, user_id, jsonb_build_object('questions', jsonb_agg(jsonb_build_object('question_id', item_id, 'is_correct', correct,
       'time_spent_sec', secs, 'topic', topic) ORDER BY item_id)) AS result_json, min(at) AS at
FROM given.answer GROUP BY 1, 2;`

// The platforms' tables as they are made from what is given.
const (
	newExams = `
CREATE TABLE exam_results (id uuid PRIMARY KEY, session_id text NOT NULL UNIQUE, user_id text, exam_id int, org_id int, status text NOT NULL,
	result_json jsonb NOT NULL, score_raw numeric, score_scaled numeric, standard_error numeric, percentile numeric, extra point,
	created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
INSERT INTO exam_results (id, session_id, user_id, status, result_json, created_at, updated_at)
	SELECT gen_random_uuid(), session_id, user_id, 'ready', result_json, at, at FROM given.exam;`
	oldExams = `
CREATE TABLE exam_results (updated_at timestamptz NOT NULL, created_at timestamptz NOT NULL, result_json jsonb NOT NULL, percentile int,
	status text NOT NULL, user_id varchar(80), session_id varchar(40) NOT NULL UNIQUE, id uuid PRIMARY KEY);
INSERT INTO exam_results (id, session_id, user_id, status, result_json, created_at, updated_at)
	SELECT gen_random_uuid(), session_id, user_id, 'ready', result_json, at, at FROM given.exam;`
	badQuestions = `
INSERT INTO exam_results (id, session_id, user_id, status, result_json, created_at, updated_at)
	SELECT gen_random_uuid(), 'bad' || n, 'bad', 'ready', q, at, at
	FROM (SELECT min(at) AS at FROM given.answer) g, unnest(ARRAY['{"questions": null}', '{"questions": {"1": true}}', '{"questions": "none"}', '{}']::jsonb[])
	WITH ORDINALITY b (q, n);`
	malformed = `
UPDATE exam_results SET result_json = jsonb_insert(result_json, '{questions,0}', '{"question_id": "abc", "is_correct": true}') WHERE session_id = 's7';`
	castView = `
CREATE VIEW attempt AS
SELECT ('x' || md5(r.session_id || '/' || q.position))::bit(64)::bigint AS id, md5(r.user_id)::uuid AS student_id,
       (q.answer ->> 'question_id')::bigint AS item_id, (q.answer ->> 'is_correct')::boolean AS correct,
       round((q.answer ->> 'time_spent_sec')::numeric * 1000)::int AS response_time_ms, false AS hint_used, 1 AS attempt_no,
       r.created_at AS started_at, r.created_at AS completed_at, r.session_id, q.answer ->> 'topic' AS topic_id
FROM exam_results r CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(r.result_json -> 'questions') = 'array'
	THEN r.result_json -> 'questions' ELSE '[]' END) WITH ORDINALITY AS q (answer, position)
WHERE r.status = 'ready';`
	movedExams = `
ALTER TABLE exam_results RENAME TO results_2026;`
	oddExams = `
CREATE TYPE grading AS ENUM ('open', 'ready');
CREATE TABLE exam_results (session_id uuid PRIMARY KEY, user_id character(40), status grading, result_json jsonb, created_at timestamp, updated_at timestamp);
INSERT INTO exam_results SELECT md5(session_id)::uuid, user_id, 'ready', result_json, at AT TIME ZONE 'UTC', at AT TIME ZONE 'UTC' FROM given.exam;`
	oddSessions = `
CREATE TABLE session (id uuid, user_id character(40), started_at timestamptz, status smallint);
INSERT INTO session SELECT md5(session_id)::uuid, user_id, at, 2 FROM given.exam;`
	oddQuestion = `
CREATE TABLE question (id text PRIMARY KEY, meta json);
INSERT INTO question VALUES ('1', '{"irt": {"a": 1, "b": 0.5}, "tags": ["anchor"], "note": "\u0000"}'), ('2', '{"irt": {"a": 1.1, "b": 0.25}, "smile": "\ud83d\ude00"}');`
	oddGoals = `
CREATE TABLE interest_goal (user_id character(40), topic_id character(10), target_level text);
INSERT INTO interest_goal VALUES ('ann', 'a', 'high'), ('ann', 'hand', ' 0.5 '), ('u1', 't1', 'none');`
	attemptTable = `
CREATE TABLE attempt (id bigint PRIMARY KEY, student_id uuid, item_id bigint, correct bool, response_time_ms int, hint_used bool, attempt_no int,
	started_at timestamptz, completed_at timestamptz, session_id text, topic_id text);
INSERT INTO attempt SELECT row_number() OVER (ORDER BY session_id, item_id), md5(user_id)::uuid, item_id, correct, secs * 1000, false, 1, at, at,
	session_id, topic FROM given.answer;`
	sessions = `
CREATE TABLE session (id text PRIMARY KEY, user_id text, org_id int, classroom_id text, exam_id text, started_at timestamptz, ended_at timestamptz,
	status text, created_at timestamptz);
INSERT INTO session SELECT session_id, user_id, 1, NULL, NULL, at, at, 'completed', at FROM given.exam;`
	question = `
CREATE TABLE question (id bigint PRIMARY KEY, content text, difficulty numeric, topic_id text, meta jsonb, created_at timestamptz, updated_at timestamptz);
INSERT INTO question (id, meta) VALUES (1, '{"irt": {"a": "steep", "b": {}, "c": null}, "tags": "anchor"}'), (2, '{"irt": 7, "tags": ["anchor"]}'),
	(3, NULL), (4, '{"irt": {"a": 1.1, "b": "NaN"}, "tags": ["anchor"]}');`
	goals = `
CREATE TABLE interest_goal (user_id text, topic_id text, target_level numeric(6,3), priority smallint DEFAULT 0, created_at timestamptz, PRIMARY KEY (user_id, topic_id));
INSERT INTO interest_goal VALUES ('ann', 'hand', NULL, NULL, now()), ('u1', 't1', NULL, 3, now());`
	fullResponses = `
CREATE TABLE responses (user_id text, item_id text, is_correct bool, responded_at timestamptz, session_id text, topic_id text, response_time_ms int, hints int);
INSERT INTO responses SELECT user_id, item_id, correct, at, session_id, topic, secs * 1000, 0 FROM given.answer;`
	bareResponses = `
CREATE TABLE responses (user_id text, item_id bigint, is_correct bool, responded_at timestamptz);
INSERT INTO responses SELECT user_id, item_id, correct, at FROM given.answer;`
	halfMigrated = `
CREATE TABLE features_topic_daily (user_id varchar(80), topic_id text, date date, attempts bigint, note text);
INSERT INTO features_topic_daily VALUES ('old', 'hand', '2020-01-01', 3, 'ours');
CREATE TABLE weekly_kpi (user_id text, week_start date, kpis jsonb NOT NULL, owner text DEFAULT 'them', PRIMARY KEY (user_id, week_start));
INSERT INTO weekly_kpi SELECT 'ann', date_trunc('week', date '%[1]s')::date, '{"theirs": 1}';
CREATE TABLE mirt_ability (user_id text, theta numeric, se real, version text DEFAULT 'v1', fitted_at timestamptz);
INSERT INTO mirt_ability VALUES ('old', 0.25, 0.5, 'v0', '2020-01-01Z');`
)

// adopted is a platform's shape and what doctor says of it before its migration.
type adopted struct {
	shape  string
	tables []string
	source string
	says   []string
	topics bool // its answers have topics
	known  bool // learners are told by the platform's own ids

	fails string   // what the first sync says; empty: it reads the source
	mends []string // what doctor proposes for it
}

var platforms = []adopted{
	{"a JSON view", []string{newExams, badQuestions, castView, sessions, question, goals}, "attempt", []string{
		"attempt: view, on exam_results", "read from attempt, by way of exam_results", "bad_questions 4", "no index on updated_at",
		"CREATE INDEX CONCURRENTLY", "attempt and exam_results hold the same"}, true, true, "", nil},
	{"a view that fails as a whole", []string{newExams, malformed, castView}, "attempt", []string{
		"fails as a whole (invalid input syntax for type bigint: \"abc\")", "bad_item 1", "1 answer would be lost", "question is missing"}, true, true, "", nil},
	{"a view that fails, on a table of another name", []string{newExams, malformed, castView, movedExams, fullResponses}, "responses", []string{
		"attempt fails as a whole, by a single value: invalid input syntax for type bigint: \"abc\"; mend the view, or read another source",
		"→ sextant run sync-answers --source responses"}, true, true,
		"attempt is a view, and one such value makes it fail as a whole: mend the view, or read another source; see 'sextant doctor'",
		[]string{"run", "sync-answers", "--source", "responses", "--quiet"}},
	{"columns of other types", []string{oddExams, oddSessions, oddQuestion, oddGoals}, "exam_results", []string{
		"exam_results.session_id is uuid; it is read as text", "exam_results.created_at is timestamp without time zone; it is read as timestamptz",
		"session lacks ended_at: sessions without a result are no activity", "question.meta is json; it is read as jsonb",
		"interest_goal.target_level is text; it is read as numeric", "interest_goal lacks priority: all goals rank the same"}, true, true, "", nil},
	{"an attempt table", []string{attemptTable, sessions}, "attempt", []string{"attempt: table", "answers will be read from attempt (the first"}, true, true, "", nil},
	{"responses", []string{fullResponses}, "responses", []string{"answers will be read from responses"}, true, true, "", nil},
	{"bare responses of numbers", []string{bareResponses}, "responses", []string{"nothing would be set aside"}, false, true, "", nil},
	{"old exam results", []string{oldExams}, "exam_results", []string{"answers will be read from exam_results"}, true, true, "", nil},
	{"half migrated", []string{newExams, halfMigrated}, "exam_results", []string{
		"features_topic_daily lacks columns", "correct integer", "mirt_ability lacks columns; the migration adds model text",
		"weekly_kpi lacks columns", "missing: mirt_item_params, mirt_fit_meta, student_topic_theta, report_artifacts"}, true, true, "", nil},
}

// A platform's database of each shape: doctor looks, migrate completes, the
// stages run, and no row of the platform's is touched.
func TestAdoption(t *testing.T) {
	t.Parallel()
	for _, p := range platforms {
		t.Run(p.shape, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.give(p.tables...)
			before := platformChecksums(b)
			r := b.sextant("doctor")
			if r.code != exitFailed || !strings.Contains(r.out, "schema sextant is missing") {
				t.Errorf("doctor before the migration: exit %d\n%s%s", r.code, r.out, r.errOut)
			}
			for _, words := range p.says {
				if !strings.Contains(r.out, words) {
					t.Errorf("doctor does not say %q:\n%s", words, r.out)
				}
			}
			b.ok("db", "migrate")
			if p.fails != "" {
				b.fails(exitFailed, p.fails, "run", "sync-answers", "--quiet")
				b.ok(p.mends...)
			}
			b.runAll()
			b.holdsWhatWasGiven(p)
			if after := platformChecksums(b); after != before {
				t.Errorf("the platform's tables changed from\n%s\nto\n%s", before, after)
			}
			for _, f := range b.diagnosis().Findings {
				if f.Level == jobs.LevelError {
					t.Errorf("doctor, once all has run: %+v", f)
				}
			}
		})
	}
}

// diagnosis is what doctor finds, whatever its exit code.
func (b *bench) diagnosis() (d jobs.Diagnosis) {
	b.Helper()
	r := b.sextant("doctor", "--json")
	if err := json.Unmarshal([]byte(r.out), &d); err != nil {
		b.Fatalf("sextant doctor --json: %v\n%s%s", err, r.out, r.errOut)
	}
	return d
}

// A database with questions but no answers: nothing can be read, and each
// command says so; an answer log of one's own makes it work.
func TestAdoptionWithoutASource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.give(question, goals)
	before := platformChecksums(b)
	b.ok("db", "migrate")
	b.fails(exitNotReady, "none of the tables attempt, responses and exam_results", "run", "sync-answers", "--quiet")
	b.fails(exitNotReady, "none of the tables", "run", "aggregate-features-daily", "--quiet")
	if out := b.sextant("doctor").out; !strings.Contains(out, "nothing to read") || !strings.Contains(out, "→ sextant import --responses") {
		t.Errorf("doctor:\n%s", out)
	}
	yesterday := db.DayOf(now).Add(-1).String()
	b.in = "\ufeffresponded_at,user_id,item_id,is_correct,topic_id,response_time_ms,extra\r\n" +
		yesterday + "T11:00:00Z,ann,1,true,hand,10000,x\r\n" + yesterday + " 20:00:00+09:00,ann,2,0,hand,20000,x\r\n" + yesterday + "T12:00,\"bea@example.org\",1,f,hand,30000,\r\n"
	b.ok("import", "--responses", "-")
	for _, stage := range []string{"aggregate-features-daily", "compute-daily-kpis"} {
		b.ok("run", stage, "--quiet")
	}
	b.gives("features", `SELECT user_id, attempts, correct, avg_time_ms, rt_median FROM features_topic_daily ORDER BY 1`,
		"ann|2|1|15000|15000\nbea@example.org|1|0|30000|30000")
	if after := platformChecksums(b); strings.Join(strings.SplitAfter(after, "\n")[:2], "") != before {
		t.Errorf("the platform's tables changed from\n%s\nto\n%s", before, after)
	}
}

// The page's commands do what it says: its imports on a database without a
// platform, the rest on the demo.
func TestTheAdoptionPage(t *testing.T) {
	t.Parallel()
	demo, own := newDemoBench(t), newMigratedBench(t)
	file := t.TempDir() + "/answers.csv.gz"
	writeFile(t, file, log+"ann,1,1,2026-03-01T10:00:00Z,0\n")
	commands := documented(t, "../../docs/adoption.md")
	if len(commands) < 8 {
		t.Errorf("%d commands", len(commands))
	}
	for _, c := range commands {
		b := demo
		if strings.HasPrefix(c, "import ") {
			b, c = own, strings.ReplaceAll(c, "answers.csv.gz", file)
		}
		b.ok(append(words(c), "--quiet")...)
	}
}

// give makes the platform's tables.
func (b *bench) give(tables ...string) {
	b.Helper()
	yesterday := db.DayOf(now).Add(-1).String()
	statements := append([]string{given}, tables...)
	for _, s := range append(statements, `DROP SCHEMA given CASCADE; ANALYZE`) {
		if strings.Contains(s, "%[1]s") {
			s = fmt.Sprintf(s, yesterday)
		}
		if _, err := b.pool().Exec(b.Context(), "SET search_path = public; "+s); err != nil {
			b.Fatalf("%v in\n%s", err, s)
		}
	}
}

// runAll runs every daily stage for yesterday, as cron does.
func (b *bench) runAll() {
	b.Helper()
	for _, stage := range []string{"sync-answers", "mirt-calibrate", "aggregate-features-daily", "compute-daily-kpis", "detect-inactivity"} {
		b.ok("run", stage, "--quiet")
	}
}

// holdsWhatWasGiven compares what was published with what was given.
func (b *bench) holdsWhatWasGiven(p adopted) {
	b.Helper()
	pipeline := read[jobs.Pipeline](b, "status")
	for _, s := range pipeline.Stages {
		if s.Schedule != "" && s.State != jobs.StateFresh && s.Name != "generate-weekly-report" {
			b.Errorf("%s is %s: %s", s.Name, s.State, s.Why)
		}
	}
	if pipeline.Source != p.source {
		b.Errorf("answers come from %s, want %s", pipeline.Source, p.source)
	}
	b.gives("answers", `SELECT count(*), count(DISTINCT user_id), count(*) FILTER (WHERE correct) > 100 FROM sextant.answer`, "723|62|true")
	hand := "" // topic hand, by hand: ann 10 s right and 20 s wrong, bea 30 s wrong
	if p.topics {
		hand = "ann|2|1|15000|15000\nbea@example.org|1|0|30000|30000"
	}
	yesterday := db.DayOf(now).Add(-1).String()
	b.gives("features", `SELECT user_id, attempts, correct, avg_time_ms, rt_median FROM features_topic_daily
		WHERE topic_id = 'hand' AND date = '`+yesterday+`' ORDER BY 1`, hand)
	b.gives("learners with KPIs", `SELECT count(*), count(*) FILTER (WHERE kpis ?& '{I_t,E_t,R_t,A_t,P,S}') FROM weekly_kpi`, "62|62")
	b.gives("without earlier answers there is no improvement, efficiency or recovery",
		`SELECT count(*) FROM weekly_kpi WHERE kpis -> 'I_t' <> 'null' OR kpis -> 'E_t' <> 'null' OR kpis -> 'R_t' <> 'null'`, "0")
	b.gives("abilities", `SELECT count(*) FROM mirt_ability WHERE user_id <> 'old' AND abs(theta) < 6 AND se > 0`, "62")
	b.gives("items", `SELECT count(*) > 8 FROM mirt_item_params WHERE (params ->> 'a')::float > 0`, "true")
	if p.shape == "half migrated" {
		b.gives("rows of others", `SELECT (SELECT note FROM features_topic_daily WHERE user_id = 'old'), (SELECT kpis -> 'theirs' FROM weekly_kpi WHERE user_id = 'ann'),
			(SELECT theta FROM mirt_ability WHERE user_id = 'old'), (SELECT theta FROM sextant.theta_history WHERE source = 'imported')`, "ours|1|0.25|0.25")
	}
}

// gives compares a query's rows, values between bars, with the rows wanted.
func (b *bench) gives(what, sql, want string) {
	b.Helper()
	var got string
	if err := b.pool().QueryRow(b.Context(), `SELECT coalesce(string_agg(array_to_string(ARRAY(SELECT coalesce(value, '∅') FROM json_each_text(row_to_json(q))), '|'), E'\n'), '')
		FROM (`+sql+`) q`).Scan(&got); err != nil {
		b.Fatalf("%s: %v", what, err)
	}
	if got != want {
		b.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}
