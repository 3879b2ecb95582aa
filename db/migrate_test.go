package db_test

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/migrations"
)

// published is the contract's list of columns, in the form of publishedColumns.
const published = `features_topic_daily: attempts integer, avg_time_ms integer, computed_at timestamp with time zone, correct integer, date date, hints integer, improvement numeric(6,3), last_seen_at timestamp with time zone, rt_median integer, theta_estimate numeric(6,3), theta_sd numeric(6,3), topic_id text, user_id text
mirt_ability: fitted_at timestamp with time zone, model text, se double precision, theta double precision, user_id text, version text
mirt_fit_meta: fitted_at timestamp with time zone, metrics jsonb, model_spec jsonb, run_id text
mirt_item_params: fitted_at timestamp with time zone, item_id text, model text, params jsonb, version text
report_artifacts: format text, generated_at timestamp with time zone, id bigint, url text, user_id text, week_start date
student_topic_theta: fitted_at timestamp with time zone, model text, se double precision, theta double precision, topic_id text, user_id text, version text
weekly_kpi: created_at timestamp with time zone, kpis jsonb, updated_at timestamp with time zone, user_id text, week_start date`

const publishedColumns = `
	SELECT a.attrelid::regclass || ': ' || string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attname)
	FROM pg_attribute a
	WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT LIKE 'own%' AND a.attrelid IN (SELECT to_regclass('public.' || t) FROM unnest(ARRAY[
		'features_topic_daily', 'weekly_kpi', 'mirt_item_params', 'mirt_ability', 'mirt_fit_meta', 'student_topic_theta', 'report_artifacts']) t)
	GROUP BY a.attrelid ORDER BY 1`

// schemaDump describes every relation, column, index, function and trigger, the
// physical version of every catalog row of theirs included.
const schemaDump = `
	SELECT 'relation', c.oid::regclass::text, c.relkind::text, c.xmin::text, coalesce(pg_get_indexdef(i.indexrelid), '')
	FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
	WHERE c.relnamespace IN ('public'::regnamespace, 'sextant'::regnamespace)
	UNION ALL
	SELECT 'column', a.attrelid::regclass::text, a.attname, a.xmin::text, format_type(a.atttypid, a.atttypmod)
	FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	WHERE c.relnamespace IN ('public'::regnamespace, 'sextant'::regnamespace)
	UNION ALL
	SELECT 'constraint', conrelid::regclass::text, conname, xmin::text, pg_get_constraintdef(oid) FROM pg_constraint
	WHERE connamespace IN ('public'::regnamespace, 'sextant'::regnamespace)
	UNION ALL
	SELECT 'function', oid::regprocedure::text, '', xmin::text, prosrc FROM pg_proc
	WHERE pronamespace IN ('public'::regnamespace, 'sextant'::regnamespace)
	UNION ALL
	SELECT 'trigger', tgrelid::regclass::text, tgname, xmin::text, '' FROM pg_trigger
	UNION ALL
	SELECT 'migration', version_id::text, is_applied::text, xmin::text, tstamp::text FROM sextant.schema_version
	ORDER BY 1, 2, 3, 5`

func (b base) migrate(t *testing.T) db.Migrated {
	t.Helper()
	m, err := b.Migrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMigrateTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	b := empty(t)
	first := b.migrate(t)
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	if first.From != 0 || first.To == 0 || !slices.Equal(first.Applied, files) {
		t.Errorf("first migration: %+v", first)
	}
	diff(t, "published tables", b.rows(t, publishedColumns), published)
	before := b.rows(t, schemaDump)
	second := b.migrate(t)
	if second.From != first.To || second.To != first.To || len(second.Applied) != 0 {
		t.Errorf("second migration: %+v", second)
	}
	diff(t, "schema after the second", b.rows(t, schemaDump), before)
	if err := b.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMigrateAdoptsWhatThePlatformHas(t *testing.T) {
	t.Parallel()
	const day = `'2026-03-01'`
	for name, tables := range map[string][]string{
		"columns missing, columns of its own, no key": {
			`CREATE TABLE features_topic_daily (own int, user_id text, topic_id text, date date, attempts int)`,
			`INSERT INTO features_topic_daily VALUES (7, 'u', 't', ` + day + `, 3)`,
			`CREATE TABLE weekly_kpi (user_id text, week_start date, kpis jsonb)`,
			`INSERT INTO weekly_kpi VALUES ('u', '2026-02-23', '{"X": 1}')`,
			`CREATE TABLE mirt_ability (user_id text, theta float8, version text, own text)`,
			`CREATE TABLE report_artifacts (user_id text, week_start date, format text)`,
			`INSERT INTO report_artifacts VALUES ('u', '2026-02-23', 'html')`,
		},
		"empty tables without a column": {
			`CREATE TABLE features_topic_daily ()`, `CREATE TABLE weekly_kpi ()`, `CREATE TABLE mirt_item_params ()`,
			`CREATE TABLE mirt_ability ()`, `CREATE TABLE mirt_fit_meta ()`, `CREATE TABLE student_topic_theta ()`,
			`CREATE TABLE report_artifacts ()`,
		},
		"keys that cannot arbitrate": {
			`CREATE TABLE mirt_item_params (item_id text)`,
			`CREATE UNIQUE INDEX ON mirt_item_params (item_id) WHERE item_id <> ''`,
			`CREATE TABLE mirt_fit_meta (run_id text)`, `CREATE UNIQUE INDEX ON mirt_fit_meta (lower(run_id))`,
			`CREATE TABLE student_topic_theta (user_id text, topic_id text)`, `CREATE INDEX ON student_topic_theta (user_id, topic_id)`,
		},
		"keys in another order": {
			`CREATE TABLE features_topic_daily (date date, topic_id text, user_id text, PRIMARY KEY (date, topic_id, user_id))`,
			`CREATE TABLE mirt_ability (user_id text, version text, UNIQUE (version, user_id))`,
		},
		"its own attempt view": {
			`CREATE TABLE exam_results (session_id text, result_json jsonb)`,
			`CREATE VIEW attempt AS SELECT session_id FROM exam_results`,
		},
		"its own attempt table": {`CREATE TABLE attempt (id bigint, own text)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := empty(t, tables...)
			b.migrate(t)
			diff(t, "published tables", b.rows(t, publishedColumns), published)
			for _, upsert := range []string{
				`INSERT INTO features_topic_daily (user_id, topic_id, date, attempts) VALUES ('u', 't', ` + day + `, 9)
					ON CONFLICT (user_id, topic_id, date) DO UPDATE SET attempts = 9`,
				`INSERT INTO weekly_kpi (user_id, week_start, kpis) VALUES ('u', '2026-02-23', '{}')
					ON CONFLICT (user_id, week_start) DO NOTHING`,
				`INSERT INTO mirt_item_params (item_id) VALUES ('1') ON CONFLICT (item_id) DO NOTHING`,
				`INSERT INTO mirt_ability (user_id, version, theta) VALUES ('u', 'v1', 0) ON CONFLICT (user_id, version) DO NOTHING`,
				`INSERT INTO mirt_fit_meta (run_id) VALUES ('r') ON CONFLICT (run_id) DO NOTHING`,
				`INSERT INTO student_topic_theta (user_id, topic_id) VALUES ('u', 't') ON CONFLICT (user_id, topic_id) DO NOTHING`,
				`INSERT INTO report_artifacts (user_id, week_start, format) VALUES ('u', '2026-02-23', 'html')
					ON CONFLICT (user_id, week_start, format) DO NOTHING`,
			} {
				b.exec(t, upsert)
			}
			diff(t, "features", b.rows(t, `SELECT user_id, topic_id, attempts FROM features_topic_daily`), `u|t|9`)
			if n := value[int](t, b, `SELECT count(*) FROM report_artifacts WHERE id IS NOT NULL`); n != 1 {
				t.Errorf("%d reports with an id, want 1", n)
			}
			before := b.rows(t, schemaDump)
			b.migrate(t)
			diff(t, "schema after the second", b.rows(t, schemaDump), before)
		})
	}
}

func TestMigrateAddsNoKeyWhereOneServes(t *testing.T) {
	t.Parallel()
	b := empty(t, `CREATE TABLE mirt_ability (user_id text, version text, UNIQUE (version, user_id))`,
		`CREATE TABLE features_topic_daily (date date, topic_id text, user_id text, PRIMARY KEY (date, topic_id, user_id))`)
	b.migrate(t)
	diff(t, "keys", b.rows(t, `SELECT indexrelid::regclass FROM pg_index
		WHERE indisunique AND indrelid IN ('mirt_ability'::regclass, 'features_topic_daily'::regclass) ORDER BY 1`),
		"mirt_ability_version_user_id_key\nfeatures_topic_daily_pkey")
}

// Sextant cannot choose between two rows of one key: it changes nothing and names the table.
func TestMigrateRefusesDuplicateKeys(t *testing.T) {
	t.Parallel()
	b := empty(t, `CREATE TABLE mirt_ability (user_id text, version text)`,
		`INSERT INTO mirt_ability VALUES ('u', 'v1'), ('u', 'v1')`)
	_, err := b.Migrate(t.Context())
	if err == nil || !strings.Contains(err.Error(), "mirt_ability") || !strings.Contains(err.Error(), "(u, v1)") {
		t.Errorf("error %v; want one that names the table and the row", err)
	}
	if n := value[int](t, b, `SELECT count(*) FROM mirt_ability`); n != 2 {
		t.Errorf("%d rows left, want 2", n)
	}
	b.exec(t, `DELETE FROM mirt_ability WHERE ctid = (SELECT min(ctid) FROM mirt_ability)`)
	b.migrate(t)
}

func TestMigrateRefusesADeferrableKey(t *testing.T) {
	t.Parallel()
	b := empty(t, `CREATE TABLE mirt_ability (user_id text, version text, UNIQUE (user_id, version) DEFERRABLE)`)
	_, err := b.Migrate(t.Context())
	if err == nil || !strings.Contains(err.Error(), "key (user_id, version) of table mirt_ability is deferrable") {
		t.Errorf("error %v; want one that names the key", err)
	}
}

func TestConcurrentMigratesTakeTurns(t *testing.T) {
	t.Parallel()
	b := empty(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := b.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := b.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSchemaVersionIsChecked(t *testing.T) {
	t.Parallel()
	b := empty(t)
	if err := b.CheckSchema(t.Context()); !db.IsKind(err, db.KindNotMigrated) {
		t.Errorf("an empty database: %v, want KindNotMigrated", err)
	}
	b.exec(t, `CREATE SCHEMA sextant`)
	if err := b.CheckSchema(t.Context()); !db.IsKind(err, db.KindNotMigrated) {
		t.Errorf("an empty schema: %v, want KindNotMigrated", err)
	}
	b.migrate(t)
	b.exec(t, `INSERT INTO sextant.schema_version (version_id, is_applied) VALUES (999, true)`)
	if err := b.CheckSchema(t.Context()); !db.IsKind(err, db.KindTooNew) {
		t.Errorf("a newer schema: %v, want KindTooNew", err)
	}
	if _, err := b.Migrate(t.Context()); !db.IsKind(err, db.KindTooNew) {
		t.Errorf("migrate a newer schema: %v, want KindTooNew", err)
	}
	b.exec(t, `DELETE FROM sextant.schema_version WHERE version_id >= 3`)
	if err := b.CheckSchema(t.Context()); !db.IsKind(err, db.KindNotMigrated) {
		t.Errorf("an older schema: %v, want KindNotMigrated", err)
	}
}

func TestMigrateImportsTheta(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]string{
		"UTC":              "",
		"Asia/Seoul":       `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET timezone = ''Asia/Seoul'''; END $$`,
		"America/New_York": `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET timezone = ''America/New_York'''; END $$`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := empty(t, setting,
				`CREATE TABLE mirt_ability (user_id text, theta float8, se float8, model text, version text, fitted_at timestamptz)`,
				`INSERT INTO mirt_ability VALUES
					('a', 0.5, 0.3, '2PL', 'v1', '2026-01-31 23:59:59.999999Z'),
					('b', -1, 'NaN', NULL, NULL, '2026-02-01 00:00:00Z'),
					('c', 'NaN', 0.2, '2PL', 'v1', '2026-03-01Z'),
					('d', 'Infinity', 0.2, '2PL', 'v1', '2026-03-01Z'),
					('e', '-Infinity', 0.2, '2PL', 'v1', '2026-03-01Z'),
					('f', 1, -0.2, 'Rasch', 'v9', '1999-12-31 23:30:00Z'),
					('', 1, 0.1, '2PL', 'v1', '2026-03-01Z'),
					(NULL, 1, 0.1, '2PL', 'v1', '2026-03-01Z'),
					('g', NULL, 0.1, '2PL', 'v1', '2026-03-01Z')`,
				`CREATE TABLE student_topic_theta (user_id text, topic_id text, theta float8, se float8, fitted_at timestamptz)`,
				`INSERT INTO student_topic_theta VALUES ('a', 'math', 0.25, 'Infinity', '2026-02-28 20:00:00Z'), ('a', '', 1, 1, now())`)
			b.migrate(t)
			diff(t, "history", b.rows(t, `
				SELECT user_id, topic_id, theta, se, model, version, source, to_char(as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
				       right(tableoid::regclass::text, 20)
				FROM sextant.theta_history ORDER BY user_id, topic_id NULLS FIRST`), strings.TrimSpace(`
a|∅|0.5|0.3|2PL|v1|imported|2026-01-31 23:59:59|theta_history_202601
a|math|0.25|∅|2PL|v1|imported|2026-02-28 20:00:00|theta_history_202602
b|∅|-1|∅|2PL|v1|imported|2026-02-01 00:00:00|theta_history_202602
f|∅|1|∅|Rasch|v9|imported|1999-12-31 23:30:00|theta_history_199912`))
			if n := value[int](t, b, `SELECT count(*) FROM mirt_ability`); n != 9 {
				t.Errorf("%d published rows left, want all 9", n)
			}
		})
	}
}

// A moment no calendar page has is no moment: the θ counts from the migration.
func TestMigrateImportsThetaOfNoMoment(t *testing.T) {
	t.Parallel()
	b := empty(t, `CREATE TABLE mirt_ability (user_id text, theta float8, version text, fitted_at timestamptz)`,
		`INSERT INTO mirt_ability VALUES ('a', 1, 'v1', 'infinity'), ('b', 1, 'v1', '-infinity'), ('c', 1, 'v1', NULL),
			('d', 1, 'v1', '0044-03-15 BC'), ('e', 1, 'v1', '20000-01-01')`)
	b.migrate(t)
	diff(t, "history", b.rows(t, `SELECT user_id, as_of > now() - interval '1 minute' AND as_of <= now() FROM sextant.theta_history ORDER BY 1`),
		"a|true\nb|true\nc|true\nd|true\ne|true")
}

func TestMigrateUnderARoleNamedSextant(t *testing.T) {
	t.Parallel()
	b := empty(t)
	// The embedded server's own user is sextant: its "$user" schema precedes public
	// unless Sextant pins the search path.
	if user := value[string](t, b, `SELECT current_user`); user != "sextant" {
		t.Fatalf("connected as %s, want sextant", user)
	}
	b.migrate(t)
	b.migrate(t)
	b.exec(t, `CREATE TABLE public.exam_results (session_id text, user_id text, status text, result_json jsonb, created_at timestamptz, updated_at timestamptz)`)
	b.exec(t, `CREATE TABLE sextant.exam_results (trap text)`)
	if r := b.sync(t, db.SyncOptions{}); r.Source != db.SourceExamResults || r.Answers != 0 {
		t.Errorf("sync: %+v", r)
	}
	diff(t, "tables that strayed", b.rows(t, `SELECT relname FROM pg_class
		WHERE relnamespace = 'sextant'::regnamespace AND relname IN ('mirt_ability', 'weekly_kpi', 'goose_db_version')`), "")
}

func TestMigrateGivesUpOnABusyTable(t *testing.T) {
	t.Parallel()
	b := empty(t, `CREATE TABLE mirt_ability (user_id text)`)
	hold, err := b.sql.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback(background())
	if _, err := hold.Exec(t.Context(), `LOCK TABLE mirt_ability IN ACCESS SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	_, err = b.Migrate(t.Context())
	if !db.IsKind(err, db.KindTransient) || !strings.Contains(err.Error(), "db migrate") {
		t.Errorf("error %v; want KindTransient that says to run it again", err)
	}
	if err := hold.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.migrate(t)
	diff(t, "published tables", b.rows(t, publishedColumns), published)
}

// A table that lacks nothing is not locked: readers of a long transaction do not stop a migration.
func TestMigrateLeavesWholeTablesUnlocked(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.migrate(t)
	b.exec(t, `DROP SCHEMA sextant CASCADE`)
	hold, err := b.sql.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback(background())
	if _, err := hold.Exec(t.Context(), `UPDATE mirt_ability SET theta = 0; SELECT FROM features_topic_daily`); err != nil {
		t.Fatal(err)
	}
	b.migrate(t)
}

func TestMigrateNeedsNoRightToMakeSchemas(t *testing.T) {
	t.Parallel()
	b := empty(t)
	role := b.role(t, "maker")
	b.exec(t, `CREATE SCHEMA sextant AUTHORIZATION `+role+`; GRANT CREATE ON SCHEMA public TO `+role)
	d := dbtest.Open(t, strings.Replace(b.url, "sextant@", role+"@", 1))
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMigrateUnderAnotherCollation(t *testing.T) {
	t.Parallel()
	c := open(t, dbtest.New(t, dbtest.Template{Collated: true}), examTable)
	if got := value[string](t, c, `SELECT string_agg(v, '' ORDER BY v) FROM (VALUES ('B'), ('a')) x (v)`); got != "aB" {
		t.Fatalf("the collation sorts %s: it is no test", got)
	}
	c.migrate(t)
	for _, u := range []string{"b", "A", "a", "B", "가"} {
		c.exam(t, "s-"+u, u, `[{"question_id": 1, "is_correct": true, "topic": "t"}]`)
	}
	for range 2 {
		c.sync(t, db.SyncOptions{})
	}
	c.sync(t, db.SyncOptions{Full: true})
	diff(t, "learners, bytewise", c.rows(t, `SELECT user_id FROM sextant.learner ORDER BY user_id`), "A\nB\na\nb\n가")
	c.inTx(t, func(tx *db.Tx) error {
		_, n, err := tx.PublishFeatures(t.Context(), "s", db.FeaturesOptions{Day: day(t, "2026-03-01")})
		if n != 5 {
			t.Errorf("%d rows of features, want 5", n)
		}
		return err
	})
}

func day(t *testing.T, s string) db.Day {
	t.Helper()
	d, err := db.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
