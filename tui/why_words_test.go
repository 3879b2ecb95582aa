package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/theme"
)

// What is to be known of an explanation is said in the operator's language, with
// what it is about.
func TestWhyNotes(t *testing.T) {
	ko, err := lang.Load("ko")
	if err != nil {
		t.Fatal(err)
	}
	run := uuid.MustParse("019abefd-9c3d-7000-8000-000000000000").String()
	w := jobs.ThetaWhy{Version: "v2", Calibration: run, Stored: db.Ability{Version: "v1"}, Origin: db.ThetaOrigin{Actor: "김운영"}}
	said := []string{}
	for cause, want := range map[jobs.WhyCause][]string{
		jobs.CauseRestored: {"김운영"}, jobs.CauseImported: nil, jobs.CauseForeign: nil, jobs.CauseScale: {"v1", "v2"}, jobs.CauseCalibration: {run[:shortIDLength]},
		jobs.CauseNodes: nil, jobs.CauseLookback: nil, jobs.CauseAnswers: nil,
	} {
		w.Cause = cause
		english, korean := whyNotes(theme.New(theme.Mode{}), w), whyNotes(theme.New(theme.Mode{Lang: ko}), w)
		if len(english) != 1 || len(korean) != 1 || !strings.HasPrefix(korean[0], "저장된 θ 값이 이 응답들로 계산한 값과 다릅니다: ") ||
			!strings.HasPrefix(english[0], "the stored θ is not what these answers give: ") {
			t.Fatalf("%s: %q, %q", cause, english, korean)
		}
		for _, v := range want {
			if !strings.Contains(english[0], v) || !strings.Contains(korean[0], v) {
				t.Errorf("%s: no %s in %q or %q", cause, v, english, korean)
			}
		}
		if said = append(said, korean[0]); strings.Contains(korean[0], "it ") || strings.Contains(korean[0], "since") {
			t.Errorf("%s: %q", cause, korean)
		}
	}
	if slices.Sort(said); len(slices.Compact(said)) != 8 {
		t.Errorf("two causes read the same: %q", said)
	}
	w.Cause, w.Later, w.Origin.Scorer = "", 2, jobs.ScorerPlumber
	if got := whyNotes(theme.New(theme.Mode{Lang: ko}), w); len(got) != 2 || got[0] != "추정 후 응답 2개가 왔습니다. T로 반영" || !strings.HasPrefix(got[1], "저장된 θ 값은 R 서비스가") {
		t.Errorf("%q", got)
	}
}
