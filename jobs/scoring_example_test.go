package jobs

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"sextant/irt"
)

// The example that 'sextant explain update-theta' gives, whose numbers are
// integrals of one variable, worked out apart from the engine.
func TestTheTopicExampleComesToWhatItSays(t *testing.T) {
	t.Parallel()
	s, err := newScorer(nil, []string{"x", "y"}, []irt.ItemParams{{A: 1, B: 0}, {A: 1, B: 0.413242}}, irt.StandardNormal)
	if err != nil {
		t.Fatal(err)
	}
	one := personAnswers{user: "one", items: []int32{0}, correct: []bool{true}, topics: []int32{0}}
	two := personAnswers{user: "two", items: []int32{0, 1}, correct: []bool{true, false}, topics: []int32{0, 1}}
	scores, err := s.score(t.Context(), []personAnswers{one, two})
	if err != nil {
		t.Fatal(err)
	}
	var topic float64
	for _, x := range scores[1].topics {
		if x.topic == 1 {
			topic = x.ability.Theta
		}
	}
	for what, c := range map[string]struct{ got, want float64 }{"θ": {scores[0].overall.Theta, 0.413242}, "the topic's θ": {topic, 0.316662}} {
		if math.Abs(c.got-c.want) > 1e-6 {
			t.Errorf("%s = %v, want %v", what, c.got, c.want)
		}
		if said := fmt.Sprintf("%.6f", c.want); !strings.Contains(stageTexts[updateTheta], "= "+said) {
			t.Errorf("the example does not say %s", said)
		}
	}
}
