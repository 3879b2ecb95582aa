package jobs

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"sextant/db"
)

func TestFreshness(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	day := func(s string) *db.Day {
		d, err := db.ParseDay(s)
		if err != nil {
			t.Fatal(err)
		}
		return &d
	}
	run := func(s db.RunStatus, created string) []db.Run { return []db.Run{{Status: s, CreatedAt: at(created)}} }
	info := Info{Name: "x", Schedule: "15 1 * * *", Grace: 30 * time.Minute}
	weekly := Info{Name: "w", Schedule: "0 4 * * 1", Grace: 30 * time.Minute}
	often := Info{Name: "o", Schedule: "*/15 * * * *", Grace: 30 * time.Minute}
	monthly := Info{Name: "m", Schedule: "0 3 1 * *", Grace: 30 * time.Minute}
	for _, c := range []struct {
		name  string
		f     facts
		tried bool // by the newest run
		now   string
		want  State
		lag   int
		due   string
	}{
		{"published", facts{info: info, dataDay: day("2026-03-30")}, false, "2026-03-31 02:00", StateFresh, 0, "2026-03-30"},
		{"before the deadline yesterday's day is due", facts{info: info, dataDay: day("2026-03-29")}, false, "2026-03-31 01:14", StateFresh, 0, "2026-03-29"},
		{"at the deadline", facts{info: info, dataDay: day("2026-03-29")}, false, "2026-03-31 01:15", StateDue, 1, "2026-03-30"},
		{"within grace", facts{info: info, dataDay: day("2026-03-29")}, false, "2026-03-31 01:44", StateDue, 1, "2026-03-30"},
		{"within grace of one day, but behind by another", facts{info: info, dataDay: day("2026-03-28")}, false, "2026-03-31 01:20", StateLate, 2, "2026-03-30"},
		{"past grace", facts{info: info, dataDay: day("2026-03-29")}, false, "2026-03-31 01:45", StateLate, 1, "2026-03-30"},
		{"a backfill of an old day keeps it late", facts{info: info, dataDay: day("2026-03-20"), runs: run(db.RunSucceeded, "2026-03-31 02:00")}, false,
			"2026-03-31 02:10", StateLate, 10, "2026-03-30"},
		{"failed since the deadline", facts{info: info, dataDay: day("2026-03-29"), runs: run(db.RunFailed, "2026-03-31 01:15")}, true,
			"2026-03-31 01:20", StateFailed, 1, "2026-03-30"},
		{"an old failure does not excuse lateness", facts{info: info, dataDay: day("2026-03-28"), runs: run(db.RunFailed, "2026-03-30 01:15")}, false,
			"2026-03-31 03:00", StateLate, 2, "2026-03-30"},
		{"failed on top of published is still fresh", facts{info: info, dataDay: day("2026-03-30"), runs: run(db.RunFailed, "2026-03-31 01:50")}, true,
			"2026-03-31 02:00", StateFresh, 0, "2026-03-30"},
		{"lost", facts{info: info, dataDay: day("2026-03-29"), runs: run(db.RunLost, "2026-03-31 01:15")}, true, "2026-03-31 05:00", StateFailed, 1, "2026-03-30"},
		{"running", facts{info: info, dataDay: day("2026-03-29"), runs: run(db.RunRunning, "2026-03-31 01:15")}, true, "2026-03-31 05:00", StateRunning, 1, "2026-03-30"},
		{"never", facts{info: info}, false, "2026-03-31 05:00", StateNever, -1, "2026-03-30"},
		{"paused", facts{info: info, dataDay: day("2026-03-20"), pause: &db.Pause{Actor: "kim", At: at("2026-03-21 09:00"), Reason: "new bank"}}, false,
			"2026-03-31 05:00", StatePaused, 10, "2026-03-30"},
		{"a forced run of a paused stage", facts{info: info, dataDay: day("2026-03-20"), pause: &db.Pause{Actor: "kim"}, runs: run(db.RunRunning, "2026-03-31 04:59")}, false,
			"2026-03-31 05:00", StateRunning, 10, "2026-03-30"},
		{"off", facts{info: Info{Name: "o", Schedule: "15 1 * * *", Off: true}}, false, "2026-03-31 05:00", StateOff, -1, "2026-03-30"},
		{"running behind skipped runs", facts{info: info, dataDay: day("2026-03-29"),
			runs: append(run(db.RunSkipped, "2026-03-31 01:16"), run(db.RunRunning, "2026-03-31 01:15")...)}, false, "2026-03-31 05:00", StateRunning, 1, "2026-03-30"},
		{"several ticks a day: the first is the deadline", facts{info: often, dataDay: day("2026-03-29")}, false, "2026-03-31 10:07", StateLate, 1, "2026-03-30"},
		{"several ticks a day: within grace of midnight", facts{info: often, dataDay: day("2026-03-29")}, false, "2026-03-31 00:20", StateDue, 1, "2026-03-30"},
		{"year's end", facts{info: info, dataDay: day("2026-12-31")}, false, "2027-01-01 02:00", StateFresh, 0, "2026-12-31"},
		{"leap day", facts{info: info, dataDay: day("2028-02-28")}, false, "2028-03-01 02:00", StateLate, 1, "2028-02-29"},
		{"monthly", facts{info: monthly, dataDay: day("2026-02-28")}, false, "2026-03-31 02:00", StateFresh, 0, "2026-02-28"},
		{"weekly: Sunday is due from Monday on", facts{info: weekly, dataDay: day("2026-03-29")}, false, "2026-04-04 12:00", StateFresh, 0, "2026-03-29"},
		{"weekly: late on Monday", facts{info: weekly, dataDay: day("2026-03-29")}, false, "2026-04-06 05:00", StateLate, 7, "2026-04-05"},
	} {
		c.f.now = at(c.now)
		if c.tried {
			c.f.try = &c.f.runs[0]
		}
		s, err := freshness(c.f)
		if err != nil {
			t.Fatal(err)
		}
		lag := -1
		if s.LagDays != nil {
			lag = *s.LagDays
		}
		if s.State != c.want || lag != c.lag || s.DueDay.String() != c.due || s.Why == "" {
			t.Errorf("%s: %s, lag %d, due %s (%s); want %s, %d, %s", c.name, s.State, lag, s.DueDay, s.Why, c.want, c.lag, c.due)
		}
	}
	waiting := at("2026-03-31 04:00")
	if s, _ := freshness(facts{info: Info{Name: "e"}, since: &waiting, now: at("2026-03-31 06:00")}); s.State != StateLate {
		t.Errorf("a session that has waited two hours leaves θ %s", s.State)
	}
}

func TestCommandsQuoteForTheShell(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]Request{
		`sextant theta recompute 김서연-2041`:                        {Stage: updateTheta, Users: []string{"김서연-2041"}},
		`sextant theta recompute 'a b' 'it'\''s'`:                 {Stage: updateTheta, Users: []string{"a b", "it's"}},
		`sextant theta recompute -- -x`:                           {Stage: updateTheta, Users: []string{"-x"}},
		`sextant run x --user ü --force --reason 'why not' --k=v`: {Stage: "x", Users: []string{"ü"}, Force: true, Reason: "why not", Options: map[string]string{"k": "v"}},
	} {
		if got := q.Command(); got != want {
			t.Errorf("command = %s, want %s", got, want)
		}
	}
}

// For any schedule, moment and history: what freshness promises.
func TestFreshnessKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cron := genCron(t)
		if _, err := ParseCron(cron); err != nil {
			t.Skip(err.Error())
		}
		now := time.Unix(rapid.Int64Range(1.7e9, 2e9).Draw(t, "now"), 0).UTC()
		f := facts{now: now, info: Info{Name: "x", Schedule: cron, Grace: time.Duration(rapid.IntRange(0, 300).Draw(t, "grace")) * time.Minute}}
		if back := rapid.IntRange(-1, 40).Draw(t, "published days ago"); back >= 0 {
			d := db.DayOf(now).Add(-1 - back)
			f.dataDay = &d
		}
		judged := func(f facts) StageStatus {
			s, err := freshness(f)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := judged(f)
		published := f.dataDay != nil && !f.dataDay.Before(*s.DueDay)
		switch {
		case (s.State == StateFresh) != published:
			t.Fatalf("%s with %v published and %s due", s.State, f.dataDay, s.DueDay)
		case (s.State == StateNever) != (f.dataDay == nil):
			t.Fatalf("%s with %v published", s.State, f.dataDay)
		case s.State != StateLate && f.dataDay != nil && !published && now.Sub(*s.Deadline) >= f.info.Grace:
			t.Fatalf("%s at %s, due at %s", s.State, now, s.Deadline)
		case s.State == StateLate && (f.dataDay == nil || published):
			t.Fatalf("late with %v published and %s due", f.dataDay, s.DueDay)
		case s.State == StateLate && now.Sub(*s.Deadline) < f.info.Grace: // then it is behind by an earlier day
			if earlier, _, _, err := due(cron, s.Deadline.Add(-time.Second)); err != nil || !f.dataDay.Before(earlier) {
				t.Fatalf("late within grace with %s published and %s due before (%v)", f.dataDay, earlier, err)
			}
		case s.Deadline.After(now) || !s.NextTick.After(now) || !s.DueDay.Before(db.DayOf(now)):
			t.Fatalf("due %s at %s, next %s", s.DueDay, s.Deadline, s.NextTick)
		case s.LagDays != nil && (*s.LagDays == 0) != published:
			t.Fatalf("lag %d with %s published and %s due", *s.LagDays, f.dataDay, s.DueDay)
		}
		try := db.Run{Status: rapid.SampledFrom([]db.RunStatus{db.RunFailed, db.RunCancelled, db.RunLost, db.RunPartial}).Draw(t, "try")}
		failed := f
		failed.try = &try
		if got := judged(failed).State; (got == StateFailed) == published {
			t.Fatalf("%s after a %s try", got, try.Status)
		}
		held := failed
		held.pause = &db.Pause{Actor: "kim", At: now}
		if got := judged(held); got.State != StatePaused || *got.DueDay != *s.DueDay {
			t.Fatalf("paused: %s", got.State)
		}
		held.runs = []db.Run{{Status: db.RunSkipped}, {Status: db.RunRunning}}
		if got := judged(held).State; got != StateRunning {
			t.Fatalf("running: %s", got)
		}
		later := f // until the next tick nothing but time makes it worse
		later.now = s.NextTick.Add(-time.Second)
		if got := judged(later); got.State != s.State && (s.State != StateDue || got.State != StateLate) {
			t.Fatalf("%s became %s by %s", s.State, got.State, later.now)
		}
	})
}
