package jobs_test

import (
	"testing"

	"sextant/db/dbtest"
	"sextant/jobs"
)

// A calibration that is about to commit and a recompute of one of its learners:
// both end, neither is lost, and the θ of the later moment stands, whichever of
// the two writes last.
func TestACalibrationAndARecomputeOfOneLearner(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	first, last := users[0], users[len(users)-1]
	b.run(jobs.Request{Stage: "update-theta", Users: []string{last}}) // before the calibration writes
	before := b.thetas(last)
	waiting := func() int {
		return one[int](b, `SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'
			AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`)
	}
	// The last row of all, held by the test, stops the calibration after the first.
	tx, err := b.sql.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(b.ctx, `SELECT FROM public.mirt_ability WHERE user_id = $1 FOR UPDATE`, last); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 2)
	start := func(q jobs.Request) {
		q.Trigger = "cli"
		go func() {
			_, err := b.runner.Run(b.ctx, q)
			ended <- err
		}()
	}
	start(jobs.Request{Stage: "mirt-calibrate", Force: true})
	dbtest.Until(t, "the calibration to wait", func() bool { return waiting() == 1 })
	start(jobs.Request{Stage: "update-theta", Users: []string{first}})
	dbtest.Until(t, "the recompute to wait for it", func() bool { return waiting() == 2 })
	if err := tx.Rollback(b.ctx); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if b.thetas(last) != before {
		t.Error("the calibration replaced a θ of a later moment")
	}
	for _, user := range []string{first, last} {
		b.inHistory(user)
		if source := one[string](b, `SELECT source FROM sextant.theta_history WHERE user_id = $1 AND topic_id IS NULL ORDER BY as_of DESC LIMIT 1`, user); source != "manual" {
			t.Errorf("the newest θ of %s is of source %s", user, source)
		}
	}
	if n := one[int](b, `SELECT count(*) FROM public.mirt_ability m JOIN sextant.calibration c ON c.run_id = (SELECT run_id FROM sextant.calibration ORDER BY in_force_at DESC LIMIT 1)
		WHERE (m.fitted_at AT TIME ZONE 'UTC')::date = c.data_day`); n != len(users)-2 {
		t.Errorf("%d learners have the calibration's θ, want all but two of %d", n, len(users))
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE stage = 'mirt-calibrate'`); n != 2 {
		t.Errorf("the calibration published %d times, want twice", n)
	}
}
