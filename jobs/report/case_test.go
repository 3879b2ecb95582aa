package report

import (
	"strings"
	"testing"
	"time"

	"sextant/db"
)

// A reportCase is a learner's week as the database would give it.
type reportCase struct {
	name        string
	data        db.ReportData
	calibration *db.ReportCalibration
}

var programOf = Provenance{RunID: "0199f1a2-5c1e-7a43-9d2b-3f60c1a7e901",
	GeneratedAt: time.Date(2026, 11, 23, 4, 0, 12, 0, time.UTC), Program: "0.9.0"}

func (c reportCase) document(t testing.TB) Document {
	t.Helper()
	calibration, err := CalibrationOf(c.calibration)
	if err != nil {
		t.Fatal(err)
	}
	d := Build(c.data, calibration, sampleWeek)
	d.Provenance = programOf
	return d
}

// at is a moment of the sample week: days after its Monday.
func at(day, hour int) time.Time {
	return sampleWeek.Monday.Add(day).Start().Add(time.Duration(hour) * time.Hour)
}

func ref[T any](v T) *T { return &v }

var allVariants = []Variant{{Learner, Korean}, {Teacher, Korean}, {Learner, English}, {Teacher, English}}

// reportCases are the kinds of weeks there are.
func reportCases() []reportCase {
	return []reportCase{richCase(), sparseCase(), quietCase(), newCase(), noThetaCase(), noGoalsCase(), badDataCase()}
}

func caseNamed(t testing.TB, name string) Document {
	t.Helper()
	for _, c := range reportCases() {
		if c.name == name {
			return c.document(t)
		}
	}
	t.Fatalf("there is no case %q", name)
	return Document{}
}

func richCase() reportCase {
	data := db.ReportData{UserID: "kim.minji@example.com",
		KPIs:     map[string]float64{"I_t": 0.118, "E_t": 0.14, "R_t": 0.441, "A_t": 0.633, "P": 0.2812, "S": 0.224},
		LastKPIs: map[string]float64{"I_t": 0.02, "E_t": 0.16, "R_t": 0.437, "A_t": 0.61, "P": 0.21, "S": 0.28},
		Theta:    &db.ReportTheta{Theta: 0.411, SE: 0.28, AsOf: at(6, 23), Version: "v1"},
		Before:   &db.ReportTheta{Theta: 0.09, SE: 0.3, AsOf: at(-1, 23), Version: "v1"},
		Topics: []db.ReportTopic{
			{Topic: "일차방정식의 활용", Answers: 34, Correct: 28, TimeMS: ref(61200.0), LastAnswers: 20, LastCorrect: 13, Theta: ref(0.62), SE: ref(0.31)},
			{Topic: "함수와 그래프", Answers: 26, Correct: 19, TimeMS: ref(48000.0), LastAnswers: 22, LastCorrect: 21, Theta: ref(0.18), SE: ref(0.36)},
			{Topic: "확률", Answers: 18, Correct: 8, TimeMS: ref(175000.0), Theta: ref(-0.25), SE: ref(0.42)},
			{Topic: "", Answers: 6, Correct: 2},
			{Topic: "벡터", LastAnswers: 4, LastCorrect: 1},
		},
		Goals: []db.ReportGoal{
			{Topic: "일차방정식의 활용", Target: ref(0.8), Priority: 3, ByTopic: true, Theta: ref(0.62), SE: ref(0.31), Version: ref("v1"), AsOf: ref(at(6, 23)),
				PastTheta: ref(0.26), PastVersion: ref("v1"), PastAsOf: ref(at(-22, 23))},
			{Topic: "확률", Target: ref(-0.7), Priority: 2, ByTopic: true, Theta: ref(-0.25), SE: ref(0.42), Version: ref("v1"), AsOf: ref(at(6, 23))},
			{Topic: "벡터", Target: ref(1.0), Priority: 1, Theta: ref(0.411), SE: ref(0.28), Version: ref("v1"), AsOf: ref(at(6, 23)),
				PastTheta: ref(0.45), PastVersion: ref("v1"), PastAsOf: ref(at(-22, 23))},
			{Topic: "통계", Priority: 0, Theta: ref(0.411), SE: ref(0.28), Version: ref("v1"), AsOf: ref(at(6, 23))},
		},
		LastAnswer: ref(at(6, 19)),
	}
	for i, n := range [][2]int{{18, 13}, {24, 17}, {0, 0}, {31, 20}, {0, 0}, {0, 0}, {11, 7}} {
		if n[0] > 0 {
			data.Days = append(data.Days, db.ReportDay{Day: sampleWeek.Monday.Add(i), Answers: n[0], Correct: n[1], TimeMS: ref(int64(n[0]) * 66000)})
		}
	}
	for _, p := range richDocument().Trajectory {
		data.Trajectory = append(data.Trajectory, db.ReportTheta{Theta: p.Theta, SE: p.SE, AsOf: p.AsOf, Version: "v1"})
	}
	return reportCase{name: "rich", data: data, calibration: &db.ReportCalibration{
		RunID: "0199f19c-2b11-7c55-8a01-5b1de0c4f00d", Model: "2PL", Version: "v1", DataDay: ref(sampleWeek.Sunday), FittedAt: ref(at(7, 3)),
		Linking: []byte(`{"method":"stocking_lord","a":1.0123,"b":-0.0341,"se_a":0.008,"se_b":0.009,"se":0.012,"has_se":true,"items":42,"to":"anchors","accumulated_se":0.012}`)}}
}

func sparseCase() reportCase {
	return reportCase{name: "sparse", data: db.ReportData{UserID: "새내기 42",
		KPIs:   map[string]float64{"A_t": 0.3, "P": 0.29, "S": 0.66},
		Theta:  &db.ReportTheta{Theta: 0.05, SE: 0.82, AsOf: at(3, 10), Version: "v1"},
		Topics: []db.ReportTopic{{Topic: "집합", Answers: 1, Correct: 1}}, Days: []db.ReportDay{{Day: sampleWeek.Monday.Add(3), Answers: 1, Correct: 1}},
		Trajectory: []db.ReportTheta{{Theta: 0.05, SE: 0.82, AsOf: at(3, 10), Version: "v1"}}, LastAnswer: ref(at(3, 9)),
		Goals: []db.ReportGoal{{Topic: "집합", Target: ref(0.5), Theta: ref(0.05), SE: ref(0.82), Version: ref("v1"), AsOf: ref(at(3, 10))}},
	}, calibration: &db.ReportCalibration{RunID: "r-7", Linking: []byte(`{"A":["1.1"],"b":null}`), FittedAt: ref(at(-40, 3))}}
}

func quietCase() reportCase {
	return reportCase{name: "quiet", data: db.ReportData{UserID: "bob", KPIs: map[string]float64{"P": 0.6, "S": 0.71}, LastAnswer: ref(at(-20, 9)),
		Theta: &db.ReportTheta{Theta: 0.3, SE: 0.3, AsOf: at(-20, 10), Version: "v1"}}, calibration: richCase().calibration}
}

func newCase() reportCase { return reportCase{name: "new", data: db.ReportData{UserID: "0042"}} }

func noThetaCase() reportCase {
	c := richCase()
	c.name, c.calibration = "no theta", nil
	c.data.Theta, c.data.Before, c.data.Trajectory = nil, nil, nil
	for i := range c.data.Goals {
		g := &c.data.Goals[i]
		*g = db.ReportGoal{Topic: g.Topic, Target: g.Target, Priority: g.Priority}
	}
	for i := range c.data.Topics {
		c.data.Topics[i].Theta, c.data.Topics[i].SE = nil, nil
	}
	c.data.KPIs, c.data.LastKPIs = map[string]float64{"I_t": -0.08, "E_t": 0.3, "R_t": 0.8, "A_t": 0.5}, nil
	return c
}

func noGoalsCase() reportCase {
	c := richCase()
	c.name, c.data.Goals = "no goals", nil
	c.data.KPIs = nil
	c.data.Before.Version = "v0" // another scale: no comparison
	for i := range 40 {
		c.data.Trajectory[i].Version = "v0"
	}
	c.calibration.Linking = []byte(`{"method":"","a":1,"b":0,"has_se":false,"items":0,"to":"scale","accumulated_se":0}`)
	return c
}

// badDataCase holds what names are not supposed to hold.
func badDataCase() reportCase {
	c := richCase()
	c.name = "bad data"
	c.data.UserID = `</title><script>alert("1")</script>/../` + strings.Repeat("긴 이름 👩‍👩‍👧 ", 25)
	names := []string{strings.Repeat("끝없이 긴 주제 이름 ", 30), "السلام عليكم עברית", `a|b|**c** \frac{1}{2} $x^2$ & < > "quoted" 'single'`,
		"\x1b[31mred\n\n두 줄", strings.Repeat("W", 500), "\u202eright to left\u2066", "{{.Learner}} %s %!d(MISSING)", "\u200e", "<img src=https://example.com/x.png onerror=alert(1)>"}
	for i := range 30 {
		names = append(names, "topic "+string(rune('a'+i)))
	}
	c.data.Topics, c.data.Goals = nil, nil
	for i, n := range names {
		c.data.Topics = append(c.data.Topics, db.ReportTopic{Topic: n, Answers: 12345 - i, Correct: 999, LastAnswers: 3000, LastCorrect: 2999, Theta: ref(-999.0), SE: ref(1e-9)})
		c.data.Goals = append(c.data.Goals, db.ReportGoal{Topic: n, Target: ref(999.999), Priority: -1, Theta: ref(-999.0), SE: ref(1e-300), Version: ref(n),
			AsOf: ref(at(6, 1)), PastTheta: ref(9e99), PastVersion: ref(n), PastAsOf: ref(at(-30, 1))})
	}
	c.data.Topics[1].Theta, c.data.Goals[1].Theta, c.data.Goals[2].Target = ref(-9e99), ref(9e99), ref(1e300)
	c.data.Trajectory[7].Theta = 1e99
	return c
}

func mustDay(s string) db.Day {
	d, err := db.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}
