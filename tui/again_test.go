package tui

import (
	"encoding/json"
	"testing"
)

// A run is asked for again with the numbers it had, and its log writes them as
// a person does.
func TestReRunKeepsItsNumbers(t *testing.T) {
	f := newFixture()
	of := &f.runs[3]
	d := f.details[of.ID]
	d.Params = json.RawMessage(`{"window-days": 2000000, "date": true, "users": ["kim", "00017"]}`)
	d.Events[12].Attrs = json.RawMessage(`{"bytes": 20333618, "theta": -1.2345678901234567}`)
	f.details[of.ID] = d
	s := begin(t, f)
	s.press("2").sees("40 runs").press("j j j").sees("▌ ✗ failed").press("enter").sees("users=kim, 00017").sees("bytes=20333618 theta=-1.2346")
	s.press("R").sees("run mirt-calibrate").sees("2000000").press("enter").sees("would run mirt-calibrate").press("enter").sees("[ Cancel ]").pass(quietTime).press("tab enter").sees("following")
	f.mu.Lock()
	defer f.mu.Unlock()
	if q := f.launched[0]; q.Options["window-days"] != "2000000" || len(q.Options) != 1 || len(q.Users) != 2 || q.Users[1] != "00017" {
		t.Errorf("launched %+v", q)
	}
}
