package demo

import "strconv"

// rawAnswer is an answer's JSON by parts; an empty part is left out.
type rawAnswer struct {
	id, verdict, seconds, hints, topic string
	verdictName                        string
	correct                            bool
	whole                              string // in place of all the above
}

// answerFlaw is one way in which a real platform's answer departs from the rule.
type answerFlaw struct {
	name  string
	lost  bool // no answer can be made of it; otherwise at most a field is lost
	apply func(*rawAnswer)
}

var answerFlaws = [...]answerFlaw{
	{"question_id is no number", true, func(a *rawAnswer) { a.id = `"abc"` }},
	{"question_id has a fraction", true, func(a *rawAnswer) { a.id += ".5" }},
	{"question_id is null", true, func(a *rawAnswer) { a.id = "null" }},
	{"question_id is missing", true, func(a *rawAnswer) { a.id = "" }},
	{"question_id is a decimal", false, func(a *rawAnswer) { a.id += ".0" }},
	{"question_id is a digit string", false, func(a *rawAnswer) { a.id = strconv.Quote(a.id) }},
	{"verdict is missing", true, func(a *rawAnswer) { a.verdict = "" }},
	{"verdict is null", true, func(a *rawAnswer) { a.verdict = "null" }},
	{"verdict is no verdict", true, func(a *rawAnswer) { a.verdict = `"maybe"` }},
	{"verdict is text", false, func(a *rawAnswer) { a.verdict = choose(a.correct, `"yes"`, `"no"`) }},
	{"verdict is 0 or 1", false, func(a *rawAnswer) { a.verdict = choose(a.correct, "1", "0") }},
	{"time_spent_sec is empty", false, func(a *rawAnswer) { a.seconds = `""` }},
	{"time_spent_sec is negative", false, func(a *rawAnswer) { a.seconds = "-" + a.seconds }},
	{"time_spent_sec is a numeric string", false, func(a *rawAnswer) { a.seconds = strconv.Quote(a.seconds) }},
	{"time_spent_sec is missing", false, func(a *rawAnswer) { a.seconds = "" }},
	{"used_hints is text", false, func(a *rawAnswer) { a.hints = `"two"` }},
	{"used_hints is an array", false, func(a *rawAnswer) { a.hints = "[]" }},
	{"used_hints is null", false, func(a *rawAnswer) { a.hints = "null" }},
	{"topic is null", false, func(a *rawAnswer) { a.topic = "null" }},
	{"topic is empty", false, func(a *rawAnswer) { a.topic = `""` }},
	{"answer is no object", true, func(a *rawAnswer) { a.whole = `"skipped"` }},
}

// sessionFlaw is one way in which a whole result row departs from the rule; the
// answers of such a row cannot be taken.
type sessionFlaw struct {
	name      string
	questions string  // in place of the array; "-" leaves the key out
	userID    *string // in place of the learner's
	noUser    bool
}

var sessionFlaws = [...]sessionFlaw{
	{name: "questions is null", questions: "null"},
	{name: "questions is an object", questions: `{"question_id":1001,"is_correct":true}`},
	{name: "questions is text", questions: `"none"`},
	{name: "questions is missing", questions: "-"},
	{name: "user_id is null", noUser: true},
	{name: "user_id is empty", noUser: true, userID: new(string)},
}

// Flaws lists the names of everything that may be wrong with a row, as they
// stand in Summary.Flaws.
func Flaws() []string {
	var names []string
	for _, f := range answerFlaws {
		names = append(names, f.name)
	}
	for _, f := range sessionFlaws {
		names = append(names, f.name)
	}
	return names
}

// flawOfAnswer picks the flaw of learner k's answer number n, or nil: one answer
// in 500, in places that no random draw decides, so that every flaw occurs.
func flawOfAnswer(k, n int) (int, *answerFlaw) {
	place := k*131 + n
	if place%500 != 250 {
		return 0, nil
	}
	i := place / 500 % len(answerFlaws)
	return i, &answerFlaws[i]
}

// flawOfSession picks the flaw of learner k's first result, or nil: about one
// result in 500, as learners have some twelve.
func flawOfSession(k int) (int, *sessionFlaw) {
	if k%41 != 7 {
		return 0, nil
	}
	i := k / 41 % len(sessionFlaws)
	return i, &sessionFlaws[i]
}

// appendJSON writes the answer with whatever is wrong with it.
func (a *rawAnswer) appendJSON(b []byte) []byte {
	if a.whole != "" {
		return append(b, a.whole...)
	}
	b = append(b, '{')
	for _, f := range [][2]string{
		{"question_id", a.id}, {a.verdictName, a.verdict}, {"time_spent_sec", a.seconds},
		{"used_hints", a.hints}, {"topic", a.topic},
	} {
		if f[1] == "" {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(b, f[0])
		b = append(b, ':')
		b = append(b, f[1]...)
	}
	return append(b, '}')
}

func choose(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}
