package db_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"sextant/db"
	"sextant/db/dbtest"
)

// TestWatchHearsTheLedger follows a run, a queued one that is cancelled, and a
// pause, one announcement each.
func TestWatchHearsTheLedger(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	readOnly, err := db.Open(t.Context(), db.Config{URL: b.url, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	for name, d := range map[string]*db.DB{"who may change things": b.DB, "who may only look": readOnly} {
		heard := make(chan struct{}, 100)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.Watch(ctx, func() { heard <- struct{}{} }) }()
		hears := func(what string) {
			t.Helper()
			select {
			case <-heard:
			case err := <-ended:
				t.Fatalf("%s heard no %s: %v", name, what, err)
			case <-time.After(time.Minute):
				t.Fatalf("%s never heard %s", name, what)
			}
		}
		hears("the start of listening")
		r := b.start(t, "features "+name)
		hears("the start")
		if _, err := b.Beat(t.Context(), r.ID, db.RunProgress{UnitsDone: 1, UnitsTotal: 2}); err != nil {
			t.Fatal(err)
		}
		hears("the progress")
		if err := b.FinishRun(t.Context(), r.ID, db.RunSucceeded, db.RunProgress{}, ""); err != nil {
			t.Fatal(err)
		}
		hears("the end")
		if err := b.Pause(t.Context(), db.Pause{Stage: "features", Actor: "kim", At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		hears("the pause")
		if held, err := b.Resume(t.Context(), "features", "kim", "", time.Now()); err != nil || !held {
			t.Fatalf("resumed %v, %v", held, err)
		}
		hears("the end of the pause")
		if len(heard) > 0 {
			t.Errorf("%s heard %d announcements too many", name, len(heard))
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%s ended with %v", name, err)
		}
	}
}

// TestWatchLosesItsConnection ends with an error that says so, at once.
func TestWatchLosesItsConnection(t *testing.T) {
	t.Parallel()
	b := migrated(t)
	listening := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() { ended <- b.Watch(t.Context(), func() { listening <- struct{}{} }) }()
	<-listening
	dbtest.Until(t, "the listener's end", func() bool {
		b.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN sextant_ledger' OR query LIKE 'SELECT pg_notify%' AND pid <> pg_backend_pid() AND datname = current_database()`)
		return len(ended) > 0
	})
	if err := <-ended; !db.IsKind(err, db.KindTransient) && !db.IsKind(err, db.KindUnreachable) {
		t.Errorf("ended with %v", err)
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	b := migrated(t,
		`INSERT INTO sextant.answer_day (day, revision) VALUES ('2025-03-01', 7), ('2025-03-02', 9), ('2025-03-04', 3)`,
		`INSERT INTO sextant.run (id, stage, params, trigger, actor, reason, host, version, status, lock_key)
		 VALUES ('0192e4c0-0000-7000-8000-000000000001', 's', '{}', 'cli', 'kim', '', '', '', 'succeeded', 1)`,
		`INSERT INTO sextant.published (stage, scope, data_day, complete, run_id, revision, stamp, at)
		 SELECT 's', scope, day::date, complete, '0192e4c0-0000-7000-8000-000000000001', revision, now(), '2025-03-05 02:00Z'::timestamptz + n * interval '1 hour'
		 FROM (VALUES ('', '2025-03-01', true, 7, 1), ('', '2025-03-02', true, 8, 2), ('', '2025-03-04', true, 3, 3),
		              ('', '2025-03-04', false, 3, 4), ('b', '2025-03-05', false, 1, 5)) v (scope, day, complete, revision, n)`)
	days, err := b.Calendar(t.Context(), "s", false, day(t, "2025-03-01"), day(t, "2025-03-06"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(h int) *time.Time { v := time.Date(2025, 3, 5, 2+h, 0, 0, 0, time.UTC); return &v }
	want := []db.CalendarDay{
		{Day: day(t, "2025-03-01"), PublishedAt: at(1), Complete: true, Answers: true},
		{Day: day(t, "2025-03-02"), PublishedAt: at(2), Complete: true, Answers: true, Changed: true},
		{Day: day(t, "2025-03-03")},
		{Day: day(t, "2025-03-04"), PublishedAt: at(3), Complete: true, Answers: true}, // what came later for some learners does not undo it
		{Day: day(t, "2025-03-05"), PublishedAt: at(5)},
		{Day: day(t, "2025-03-06")},
	}
	if len(days) != len(want) {
		t.Fatalf("%d days, want %d", len(days), len(want))
	}
	for i, w := range want {
		g := days[i]
		same := (g.PublishedAt == nil) == (w.PublishedAt == nil) && (g.PublishedAt == nil || g.PublishedAt.Equal(*w.PublishedAt))
		if g.Day != w.Day || !same || g.Complete != w.Complete || g.Changed != w.Changed || g.Answers != w.Answers || !g.Ends {
			t.Errorf("%s: %+v, want %+v", w.Day, g, w)
		}
	}
}

// A week is published on its Sunday, out of all of its days.
func TestCalendarOfWeeks(t *testing.T) {
	t.Parallel()
	b := migrated(t, // 2 and 9 March 2025 are Sundays
		`INSERT INTO sextant.answer_day (day, revision) VALUES ('2025-02-24', 7), ('2025-03-05', 3), ('2025-03-10', 4)`,
		`INSERT INTO sextant.run (id, stage, params, trigger, actor, reason, host, version, status, lock_key)
		 VALUES ('0192e4c0-0000-7000-8000-000000000001', 's', '{}', 'cli', 'kim', '', '', '', 'succeeded', 1)`,
		`INSERT INTO sextant.published (stage, scope, data_day, complete, run_id, revision, stamp, at)
		 VALUES ('s', '', '2025-03-02', true, '0192e4c0-0000-7000-8000-000000000001', 6, now(), '2025-03-05 02:00Z')`)
	days, err := b.Calendar(t.Context(), "s", true, day(t, "2025-03-01"), day(t, "2025-03-16"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range days {
		got := fmt.Sprint(d.Ends, d.PublishedAt != nil, d.Complete, d.Changed, d.Answers)
		want := map[string]string{
			"2025-03-02": "true true true true true", // the Monday of its week has changed since
			"2025-03-05": "false false false false true",
			"2025-03-09": "true false false false true",
			"2025-03-10": "false false false false true",
			"2025-03-16": "true false false false true",
		}[d.Day.String()]
		if want == "" {
			want = "false false false false false"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", d.Day, got, want)
		}
	}
}
