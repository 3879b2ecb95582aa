package jobs_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
)

// held starts a run whose slice waits for a table that the test holds, calls
// during with the database's backends by what they do, lets go and gives the
// outcome.
func (b *bench) held(q jobs.Request, table string, during func()) (db.Run, error) {
	b.Helper()
	tx, err := b.sql.Begin(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(b.ctx)) }()
	if _, err := tx.Exec(b.ctx, `LOCK TABLE `+table+` IN EXCLUSIVE MODE`); err != nil {
		b.Fatal(err)
	}
	type result struct {
		run db.Run
		err error
	}
	ended := make(chan result, 1)
	q.ID, q.Trigger = uuid.Must(uuid.NewV7()), db.TriggerCLI
	go func() {
		r, err := b.runner.Run(b.ctx, q)
		ended <- result{r, err}
	}()
	dbtest.Until(b, "the slice to wait", func() bool { return b.waiters(table) > 0 })
	during()
	if err := tx.Rollback(b.ctx); err != nil {
		b.Fatal(err)
	}
	got := <-ended
	return got.run, got.err
}

// terminate ends the backends that a condition on pg_stat_activity a finds.
func (b *bench) terminate(which string) {
	b.Helper()
	n := one[int](b, `SELECT count(*) FROM (SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
		WHERE a.datname = current_database() AND a.application_name = 'sextant' AND `+which+`) t`)
	if n != 1 {
		b.Fatalf("%d backends ended, want 1", n)
	}
}

func TestASliceSurvivesItsConnection(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "sync-answers"})
	r, err := b.held(jobs.Request{Stage: features, Date: day("2026-03-31")}, "public.features_topic_daily", func() {
		b.terminate(`a.wait_event_type = 'Lock'`)
	})
	if err != nil || r.Status != db.RunSucceeded {
		t.Fatalf("status %s, error %v", r.Status, err)
	}
	if !strings.Contains(b.log.String(), "the database faltered") {
		t.Errorf("the second try is not in the log: %s", b.log)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE run_id = $1`, r.ID); n != 1 {
		t.Errorf("%d publications, want 1", n)
	}
}

func TestARunThatLosesItsLockStops(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "sync-answers"})
	r, err := b.held(jobs.Request{Stage: features, Date: day("2026-03-31")}, "public.features_topic_daily", func() {
		b.terminate(`EXISTS (SELECT FROM pg_locks k WHERE k.pid = a.pid AND k.locktype = 'advisory' AND k.mode = 'ExclusiveLock')`)
		dbtest.Until(b, "the slice to give up", func() bool { return b.waiters("public.features_topic_daily") == 0 })
	})
	if err == nil || r.Status != db.RunFailed || !strings.Contains(err.Error(), "the connection that held the lock is gone") {
		t.Errorf("status %s, error %v", r.Status, err)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.published`); n != 0 {
		t.Errorf("%d publications, want none", n)
	}
	b.run(jobs.Request{Stage: features, Date: day("2026-03-31")})
}

func TestARunDeclaredLostWritesNothingMore(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "sync-answers"})
	// The first slice goes through; then the row is taken from under the run.
	taken := false
	b.runner.Observe = func(r db.Run, p db.RunProgress) {
		if !taken && p.UnitsDone == 0 {
			taken = true
			b.exec(`UPDATE sextant.run SET status = 'lost', finished_at = now() WHERE id = $1`, r.ID)
		}
	}
	r, err := b.held(jobs.Request{Stage: features, From: day("2026-03-25"), To: day("2026-03-31")}, "public.features_topic_daily", func() {
		dbtest.Until(b, "the run to see that it is lost", func() bool { return b.waiters("public.features_topic_daily") == 0 })
	})
	if err == nil || r.Status != db.RunLost {
		t.Errorf("status %s, error %v", r.Status, err)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.published`); n != 0 {
		t.Errorf("%d publications, want none", n)
	}
}

func TestAFullDiskStopsTheRunWithNothingHalfWritten(t *testing.T) {
	t.Parallel()
	admin := dbtest.Pool(t, dbtest.New(t, dbtest.Template{}))
	var cluster string
	if err := admin.QueryRow(t.Context(), `SHOW data_directory`).Scan(&cluster); err != nil {
		t.Fatal(err)
	}
	place := smallDisk(t, cluster)
	space := fmt.Sprintf("small_%d", os.Getpid())
	if _, err := admin.Exec(t.Context(), fmt.Sprintf(`CREATE TABLESPACE %s LOCATION '%s'`, space, place)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the test's own database is gone
		if _, err := admin.Exec(context.Background(), `DROP TABLESPACE `+space); err != nil {
			t.Error(err)
		}
	})
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "sync-answers"})
	b.exec(`ALTER TABLE public.features_topic_daily SET TABLESPACE ` + space)
	b.exec(`ALTER TABLE public.features_topic_daily ADD COLUMN ballast text DEFAULT repeat('x', 4000)`)
	b.exec(`ALTER TABLE public.features_topic_daily ALTER ballast SET STORAGE PLAIN`) // or it would be compressed away

	r, err := b.runner.Run(b.ctx, jobs.Request{Stage: features, From: day("2026-02-20"), To: &lastDay, Trigger: db.TriggerCLI})
	if !db.IsKind(err, db.KindDiskFull) || r.Status != db.RunFailed || !strings.Contains(err.Error(), "free space on the database server") {
		t.Fatalf("status %s, error %v", r.Status, err)
	}
	var published, rows []string
	b.scan(`SELECT DISTINCT data_day::text FROM sextant.published ORDER BY 1`, &published)
	b.scan(`SELECT DISTINCT date::text FROM public.features_topic_daily ORDER BY 1`, &rows)
	if !slices.Equal(published, rows) {
		t.Errorf("days published %v, days with rows %v", published, rows)
	}
}

// smallDisk mounts a disk of a few megabytes that belongs to the cluster's owner.
func smallDisk(t *testing.T, cluster string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "sextant-small-disk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=3m,mode=0777", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted here (it takes root): %s", out)
	}
	if out, err := exec.Command("chown", "--reference="+cluster, dir).CombinedOutput(); err != nil {
		t.Fatalf("chown: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	return dir
}

// scan reads a column.
func (b *bench) scan(sql string, into *[]string) {
	b.Helper()
	rows, err := b.sql.Query(b.ctx, sql)
	if err != nil {
		b.Fatal(err)
	}
	if *into, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		b.Fatal(err)
	}
}
