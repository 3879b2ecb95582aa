package report

import (
	"sextant/db"
)

func (e english) Advice(r Recommendation, _ Edition) AdviceItem {
	n := r.Numbers
	topic := Span{Text: "the general target"}
	if r.Topic != "" {
		topic = name(r.Topic)
	}
	switch r.Code {
	case Start:
		return AdviceItem{"Make a start", line("Five easy questions are enough for the first time."), line("No answers so far.")}
	case ComeBack:
		return AdviceItem{"Ease back in", line("Begin with a short set of familiar questions, on a day that suits."),
			line("The last answer was ", e.many(int(n["days_since"]), "day", "days"), " before the week’s end.")}
	case ReachOut:
		return AdviceItem{"Have a friendly word", line("Ask how things are going before suggesting more practice; there may be a good reason for the pause."),
			line("Index of dropping out: ", e.Number(n["S"], 2), " (0 to 1).")}
	case PractiseTopic:
		return AdviceItem{"Practise one topic a little more", line("Take “", topic, "” in short sets of five or so, and look at each mistake before going on."),
			line("“", topic, "”: ", e.Percent(n["accuracy"]), " of ", e.many(int(n["answers"]), "answer", "answers"), " correct this week.")}
	case AccuracyFell:
		return AdviceItem{"Go over a topic again", line("Have another look at the basics of “", topic, "” before the next set."),
			line("“", topic, "”: ", e.Percent(n["accuracy"]), " correct this week, ", e.Percent(n["last_accuracy"]), " last week.")}
	case RetryMistakes:
		return AdviceItem{"Try mistakes again", line("Come back to questions that went wrong, some days later and without hints."),
			line("Recovering from mistakes: ", e.Percent(n["R_t"]), " of such answers right.")}
	case TakeTime:
		return AdviceItem{"Take a little more time", line("Read the question twice before answering; there is no prize for being fast."),
			line("Correct answers are ", e.Percent(n["E_t"]), " faster, while progress is ", e.Signed(n["I_t"], 2), ".")}
	case SpreadDays:
		return AdviceItem{"Spread practice over the week", line("The same number of questions on three or four days stays in memory better."),
			line(e.many(int(n["answers"]), "answer", "answers"), " on ", e.many(int(n["days"]), "day", "days"), ".")}
	case CloseGap:
		return AdviceItem{"Take the goal in steps", line("Choose questions a little harder than the comfortable ones for “", topic, "”, or set a nearer level first."),
			line("Chance of reaching it: ", e.Chance(n["P"]), "; for 80%, ability would have to be ", e.Number(n["missing_theta"], 2), " higher.")}
	case RaiseGoal:
		return AdviceItem{"Aim a little higher", line("The goal in “", topic, "” is as good as reached; a higher level or a new topic would keep it interesting."),
			line("Chance of reaching it: ", e.Chance(n["P"]), ".")}
	case MoreAnswers:
		return AdviceItem{"Answer a few more questions", line("Another ten or twenty answers would make the picture of ability much clearer."),
			line("Margin of error: ±", e.Number(n["se"], 2), ".")}
	}
	return AdviceItem{"Carry on like this", line("The week went well; the same rhythm next week is just right."),
		line(e.many(int(n["answers"]), "answer", "answers"), ", ", e.Percent(n["accuracy"]), " of them correct.")}
}

func (e english) Risk(s float64, at level, last *db.Day) []Text {
	say := map[level]string{
		above:   "There are signs that practice may break off. A friendly word this week could help.",
		between: "Practice has become a little thinner or less regular. It is worth keeping an eye on.",
		below:   "At present nothing much suggests that practice will break off.",
	}[at]
	note := line("The index behind this is ", strong(e.Number(s, 2)), " on a scale from 0 to 1. It looks only at how long ago, how regularly and how often there was activity in the last 56 days. It knows nothing of illness, holidays or other work, and it is no judgement of the learner.")
	if last != nil {
		note = line(note, " Last answer: ", e.Date(*last), ".")
	}
	return []Text{line(say), note}
}

func (english) NoRisk() string {
	return "There is no index of dropping out for this week: it takes some activity in the last 56 days, and the week’s key figures."
}
