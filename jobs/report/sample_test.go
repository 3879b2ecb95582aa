package report

import (
	"math"
	"strings"
	"time"

	"sextant/db"
)

func number(x float64) *float64 { return &x }

// sampleWeek is the week of the sample documents.
var sampleWeek = WeekOf(db.DayOf(time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)))

// richDocument is that of a learner with three months of work.
func richDocument() Document {
	d := Document{Learner: "kim.minji@example.com", Week: sampleWeek}
	for i := range 84 {
		if i%7 == 5 || i%11 == 3 {
			continue
		}
		at := sampleWeek.Sunday.Add(i - 83)
		d.Trajectory = append(d.Trajectory, Ability{
			Theta: -0.35 + 0.9*float64(i)/83 + 0.18*math.Sin(float64(i)/5), SE: 0.48 - 0.2*float64(i)/83,
			AsOf: at.Start(), Scale: "v1",
		})
	}
	for i, n := range [][2]int{{18, 13}, {24, 17}, {0, 0}, {31, 26}, {12, 7}, {0, 0}, {9, 8}} {
		d.Days = append(d.Days, Activity{Date: sampleWeek.Monday.Add(i), Answers: n[0], Correct: n[1], Minutes: number(float64(n[0]) * 1.1)})
	}
	d.Topics = []Topic{
		{Topic: "일차방정식의 활용", Answers: 34, Correct: 28, Seconds: number(61), Theta: number(0.62), SE: number(0.31), LastAnswers: 20, LastCorrect: 13},
		{Topic: "함수와 그래프", Answers: 26, Correct: 19, Seconds: number(48), Theta: number(0.18), SE: number(0.36), LastAnswers: 22, LastCorrect: 17},
		{Topic: "확률", Answers: 18, Correct: 13, Seconds: number(75), Theta: number(-0.25), SE: number(0.42)},
		{Topic: "Quadratic functions", Answers: 10, Correct: 9, LastAnswers: 4, LastCorrect: 1},
		{Topic: "", Answers: 6, Correct: 2, Theta: number(-1.1), SE: number(0.55), LastAnswers: 3, LastCorrect: 3},
	}
	d.Goals = []Goal{
		{Topic: "일차방정식의 활용", Target: number(0.8), Priority: 3, ByTopic: true, Theta: number(0.62), SE: number(0.31), P: number(0.28), Missing: number(0.44), Pace: number(0.09), Weeks: number(4.9)},
		{Topic: "확률", Target: number(-0.7), Priority: 2, ByTopic: true, Theta: number(-0.25), SE: number(0.42), P: number(0.86), Missing: number(0)},
		{Topic: "벡터", Target: number(1), Priority: 1, Theta: number(0.5), SE: number(0.28), P: number(0.04)},
	}
	last := d.Trajectory[len(d.Trajectory)-1]
	before := d.Trajectory[len(d.Trajectory)-6]
	d.Ability, d.AbilityBefore = &last, &before
	d.KPIs = []KPI{
		{Improvement, number(0.12), number(0.04)}, {Efficiency, number(0.18), number(0.21)}, {Recovery, number(0.61), number(0.52)},
		{Engagement, number(0.44), nil}, {Reach, number(0.28), number(0.19)}, {Churn, number(0.31), number(0.35)},
	}
	answered := sampleWeek.Sunday.Start().Add(19 * time.Hour)
	d.LastAnswer = &answered
	d.Recommendations = []Recommendation{
		{Code: PractiseTopic, Topic: "확률", Numbers: map[string]float64{"accuracy": 0.72, "answers": 18}},
		{Code: RetryMistakes, Numbers: map[string]float64{"R_t": 0.61}},
		{Code: CloseGap, Topic: "일차방정식의 활용", Numbers: map[string]float64{"P": 0.28, "missing_theta": 0.44, "target": 0.8}},
	}
	fitted, dataDay, items := sampleWeek.Sunday.Start().Add(3*time.Hour), sampleWeek.Sunday.Add(-1), 42
	d.Calibration = &Calibration{
		RunID: "0199ee01-77aa-7bd0-8f2c-5a90aa1b2c3d", FittedAt: &fitted, DataDay: &dataDay, Model: "2PL", Scale: "v1",
		A: number(1.013), B: number(-0.021), Method: "stocking-lord", To: "anchors", Items: &items, SE: number(0.011), AccumulatedSE: number(0.034),
	}
	d.Provenance = Provenance{RunID: "0199f1a2-5c1e-7a43-9d2b-3f60c1a7e901", GeneratedAt: time.Date(2026, 11, 23, 4, 0, 12, 0, time.UTC), Program: "0.9.0"}
	return d
}

// sparseDocument is that of a learner who has just begun.
func sparseDocument() Document {
	d := Document{Learner: "새내기 42", Week: sampleWeek}
	answered := sampleWeek.Monday.Add(3).Start().Add(20 * time.Hour)
	d.LastAnswer = &answered
	d.Ability = &Ability{Theta: 0.05, SE: 0.82, AsOf: answered, Scale: "v1"}
	d.KPIs = []KPI{{Improvement, nil, nil}, {Efficiency, nil, nil}, {Recovery, nil, nil}, {Engagement, number(0.21), nil}, {Reach, number(0.29), nil}, {Churn, nil, nil}}
	d.Trajectory = []Ability{{Theta: 0.05, SE: 0.82, AsOf: sampleWeek.Monday.Add(3).Start(), Scale: "v1"}}
	for i := range 7 {
		d.Days = append(d.Days, Activity{Date: sampleWeek.Monday.Add(i)})
	}
	d.Days[3] = Activity{Date: sampleWeek.Monday.Add(3), Answers: 2, Correct: 2}
	d.Topics = []Topic{{Topic: "집합", Answers: 2, Correct: 2}}
	d.Goals = []Goal{{Topic: "집합", Target: number(0.5), P: number(0.29)}}
	d.Provenance = richDocument().Provenance
	return d
}

// hostileDocument holds everything that names and numbers are not supposed to hold.
func hostileDocument() Document {
	d := richDocument()
	d.Learner = `<script>alert("1")</script>/../` + strings.Repeat("긴 이름 👩‍👩‍👧 ", 30)
	names := []string{
		strings.Repeat("끝없이 긴 주제 이름 ", 30), "السلام عليكم עברית", `a|b|**c** \frac{1}{2} $x^2$ & < > "quoted"`,
		"\x00\x1b[31mred\n\n두 줄", strings.Repeat("W", 500), "👍🏽🇰🇷1️⃣ \u202eright to left", "漢字とかな", "a\xff\xfe", "한글", "eleventh",
	}
	d.Topics, d.Goals = nil, nil
	for i, name := range names {
		d.Topics = append(d.Topics, Topic{Topic: name, Answers: 10000 + i, Correct: 9999, Theta: number(9.5), SE: number(0.01), LastAnswers: 1})
		d.Goals = append(d.Goals, Goal{Topic: name, Target: number(-1e6), Theta: number(1e6), P: number(1)})
	}
	d.Topics[1].Theta, d.Topics[2].SE, d.Goals[1].P = number(math.NaN()), number(math.Inf(1)), number(math.NaN())
	d.Trajectory[4].Theta, d.Trajectory[5].SE = math.Inf(-1), 0
	for i := 30; i < len(d.Trajectory); i++ {
		d.Trajectory[i].Scale = "v2"
	}
	return d
}
