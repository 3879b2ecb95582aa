package db_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

// Questions whose ids are text and whose meta is json, one of them beyond what
// jsonb can hold, are read and written like any other.
func TestQuestionsOfAnotherShape(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"text", "numeric", "bigint", "character(6)"} {
		for _, meta := range []string{"json", "jsonb"} {
			t.Run(id+" "+meta, func(t *testing.T) {
				t.Parallel()
				b := migrated(t, `CREATE TABLE question (id `+id+` PRIMARY KEY, content text, meta `+meta+`)`,
					`INSERT INTO question VALUES (1, 'one', '{"irt": {"a": 1, "b": 0.5}, "tags": ["anchor"]}'), (2, 'two', '{"irt": {"a": 2, "b": 0}, "smile": "\ud83d\ude00"}'),
						(3, 'three', NULL), (4, 'four', '{"irt": 7}')`)
				if meta == "json" {
					b.exec(t, `INSERT INTO question VALUES (5, 'five', '{"irt": {"a": 1, "b": 1}, "note": "\u0000"}'), (6, 'six', '{"irt": {"a": 1, "b": 1e999999}}'),
						(7, 'seven', '{"irt": {"a": 1, "b": 1}, "note": "\ud83d"}')`)
				}
				var got []string
				anchors, err := b.Anchors(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range anchors {
					got = append(got, "anchor "+a.ItemID)
				}
				b.inTx(t, func(tx *db.Tx) error {
					items, err := tx.ItemBank(t.Context(), []string{"1", "2", "3", "x"})
					for _, i := range items {
						got = append(got, "seed "+i.ItemID)
					}
					return err
				})
				q, err := b.Question(t.Context(), "2")
				if err != nil || q == nil || *q.Content != "two" || *q.A != 2 {
					t.Errorf("question 2: %+v, %v", q, err)
				}
				if unusable, err := b.UnusableAnchors(t.Context()); err != nil || len(unusable) != 0 {
					t.Errorf("unusable anchors %v, %v", unusable, err)
				}
				diff(t, "read", strings.Join(got, ", "), "anchor 1, seed 1, seed 2")
				run := uuid.New()
				b.exec(t, `INSERT INTO sextant.run (id, lock_key, stage, params, trigger, actor, host, pid, version, status) VALUES ($1, 0, 'mirt-calibrate', '{}', 'cli', 'a', 'h', 1, 'v', 'succeeded')`, run)
				b.exec(t, `INSERT INTO sextant.calibration (run_id, bank, model, version, data_day, prior_mean, prior_sd, linking, metrics, fitted_at)
					VALUES ($1, '', '2PL', 'v1', '2026-01-01', 0, 1, '{}', '{}', now())`, run)
				b.exec(t, `INSERT INTO sextant.item_history (run_id, item_id, a, b, c, n, flags) SELECT $1, i, 1.5, 0, 0, 9, '{}' FROM unnest('{1,2,3,4,5}'::text[]) i`, run)
				b.inTx(t, func(tx *db.Tx) error {
					n, err := tx.UpdateQuestionMeta(t.Context(), run, "2PL")
					if n != 3 {
						t.Errorf("%d questions written, want 2, 3 and 4", n)
					}
					return err
				})
				diff(t, "meta", b.rows(t, `SELECT id::text AS id, meta -> 'irt' -> 'a' AS a, meta -> 'smile' IS NOT NULL AS smile FROM question WHERE id::text::numeric < 5 ORDER BY id`),
					"1|1|false\n2|1.5|true\n3|1.5|false\n4|1.5|false")
			})
		}
	}
}

// Goals and ended sessions count whatever the types of their columns; a table
// that lacks what they need counts for nothing, and no stage fails by it.
func TestGoalsAndSessionsOfAnotherShape(t *testing.T) {
	t.Parallel()
	const day = "2026-03-10"
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, tables string
		want         string // goal's topic, target, sessions of activity
	}{
		{"the contract's", `CREATE TABLE interest_goal (user_id text, topic_id text, target_level numeric(6,3), priority smallint);
			INSERT INTO interest_goal VALUES ('7', '1', 0.5, 1), ('7', '2', 0.25, 9);
			CREATE TABLE session (id text, user_id text, ended_at timestamptz); INSERT INTO session VALUES ('s', '7', '2026-03-09Z')`, "2|0.25|2"},
		{"numbers for ids", `CREATE TABLE interest_goal (user_id int, topic_id bigint, target_level double precision, priority bigint);
			INSERT INTO interest_goal VALUES (7, 1, 0.5, 1), (7, 2, 0.25, 9);
			CREATE TABLE session (id bigint, user_id bigint, ended_at timestamp); INSERT INTO session VALUES (1, 7, '2026-03-09')`, "2|0.25|2"},
		{"texts for numbers", `CREATE TABLE interest_goal (user_id text, topic_id text, target_level text, priority text);
			INSERT INTO interest_goal VALUES ('7', '1', 'high', '99'), ('7', '2', '0.25', '9'), ('7', '3', '1e400', '98'), ('7', '4', '0.75', 'first');
			CREATE TABLE session (id text, user_id text, ended_at date); INSERT INTO session VALUES ('s', '7', '2026-03-09')`, "2|0.25|2"},
		{"unbounded numbers", `CREATE TABLE interest_goal (user_id text, topic_id text, target_level numeric, priority numeric);
			INSERT INTO interest_goal VALUES ('7', '1', 'NaN', 1), ('7', '2', 0.25, 9), ('7', '3', 1e400, 1e300);
			CREATE TABLE session (id text, user_id text, ended_at text); INSERT INTO session VALUES ('s', '7', 'yesterday')`, "2|0.25|1"},
		{"what lacks", `CREATE TABLE interest_goal (user_id text, topic_id text); INSERT INTO interest_goal VALUES ('7', '1');
			CREATE TABLE session (id text, user_id text); CREATE TABLE exam_results (id int, user_id text)`, "∅|0|1"},
		{"goals without a priority", `CREATE TABLE interest_goal (user_id text, topic_id text, target_level numeric(6,3));
			INSERT INTO interest_goal VALUES ('7', '2', 0.25), ('7', '1', 0.5)`, "1|0.5|1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := migrated(t, `CREATE TABLE responses (user_id bigint, item_id int, is_correct int, responded_at timestamp)`,
				`INSERT INTO responses VALUES (7, 1, 1, '2026-03-08 10:00')`, c.tables)
			b.sync(t, db.SyncOptions{Source: db.SourceResponses})
			o := db.KPIOptions{Day: db.DayOf(d), Users: []string{"7"}, Lookback: 30, Horizon: 14}
			var got []string
			b.inTx(t, func(tx *db.Tx) error {
				kpis, err := tx.KPIs(t.Context(), o)
				if err != nil {
					return err
				}
				for _, k := range kpis {
					topic := "∅"
					if k.GoalTopic != nil {
						topic = *k.GoalTopic
					}
					got = append(got, strings.Join([]string{topic, number(k.Target), number(float64(k.Visits))}, "|"))
				}
				_, _, err = tx.PublishInactivity(t.Context(), o, 1)
				return err
			})
			diff(t, "KPIs", strings.Join(got, "\n"), c.want)
			if _, err := b.Goals(t.Context(), "7"); err != nil {
				t.Error(err)
			}
			if _, err := b.ReportData(t.Context(), o.Day, o.Users); err != nil {
				t.Error(err)
			}
			if _, err := b.QuietCount(t.Context(), o, 1); err != nil {
				t.Error(err)
			}
		})
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// A session whose status is of a type that knows no 'completed' is noted by the
// trigger when it ends, and an attempt finds its learner by it, whatever the
// types of their ids.
func TestSessionsOfAnotherShape(t *testing.T) {
	t.Parallel()
	const id = `00000000-0000-0000-0000-00000000000`
	b := migrated(t, `CREATE TYPE progress AS ENUM ('begun', 'over')`,
		`CREATE TABLE session (id uuid PRIMARY KEY, user_id bigint, ended_at timestamptz, status progress)`,
		`CREATE TABLE attempt (id bigint PRIMARY KEY, student_id uuid, item_id text, correct int, completed_at timestamp, session_id text)`,
		`INSERT INTO session VALUES ('`+id+`1', 7, NULL, 'begun')`,
		`INSERT INTO attempt VALUES (1, '`+id+`9', '101.0', 1, '2026-03-08 10:00', '`+id+`1'), (2, '`+id+`9', '102', 0, '2026-03-08 10:00', NULL)`)
	if err := b.InstallTriggers(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	b.exec(t, `UPDATE session SET ended_at = '2026-03-08Z', status = 'over'`)
	diff(t, "change log", b.rows(t, `SELECT op, session_id, user_id FROM sextant.change`), `finish|`+id+`1|7`)
	b.sync(t, db.SyncOptions{})
	diff(t, "answers", b.rows(t, `SELECT user_id, item_id, correct, answered_at FROM sextant.answer ORDER BY item_id`),
		"7|101|true|2026-03-08T10:00:00+00:00\n"+id+"9|102|false|2026-03-08T10:00:00+00:00")
}
