package report

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

func near(t *testing.T, what string, got *float64, want float64) {
	t.Helper()
	if got == nil || math.Abs(*got-want) > 5e-7 {
		t.Errorf("%s is %v, want %v", what, show(got), want)
	}
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// By hand: z = (0.8 − 0.62) / 0.31 = 0.580645, so P = 1 − Φ(0.580645) = 0.280740;
// 0.8 + 0.841621 · 0.31 − 0.62 = 0.440903 is missing; 0.36 in four weeks is 0.09 a
// week, and 0.440903 / 0.09 = 4.898922 weeks.
func TestGoalsSayWhatTheyTake(t *testing.T) {
	t.Parallel()
	d := richCase().document(t)
	g := d.Goals[0]
	near(t, "P", g.P, 0.2807398)
	near(t, "what is missing", g.Missing, 0.4409026)
	near(t, "the pace", g.Pace, 0.09)
	near(t, "the weeks", g.Weeks, 4.8989175)
	for i, want := range []string{"reached, no pace", "falling", "no target"} {
		g := d.Goals[i+1]
		got := "?"
		switch {
		case g.P == nil && g.Missing == nil:
			got = "no target"
		case *g.Missing == 0 && g.Weeks == nil && g.Pace == nil:
			got = "reached, no pace"
		case *g.Pace < 0 && g.Weeks == nil:
			got = "falling"
		}
		if got != want {
			t.Errorf("goal %s: %s, want %s", g.Topic, show(g), want)
		}
	}
}

func TestPaceComparesOneScaleOnly(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*reportCase){
		"another scale":           func(c *reportCase) { c.data.Goals[0].PastVersion = ref("v0") },
		"nothing four weeks ago":  func(c *reportCase) { c.data.Goals[0].PastTheta = nil },
		"nothing estimated since": func(c *reportCase) { c.data.Goals[0].PastAsOf = c.data.Goals[0].AsOf },
	} {
		c := richCase()
		change(&c)
		if g := c.document(t).Goals[0]; g.Pace != nil || g.Weeks != nil {
			t.Errorf("%s: %s", what, show(g))
		}
	}
}

func TestDaysAreAllSeven(t *testing.T) {
	t.Parallel()
	d := richCase().document(t)
	var got []string
	for _, day := range d.Days {
		got = append(got, fmt.Sprint(day.Date, " ", day.Answers, " ", show(day.Minutes)))
	}
	want := "2026-11-16 18 19.8, 2026-11-17 24 26.4, 2026-11-18 0 null, 2026-11-19 31 34.1, 2026-11-20 0 null, 2026-11-21 0 null, 2026-11-22 11 12.1"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
}

func TestAdviceNamesTheNumbersThatCauseIt(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"rich": `[{"code":"practise_topic","topic_id":"확률","numbers":{"accuracy":0.4444444444444444,"answers":18}},` +
			`{"code":"accuracy_fell","topic_id":"함수와 그래프","numbers":{"accuracy":0.7307692307692307,"last_accuracy":0.9545454545454546}},` +
			`{"code":"retry_mistakes","numbers":{"R_t":0.441}}]`,
		"sparse": `[{"code":"reach_out","numbers":{"S":0.66}},{"code":"close_gap","topic_id":"집합","numbers":{"P":0.29157`,
		"quiet":  `[{"code":"reach_out","numbers":{"S":0.71}},{"code":"come_back","numbers":{"days_since":26}}]`,
		"new":    `[{"code":"start","numbers":{}}]`,
		"no theta": `[{"code":"practise_topic","topic_id":"확률","numbers":{"accuracy":0.4444444444444444,"answers":18}},` +
			`{"code":"accuracy_fell","topic_id":"함수와 그래프","numbers":{"accuracy":0.7307692307692307,"last_accuracy":0.9545454545454546}},` +
			`{"code":"take_time","numbers":{"E_t":0.3,"I_t":-0.08}}]`,
	} {
		if got := show(caseNamed(t, name).Recommendations); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
}

func TestGoodWeekIsToldToCarryOn(t *testing.T) {
	t.Parallel()
	c := richCase()
	c.data.Topics, c.data.KPIs, c.data.Goals = c.data.Topics[:1], nil, nil
	want := `[{"code":"keep_going","numbers":{"accuracy":0.6785714285714286,"answers":84}}]`
	if got := show(c.document(t).Recommendations); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestLearnersEditionLeavesTheRiskOut(t *testing.T) {
	t.Parallel()
	d := caseNamed(t, "quiet")
	if got := show(d.For(Learner)); strings.Contains(got, `"S"`) || strings.Contains(got, string(ReachOut)) {
		t.Errorf("data.json of the learner's edition tells of the risk: %s", got)
	}
	if got := show(d.For(Teacher)); !strings.Contains(got, `{"key":"S","value":0.71,"last_week":null}`) || !strings.Contains(got, string(ReachOut)) {
		t.Errorf("data.json of the teacher's edition: %s", got)
	}
	if !reflect.DeepEqual(d, caseNamed(t, "quiet")) {
		t.Error("taking an edition changed the document")
	}
}

func TestHashIsOfTheContentAlone(t *testing.T) {
	t.Parallel()
	a, b := caseNamed(t, "rich"), caseNamed(t, "rich")
	b.Provenance = Provenance{RunID: "another", Program: "1"}
	if a.Hash() != b.Hash() || len(a.Hash()) != 64 {
		t.Errorf("who made it changes the hash: %s, %s", a.Hash(), b.Hash())
	}
	b.Topics[0].Correct++
	if a.Hash() == b.Hash() {
		t.Error("another content has the same hash")
	}
}

func TestPlatformsOwnLinkingConstantsAreReadWhereTheyRead(t *testing.T) {
	t.Parallel()
	if c := caseNamed(t, "sparse").Calibration; c.A != nil || c.B != nil || c.SE != nil || c.RunID != "r-7" {
		t.Errorf("%s", show(c))
	}
	c := caseNamed(t, "rich").Calibration
	if *c.A != 1.0123 || *c.B != -0.0341 || *c.SE != 0.012 || *c.Items != 42 || c.Method != "stocking_lord" || c.To != "anchors" || *c.AccumulatedSE != 0.012 {
		t.Errorf("%s", show(c))
	}
}

func TestAbsurdNumbersOnTheScaleAreNotKnown(t *testing.T) {
	t.Parallel()
	c := richCase()
	c.data.Theta.Theta, c.data.Before.SE = 1000, 9e99
	c.data.Trajectory[3].Theta = -1e99
	*c.data.Topics[0].Theta, *c.data.Goals[0].SE, *c.data.Goals[1].Target = -1000, 1e99, 1e300
	d := c.document(t)
	if d.Ability != nil || d.AbilityBefore != nil || len(d.Trajectory) != len(c.data.Trajectory)-1 ||
		d.Topics[0].Theta != nil || d.Topics[0].SE != nil || d.Goals[0].Theta != nil || d.Goals[0].P != nil || d.Goals[1].Target != nil || d.Goals[1].P != nil {
		t.Errorf("%s", show(d))
	}
}
