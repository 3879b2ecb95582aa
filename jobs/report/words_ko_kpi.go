package report

import (
	"math"

	"sextant/db"
)

func (korean) NoKPIs() string {
	return "이번 주의 지표가 아직 계산되지 않아 보여 드릴 수 없습니다."
}

func (korean) KPIName(key string) string {
	return map[string]string{
		Improvement: "향상도", Efficiency: "정답 속도", Recovery: "오답 회복", Engagement: "학습 참여도", Reach: "목표 달성 가능성",
	}[key]
}

func (k korean) KPIValue(key string, v float64) string {
	switch key {
	case Improvement:
		return k.Signed(v, 2)
	case Efficiency:
		if levelOf(key, v) != above {
			return "변화 없음"
		}
		return k.Percent(v) + " 빨라짐"
	case Engagement:
		return k.Number(v*100, 0) + "점"
	case Reach:
		return k.Chance(v)
	}
	return k.Percent(v)
}

func (korean) KPIMissing(key string) string {
	return map[string]string{
		Improvement: "아직 알 수 없습니다. 최근 2주와 그 앞 2주를 비교하는데, 둘 중 푼 문항이 없는 기간이 있습니다.",
		Efficiency:  "아직 알 수 없습니다. 최근 4주와 그 앞 4주 모두에 풀이 시간이 기록된 정답이 있어야 합니다.",
		Recovery:    "알 수 없습니다. 전에 틀린 문항을 다시 푼 기록이 없습니다.",
		Engagement:  "알 수 없습니다. 최근 4주 동안 푼 문항이 없습니다.",
		Reach:       "아직 알 수 없습니다. 능력치가 아직 추정되지 않았습니다.",
	}[key]
}

func (k korean) KPIMeaning(key string, v float64, at level) string {
	switch key {
	case Efficiency:
		if at == above {
			return "정답을 맞히는 데 걸리는 시간이 앞선 4주보다 " + k.Percent(v) + " 짧아졌습니다."
		}
		return "정답을 맞히는 데 걸리는 시간이 앞선 4주와 같거나 더 길어졌습니다. 꼼꼼히 푸는 것이 먼저이니 괜찮습니다."
	case Recovery:
		return "전에 틀렸던 문항을 다시 풀어 " + k.Percent(v) + " 맞혔습니다."
	}
	return map[string]map[level]string{
		Improvement: {
			above:   "최근 2주의 결과가 그 앞 2주보다 좋아졌습니다.",
			between: "최근 2주의 결과가 그 앞 2주와 비슷합니다.",
			below:   "최근 2주의 결과가 그 앞 2주보다 낮아졌습니다.",
		},
		Engagement: {
			above:   "100점 만점입니다. 자주, 그리고 꾸준히 학습하고 있습니다.",
			between: "100점 만점입니다. 비교적 규칙적으로 학습하고 있습니다.",
			below:   "100점 만점입니다. 최근 4주 동안 학습이 드물거나 불규칙했습니다.",
		},
		Reach: {
			above:    "목표에 충분히 가까이 와 있습니다.",
			between:  "목표를 달성할 가능성이 절반 이상입니다.",
			below:    "목표까지 아직 거리가 있습니다.",
			farBelow: "지금은 목표가 꽤 멀리 있습니다. 더 가까운 목표부터 시작하는 것도 좋습니다.",
		},
	}[key][at]
}

func (k korean) KPILast(key string, last *float64) string {
	if last == nil {
		return "지난주 값 없음"
	}
	return "지난주 " + k.KPIValue(key, *last)
}

func (k korean) KPIChange(key string, change float64, t Trend) string {
	switch {
	case t == Steady:
		return "지난주와 비슷함"
	case key == Improvement:
		return k.Number(math.Abs(change), 2) + upDown(t, " 상승", " 하락")
	case key == Engagement:
		return k.Number(math.Abs(change)*100, 0) + upDown(t, "점 상승", "점 하락")
	}
	return k.Number(math.Abs(change)*100, 0) + upDown(t, "%p 상승", "%p 하락")
}

func (korean) AboutAbility() string {
	return "능력치(θ)는 어떤 문항을 맞혔는지와 그 문항이 얼마나 어려운지를 함께 보고 추정한 값입니다. 0은 척도를 만들 때의 학습자 평균에 가깝고, 대부분의 학습자는 −2에서 2 사이에 있습니다. ± 뒤의 수는 추정 오차이며, 문항을 많이 풀수록 작아집니다."
}

func (korean) NoAbility() string {
	return "능력치가 아직 추정되지 않았습니다. 난이도가 알려진 문항을 어느 정도 풀어야 추정할 수 있으며, 추정되는 대로 이곳에 표시됩니다."
}

func (korean) OnePoint() string {
	return "추정값이 아직 하나뿐이어서 변화를 그림으로 보여 드릴 수 없습니다."
}

func (k korean) TrajectoryCaption(points []Ability) (alt, caption string) {
	first, last := points[0], points[len(points)-1]
	from, to := db.DayOf(first.AsOf), db.DayOf(last.AsOf)
	alt = "능력치 추정값의 변화를 나타낸 선그래프. " + k.Date(from) + " " + k.Number(first.Theta, 2) + " ± " + k.Number(first.SE, 2) + "에서 " +
		k.Date(to) + " " + k.Number(last.Theta, 2) + " ± " + k.Number(last.SE, 2) + "까지이며, 추정 오차 범위를 띠로 나타냅니다."
	return alt, k.Date(from) + " 이후의 능력치입니다. 띠는 위아래로 표준오차만큼의 범위이며, 좁을수록 더 확실한 값입니다."
}

func (korean) NewScale() string {
	return "선이 끊긴 곳에서 새 척도가 시작되며, 그 앞뒤의 값은 서로 비교할 수 없습니다."
}

func (korean) AbilityNow() string    { return "이번 주 일요일 기준" }
func (korean) AbilityBefore() string { return "일주일 전" }
func (korean) AbilityChange() string { return "변화" }
func (korean) NotKnown() string      { return "알 수 없음" }

func (k korean) AbilityValue(a Ability) string {
	return k.PlusMinus(&a.Theta, &a.SE) + " (" + k.Date(db.DayOf(a.AsOf)) + " 추정)"
}

func (k korean) Change(now, before Ability) string {
	change := now.Theta - before.Theta
	s := k.Signed(change, 2)
	if math.Abs(change) < now.SE {
		s += " (추정 오차 범위 안)"
	}
	return s
}
