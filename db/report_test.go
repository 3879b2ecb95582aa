package db_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sextant/db"
)

// reportWorld is a platform with answers around the week of Monday 2026-11-16.
func reportWorld(t *testing.T) base {
	b := migrated(t,
		`CREATE TABLE responses (user_id text, item_id text, is_correct bool, responded_at timestamptz, topic_id text, response_time_ms int)`,
		`INSERT INTO responses VALUES
			('ann', '1', true,  '2026-11-09 10:00Z', 'algebra', 9000), ('ann', '2', false, '2026-11-15 23:59:59.999999Z', 'geometry', NULL),
			('ann', '3', true,  '2026-11-16 00:00Z', 'algebra', 10000), ('ann', '4', false, '2026-11-16 09:00Z', 'algebra', 21000),
			('ann', '5', true,  '2026-11-22 23:59:59.999999Z', NULL, NULL),
			('ann', '6', true,  '2026-11-23 00:00Z', 'later', 5000),
			('bob', '1', true,  '2026-10-01 10:00Z', 'algebra', 9000),
			('eve', '1', true,  '2026-11-23 10:00Z', 'algebra', 9000)`,
		`CREATE TABLE interest_goal (user_id text, topic_id text, target_level numeric(6,3), priority smallint, created_at timestamptz)`,
		`INSERT INTO interest_goal VALUES ('ann', 'geometry', 1, NULL), ('ann', 'algebra', 0.5, 2), ('ann', 'unset', NULL, 9), ('bob', 'algebra', 1, 1)`,
		`INSERT INTO weekly_kpi (user_id, week_start, kpis) VALUES
			('ann', '2026-11-16', '{"I_t": 0.25, "E_t": "NaN", "R_t": null, "A_t": 1e400, "P": 0.75, "S": true, "other": 1}'),
			('ann', '2026-11-09', '{"I_t": -0.125, "P": 0.5}'), ('ann', '2026-11-23', '{"I_t": 1}'),
			('kim', '2026-11-16', '[1]'), ('', '2026-11-16', '{}')`)
	b.sync(t, db.SyncOptions{})
	b.exec(t, `SELECT sextant.theta_month(m) FROM unnest('{2026-07-01,2026-08-01,2026-09-01,2026-10-01,2026-11-01}'::timestamptz[]) m`)
	b.exec(t, `INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, model, version, source, bank, as_of) VALUES
		('ann', NULL, -0.5, 0.5, '2PL', 'v1', 'calibration', '', '2026-08-30 23:59:59.999999Z'),
		('ann', NULL, 0,    0.4, '2PL', 'v1', 'calibration', '', '2026-08-31 00:00Z'),
		('ann', NULL, 0.1,  0.4, '2PL', 'v1', 'calibration', '', '2026-11-15 23:59:59.999999Z'),
		('ann', NULL, 0.2,  0.3, '2PL', 'v1', 'online',      '', '2026-11-18 09:00Z'),
		('ann', NULL, 0.3,  0.3, '2PL', 'v1', 'online',      '', '2026-11-18 19:00Z'),
		('ann', NULL, 0.4,  NULL, '2PL', 'v1', 'manual',     '', '2026-11-19 19:00Z'),
		('ann', NULL, 0.5,  0.3, '2PL', 'v1', 'calibration', 'topic:x', '2026-11-20 19:00Z'),
		('ann', NULL, 9,    0.3, '2PL', 'v1', 'online',      '', '2026-11-23 00:00Z'),
		('ann', 'algebra', -0.2, 0.5, '2PL', 'v1', 'calibration', '', '2026-10-20 23:59:59Z'),
		('ann', 'algebra', 0.6, 0.4, '2PL', 'v1', 'calibration', '', '2026-11-22 23:59:59Z'),
		('bob', NULL, 1,    0.4, '2PL', 'v0', 'imported',    '', '2026-07-01 00:00Z')`)
	return b
}

var reportMonday = mustDay("2026-11-16")

func mustDay(s string) db.Day {
	d, err := db.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestReportLearnersAreThoseOfTheWeek(t *testing.T) {
	t.Parallel()
	b := reportWorld(t)
	for _, c := range []struct {
		users []string
		want  string
	}{
		{nil, "ann kim"},
		{[]string{"kim", "bob", "nobody", "ann", "ann"}, "ann bob kim"},
	} {
		got, err := b.ReportLearners(t.Context(), mustDay("2026-11-20"), c.users)
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("of %v: %v, %v; want %s", c.users, got, err, c.want)
		}
	}
}

func TestReportDataEndsWithTheWeek(t *testing.T) {
	t.Parallel()
	b := reportWorld(t)
	data, err := b.ReportData(t.Context(), reportMonday, []string{"nobody", "ann", "bob"})
	if err != nil || len(data) != 3 {
		t.Fatalf("%d learners, %v", len(data), err)
	}
	ann := data[1]
	diff(t, "KPIs", fmt.Sprint(ann.KPIs, ann.LastKPIs), "map[I_t:0.25 P:0.75] map[I_t:-0.125 P:0.5]")
	diff(t, "θ", show(t, []any{ann.Theta, ann.Before}), `[{"Theta":0.3,"SE":0.3,"AsOf":"2026-11-18T19:00:00Z","Version":"v1"},`+
		`{"Theta":0.1,"SE":0.4,"AsOf":"2026-11-15T23:59:59.999999Z","Version":"v1"}]`)
	var points []string
	for _, p := range ann.Trajectory {
		points = append(points, fmt.Sprint(p.AsOf.UTC().Format("01-02 "), p.Theta))
	}
	diff(t, "trajectory", strings.Join(points, ", "), "08-31 0, 11-15 0.1, 11-18 0.3")
	diff(t, "topics", show(t, ann.Topics), `[{"Topic":"algebra","Answers":2,"Correct":1,"TimeMS":15500,"LastAnswers":1,"LastCorrect":1,"Theta":0.6,"SE":0.4},`+
		`{"Topic":"","Answers":1,"Correct":1,"TimeMS":null,"LastAnswers":0,"LastCorrect":0,"Theta":null,"SE":null},`+
		`{"Topic":"geometry","Answers":0,"Correct":0,"TimeMS":null,"LastAnswers":1,"LastCorrect":0,"Theta":null,"SE":null}]`)
	diff(t, "days", show(t, ann.Days), `[{"Day":"2026-11-16","Answers":2,"Correct":1,"TimeMS":31000},{"Day":"2026-11-22","Answers":1,"Correct":1,"TimeMS":null}]`)
	diff(t, "last answer", show(t, ann.LastAnswer), `"2026-11-22T23:59:59.999999Z"`)
	diff(t, "goals", show(t, ann.Goals), `[`+
		`{"Topic":"algebra","Target":0.5,"Priority":2,"ByTopic":true,"Theta":0.6,"SE":0.4,"Version":"v1","AsOf":"2026-11-22T23:59:59Z","PastTheta":-0.2,"PastVersion":"v1","PastAsOf":"2026-10-20T23:59:59Z"},`+
		`{"Topic":"geometry","Target":1,"Priority":0,"ByTopic":false,"Theta":0.3,"SE":0.3,"Version":"v1","AsOf":"2026-11-18T19:00:00Z","PastTheta":0,"PastVersion":"v1","PastAsOf":"2026-08-31T00:00:00Z"},`+
		`{"Topic":"unset","Target":null,"Priority":9,"ByTopic":false,"Theta":0.3,"SE":0.3,"Version":"v1","AsOf":"2026-11-18T19:00:00Z","PastTheta":0,"PastVersion":"v1","PastAsOf":"2026-08-31T00:00:00Z"}]`)
	bob := data[2]
	if bob.Theta == nil || bob.Theta.Theta != 1 || len(bob.Trajectory) != 0 || bob.LastAnswer == nil || len(bob.Topics) != 0 || bob.KPIs != nil {
		t.Errorf("bob, quiet since October: %s", show(t, bob))
	}
	diff(t, "who is not known", show(t, data[0]), `{"UserID":"nobody","KPIs":null,"LastKPIs":null,"Theta":null,"Before":null,"Trajectory":null,"Goals":null,"Topics":null,"Days":null,"LastAnswer":null}`)
}

func TestReportDataNeedsNoPlatformTable(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	data, err := b.ReportData(t.Context(), reportMonday, []string{"ann"})
	if err != nil || len(data) != 1 {
		t.Errorf("%v, %v", data, err)
	}
	if due, err := b.ReportLearners(t.Context(), reportMonday, nil); err != nil || len(due) != 0 {
		t.Errorf("due %v, %v", due, err)
	}
	if c, err := b.ReportCalibration(t.Context(), reportMonday); err != nil || c != nil {
		t.Errorf("calibration %v, %v", c, err)
	}
}

func TestReportDataOfABlockIsThatOfEach(t *testing.T) {
	t.Parallel()
	b := reportWorld(t)
	var apart []db.ReportData
	users := []string{"bob", "ann", "kim", "eve"}
	for _, u := range users {
		one, err := b.ReportData(t.Context(), reportMonday, []string{u})
		if err != nil {
			t.Fatal(err)
		}
		apart = append(apart, one...)
	}
	together, err := b.ReportData(t.Context(), reportMonday, users)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "the block", show(t, together), show(t, apart))
}

func TestReportCalibrationIsTheWeeksOwn(t *testing.T) {
	t.Parallel()
	b := reportWorld(t)
	b.exec(t, `INSERT INTO mirt_fit_meta (run_id, model_spec, fitted_at) VALUES
		('theirs', '{"model": "2PL", "linking_constants": {"A": 1.1}}', '2026-11-22 23:00Z'), ('later', '{}', '2026-11-23 03:00Z'),
		('bank', '{"bank": "topic:x"}', '2026-11-22 23:30Z')`)
	if c, err := b.ReportCalibration(t.Context(), reportMonday); err != nil || c == nil || c.RunID != "theirs" || string(c.Linking) != `{"A": 1.1}` {
		t.Errorf("before Sextant calibrated: %+v, %v", c, err)
	}
	b.exec(t, `INSERT INTO sextant.calibration (run_id, bank, model, version, data_day, prior_mean, prior_sd, linking, in_force_at) VALUES
		('00000000-0000-0000-0000-000000000001', '', '2PL', 'v1', '2026-11-21', 0, 1, '{}', '2026-11-22 03:00Z'),
		('00000000-0000-0000-0000-000000000002', '', '2PL', 'v1', '2026-11-22', 0, 1, '{"A": 1, "B": 0}', '2026-11-23 03:00Z'),
		('00000000-0000-0000-0000-000000000003', '', '2PL', 'v1', '2026-11-22', 0, 1, '{}', NULL),
		('00000000-0000-0000-0000-000000000004', 'topic:x', '2PL', 'v1', '2026-11-22', 0, 1, '{}', '2026-11-23 03:10Z'),
		('00000000-0000-0000-0000-000000000005', '', '2PL', 'v1', '2026-11-23', 0, 1, '{}', '2026-11-24 03:00Z')`)
	c, err := b.ReportCalibration(t.Context(), reportMonday)
	if err != nil || c == nil || !strings.HasSuffix(c.RunID, "2") || string(c.Linking) != `{"A": 1, "B": 0}` || *c.DataDay != mustDay("2026-11-22") {
		t.Errorf("%+v, %v; want that of Sunday's data, in force on Monday morning", c, err)
	}
}

func show(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
