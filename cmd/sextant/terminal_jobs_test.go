package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"sextant/db/dbtest"
)

// mostKeys is how many keys a job may take of somebody who has read nothing.
const mostKeys = 12

// work is a job done in a terminal, its keys counted.
type work struct {
	*terminal
	pool *pgxpool.Pool
	keys []string
}

// newWork opens the console on a demo database that the statements have brought
// into the state that the job begins with.
func newWork(t *testing.T, statements ...string) *work {
	t.Helper()
	url := dbtest.New(t, demoTemplate)
	w := &work{pool: dbtest.Pool(t, url)}
	for _, sql := range statements {
		w.exec(t, sql)
	}
	w.terminal = newTerminal(t, url)
	w.shows("aggregate-features-daily", "? help")
	return w
}

// fewKeys fails when the job took too many.
func (w *work) fewKeys() {
	w.Helper()
	if n := len(w.keys); n > mostKeys {
		w.Errorf("the job took %d keys: %s", n, strings.Join(w.keys, " "))
	}
}

func (w *work) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := w.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// does presses one key and waits for what it brings.
func (w *work) does(key string, words ...string) {
	w.Helper()
	w.keys = append(w.keys, key)
	w.press(key)
	w.shows(words...)
}

// accepts is the two keys that take a confirmation.
func (w *work) accepts(words ...string) {
	w.Helper()
	w.keys = append(w.keys, "Tab", "Enter")
	w.accept(words...)
}

// typed types text, each character a key.
func (w *work) typed(text string, words ...string) {
	w.Helper()
	for _, r := range text {
		w.keys = append(w.keys, string(r))
	}
	w.press("-l", text)
	w.shows(words...)
}

func holds(t *testing.T, w *work, what, sql string, args ...any) {
	t.Helper()
	var ok bool
	if err := w.pool.QueryRow(t.Context(), sql, args...).Scan(&ok); err != nil || !ok {
		t.Errorf("%s: %v, %v", what, ok, err)
	}
}

const yesterday = `((now() AT TIME ZONE 'UTC')::date - 1)`

// ranByCron writes the ledger row of a stage's run for yesterday, as cron left it
// on another machine.
func ranByCron(stage, problem string) string {
	return `INSERT INTO sextant.run (id, stage, window_from, window_to, trigger, actor, host, version, status, lock_key, created_at, started_at, finished_at, error)
		SELECT gen_random_uuid(), '` + stage + `', ` + yesterday + `, ` + yesterday + `, 'cron', 'sextant', 'batch-2', '', 'failed', 1, now(), now(), now(), '` + problem + `'`
}

func TestJobFindWhyYesterdaysKPIsAreMissing(t *testing.T) {
	t.Parallel()
	w := newWork(t, `DELETE FROM sextant.published WHERE stage = 'compute-daily-kpis' AND data_day = `+yesterday, ranByCron("compute-daily-kpis", "No space left on device"))
	w.does("j", "the last try for", "No space left on device") // why
	w.does("l", "cron, sextant", "batch-2")
	w.does("R", "as-of day", "lookback-days")
	w.does("Enter", "would run compute-daily-kpis for 1 day")
	w.does("Enter", "[ Cancel ]")
	w.accepts("succeeded", "run ended")
	w.fewKeys()
	holds(t, w, "yesterday is published", `SELECT EXISTS (SELECT FROM sextant.published p JOIN sextant.run r ON r.id = p.run_id
		WHERE p.stage = 'compute-daily-kpis' AND p.data_day = `+yesterday+` AND p.complete AND r.trigger = 'console' AND r.status = 'succeeded')`)
}

func TestJobBackfillAMissingWeek(t *testing.T) {
	t.Parallel()
	week := yesterday + ` - 9 AND ` + yesterday + ` - 3`
	w := newWork(t, `DELETE FROM sextant.published WHERE stage = 'aggregate-features-daily' AND data_day BETWEEN `+week, `DELETE FROM public.features_topic_daily WHERE date BETWEEN `+week)
	w.does("Enter", "Runs", "RUN")
	w.does("B", "missing", "published") // the calendar, and the days filled in
	w.does("Enter", "would run aggregate-features-daily for 7 days", "not published yet")
	w.does("Enter", "[ Cancel ]", "7 days")
	w.accepts("succeeded", "run ended")
	w.fewKeys()
	holds(t, w, "the week is there", `SELECT count(DISTINCT date) = 7 FROM public.features_topic_daily WHERE date BETWEEN `+week)
	holds(t, w, "it says so", `SELECT count(DISTINCT data_day) = 7 FROM sextant.published WHERE stage = 'aggregate-features-daily' AND complete AND data_day BETWEEN `+week)
}

// partOf is a short part of the ids that finds one learner with a Korean name.
func partOf(t *testing.T, w *work) (part, user string) {
	t.Helper()
	rows, err := w.pool.Query(t.Context(), `SELECT l.user_id FROM sextant.learner l JOIN public.mirt_ability m ON m.user_id = l.user_id COLLATE "default" ORDER BY l.answers DESC, 1`)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		runes := []rune(id)
		if runes[0] < '가' || runes[0] > '힣' {
			continue
		}
		for n := 2; n <= 3; n++ {
			part := string(runes[:n])
			if !slices.ContainsFunc(ids, func(other string) bool { return other != id && strings.Contains(other, part) }) {
				return part, id
			}
		}
	}
	t.Fatal("no Korean name is found by its beginning alone")
	return "", ""
}

func TestJobUnderstandAndRecomputeALearner(t *testing.T) {
	t.Parallel()
	w := newWork(t)
	part, user := partOf(t, w)
	w.does("3", "LEARNER", "RISK")
	w.does("/", "search")
	w.typed(part, user, "1 learner")
	w.does("Enter", "θ", "scale v1", "History")
	w.does("w", "prior") // why
	w.does("T", "days back", "Left out")
	w.does("Enter", "Recompute θ of 1 learner", "[ Cancel ]")
	w.accepts("update-theta", "succeeded")
	w.does("Escape", user, "the stored estimate is what these answers give") // the new one
	w.fewKeys()
	holds(t, w, "the newest θ is by hand", `SELECT h.source = 'manual' AND r.trigger = 'console' AND r.status = 'succeeded' AND m.theta = h.theta
		FROM sextant.theta_history h JOIN sextant.run r ON r.id = h.run_id JOIN public.mirt_ability m ON m.user_id = h.user_id COLLATE "default" AND m.version = h.version
		WHERE h.user_id = $1 AND h.topic_id IS NULL ORDER BY h.estimated_at DESC LIMIT 1`, user)
}

func TestJobDecideOnARefusedCalibration(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, demoTemplate)
	w := &work{pool: dbtest.Pool(t, url)}
	// Half of the anchors say that they are far harder than they prove to be.
	w.exec(t, `UPDATE public.question SET meta = jsonb_set(meta, '{irt,b}', to_jsonb((meta #>> '{irt,b}')::float8 + 2.5))
		WHERE meta -> 'tags' ? 'anchor' AND id % 2 = 0`)
	w.exec(t, `DELETE FROM sextant.published WHERE stage = 'mirt-calibrate' AND data_day = `+yesterday)
	cron := benchOn(t, url)
	cron.fails(exitFailed, "drift", "run", "mirt-calibrate", "--trigger", "cron", "--quiet")
	w.terminal = newTerminal(t, url)
	w.shows("mirt-calibrate", "? help")
	w.does("j")
	w.does("j", "the last try for", "drift")
	w.does("l", "Failures 1", "drift")
	w.does("i", "ITEM", "force") // which items
	w.does("R", "force", "mirt-calibrate")
	w.does("Enter", "would run mirt-calibrate")
	w.does("Enter", "[ Cancel ]")
	w.accepts("succeeded", "run ended")
	w.fewKeys()
	holds(t, w, "the forced calibration is in force", `SELECT r.trigger = 'console' AND (r.params ->> 'force')::boolean FROM sextant.calibration c JOIN sextant.run r ON r.id = c.run_id
		WHERE c.bank = '' AND c.in_force_at IS NOT NULL ORDER BY c.in_force_at DESC LIMIT 1`)
}

func TestJobCancelARunOfAnotherMachine(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, demoTemplate)
	w := &work{pool: dbtest.Pool(t, url)}
	// A table that somebody holds keeps the run going for as long as the test wants.
	held, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Rollback(t.Context()) }() // it only held the table
	if _, err := held.Exec(t.Context(), `LOCK TABLE public.weekly_kpi IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	w.exec(t, `DELETE FROM sextant.published WHERE stage = 'compute-daily-kpis' AND data_day = `+yesterday)
	cron := exec.Command(os.Args[0], "run", "compute-daily-kpis", "--trigger", "cron", "--quiet")
	cron.Env = append(os.Environ(), asSextant+"=1", "DATABASE_URL="+url, "XDG_CONFIG_HOME="+t.TempDir())
	if err := cron.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cron.Wait() }()
	dbtest.Until(t, "the run", func() bool {
		tag, err := w.pool.Exec(t.Context(), `UPDATE sextant.run SET host = 'batch-7' WHERE stage = 'compute-daily-kpis' AND status = 'running'`)
		return err == nil && tag.RowsAffected() == 1
	})
	w.terminal = newTerminal(t, url)
	w.shows("compute-daily-kpis", "running", "? help")
	w.does("j", "batch-7")
	w.does("l", "cron, ", "batch-7", "X cancel")
	w.does("X", "[ Keep running ]", "1 run")
	w.accepts("cancelled")
	if err := <-ended; cron.ProcessState.ExitCode() != exitCancelled {
		t.Errorf("the run ended with %v", err)
	}
	w.fewKeys()
	holds(t, w, "it is cancelled, and nothing is published", `SELECT status = 'cancelled' AND cancel_requested_by IS NOT NULL
		AND NOT EXISTS (SELECT FROM sextant.published p WHERE p.run_id = r.id) FROM sextant.run r
		WHERE stage = 'compute-daily-kpis' ORDER BY created_at DESC LIMIT 1`)
}
