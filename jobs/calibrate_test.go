package jobs_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"sextant/db"
	"sextant/jobs"
	"sextant/jobs/demo"
)

// school is big enough for links and small enough for a second.
var school = demo.Options{Learners: 300, Items: 60, Days: 40, Seed: 5}

// inForceTables are the tables that a calibration brings into force.
var inForceTables = []string{"public.mirt_item_params", "public.mirt_ability", "public.student_topic_theta"}

func calibration(options ...string) jobs.Request {
	q := jobs.Request{Stage: "mirt-calibrate", Options: map[string]string{}, Trigger: db.TriggerCLI}
	for i := 0; i < len(options); i += 2 {
		q.Options[options[i]] = options[i+1]
	}
	return q
}

// linking reads the linking constants of a run's calibration.
func (b *bench) linking(r db.Run) (l struct {
	Method, To, Calibration string
	A, B, Residual          float64
	Items, Common           int
	Drifted                 []string
}) {
	b.Helper()
	if err := json.Unmarshal([]byte(one[string](b, `SELECT linking FROM sextant.calibration WHERE run_id = $1`, r.ID)), &l); err != nil {
		b.Fatal(err)
	}
	return l
}

// fails runs a stage that must fail with these words.
func (b *bench) fails(q jobs.Request, words string) {
	b.Helper()
	if r, err := b.runner.Run(b.ctx, q); err == nil || !strings.Contains(err.Error(), words) || r.Status != db.RunFailed {
		b.Errorf("run %s: %s, %v; want it to fail with %q", q.Stage, r.Status, err, words)
	}
}

// state is a stage's freshness.
func (b *bench) state(stage string) jobs.State {
	b.Helper()
	p, err := jobs.NewService(b.db, b.runner, jobs.About{}, nil).Pipeline(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range p.Stages {
		if s.Name == stage {
			return s.State
		}
	}
	b.Fatalf("no stage %s", stage)
	return ""
}

func TestABankOfItsOwnLeavesWhatIsPublishedAlone(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, school)
	topic := one[string](b, `SELECT topic_id FROM public.question GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`)
	only := calibration("topic", topic)
	only.Date = day("2026-03-28")
	first := b.run(only)
	if n := one[int](b, `SELECT count(*) FROM sextant.published WHERE scope = ''`); n != 0 {
		t.Fatal("a bank of its own makes the unfiltered stage look published")
	}
	for _, table := range inForceTables {
		if n := one[int](b, `SELECT count(*) FROM `+table); n != 0 {
			t.Fatalf("%s has %d rows", table, n)
		}
	}
	b.fails(calibration("subject", "77"), `bank "subject:77": no answers`)
	if state := b.state("mirt-calibrate"); state != jobs.StateNever {
		t.Errorf("after runs of banks of their own the stage is %s, want never", state)
	}
	b.run(calibration())
	b.run(jobs.Request{Stage: "compute-daily-kpis"})
	tables := append([]string{"public.weekly_kpi"}, inForceTables...)
	before := b.contents(tables...)

	second := b.run(calibration("topic", topic))
	subject := b.run(calibration("subject", "3"))
	b.run(jobs.Request{Stage: "compute-daily-kpis", Force: true})
	if after := b.contents(tables...); after != before {
		t.Errorf("what is published changed:\n%s\nbefore:\n%s", after, before)
	}
	if l := b.linking(second); l.To != "anchors" && l.Calibration != first.ID.String() {
		t.Errorf("the bank is linked to %+v, not to its own calibration before", l)
	}
	bank := "topic:" + topic
	for what, n := range map[string]int{
		"calibrations in the history":  one[int](b, `SELECT count(*) FROM sextant.calibration WHERE bank = $1 AND in_force_at IS NOT NULL`, bank),
		"rows of mirt_fit_meta":        one[int](b, `SELECT count(*) FROM public.mirt_fit_meta WHERE model_spec ->> 'bank' = $1`, bank),
		"days published for the bank":  one[int](b, `SELECT count(*) FROM sextant.published WHERE scope = $1`, bank),
		"days the θ history speaks of": one[int](b, `SELECT count(DISTINCT as_of) FROM sextant.theta_history WHERE bank = $1`, bank),
	} {
		if n != 2 {
			t.Errorf("%d %s, want 2", n, what)
		}
	}
	if n := one[int](b, `SELECT count(*) FROM sextant.item_history h WHERE run_id = $1
		AND NOT EXISTS (SELECT FROM sextant.answer a WHERE a.item_id = h.item_id AND a.topic_id = $2)`, second.ID, topic); n != 0 {
		t.Errorf("%d items of other topics are in the bank", n)
	}
	// The bank's answers are the subject's first answers, naively counted.
	want := one[int](b, `SELECT count(*) FROM (
		SELECT DISTINCT ON (a.user_id, a.item_id) x.exam_id, a.answered_at FROM sextant.answer a
		JOIN public.exam_results x USING (session_id) WHERE a.answered_at < '2026-04-01Z'
		ORDER BY a.user_id, a.item_id, a.answered_at, a.position, a.source_key) f
		WHERE exam_id = 3 AND answered_at >= '2026-03-02Z'`)
	if n := one[int](b, `SELECT sum(n) FROM sextant.item_history WHERE run_id = $1`, subject.ID); n != want {
		t.Errorf("the subject's bank stands on %d answers, want %d", n, want)
	}
}

func TestAnchorsAreHeldWhereAsked(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, school)
	b.exec(`UPDATE public.question SET meta = jsonb_set(meta, '{irt,a}', '"high"') WHERE id = (
		SELECT min(id) FROM public.question WHERE meta -> 'tags' ? 'anchor')`)
	r := b.run(calibration("anchors", "fixed"))
	l := b.linking(r)
	if l.Method != "fixed_anchors" || l.To != "anchors" || l.A != 1 || l.B != 0 || l.Items < 30 {
		t.Errorf("linking %+v", l)
	}
	const moved = `SELECT count(*) FROM public.mirt_item_params p JOIN public.question q ON q.id::text = p.item_id
		WHERE q.meta -> 'tags' ? 'anchor' AND (q.meta #>> '{irt,b}') ~ '^[-0-9.]+$' AND (q.meta #>> '{irt,a}') ~ '^[-0-9.]+$'
		  AND ((p.params ->> 'a')::float8 <> (q.meta #>> '{irt,a}')::float8 OR (p.params ->> 'b')::float8 <> (q.meta #>> '{irt,b}')::float8)`
	if n := one[int](b, moved); n != len(l.Drifted) {
		t.Errorf("%d anchors moved, %d had drifted", n, len(l.Drifted))
	}
	if p, err := b.db.CalibrationInForce(b.ctx, ""); err != nil || p.PriorMean == 0 || p.PriorSD == 1 {
		t.Errorf("the population is not free: %+v, %v", p, err)
	}
	if !strings.Contains(b.log.String(), `level=WARN msg="anchors left out: meta.irt of their questions holds no usable numbers"`) {
		t.Errorf("the anchor without numbers goes unmentioned:\n%s", b.log)
	}
	b.fails(calibration("anchors", "fixed", "model", "1pl"), "use --model rasch")
}

// Half of the anchors say that the learners are far abler than the other half do.
func TestContradictingAnchorsPublishNothing(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, school)
	b.run(calibration())
	before := b.contents(append([]string{"sextant.calibration", "sextant.theta_history", "public.mirt_fit_meta"}, inForceTables...)...)
	b.exec(`UPDATE public.question SET meta = jsonb_set(meta, '{irt,b}', to_jsonb((meta #>> '{irt,b}')::float8 + 2.5))
		WHERE meta -> 'tags' ? 'anchor' AND id % 2 = 0`)
	for _, anchors := range []string{"linked", "fixed"} {
		b.fails(calibration("anchors", anchors), "nothing is published and the parameters in force stay")
	}
	if after := b.contents(append([]string{"sextant.calibration", "sextant.theta_history", "public.mirt_fit_meta"}, inForceTables...)...); after != before {
		t.Errorf("something was published:\n%s\nbefore:\n%s", after, before)
	}
	forced := calibration()
	forced.Force = true
	b.run(forced)
	if !strings.Contains(b.log.String(), "published all the same, because of --force") {
		t.Errorf("the log does not say that it was forced:\n%s", b.log)
	}
	loose := calibration("max-residual", "0", "max-drift", "0")
	b.run(loose)
}

// Anchors whose curves all lie a little off, none of them far: no item has
// drifted, and the link as a whole is refused.
func TestALinkWithALargeResidualPublishesNothing(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, school)
	l := b.linking(b.run(calibration()))
	if len(l.Drifted) > 0 || l.Residual < 0.005 {
		t.Fatalf("linking %+v; the test wants a residual and no drift", l)
	}
	before := b.contents(inForceTables...)
	q := calibration("max-residual", fmt.Sprint(l.Residual-0.001))
	if _, err := b.runner.Run(b.ctx, q); err == nil || !strings.Contains(err.Error(), "the linking residual") || strings.Contains(err.Error(), "drifted") {
		t.Errorf("refused by %v; want the residual alone", err)
	}
	if after := b.contents(inForceTables...); after != before {
		t.Errorf("something was published:\n%s\nbefore:\n%s", after, before)
	}
	b.run(calibration("max-residual", fmt.Sprint(l.Residual+0.001)))
}

// An error of the scale past the alarm is told wherever somebody looks.
func TestTheScalesErrorIsTold(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, small)
	if p, err := b.service().Pipeline(b.ctx); err != nil || p.Scale != nil {
		t.Errorf("before the first calibration: %+v, %v", p.Scale, err)
	}
	b.run(calibration())
	for se, alarm := range map[float64]bool{0.05: false, 0.051: true} {
		b.exec(`UPDATE sextant.calibration SET linking = linking || jsonb_build_object('accumulated_se', $1::float8)`, se)
		p, err := b.service().Pipeline(b.ctx)
		if err != nil || p.Scale == nil || *p.Scale != (jobs.Scale{Version: "v1", AccumulatedSE: se, Alarm: alarm}) {
			t.Errorf("the pipeline says %+v, %v", p.Scale, err)
		}
		bank, err := b.service().Bank(b.ctx, "")
		if err != nil || bank.Linking.Alarm != alarm || bank.Linking.AccumulatedSE != se {
			t.Errorf("the bank says %+v, %v", bank.Linking, err)
		}
		d, err := b.service().Doctor(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := jobs.Finding{Level: jobs.LevelOK, Check: "scale", What: "the linking error of scale v1 since it began is 0.050"}
		if alarm {
			want.Level, want.What = jobs.LevelWarn, "the linking error of scale v1 since it began is 0.051, past the alarm of 0.05: "+
				"give calibrations more answers (--lookback-days) or anchors, or start a new scale (--scale)"
		}
		if !slices.Contains(d.Findings, want) {
			t.Errorf("doctor does not say %+v", want)
		}
	}
}

// Learners who have everything right or everything wrong: the population's
// variance grows without end.
func TestAFitThatDoesNotConvergePublishesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.exec(`CREATE TABLE public.responses AS
		SELECT 'u' || u AS user_id, i::text AS item_id, (u % 9) - (i % 7) + (u * 31 + i * 17) % 5 > 2 AS is_correct, timestamptz '2026-03-20Z' AS responded_at
		FROM generate_series(1, 60) u, generate_series(1, 8) i`)
	q := calibration("model", "rasch", "max-residual", "0", "max-drift", "0")
	b.run(q)
	tables := append([]string{"sextant.calibration", "sextant.theta_history", "public.mirt_fit_meta"}, inForceTables...)
	before := b.contents(tables...)
	b.exec(`UPDATE public.responses SET is_correct = substr(user_id, 2)::int % 2 = 0`)
	b.run(jobs.Request{Stage: "sync-answers", Options: map[string]string{"full": "true"}})
	b.fails(q, "the fit did not converge in 500 cycles; nothing is published and the parameters in force stay")
	if after := b.contents(tables...); after != before {
		t.Errorf("something was published:\n%s\nbefore:\n%s", after, before)
	}
	q.Force = true
	r := b.run(q)
	if n := one[int](b, `SELECT count(*) FROM public.mirt_fit_meta WHERE run_id = $1`, r.ID.String()); n != 1 {
		t.Errorf("forced, it has %d rows of mirt_fit_meta, want 1", n)
	}
}

func TestADriftedAnchorLeavesTheLink(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, school)
	const drifted = 1010
	b.exec(`UPDATE public.question SET meta = jsonb_set(meta, '{irt,b}', to_jsonb((meta #>> '{irt,b}')::float8 + 2)) WHERE id = $1`, drifted)
	if !one[bool](b, `SELECT meta -> 'tags' ? 'anchor' FROM public.question WHERE id = $1`, drifted) {
		t.Fatal("the item is no anchor")
	}
	r := b.run(calibration())
	if l := b.linking(r); fmt.Sprint(l.Drifted) != "[1010]" || l.Items >= l.Common {
		t.Errorf("linking %+v", l)
	}
	if !one[bool](b, `SELECT 'drift' = ANY (flags) FROM sextant.item_history WHERE run_id = $1 AND item_id = '1010'`, r.ID) {
		t.Error("the item is not flagged")
	}
}

func TestQuestionMetaIsWrittenOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, school)
	b.exec(`UPDATE public.question SET meta = NULL WHERE id = 1001`)
	b.exec(`UPDATE public.question SET meta = '["odd"]' WHERE id = 1002`)
	before := b.contents("public.question")
	b.run(calibration())
	if after := b.contents("public.question"); after != before {
		t.Error("the platform's questions changed without --update-question-meta")
	}
	asked := calibration("update-question-meta", "true")
	if p, err := b.runner.Preview(b.ctx, asked); err != nil || !strings.Contains(strings.Join(p.Notes, "\n"), "question.meta.irt") {
		t.Errorf("the preview does not speak of question.meta: %+v, %v", p.Notes, err)
	}
	b.exec(`CREATE TABLE before AS SELECT * FROM public.question`)
	b.run(asked)
	if n := one[int](b, `SELECT count(*) FROM public.question q JOIN before f USING (id)
		WHERE (to_jsonb(q) - 'meta', coalesce(q.meta, '{}') - 'irt') IS DISTINCT FROM (to_jsonb(f) - 'meta', coalesce(f.meta, '{}') - 'irt')
		   OR q.meta -> 'tags' ? 'anchor' AND q.meta <> f.meta OR f.id = 1002 AND q.meta <> f.meta`); n != 0 {
		t.Errorf("%d questions changed beyond meta.irt, or are anchors", n)
	}
	if n := one[int](b, `SELECT count(*) FROM public.question q JOIN public.mirt_item_params p ON p.item_id = q.id::text
		WHERE NOT coalesce(q.meta -> 'tags' ? 'anchor', false) AND q.id <> 1002 AND q.meta -> 'irt' IS DISTINCT FROM
			jsonb_build_object('a', p.params -> 'a', 'b', p.params -> 'b', 'c', p.params -> 'c', 'model', p.model)`); n != 0 {
		t.Errorf("%d questions do not carry the published parameters", n)
	}
	b.exec(`DROP TABLE before`)
	b.exec(`CREATE TABLE before AS SELECT id, xmin::text AS version FROM public.question`)
	b.run(asked)
	if n := one[int](b, `SELECT count(*) FROM public.question q JOIN before f USING (id) WHERE q.xmin::text <> f.version`); n != 0 {
		t.Errorf("%d rows that said the same already were written again", n)
	}
}

func near(x, y float64) bool { return math.Abs(x-y) < 1e-9 }

func TestItemsShowTheBankAndItsDrift(t *testing.T) {
	t.Parallel()
	b, _ := newDemoBench(t, school)
	s := jobs.NewService(b.db, b.runner, jobs.About{}, nil)
	if bank, err := s.Items(b.ctx, jobs.ItemFilter{}); err != nil || bank.Calibration != nil || len(bank.Items) != 0 {
		t.Errorf("before the first calibration: %+v, %v", bank, err)
	}
	old := calibration()
	old.Date = day("2026-03-20")
	b.run(old)
	b.run(calibration())
	bank, err := s.Items(b.ctx, jobs.ItemFilter{Sort: "drift"})
	if err != nil {
		t.Fatal(err)
	}
	if bank.Previous == nil || bank.Previous.DataDay != *day("2026-03-20") || len(bank.Items) != bank.Total || bank.Total < 50 {
		t.Fatalf("%d of %d items, previous %+v", len(bank.Items), bank.Total, bank.Previous)
	}
	last := 1e9
	for _, it := range bank.Items {
		if it.Dropped != nil {
			continue
		}
		var before, se float64
		if err := b.sql.QueryRow(b.ctx, `SELECT b, se_b FROM sextant.item_history WHERE run_id = $1 AND item_id = $2`, bank.Previous.RunID, it.ItemID).Scan(&before, &se); err != nil {
			continue // it was dropped then
		}
		z := (*it.B - before) / math.Hypot(*it.SEB, se)
		if it.Drift == nil || !near(it.Drift.DeltaB, *it.B-before) || !near(*it.Drift.ZB, z) || it.Infit == nil {
			t.Errorf("item %s: drift %+v, want ΔB %v, z %v", it.ItemID, it.Drift, *it.B-before, z)
		}
		if *it.Drift.Z() > last {
			t.Error("not sorted by drift")
		}
		last = *it.Drift.Z()
	}
	d, err := s.Item(b.ctx, "", bank.Items[0].ItemID)
	if err != nil || len(d.History) != 2 || d.Question == nil || d.History[0].Drift == nil || d.History[0].Drift.DeltaB != bank.Items[0].Drift.DeltaB || d.History[1].Drift != nil {
		t.Errorf("item %+v, %v", d, err)
	}
	if _, err := s.Item(b.ctx, "", "no-such"); err == nil || !strings.Contains(err.Error(), "unknown item") {
		t.Errorf("an unknown item: %v", err)
	}
	if _, err := s.Items(b.ctx, jobs.ItemFilter{Bank: "topic:none"}); err == nil || !strings.Contains(err.Error(), "no bank") {
		t.Errorf("an unknown bank: %v", err)
	}
	if _, err := s.Items(b.ctx, jobs.ItemFilter{Sort: "colour"}); err == nil {
		t.Error("an unknown order passes")
	}
}
