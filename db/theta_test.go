package db_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (b base) writeThetas(t *testing.T, batch db.ThetaBatch, thetas ...db.Theta) (n int64) {
	t.Helper()
	b.inTx(t, func(tx *db.Tx) (err error) {
		n, err = tx.WriteThetas(t.Context(), batch, thetas)
		return err
	})
	return n
}

func calibration(asOf time.Time) db.ThetaBatch {
	return db.ThetaBatch{Model: "2PL", Version: "v1", Source: "calibration", RunID: uuid.New(), AsOf: asOf, InForce: true}
}

func online(asOf time.Time) db.ThetaBatch {
	b := calibration(asOf)
	b.Source = "online"
	return b
}

const (
	historyRows = `SELECT user_id, topic_id, theta, source, to_char(as_of AT TIME ZONE 'UTC', 'MM-DD HH24:MI') FROM sextant.theta_history
		ORDER BY as_of, estimated_at, user_id, topic_id NULLS FIRST`
	abilityRows = `SELECT user_id, theta, se, version, to_char(fitted_at AT TIME ZONE 'UTC', 'MM-DD HH24:MI') FROM mirt_ability ORDER BY user_id, version`
	topicRows   = `SELECT user_id, topic_id, theta, version, to_char(fitted_at AT TIME ZONE 'UTC', 'MM-DD HH24:MI') FROM student_topic_theta ORDER BY 1, 2`
)

func TestCalibrationAppendsOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	first, second := at(t, "2026-03-01T09:00:00Z"), at(t, "2026-03-02T09:00:00Z")
	day1, day2, day3 := at(t, "2026-03-01T23:59:00Z"), at(t, "2026-03-02T23:59:00Z"), at(t, "2026-03-03T23:59:00Z")
	b.writeThetas(t, calibration(day1), db.Theta{UserID: "ann", Theta: 1, SE: 0.5, Newest: first}, db.Theta{UserID: "ann", TopicID: "t", Theta: 1.5, SE: 0.5, Newest: first},
		db.Theta{UserID: "bob", Theta: 2, SE: 0.5, Newest: first})
	// The next night: bob has answered, ann has not; a topic of ann's is new.
	b.writeThetas(t, calibration(day2), db.Theta{UserID: "ann", Theta: 1.1, SE: 0.5, Newest: first}, db.Theta{UserID: "ann", TopicID: "t", Theta: 1.6, SE: 0.5, Newest: first},
		db.Theta{UserID: "ann", TopicID: "u", Theta: 0.1, SE: 0.5, Newest: first}, db.Theta{UserID: "bob", Theta: 2.1, SE: 0.5, Newest: second})
	want := strings.TrimSpace(`
ann|∅|1|calibration|03-01 23:59
ann|t|1.5|calibration|03-01 23:59
bob|∅|2|calibration|03-01 23:59
ann|u|0.1|calibration|03-02 23:59
bob|∅|2.1|calibration|03-02 23:59`)
	diff(t, "history", b.rows(t, historyRows), want)
	diff(t, "published all the same", b.rows(t, abilityRows), "ann|1.1|0.5|v1|03-02 23:59\nbob|2.1|0.5|v1|03-02 23:59")
	diff(t, "topics", b.rows(t, topicRows), "ann|t|1.6|v1|03-02 23:59\nann|u|0.1|v1|03-02 23:59")
	// The same night again.
	b.writeThetas(t, calibration(day2), db.Theta{UserID: "ann", TopicID: "u", Theta: 0.1, SE: 0.5, Newest: first}, db.Theta{UserID: "bob", Theta: 2.1, SE: 0.5, Newest: second})
	diff(t, "history after a rerun", b.rows(t, historyRows), want)
	// A new scale is new for all; an online estimate always is.
	scale := calibration(day3)
	scale.Version = "v2"
	b.writeThetas(t, scale, db.Theta{UserID: "ann", Theta: 7, SE: 0.5, Newest: first})
	b.writeThetas(t, online(day3.Add(time.Hour)), db.Theta{UserID: "bob", Theta: 2.2, SE: 0.5, Newest: second})
	diff(t, "history", b.rows(t, historyRows), want+"\nann|∅|7|calibration|03-03 23:59\nbob|∅|2.2|online|03-04 00:59")
	diff(t, "a row a scale", b.rows(t, abilityRows), "ann|1.1|0.5|v1|03-02 23:59\nann|7|0.5|v2|03-03 23:59\nbob|2.2|0.5|v1|03-04 00:59")
}

// Published θs move without an answer: by a re-grade, an operator, another model,
// or the same day done again. The history follows.
func TestCalibrationAppendsWhatChangedWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	moment := at(t, "2026-03-01T09:00:00Z")
	night := func(day string, seen int64) db.ThetaBatch {
		n := calibration(at(t, "2026-03-"+day+"T23:59:00Z"))
		n.Revision = seen
		return n
	}
	estimates := func(theta float64) []db.Theta {
		var out []db.Theta
		for _, u := range []string{"ann", "bob", "cid"} {
			out = append(out, db.Theta{UserID: u, Theta: theta, SE: 0.5, Newest: moment}, db.Theta{UserID: u, TopicID: "t", Theta: theta, SE: 0.5, Newest: moment})
		}
		return out
	}
	appended := func(what string, batch db.ThetaBatch, theta float64, want string) {
		t.Helper()
		b.writeThetas(t, batch, estimates(theta)...)
		diff(t, what, b.rows(t, `SELECT user_id, string_agg(coalesce(topic_id, ''), ',' ORDER BY topic_id NULLS FIRST) AS topics FROM sextant.theta_history
			WHERE run_id = '`+batch.RunID.String()+`' GROUP BY user_id ORDER BY user_id`), want)
	}
	const all, ann = "ann|,t\nbob|,t\ncid|,t", "ann|,t"
	b.exec(t, `INSERT INTO sextant.learner (user_id, first_at, last_at, answers, sessions, revised)
		SELECT u, $1, $1, 1, 1, 0 FROM unnest(ARRAY['ann', 'bob', 'cid']) u`, moment)
	appended("the first night", night("01", 4), 1, all)
	appended("only the parameters moved", night("02", 4), 1.1, "")
	// ann's past changed after the last night had read its answers.
	b.exec(t, `UPDATE sextant.learner SET revised = CASE user_id WHEN 'ann' THEN 5 ELSE 4 END`)
	appended("a re-grade that moves nothing", night("03", 6), 1, "")
	appended("a re-grade", night("04", 6), 1.2, ann)
	appended("the night after it", night("05", 6), 1.3, "")
	// One that committed while the calibration was under way is the next night's.
	b.exec(t, `UPDATE sextant.learner SET revised = 7 WHERE user_id = 'ann'`)
	appended("a re-grade meanwhile", night("06", 6), 1.4, ann)
	appended("the next night", night("07", 8), 1.5, ann)
	appended("the night after", night("08", 8), 1.6, "")
	// The same day again, with the same and with other outcomes.
	again := night("07", 8)
	appended("the same day again", again, 1.5, "")
	again.RunID = uuid.New()
	appended("the same day, otherwise", again, 1.55, ann) // the others' last rows are of earlier days
	// An operator's estimate stands until the next calibration.
	manual := calibration(at(t, "2026-03-09T12:00:00Z"))
	manual.Source = "manual"
	b.writeThetas(t, manual, db.Theta{UserID: "ann", Theta: 3, SE: 0.5, Newest: moment})
	diff(t, "the operator's row has seen the learner's past", b.rows(t, `SELECT revision FROM sextant.theta_history WHERE source = 'manual'`), "7")
	appended("after an operator's", night("09", 8), 1.6, "ann|")
	appended("the night after", night("10", 8), 1.7, "")
	rasch := night("11", 8)
	rasch.Model = "RASCH"
	appended("another model", rasch, 1.7, all)
	// A row from before revisions were kept has seen none.
	b.exec(t, `UPDATE sextant.theta_history SET revision = NULL, model = '2PL'`)
	b.exec(t, `UPDATE sextant.learner SET revised = 0 WHERE user_id <> 'ann'`)
	appended("a row of unknown revision", night("12", 8), 1.8, ann)
}

func TestOlderThetaNeverReplacesNewer(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	noon := at(t, "2026-03-02T12:00:00Z")
	b.writeThetas(t, online(noon), db.Theta{UserID: "ann", Theta: 1, SE: 0.5, Newest: noon}, db.Theta{UserID: "ann", TopicID: "t", Theta: 1, SE: 0.5, Newest: noon})
	// The calibration of the day before ends later, and knows less.
	n := b.writeThetas(t, calibration(at(t, "2026-03-01T23:59:59.999999Z")), db.Theta{UserID: "ann", Theta: -1, SE: 0.5, Newest: noon.Add(-24 * time.Hour)},
		db.Theta{UserID: "ann", TopicID: "t", Theta: -1, SE: 0.5, Newest: noon.Add(-24 * time.Hour)})
	diff(t, "overall", b.rows(t, abilityRows), "ann|1|0.5|v1|03-02 12:00")
	diff(t, "topic", b.rows(t, topicRows), "ann|t|1|v1|03-02 12:00")
	if n != 2 {
		t.Errorf("%d rows written, want the two of the history", n)
	}
	// Rows of unknown age, as platforms have them, give way.
	b.exec(t, `UPDATE mirt_ability SET fitted_at = NULL; UPDATE student_topic_theta SET fitted_at = NULL`)
	b.writeThetas(t, online(noon.Add(-time.Hour)), db.Theta{UserID: "ann", Theta: 3, SE: 0.5}, db.Theta{UserID: "ann", TopicID: "t", Theta: 3, SE: 0.5})
	diff(t, "overall", b.rows(t, abilityRows), "ann|3|0.5|v1|03-02 11:00")
	diff(t, "topic", b.rows(t, topicRows), "ann|t|3|v1|03-02 11:00")
}

func TestThetaOutOfForceIsHistoryOnly(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	bank := calibration(at(t, "2026-03-01T23:59:00Z"))
	bank.Bank, bank.InForce = "topic:t", false
	b.writeThetas(t, bank, db.Theta{UserID: "ann", Theta: 1, SE: 0.5})
	diff(t, "history", b.rows(t, `SELECT bank, theta FROM sextant.theta_history`), "topic:t|1")
	diff(t, "published", b.rows(t, abilityRows), "")
	if h, err := b.ThetaHistory(t.Context(), "ann", true); err != nil || len(h) != 0 {
		t.Errorf("the unfiltered bank's history: %v, %v; want none", h, err)
	}
}

func TestThetaHistoryIsPartitionedByUTCMonth(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	for i, moment := range []string{"2025-12-31T23:59:59.999999Z", "2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999999Z", "2024-02-29T12:00:00Z", "2026-01-15T00:00:00Z"} {
		b.writeThetas(t, online(at(t, moment)), db.Theta{UserID: "ann", Theta: float64(i), SE: 1})
	}
	diff(t, "partitions", b.rows(t, `SELECT right(tableoid::regclass::text, 6), string_agg(theta::text, ' ' ORDER BY as_of) FROM sextant.theta_history GROUP BY 1 ORDER BY 1`),
		"202402|3\n202512|0\n202601|1 4 2")
	h, err := b.ThetaHistory(t.Context(), "ann", false)
	var got []float64
	for _, p := range h {
		got = append(got, p.Theta)
	}
	if err != nil || fmt.Sprint(got) != "[3 0 1 4 2]" {
		t.Errorf("history %v, %v; want oldest first", got, err)
	}
}

func TestConcurrentWritersMakeAMonthOnce(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			err := b.InTx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.WriteThetas(t.Context(), online(at(t, "2031-05-05T00:00:00Z")), []db.Theta{{UserID: fmt.Sprint("u", i), Theta: 1, SE: 1}})
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	diff(t, "rows and partitions", b.rows(t, `SELECT count(*), count(DISTINCT tableoid) FROM sextant.theta_history`), "6|1")
}

func TestThetaThatIsNoNumberEntersNoTable(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	for _, th := range []db.Theta{{Theta: math.NaN(), SE: 1}, {Theta: math.Inf(1), SE: 1}, {Theta: math.Inf(-1), SE: 1},
		{Theta: 0, SE: math.NaN()}, {Theta: 0, SE: math.Inf(1)}, {Theta: 0, SE: -1}} {
		th.UserID = "ann"
		err := b.InTx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.WriteThetas(t.Context(), online(at(t, "2026-03-01T00:00:00Z")), []db.Theta{{UserID: "bob", Theta: 1, SE: 1}, th})
			return err
		})
		if err == nil {
			t.Errorf("θ %v, SE %v was written", th.Theta, th.SE)
		}
	}
	diff(t, "tables", b.rows(t, `SELECT (SELECT count(*) FROM sextant.theta_history), (SELECT count(*) FROM mirt_ability)`), "0|0")
}

// Writers on one learner at once: the newest stands, whoever comes last, and none is lost.
func TestTwoWritersOnOneLearner(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	noon := at(t, "2026-03-02T12:00:00Z")
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			thetas := []db.Theta{{UserID: "ann", Theta: float64(i), SE: 1}, {UserID: "ann", TopicID: "t", Theta: float64(i), SE: 1},
				{UserID: "bob", Theta: float64(i), SE: 1}, {UserID: "bob", TopicID: "t", Theta: float64(i), SE: 1}}
			if i%2 == 0 { // a calibration takes no lock of a learner's, and has them in its own order
				thetas[0], thetas[2] = thetas[2], thetas[0]
			}
			err := b.InTx(t.Context(), func(tx *db.Tx) error {
				if i%2 == 1 {
					if err := tx.LockLearner(t.Context(), "ann"); err != nil {
						return err
					}
				}
				_, err := tx.WriteThetas(t.Context(), online(noon.Add(time.Duration(i)*time.Minute)), thetas)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	diff(t, "overall", b.rows(t, abilityRows), "ann|11|1|v1|03-02 12:11\nbob|11|1|v1|03-02 12:11")
	diff(t, "topics", b.rows(t, topicRows), "ann|t|11|v1|03-02 12:11\nbob|t|11|v1|03-02 12:11")
	if n := value[int](t, b, `SELECT count(*) FROM sextant.theta_history`); n != 48 {
		t.Errorf("%d rows of history, want 48", n)
	}
}

func TestLockLearnerTakesTurns(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	var order []string
	second := make(chan error, 1)
	b.inTx(t, func(tx *db.Tx) error {
		if err := tx.LockLearner(t.Context(), "ann"); err != nil {
			return err
		}
		go func() {
			second <- b.InTx(t.Context(), func(tx *db.Tx) error {
				if err := tx.LockLearner(t.Context(), "ann"); err != nil {
					return err
				}
				order = append(order, "second")
				return nil
			})
		}()
		b.awaitLockWait(t)
		order = append(order, "first")
		return b.InTx(t.Context(), func(tx *db.Tx) error { return tx.LockLearner(t.Context(), "bob") })
	})
	if err := <-second; err != nil || fmt.Sprint(order) != "[first second]" {
		t.Errorf("order %v, %v", order, err)
	}
}

// After an operator asks for a new scale, the learner's one current θ is on it,
// though the old scale's row may be of a later moment.
func TestAbilityInForceIsOnTheScaleInForce(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	if a, err := b.AbilityInForce(t.Context(), "ann"); a != nil || err != nil {
		t.Errorf("before any: %v, %v", a, err)
	}
	if _, err := b.CalibrationInForce(t.Context(), ""); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("before any calibration: %v, want ErrNotFound", err)
	}
	asOf := at(t, "2026-03-01T23:59:59Z")
	b.writeThetas(t, online(asOf.Add(time.Hour)), db.Theta{UserID: "ann", Theta: 1, SE: 0.5, Answers: 4})
	b.exec(t, `INSERT INTO mirt_ability VALUES ('ann', 'NaN', 1, '2PL', 'v0', '2027-01-01Z')`)
	if a, err := b.AbilityInForce(t.Context(), "ann"); err != nil || a == nil || a.Theta != 1 || a.Answers != 4 {
		t.Errorf("on the only scale: %+v, %v", a, err)
	}
	scale := calibration(asOf)
	scale.Version = "v2"
	b.inTx(t, func(tx *db.Tx) error {
		c := db.Calibration{RunID: scale.RunID, Model: "2PL", Version: "v2", DataDay: day(t, "2026-03-01"), PriorSD: 1, Linking: []byte(`{}`), Metrics: []byte(`{}`)}
		if err := tx.PublishCalibration(t.Context(), c, nil, true); err != nil {
			return err
		}
		_, err := tx.WriteThetas(t.Context(), scale, []db.Theta{{UserID: "ann", Theta: 2, SE: 0.5, Answers: 3}})
		return err
	})
	if a, err := b.AbilityInForce(t.Context(), "ann"); err != nil || a == nil || a.Version != "v2" {
		t.Errorf("after a new scale: %+v, %v; want v2's", a, err)
	}
}

func TestItemsWithUnusableParametersAreLeftOut(t *testing.T) {
	t.Parallel()
	b := migrated(t, `CREATE TABLE question (id bigint PRIMARY KEY, meta jsonb)`, `INSERT INTO question VALUES
		(1, '{"irt": {"a": 1, "b": "0.5", "c": 0.2}, "tags": ["anchor", "x"]}'), (2, '{"irt": {"a": "NaN", "b": 0}, "tags": ["anchor"]}'),
		(3, '{"irt": {"a": 1e400, "b": 0}, "tags": ["anchor"]}'), (4, '{"irt": {"a": -1, "b": 0}, "tags": ["anchor"]}'), (5, '{"irt": {"a": 1}, "tags": ["anchor"]}'),
		(6, '{"irt": {"a": 1, "b": -2}, "tags": "anchor"}'), (7, '{"irt": [1, 2]}'), (8, 'null'), (9, NULL), (10, '{"irt": {"a": 1, "b": 0, "c": 1}}'),
		(11, '{"irt": {"a": 2, "b": 1, "c": null}, "tags": {"anchor": 1}}')`,
		`INSERT INTO mirt_item_params (item_id, params) VALUES ('1', '{"a": 3, "b": 3}'), ('11', '{"a": "x", "b": 3}'), ('kept as it is', '{"a": 1.5, "b": "-1"}'), ('12', NULL)`)
	anchors, err := b.Anchors(t.Context())
	if err != nil || fmt.Sprint(anchors) != "[{1 1 0.5 0.2 question}]" {
		t.Errorf("anchors %v, %v", anchors, err)
	}
	bank, err := b.ItemBank(t.Context())
	if err != nil || fmt.Sprint(bank) != "[{1 3 3 0 calibration} {11 2 1 0 question} {6 1 -2 0 question} {kept as it is 1.5 -1 0 calibration}]" {
		t.Errorf("bank %v, %v", bank, err)
	}
	b.inTx(t, func(tx *db.Tx) error {
		some, err := tx.ItemBank(t.Context(), []string{"6", "11", "99999999999999999999", "x"})
		if fmt.Sprint(some) != "[{11 2 1 0 question} {6 1 -2 0 question}]" {
			t.Errorf("some of the bank: %v", some)
		}
		return err
	})
}

// The platform's own rows may hold anything; what is shown must be numbers.
func TestPublishedThetaThatIsNoNumberIsNotShown(t *testing.T) {
	t.Parallel()
	b := migrated(t, responseLog, `INSERT INTO responses VALUES ('ann', 1, true, now()), ('bob', 1, true, now())`,
		`INSERT INTO mirt_ability (user_id, theta, se, version, fitted_at) VALUES ('ann', 'NaN', 1, 'v1', now()), ('bob', 1, 'Infinity', 'v1', now())`,
		`INSERT INTO student_topic_theta (user_id, topic_id, theta, se) VALUES ('bob', 't', 1, 'NaN'), ('bob', 'u', '-Infinity', 1)`)
	b.sync(t, db.SyncOptions{})
	ann, err := b.Learner(t.Context(), "ann")
	if err != nil || ann.Theta != nil {
		t.Errorf("ann: %+v, %v", ann, err)
	}
	bob, err := b.Learner(t.Context(), "bob")
	if err != nil || bob.Theta == nil || *bob.Theta != 1 || bob.SE != nil {
		t.Errorf("bob: %+v, %v", bob, err)
	}
	if a, err := b.AbilityInForce(t.Context(), "bob"); err != nil || a == nil || a.SE != nil {
		t.Errorf("bob's ability: %+v, %v", a, err)
	}
	if topics, err := b.TopicAbilities(t.Context(), "bob"); err != nil || len(topics) != 1 || topics[0].SE != nil {
		t.Errorf("bob's topics: %+v, %v", topics, err)
	}
}

func TestLearnersAreFoundByAnyPartOfTheirID(t *testing.T) {
	t.Parallel()
	b := migrated(t, responseLog, `INSERT INTO responses SELECT u, 1, true, now() - n * interval '1 hour'
		FROM unnest(ARRAY['Ann@x.org', 'ann_b', '100%', 'a\b', '김철수']) WITH ORDINALITY x (u, n)`)
	b.sync(t, db.SyncOptions{})
	for query, want := range map[string]string{
		"": "[Ann@x.org ann_b 100% a\\b 김철수]", "ANN": "[Ann@x.org ann_b]", "_": "[ann_b]", "%": "[100%]", "\\": "[a\\b]", "철": "[김철수]", "'": "[]",
	} {
		found, err := b.FindLearners(t.Context(), db.LearnerFilter{Query: query, Limit: 10})
		ids := []string{}
		for _, l := range found.Learners {
			ids = append(ids, l.UserID)
		}
		if err != nil || fmt.Sprint(ids) != want {
			t.Errorf("%q: %v, %v; want %s", query, ids, err, want)
		}
	}
	if _, err := b.Learner(t.Context(), "ANN_B"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("ids compare byte for byte: %v", err)
	}
}
