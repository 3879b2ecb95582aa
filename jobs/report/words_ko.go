package report

import (
	"fmt"
	"math"

	"sextant/db"
)

// Particles that change with the sound before them (을/를, 이/가, 로/으로) stand after
// fixed words only, never after a number or a name.

func (korean) Brand(e Edition) string {
	if e == Teacher {
		return "주간 학습 리포트 · 교사용"
	}
	return "주간 학습 리포트"
}

func (korean) Title(learner, period string) string {
	return "주간 학습 리포트: " + learner + ", " + period
}

func (korean) Section(id sectionID) string {
	return map[sectionID]string{
		overviewSection: "한눈에 보는 이번 주", adviceSection: "다음 주를 위한 제안", standingSection: "현재 상황",
		abilitySection: "능력치", goalsSection: "목표", topicsSection: "주제별 학습", daysSection: "요일별 학습",
		riskSection: "학습 지속", calibrationSection: "척도에 대하여",
	}[id]
}

func (k korean) Worked(answers, correct, days int) Text {
	span := k.Count(days) + "일 동안 "
	if days == 1 {
		span = "하루 동안 "
	}
	return line("이번 주에는 ", span, strong(k.Count(answers)+"문항"), "을 풀어 ", strong(k.Count(correct)+"문항"), "을 맞혔습니다. 정답률은 ",
		k.Percent(share(correct, answers)), "입니다.")
}

func (k korean) Moved(now, before *Ability) Text {
	text := line("능력치 추정값은 ", strong(k.Number(now.Theta, 2)), " ± ", k.Number(now.SE, 2), "입니다.")
	if before == nil {
		return text
	}
	change := now.Theta - before.Theta
	way := trend(change, steadyTheta)
	if way == Steady {
		return line(text, " 일주일 전과 비슷합니다.")
	}
	text = line(text, " 일주일 전보다 ", k.Number(math.Abs(change), 2), upDown(way, " 높습니다.", " 낮습니다."))
	if math.Abs(change) < now.SE {
		text = line(text, " 이 차이는 추정 오차 범위 안에 있습니다.")
	}
	return text
}

func (k korean) Reached(p float64, g *Goal) Text {
	if g == nil {
		return line("기본 목표를 달성할 가능성은 ", strong(k.Chance(p)), "입니다.")
	}
	return line("‘", name(g.Topic), "’ 목표를 달성할 가능성은 ", strong(k.Chance(p)), "입니다.")
}

func (k korean) Rested(last *db.Day, days int) []Text {
	if last == nil {
		return []Text{
			line("아직 푼 문항이 없습니다."),
			line("괜찮습니다. 누구에게나 처음이 있습니다. 몇 문항만 풀어 보면 이 리포트에서 학습 상황을 확인하실 수 있습니다."),
		}
	}
	return []Text{
		line("이번 주에는 푼 문항이 없습니다. 마지막으로 문항을 푼 날은 ", k.Date(*last), "이며, 이번 주 일요일을 기준으로 ", k.Count(days), "일 전입니다."),
		line("누구에게나 쉬어 가는 때가 필요합니다. 배운 것은 사라지지 않으니, 쉬운 문항 몇 개로 가볍게 다시 시작하면 됩니다."),
	}
}

func (korean) Footnotes(e Edition) []Footnote {
	notes := []Footnote{
		{Standing, "능력치(θ)와 ±(SE)", "문항의 난이도와 답안으로 추정한 값입니다(문항반응이론). 참값은 약 세 번 중 두 번꼴로 ± 뒤의 수만큼의 범위 안에 있습니다."},
		{Improvement, "향상도(I_t)", "최근 2주의 결과가 그 앞 2주보다 얼마나 나아졌는지를 −1에서 1 사이로 나타냅니다. 푼 문항이 적으면 값을 줄여 반영합니다."},
		{Efficiency, "정답 속도(E_t)", "정답을 맞히는 데 걸린 시간의 중앙값이 그 앞 4주에 비해 최근 4주에 줄어든 비율입니다."},
		{Recovery, "오답 회복(R_t)", "앞선 4주에 틀렸던 문항을 최근 4주에 다시 풀었을 때 맞힌 비율입니다."},
		{Engagement, "학습 참여도(A_t)", "최근 4주 동안 얼마나 자주, 규칙적으로 학습했는지, 힌트를 얼마나 적게 썼는지, 시간을 얼마나 들였는지를 0점에서 100점으로 나타냅니다."},
		{Reach, "목표 달성 가능성(P)", "추정값과 추정 오차를 바탕으로 계산한, 능력치가 목표 수준 이상일 확률입니다."},
	}
	if e == Teacher {
		notes = append(notes, Footnote{Churn, "학습 중단 지표(S)", "최근 56일의 활동으로 계산한 0에서 1 사이의 값입니다. 마지막 활동 이후 지난 날수(60%), 학습 사이의 간격(25%), 적은 학습 횟수(15%)를 반영합니다."})
	}
	return append(notes, Footnote{Calendar, "날짜", "모든 날짜와 주는 협정 세계시(UTC) 기준이며, 한 주는 월요일부터 일요일까지입니다. 그 주가 끝난 뒤의 기록은 반영하지 않습니다."})
}

func (k korean) FooterRun(p Provenance) []string {
	return []string{"작성 실행 번호 " + p.RunID + ", 작성 시각 " + k.Moment(p.GeneratedAt), "Sextant " + p.Program}
}

func (korean) Numbering() string { return "%d / %d쪽" }

func (korean) NoCalibration() string {
	return "이번 주에 적용된 문항 보정 결과가 없어 척도를 설명할 수 없습니다."
}

func (k korean) AboutScale(c Calibration) string {
	s := "문항 보정 결과를 바탕으로 능력치를 추정합니다."
	if c.Scale != "" {
		s = fmt.Sprintf("능력치는 척도 %s 위에서 추정합니다.", Shown(c.Scale))
	}
	if c.DataDay != nil {
		s += fmt.Sprintf(" 문항은 %s까지의 답안으로 보정했습니다", k.Date(*c.DataDay))
	} else {
		s += " 문항 보정을 마쳤습니다"
	}
	if c.Model != "" {
		s += "(모형 " + Shown(c.Model) + ")"
	}
	switch {
	case c.To == "scale":
		return s + ". 이 보정에서 척도가 시작됩니다(A = 1, B = 0)."
	case c.A == nil || c.B == nil:
		return s + ". 이전 보정과 연결하는 상수는 알 수 없습니다."
	}
	return s + fmt.Sprintf(". 서로 다른 주의 값을 비교할 수 있도록 θ = A·θ′ + B, A = %s, B = %s의 연결 상수로 척도에 연결했습니다.",
		k.Number(*c.A, 3), k.Number(*c.B, 3))
}

func (k korean) ScaleFacts(c Calibration) []Fact {
	methods := map[string]string{"stocking_lord": "Stocking–Lord", "mean_sigma": "평균/표준편차(mean/sigma)", "shift": "이동만(A = 1)", "fixed_anchors": "앵커 문항 고정"}
	to := map[string]string{"anchors": "앵커 문항", "previous": "직전 보정", "scale": "없음(척도의 시작)"}
	return scaleFacts(k.Language, c, scaleTerms{
		run: "보정 실행 번호", fitted: "보정 시각", constants: "연결 상수", method: "연결 방법", to: "연결 대상", items: "공통 문항 수",
		se: "연결 표준오차", accumulated: "척도 시작 이후 누적 오차", methods: methods, targets: to,
	})
}
