package jobs

import (
	"fmt"
	"testing"
	"time"

	"sextant/db"
)

func TestAFilterOfRunsIsRead(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]db.RunFilter{
		"":                          {},
		"failed":                    {Statuses: []db.RunStatus{db.RunFailed}},
		"failed lost actor:김":       {Statuses: []db.RunStatus{db.RunFailed, db.RunLost}, Actor: "김"},
		"status:queued,running":     {Statuses: []db.RunStatus{db.RunQueued, db.RunRunning}},
		"trigger:cron stage:mirt":   {Triggers: []db.Trigger{db.TriggerCron}, StageLike: "mirt"},
		"since:7d until:2026-03-29": {Since: now.AddDate(0, 0, -7), Until: time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
		"since:90m host:ops1":       {Since: now.Add(-90 * time.Minute), Host: "ops1"},
		"drift 10:30":               {Words: []string{"drift", "10:30"}},
	} {
		got, err := ParseRunFilter(text, now)
		if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"status:done", "since:yesterday", "since:", "trigger:cron,mail", "since:-3d", "actr:kim"} {
		if f, err := ParseRunFilter(text, now); err == nil {
			t.Errorf("%q was read as %+v", text, f)
		}
	}
}
