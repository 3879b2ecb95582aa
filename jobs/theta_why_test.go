package jobs_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"sextant/db"
	"sextant/jobs"
)

func (b *bench) why(user, topic string) jobs.ThetaWhy {
	b.Helper()
	w, err := b.service().WhyTheta(b.ctx, user, topic)
	if err != nil {
		b.Fatal(err)
	}
	return w
}

// addsUp checks that the prior's mean and the pulls make the θ, and that each
// answer pulls the way its verdict says.
func addsUp(t *testing.T, w jobs.ThetaWhy) {
	t.Helper()
	sum := w.PriorMean
	for _, u := range w.Used {
		sum += u.Pull
		if u.Correct && u.Pull < 0 || !u.Correct && u.Pull > 0 {
			t.Errorf("item %s (correct: %v) pulls %v", u.ItemID, u.Correct, u.Pull)
		}
		if want := u.C + (1-u.C)/(1+math.Exp(-u.A*(w.Theta-u.B))); math.Abs(u.Expected-want) > 1e-12 {
			t.Errorf("item %s: expected %v, want %v", u.ItemID, u.Expected, want)
		}
	}
	if math.Abs(sum-w.Theta) > 1e-6 {
		t.Errorf("prior mean and pulls make %v, θ is %v", sum, w.Theta)
	}
}

func (b *bench) busiest() string {
	b.Helper()
	return one[string](b, `SELECT user_id FROM sextant.answer WHERE answered_at >= '2026-03-10' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`)
}

func TestWhyExplainsTheThetaInForce(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	users := one[[]string](b, `SELECT array_agg(user_id) FROM (SELECT user_id FROM public.mirt_ability ORDER BY md5(user_id) LIMIT 25) u`)
	for _, user := range users {
		w := b.why(user, "")
		if addsUp(t, w); !w.Agrees || len(w.Notes) != 0 || w.Origin.Source != "calibration" || w.Lookback != 30 || w.Calibration == "" {
			t.Errorf("%s: stored %v, anew %v, %+v %v", user, w.Stored.Theta, w.Theta, w.Origin, w.Notes)
		}
		if total := one[int](b, `SELECT count(*) FROM sextant.answer WHERE user_id = $1`, user); len(w.Used)+len(w.LeftOut) != total {
			t.Errorf("%s: %d used and %d left out of %d", user, len(w.Used), len(w.LeftOut), total)
		}
		topics := one[[]string](b, `SELECT array_agg(topic_id) FROM public.student_topic_theta WHERE user_id = $1`, user)
		used := 0
		for _, topic := range topics {
			tw := b.why(user, topic)
			if addsUp(t, tw); !tw.Agrees || tw.PriorFrom+len(tw.Used) != len(w.Used) {
				t.Errorf("%s, %s: stored %v, anew %v; %d answers and %d others of %d", user, topic, tw.Stored.Theta, tw.Theta, len(tw.Used), tw.PriorFrom, len(w.Used))
			}
			if tw.PriorFrom > 0 && math.Abs(tw.PriorSD-jobs.TopicSD*w.PriorSD) > 1e-12 {
				t.Errorf("%s, %s: prior SD %v", user, topic, tw.PriorSD)
			}
			used += len(tw.Used)
		}
		if used != len(w.Used) {
			t.Errorf("%s: %d answers in topics, %d in all", user, used, len(w.Used))
		}
	}
}

// What is stored may not be what the answers give any more: why says so, and the
// likeliest cause.
func TestWhySaysWhenTheStoredThetaDiffers(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate", Date: day("2026-03-28")})
	user := b.busiest()
	differs := func(cause jobs.WhyCause, words string) {
		t.Helper()
		w := b.why(user, "")
		addsUp(t, w)
		if w.Agrees || w.Cause != cause || !strings.Contains(strings.Join(w.Notes, "\n"), words) {
			t.Errorf("agrees: %v, difference %v, cause %s, notes %q; want %s, %q", w.Agrees, w.Difference, w.Cause, w.Notes, cause, words)
		}
	}
	late := one[int](b, `SELECT count(*) FROM sextant.answer WHERE user_id = $1 AND answered_at >= '2026-03-29'`, user)
	w := b.why(user, "")
	reasons := map[jobs.Exclusion]int{}
	for _, x := range w.LeftOut {
		reasons[x.Code]++
		if x.Code == jobs.AnsweredLater && x.Reason != "answered after the estimate" {
			t.Errorf("left out: %+v", x)
		}
	}
	if late == 0 || reasons[jobs.AnsweredLater] != late || w.Later != late || !w.Agrees || w.Cause != "" || len(w.Notes) != 1 {
		t.Errorf("%d later answers, %d told, left out %v, cause %q, notes %q", late, w.Later, reasons, w.Cause, w.Notes)
	}
	b.exec(`UPDATE public.mirt_ability SET theta = theta + 0.5 WHERE user_id = $1`, user)
	b.exec(`UPDATE public.mirt_ability SET fitted_at = fitted_at - interval '1 hour' WHERE user_id = $1`, user)
	differs(jobs.CauseForeign, "something else wrote it")
	b.run(jobs.Request{Stage: "update-theta", Users: []string{user}, Options: map[string]string{"lookback-days": "20"}})
	if w := b.why(user, ""); !w.Agrees || w.Lookback != 20 || w.Origin.Source != "manual" {
		t.Errorf("after a recompute: %v against %v, %+v", w.Stored.Theta, w.Theta, w.Origin)
	}
	b.exec(`UPDATE sextant.answer SET correct = NOT correct WHERE user_id = $1`, user)
	differs(jobs.CauseAnswers, "re-graded")
	b.exec(`UPDATE sextant.answer SET correct = NOT correct WHERE user_id = $1`, user)
	b.exec(`UPDATE public.mirt_item_params SET params = params || jsonb_build_object('b', (params ->> 'b')::float8 + 1)`)
	b.exec(`INSERT INTO sextant.calibration (run_id, model, version, data_day, prior_mean, prior_sd, in_force_at)
		VALUES (gen_random_uuid(), '2PL', 'v1', '2026-03-31', 0, 1, now())`)
	differs(jobs.CauseCalibration, "has come into force since")
}

func TestWhyNeedsATheta(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "sync-answers"})
	var unknown *jobs.UnknownLearnerError
	if _, err := b.service().WhyTheta(b.ctx, "nobody", ""); !errors.As(err, &unknown) {
		t.Errorf("of nobody: %v", err)
	}
	var none *jobs.NoThetaError
	if _, err := b.service().WhyTheta(b.ctx, b.busiest(), ""); !errors.As(err, &none) {
		t.Errorf("without a θ: %v", err)
	}
}

// thetas are what is in force of a learner, as of what moment aside.
func (b *bench) thetas(user string) string {
	b.Helper()
	return one[string](b, `SELECT string_agg(concat_ws(' ', topic, theta, se), E'\n' ORDER BY topic) FROM (
		SELECT '' AS topic, theta, se FROM public.mirt_ability WHERE user_id = $1
		UNION ALL SELECT topic_id, theta, se FROM public.student_topic_theta WHERE user_id = $1) t`, user)
}

func TestRestoreUndoesARecompute(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	user := b.busiest()
	b.runner.Clock = time.Now // the history tells by the database's clock when a θ was estimated
	before, then := b.thetas(user), time.Now()
	b.run(jobs.Request{Stage: "update-theta", Users: []string{user}, Options: map[string]string{"lookback-days": "3000"}})
	recomputed := b.thetas(user)
	if recomputed == before {
		t.Fatal("the recompute changed nothing")
	}
	q := jobs.Request{Stage: "restore-theta", Users: []string{user}, Reason: "undo", Options: map[string]string{"at": then.UTC().Format(time.RFC3339Nano)}}
	counts := b.everything()
	p, err := b.runner.PreviewRestore(b.ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	if b.everything() != counts {
		t.Error("the preview wrote something")
	}
	inForce := one[float64](b, `SELECT theta FROM public.mirt_ability WHERE user_id = $1`, user)
	first := p[0].Thetas[0]
	if first.TopicID != nil || first.Now == nil || *first.Now != inForce || first.Theta == inForce || first.Source != "calibration" {
		t.Errorf("preview %+v", first)
	}
	run := b.run(q)
	if after := b.thetas(user); after != before {
		t.Errorf("restored:\n%s\nbefore the recompute:\n%s", after, before)
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.theta_history WHERE run_id = $1 AND source = 'manual'`, run.ID); n != len(p[0].Thetas) {
		t.Errorf("%d new rows in the history, want %d", n, len(p[0].Thetas))
	}
	if run.Reason != "undo" || run.RowsWritten != int64(2*len(p[0].Thetas)) {
		t.Errorf("run %+v", run)
	}
	if w := b.why(user, ""); w.Agrees || !strings.Contains(strings.Join(w.Notes, " "), "tester restored it") {
		t.Errorf("why says %q", w.Notes)
	}
	// To and fro: the recompute, too, can be brought back.
	q.Options["at"] = run.CreatedAt.UTC().Format(time.RFC3339Nano)
	b.run(q)
	if after := b.thetas(user); after != recomputed {
		t.Errorf("restored the recompute:\n%s\nwant:\n%s", after, recomputed)
	}
	// The next estimate is newer and stands.
	b.run(jobs.Request{Stage: "update-theta", Users: []string{user}, Options: map[string]string{"lookback-days": "3000"}})
	if after := b.thetas(user); after != recomputed {
		t.Error("a recompute after a restore does not come into force")
	}
}

// A topic that had no θ yet keeps what it has, for the history takes nothing back:
// the preview and the run's log name it.
func TestRestoreTellsWhatItLeaves(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(calibration("lookback-days", "12", "min-answers", "5", "max-residual", "0", "max-drift", "0"))
	user := one[string](b, `SELECT user_id FROM sextant.answer a WHERE topic_id IS NOT NULL AND EXISTS (SELECT FROM public.mirt_ability m WHERE m.user_id = a.user_id)
		GROUP BY 1 ORDER BY count(DISTINCT topic_id) - (SELECT count(*) FROM public.student_topic_theta t WHERE t.user_id = a.user_id) DESC, 1 LIMIT 1`)
	b.runner.Clock = time.Now
	then := time.Now()
	const topics = `SELECT coalesce(array_agg(topic_id ORDER BY topic_id COLLATE "C"), '{}') FROM public.student_topic_theta WHERE user_id = $1`
	had := one[[]string](b, topics, user)
	b.run(jobs.Request{Stage: "update-theta", Users: []string{user}, Options: map[string]string{"lookback-days": "3000"}})
	born := slices.DeleteFunc(one[[]string](b, topics, user), func(t string) bool { return slices.Contains(had, t) })
	if len(born) == 0 {
		t.Fatal("the recompute found no new topic")
	}
	q := jobs.Request{Stage: "restore-theta", Users: []string{user}, Options: map[string]string{"at": then.UTC().Format(time.RFC3339Nano)}}
	p, err := b.runner.PreviewRestore(b.ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, k := range p[0].Kept {
		kept = append(kept, k.TopicID)
		if now := one[float64](b, `SELECT theta FROM public.student_topic_theta WHERE user_id = $1 AND topic_id = $2`, user, k.TopicID); k.Theta != now || k.Source != "manual" {
			t.Errorf("%+v stays, in force is %v", k, now)
		}
	}
	if !slices.Equal(kept, born) || len(p[0].Thetas) != 1+len(had) {
		t.Errorf("the preview keeps %v and restores %d; want %v and %d", kept, len(p[0].Thetas), born, 1+len(had))
	}
	b.run(q)
	if words := fmt.Sprintf("keep the one they have\" learner=%s count=%d topics=", user, len(born)); !strings.Contains(b.log.String(), words) {
		t.Errorf("the log lacks %q", words)
	}
}

func TestRestoreRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	b.run(jobs.Request{Stage: "mirt-calibrate"})
	b.runner.Clock = time.Now
	user := b.busiest()
	try := func(user, at, words string) {
		t.Helper()
		q := jobs.Request{Stage: "restore-theta", Users: []string{user}, Trigger: db.TriggerCLI, Options: map[string]string{"at": at}}
		if _, err := b.runner.PreviewRestore(b.ctx, q); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("preview: %v, want %q", err, words)
		}
		if _, err := b.runner.Run(b.ctx, q); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("run: %v, want %q", err, words)
		}
	}
	before, now := b.thetas(user), time.Now().UTC().Format(time.RFC3339Nano)
	try(user, "2020-01-01T00:00:00Z", "the first was estimated at")
	try(user, "yesterday", "is not a moment")
	try(user, "2100-01-01T00:00:00Z", "still to come")
	try("nobody", now, "nothing to restore")
	b.exec(`INSERT INTO sextant.calibration (run_id, model, version, data_day, prior_mean, prior_sd, in_force_at)
		VALUES (gen_random_uuid(), '2PL', 'v2', '2026-03-31', 0, 1, now())`)
	try(user, now, "the two do not compare")
	if after := b.thetas(user); after != before {
		t.Error("a refused restore changed something")
	}
	b.runner.ReadOnly = true
	try2 := jobs.Request{Stage: "restore-theta", Users: []string{user}, Options: map[string]string{"at": now}}
	if _, err := b.runner.Run(b.ctx, try2); !errors.Is(err, jobs.ErrReadOnly) {
		t.Errorf("read-only: %v", err)
	}
}
