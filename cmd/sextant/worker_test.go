package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
)

// worker starts one as a process and waits until the ledger's database knows it.
func (b *bench) worker(args ...string) *process {
	b.Helper()
	before := b.count(`SELECT count(*) FROM sextant.worker`)
	p := b.start(append([]string{"worker", "--listen", "127.0.0.1:0", "--no-theta"}, args...)...)
	dbtest.Until(b, "the worker is on the list", func() bool { return b.count(`SELECT count(*) FROM sextant.worker`) == before+1 })
	return p
}

// count reads one number.
func (b *bench) count(sql string, args ...any) (n int) {
	b.Helper()
	if err := b.pool().QueryRow(b.Context(), sql, args...).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// status is a run's.
func (b *bench) status(id uuid.UUID) db.RunStatus {
	b.Helper()
	return read[jobs.RunDetail](b, "runs", "show", id.String()).Status
}

// stops tells a worker to stop and wants it to end well.
func (b *bench) stops(p *process) {
	b.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	if code := p.code(b); code != exitDone {
		b.Errorf("the worker: exit %d: %s", code, p.errOut)
	}
	if !strings.Contains(p.errOut.String(), "the worker has stopped") {
		b.Errorf("the worker said: %s", p.errOut)
	}
}

func TestQueuedRunIsWatchedFromAfar(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	if r := b.sextant("run", "aggregate-features-daily", "--queue"); r.code != exitDone || !strings.Contains(r.out, "aggregate-features-daily queued: run ") ||
		!strings.Contains(r.errOut, "no worker is alive") {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.errOut)
	}
	if out := b.ok("runs", "--status", "queued"); !strings.Contains(out, "queued") {
		t.Errorf("runs:\n%s", out)
	}
	if out := b.ok("worker", "list"); !strings.Contains(out, "no workers") || !strings.Contains(out, "1 run of aggregate-features-daily: waiting since") {
		t.Errorf("worker list:\n%s", out)
	}
	b.fails(exitUsage, "--wait goes with --queue", "run", "sync-answers", "--wait")
	b.fails(exitUsage, "leave --ping-url out", "run", "sync-answers", "--queue", "--ping-url", "https://example.org/1")
	b.fails(exitUsage, "read-only", "run", "sync-answers", "--queue", "--read-only")

	p := b.worker()
	r := b.sextant("run", "aggregate-features-daily", "--queue", "--wait", "--force")
	if r.code != exitDone || !strings.Contains(r.out, "aggregate-features-daily succeeded in ") || !strings.Contains(r.errOut, "run started") {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.errOut)
	}
	if r := b.sextant("run", "update-theta", "--user", b.learner(), "--user", "nobody", "--queue", "--wait", "-q"); r.code != exitPartial || !strings.Contains(r.errOut, "nobody") {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.errOut)
	}
	if out := b.ok("worker", "list"); !strings.Contains(out, "alive") || !strings.Contains(out, "queue mend") {
		t.Errorf("worker list:\n%s", out)
	}
	if n := b.count(`SELECT count(*) FROM sextant.run WHERE status = 'succeeded' AND due_at IS NOT NULL`); n != 2 {
		t.Errorf("%d queued runs succeeded, want the one that waited, and the watched", n)
	}
	b.stops(p)
	if w := read[jobs.Workers](b, "worker", "list"); len(w.Workers) != 0 {
		t.Errorf("still on the list: %+v", w)
	}
}

func TestQueuedRunIsCancelled(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	waiting := read[db.Run](b, "run", "aggregate-features-daily", "--queue")
	b.ok("runs", "cancel", waiting.ID.String())
	if s := b.status(waiting.ID); s != db.RunCancelled {
		t.Errorf("the one that waited is %s", s)
	}
	release := b.lockFeatures()
	p := b.worker()
	running := read[db.Run](b, "run", "aggregate-features-daily", "--queue")
	b.untilHeldUp(1)
	follow := b.start("run", "aggregate-features-daily", "--queue", "--wait") // behind it
	b.ok("runs", "cancel", running.ID.String())
	dbtest.Until(t, "the worker has seen it", func() bool { return b.status(running.ID) == db.RunCancelled })
	release()
	if code := follow.code(t); code != exitDone {
		t.Errorf("the run behind it: exit %d: %s", code, follow.errOut)
	}
	b.stops(p)
}

func TestWorkerListSaysInWordsWhatItSaysInJSON(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	b.exec(`INSERT INTO sextant.change (source, op, user_id, session_id) VALUES ('exam_results', 'insert', 'u1', 's1')`)
	release := b.lockFeatures()
	p := b.worker()
	running := read[db.Run](b, "run", "aggregate-features-daily", "--queue")
	b.untilHeldUp(1)
	var w jobs.Workers
	dbtest.Until(t, "the worker says what it is at", func() bool {
		w = read[jobs.Workers](b, "worker", "list")
		return len(w.Workers) == 1 && len(w.Workers[0].Doing) == 1
	})
	b.ok("run", "aggregate-features-daily", "--queue") // behind it
	k, out := w.Workers[0], b.ok("worker", "list")
	for _, words := range []string{fmt.Sprintf("%s/%d  at work  %s", k.Host, k.PID, shortStamp(&k.StartedAt)), strings.Join(k.Tasks, " "), k.Listen, k.Version, k.ID.String(),
		"aggregate-features-daily " + shortID(running) + " since " + shortStamp(&k.Doing[0].Since),
		"\n" + shortID(running) + "  aggregate-features-daily  ", fmt.Sprintf("%s (%s)", running.Actor, running.Trigger), runWindow(w.Running[0]),
		"1 run of aggregate-features-daily: waiting since", "\njobs of the queue: ", " running\n", "waiting for θ: 1 change, the oldest since " + stamp(*w.Theta.Oldest)} {
		if words == "" || !strings.Contains(out, words) {
			t.Errorf("no %q in\n%s", words, out)
		}
	}
	release()
	b.stops(p)
	b.exec(`DELETE FROM sextant.change`)
	if out := b.ok("worker", "list"); !strings.Contains(out, "waiting for θ: no changes\n") || strings.Contains(out, "RUNNING") {
		t.Errorf("when all is done:\n%s", out)
	}
}

func TestKilledWorkersRunsGoOnElsewhere(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	release := b.lockFeatures()
	dead := b.worker("--concurrency", "1")
	running := read[db.Run](b, "run", "aggregate-features-daily", "--queue", "--reason", "kill me")
	b.untilHeldUp(1)
	behind := read[db.Run](b, "run", "compute-daily-kpis", "--queue")
	follow := b.start("run", "aggregate-features-daily", "--queue", "--wait", "--quiet")
	if err := dead.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	dead.code(t)
	release()
	// A minute passes.
	b.exec(`UPDATE sextant.run SET heartbeat_at = heartbeat_at - interval '2 minutes' WHERE status = 'running'`)
	b.exec(`UPDATE sextant.run SET due_at = due_at - interval '2 minutes' WHERE status = 'queued'`)
	b.exec(`UPDATE sextant.worker SET seen_at = seen_at - interval '2 minutes'`)
	if w := read[jobs.Workers](b, "worker", "list"); len(w.Workers) != 1 || w.Workers[0].Alive {
		t.Errorf("the killed worker: %+v", w.Workers)
	}
	next := b.worker()
	for _, id := range []uuid.UUID{running.ID, behind.ID} {
		dbtest.Until(t, "the killed worker's runs are done", func() bool {
			return b.count(`SELECT count(*) FROM sextant.run WHERE (id = $1 OR retry_of = $1) AND status = 'succeeded'`, id) == 1
		})
	}
	if out := b.ok("runs", "show", read[[]db.Run](b, "runs", "--stage", "aggregate-features-daily", "--limit", "1")[0].ID.String()); !strings.Contains(out, "retry of    "+running.ID.String()+", attempt 2") {
		t.Errorf("runs show:\n%s", out)
	}
	if s := b.status(running.ID); s != db.RunLost {
		t.Errorf("the run in hand is %s, want lost", s)
	}
	if n := b.count(`SELECT count(*) FROM sextant.run WHERE retry_of = $1 AND reason = 'kill me' AND attempt = 2`, running.ID); n != 1 {
		t.Errorf("%d retries of it", n)
	}
	if code := follow.code(t); code != exitDone {
		t.Errorf("the watched run: exit %d: %s", code, follow.errOut)
	}
	b.stops(next)
}

// lockFeatures holds the table that aggregate-features-daily writes.
func (b *bench) lockFeatures() (release func()) {
	b.Helper()
	tx, err := b.pool().Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	release = func() { _ = tx.Rollback(context.WithoutCancel(b.Context())) }
	b.Cleanup(release)
	if _, err := tx.Exec(b.Context(), `LOCK TABLE public.features_topic_daily IN EXCLUSIVE MODE`); err != nil {
		b.Fatal(err)
	}
	return release
}

// untilHeldUp waits until so many slices hang on that table.
func (b *bench) untilHeldUp(n int) {
	b.Helper()
	dbtest.Until(b, "the run waits for the table", func() bool {
		return b.count(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'public.features_topic_daily'::regclass
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == n
	})
}

func TestWorkerAnswersProbesAndScrapes(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	read[db.Run](b, "run", "aggregate-features-daily", "--queue")
	b.exec(`UPDATE sextant.run SET due_at = now() + interval '1 hour' WHERE status = 'queued'`) // it stays in the queue
	p := b.worker("--schedule", "--catch-up", "none")
	address := "http://" + read[jobs.Workers](b, "worker", "list").Workers[0].Listen
	get := func(path string) (int, string) {
		t.Helper()
		resp, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	dbtest.Until(t, "it is ready", func() bool { code, _ := get("/readyz"); return code == http.StatusOK })
	if code, text := get("/healthz"); code != http.StatusOK || !strings.Contains(text, `"alive":true`) {
		t.Errorf("healthz: %d %s", code, text)
	}
	code, text := get("/metrics")
	for _, line := range []string{`sextant_queue_runs{stage="aggregate-features-daily"} 1`, "sextant_database_up 1", "sextant_workers 1",
		`sextant_stage_state{stage="aggregate-features-daily",state="fresh"} 1`, "sextant_theta_latency_seconds_count 0", "sextant_changes_waiting 0",
		`sextant_runs_last_day{stage="aggregate-features-daily",status="queued"} 1`, `sextant_build_info{commit="`, "process_resident_memory_bytes"} {
		if !strings.Contains(text, line) {
			t.Errorf("metrics (%d) lack %q:\n%s", code, line, text)
		}
	}
	if strings.Contains(text, b.learner()) {
		t.Error("the metrics name a learner")
	}
	b.exec(`UPDATE sextant.river_migration SET version = 9 WHERE version = 8`)
	if code, text := get("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(text, "use a newer sextant") {
		t.Errorf("readyz on a newer schema: %d %s", code, text)
	}
	b.exec(`UPDATE sextant.river_migration SET version = 8 WHERE version = 9`)
	b.stops(p)
	b.fails(exitUsage, "--catch-up is latest, all, none", "worker", "--catch-up", "some")
	b.fails(exitUsage, "--concurrency is from 1 to 100", "worker", "--concurrency", "0")
	b.fails(exitUsage, "read-only", "worker", "--read-only")
}

func TestConsoleLeavesRunsToTheWorkers(t *testing.T) {
	t.Parallel()
	b := newDemoBench(t)
	a := newTestApp(b.env, strings.NewReader(""), nil, nil)
	a.errOut, a.queueLaunches = io.Discard, true
	s, err := a.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id, err := a.serviceLogging(s, slog.New(slog.DiscardHandler)).Launch(t.Context(), jobs.Request{Stage: "aggregate-features-daily", Trigger: db.TriggerConsole})
	if err != nil {
		t.Fatal(err)
	}
	if s := b.status(id); s != db.RunQueued {
		t.Errorf("the launched run is %s", s)
	}
	b.stops(func() *process {
		p := b.worker()
		dbtest.Until(t, "a worker runs it", func() bool { return b.status(id) == db.RunSucceeded })
		return p
	}())
}
