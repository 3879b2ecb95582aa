package report

import "strings"

// FigureWords are the words inside the figures: titles, axes with their units,
// legends. Dates and numbers in them are written by Language's own methods.
type FigureWords struct {
	TrajectoryTitle, TrajectoryX, TrajectoryY string
	Estimate, Band                            string // legend of the trajectory
	DaysTitle, DaysX, DaysY                   string
	Correct, Wrong                            string // legend of the days
	TopicsTitle, TopicsX, TopicsY             string
	ThisWeek, LastWeek                        string // legend of the topics
	GoalsTitle, GoalsX, GoalsY                string
	LikelyLine                                string // legend of the line at Likely
	NoTopic                                   string // for the answers without a topic
}

// listGoals and listTopics put a figure's numbers into words.
func listGoals(l Language, what string, goals []Goal) string {
	var parts []string
	for _, g := range goals {
		if g.P != nil {
			parts = append(parts, name(g.Topic).Text+" "+l.Chance(*g.P))
		}
	}
	return what + strings.Join(parts, ", ") + "."
}

func listTopics(l Language, what string, topics []Topic) string {
	var parts []string
	for _, t := range topics {
		topic := name(t.Topic).Text
		if t.Topic == "" {
			topic = l.FigureWords().NoTopic
		}
		parts = append(parts, topic+" "+l.Percent(t.Accuracy()))
	}
	return what + strings.Join(parts, ", ") + "."
}

// FigureWords gives the words of the figures in a language.
func (l Language) FigureWords() FigureWords {
	if l == Korean {
		return FigureWords{
			TrajectoryTitle: "능력치 변화", TrajectoryX: "날짜", TrajectoryY: "능력치(θ)",
			Estimate: "능력치(θ)", Band: "추정 오차 범위(±1 SE)",
			DaysTitle: "요일별 푼 문항 수", DaysX: "요일", DaysY: "문항 수",
			Correct: "정답", Wrong: "오답",
			TopicsTitle: "주제별 정답률", TopicsX: "정답률(%)", TopicsY: "주제",
			ThisWeek: "이번 주", LastWeek: "지난주",
			GoalsTitle: "목표별 달성 가능성", GoalsX: "달성 가능성(%)", GoalsY: "목표 주제",
			LikelyLine: "80%: 충분히 가까운 목표", NoTopic: "주제 없음",
		}
	}
	return FigureWords{
		TrajectoryTitle: "Ability over time", TrajectoryX: "Date", TrajectoryY: "Ability (θ)",
		Estimate: "Ability (θ)", Band: "Margin of error (±1 SE)",
		DaysTitle: "Answers by day", DaysX: "Day", DaysY: "Answers",
		Correct: "Correct", Wrong: "Wrong",
		TopicsTitle: "Correct answers by topic", TopicsX: "Correct (%)", TopicsY: "Topic",
		ThisWeek: "This week", LastWeek: "Last week",
		GoalsTitle: "Chance of reaching each goal", GoalsX: "Chance (%)", GoalsY: "Goal",
		LikelyLine: "80%: well within reach", NoTopic: "No topic",
	}
}
