package jobs_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/irt"
	"sextant/jobs"
)

// A refused calibration says which items moved, from where to where.
func TestARefusedCalibrationNamesItsItems(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, school)
	s := jobs.NewService(b.db, b.runner, jobs.About{}, nil)
	if bank, err := s.Bank(b.ctx, ""); err != nil || bank.Calibration != nil || bank.Refused != nil || len(bank.Banks) != 0 {
		t.Errorf("before the first calibration: %+v, %v", bank, err)
	}
	b.run(calibration())
	b.exec(`UPDATE public.question SET meta = jsonb_set(meta, '{irt,b}', to_jsonb((meta #>> '{irt,b}')::float8 + 2.5))
		WHERE meta -> 'tags' ? 'anchor' AND id % 2 = 0`)
	b.fails(calibration(), "nothing is published and the parameters in force stay")
	runs, err := s.Runs(b.ctx, db.RunFilter{Stage: "mirt-calibrate"})
	if err != nil || runs[0].Status != db.RunFailed {
		t.Fatalf("%+v, %v", runs[0], err)
	}
	r, err := s.Refused(b.ctx, runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if r.To != "anchors" || r.Drifted < 10 || r.Drifted != len(r.Items) || r.Common <= r.Drifted || !strings.Contains(r.Command, "--force") {
		t.Errorf("%d of %d drifted, %d named, against %s; %s", r.Drifted, r.Common, len(r.Items), r.To, r.Command)
	}
	for i, m := range r.Items {
		var anchor float64
		if err := b.sql.QueryRow(b.ctx, `SELECT (meta #>> '{irt,b}')::float8 FROM public.question WHERE id = $1::bigint`, m.ItemID).Scan(&anchor); err != nil {
			t.Fatal(err)
		}
		if math.Abs(m.Before.B-anchor) > 1e-4 || *m.Z <= 3 || m.RMSD <= 0.1 || m.Now.N == 0 || m.Now.SEB == nil || math.Abs(m.DeltaB())+math.Abs(m.Now.A-m.Before.A) < 0.3 {
			t.Errorf("item %+v, its anchor is at b %v", m, anchor)
		}
		if i > 0 && m.RMSD > r.Items[i-1].RMSD {
			t.Errorf("item %s is not in its place", m.ItemID)
		}
	}
	if bank, err := s.Bank(b.ctx, ""); err != nil || bank.Refused == nil || bank.Refused.ID != r.Run.ID {
		t.Errorf("the bank knows of no refused calibration: %v", err)
	}
	if _, err := s.Refused(b.ctx, uuid.New()); err == nil {
		t.Error("an unknown run passes")
	}
	sync := b.run(jobs.Request{Stage: "sync-answers"})
	if _, err := s.Refused(b.ctx, sync.ID); err == nil || !strings.Contains(err.Error(), "only mirt-calibrate has items") {
		t.Errorf("a sync was refused: %v", err)
	}
}

// A calibration refused for its residual alone names the gate, and the items that
// the residual comes from.
func TestARefusalByResidualNamesItsItems(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, school)
	b.run(calibration())
	b.fails(calibration("max-residual", "0.0001", "max-drift", "0"), "the linking residual")
	s := jobs.NewService(b.db, b.runner, jobs.About{}, nil)
	runs, err := s.Runs(b.ctx, db.RunFilter{Stage: "mirt-calibrate", Statuses: []db.RunStatus{db.RunFailed}})
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs failed: %v", len(runs), err)
	}
	r, err := s.Refused(b.ctx, runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Gates) != 1 || r.Gates[0].Gate != jobs.GateResidual || r.Gates[0].Limit != 0.0001 || r.Gates[0].Value <= 0.0001 || r.Gates[0].Items == 0 {
		t.Fatalf("gates %+v", r.Gates)
	}
	off := 0
	for i, m := range r.Items {
		if !m.Drifted {
			off++
		}
		if i > 0 && m.RMSD > r.Items[i-1].RMSD || m.RMSD <= 0 {
			t.Errorf("item %s is not in its place", m.ItemID)
		}
	}
	if off != min(50, r.Gates[0].Items) {
		t.Errorf("%d items are named that the residual of %d comes from", off, r.Gates[0].Items)
	}
}

// The summary of a bank is what its tables hold.
func TestTheBankSumsItselfUp(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, school)
	s := jobs.NewService(b.db, b.runner, jobs.About{}, nil)
	old := calibration()
	old.Date = day("2026-03-20")
	b.run(old)
	b.run(calibration())
	bank, err := s.Bank(b.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if n := one[int64](b, `SELECT count(*) FROM public.mirt_ability`); bank.Thetas.Counted != n || bank.Thetas.Sample || sum(bank.Thetas.Bars) != n {
		t.Errorf("%d learners counted, want %d", bank.Thetas.Counted, n)
	}
	if n := one[int64](b, `SELECT count(*) FROM public.mirt_ability WHERE theta >= 0 AND theta < 0.25`); bank.Thetas.Bars[16] != n {
		t.Errorf("%d learners from 0 to 0.25, want %d", bank.Thetas.Bars[16], n)
	}
	if n := one[int](b, `SELECT count(*) FROM public.mirt_item_params`); bank.Items != n || int(sum(bank.ItemBars.Bars)) != n {
		t.Errorf("%d items, %d in the bars, want %d", bank.Items, sum(bank.ItemBars.Bars), n)
	}
	if len(bank.Information) != 41 || bank.Information[20].Theta != 0 || math.Abs(1/(bank.Information[20].SE*bank.Information[20].SE)-bank.Information[20].Information) > 1e-9 {
		t.Errorf("information %+v", bank.Information)
	}
	if !(bank.Reliability > bank.Fit.Reliability && bank.Fit.Reliability > 0.3 && bank.Reliability < 1) || bank.Fit.Answers == 0 || !bank.Fit.Converged {
		t.Errorf("reliability %v of the bank, %+v of the fit", bank.Reliability, bank.Fit)
	}
	if l := bank.Linking; l.To != "anchors" || l.Method != "stocking_lord" || l.Common < l.Items || l.Items < 5 {
		t.Errorf("linking %+v", l)
	}
	if bank.Previous == nil || bank.Previous.DataDay != *day("2026-03-20") || len(bank.Moved) < 40 || bank.Refused != nil {
		t.Fatalf("previous %+v, %d moved", bank.Previous, len(bank.Moved))
	}
	population := irt.Normal{Mean: bank.Calibration.PriorMean, SD: bank.Calibration.PriorSD}
	for i, m := range bank.Moved {
		if want := irt.RMSD(m.Now.Params(), m.Before.Params(), population); m.RMSD != want || i > 0 && m.RMSD > bank.Moved[i-1].RMSD {
			t.Errorf("item %s: RMSD %v, want %v", m.ItemID, m.RMSD, want)
		}
	}
	own := calibration("topic", bank1Topic(b))
	b.run(own)
	if bank, err := s.Bank(b.ctx, "topic:"+own.Options["topic"]); err != nil || bank.Thetas != nil || bank.Items == 0 || len(bank.Banks) != 2 {
		t.Errorf("a bank of its own: %+v, %v", bank, err)
	}
	if _, err := s.Bank(b.ctx, "topic:none"); err == nil || !strings.Contains(err.Error(), "no bank") {
		t.Errorf("an unknown bank: %v", err)
	}
}

// bank1Topic is the topic with the most answers.
func bank1Topic(b *bench) string {
	return one[string](b, `SELECT topic_id FROM sextant.answer WHERE topic_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`)
}

func sum(bars []int64) (n int64) {
	for _, b := range bars {
		n += b
	}
	return n
}
