package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"sextant/jobs"
)

// TestEarlierThetasAreWhatARestoreBringsBack backfills an older calibration and
// recomputes: every estimate that is offered must be what the restore to its
// moment publishes, overall and by topic.
func TestEarlierThetasAreWhatARestoreBringsBack(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	user := b.busiest()
	older := day("2026-03-25")
	b.run(jobs.Request{Stage: "mirt-calibrate", Date: older, Force: true})
	b.runner.Clock = time.Now
	fewer := fmt.Sprint(int(time.Since(lastDay.Start()).Hours()/24) + 12) // without the oldest answers
	b.run(jobs.Request{Stage: "update-theta", Users: []string{user}, Options: map[string]string{"lookback-days": "3000"}})
	b.run(jobs.Request{Stage: "update-theta", Users: []string{user}, Options: map[string]string{"lookback-days": fewer}})

	d, err := b.service().Learner(b.ctx, user)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(d.Trajectory); n != 4 {
		t.Fatalf("%d estimates in the history, want the two calibrations' and the two recomputes'", n)
	}
	standing, ok := d.Standing()
	if !ok || standing.Theta != d.Ability.Theta || standing.Source != "manual" {
		t.Errorf("in force: %+v, %v", standing, ok)
	}
	earlier := d.Earlier()
	if len(earlier) != 2 || earlier[0].Source != "manual" || earlier[1].Source != "calibration" || !earlier[1].AsOf.Equal(lastDay.Last()) {
		t.Fatalf("the backfill never stood, and yet: %+v", earlier)
	}
	for _, p := range earlier {
		list, err := b.service().PreviewRestore(b.ctx, []string{user}, p.EstimatedAt)
		if err != nil {
			t.Fatal(err)
		}
		if got := list[0].Thetas[0]; got.Theta != p.Theta || !got.EstimatedAt.Equal(p.EstimatedAt) {
			t.Errorf("offered %+v, the preview shows %+v", p, got)
		}
		b.run(jobs.RestoreRequest([]string{user}, p.EstimatedAt))
		if got := one[float64](b, `SELECT theta FROM public.mirt_ability WHERE user_id = $1`, user); got != p.Theta {
			t.Errorf("offered %v, restored %v", p.Theta, got)
		}
		for _, topic := range list[0].Thetas[1:] {
			if got := one[float64](b, `SELECT theta FROM public.student_topic_theta WHERE user_id = $1 AND topic_id = $2`, user, *topic.TopicID); got != topic.Theta {
				t.Errorf("%s: previewed %v, restored %v", *topic.TopicID, topic.Theta, got)
			}
		}
		again, err := b.service().PreviewRestore(b.ctx, []string{user}, p.EstimatedAt)
		if err != nil || again[0].Changes() || !list[0].Changes() {
			t.Errorf("once restored it changes %v, before %v: %v", again[0].Changes(), list[0].Changes(), err)
		}
	}
}

// TestAThetaThatTheHistoryLacks: a calibration moves a learner without new
// answers and adds no row, so the newest row is the one before the θ in force.
func TestAThetaThatTheHistoryLacks(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate", Date: day("2026-03-30")})
	user := one[string](b, `SELECT user_id FROM public.mirt_ability m WHERE NOT EXISTS (
		SELECT FROM sextant.answer a WHERE a.user_id = m.user_id COLLATE "C" AND a.answered_at >= '2026-03-31') ORDER BY 1 LIMIT 1`)
	before := one[float64](b, `SELECT theta FROM public.mirt_ability WHERE user_id = $1`, user)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	b.runner.Clock = time.Now
	d, err := b.service().Learner(b.ctx, user)
	if err != nil {
		t.Fatal(err)
	}
	if d.Ability.Theta == before {
		t.Fatal("the second calibration moved nobody")
	}
	if p, ok := d.Standing(); ok {
		t.Errorf("the history has no row of %v, and yet %+v", d.Ability.Theta, p)
	}
	earlier := d.Earlier()
	if len(earlier) != 1 || earlier[0].Theta != before {
		t.Fatalf("earlier: %+v, want %v", earlier, before)
	}
	b.run(jobs.RestoreRequest([]string{user}, earlier[0].EstimatedAt))
	if got := one[float64](b, `SELECT theta FROM public.mirt_ability WHERE user_id = $1`, user); got != before {
		t.Errorf("restored %v, want %v", got, before)
	}
}

// TestACalibrationForTheHistoryNeverStood: what a backfill estimates of a learner
// whom the calibration in force leaves out was never published, however new.
func TestACalibrationForTheHistoryNeverStood(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	b.run(jobs.Request{Stage: "mirt-calibrate", Date: day("2026-03-25"), Force: true})
	user := b.busiest()
	b.exec(`DELETE FROM sextant.theta_history h USING sextant.calibration c WHERE c.run_id = h.run_id AND c.in_force_at IS NOT NULL AND h.user_id = $1`, user)
	b.runner.Clock = time.Now
	d, err := b.service().Learner(b.ctx, user)
	if err != nil || len(d.Trajectory) != 1 || len(d.Earlier()) != 0 {
		t.Errorf("%d estimates, %d stood: %v", len(d.Trajectory), len(d.Earlier()), err)
	}
	if _, err := b.service().PreviewRestore(b.ctx, []string{user}, time.Now()); err == nil {
		t.Error("what was never in force can be restored")
	}
}
