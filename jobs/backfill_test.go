package jobs_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
	"sextant/jobs/demo"
)

// between is what happens in a world after one moment and up to another.
func (w world) between(after, until time.Time) world {
	in := func(t time.Time) bool { return t.After(after) && !t.After(until) }
	var out world
	for _, a := range w.answers {
		if in(a.at) {
			out.answers = append(out.answers, a)
		}
	}
	for _, m := range w.exams {
		if in(*m.at) {
			out.exams = append(out.exams, m)
		}
	}
	for _, m := range w.ended {
		if m.at != nil && in(*m.at) {
			out.ended = append(out.ended, m)
		}
	}
	for _, e := range w.thetas {
		if in(e.at) {
			out.thetas = append(out.thetas, e)
		}
	}
	return out
}

// daily is what the daily stages have published for days from one on. The day that
// an inactivity was written for is not of it: what changed nothing is not written.
func (b *bench) daily(from db.Day) string {
	b.Helper()
	return one[string](b, `
		SELECT (SELECT string_agg((to_jsonb(f) - 'computed_at')::text, E'\n' ORDER BY user_id COLLATE "C", topic_id COLLATE "C", date)
		        FROM public.features_topic_daily f WHERE date >= $1)
		    || E'\n' || (SELECT string_agg(user_id || ' ' || week_start || ' ' || kpis, E'\n' ORDER BY user_id COLLATE "C", week_start)
		        FROM public.weekly_kpi WHERE week_start >= $1)
		    || E'\n' || (SELECT string_agg((to_jsonb(k) - 'quiet_day')::text, E'\n' ORDER BY user_id, week_start) FROM sextant.kpi_row k WHERE week_start >= $1)`, from)
}

// A backfill of old days, in any order and any partition, gives the rows that
// running each day on its night gave, when nothing later was known.
func TestABackfillGivesWhatTheNightsGave(t *testing.T) {
	t.Parallel()
	first, last := *day("2026-03-19"), *day("2026-03-25")
	const seed = 40
	w := randomWorld(seed, last, 40)
	options := map[string]map[string]string{features: {"include-theta": "true", "use-irt-theta": "true"}, kpis: {"use-irt-theta": "true"}}

	nights := newBench(t)
	opening := w.between(time.Time{}, first.Start())
	opening.goals = w.goals
	nights.load(opening)
	known := first.Start()
	for d := first; !last.Before(d); d = d.Add(1) {
		night := d.End().Add(130 * time.Minute)
		nights.runner.Clock = func() time.Time { return night }
		nights.add(w.between(known, night))
		known = night
		// A log without update times is read again for a week back from the real today.
		nights.run(jobs.Request{Stage: "sync-answers", Options: map[string]string{"full": "true"}})
		for _, stage := range []string{features, kpis, inactive} {
			nights.run(jobs.Request{Stage: stage, Options: options[stage]})
		}
	}

	late := newBench(t)
	late.load(w)
	rng := rand.New(rand.NewPCG(seed, 5))
	var parts [][2]db.Day
	for d := first; !last.Before(d); {
		end := d.Add(rng.IntN(5))
		if last.Before(end) {
			end = last
		}
		parts = append(parts, [2]db.Day{d, end})
		d = end.Add(1)
	}
	rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	for _, p := range parts {
		for _, stage := range []string{features, kpis, inactive} {
			late.run(jobs.Request{Stage: stage, From: &p[0], To: &p[1], Missing: rng.IntN(2) == 0, Options: options[stage]})
		}
	}
	want, got := strings.Split(nights.daily(first), "\n"), strings.Split(late.daily(first), "\n")
	if len(want) < 80 {
		t.Fatalf("only %d rows to compare", len(want))
	}
	if len(want) != len(got) {
		t.Errorf("%d rows backfilled as %v, %d night by night", len(got), parts, len(want))
	}
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Fatalf("backfilled as %v\n%s\non its night\n%s", parts, got[i], want[i])
		}
	}
}

func TestABackfillKilledInTheMiddleIsFinishedByMissing(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "sync-answers"})
	// A row of the test's own, not committed, holds the child at its day.
	tx, err := b.sql.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(b.ctx)) }()
	if _, err := tx.Exec(b.ctx, `INSERT INTO public.features_topic_daily (user_id, topic_id, date, attempts, correct, hints, computed_at)
		SELECT user_id, topic_id, '2026-03-25', 0, 0, 0, now() FROM sextant.answer
		WHERE answered_at >= '2026-03-25Z' AND answered_at < '2026-03-26Z' AND topic_id IS NOT NULL LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SEXTANT_TEST_CHILD="+features, "SEXTANT_TEST_URL="+b.url, "SEXTANT_TEST_FROM=2026-03-20")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dbtest.Until(t, "the child to wait at its sixth day", func() bool {
		return one[int](b, `SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'
			AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`) > 0
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed: its error is the point
	if err := tx.Rollback(b.ctx); err != nil {
		t.Fatal(err)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE complete`); n != 5 {
		t.Fatalf("%d days were published before the kill, want 5", n)
	}
	rest := jobs.Request{Stage: features, From: day("2026-03-20"), To: &lastDay, Missing: true}
	p, err := b.runner.Preview(b.ctx, rest)
	if err != nil || len(p.Slices) != 12 || p.Todo() != 7 {
		t.Fatalf("the preview has %d days, %d to do, %v; want 12 and 7", len(p.Slices), p.Todo(), err)
	}
	for i, s := range p.Slices {
		if want := i < 5; s.Skip != want || s.Reason == "" || s.Day != day("2026-03-20").Add(i) {
			t.Errorf("day %d = %+v", i, s)
		}
	}
	var r db.Run
	dbtest.Until(t, "the server to free the dead child's lock", func() bool {
		rest.Trigger = db.TriggerCLI
		r, err = b.runner.Run(b.ctx, rest)
		return err == nil
	})
	if r.UnitsDone != 7 {
		t.Errorf("%d days were done, want 7", r.UnitsDone)
	}
	got := b.contents("public.features_topic_daily")
	b.exec(`TRUNCATE public.features_topic_daily, sextant.published`)
	rest.Missing = false
	b.run(rest)
	if want := b.contents("public.features_topic_daily"); got != want {
		t.Errorf("the interrupted backfill left\n%swithout interruption\n%s", got, want)
	}
}

// Days and weeks are UTC, whatever the time zone of the database and of the machine.
func TestTimeZonesChangeNothing(t *testing.T) {
	t.Parallel()
	stages := []string{features, kpis, "mirt-calibrate", inactive}
	want := ""
	for _, zone := range []string{"UTC", "Asia/Seoul", "America/New_York"} {
		b, _ := newDemoBench(t, small)
		b.exec(fmt.Sprintf(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I SET timezone = %%L', current_database(), '%s'); END $$`, zone))
		b.exec(fmt.Sprintf(`DO $$ BEGIN EXECUTE format('ALTER ROLE %%I IN DATABASE %%I SET timezone = %%L', current_user, current_database(), '%s'); END $$`, zone))
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "SEXTANT_TEST_CHILD="+strings.Join(stages, ","), "SEXTANT_TEST_URL="+b.url, "TZ="+zone)
		words, _ := cmd.CombinedOutput() // never code 0
		if n := strings.Count(string(words), "child ended: <nil>"); n != len(stages) {
			t.Fatalf("%s: %s", zone, words)
		}
		got := b.contents("sextant.answer_day", "public.features_topic_daily", "public.mirt_ability", "public.student_topic_theta",
			"sextant.kpi_row", "public.mirt_item_params") + one[string](b, `SELECT md5(string_agg(user_id || week_start || kpis, ',' ORDER BY user_id COLLATE "C", week_start)) FROM public.weekly_kpi`) +
			one[string](b, `SELECT string_agg(stage || data_day, ',' ORDER BY id) FROM sextant.published`)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("in %s:\n%s\nin UTC:\n%s", zone, got, want)
		}
	}
}

// A calibration of an old day scores the items that it sets aside with what was in
// force on its night, not with what newer nights have made of them.
func TestABackfilledCalibrationIsAsItsNight(t *testing.T) {
	t.Parallel()
	world := demo.Options{Learners: 60, Items: 60, Days: 40, Seed: 12}
	options := map[string]string{"min-answers": "25", "lookback-days": "25"}
	first, last := *day("2026-03-26"), lastDay
	calibrate := func(b *bench, from, to db.Day) {
		for d := from; !to.Before(d); d = d.Add(1) {
			b.run(jobs.Request{Stage: "mirt-calibrate", Date: &d, Options: options})
		}
	}
	nights, _ := newDemoBench(t, world)
	calibrate(nights, first, last)
	late, _ := newDemoBench(t, world)
	calibrate(late, last, last)
	late.run(jobs.Request{Stage: "mirt-calibrate", From: &first, To: value(last.Add(-1)), Options: options})
	for what, sql := range map[string]string{
		"items": `SELECT string_agg(concat_ws(' ', data_day, item_id, a, b, dropped), E'\n' ORDER BY data_day, item_id)
			FROM sextant.item_history JOIN sextant.calibration USING (run_id) WHERE data_day < $1`,
		"θs": `SELECT string_agg(concat_ws(' ', as_of, user_id, topic_id, theta, se, n_answers), E'\n' ORDER BY as_of, user_id, topic_id)
			FROM sextant.theta_history WHERE as_of < $1`,
	} {
		want, got := strings.Split(one[string](nights, sql, last), "\n"), strings.Split(one[string](late, sql, last), "\n")
		if len(want) != len(got) || len(want) < 200 {
			t.Errorf("%d %s backfilled, %d night by night", len(got), what, len(want))
		}
		for i := range min(len(want), len(got)) {
			if want[i] != got[i] {
				t.Fatalf("%s backfilled\n%s\non their night\n%s", what, got[i], want[i])
			}
		}
	}
	// The test is about items that one night fits and another sets aside.
	if n := one[int](nights, `SELECT count(*) FROM (SELECT item_id FROM sextant.item_history GROUP BY 1 HAVING count(dropped) BETWEEN 1 AND 5) i`); n < 3 {
		t.Errorf("only %d items come and go", n)
	}
}
