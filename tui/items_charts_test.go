package tui

import (
	"strings"
	"testing"

	"sextant/jobs"
	"sextant/tui/theme"
)

func TestTheLinkSaysWhenItsErrorIsPastTheAlarm(t *testing.T) {
	t.Parallel()
	th := theme.New(theme.Mode{})
	for alarm, se := range map[bool]float64{false: 0.049, true: 0.09} {
		line := linkingLine(th, &jobs.Linking{Method: "stocking_lord", To: "previous", A: 1, AccumulatedSE: se, Alarm: alarm}).Plain()
		if strings.Contains(line, "past the alarm of 0.05") != alarm || !strings.Contains(line, "SE 0.0") {
			t.Errorf("alarm %v: %s", alarm, line)
		}
	}
}
