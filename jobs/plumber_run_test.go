package jobs_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
)

// oddItem has parameters, and nobody's answer until odd gives one.
const oddItem = "777777"

// odd lets a learner finish a session with the odd item.
func (b *bench) odd(user string) {
	b.Helper()
	b.exec(`INSERT INTO mirt_item_params (item_id, model, params, version, fitted_at)
		SELECT $1, '2PL', '{"a": 1, "b": 0, "c": 0}', 'v1', now() WHERE NOT EXISTS (SELECT FROM mirt_item_params WHERE item_id = $1)`, oddItem)
	b.exec(`INSERT INTO exam_results (id, session_id, user_id, status, result_json, created_at, updated_at) VALUES
		(gen_random_uuid(), gen_random_uuid()::text, $1, 'ready', '{"questions": [{"question_id": 777777, "is_correct": true}]}', now(), now())`, user)
}

// plumberBench is an online bench that scores through a service, which can be
// switched to an answer of its own.
func plumberBench(t *testing.T, poison map[string]any) (*bench, []string, *atomic.Pointer[http.HandlerFunc]) {
	t.Helper()
	b, users := newOnlineBench(t)
	naive, other := jobs.NaivePlumber(poison), &atomic.Pointer[http.HandlerFunc]{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := other.Load(); h != nil {
			(*h)(w, r)
			return
		}
		naive.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.env["R_IRT_BASE_URL"] = server.URL
	b.runner.Defaults = map[string]string{"scorer": jobs.ScorerPlumber}
	return b, users, other
}

// onlinePlumber starts a worker that scores through the service.
func (b *bench) onlinePlumber() {
	b.onlineOf(&jobs.Online{Runner: b.runner, Name: "one", Lookback: 30, Scorer: jobs.ScorerPlumber})
}

// A worker whose service is away waits for it: no learner pays with an attempt,
// nothing is computed otherwise meanwhile, and the ledger says why.
func TestOnlineOutlastsItsPlumber(t *testing.T) {
	t.Parallel()
	b, users, other := plumberBench(t, nil)
	away := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"error": ["no R today"]}`)
	})
	other.Store(&away)
	b.onlinePlumber()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		b.finish(r, users[i%40])
	}
	dbtest.Until(t, "the worker waits", func() bool { return strings.Contains(b.log.String(), "θ updates wait for the R service") })
	if n := one[int](b, `SELECT count(*) FROM sextant.change WHERE attempts > 0`) + one[int](b, `SELECT count(*) FROM sextant.run_failure`); n > 0 {
		t.Errorf("%d attempts were taken for failed", n)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.theta_history WHERE source = 'online'`); n > 0 {
		t.Errorf("%d θs came from somewhere", n)
	}
	other.Store(nil)
	b.served()
	b.fresh(users[:40]) // by the service, as the runner's default is
	if log := b.log.String(); !strings.Contains(log, "answered 503 Service Unavailable: no R today") || !strings.Contains(log, "the R service answers again") {
		t.Errorf("the log says\n%s", log)
	}
	scorers := one[string](b, `SELECT string_agg(DISTINCT r.params ->> 'scorer', ' ') FROM sextant.run r JOIN sextant.theta_history h ON h.run_id = r.id WHERE h.source = 'online'`)
	if scorers != jobs.ScorerPlumber {
		t.Errorf("the ledger says that θ came from %s", scorers)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.run_event WHERE message LIKE 'θ updates wait%'`); n == 0 {
		t.Error("the ledger does not tell of the outage")
	}
}

// What the service cannot take of one learner costs that learner an attempt, and
// nobody else: an answer without a θ, a refusal, and a crash on this one alone.
func TestOnlineSetsAsideWhomThePlumberFails(t *testing.T) {
	t.Parallel()
	for name, poison := range map[string]any{"null": map[string]any{"theta": nil, "se": "NA"}, "refused": 422, "crashed": 500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, users, _ := plumberBench(t, map[string]any{oddItem: poison})
			r := rand.New(rand.NewPCG(3, 4))
			b.odd(users[3])
			for _, u := range users[:6] {
				b.finish(r, u)
			}
			b.onlinePlumber()
			dbtest.Until(t, "the others are served", func() bool {
				return one[int](b, `SELECT count(*) FROM sextant.change WHERE user_id <> $1`, users[3]) == 0 &&
					one[int](b, `SELECT count(*) FROM sextant.change WHERE user_id = $1 AND attempts > 0`, users[3]) > 0
			})
			if n := one[int](b, `SELECT count(*) FROM sextant.change WHERE user_id <> $1 AND attempts > 0`, users[3]); n > 0 {
				t.Errorf("%d of the others failed", n)
			}
			if n := one[int](b, `SELECT count(*) FROM sextant.theta_history WHERE source = 'online' AND user_id = $1`, users[3]); n > 0 {
				t.Errorf("%d θs of the learner who failed", n)
			}
			b.fresh(append(users[:3:3], users[4:6]...))
		})
	}
}

// A recompute and a calibration through the service write its θs and say so; a
// learner whom it fails keeps the θ they have, and the run is partial.
func TestRunsScoreThroughThePlumber(t *testing.T) {
	t.Parallel()
	b, users, other := plumberBench(t, map[string]any{oddItem: map[string]any{"theta": []any{nil}, "se": []any{nil}}})
	user := users[0]
	b.run(jobs.Request{Stage: "update-theta", Users: []string{user}, Options: map[string]string{"scorer": "engine"}})
	engine := one[float64](b, `SELECT theta FROM mirt_ability WHERE user_id = $1`, user)
	b.run(jobs.Request{Stage: "update-theta", Users: []string{user}})
	if got := one[float64](b, `SELECT theta FROM mirt_ability WHERE user_id = $1`, user); got == engine || math.Abs(got-engine) > 0.02 {
		t.Errorf("θ is %v by the service and %v by the engine", got, engine)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.run_event WHERE message = 'θ comes from the R service'`); n != 1 {
		t.Errorf("the ledger says %d times that θ comes from the service", n)
	}
	w, err := b.service().WhyTheta(b.ctx, user, "")
	if err != nil || w.Origin.Scorer != jobs.ScorerPlumber || len(w.Notes) == 0 || !strings.Contains(w.Notes[0], "came from the R service") || math.Abs(w.Theta-engine) > 1e-9 {
		t.Errorf("why: %v, by the engine %v; origin %+v, notes %q, %v", w.Theta, engine, w.Origin, w.Notes, err)
	}
	broken := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") })
	other.Store(&broken)
	before := one[string](b, `SELECT md5(string_agg(m::text, ',' ORDER BY user_id)) FROM mirt_ability m`)
	for _, q := range []jobs.Request{{Stage: "update-theta", Users: users[:3], Trigger: db.TriggerCLI}, {Stage: "mirt-calibrate", Force: true, Trigger: db.TriggerCLI}} {
		if run, err := b.runner.Run(b.ctx, q); err == nil || !strings.Contains(err.Error(), "something else than JSON") || run.Status != "failed" {
			t.Errorf("%s: %s, %v", q.Stage, run.Status, err)
		}
	}
	if after := one[string](b, `SELECT md5(string_agg(m::text, ',' ORDER BY user_id)) FROM mirt_ability m`); after != before {
		t.Error("θ changed without the service")
	}
	other.Store(nil)
	b.exec(`UPDATE exam_results SET result_json = jsonb_set(result_json, '{questions}', result_json -> 'questions' || '[{"question_id": 777777, "is_correct": true}]'), updated_at = now()
		WHERE id = (SELECT id FROM exam_results WHERE user_id = $1 AND jsonb_typeof(result_json -> 'questions') = 'array' AND status = 'ready' AND created_at < date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' ORDER BY created_at DESC LIMIT 1)`, users[3])
	b.exec(`INSERT INTO mirt_item_params (item_id, model, params, version, fitted_at) VALUES ($1, '2PL', '{"a": 1, "b": 0, "c": 0}', 'v1', now())`, oddItem)
	b.exec(`CREATE TABLE kept AS SELECT user_id, theta FROM mirt_ability`)
	run, err := b.runner.Run(b.ctx, jobs.Request{Stage: "mirt-calibrate", Force: true, Trigger: db.TriggerCLI})
	if run.Status != "partial" || err == nil || !strings.Contains(err.Error(), "gave no θ: theta null, se null") {
		t.Fatalf("%s: %v", run.Status, err)
	}
	got := one[string](b, `SELECT concat_ws(' ', (SELECT string_agg(kind || ' ' || subject, ', ') FROM sextant.run_failure WHERE run_id = $1),
		(SELECT count(*) FROM sextant.published WHERE run_id = $1), (SELECT model_spec ->> 'scorer' FROM mirt_fit_meta WHERE run_id = $1::text),
		(SELECT count(*) FROM sextant.theta_history WHERE run_id = $1 AND user_id = $2),
		(SELECT concat_ws(' ', bool_or(m.theta = k.theta) FILTER (WHERE user_id = $2), count(*) FILTER (WHERE m.theta <> k.theta) > 40) FROM mirt_ability m JOIN kept k USING (user_id)))`, run.ID, users[3])
	if want := "learner " + users[3] + " 1 plumber 0 t t"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
