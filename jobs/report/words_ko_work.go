package report

import (
	"math"
	"strings"

	"sextant/db"
)

func (korean) NoGoals() string {
	return "정해진 목표가 없습니다. 주제와 목표 수준을 정하면 달성할 가능성과 필요한 노력을 이곳에서 보여 드립니다."
}

func (k korean) GoalsCaption(goals []Goal) (alt, caption string) {
	return listGoals(k.Language, "목표별 달성 가능성을 나타낸 막대그래프. ", goals), "80% 이상이면 목표에 충분히 가까이 온 것으로 봅니다."
}

func (korean) GoalTable() string { return "목표(중요한 순서)" }

func (korean) GoalColumns() []Column {
	return []Column{{"목표 주제", false}, {"목표 수준(θ)", true}, {"능력치(θ)", true}, {"가능성", true}, {"달성하려면", false}}
}

func (korean) OverallMark() string { return "(전체)" }
func (korean) NoTarget() string    { return "없음" }

func (k korean) Taking(g Goal) Text {
	switch {
	case g.Target == nil:
		return line("목표 수준이 정해져 있지 않습니다.")
	case g.Missing == nil:
		return line("아직 능력치를 알 수 없어 먼저 문항을 풀어야 합니다.")
	case *g.Missing == 0:
		return line("충분히 가까이 와 있습니다. 지금처럼 꾸준히 하면 됩니다.")
	}
	need := line("가능성이 80%가 되려면 능력치가 ", strong(k.Number(*g.Missing, 2)), " 높아져야 합니다. ")
	switch {
	case g.Pace == nil:
		return line(need, "속도를 판단하기에는 아직 이릅니다.")
	case g.Weeks == nil:
		return line(need, "최근 4주 동안에는 오르지 않았습니다(주당 ", k.Signed(*g.Pace, 2), ").")
	case *g.Weeks > longWait:
		return line(need, "최근 4주의 속도(주당 ", k.Signed(*g.Pace, 2), ")라면 반년 넘게 걸립니다.")
	}
	return line(need, "최근 4주의 속도(주당 ", k.Signed(*g.Pace, 2), ")라면 약 ", k.Count(int(math.Ceil(*g.Weeks))), "주가 걸립니다.")
}

func (korean) NoTopic() string { return "주제 없음" }

func (korean) NoTopics() string {
	return "이번 주에 푼 문항에 주제가 표시되어 있지 않아 주제별로 나누어 볼 수 없습니다."
}

func (k korean) OtherTopics(n int) string { return "그 밖의 주제 " + k.Count(n) + "개" }

func (k korean) TopicsCaption(topics []Topic) (alt, caption string) {
	return listTopics(k.Language, "주제별 정답률을 나타낸 막대그래프. ", topics), "이번 주의 정답률입니다. 지난주 기록이 있으면 함께 보여 드립니다."
}

func (korean) TopicTable() string { return "이번 주의 주제별 기록" }

func (korean) TopicColumns() []Column {
	return []Column{{"주제", false}, {"푼 문항", true}, {"정답", true}, {"정답률", true}, {"지난주", true}, {"평균 시간", true}, {"능력치(θ)", true}}
}

func (k korean) Seconds(s float64) string {
	if s < 99.5 {
		return k.Number(s, 0) + "초"
	}
	return k.Minutes(s / 60)
}

func (k korean) DaysCaption(days []Activity) (alt, caption string) {
	var parts []string
	for _, d := range days {
		part := k.Weekday(d.Date) + "요일 없음"
		if d.Answers > 0 {
			part = k.Weekday(d.Date) + "요일 " + k.Count(d.Answers) + "문항(정답 " + k.Count(d.Correct) + ")"
		}
		parts = append(parts, part)
	}
	return "요일별로 푼 문항 수를 나타낸 막대그래프. " + strings.Join(parts, ", ") + ".", "요일별로 푼 문항 수를 정답과 오답으로 나누어 보여 드립니다."
}

func (korean) DayTable() string { return "요일별 기록" }

func (korean) DayColumns() []Column {
	return []Column{{"날짜", false}, {"푼 문항", true}, {"정답", true}, {"정답률", true}, {"시간", true}}
}

func (k korean) Minutes(m float64) string {
	if m > 0 && m < 1 {
		return "1분 미만"
	}
	return k.Count(int(math.Round(m))) + "분"
}

func (k korean) Day(d db.Day) string {
	return d.Start().Format("1월 2일") + "(" + k.Weekday(d) + ")"
}
