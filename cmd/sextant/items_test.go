package main

import (
	"strings"
	"testing"

	"sextant/jobs"
)

func TestItems(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	bank := read[jobs.Items](b, "items", "list", "--sort", "b")
	if bank.Calibration == nil || bank.Total < 50 || len(bank.Items) != bank.Total {
		t.Fatalf("%d of %d items", len(bank.Items), bank.Total)
	}
	first := bank.Items[0]
	for _, it := range bank.Items[1:] {
		if it.B != nil && *it.B < *first.B {
			t.Errorf("item %s before %s", first.ItemID, it.ItemID)
		}
	}
	if back := read[jobs.Items](b, "items", "list", "--sort", "b", "--reverse", "--limit", "3"); len(back.Items) != 3 || back.Total != bank.Total {
		t.Errorf("%d of %d items with --limit 3", len(back.Items), back.Total)
	}
	for _, it := range read[jobs.Items](b, "items", "list", "--flagged").Items {
		if len(it.Flags) == 0 && it.Dropped == nil {
			t.Errorf("item %s has no flag", it.ItemID)
		}
	}
	if out := b.ok("items", "list", "--limit", "4"); !strings.Contains(out, "OUTFIT") || !strings.Contains(out, "4 of ") || strings.Count(out, "\n") != 7 {
		t.Errorf("items list prints\n%s", out)
	}
	d := read[jobs.ItemDetail](b, "items", "show", first.ItemID)
	if len(d.History) < 2 || d.History[0].B == nil || *d.History[0].B != *first.B || d.Question == nil || d.Question.Content == nil {
		t.Errorf("item %+v", d)
	}
	if out := b.ok("items", "show", first.ItemID, "--limit", "1"); !strings.Contains(out, *d.Question.Content) || !strings.Contains(out, "infit") {
		t.Errorf("items show prints\n%s", out)
	}
	for _, it := range bank.Items { // an anchor is shown beside the parameters that it holds
		d := read[jobs.ItemDetail](b, "items", "show", it.ItemID)
		if q := d.Question; q == nil || !q.Anchor {
			continue
		}
		want := "anchor at a " + numberOf(d.Question.A, 2) + " b " + numberOf(d.Question.B, 2)
		if out := b.ok("items", "show", it.ItemID); d.Question.A == nil || !strings.Contains(out, want) {
			t.Errorf("an anchor prints\n%s", out)
		}
		break
	}
	b.fails(exitFailed, "unknown item", "items", "show", "no-such")
	b.fails(exitUsage, `no bank "topic:none" has been calibrated`, "items", "list", "--bank", "topic:none")
	b.fails(exitUsage, "items are not sorted by", "items", "list", "--sort", "colour")
	if out := newMigratedBench(t).ok("items", "list"); !strings.Contains(out, "no calibration yet") {
		t.Errorf("before the first calibration it prints %q", out)
	}
}
