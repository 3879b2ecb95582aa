package db_test

import (
	"fmt"
	"strings"
	"testing"

	"sextant/db"
	"sextant/db/dbtest"
)

// crowd is a database of 30,000 learners, one active a minute, the first the
// most recently: more than a search looks at in any order before it asks the
// index. Of every tenth no θ is known.
func crowd(t *testing.T, more ...string) base {
	t.Helper()
	return migrated(t, append([]string{
		`INSERT INTO sextant.learner SELECT CASE n % 3 WHEN 0 THEN 'User-' WHEN 1 THEN '김서연-' ELSE 'kim.' END || lpad(n::text, 6, '0'),
			now() - n * interval '1 minute', now() - n * interval '1 minute', 1, 1 FROM generate_series(1, 30000) n`,
		`INSERT INTO public.mirt_ability (user_id, theta, se, version)
			SELECT user_id, right(user_id, 6)::int * 7 % 30000 / 10000.0, right(user_id, 6)::int * 11 % 30000 / 30000.0 + 0.1, 'v1'
			FROM sextant.learner WHERE right(user_id, 1) <> '7'`,
		`INSERT INTO public.weekly_kpi (user_id, week_start, kpis)
			SELECT user_id, '2026-03-02', jsonb_build_object('S', right(user_id, 6)::int * 13 % 30000 / 30000.0) FROM sextant.learner`,
		`ANALYZE`,
	}, more...)...)
}

func (b base) find(t *testing.T, f db.LearnerFilter) string {
	t.Helper()
	got, err := b.FindLearners(t.Context(), f)
	if err != nil {
		t.Fatalf("%+v: %v", f, err)
	}
	var ids []string
	for _, l := range got.Learners {
		ids = append(ids, l.UserID)
	}
	text := strings.Join(ids, " ")
	if got.More {
		text += " …"
	}
	if got.Partial != "" {
		text += " (" + got.Partial + ")"
	}
	return text
}

func TestLearnersOfACrowdAreFound(t *testing.T) {
	t.Parallel()
	b := crowd(t, `UPDATE sextant.learner SET user_id = 'a%b_c-d' WHERE user_id LIKE '%029999'`)
	for query, want := range map[string]string{
		"030000":               "User-030000",
		"KIM.00000":            "kim.000002 kim.000005 kim.000008",
		"김서연-03":               "", // none
		"연-0299":               "김서연-029902 김서연-029905 …",
		"%b_":                  "a%b_c-d",
		"_b_":                  "",
		"a%":                   "a%b_c-d (elsewhere only ids that begin with it: type a third character)",
		"A":                    "a%b_c-d (elsewhere only ids that begin with it: type a third character)",
		"김":                    "김서연-000001 김서연-000004 …",
		"user-029999999999999": "",
		"A%b":                  "a%b_c-d",
		"C-D":                  "a%b_c-d", // no trigram in it, and it is the last but one to be active
		"R-0":                  "User-000003 User-000006 …",
	} {
		limit := 3
		if strings.HasSuffix(want, "…") {
			limit = 2
		}
		if got := b.find(t, db.LearnerFilter{Query: query, Limit: limit, Whole: true}); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
}

func TestLearnersOfACrowdAreSorted(t *testing.T) {
	t.Parallel()
	// A newer week in which one learner's risk is gone, another's has no number and a third's is the greatest.
	b := crowd(t, `INSERT INTO public.weekly_kpi (user_id, week_start, kpis) VALUES ('User-000003', '2026-03-09', '{"S": 2}'),
		('김서연-000001', '2026-03-09', '{"S": "?"}'), ('kim.000002', '2026-03-09', '[]')`)
	for _, order := range []struct{ sort, key string }{
		{"active", `l.last_at DESC`}, {"id", `l.user_id`},
		{"theta", `m.theta DESC NULLS LAST, l.last_at DESC`}, {"se", `m.se DESC NULLS LAST, l.last_at DESC`},
		{"risk", `(SELECT CASE WHEN k.kpis -> 'S' IS NULL OR jsonb_typeof(k.kpis -> 'S') <> 'number' THEN NULL ELSE (k.kpis ->> 'S')::float8 END
			FROM public.weekly_kpi k WHERE k.user_id = l.user_id COLLATE "default" ORDER BY week_start DESC LIMIT 1) DESC NULLS LAST`},
	} {
		for query, limit := range map[string]int{"": 5, "김서연": 5, "0002": 5, "00299": 100} { // of the last, all; some have no θ
			want := strings.Join(b.lines(t, fmt.Sprintf(`SELECT l.user_id FROM sextant.learner l LEFT JOIN public.mirt_ability m ON m.user_id = l.user_id COLLATE "default"
				WHERE l.user_id LIKE '%%%s%%' ORDER BY %s LIMIT %d`, query, order.key, limit)), " ")
			got := strings.TrimSuffix(b.find(t, db.LearnerFilter{Query: query, Sort: order.sort, Limit: limit, Whole: true}), " …")
			if got != want {
				t.Errorf("%s %q:\n%s\nwant\n%s", order.sort, query, got, want)
			}
		}
	}
	if got := b.find(t, db.LearnerFilter{Sort: "id", Reverse: true, Limit: 1}); got != "김서연-029998 …" {
		t.Errorf("the last by id: %s", got)
	}
	if _, err := b.FindLearners(t.Context(), db.LearnerFilter{Sort: "shoe size"}); err == nil {
		t.Error("sorted by shoe size")
	}
}

func TestASearchWorksWithoutTrigrams(t *testing.T) {
	t.Parallel()
	b := crowd(t, `DROP INDEX sextant.learner_trgm`)
	if got := b.find(t, db.LearnerFilter{Query: "029999", Limit: 3, Whole: true}); got != "kim.029999" {
		t.Errorf("found %s", got)
	}
}

func TestASearchThatTakesTooLongSaysWhatItLookedThrough(t *testing.T) {
	t.Parallel()
	b := crowd(t)
	tx, err := b.sql.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(background()) }() // committed when all went well
	// In the order of θ the first look is not at this table.
	if _, err := tx.Exec(t.Context(), `LOCK TABLE sextant.learner`); err != nil {
		t.Fatal(err)
	}
	var found db.Learners
	searched := make(chan error, 1)
	go func() {
		var err error
		found, err = b.FindLearners(t.Context(), db.LearnerFilter{Query: "000003", Sort: "theta"})
		searched <- err
	}()
	const describing = `SELECT EXISTS (SELECT FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%WITH ORDINALITY o%')`
	dbtest.Until(t, "the search to give up", func() bool { return value[bool](t, b, describing) })
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-searched; err != nil || found.Partial != "only the first 5000 in this order were looked through" {
		t.Errorf("%+v, %v", found, err)
	}
}
