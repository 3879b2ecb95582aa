package report

// Advice names a recommendation's kind.
type Advice string

// The kinds of advice, the most pressing first.
const (
	ComeBack      Advice = "come_back"      // no answers this week: days_since
	ReachOut      Advice = "reach_out"      // for the teacher alone: S, days_since
	PractiseTopic Advice = "practise_topic" // accuracy, answers
	AccuracyFell  Advice = "accuracy_fell"  // accuracy, last_accuracy
	RetryMistakes Advice = "retry_mistakes" // R_t
	TakeTime      Advice = "take_time"      // E_t, I_t
	SpreadDays    Advice = "spread_days"    // days, answers
	CloseGap      Advice = "close_gap"      // P, missing_theta, target
	RaiseGoal     Advice = "raise_goal"     // P, target
	MoreAnswers   Advice = "more_answers"   // SE, answers
	KeepGoing     Advice = "keep_going"     // answers, accuracy
)

// teacherOnly are the kinds that the learner's own edition leaves out.
var teacherOnly = map[Advice]bool{ReachOut: true}
