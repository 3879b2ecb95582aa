package jobs_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
)

// child runs stages, apart by commas, in a process that a test may kill, and
// never returns an error code that could be taken for a test's.
func child(stages string) int {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: os.Getenv("SEXTANT_TEST_URL")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 9
	}
	if stages == "online" {
		r := newRunner(d, &dbtest.Buffer{})
		r.Clock = time.Now
		err := (&jobs.Online{Runner: r, Name: "child", Lookback: 30}).Run(ctx)
		fmt.Fprintln(os.Stderr, "child ended:", err)
		return 8
	}
	for stage := range strings.SplitSeq(stages, ",") {
		q := jobs.Request{Stage: stage, Trigger: db.TriggerCron, Actor: "child"}
		if from := os.Getenv("SEXTANT_TEST_FROM"); from != "" {
			q.From, q.To = day(from), &lastDay
		}
		r := newRunner(d, &dbtest.Buffer{})
		r.Defaults = map[string]string{"out": os.Getenv("SEXTANT_TEST_OUT")}
		_, err = r.Run(ctx, q)
		fmt.Fprintln(os.Stderr, "child ended:", err)
	}
	return 8
}

func TestKill9LeavesWholeSlicesAndTheNextRunSaysLost(t *testing.T) {
	t.Parallel()
	published := []string{"public.features_topic_daily", "public.mirt_item_params", "public.mirt_ability",
		"public.student_topic_theta", "public.mirt_fit_meta", "sextant.calibration", "sextant.theta_history"}
	for _, c := range []struct{ name, stage, from, hold, days string }{
		{"features", features, "2026-03-20", "public.features_topic_daily", "2026-03-24"},
		{"calibration", "mirt-calibrate", "", "public.mirt_ability", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, _ := newDemoBench(t, small)
			b.run(jobs.Request{Stage: "sync-answers"})
			if c.days != "" { // whole slices that came before
				b.run(jobs.Request{Stage: c.stage, From: day(c.from), To: day(c.days)})
				b.exec(`DELETE FROM sextant.published`) // so that the child runs them again
			}
			before := b.contents(published...)

			// The test holds the table the slice writes, so that the child dies in mid-slice.
			tx, err := b.sql.Begin(b.ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback(context.WithoutCancel(b.ctx)) }()
			if _, err := tx.Exec(b.ctx, `LOCK TABLE `+c.hold+` IN EXCLUSIVE MODE`); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "SEXTANT_TEST_CHILD="+c.stage, "SEXTANT_TEST_URL="+b.url, "SEXTANT_TEST_FROM="+c.from)
			var words strings.Builder
			cmd.Stderr = &words
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			dbtest.Until(t, "the child to reach its slice", func() bool {
				return b.waiters(c.hold) > 0
			})
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // killed: its error is the point
			if err := tx.Rollback(b.ctx); err != nil {
				t.Fatal(err)
			}
			dbtest.Until(t, "the server to see the child's end", func() bool {
				return one[int](b, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sextant'
					AND state = 'active' AND query LIKE '%'||split_part($1, '.', 2)||'%' AND pid <> pg_backend_pid()`, c.hold) == 0
			})
			if after := b.contents(published...); after != before {
				t.Errorf("a half slice is there:\n%s\nbefore:\n%s\nchild: %s", after, before, &words)
			}
			if n := one[int](b, `SELECT count(*) FROM sextant.published`); n != 0 {
				t.Errorf("%d days count as published", n)
			}

			b.run(jobs.Request{Stage: c.stage})
			if s := one[string](b, `SELECT status FROM sextant.run WHERE actor = 'child'`); s != "lost" {
				t.Errorf("the dead run's status is %s, want lost", s)
			}
		})
	}
}
