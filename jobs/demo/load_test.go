package demo

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"sextant/db"
	"sextant/db/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// open returns a fresh database, as Sextant and as a bare pool see it.
func open(t *testing.T) (*db.DB, *pgxpool.Pool) {
	t.Helper()
	url := dbtest.New(t, dbtest.Template{})
	d, err := db.Open(t.Context(), db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d, dbtest.Pool(t, url)
}

func query[T any](t *testing.T, p *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := p.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func TestLoadFillsThePlatform(t *testing.T) {
	t.Parallel()
	d, pool := open(t)
	var last Progress
	o := Options{Learners: 300, Days: 30, Seed: 5, Until: until}
	sum, err := Load(t.Context(), d, o, func(p Progress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	if last.Learners != 300 || last.Of != 300 || last.Sessions != sum.Sessions {
		t.Errorf("last progress %+v of %+v", last, sum)
	}
	for sql, want := range map[string]int{
		`SELECT count(*) FROM session`:                                                                  sum.Sessions,
		`SELECT count(*) FROM exam_results`:                                                             sum.Results,
		`SELECT count(*) FROM question`:                                                                 400,
		`SELECT count(*) FROM question WHERE meta->'tags' ? 'anchor'`:                                   40,
		`SELECT count(*) FROM classroom`:                                                                12,
		`SELECT count(*) FROM interest_goal`:                                                            sum.Goals,
		`SELECT count(*) FROM exam_results WHERE created_at >= date '2026-03-16'`:                       0,
		`SELECT count(DISTINCT created_at::date) FROM exam_results`:                                     30,
		`SELECT count(*) FROM exam_results LEFT JOIN session s ON s.id = session_id WHERE s.id IS NULL`: 0,
		`SELECT coalesce(sum(jsonb_array_length(result_json->'questions')), 0) FROM exam_results
		 WHERE status = 'ready' AND jsonb_typeof(result_json->'questions') = 'array'`: sum.Answers,
	} {
		if got := query[int](t, pool, sql); got != want {
			t.Errorf("%s: %d, want %d", sql, got, want)
		}
	}
	if n := query[float64](t, pool, `SELECT reltuples FROM pg_class WHERE oid = 'exam_results'::regclass`); int(n) != sum.Results {
		t.Errorf("the planner believes in %v results of %d", n, sum.Results)
	}
	if was, ok, err := Loaded(t.Context(), d); err != nil || !ok || was.Learners != 300 || was.Items != 400 || was.Seed != 5 || !was.Until.Equal(until) {
		t.Errorf("Loaded: %+v, %v, %v", was, ok, err)
	}
	if err := pool.QueryRow(t.Context(), `SELECT sum(item_id) FROM attempt`).Scan(new(any)); err == nil {
		t.Error("the attempt view survives malformed answers; its casts should fail")
	}
}

// TestUsableIsWhatASyncCanTake counts the usable answers by the contract's
// words, in SQL, beside the simulation's own count.
func TestUsableIsWhatASyncCanTake(t *testing.T) {
	t.Parallel()
	d, pool := open(t)
	sum, err := Load(t.Context(), d, Options{Learners: 600, Days: 40, Until: until}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := query[int](t, pool, `
		SELECT count(*)
		FROM (SELECT *, CASE jsonb_typeof(result_json->'questions') WHEN 'array' THEN result_json->'questions' END AS q
		      FROM exam_results WHERE status = 'ready' AND user_id <> '') r,
		     jsonb_array_elements(r.q) AS a
		WHERE a->>'question_id' ~ '^[0-9]+(\.0*)?$'
		  AND coalesce(a->>'is_correct', a->>'correct') IN ('true', 'false', 'yes', 'no', '1', '0')`)
	if got != sum.Usable || sum.Usable >= sum.Answers {
		t.Errorf("%d usable answers in the tables, Usable is %d of %d", got, sum.Usable, sum.Answers)
	}
	for i := range sessionFlaws {
		if sum.Flaws[sessionFlaws[i].name] == 0 {
			t.Errorf("no result with %q", sessionFlaws[i].name)
		}
	}
}

func TestAttemptViewReadsASoundPlatform(t *testing.T) {
	t.Parallel()
	d, pool := open(t)
	if _, err := Load(t.Context(), d, Options{Learners: 3, Days: 10, Until: until}, nil); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if _, err := pool.Exec(ctx, `TRUNCATE exam_results`); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(ctx, `
		INSERT INTO exam_results (id, session_id, user_id, status, result_json, created_at, updated_at)
		VALUES (gen_random_uuid(), 'one', '김서연-2041', 'ready', $1, '2026-03-01 10:00Z', '2026-03-01 10:00Z'),
		       (gen_random_uuid(), 'two', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'ready', $2, '2026-03-02 10:00Z', '2026-03-02 10:00Z'),
		       (gen_random_uuid(), 'three', 'x', 'pending', $2, '2026-03-02 10:00Z', '2026-03-02 10:00Z')`,
		`{"questions":[{"question_id":7,"is_correct":false,"time_spent_sec":1.5,"used_hints":2,"topic":"기하.원"},
		               {"question_id":"7","correct":true}]}`,
		`{"questions":[{"question_id":8,"is_correct":true}]}`); err != nil {
		t.Fatal(err)
	}
	const rows = `
		SELECT string_agg(concat_ws('|', student_id, item_id, correct, response_time_ms, hint_used, session_id, topic_id, completed_at::date),
		                  E'\n' ORDER BY session_id, response_time_ms) FROM attempt`
	want := query[string](t, pool, `SELECT md5('김서연-2041')::uuid::text`)
	want = want + "|7|f|1500|t|one|기하.원|2026-03-01\n" + want + "|7|t|f|one|2026-03-01\n" +
		"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|8|t|f|two|2026-03-02"
	if got := query[string](t, pool, rows); got != want {
		t.Errorf("attempt:\n%s\nwant\n%s", got, want)
	}
	const ids = `SELECT array_agg(id ORDER BY session_id, response_time_ms) FROM attempt`
	first := query[[]int64](t, pool, ids)
	if again := query[[]int64](t, pool, ids); !reflect.DeepEqual(first, again) || first[0] == first[1] {
		t.Errorf("ids %v, then %v", first, again)
	}
}

func TestLoadRefusesAndResets(t *testing.T) {
	t.Parallel()
	d, pool := open(t)
	ctx := t.Context()
	o := Options{Learners: 5, Days: 5, Until: until}
	if _, err := pool.Exec(ctx, `CREATE TABLE session (id text); CREATE VIEW attempt AS SELECT 1 AS id`); err != nil {
		t.Fatal(err)
	}
	_, err := Load(ctx, d, o, nil)
	if !errors.Is(err, db.ErrPlatformForeign) || !strings.HasPrefix(err.Error(), "attempt, session in schema public") {
		t.Errorf("over a platform's own tables: %v", err)
	}
	if err := d.DropPlatform(ctx); !errors.Is(err, db.ErrPlatformForeign) {
		t.Errorf("drop a platform's own tables: %v", err)
	}
	if n := query[int](t, pool, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`); n != 2 {
		t.Errorf("%d relations left, want the 2 that were there", n)
	}
	if _, err := pool.Exec(ctx, `DROP VIEW attempt; DROP TABLE session; CREATE TABLE weekly_kpi (user_id text)`); err != nil {
		t.Fatal(err)
	}
	if err := d.DropPlatform(ctx); err != nil {
		t.Errorf("drop where nothing is: %v", err)
	}
	for range 2 {
		if _, err := Load(ctx, d, o, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(ctx, d, o, nil); !errors.Is(err, db.ErrPlatformLoaded) {
			t.Errorf("a second load: %v", err)
		}
		if err := d.DropPlatform(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, err := Loaded(ctx, d); ok || err != nil {
		t.Errorf("Loaded after the drop: %v, %v", ok, err)
	}
	if n := query[int](t, pool, `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`); n != 1 {
		t.Errorf("%d tables left, want weekly_kpi alone", n)
	}
}

func TestInterruptedLoadLeavesNothing(t *testing.T) {
	t.Parallel()
	d, pool := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Load(ctx, d, Options{Until: until}, func(Progress) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := query[int](t, pool, `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`); n != 0 {
		t.Errorf("%d tables left", n)
	}
}

func TestCreatePlatformIsEmpty(t *testing.T) {
	t.Parallel()
	d, pool := open(t)
	if err := d.CreatePlatform(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, pool, `SELECT count(*) FROM attempt`); n != 0 {
		t.Errorf("%d attempts", n)
	}
	if _, ok, err := Loaded(t.Context(), d); ok || err != nil {
		t.Errorf("Loaded: %v, %v", ok, err)
	}
	indexed := query[bool](t, pool, `SELECT EXISTS (SELECT FROM pg_indexes WHERE tablename = 'exam_results' AND indexdef LIKE '%(updated_at)')`)
	if !indexed {
		t.Error("no index on exam_results(updated_at)")
	}
}
