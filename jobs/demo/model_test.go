package demo

import (
	"encoding/json"
	"math"
	"testing"

	"sextant/db"
)

// answer is one sound answer, with the θ it was given at.
type answer struct {
	item    int
	theta   float64
	correct bool
	seconds float64
}

// soundAnswers reads the answers back from the JSON, flawed ones left out.
func soundAnswers(t *testing.T, s *Simulation, p *db.PlatformSession, truth Truth) []answer {
	t.Helper()
	var doc struct{ Questions []json.RawMessage }
	if p.Result == nil || json.Unmarshal(p.Result.JSON, &doc) != nil {
		return nil
	}
	day := int(p.StartedAt.Sub(s.start).Hours()) / 24
	var out []answer
	for _, raw := range doc.Questions {
		var q struct {
			ID        int64    `json:"question_id"`
			IsCorrect *bool    `json:"is_correct"`
			Correct   *bool    `json:"correct"`
			Seconds   *float64 `json:"time_spent_sec"`
		}
		if json.Unmarshal(raw, &q) != nil || q.ID == 0 || q.Seconds == nil {
			continue
		}
		verdict := q.IsCorrect
		if verdict == nil {
			verdict = q.Correct
		}
		if verdict == nil {
			continue
		}
		i := int(q.ID - firstItemID)
		out = append(out, answer{i, truth.TopicTheta(s.items[i].topic, day), *verdict, *q.Seconds})
	}
	return out
}

// TestAnswersFollowTheModel recovers every item's parameters by a logistic
// regression of its verdicts on the true θ: the errors, each in units of its
// own standard error, must look like N(0, 1).
func TestAnswersFollowTheModel(t *testing.T) {
	t.Parallel()
	s := simulate(t, Options{Learners: 1200, Seed: 11, Still: true})
	byItem := make([][]answer, len(s.items))
	for k := range s.opts.Learners {
		truth := s.Truth(k)
		for _, p := range s.Sessions(k) {
			for _, a := range soundAnswers(t, s, &p, truth) {
				byItem[a.item] = append(byItem[a.item], a)
			}
		}
	}
	var sumA, sumB, squareA, squareB float64
	for i, answers := range byItem {
		it := s.items[i]
		if len(answers) < 200 {
			t.Errorf("item %d has %d answers", it.ID, len(answers))
			continue
		}
		// η = slope·θ + intercept; slope = a, intercept = −a·b.
		slope, intercept, covariance := logistic(answers)
		zA := (slope - it.A) / math.Sqrt(covariance[0][0])
		zB := (intercept + it.A*it.B) / math.Sqrt(covariance[1][1])
		sumA, squareA = sumA+zA, squareA+zA*zA
		sumB, squareB = sumB+zB, squareB+zB*zB
	}
	n := float64(len(byItem))
	for name, z := range map[string][2]float64{"slope": {sumA, squareA}, "intercept": {sumB, squareB}} {
		mean, variance := z[0]/n, z[1]/n
		// Over 400 items the mean has SD 0.05 and the mean square SD 0.07. A
		// maximum likelihood slope is biased away from 0 by a small part of its SE.
		if math.Abs(mean) > 0.2 || variance < 0.75 || variance > 1.3 {
			t.Errorf("%s: z has mean %.3f and mean square %.3f, want 0 and 1", name, mean, variance)
		}
	}
}

// logistic fits P(correct) = 1 / (1 + exp(−(slope·θ + intercept))) by Newton's
// method and returns the inverse information.
func logistic(answers []answer) (slope, intercept float64, covariance [2][2]float64) {
	for range 30 {
		var g0, g1, h00, h01, h11 float64
		for _, a := range answers {
			p := 1 / (1 + math.Exp(-(slope*a.theta + intercept)))
			residual := -p
			if a.correct {
				residual++
			}
			w := p * (1 - p)
			g0, g1 = g0+residual*a.theta, g1+residual
			h00, h01, h11 = h00+w*a.theta*a.theta, h01+w*a.theta, h11+w
		}
		det := h00*h11 - h01*h01
		covariance = [2][2]float64{{h11 / det, -h01 / det}, {-h01 / det, h00 / det}}
		dSlope, dIntercept := (h11*g0-h01*g1)/det, (h00*g1-h01*g0)/det
		slope, intercept = slope+dSlope, intercept+dIntercept
		if math.Abs(dSlope)+math.Abs(dIntercept) < 1e-10 {
			break
		}
	}
	return slope, intercept, covariance
}

func TestTimesFollowDifficultyAndPractice(t *testing.T) {
	t.Parallel()
	s := simulate(t, Options{Learners: 800})
	// Mean log seconds of: right and wrong answers, hard and easy items, early and late in a learner's life.
	var right, wrong, hard, easy, early, late mean
	for k := range s.opts.Learners {
		truth := s.Truth(k)
		n := 0
		for _, p := range s.Sessions(k) {
			for _, a := range soundAnswers(t, s, &p, truth) {
				if a.seconds <= 0 {
					continue
				}
				x := math.Log(a.seconds)
				either(a.correct, &right, &wrong).add(x)
				either(s.items[a.item].B > a.theta, &hard, &easy).add(x)
				either(n < 15, &early, &late).add(x)
				n++
			}
		}
	}
	if wrong.value() < right.value()+0.1 || hard.value() < easy.value()+0.1 || early.value() < late.value()+0.05 {
		t.Errorf("right %.2f wrong %.2f, easy %.2f hard %.2f, early %.2f late %.2f",
			right.value(), wrong.value(), easy.value(), hard.value(), early.value(), late.value())
	}
	if m := math.Exp(right.value()); m < 15 || m > 40 {
		t.Errorf("a right answer takes %.1f s", m)
	}
}

type mean struct{ sum, n float64 }

func (m *mean) add(x float64)  { m.sum, m.n = m.sum+x, m.n+1 }
func (m *mean) value() float64 { return m.sum / m.n }

func either(cond bool, yes, no *mean) *mean {
	if cond {
		return yes
	}
	return no
}
