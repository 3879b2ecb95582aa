package jobs_test

import (
	"context"
	"errors"
	"html"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
	"sextant/jobs/report/store/storetest"
)

// Ids and topics that mean something in HTML, Markdown, LaTeX, paths, or to the
// eye.
var (
	badLearners = []string{`<script>alert(1)</script>`, `"quoted' & <b>`, `../../../etc/passwd`, `a/b\c`, "👩‍🏫🎒", strings.Repeat("가나", 150), "tab\there", `%s{{.}}`}
	badTopics   = []string{`a|b`, `*bold* _it_`, `$\frac{1}{2}$ \end{document}`, "الجبر", `</svg><script>x</script>`, "~~~\n# head"}
)

func TestBadNamesAndNumbersMakeRightPages(t *testing.T) {
	t.Parallel()
	b, out := reportWorld(t)
	for i, u := range badLearners {
		b.answer(u, badTopics[i%len(badTopics)], 7)
		b.answer(u, badTopics[(i+1)%len(badTopics)], 4)
		b.exec(`INSERT INTO weekly_kpi (user_id, week_start, kpis) VALUES ($1, $2, '{"I_t": "NaN", "E_t": 1e999, "R_t": null, "A_t": true, "P": [], "S": {"x": 1}}')`, u, reportMonday)
	}
	b.run(jobs.Request{Stage: "sync-answers", Options: map[string]string{"full": "true"}})
	b.run(reports("format", "html,pdf", "lang", "ko,en"))
	b.checkStored(out, (3+len(badLearners))*2*2*2)
	shown := map[string]bool{} // topics, in the way that they stand in a page
	for _, o := range b.objects() {
		if o.Format != "html" {
			continue
		}
		body := string(must(os.ReadFile(filepath.Join(out, o.Key))))
		for _, bad := range []string{"<script", "NaN", "Inf", "{{", "%!"} {
			if strings.Contains(strings.ReplaceAll(body, "%s{{.}}", ""), bad) {
				t.Errorf("%q: the page holds %q", o.UserID, bad)
			}
		}
		for _, topic := range badTopics {
			shown[topic] = shown[topic] || strings.Contains(body, html.EscapeString(strings.Join(strings.Fields(topic), " ")))
		}
	}
	if len(shown) != len(badTopics) || slices.Contains(slices.Collect(maps.Values(shown)), false) {
		t.Errorf("topics shown: %v", shown)
	}
}

func TestUnknownLearnersCostTheOthersNothing(t *testing.T) {
	t.Parallel()
	b, out := reportWorld(t)
	q := reports()
	q.Users, q.Trigger = []string{"ann", "nobody", "ann"}, db.TriggerCLI
	r, err := b.runner.Run(b.ctx, q)
	var partial *jobs.PartialError
	if r.Status != db.RunPartial || !errors.As(err, &partial) || partial.Failed != 1 {
		t.Errorf("status %s, %v", r.Status, err)
	}
	if got := one[string](b, `SELECT string_agg(concat_ws(' ', kind, subject), ', ') FROM sextant.run_failure WHERE run_id = $1`, r.ID); got != "learner nobody" {
		t.Errorf("failures: %s", got)
	}
	b.checkStored(out, 2)
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE stage = $1 AND complete`, weekly); n != 0 {
		t.Error("a few learners' reports pass for the week's")
	}
	q.Users = []string{"nobody"}
	if r, err = b.runner.Run(b.ctx, q); r.Status != db.RunFailed || !strings.Contains(err.Error(), `unknown learner "nobody"`) {
		t.Errorf("status %s, %v", r.Status, err)
	}
}

// A learner who is forgotten while the run is under way gets no report.
func TestForgottenLearnersHaveNoReports(t *testing.T) {
	t.Parallel()
	b, out := reportWorld(t)
	b.run(reports("format", "html,pdf"))
	b.exec(`INSERT INTO report_artifacts (user_id, week_start, format, url) VALUES ('bob', '2026-01-05', 'html', 'https://old.example.org/bob.html')`)
	p, err := b.runner.PreviewForget(b.ctx, jobs.Request{Stage: "forget-learner", Users: []string{"bob"}})
	if err != nil || len(p.Stored) != 4 || !slices.Equal(p.Reports, []string{"https://old.example.org/bob.html"}) {
		t.Errorf("the preview: %v %v %v", p.Stored, p.Reports, err)
	}
	b.run(jobs.Request{Stage: "forget-learner", Users: []string{"bob"}})
	b.checkStored(out, 8)
	// Others still hold a row of theirs: that must not bring the report back.
	b.exec(`INSERT INTO weekly_kpi (user_id, week_start, kpis) VALUES ('bob', $1, '{"theirs": 1}')`, reportMonday)
	b.run(jobs.Request{Stage: weekly, Force: true, Options: map[string]string{"format": "html,pdf"}})
	b.checkStored(out, 8)
	if n := one[int](b, `SELECT count(*) FROM report_artifacts WHERE user_id = 'bob'`); n != 0 {
		t.Errorf("report_artifacts has %d rows of them", n)
	}
}

func TestPruneRemovesOldReports(t *testing.T) {
	t.Parallel()
	b, out := reportWorld(t)
	for _, week := range []string{"2026-03-02", "2026-03-16", reportMonday} {
		q := reports("week", week)
		q.Users = []string{"ann", "bob"}
		b.run(q)
	}
	q := jobs.Request{Stage: "prune-reports", Options: map[string]string{"older-than": "16"}} // since 2026-03-16, a Monday: its week stays
	p, err := b.runner.PreviewPruneReports(b.ctx, q)
	if err != nil || p.Reports != 4 || p.Learners != 2 || p.Before.String() != "2026-03-16" {
		t.Errorf("the preview: %+v %v", p, err)
	}
	if err := os.Remove(filepath.Join(out, b.objects()[11].Key)); err != nil { // by hand: gone is gone
		t.Fatal(err)
	}
	b.run(q)
	b.checkStored(out, 8)
	if got := one[string](b, `SELECT string_agg(DISTINCT week_start::text, ' ') FROM report_artifacts`); got != "2026-03-16 2026-03-23" {
		t.Errorf("report_artifacts has %s", got)
	}
}

// A process that dies between storing and recording leaves files that no row
// tells of; the next run gives them their rows.
func TestKill9BetweenStoringAndRecordingIsRepaired(t *testing.T) {
	t.Parallel()
	b, out := reportWorld(t)
	tx, err := b.sql.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(b.ctx)) }()
	if _, err := tx.Exec(b.ctx, `LOCK TABLE public.report_artifacts IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SEXTANT_TEST_CHILD="+weekly, "SEXTANT_TEST_URL="+b.url, "SEXTANT_TEST_OUT="+out)
	var words strings.Builder
	cmd.Stderr = &words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dbtest.Until(t, "the child to record what it stored", func() bool { return b.waiters("public.report_artifacts") > 0 })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed: its error is the point
	if err := tx.Rollback(b.ctx); err != nil {
		t.Fatal(err)
	}
	dbtest.Until(t, "the server to see the child's end", func() bool {
		return one[int](b, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sextant' AND query LIKE '%report_artifacts%' AND state = 'active'`) == 0
	})
	orphans := files(t, out)
	if len(b.objects()) != 0 || len(orphans) != 6 {
		t.Fatalf("%d rows and %d files after the kill, want 0 and 6; child: %s", len(b.objects()), len(orphans), &words)
	}
	b.run(reports())
	b.checkStored(out, 6)
	if now := files(t, out); !maps.Equal(now, orphans) {
		t.Error("the files took other places")
	}
}

// s3World is reportWorld with a bucket instead of the folder.
func s3World(t *testing.T) (*bench, *storetest.Gateway) {
	t.Helper()
	g := storetest.Start(t)
	b, _ := reportWorld(t)
	maps.Copy(b.env, g.Environ())
	b.env["AWS_MAX_ATTEMPTS"] = "1"
	return b, g
}

// checkBucket holds the bucket's objects to the rows.
func (b *bench) checkBucket(g *storetest.Gateway, want int) {
	b.Helper()
	var keys []string
	for _, o := range b.objects() {
		keys = append(keys, o.Key)
		if o.URL != "s3://reports/"+o.Key {
			b.Errorf("URL %s", o.URL)
		}
	}
	there := g.Files()
	slices.Sort(keys)
	slices.Sort(there)
	if len(keys) != want || !slices.Equal(keys, there) {
		b.Errorf("rows %v\nobjects %v\nwant %d", keys, there, want)
	}
}

func TestReportsInS3(t *testing.T) {
	t.Parallel()
	b, g := s3World(t)
	b.run(reports("format", "html,pdf"))
	b.checkBucket(g, 12)
	b.run(reports("format", "html,pdf"))
	if made, unchanged := b.made(); made != 0 || unchanged != 12 {
		t.Errorf("made %d and left %d", made, unchanged)
	}
	if n := one[int](b, `SELECT count(*) FROM report_artifacts WHERE url LIKE 's3://reports/weekly/2026-03-23/%/learner.ko.' || format`); n != 6 {
		t.Errorf("report_artifacts points to %d", n)
	}
	b.run(jobs.Request{Stage: "forget-learner", Users: []string{"bob"}})
	b.checkBucket(g, 8)
	g.Stop()
	r, err := b.runner.Run(b.ctx, jobs.Request{Stage: "forget-learner", Users: []string{"eve"}, Trigger: db.TriggerCLI})
	if r.Status != db.RunPartial || err == nil || !strings.Contains(err.Error(), "the learner is erased, but for a report to delete by hand: s3://reports/weekly/") {
		t.Errorf("forgotten without a store: %s, %v", r.Status, err)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.run_failure WHERE run_id = $1 AND error LIKE 's3://reports/%'`, r.ID); n != 4 {
		t.Errorf("%d of the 4 reports left are named", n)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.report_object WHERE user_id = 'eve'`); n != 0 {
		t.Errorf("%d rows of an erased learner", n)
	}
}

func TestFailingS3EndsTheRunAndTheNextRepairsIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		harm func(*testing.T, *bench, *storetest.Gateway) // before the run; undone by mend
		says string
	}{
		{"refuses", func(_ *testing.T, b *bench, _ *storetest.Gateway) { b.env["AWS_SECRET_ACCESS_KEY"] = "wrong" }, "refuses these credentials"},
		{"stalls", func(t *testing.T, b *bench, _ *storetest.Gateway) {
			b.env["AWS_ENDPOINT_URL_S3"] = "http://" + stall(t)
		}, "did not answer within 100ms"},
		{"vanished", func(_ *testing.T, _ *bench, g *storetest.Gateway) { g.Stop() }, "cannot be reached (connect: connection refused)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, g := s3World(t)
			well := maps.Clone(b.env)
			c.harm(t, b, g)
			q := reports()
			if c.name == "stalls" {
				q.Options["s3-timeout"] = "100ms"
			}
			q.Trigger = db.TriggerCLI
			r, err := b.runner.Run(b.ctx, q)
			if r.Status != db.RunFailed || err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("status %s, %v", r.Status, err)
			}
			if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE stage = $1`, weekly); n != 0 {
				t.Error("it counts as published")
			}
			b.env = well
			g.Restart()
			b.run(reports())
			b.checkBucket(g, 6)
		})
	}
}

// stall is a server that takes connections and says nothing.
func stall(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	return l.Addr().String()
}

// A server that dies half way: what it has by then is recorded, and the rest
// comes with the next run.
func TestS3ThatDiesHalfWayIsRepaired(t *testing.T) {
	t.Parallel()
	b, g := s3World(t)
	b.exec(`INSERT INTO public.responses SELECT 'learner ' || n, 'i' || i, i % 3 > 0, '2026-03-24 10:00Z'::timestamptz + i * interval '9 hours', 'algebra', 20000
		FROM generate_series(1, 100) n, generate_series(1, 5) i`)
	b.run(jobs.Request{Stage: "sync-answers", Options: map[string]string{"full": "true"}})
	q := reports()
	q.Trigger = db.TriggerCLI
	type result struct {
		run db.Run
		err error
	}
	ended := make(chan result, 1)
	go func() {
		r, err := b.runner.Run(b.ctx, q)
		ended <- result{r, err}
	}()
	var got result
	dbtest.Until(t, "some reports to be stored", func() bool {
		select {
		case got = <-ended:
			t.Fatalf("it ended before: %s %v", got.run.Status, got.err)
		default:
		}
		return len(g.Files()) > 20
	})
	g.Stop()
	got = <-ended
	if got.run.Status != db.RunFailed || got.err == nil || strings.Contains(got.err.Error(), "\n") {
		t.Errorf("status %s, %v", got.run.Status, got.err)
	}
	recorded := len(b.objects())
	if recorded < 5 || recorded >= 103*2 {
		t.Errorf("%d reports are recorded", recorded)
	}
	g.Restart()
	b.run(q)
	b.checkBucket(g, 103*2)
	if made, unchanged := b.made(); unchanged < recorded || made+unchanged != 103*2 {
		t.Errorf("made %d and left %d, of which %d were recorded", made, unchanged, recorded)
	}
}
