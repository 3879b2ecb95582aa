package jobs_test

import (
	"os"
	"strings"
	"testing"

	"sextant/jobs"
)

func TestTheDocsAreWhatExplainSays(t *testing.T) {
	page, err := os.ReadFile("../docs/formulas.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != jobs.Formulas(jobs.Stages()) {
		t.Error("docs/formulas.md is out of date; write it again with 'sextant explain > docs/formulas.md'")
	}
}

func TestEveryStageIsExplained(t *testing.T) {
	for _, s := range jobs.Stages().All() {
		i := s.Info()
		e, err := jobs.Explain(jobs.Stages(), strings.ToUpper(i.Name))
		if err != nil || e.Name != i.Name || e.Title != i.Summary {
			t.Errorf("%s: %+v, %v", i.Name, e, err)
		}
		for _, p := range jobs.Specs(s.Params()) {
			if !strings.Contains(e.Text, "`--"+p.Name+"`") {
				t.Errorf("%s does not explain --%s", i.Name, p.Name)
			}
		}
	}
	if _, err := jobs.Explain(jobs.Stages(), "θ"); err == nil || !strings.Contains(err.Error(), "I_t, E_t") {
		t.Errorf("error %v", err)
	}
}
