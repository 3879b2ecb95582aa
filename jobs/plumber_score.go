package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"sextant/irt"
)

const (
	plumberReach = 4       // the service's nodes lie on [−4, 4] of its N(0, 1) prior
	plumberCells = 100_000 // rows × items of a request, which R holds as a matrix: some 500 KB on the way
	plumberRows  = 1_000   // of a request
	plumberBatch = 32      // learners in one transaction of a worker, which waits for the answer
	plumberPoll  = 512     // changes at a time, so that the worker's heart beats between
)

// plumberScorer has the R service estimate θ. That knows the N(0, 1) prior alone,
// so everything goes there on the scale z = (θ − μ)/σ of its row's own prior.
type plumberScorer struct {
	service *plumber
	names   []string
	bank    []irt.ItemParams
	prior   irt.Normal
}

// score asks for all learners together; what the service refuses it is asked
// again in halves, so that one learner's trouble is theirs.
func (s *plumberScorer) score(ctx context.Context, persons []personAnswers) ([]scored, error) {
	out, err := s.together(ctx, persons)
	var refused *PlumberError
	switch {
	case err == nil, !errors.As(err, &refused), refused.Down:
		return out, err
	case len(persons) == 1:
		return []scored{{err: err}}, nil
	}
	half := len(persons) / 2
	if out, err = s.score(ctx, persons[:half]); err != nil {
		return nil, err
	}
	rest, err := s.score(ctx, persons[half:])
	return append(out, rest...), err
}

// plumberRow is what the service is asked about: answers under a prior.
type plumberRow struct {
	items   []int32
	correct []bool
	prior   irt.Normal
}

// plumberTheta is the answer to a row.
type plumberTheta struct {
	irt.Ability
	err error
}

// topicAsked is a learner's topic on its way through both rounds.
type topicAsked struct {
	person int
	topic  int32
	in     personAnswers
	others int // row of the learner's other answers in the first round; -1: there are none
	row    int // in the second round
}

// together scores learners in two rounds: all their answers, and those to the
// others of each topic; then each topic under the prior which that gives.
func (s *plumberScorer) together(ctx context.Context, persons []personAnswers) ([]scored, error) {
	var rows []plumberRow
	var topics []topicAsked
	overall := make([]int, len(persons))
	for i, p := range persons {
		overall[i] = len(rows)
		rows = append(rows, plumberRow{p.items, p.correct, s.prior})
		for _, t := range p.topicsOf() {
			in, rest := p.split(t)
			k := topicAsked{person: i, topic: t, in: in, others: -1}
			if len(rest.items) > 0 {
				k.others = len(rows)
				rows = append(rows, plumberRow{rest.items, rest.correct, s.prior})
			}
			topics = append(topics, k)
		}
	}
	first, err := s.ask(ctx, rows)
	if err != nil {
		return nil, err
	}
	out := make([]scored, len(persons))
	for i := range out {
		out[i].overall, out[i].err = first[overall[i]].Ability, first[overall[i]].err
	}
	rows = rows[:0]
	for i := range topics {
		k := &topics[i]
		if k.others < 0 {
			continue // all answers are of the topic: its θ is the overall one
		}
		others := first[k.others]
		if others.err != nil {
			out[k.person].err = others.err
			k.row = -1
			continue
		}
		k.row = len(rows)
		rows = append(rows, plumberRow{k.in.items, k.in.correct, aroundOthers(others.Theta, s.prior)})
	}
	second, err := s.ask(ctx, rows)
	if err != nil {
		return nil, err
	}
	for _, k := range topics {
		got := plumberTheta{Ability: out[k.person].overall}
		if k.others >= 0 {
			if k.row < 0 {
				continue
			}
			got = second[k.row]
		}
		to := &out[k.person]
		if got.err != nil {
			to.err = got.err
		}
		to.topics = append(to.topics, topicScore{topic: k.topic, ability: got.Ability, answers: len(k.in.items)})
	}
	return out, nil
}

// ask sends the rows, in as many requests as it takes, and puts the answers back
// on the scale of each row's prior.
func (s *plumberScorer) ask(ctx context.Context, rows []plumberRow) ([]plumberTheta, error) {
	out := make([]plumberTheta, 0, len(rows))
	for len(rows) > 0 {
		q, n := s.request(rows)
		body, err := json.Marshal(q)
		if err != nil {
			return nil, fmt.Errorf("ask the R service: %w", err)
		}
		answer, err := s.service.post(ctx, "irt/score", body)
		if err != nil {
			return nil, err
		}
		abilities, err := s.service.abilities(answer, n)
		if err != nil {
			return nil, err
		}
		for i, a := range abilities {
			got := plumberTheta{err: s.service.check(a)}
			if got.err == nil {
				prior := rows[i].prior
				got.Ability = irt.Ability{Theta: prior.Mean + prior.SD*a.Theta.value, SE: prior.SD * a.SE.value}
			}
			out = append(out, got)
		}
		rows = rows[n:]
	}
	return out, nil
}

// plumberRequest is the body of POST /irt/score.
type plumberRequest struct {
	Items     []plumberItem `json:"item_params"`
	Responses []verdicts    `json:"responses"`
}

type plumberItem struct {
	Item string  `json:"item"`
	A    float64 `json:"a"`
	B    float64 `json:"b"`
	C    float64 `json:"c"`
}

// column is an item on the scale of a prior: rows of one prior share theirs.
type column struct {
	item  int32
	prior irt.Normal
}

// request makes the next request of as many rows as its bounds allow, one at
// least, and says how many those are.
func (s *plumberScorer) request(rows []plumberRow) (plumberRequest, int) {
	at, used := map[column]int{}, map[int32]int{} // an item on several scales has a name for each
	var q plumberRequest
	n := 0
	for _, r := range rows {
		fresh := 0
		for _, it := range r.items {
			if _, ok := at[column{it, r.prior}]; !ok {
				fresh++
			}
		}
		if n > 0 && (n == plumberRows || (n+1)*(len(q.Items)+fresh) > plumberCells) {
			break
		}
		n++
		for _, it := range r.items {
			col := column{it, r.prior}
			if _, ok := at[col]; ok {
				continue
			}
			at[col] = len(q.Items)
			name := s.names[it]
			if used[it]++; used[it] > 1 {
				name += "@" + strconv.Itoa(used[it])
			}
			p := s.bank[it]
			q.Items = append(q.Items, plumberItem{name, p.A * r.prior.SD, (p.B - r.prior.Mean) / r.prior.SD, p.C})
		}
	}
	for _, r := range rows[:n] {
		v := make(verdicts, len(q.Items))
		for i, it := range r.items {
			v[at[column{it, r.prior}]] = verdictOf(r.correct[i])
		}
		q.Responses = append(q.Responses, v)
	}
	return q, n
}

// verdicts are one row's answers in the order of the items.
type verdicts []verdict

type verdict byte

const (
	unanswered verdict = iota
	wrong
	right
)

func verdictOf(correct bool) verdict {
	if correct {
		return right
	}
	return wrong
}

// MarshalJSON writes 1, 0 and null.
func (v verdicts) MarshalJSON() ([]byte, error) {
	out := append(make([]byte, 0, 5*len(v)+2), '[')
	for i, x := range v {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, [...]string{unanswered: "null", wrong: "0", right: "1"}[x]...)
	}
	return append(out, ']'), nil
}
