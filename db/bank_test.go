package db_test

import (
	"fmt"
	"testing"

	"sextant/db"
)

// A subject is the exam of an answer's session, as far as the platform tells:
// by exam_results, by session, by both, or not at all.
func TestASubjectIsFoundByTheSession(t *testing.T) {
	t.Parallel()
	const answers = `CREATE TABLE responses (user_id text, item_id text, is_correct boolean, responded_at timestamptz, session_id text, topic_id text);
		INSERT INTO responses VALUES ('ann', '1', true, '2026-03-01Z', 's1', NULL), ('ann', '1', false, '2026-03-02Z', 's2', 'x'),
			('ann', '2', true, '2026-03-02Z', 's2', 'x'), ('bob', '2', true, '2026-03-03Z', NULL, 'x'), ('bob', '3', true, '2026-03-03Z', 's3', 'y')`
	const exams = `CREATE TABLE exam_results (session_id text, exam_id int); INSERT INTO exam_results VALUES ('s1', 7), ('s2', 8)`
	const sessions = `CREATE TABLE session (id text, exam_id text); INSERT INTO session VALUES ('s2', '7'), ('s3', '7')`
	for name, test := range map[string]struct {
		tables []string
		filter db.BankFilter
		want   string // user, item, whether the answer is the bank's
	}{
		"the unfiltered bank":  {nil, db.BankFilter{}, "ann 1 true; ann 1 true; ann 2 true; bob 2 true; bob 3 true; "},
		"a topic":              {nil, db.BankFilter{Topic: "x"}, "ann 1 false; ann 1 true; ann 2 true; bob 2 true; "},
		"by exam_results":      {[]string{exams}, db.BankFilter{Subject: "7"}, "ann 1 true; ann 1 false; "},
		"by session":           {[]string{sessions}, db.BankFilter{Subject: "7"}, "ann 1 false; ann 1 true; ann 2 true; bob 2 false; bob 3 true; "},
		"by both":              {[]string{exams, sessions}, db.BankFilter{Subject: "7"}, "ann 1 true; ann 1 true; ann 2 true; bob 2 false; bob 3 true; "},
		"not at all":           {nil, db.BankFilter{Subject: "7"}, ""},
		"no number":            {[]string{exams}, db.BankFilter{Subject: "7; DROP TABLE"}, ""},
		"a subject's topic":    {[]string{exams}, db.BankFilter{Subject: "8", Topic: "x"}, "ann 1 false; ann 1 true; ann 2 true; bob 2 false; "},
		"without its exam ids": {[]string{`CREATE TABLE exam_results (session_id text)`}, db.BankFilter{Subject: "7"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := migrated(t, append([]string{answers}, test.tables...)...)
			b.sync(t, db.SyncOptions{Source: db.SourceResponses})
			since, end := day(t, "2026-03-01"), day(t, "2026-03-03")
			got, inBank := "", int64(0)
			err := b.EachAnswer(t.Context(), test.filter, since.Start(), end.End(), func(a db.AnswerRow) error {
				got += fmt.Sprintf("%s %s %v; ", a.User, a.Item, a.InBank)
				if a.InBank {
					inBank++
				}
				return nil
			})
			if err != nil || got != test.want {
				t.Errorf("answers %q, %v; want %q", got, err, test.want)
			}
			if n, err := b.WindowCount(t.Context(), test.filter, since, end); err != nil || n.Answers != inBank {
				t.Errorf("%d answers counted, %d read, %v", n.Answers, inBank, err)
			}
		})
	}
	for bank, f := range map[string]db.BankFilter{"": {}, "topic:x": {Topic: "x"}, "subject:7": {Subject: "7"}, "subject:7 topic:x": {Subject: "7", Topic: "x"}} {
		if f.Bank() != bank {
			t.Errorf("bank %q, want %q", f.Bank(), bank)
		}
	}
}
