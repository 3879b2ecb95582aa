package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPrivateLinesLastAsLongAsTheSession: a learner's line comes back with up,
// and is not written down.
func TestPrivateLinesLastAsLongAsTheSession(t *testing.T) {
	file := filepath.Join(t.TempDir(), "console.json")
	d := drive(t, newFixture(), 120, 36, Options{NoColor: true, StateFile: file})
	d.keys(":").typed("learner 김서연").keys("enter").keys(":").typed("pipeline").keys("enter").keys(":").typed("why 박지우").keys("enter")
	p := d.keys(": up").app.front().(*palette)
	for _, want := range []string{"why 박지우", "pipeline", "learner 김서연"} {
		if got := p.input.Value(); got != want {
			t.Errorf("up brings %q, want %q", got, want)
		}
		d.keys("up")
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), `"pipeline"`) || strings.Contains(string(text), "김서연") || strings.Contains(string(text), "박지우") {
		t.Errorf("the state file holds\n%s\n%v", text, err)
	}
}
