package jobs_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
)

// operated is a pipeline over simulated weeks, with a naive record of all that
// happened to it. What happens is written through the same functions as in a
// run; only the times are the simulation's.
type operated struct {
	*bench
	rng      *rand.Rand
	now      time.Time
	revision int64

	runs    []happened
	days    []publishedDay
	pauses  map[string]db.Pause
	changed map[db.Day]int64 // the revision of each day's answers
	banks   []inForce
}

type happened struct {
	stage    string
	run      db.Run
	from, to db.Day
	at       time.Time
	status   db.RunStatus
	users    bool
}

type publishedDay struct {
	stage    string
	day      db.Day
	at       time.Time
	revision int64
}

type inForce struct {
	id      uuid.UUID
	day     db.Day
	version string
	at      time.Time
}

const calibrate, weeklyGrace = "mirt-calibrate", 2 * time.Hour

var operatedStages = []string{features, kpis, calibrate, inactive}

// newOperated starts a fresh history; the calibration is weekly by configuration.
func newOperated(t *testing.T, seed uint64) *operated {
	t.Helper()
	w := &operated{bench: newBench(t), rng: rand.New(rand.NewPCG(seed, 4)), pauses: map[string]db.Pause{}, changed: map[db.Day]int64{},
		now: time.Date(2023, 12, 18, 9, 0, 0, 0, time.UTC)} // over a year's end and, with the steps, a leap day
	weekly, grace := "0 3 * * 0", weeklyGrace
	var err error
	if w.runner.Stages, err = jobs.Stages().With(map[string]jobs.Setting{calibrate: {Schedule: &weekly, Grace: &grace}}); err != nil {
		t.Fatal(err)
	}
	w.runner.Clock = func() time.Time { return w.now }
	return w
}

// step lets some hours pass and one thing happen, and says what.
func (w *operated) step() string {
	w.now = w.now.Add(time.Duration(1+w.rng.IntN(16*3600)) * time.Second)
	stage := operatedStages[w.rng.IntN(len(operatedStages))]
	last := db.DayOf(w.now).Add(-1)
	old := last.Add(-w.rng.IntN(40))
	ends := []db.RunStatus{db.RunFailed, db.RunCancelled, db.RunLost, db.RunPartial}
	for i, r := range w.runs {
		if r.stage == stage && r.status == db.RunRunning { // it must end before another begins
			w.end(&w.runs[i], ends[w.rng.IntN(len(ends))])
			return "the run of " + stage + " ends short"
		}
	}
	switch n := w.rng.IntN(18); {
	case n < 2:
		return "a night as it should be" + w.night(last)
	case n < 6:
		w.begin(stage, last, last, false)
		return stage + " published " + w.publish(db.RunSucceeded)
	case n < 8:
		w.begin(stage, last, last, false)
		w.end(&w.runs[len(w.runs)-1], ends[w.rng.IntN(len(ends))])
		return stage + " failed"
	case n == 8:
		w.begin(stage, old, db.DayOf(old.Start()).Add(w.rng.IntN(last.Sub(old)+1)), false)
		return stage + " backfilled " + w.publish(db.RunSucceeded)
	case n == 9:
		w.begin(stage, old.Add(-3), old, false)
		w.end(&w.runs[len(w.runs)-1], db.RunFailed)
		return stage + "'s backfill failed"
	case n == 10:
		w.begin(stage, last, last, true)
		return stage + " ran for one learner" + w.publish([]db.RunStatus{db.RunSucceeded, db.RunFailed}[w.rng.IntN(2)])
	case n == 11:
		w.begin(stage, old, last, false)
		return stage + " began"
	case n == 12:
		w.pause(stage)
		return stage + " paused or resumed"
	case n == 13:
		w.skip(stage, last)
		return stage + " skipped"
	case n == 14:
		w.revision++
		w.changed[old] = w.revision
		w.exec(`INSERT INTO sextant.answer_day (day, revision) VALUES ($1, $2) ON CONFLICT (day) DO UPDATE SET revision = excluded.revision`, old, w.revision)
		return "answers of " + old.String() + " changed"
	}
	day := []db.Day{old, last, last}[w.rng.IntN(3)]
	if n := len(w.banks); n > 0 && w.rng.IntN(2) == 0 {
		day = w.banks[n-1].day // the same again
	}
	w.calibrated(day)
	return "the calibration of " + day.String() + " came into force"
}

// night publishes a day by every stage that is free, and ends soon after the
// next one's first ticks.
func (w *operated) night(last db.Day) string {
	for _, stage := range operatedStages {
		if !slices.ContainsFunc(w.runs, func(h happened) bool { return h.stage == stage && h.status == db.RunRunning }) {
			w.begin(stage, last, last, false)
			w.publish(db.RunSucceeded)
		}
	}
	w.now = last.Add(2).Start().Add(135 * time.Minute) // within grace of the features and the KPIs
	return ", and the next"
}

func (w *operated) begin(stage string, from, to db.Day, users bool) {
	w.Helper()
	params := `{}`
	if users {
		params = `{"users": ["u"]}`
	}
	r := db.Run{ID: uuid.New(), Stage: stage, Params: []byte(params), WindowFrom: &from, WindowTo: &to, Trigger: db.TriggerCron, Actor: "sim"}
	if err := w.db.StartRun(w.ctx, &r); err != nil {
		w.Fatal(err)
	}
	w.exec(`UPDATE sextant.run SET created_at = $2 WHERE id = $1`, r.ID, w.now)
	w.runs = append(w.runs, happened{stage, r, from, to, w.now, db.RunRunning, users})
}

func (w *operated) end(h *happened, status db.RunStatus) {
	w.Helper()
	if err := w.db.FinishRun(w.ctx, h.run.ID, status, db.RunProgress{}, "as simulated"); err != nil {
		w.Fatal(err)
	}
	h.status = status
}

// publish publishes the days of the newest run and ends it.
func (w *operated) publish(status db.RunStatus) string {
	w.Helper()
	h := &w.runs[len(w.runs)-1]
	for day := h.from; !h.to.Before(day); day = day.Add(1) {
		if err := w.db.InSlice(w.ctx, &h.run, func(tx *db.Tx) error {
			return tx.Publish(w.ctx, &h.run, db.Publication{Stage: h.stage, Day: day, Complete: !h.users, Revision: w.revision})
		}); err != nil {
			w.Fatal(err)
		}
		if !h.users {
			w.days = append(w.days, publishedDay{h.stage, day, w.now, w.revision})
		}
	}
	w.exec(`UPDATE sextant.published SET at = $2, stamp = $2 WHERE run_id = $1`, h.run.ID, w.now)
	w.end(h, status)
	return h.from.String() + " to " + h.to.String()
}

func (w *operated) pause(stage string) {
	w.Helper()
	if _, held := w.paused(stage); held {
		if got, err := w.service().Resume(w.ctx, stage, ""); err != nil || !got {
			w.Fatal(got, err)
		}
		delete(w.pauses, stage)
		return
	}
	var until *time.Time
	if w.rng.IntN(2) == 0 {
		t := w.now.Add(30 * time.Hour)
		until = &t
	}
	p, err := w.service().Pause(w.ctx, stage, "", until)
	if err != nil {
		w.Fatal(err)
	}
	w.pauses[stage] = p
}

func (w *operated) paused(stage string) (db.Pause, bool) {
	p, ok := w.pauses[stage]
	return p, ok && (p.Until == nil || w.now.Before(*p.Until))
}

func (w *operated) skip(stage string, day db.Day) {
	w.Helper()
	w.exec(`INSERT INTO sextant.run (id, stage, window_from, window_to, trigger, actor, status, lock_key, created_at)
		VALUES ($1, $2, $3, $3, 'cron', 'sim', 'skipped', 0, $4)`, uuid.New(), stage, day, w.now)
}

func (w *operated) calibrated(day db.Day) {
	w.Helper()
	c := inForce{uuid.New(), day, "v1", w.now}
	if w.rng.IntN(8) == 0 {
		c.version = "v2"
	}
	w.exec(`INSERT INTO sextant.calibration (run_id, model, version, data_day, prior_mean, prior_sd, in_force_at)
		VALUES ($1, '2PL', $2, $3, 0, 1, $4)`, c.id, c.version, c.day, c.at)
	w.banks = append(w.banks, c)
}

// expect is the state of a stage by the record, found the slow way.
func (w *operated) expect(stage string) (state jobs.State, due db.Day, data *db.Day) {
	minute, week, grace := map[string]int{features: 75, kpis: 130, calibrate: 180, inactive: 300}[stage], false, 30*time.Minute
	if stage == calibrate {
		week, grace = true, weeklyGrace
	}
	back := func(tick time.Time) time.Time {
		for tick.Hour()*60+tick.Minute() != minute || week && tick.Weekday() != time.Sunday {
			tick = tick.Add(-time.Minute)
		}
		return tick
	}
	tick := back(w.now.Truncate(time.Minute))
	due = db.DayOf(tick.Add(-24 * time.Hour))
	for _, d := range w.days {
		if d.stage == stage && (data == nil || data.Before(d.day)) {
			data = &d.day
		}
	}
	var try db.RunStatus
	for _, r := range w.runs {
		if r.stage != stage {
			continue
		}
		if r.status == db.RunRunning {
			return jobs.StateRunning, due, data
		}
		if !r.users && !r.to.Before(due) {
			try = r.status
		}
	}
	_, held := w.paused(stage)
	switch {
	case held:
		return jobs.StatePaused, due, data
	case data != nil && !data.Before(due):
		return jobs.StateFresh, due, data
	case try != "" && try != db.RunSucceeded:
		return jobs.StateFailed, due, data
	case data == nil:
		return jobs.StateNever, due, data
	}
	for ; data.Before(db.DayOf(tick.Add(-24 * time.Hour))); tick = back(tick.Add(-time.Minute)) {
		if w.now.Sub(tick) >= grace {
			return jobs.StateLate, due, data
		}
	}
	return jobs.StateDue, due, data
}

// expectNewer is what has changed under a stage by the record: which upstream,
// and its day.
func (w *operated) expectNewer(stage string) string {
	newest := map[db.Day]publishedDay{} // of each day, its last publication
	var mine *publishedDay
	for _, d := range w.days {
		if d.stage == stage {
			newest[d.day] = d
		}
	}
	for _, d := range newest {
		if mine == nil || mine.day.Before(d.day) {
			mine = &d
		}
	}
	if mine == nil {
		return ""
	}
	depth := map[string]int{features: 28, kpis: 56, calibrate: 30, inactive: 57}[stage]
	for _, u := range w.days {
		if stage == inactive && u.stage == kpis && u.at.After(mine.at) && !mine.day.Before(u.day) && mine.day.Sub(u.day) < depth {
			return kpis // of the days of one run any will do: their times are equal
		}
	}
	if stage == kpis || stage == inactive {
		var now, used *inForce
		for i, c := range w.banks {
			now = &w.banks[i]
			if !c.at.After(mine.at) {
				used = &w.banks[i]
			}
		}
		if now != nil && now.at.After(mine.at) &&
			(now.day.Before(mine.day) || used != nil && (!used.day.Before(now.day) || used.version != now.version)) {
			return calibrate + " " + now.day.String()
		}
	}
	var behind *db.Day
	for day, p := range newest {
		for _, o := range newest { // is the day still what the tables show?
			if day.Before(o.day) && (stage == calibrate || stage != features && day.Monday() == o.day.Monday()) {
				p.revision = w.revision
			}
		}
		for changed, revision := range w.changed {
			if revision > p.revision && !day.Before(changed) && day.Sub(changed) < depth && (behind == nil || day.Before(*behind)) {
				behind = &day
			}
		}
	}
	if behind != nil {
		return "sync-answers " + behind.String()
	}
	return ""
}

// Stages, failures, pauses, backfills, cancellations and republications over
// simulated weeks: after each, every stage is in the state that the record says.
func TestFreshnessOverSimulatedWeeks(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for seed := range uint64(3) {
		w := newOperated(t, seed)
		for range 70 {
			what := w.step()
			p, err := w.service().Pipeline(w.ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range p.Stages {
				if !slices.Contains(operatedStages, s.Name) {
					continue
				}
				state, due, data := w.expect(s.Name)
				newer := w.expectNewer(s.Name)
				seen[string(state)]++
				got := ""
				if n := s.UpstreamNewer; n != nil {
					seen["newer: "+n.Stage]++
					if got = n.Stage; n.Stage != kpis {
						got += " " + n.Day.String()
					}
				}
				lag := -1
				if data != nil {
					lag = max(0, due.Sub(*data))
				}
				gotLag := -1
				if s.LagDays != nil {
					gotLag = *s.LagDays
				}
				_, held := w.paused(s.Name)
				if s.State != state || *s.DueDay != due || gotLag != lag || got != newer || (s.Pause != nil) != held {
					t.Fatalf("seed %d at %s, after: %s: %s is %s, due %s, lag %d, newer %q (%s); want %s, due %s, lag %d, newer %q",
						seed, w.now.Format(time.DateTime), what, s.Name, s.State, s.DueDay, gotLag, got, s.Why, state, due, lag, newer)
				}
			}
		}
	}
	for _, want := range []string{"fresh", "due", "late", "failed", "running", "never", "paused", "newer: " + kpis, "newer: " + calibrate, "newer: sync-answers"} {
		if seen[want] == 0 {
			t.Errorf("the simulation never came to %q: %v", want, fmt.Sprint(seen))
		}
	}
}

// Which calibrations are news to what was published before them: not the next
// night's, which comes after by schedule.
func TestWhichCalibrationsAreNews(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		used, force int // the data days, against the stage's own; -9: none used
		version     string
		news        bool
	}{
		{"the next night's", -1, 0, "v1", false},
		{"the next night's, the contract's order turned round", 0, 1, "v1", false},
		{"the same day again", 0, 0, "v1", true},
		{"an older one put in force again", 0, -3, "v1", true},
		{"one that came late", -2, -1, "v1", true},
		{"another scale", -1, 0, "v2", true},
		{"the first of all, of the same day", -9, 0, "v1", false},
		{"the first of all, late", -9, -1, "v1", true},
	} {
		w := newOperated(t, 1)
		day := db.DayOf(w.now).Add(-3)
		force := func(offset int, version string) {
			w.now = w.now.Add(time.Hour)
			w.exec(`INSERT INTO sextant.calibration (run_id, model, version, data_day, prior_mean, prior_sd, in_force_at)
				VALUES ($1, '2PL', $2, $3, 0, 1, $4)`, uuid.New(), version, day.Add(offset), w.now)
		}
		if c.used != -9 {
			force(c.used, "v1")
		}
		w.now = w.now.Add(time.Hour)
		w.begin(kpis, day, day, false)
		w.publish(db.RunSucceeded)
		force(c.force, c.version)
		if n := w.status(kpis).UpstreamNewer; (n != nil) != c.news || n != nil && (n.Stage != calibrate || n.Day != day.Add(c.force)) {
			t.Errorf("%s: %+v, want news: %t", c.name, n, c.news)
		}
	}
}
