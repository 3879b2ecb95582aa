package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// full reads the whole source into a new generation of sextant.answer without
// indexes (several times faster than keeping them up), indexes it, and swaps it
// for the old one, all in this transaction.
func (s *syncer) full(ctx context.Context) error {
	s.report.Mode = "full"
	views, err := s.views(ctx)
	if err != nil {
		return err
	}
	// Sessions are noted before they are read: what changes in between is read
	// again by the next sync, never missed. Aside, for source_session itself stays
	// open to previews until the swap; no temporary table, which several processes
	// could not read.
	const columns = `session_id, user_id, status, created_at, updated_at`
	note := step{"note the sessions", `CREATE UNLOGGED TABLE sextant.sync_seen (LIKE sextant.source_session)`, nil, nil}
	if s.reader == SourceExamResults {
		note = step{"note the sessions", `CREATE UNLOGGED TABLE sextant.sync_seen AS
			SELECT session_id COLLATE "C" AS session_id, nullif(user_id, '') AS user_id, status, created_at, updated_at
			FROM ` + s.platform.exams() + ` e`, nil, &s.report.Sessions}
	}
	if err := s.run(ctx, []step{note}); err != nil {
		return err
	}
	if err := s.build(ctx); err != nil {
		return err
	}
	// Counted aside, too: unlike INSERT, CREATE TABLE AS reads with all cores.
	if err := s.run(ctx, []step{
		{"tally the days", `CREATE TEMP TABLE sync_tally ON COMMIT DROP AS ` + tally(`sextant.answer_next a`), nil, nil},
		{"count the learners' answers", `CREATE TEMP TABLE sync_learner ON COMMIT DROP AS ` + learnerCounts(`sextant.answer_next`), nil, nil},
	}); err != nil {
		return err
	}
	if s.report.Answers, err = scalar[int64](ctx, s.tx.tx, `SELECT coalesce(sum(answers), 0)::bigint FROM sync_learner`); err != nil {
		return err
	}
	if err := s.compareDays(ctx); err != nil {
		return err
	}
	if err := s.swap(ctx, views); err != nil {
		return err
	}
	for _, r := range []struct{ table, columns, rows string }{
		{"sextant.source_session", columns, `SELECT ` + columns + ` FROM sextant.sync_seen`},
		{"sextant.answer_tally", tallyColumns, `SELECT ` + tallyColumns + ` FROM sync_tally`},
		{"sextant.learner", countColumns + `, revised`, `SELECT ` + countColumns + `, coalesce(revised, 0) FROM sync_learner LEFT JOIN sync_revised USING (user_id)`},
	} {
		if err := s.refill(ctx, r.table, `INSERT INTO `+r.table+` (`+r.columns+`) `+r.rows); err != nil {
			return err
		}
	}
	if err := s.rememberUnresolved(ctx, s.platform.from("attempt")+` a`); err != nil {
		return err
	}
	if err := s.run(ctx, []step{
		{"close what is mended", `UPDATE sextant.quarantine SET resolved_at = $1 WHERE resolved_at IS NULL AND last_seen < $1`, []any{s.state.Now}, nil},
		{"forget the notes", `DROP TABLE sextant.sync_seen`, nil, nil},
	}); err != nil {
		return err
	}
	return s.record(ctx, true, true)
}

// refill empties a table and fills it anew without its indexes, which it then
// gets back: kept up row by row, those of a million learners would take minutes.
func (s *syncer) refill(ctx context.Context, table, insert string) error {
	type index struct {
		Drop string `db:"drop"`
		Make string `db:"make"`
	}
	indexes, err := collect[index](ctx, s.tx.tx, `
		SELECT CASE WHEN c.oid IS NULL THEN format('DROP INDEX %s', i.indexrelid::regclass)
		            ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', i.indrelid::regclass, c.conname) END AS drop,
		       CASE WHEN c.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
		            ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', i.indrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) END AS make
		FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')
		WHERE i.indrelid = $1::regclass`, table)
	if err != nil {
		return err
	}
	steps := []step{{"empty " + table, `TRUNCATE ` + table, nil, nil}}
	for _, i := range indexes {
		steps = append(steps, step{"fill without indexes", i.Drop, nil, nil})
	}
	steps = append(steps, step{"fill " + table, insert, nil, nil})
	for _, i := range indexes {
		steps = append(steps, step{"index " + table, i.Make, nil, nil})
	}
	return s.run(ctx, append(steps, step{"analyze", `ANALYZE ` + table, nil, nil}))
}

// build makes sextant.answer_next, indexed, without what is set aside.
func (s *syncer) build(ctx context.Context) error {
	read, err := s.readAll(ctx)
	if err != nil {
		return err
	}
	steps := []step{
		// The planner expects a hundred answers of every session and shuns parallel
		// workers for their cost by the row; here they halve the time. INSERT could
		// not use them at all, which is why all that is large is made by CREATE TABLE.
		{"use all cores", `SET LOCAL parallel_tuple_cost = 0; SET LOCAL parallel_setup_cost = 0;
			SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '512MB'`, nil, nil},
		{"read the source", `CREATE TABLE sextant.answer_next AS ` + read, nil, nil},
		{"find bad answers", `CREATE TEMP TABLE sync_bad ON COMMIT DROP AS
			SELECT n.ctid AS place, n.source_key, n.position, n.problems, n.raw, ` + taken + ` AS taken FROM sextant.answer_next n
			WHERE n.problems IS NOT NULL`, nil, nil},
		{"set bad answers aside", quarantine(`
			SELECT b.source_key, b.position, r.reason, b.raw FROM sync_bad b CROSS JOIN LATERAL unnest(b.problems) r (reason)`),
			[]any{s.reader, s.state.Now}, &s.report.Quarantined},
		{"leave them out", `DELETE FROM sextant.answer_next WHERE ctid = ANY (ARRAY(SELECT place FROM sync_bad WHERE NOT taken))`, nil, nil},
		{"drop the working columns", `ALTER TABLE sextant.answer_next DROP COLUMN problems, DROP COLUMN raw`, nil, nil},
		// One statement reads the table once for all of them.
		{"constrain", `ALTER TABLE sextant.answer_next ALTER user_id SET NOT NULL, ALTER item_id SET NOT NULL,
			ALTER correct SET NOT NULL, ALTER hints SET NOT NULL, ALTER answered_at SET NOT NULL,
			ALTER source_key SET NOT NULL, ALTER position SET NOT NULL`, nil, nil},
		{"analyze", `ANALYZE sextant.answer_next`, nil, nil},
		{"index by key", `ALTER TABLE sextant.answer_next ADD CONSTRAINT answer_next_pkey PRIMARY KEY (source_key, position)`, nil, nil},
		{"index by learner", `CREATE INDEX answer_next_user ON sextant.answer_next (user_id, answered_at)`, nil, nil},
		{"index by moment", `CREATE INDEX answer_next_moment ON sextant.answer_next (answered_at)`, nil, nil},
	}
	if s.reader == SourceExamResults {
		steps = append(steps,
			step{"find bad rows", `CREATE TEMP TABLE sync_bad_row ON COMMIT DROP AS ` + badRows(s.platform.exams()), nil, nil},
			step{"set bad rows aside", quarantine(`SELECT * FROM sync_bad_row`), []any{s.reader, s.state.Now}, &s.report.Quarantined})
	}
	return s.run(ctx, steps)
}

// readAll reads the whole source, in the order of time, so that a day's answers
// lie in a few pages.
func (s *syncer) readAll(ctx context.Context) (string, error) {
	var read string
	switch s.reader {
	case SourceExamResults:
		read = readExams(s.platform.exams())
		inOrder, err := s.inOrder(ctx)
		if err != nil {
			return "", err
		}
		if inOrder {
			return read, nil // sorting would cost a third more, and nothing could be written meanwhile
		}
	case SourceAttempt:
		read = s.platform.remembered(s.platform.readAttempts(`true`))
	default:
		read = s.platform.remembered(s.platform.readResponses(`true`))
	}
	return `SELECT * FROM (` + read + `) answer ORDER BY answered_at`, nil
}

// inOrder reports whether the rows of exam_results lie in the order of time, as
// in a table that has grown: then their answers come in it as they are read, but
// for the few pages that the processes read at a time.
func (s *syncer) inOrder(ctx context.Context) (bool, error) {
	return scalar[bool](ctx, s.tx.tx, `SELECT EXISTS (SELECT FROM pg_stats
		WHERE schemaname = 'public' AND tablename = 'exam_results' AND attname = 'created_at' AND correlation > 0.99)`)
}

// compareDays marks the days whose answers are not what they were, and notes the
// learners who have some there: their past may have changed.
func (s *syncer) compareDays(ctx context.Context) error {
	const byDay = `SELECT (answered_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n,
		sum(hashtextextended(ROW(user_id, item_id, topic_id, session_id, correct, response_time_ms, hints, answered_at, source_key, position)::text, 0)) AS hash`
	// Without old answers every day is new: no need to hash the new ones.
	had, err := scalar[bool](ctx, s.tx.tx, `SELECT EXISTS (SELECT FROM sextant.answer)`)
	if err != nil {
		return err
	}
	changed, revised := `SELECT DISTINCT day FROM sync_tally`, `SELECT user_id, revised FROM sextant.learner`
	if had {
		changed = `SELECT coalesce(o.day, n.day) AS day
			FROM (` + byDay + ` FROM sextant.answer GROUP BY 1) o
			FULL JOIN (` + byDay + ` FROM sextant.answer_next GROUP BY 1) n ON n.day = o.day
			WHERE (o.n, o.hash) IS DISTINCT FROM (n.n, n.hash)`
		revised = `SELECT user_id, CASE WHEN c.since <= l.last_at THEN (SELECT nextval('sextant.revision')) ELSE l.revised END AS revised
			FROM sextant.learner l LEFT JOIN (
				SELECT user_id, min(day)::timestamp AT TIME ZONE 'UTC' AS since
				FROM (TABLE sextant.answer_tally UNION ALL TABLE sync_tally) t JOIN sync_day USING (day) GROUP BY user_id) c USING (user_id)
			WHERE c.since <= l.last_at OR l.revised > 0`
	}
	return s.run(ctx, []step{
		{"find the days that changed", `CREATE TEMP TABLE sync_day ON COMMIT DROP AS ` + changed, nil, nil},
		{"note whose past may have changed", `CREATE TEMP TABLE sync_revised ON COMMIT DROP AS ` + revised, nil, nil},
		{"mark the days", `
			INSERT INTO sextant.answer_day (day, revision)
			SELECT day, nextval('sextant.revision') FROM sync_day
			ON CONFLICT (day) DO UPDATE SET revision = excluded.revision`, nil, &s.report.Days},
	})
}

// swap puts the new generation in the old one's place: owner, grants, and the
// views that stand on it.
func (s *syncer) swap(ctx context.Context, views []step) error {
	rows, err := s.tx.tx.Query(ctx, `
		WITH old AS (SELECT * FROM pg_class WHERE oid = 'sextant.answer'::regclass),
		granted AS (
			SELECT acl.*, '' AS columns FROM old, aclexplode(old.relacl) acl
			UNION ALL
			SELECT acl.*, format(' (%I)', a.attname) FROM old JOIN pg_attribute a ON a.attrelid = old.oid, aclexplode(a.attacl) acl)
		SELECT format('ALTER TABLE sextant.answer OWNER TO %s', old.relowner::regrole) FROM old
		WHERE old.relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
		UNION ALL
		SELECT format('GRANT %s%s ON sextant.answer TO %s%s', privilege_type, columns,
			CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
			CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
		FROM granted`)
	if err != nil {
		return classify("read the grants", err)
	}
	grants, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return classify("read the grants", err)
	}
	steps := []step{
		{"swap", `ALTER TABLE sextant.answer RENAME TO answer_last`, nil, nil},
		{"swap", `ALTER TABLE sextant.answer_next RENAME TO answer`, nil, nil},
	}
	steps = append(steps, views...)
	steps = append(steps, step{"drop the old generation", `DROP TABLE sextant.answer_last`, nil, nil})
	for _, i := range []string{"pkey", "user", "moment"} {
		steps = append(steps, step{"swap", fmt.Sprintf(`ALTER INDEX sextant.answer_next_%s RENAME TO answer_%s`, i, i), nil, nil})
	}
	for _, g := range grants {
		steps = append(steps, step{"grant", g, nil, nil})
	}
	return s.run(ctx, steps)
}
