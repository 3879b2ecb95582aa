package db_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"sextant/db"
)

func TestRedactFindsAnIDThatStandsByItself(t *testing.T) {
	t.Parallel()
	kim, twelve, korean := db.Pseudonym("kim"), db.Pseudonym("12"), db.Pseudonym("김민수")
	for _, tt := range []struct{ id, text, want string }{
		{"kim", "kim", kim},
		{"kim", `kim: unknown learner "kim": no answer; kim`, kim + `: unknown learner "` + kim + `": no answer; ` + kim},
		{"kim", "asked by kim.", "asked by " + kim + "."},
		{"kim", "kim@example.org kimchi akim kim-2 a.kim kim_1", "kim@example.org kimchi akim kim-2 a.kim kim_1"},
		{"kim", "learner:kim user=kim file:///reports/kim/1.html", "learner:" + kim + " user=" + kim + " file:///reports/" + kim + "/1.html"},
		{"12", "12 of 112 at 12:30, 0.12, 2026-12-01, 12 ms", twelve + " of 112 at 12:30, 0.12, 2026-12-01, " + twelve + " ms"},
		{"김민수", "김민수의 김민수", "김민수의 " + korean},
		{"", "nothing", "nothing"},
		{"aa", "aaa aa", "aaa " + db.Pseudonym("aa")},
	} {
		if got := db.Redact(tt.text, tt.id); got != tt.want {
			t.Errorf("%q without %q is %q, want %q", tt.text, tt.id, got, tt.want)
		}
	}
}

// mentions lists the columns of our tables and of the published ones that hold
// an id anywhere, whatever the column is called and of whatever type it is.
func (b base) mentions(t *testing.T, id string) string {
	t.Helper()
	var found []string
	for _, table := range b.lines(t, `SELECT c.oid::regclass FROM pg_class c WHERE c.relkind IN ('r', 'p')
		AND (c.relnamespace = 'sextant'::regnamespace AND NOT c.relispartition OR c.oid::regclass::text IN ('features_topic_daily',
			'weekly_kpi', 'mirt_ability', 'mirt_item_params', 'mirt_fit_meta', 'student_topic_theta', 'report_artifacts')) ORDER BY c.oid::regclass::text COLLATE "C"`) {
		for _, column := range b.lines(t, `SELECT DISTINCT e.key FROM `+table+` t, jsonb_each_text(to_jsonb(t)) e
			WHERE strpos(e.value, $1) > 0 ORDER BY 1`, id) {
			found = append(found, table+"."+column)
		}
	}
	return strings.Join(found, " ")
}

const (
	leaver  = "kim@example.org"
	answers = `[{"question_id": 1, "is_correct": true, "topic": "t"}, {"question_id": 2, "is_correct": false}, {"question_id": "no"}]`
)

// remembering gives a database in which every table says something of a learner.
func remembering(t *testing.T) base {
	t.Helper()
	b := migrated(t, examTable, `CREATE TABLE public.session (id text PRIMARY KEY, user_id text, ended_at timestamptz)`,
		`CREATE TABLE public.interest_goal (user_id text, topic_id text, target_level numeric, priority int)`,
		`INSERT INTO session VALUES ('s1', 'kim@example.org', '2026-03-01 10:10:00Z')`, `INSERT INTO interest_goal VALUES ('kim@example.org', 't', 1, 0)`)
	b.exam(t, "s1", leaver, answers)
	b.exam(t, "s2", leaver, answers)
	b.exam(t, "s3", "ann", answers)
	b.sync(t, db.SyncOptions{})
	asOf := at(t, "2026-03-01T23:59:59Z")
	b.writeThetas(t, calibration(asOf), db.Theta{UserID: leaver, Theta: 1, SE: 0.5}, db.Theta{UserID: leaver, TopicID: "t", Theta: 1, SE: 0.5},
		db.Theta{UserID: "ann", Theta: 2, SE: 0.5})
	for _, user := range []string{leaver, "ann"} {
		b.exec(t, `INSERT INTO features_topic_daily (user_id, topic_id, date) VALUES ($1, 't', '2026-03-01')`, user)
		b.exec(t, `INSERT INTO weekly_kpi (user_id, week_start, kpis) VALUES ($1, '2026-03-02', '{"P": 0.5, "S": null}')`, user)
		b.exec(t, `INSERT INTO sextant.kpi_row VALUES ($1, '2026-03-02', '2026-03-03')`, user)
		b.exec(t, `INSERT INTO report_artifacts (user_id, week_start, format, url) VALUES ($1, '2026-03-02', 'html', 'file:///reports/' || $1)`, user)
	}
	if err := b.InTx(t.Context(), func(tx *db.Tx) error {
		return tx.PutReports(t.Context(), []db.ReportObject{{UserID: leaver, Week: mustDay("2026-03-02"), Edition: "learner", Lang: "ko", Format: "html",
			URL: "file:///reports/weekly/2026-03-02/0a/learner.ko.html"}}, "en")
	}); err != nil {
		t.Fatal(err)
	}
	run := b.start(t, "update-theta")
	b.exec(t, `UPDATE sextant.run SET params = jsonb_build_object('users', jsonb_build_array($2::text, 'ann')), reason = 'asked by ' || $2 WHERE id = $1`, run.ID, leaver)
	if err := b.AddFailure(t.Context(), run.ID, db.RunFailure{Kind: "learner", Subject: leaver, Error: leaver + ": no luck"}); err != nil {
		t.Fatal(err)
	}
	if err := b.AppendEvents(t.Context(), run.ID, []db.RunEvent{{At: asOf, Level: "info", Message: "θ of " + leaver,
		Attrs: json.RawMessage(`{"learner": "` + leaver + `", "answers": 7}`)}}); err != nil {
		t.Fatal(err)
	}
	if err := b.FinishRun(t.Context(), run.ID, db.RunPartial, db.RunProgress{}, "1 failed; the first: "+leaver+": no luck"); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b base) forget(t *testing.T, user string) (f db.Forgetting) {
	t.Helper()
	run := b.start(t, "forget-"+uuid.NewString())
	if err := b.InSlice(t.Context(), run, func(tx *db.Tx) (err error) {
		f, err = tx.Forget(t.Context(), run, user)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestForgetLeavesNothing(t *testing.T) {
	t.Parallel()
	b := remembering(t)
	const all = "features_topic_daily.user_id mirt_ability.user_id report_artifacts.url report_artifacts.user_id sextant.answer.user_id " +
		"sextant.answer_tally.user_id sextant.kpi_row.user_id sextant.learner.user_id sextant.report_object.user_id sextant.run.error sextant.run.params sextant.run.reason " +
		"sextant.run_event.attrs sextant.run_event.message sextant.run_failure.error sextant.run_failure.subject sextant.source_session.user_id " +
		"sextant.theta_history.user_id student_topic_theta.user_id weekly_kpi.user_id"
	diff(t, "before", b.mentions(t, leaver), all)
	ann := b.rows(t, `SELECT user_id, count(*) FROM sextant.answer WHERE user_id = 'ann' GROUP BY 1`) + b.mentions(t, "ann")
	var plan db.Forgetting
	if err := b.InSnapshot(t.Context(), func(tx *db.Tx) (err error) {
		plan, err = tx.Forgetting(t.Context(), leaver)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	done := b.forget(t, leaver)
	diff(t, "mentions left", b.mentions(t, leaver), "")
	diff(t, "what the preview said", render(t, plan), render(t, done))
	diff(t, "what was done", render(t, done), `{"erased":[{"table":"sextant.quarantine","rows":4},{"table":"sextant.answer","rows":4},{"table":"sextant.answer_tally","rows":2},`+
		`{"table":"sextant.kpi_row","rows":1},{"table":"sextant.learner","rows":1},{"table":"sextant.report_object","rows":1},{"table":"sextant.source_session","rows":2},`+
		`{"table":"sextant.theta_history","rows":2},{"table":"public.features_topic_daily","rows":1},{"table":"public.mirt_ability","rows":1},`+
		`{"table":"public.student_topic_theta","rows":1},{"table":"public.report_artifacts","rows":1},{"table":"public.weekly_kpi","rows":1}],`+
		`"redacted":[{"table":"sextant.run","rows":1},{"table":"sextant.run_event","rows":1},{"table":"sextant.run_failure","rows":1}],`+
		`"stored":["file:///reports/weekly/2026-03-02/0a/learner.ko.html"],"reports":["file:///reports/kim@example.org"],`+
		`"platform":[{"table":"public.exam_results","rows":2},{"table":"public.session","rows":1},{"table":"public.interest_goal","rows":1}]}`)
	name := db.Pseudonym(leaver)
	diff(t, "the ledger's row", b.rows(t, `SELECT params, reason, error, status FROM sextant.run WHERE stage = 'update-theta'`),
		`{"users": ["`+name+`", "ann"]}|asked by `+name+`|1 failed; the first: `+name+`: no luck|partial`)
	diff(t, "its log", b.rows(t, `SELECT message, attrs FROM sextant.run_event`), "θ of "+name+`|{"answers": 7, "learner": "`+name+`"}`)
	diff(t, "the others", b.rows(t, `SELECT user_id, count(*) FROM sextant.answer WHERE user_id = 'ann' GROUP BY 1`)+b.mentions(t, "ann"), ann)
	if _, err := b.sql.Exec(t.Context(), `UPDATE sextant.run SET error = '' WHERE stage = 'update-theta'`); err == nil {
		t.Error("a finished row of the ledger can be changed")
	}
}

func render(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestForgetKeepsOtherKeysOfWeeklyKPIs(t *testing.T) {
	t.Parallel()
	b := migrated(t, `INSERT INTO weekly_kpi (user_id, week_start, kpis) VALUES
		('kim', '2026-03-02', '{"P": 0.5, "theirs": 1}'), ('kim', '2026-03-09', '{"theirs": 1}'), ('kim', '2026-03-16', '[]'), ('kim', '2026-03-23', '{"S": 1}')`)
	f := b.forget(t, "kim")
	diff(t, "counts", render(t, f.Erased), `[{"table":"public.weekly_kpi","rows":2}]`)
	diff(t, "rows", b.rows(t, `SELECT week_start, kpis FROM weekly_kpi ORDER BY 1`), `2026-03-02|{"theirs": 1}
2026-03-09|{"theirs": 1}
2026-03-16|[]`)
}

func TestASyncLeavesTheForgottenOut(t *testing.T) {
	t.Parallel()
	b := remembering(t)
	b.forget(t, leaver)
	state := func() string { return b.rows(t, `SELECT user_id, answers FROM sextant.learner`) }
	never := func(when string) {
		t.Helper()
		diff(t, "learners "+when, state(), "ann|2")
		diff(t, "mentions "+when, b.mentions(t, leaver), "")
	}
	b.sync(t, db.SyncOptions{})
	never("after a sync")
	if n, err := b.Unsynced(t.Context()); err != nil || n != 0 {
		t.Errorf("%d sessions unsynced, %v", n, err)
	}
	b.dueReconciliation(t)
	if r := b.sync(t, db.SyncOptions{}); r.Mode != "reconciled" || r.Sessions != 0 {
		t.Errorf("%+v", r)
	}
	never("after a reconciliation")
	b.sync(t, db.SyncOptions{Full: true})
	never("after a full sync")
	b.exam(t, "s1", leaver, `[]`)
	b.exam(t, "s9", leaver, answers)
	b.sync(t, db.SyncOptions{})
	never("after the platform wrote more")
	b.inTx(t, func(tx *db.Tx) error {
		_, _, err := tx.PublishInactivity(t.Context(), db.KPIOptions{Day: db.DayOf(at(t, "2026-03-20T00:00:00Z")), Target: 0, Horizon: 14}, 7)
		return err
	})
	b.writeThetas(t, calibration(at(t, "2026-03-21T00:00:00Z")), db.Theta{UserID: leaver, Theta: 1, SE: 0.5}, db.Theta{UserID: "ann", Theta: 1, SE: 0.5})
	never("after a calibration that had read them before")
	diff(t, "θ of the others", b.rows(t, `SELECT user_id, theta FROM mirt_ability`), "ann|1")

	var lifted bool
	b.inTx(t, func(tx *db.Tx) (err error) {
		lifted, err = tx.Remember(t.Context(), leaver)
		return err
	})
	b.sync(t, db.SyncOptions{})
	if diff(t, "learners after lifting", state(), "ann|2\nkim@example.org|4"); !lifted {
		t.Error("nothing was lifted")
	}
}

// An attempt's student_id is the id itself or made of its digest, and may be all
// that is known of whose answer it is.
func TestForgetKnowsStudentIDs(t *testing.T) {
	t.Parallel()
	b := migrated(t, attemptTable)
	b.exec(t, `INSERT INTO attempt (id, student_id, item_id, correct, completed_at) VALUES
		(1, md5('kim@example.org')::uuid, 1, true, now()), (2, md5('ann')::uuid, 1, true, now())`)
	b.sync(t, db.SyncOptions{})
	name := value[string](t, b, `SELECT md5('kim@example.org')::uuid::text`)
	f := b.forget(t, leaver)
	diff(t, "platform", render(t, f.Platform), `[{"table":"public.attempt","rows":1}]`)
	diff(t, "mentions", b.mentions(t, name), "")
	b.sync(t, db.SyncOptions{})
	b.sync(t, db.SyncOptions{Full: true})
	diff(t, "mentions after syncs", b.mentions(t, name), "")
	if n := value[int](t, b, `SELECT count(*) FROM sextant.answer`); n != 1 {
		t.Errorf("%d answers", n)
	}
}

// What a slice under way has read it would write after the learner is gone.
func TestForgetWaitsForSlicesUnderWay(t *testing.T) {
	t.Parallel()
	b := remembering(t)
	run := b.start(t, "features")
	read, write := make(chan struct{}), make(chan struct{})
	slice := make(chan error, 1)
	go func() {
		slice <- b.InSlice(t.Context(), run, func(tx *db.Tx) error {
			close(read)
			<-write
			_, _, err := tx.PublishFeatures(t.Context(), "features", db.FeaturesOptions{Day: db.DayOf(at(t, "2026-03-01T00:00:00Z"))})
			return err
		})
	}()
	<-read
	forgotten := make(chan struct{})
	go func() {
		defer close(forgotten)
		b.forget(t, leaver)
	}()
	b.awaitLockWait(t)
	close(write)
	if err := <-slice; err != nil {
		t.Fatal(err)
	}
	<-forgotten
	diff(t, "mentions", b.mentions(t, leaver), "")
}
