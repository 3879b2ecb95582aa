package db_test

import (
	"strings"
	"testing"

	"sextant/db"
)

// What the forecast counts without schema sextant is what a full sync sets aside
// with it, whatever the source and however odd its values.
func TestForecastIsWhatASyncSetsAside(t *testing.T) {
	t.Parallel()
	odd := []string{`1`, `"12 "`, `" 3.0"`, `1e2`, `"1e400"`, `1.5`, `-7`, `9223372036854775808`, `null`, `true`, `"t"`, `"on"`, `"maybe"`, `""`, `[]`, `{}`, `"0"`, `"\u000b1"`}
	var answers []string
	for _, f := range []string{"question_id", "is_correct", "time_spent_sec", "used_hints", "topic"} {
		for _, v := range odd {
			answer := `{"question_id": 1, "is_correct": true, "time_spent_sec": 2, "used_hints": 0, "topic": "t"}`
			answers = append(answers, `('`+answer+`'::jsonb || '{"`+f+`": `+v+`}')`)
		}
	}
	questions := `jsonb_build_array(` + strings.Join(answers, ", ") + `, 7, '{}'::jsonb)`
	for name, tables := range map[string][]string{
		"exam_results": {examTable, `INSERT INTO exam_results (session_id, user_id, result_json) VALUES ('s', 'u', jsonb_build_object('questions', ` + questions + `)),
			('nobody', '', jsonb_build_object('questions', ` + questions + `)), ('none', 'u', '{"questions": null}'), ('never', 'u', '[]')`},
		"responses": {`CREATE TABLE responses (user_id text, item_id text, is_correct text, responded_at timestamptz, response_time_ms text, hints text)`,
			`INSERT INTO responses SELECT u, v, v, t, v, v FROM unnest('{u,NULL,""}'::text[]) u, unnest('{1,x,-1,1.5,NULL,t}'::text[]) v, unnest('{infinity,2026-03-01,NULL}'::timestamptz[]) t`},
		"attempt": {`CREATE TABLE attempt (id bigint, student_id text, item_id text, correct text, completed_at timestamptz)`,
			`INSERT INTO attempt SELECT nullif(i % 9, 3), 'u', v, v, now() FROM unnest('{1,x,-1,1.5,NULL,t}'::text[]) v, generate_series(1, 12) i`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := empty(t, append(tables, `ANALYZE`)...)
			f, err := b.Forecast(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			r := b.sync(t, db.SyncOptions{})
			if taken := f.Answers - f.Lost; taken != r.Answers || f.Sample || f.TimedOut || f.Lost == 0 {
				t.Errorf("forecast %+v, sync %+v", f, r)
			}
			var told int64
			for _, reason := range f.Reasons {
				told += reason.Count
				if n := value[int64](t, b, `SELECT count(*) FROM sextant.quarantine WHERE reason = $1`, reason.Reason); n != reason.Count {
					t.Errorf("%s: forecast %d, set aside %d", reason.Reason, reason.Count, n)
				}
			}
			if n := value[int64](t, b, `SELECT count(*) FROM sextant.quarantine`); n != told || told == 0 {
				t.Errorf("forecast %d in all, set aside %d", told, n)
			}
		})
	}
}

// A large source is sampled, and attempt is compared with exam_results answer by answer.
func TestSamplesAndComparison(t *testing.T) {
	t.Parallel()
	b := empty(t, examTable, `INSERT INTO exam_results (session_id, user_id, result_json)
		SELECT 's' || n, 'u', '{"questions": [{"question_id": 1, "is_correct": true}, {"question_id": "x"}]}' FROM generate_series(1, 50000) n`, `ANALYZE`,
		`CREATE VIEW attempt AS SELECT session_id, CASE WHEN session_id < 's3' THEN 1 ELSE 2 END::bigint AS item_id, true AS correct FROM exam_results`)
	f, err := b.Forecast(t.Context())
	if err != nil || !f.Sample || f.Answers < 10_000 || f.Answers > 80_000 || f.Lost*2 != f.Answers {
		t.Errorf("forecast of a sample: %+v, %v", f, err)
	}
	c, err := b.CompareAttempt(t.Context())
	if err != nil || c == nil || c.Sessions < 100 || c.Same+c.OnlyAttempt != int64(c.Sessions) || c.OnlyAttempt != c.OnlyExams || c.OnlyAttempt == 0 || c.Same == 0 {
		t.Errorf("comparison: %+v, %v", c, err)
	}
}

// A role that may only look at some of it can survey a database before its migration.
func TestSurveyWithoutRights(t *testing.T) {
	t.Parallel()
	b := empty(t, examTable, `CREATE TABLE session (id text)`, `CREATE TABLE weekly_kpi (user_id uuid, kpis jsonb)`)
	role := b.role(t, "looker")
	b.exec(t, `GRANT USAGE ON SCHEMA public TO `+role+`; GRANT SELECT ON exam_results TO `+role)
	d, err := db.Open(t.Context(), db.Config{URL: b.url + "&options=-c%20role%3D" + role, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := d.Survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var lacking []string
	for _, p := range s.Lacking {
		lacking = append(lacking, p.Name)
	}
	diff(t, "lacking", strings.Join(lacking, "\n"), strings.Join([]string{"SELECT on public.session",
		"CREATE on database " + value[string](t, b, `SELECT current_database()`), "CREATE on schema public",
		"ownership of public.weekly_kpi, to add week_start date, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now()"}, "\n"))
	if s.Schema != 0 || s.Source != db.SourceExamResults || s.Indexed || !s.Unique || s.SourceErr != nil {
		t.Errorf("survey %+v", s)
	}
	for _, g := range s.Published {
		if g.Table == "weekly_kpi" && strings.Join(g.Wrong, ", ") != "user_id is uuid, not text" {
			t.Errorf("weekly_kpi: %+v", g)
		}
	}
	if _, err := d.Forecast(t.Context()); err != nil {
		t.Error(err)
	}
}

// A role that may not look into schema sextant is told so, and all else is surveyed.
func TestSurveyOfAClosedSchema(t *testing.T) {
	t.Parallel()
	b := migrated(t, examTable)
	role := b.role(t, "closed")
	b.exec(t, `GRANT SELECT ON exam_results TO `+role)
	d, err := db.Open(t.Context(), db.Config{URL: b.url + "&options=-c%20role%3D" + role, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := d.Survey(t.Context())
	if err != nil || !s.Closed || s.Source != db.SourceExamResults || len(s.Lacking) != 0 {
		t.Errorf("survey %+v, %v", s, err)
	}
	if f, err := d.Forecast(t.Context()); err != nil {
		t.Errorf("forecast %+v, %v", f, err)
	}
	if _, err := d.CompareAttempt(t.Context()); err != nil {
		t.Error(err)
	}
}
