package report

import "sextant/db"

func (k korean) Advice(r Recommendation, _ Edition) AdviceItem {
	n := r.Numbers
	topic := line("기본")
	if r.Topic != "" {
		topic = line("‘", name(r.Topic), "’")
	}
	switch r.Code {
	case Start:
		return AdviceItem{"첫걸음 떼기", line("처음에는 쉬운 문항 다섯 개면 충분합니다."), line("아직 푼 문항이 없습니다.")}
	case ComeBack:
		return AdviceItem{"가볍게 다시 시작하기", line("편한 날에 익숙한 문항 몇 개로 시작하는 것이 좋습니다."),
			line("마지막으로 문항을 푼 지 이번 주 일요일까지 ", k.Count(int(n["days_since"])), "일이 지났습니다.")}
	case ReachOut:
		return AdviceItem{"안부 묻기", line("학습을 권하기 전에 먼저 어떻게 지내는지 물어봐 주세요. 쉬어 가는 데에는 그럴 만한 사정이 있을 수 있습니다."),
			line("학습 중단 지표: ", k.Number(n["S"], 2), " (0에서 1 사이)")}
	case PractiseTopic:
		return AdviceItem{"한 주제를 조금 더 연습하기", line(topic, " 문항을 다섯 개 정도씩 짧게 나누어 풀고, 틀린 문항은 바로 짚어 보는 것이 좋습니다."),
			line(topic, " 주제의 이번 주 정답률은 ", k.Percent(n["accuracy"]), "입니다(", k.Count(int(n["answers"])), "문항).")}
	case AccuracyFell:
		return AdviceItem{"한 주제를 다시 살펴보기", line("다음 문항을 풀기 전에 ", topic, " 주제의 기본 개념을 한 번 더 살펴보는 것이 좋습니다."),
			line(topic, " 주제의 정답률은 이번 주 ", k.Percent(n["accuracy"]), ", 지난주 ", k.Percent(n["last_accuracy"]), "입니다.")}
	case RetryMistakes:
		return AdviceItem{"틀린 문항 다시 풀기", line("틀린 문항은 며칠 뒤에 힌트 없이 다시 풀어 보는 것이 좋습니다."),
			line("전에 틀렸던 문항을 다시 풀어 맞힌 비율은 ", k.Percent(n["R_t"]), "입니다.")}
	case TakeTime:
		return AdviceItem{"조금 더 여유 있게 풀기", line("답을 고르기 전에 문제를 두 번 읽어 보는 것이 좋습니다. 빨리 푸는 것이 목표는 아닙니다."),
			line("정답 속도는 ", k.Percent(n["E_t"]), " 빨라졌지만 향상도는 ", k.Signed(n["I_t"], 2), "입니다.")}
	case SpreadDays:
		return AdviceItem{"여러 날에 나누어 풀기", line("같은 양이라도 서너 날에 나누어 풀면 더 오래 기억에 남습니다."),
			line("이번 주에는 ", k.Count(int(n["days"])), "일 동안 ", k.Count(int(n["answers"])), "문항을 풀었습니다.")}
	case CloseGap:
		return AdviceItem{"목표를 단계로 나누기", line(topic, " 목표를 위해 편하게 풀리는 문항보다 조금 더 어려운 문항을 고르거나, 더 가까운 수준부터 목표로 삼는 것이 좋습니다."),
			line("달성 가능성은 ", k.Chance(n["P"]), "이며, 80%가 되려면 능력치가 ", k.Number(n["missing_theta"], 2), " 높아져야 합니다.")}
	case RaiseGoal:
		return AdviceItem{"목표를 조금 더 높이기", line(topic, " 목표는 거의 달성했습니다. 더 높은 수준이나 새로운 주제를 목표로 삼으면 더욱 흥미로울 것입니다."),
			line("달성 가능성은 ", k.Chance(n["P"]), "입니다.")}
	case MoreAnswers:
		return AdviceItem{"몇 문항 더 풀어 보기", line("열 문항에서 스무 문항 정도를 더 풀면 능력치를 훨씬 더 정확하게 알 수 있습니다."),
			line("현재 추정 오차는 ±", k.Number(n["se"], 2), "입니다.")}
	}
	return AdviceItem{"지금처럼 이어 가기", line("잘하고 있습니다. 다음 주에도 같은 흐름을 이어 가면 됩니다."),
		line("이번 주에 ", k.Count(int(n["answers"])), "문항을 풀었고 정답률은 ", k.Percent(n["accuracy"]), "입니다.")}
}

func (k korean) Risk(s float64, at level, last *db.Day) []Text {
	say := map[level]string{
		above:   "학습이 끊길 수 있는 신호가 보입니다. 이번 주에 가볍게 안부를 물어봐 주시면 도움이 됩니다.",
		between: "학습이 조금 뜸해지거나 불규칙해졌습니다. 관심을 가지고 지켜봐 주시기 바랍니다.",
		below:   "현재로서는 학습이 끊길 것으로 볼 만한 신호가 거의 없습니다.",
	}[at]
	note := line("이 판단의 바탕이 되는 지표는 0에서 1 사이의 값이며, 현재 ", strong(k.Number(s, 2)), "입니다. 최근 56일 동안 마지막 활동 이후 지난 기간, 활동의 규칙성과 횟수만 봅니다. 질병, 방학, 다른 일정 같은 사정은 알지 못하며, 학생을 평가하는 값이 아닙니다.")
	if last != nil {
		note = line(note, " 마지막으로 문항을 푼 날은 ", k.Date(*last), "입니다.")
	}
	return []Text{line(say), note}
}

func (korean) NoRisk() string {
	return "이번 주의 학습 중단 지표가 없습니다. 최근 56일 안에 활동이 있고 그 주의 지표가 계산되어 있어야 합니다."
}
