package tui

import (
	"encoding/json"
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

// TestALaunchTellsWhatItChanged: the run's end replaces "started", also when it
// was over before it was first shown.
func TestALaunchTellsWhatItChanged(t *testing.T) {
	line := func(message string) db.RunEvent {
		return db.RunEvent{Seq: 7, Level: "info", Message: message, Attrs: json.RawMessage(`{"learner":"김서연"}`)}
	}
	for _, c := range []struct {
		change func(d *jobs.RunDetail)
		want   string
	}{
		{func(d *jobs.RunDetail) { d.Events = []db.RunEvent{line(jobs.UpdatedLine)} }, "θ of 1 learner updated"},
		{func(d *jobs.RunDetail) { d.Events = []db.RunEvent{line(jobs.RestoredLine)} }, "θ of 1 learner restored"},
		{func(d *jobs.RunDetail) { d.RowsWritten = 1204 }, "mirt-calibrate is done: 1,204 rows written"},
		{func(*jobs.RunDetail) {}, "mirt-calibrate changed nothing"},
		{func(d *jobs.RunDetail) { d.Status, d.Error = db.RunFailed, ptr("no space left") }, "mirt-calibrate failed: no space left"},
		{func(d *jobs.RunDetail) { d.Status = db.RunCancelled }, "mirt-calibrate: cancelled"},
		{func(d *jobs.RunDetail) {
			d.Status, d.RowsWritten, d.Failures = db.RunPartial, 6, []db.RunFailure{{Kind: "learner"}}
		}, "mirt-calibrate is done: 6 rows written; 1 failure"},
	} {
		f := newFixture()
		id := f.runs[0].ID // what a launch gives
		d := f.details[id]
		d.Status, d.Error, d.RowsWritten, d.Events, d.Failures = db.RunSucceeded, nil, 0, nil, nil
		c.change(&d)
		f.details[id] = d
		w := drive(t, f, 120, 36, Options{NoColor: true}).keys("3 enter T enter tab enter")
		if got := w.app.toast.text; got != c.want {
			t.Errorf("said %q, want %q", got, c.want)
		}
		w.app.toast = toast{}
		if w.run(w.app.refresh()); w.app.toast.text != "" {
			t.Errorf("said again: %q", w.app.toast.text)
		}
	}
	w := drive(t, newFixture(), 120, 36, Options{NoColor: true}).keys("2 j j enter")
	if got := w.app.toast.text; strings.Contains(got, "done") {
		t.Errorf("a run that was only opened says %q", got)
	}
}
