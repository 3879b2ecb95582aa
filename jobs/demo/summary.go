package demo

// Summary counts what a simulation has written. What a sync must take of it is
// Usable, exactly.
type Summary struct {
	Learners int            `json:"learners"`
	Items    int            `json:"items"`
	Topics   int            `json:"topics"`
	Days     int            `json:"days"`
	Goals    int            `json:"goals"`
	Sessions int            `json:"sessions"` // rows of session
	Results  int            `json:"results"`  // rows of exam_results
	Answers  int            `json:"answers"`  // elements of questions in the ready ones
	Usable   int            `json:"usable"`   // of them, those with a learner, an item and a verdict
	Flawed   int            `json:"flawed"`   // answers and rows with something wrong
	Flaws    map[string]int `json:"flaws"`    // by what is wrong; see Flaws
}

// tally counts while sessions are drawn.
type tally struct {
	sessions, results int
	answers, lost     int
	answerFlaws       [len(answerFlaws)]int
	sessionFlaws      [len(sessionFlaws)]int
}

// add counts one session's answers.
func (t *tally) add(sitting *tally) {
	t.answers += sitting.answers
	t.lost += sitting.lost
	for i, n := range sitting.answerFlaws {
		t.answerFlaws[i] += n
	}
}

// summary is the tally with the figures that need no counting.
func (s *Simulation) summary(t *tally, goals int) Summary {
	sum := Summary{
		Learners: s.opts.Learners,
		Items:    len(s.items),
		Topics:   len(topics),
		Days:     s.opts.Days,
		Goals:    goals,
		Sessions: t.sessions,
		Results:  t.results,
		Answers:  t.answers,
		Usable:   t.answers - t.lost,
		Flaws:    map[string]int{},
	}
	for i, n := range t.answerFlaws {
		sum.Flaws[answerFlaws[i].name] = n
		sum.Flawed += n
	}
	for i, n := range t.sessionFlaws {
		sum.Flaws[sessionFlaws[i].name] = n
		sum.Flawed += n
	}
	return sum
}
