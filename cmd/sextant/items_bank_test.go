package main

import (
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

func TestItemsBankAndRefused(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	bank := read[jobs.BankSummary](b, "items", "bank")
	if bank.Calibration == nil || bank.Items < 50 || len(bank.Information) == 0 || bank.Thetas.Counted == 0 || bank.Linking.To != "anchors" {
		t.Fatalf("bank %+v", bank)
	}
	out := b.ok("items", "bank")
	for _, want := range []string{"reliability", "linking      θ = ", "INFORMATION", "moved most since", "population   N("} {
		if !strings.Contains(out, want) {
			t.Errorf("items bank lacks %q:\n%s", want, out)
		}
	}
	for se, alarm := range map[float64]bool{0.03: false, 0.07: true} {
		if _, err := b.pool().Exec(t.Context(), `UPDATE sextant.calibration SET linking = linking || jsonb_build_object('to', 'anchors', 'accumulated_se', $1::float8)`, se); err != nil {
			t.Fatal(err)
		}
		if out := b.ok("items", "bank"); strings.Contains(out, "(0.0700 since the scale began, past the alarm of 0.05)") != alarm {
			t.Errorf("at %v the bank says\n%s", se, out)
		}
		if out := b.ok("status"); strings.Contains(out, "warning: the linking error of scale v1 since it began is 0.070, past the alarm") != alarm {
			t.Errorf("at %v the status says\n%s", se, out)
		}
	}
	b.fails(exitUsage, "no bank", "items", "bank", "--bank", "topic:none")
	if _, err := b.pool().Exec(t.Context(), `UPDATE question SET meta = jsonb_set(meta, '{irt,b}', to_jsonb((meta #>> '{irt,b}')::float8 + 2.5))
		WHERE meta -> 'tags' ? 'anchor' AND id % 2 = 0`); err != nil {
		t.Fatal(err)
	}
	b.fails(exitFailed, "nothing is published", "run", "mirt-calibrate", "--force=false", "--max-residual", "0.01", "--date", bank.Calibration.DataDay.String(), "--lookback-days", "20", "--quiet")
	run := read[[]db.Run](b, "runs", "--stage", "mirt-calibrate", "--limit", "1")[0]
	r := read[jobs.Refusal](b, "items", "refused", run.ID.String()[:13])
	drifted := 0
	for _, item := range r.Items { // the residual's beside those that drifted
		if item.Drifted {
			drifted++
		}
	}
	if r.Run.ID != run.ID || drifted == 0 || r.Drifted != drifted || len(r.Gates) != 2 {
		t.Errorf("refused %+v", r)
	}
	out = b.ok("items", "refused", run.ID.String())
	if !strings.Contains(out, "drifted against the anchors") || !strings.Contains(out, r.Items[0].ItemID) || !strings.Contains(out, "publish it all the same: sextant run mirt-calibrate") {
		t.Errorf("items refused prints\n%s", out)
	}
	if out := b.ok("items", "bank"); !strings.Contains(out, "sextant items refused "+run.ID.String()[:13]) {
		t.Errorf("the bank does not tell of it:\n%s", out)
	}
	b.fails(exitFailed, "no run's id starts with", "items", "refused", "ffffffff")
	if out := newMigratedBench(t).ok("items", "bank"); !strings.Contains(out, "no calibration yet") {
		t.Errorf("before the first calibration it prints %q", out)
	}
}
