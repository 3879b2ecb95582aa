package jobs_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
	"sextant/jobs/demo"
)

// newOnlineBench gives a demo platform that lives now, calibrated, with the
// change trigger on it.
func newOnlineBench(t *testing.T) (*bench, []string) {
	t.Helper()
	b := newBench(t)
	return b, b.live()
}

// live fills the bench's database with such a platform and lists its learners.
func (b *bench) live() []string {
	b.Helper()
	b.runner.Clock = time.Now
	if _, err := demo.Load(b.ctx, b.db, demo.Options{Learners: 60, Items: 60, Days: 20, Until: db.DayOf(time.Now()).Add(-1).Start()}, nil); err != nil {
		b.Fatal(err)
	}
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	if err := b.db.InstallTriggers(b.ctx, 10*time.Second); err != nil {
		b.Fatal(err)
	}
	return one[[]string](b, `SELECT array_agg(user_id ORDER BY user_id) FROM mirt_ability`)
}

// online starts a worker that the test's end stops.
func (b *bench) online(name string) (stop func()) {
	b.Helper()
	return b.onlineOn(b.runner, name)
}

func (b *bench) onlineOn(r *jobs.Runner, name string) (stop func()) {
	b.Helper()
	return b.onlineOf(&jobs.Online{Runner: r, Name: name, Lookback: 30})
}

func (b *bench) onlineOf(o *jobs.Online) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.ctx))
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				b.Errorf("worker %s: %v", o.Name, err)
			}
		})
	}
	b.Cleanup(stop)
	return stop
}

func (b *bench) finish(r *rand.Rand, user string) string {
	b.Helper()
	sitter, err := demo.NewSitter(b.ctx, b.db)
	if err != nil {
		b.Fatal(err)
	}
	id, _, err := sitter.Finish(b.ctx, r, demo.Sitting{User: user, Theta: 2, At: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	return id
}

// served waits until no change is left.
func (b *bench) served() {
	b.Helper()
	dbtest.Until(b, "all changes are served", func() bool {
		return one[int](b, `SELECT count(*) FROM sextant.change`) == 0
	})
}

// fresh requires that each learner's θ is what a recompute would give.
func (b *bench) fresh(users []string) {
	b.Helper()
	previews, err := b.runner.PreviewTheta(b.ctx, jobs.Request{Stage: "update-theta", Users: users})
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range previews {
		if p.New == nil || p.Old == nil {
			b.Errorf("%s: outcome %s, in force %v", p.UserID, p.Outcome, p.Old)
			continue
		}
		if math.Abs(p.New.Theta-p.Old.Theta) > 1e-9 || math.Abs(*p.New.SE-*p.Old.SE) > 1e-9 || p.New.Model != p.Old.Model {
			b.Errorf("%s: θ in force %+v, a recompute gives %+v", p.UserID, p.Old, p.New)
		}
	}
	topics := one[int](b, `SELECT count(*) FROM student_topic_theta t JOIN mirt_ability m USING (user_id) WHERE user_id = ANY ($1) AND t.fitted_at <> m.fitted_at
		AND EXISTS (SELECT FROM sextant.answer a WHERE a.user_id = t.user_id AND a.topic_id = t.topic_id AND a.answered_at > now() - interval '1 hour')`, users)
	if topics > 0 {
		b.Errorf("%d topic θs are older than the overall ones", topics)
	}
}

func TestOnlineUpdatesThetaWhenSessionsEnd(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	b.online("one")
	b.online("two")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 90 {
		b.finish(r, users[i%30])
	}
	b.served()
	b.fresh(users[:30])
	if n := one[int](b, `SELECT count(*) FROM sextant.theta_history WHERE source = 'online' AND topic_id IS NULL`); n < 30 || n > 90 {
		t.Errorf("%d updates of 30 learners after 90 sessions", n)
	}
	if n := one[int](b, `SELECT count(*) FROM (SELECT FROM sextant.theta_history WHERE source = 'online' GROUP BY user_id, topic_id, as_of HAVING count(*) > 1) d`); n > 0 {
		t.Errorf("%d updates were done twice", n)
	}
}

// A burst of sessions of one learner that waits costs one update.
func TestOnlineCollapsesABurst(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		b.finish(r, users[0])
	}
	stop := b.online("one")
	b.served()
	stop()
	b.fresh(users[:1])
	if n := one[int](b, `SELECT count(*) FROM sextant.theta_history WHERE source = 'online' AND topic_id IS NULL`); n != 1 {
		t.Errorf("%d updates, want 1", n)
	}
	run := one[string](b, `SELECT concat_ws(' ', status, trigger, actor, units_done) FROM sextant.run WHERE stage = 'update-theta'`)
	if run != "succeeded event one 1" {
		t.Errorf("ledger: %s", run)
	}
}

// The nightly calibration does not replace the θ of a session after its day;
// the search brings such a learner onto the new parameters.
func TestOnlineFollowsACalibration(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	b.finishAll(21, users[:3])
	stop := b.online("one")
	b.served()
	stop()
	b.run(jobs.Request{Stage: "mirt-calibrate", Force: true})
	if n, _, err := b.db.FindUnserved(b.ctx, time.Time{}); err != nil || n != 3 {
		t.Errorf("%d learners found, %v, want the 3 who sat a session since", n, err)
	}
	b.online("two")
	b.everyone(users[:3])
}

func TestOnlineRespectsAPause(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	if err := b.db.Pause(b.ctx, db.Pause{Stage: "update-theta", Actor: "kim", Reason: "the items are being renumbered"}); err != nil {
		t.Fatal(err)
	}
	b.online("one")
	dbtest.Until(b, "the worker to see the pause", func() bool { return strings.Contains(b.log.String(), "paused by kim") })
	b.finishAll(23, users[:2])
	if n := one[int](b, `SELECT count(*) FROM sextant.change`); n != 4 {
		t.Errorf("%d changes wait, want the two sessions' four", n)
	}
	b.exec(`UPDATE sextant.pause SET until = now() WHERE stage = 'update-theta'`)
	b.everyone(users[:2])
}

func TestOnlineRecordsWhatGivesNoTheta(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	b.exec(`INSERT INTO session (id, user_id, status, created_at) VALUES ('unknown', 'nobody', 'completed', now())`)
	b.exec(`INSERT INTO exam_results (id, session_id, user_id, status, result_json, created_at, updated_at)
		VALUES (gen_random_uuid(), 'strange', 'somebody', 'ready', '{"questions": [{"question_id": 999999, "is_correct": true}]}', now(), now())`)
	b.online("one")
	b.served()
	got := one[string](b, `SELECT string_agg(user_id || ': ' || outcome, ', ' ORDER BY user_id) FROM sextant.theta_outcome`)
	if got != "nobody: no answers, somebody: no parameters" {
		t.Errorf("outcomes: %s", got)
	}
	if n, _, err := b.db.FindUnserved(b.ctx, time.Time{}); err != nil || n != 0 {
		t.Errorf("the search finds %d of them again: %v", n, err)
	}
	_ = users
}

// A learner whose update fails is recorded after three attempts and holds up nobody.
func TestOnlineSetsAPoisonLearnerAside(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	b.exec(`CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF NEW.user_id = '` + strings.ReplaceAll(users[3], "'", "''") + `' THEN RAISE 'poisoned'; END IF; RETURN NEW; END $$`)
	b.exec(`CREATE TRIGGER poison BEFORE INSERT OR UPDATE ON mirt_ability FOR EACH ROW EXECUTE FUNCTION poison()`)
	r := rand.New(rand.NewPCG(5, 6))
	for _, u := range users[:10] {
		b.finish(r, u)
	}
	stop := b.online("one")
	dbtest.Until(b, "the others are served", func() bool {
		return one[int](b, `SELECT count(DISTINCT user_id) FROM sextant.theta_history WHERE source = 'online'`) == 9
	})
	b.served()
	stop()
	b.fresh(append(append([]string{}, users[:3]...), users[4:10]...))
	failure := one[string](b, `SELECT concat_ws('|', subject, error) FROM sextant.run_failure`)
	if !strings.HasPrefix(failure, users[3]+"|") || !strings.Contains(failure, "poisoned") {
		t.Errorf("failure %q", failure)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.run WHERE status = 'partial' AND stage = 'update-theta'`); n != 1 {
		t.Errorf("%d partial runs", n)
	}
	if n, _, err := b.db.FindUnserved(b.ctx, time.Time{}); err != nil || n != 0 {
		t.Errorf("the search finds %d changes again: %v", n, err)
	}
}

// Without the trigger the worker searches, and finds what a long transaction
// commits late too.
func TestOnlineSearchesWithoutTheTrigger(t *testing.T) {
	t.Parallel()
	b, users := newOnlineBench(t)
	if err := b.db.RemoveTriggers(b.ctx, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	tx, err := b.sql.Begin(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	late := `INSERT INTO exam_results (id, session_id, user_id, status, result_json, created_at, updated_at)
		SELECT gen_random_uuid(), 'late', $1, 'ready', jsonb_build_object('questions',
			(SELECT jsonb_agg(jsonb_build_object('question_id', id, 'is_correct', true, 'topic', topic_id)) FROM question)), now(), now()`
	if _, err := tx.Exec(b.ctx, late, users[1]); err != nil {
		t.Fatal(err)
	}
	b.online("one")
	b.finish(rand.New(rand.NewPCG(7, 8)), users[0])
	updated := func(user string) bool {
		return one[bool](b, `SELECT EXISTS (SELECT FROM sextant.theta_history WHERE source = 'online' AND user_id = $1)`, user)
	}
	dbtest.Until(b, "the finished session is found", func() bool { return updated(users[0]) })
	if updated(users[1]) {
		t.Error("an uncommitted session was read")
	}
	if err := tx.Commit(b.ctx); err != nil {
		t.Fatal(err)
	}
	dbtest.Until(b, "the late session is found", func() bool { return updated(users[1]) })
	b.fresh(users[:2])
}
