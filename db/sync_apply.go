package db

import (
	"context"
	"fmt"
)

// changes reads what the source changed since the last sync and applies the
// difference.
func (s *syncer) changes(ctx context.Context) error {
	if s.reader != SourceExamResults {
		return s.reread(ctx)
	}
	if err := s.run(ctx, []step{{"find changed sessions",
		`CREATE TEMP TABLE sync_session ON COMMIT DROP AS ` + s.platform.changedSessions(),
		[]any{s.state.watermark()}, &s.report.Sessions}}); err != nil {
		return err
	}
	reconcile := s.state.ReconciledAt == nil || s.state.Now.Sub(*s.state.ReconciledAt) > reconcileAfter
	if reconcile {
		s.report.Mode = "reconciled"
		if err := s.reconcile(ctx); err != nil {
			return err
		}
	}
	if s.report.Sessions > 0 {
		if err := s.applySessions(ctx); err != nil {
			return err
		}
	}
	return s.record(ctx, false, reconcile)
}

// watermark is the moment from which changes are looked for.
func (st syncState) watermark() any {
	if st.Watermark == nil {
		return "-infinity"
	}
	return st.Watermark.Add(-syncOverlap)
}

// reconcile compares the source with what was seen of it by day (a count and a
// hash) and adds the sessions of differing days that differ: transactions that
// committed late, deleted sessions, changes that did not move updated_at.
func (s *syncer) reconcile(ctx context.Context) error {
	const day = `coalesce((created_at AT TIME ZONE 'UTC')::date, '-infinity')`
	const hash = `count(*) AS n, sum(hashtextextended(ROW(session_id, user_id, status, created_at, updated_at)::text, 0)) AS hash`
	return s.run(ctx, []step{{"compare with the source by day", `
		INSERT INTO sync_session
		WITH exam AS MATERIALIZED (
			SELECT session_id COLLATE "C" AS session_id, nullif(user_id, '') COLLATE "C" AS user_id, status, created_at, updated_at,
			       ` + day + ` AS day
			FROM ` + s.platform.exams() + ` e
		), seen AS MATERIALIZED (
			SELECT session_id, user_id, status, created_at, updated_at, ` + day + ` AS day FROM sextant.source_session
		), bad AS (
			SELECT coalesce(t.day, o.day) AS day
			FROM (SELECT day, ` + hash + ` FROM exam GROUP BY day) t
			FULL JOIN (SELECT day, ` + hash + ` FROM seen GROUP BY day) o ON o.day = t.day
			WHERE (t.n, t.hash) IS DISTINCT FROM (o.n, o.hash)
		)
		SELECT e.session_id, e.user_id, e.status, e.created_at, e.updated_at
		FROM exam e LEFT JOIN sextant.source_session s ON s.session_id = e.session_id
		WHERE e.day IN (SELECT day FROM bad) AND (s.session_id IS NULL OR ` + differs + `)
		  AND NOT EXISTS (SELECT FROM sync_session c WHERE c.session_id = e.session_id)
		UNION ALL
		SELECT o.session_id, NULL, NULL, NULL, NULL
		FROM seen o
		WHERE o.day IN (SELECT day FROM bad) AND NOT EXISTS (SELECT FROM exam e WHERE e.session_id = o.session_id)`, nil, &s.report.Sessions}})
}

// applySessions replaces the answers of the sessions in sync_session.
func (s *syncer) applySessions(ctx context.Context) error {
	// In the collation of the platform's own index on session_id.
	touched := `(SELECT e.* FROM ` + s.platform.exams() + ` e JOIN sync_session c ON e.session_id = c.session_id COLLATE "default")`
	err := s.run(ctx, []step{
		{"count the changed sessions", `ANALYZE sync_session`, nil, nil},
		{"read the changed sessions", `CREATE TEMP TABLE sync_answer ON COMMIT DROP AS ` + readExams(touched), nil, nil},
		{"index them", `CREATE INDEX ON sync_answer (source_key, position)`, nil, nil},
		{"analyze them", `ANALYZE sync_answer`, nil, nil},
	})
	if err != nil {
		return err
	}
	if err := s.applyAnswers(ctx, `EXISTS (SELECT FROM sync_session c WHERE c.session_id = a.source_key)`); err != nil {
		return err
	}
	return s.run(ctx, []step{
		{"set bad rows aside", quarantine(badRows(touched)), []any{s.reader, s.state.Now}, &s.report.Quarantined},
		{"close what is mended", `
			UPDATE sextant.quarantine k SET resolved_at = $2
			FROM sync_session c
			WHERE k.source = $1 AND k.source_key = c.session_id AND k.resolved_at IS NULL AND k.last_seen < $2`,
			[]any{s.reader, s.state.Now}, nil},
		{"forget deleted sessions", `
			DELETE FROM sextant.source_session s USING sync_session c WHERE c.session_id = s.session_id AND c.status IS NULL`, nil, nil},
		{"remember the sessions", `
			INSERT INTO sextant.source_session AS s (session_id, user_id, status, created_at, updated_at)
			SELECT session_id, user_id, status, created_at, updated_at FROM sync_session WHERE status IS NOT NULL
			ON CONFLICT (session_id) DO UPDATE SET user_id = excluded.user_id, status = excluded.status,
				created_at = excluded.created_at, updated_at = excluded.updated_at`, nil, nil},
	})
}

// applyAnswers makes the answers in scope (a condition on sextant.answer a)
// those of sync_answer n, touching only rows that differ, and brings what
// stands on them up to date.
func (s *syncer) applyAnswers(ctx context.Context, scope string) error {
	const day = `(answered_at AT TIME ZONE 'UTC')::date`
	return s.run(ctx, []step{
		{"note what changes", `CREATE TEMP TABLE sync_touched (user_id text COLLATE "C", day date, since timestamptz) ON COMMIT DROP`, nil, nil},
		{"remove answers that are gone or differ", `
			WITH gone AS (
				DELETE FROM sextant.answer a WHERE ` + scope + `
				AND NOT EXISTS (SELECT FROM sync_answer n
					WHERE n.source_key = a.source_key AND n.position = a.position AND ` + taken + ` AND ` + sameAnswer + `)
				RETURNING a.user_id, a.answered_at)
			INSERT INTO sync_touched SELECT user_id, ` + day + `, '-infinity' FROM gone`, nil, &s.report.Removed},
		{"write new answers", `
			WITH new AS (
				INSERT INTO sextant.answer (` + answerColumns + `)
				SELECT ` + answerColumns + ` FROM sync_answer n WHERE ` + taken + `
				ON CONFLICT (source_key, position) DO NOTHING RETURNING user_id, answered_at)
			INSERT INTO sync_touched SELECT user_id, ` + day + `, answered_at FROM new`, nil, &s.report.Answers},
		{"set bad answers aside", quarantine(`
			SELECT n.source_key, n.position, r.reason, n.raw FROM sync_answer n CROSS JOIN LATERAL unnest(n.problems) r (reason)`),
			[]any{s.reader, s.state.Now}, &s.report.Quarantined},
		{"plan for them", `ANALYZE sync_touched`, nil, nil},
		// Before the days': who has seen theirs has seen this.
		{"note whose past changed", `
			UPDATE sextant.learner l SET revised = nextval('sextant.revision')
			FROM (SELECT user_id, min(since) AS since FROM sync_touched GROUP BY user_id) t
			WHERE t.user_id = l.user_id AND t.since <= l.last_at`, nil, nil},
		{"mark the days", `
			INSERT INTO sextant.answer_day (day, revision)
			SELECT day, nextval('sextant.revision') FROM (SELECT DISTINCT day FROM sync_touched) d
			ON CONFLICT (day) DO UPDATE SET revision = excluded.revision`, nil, &s.report.Days},
		{"forget the days' tallies", `
			DELETE FROM sextant.answer_tally t USING (SELECT DISTINCT user_id, day FROM sync_touched) c
			WHERE t.user_id = c.user_id AND t.day = c.day`, nil, nil},
		{"tally the days", `INSERT INTO sextant.answer_tally (` + tallyColumns + `) ` + tally(`(SELECT DISTINCT user_id, day FROM sync_touched) c JOIN sextant.answer a ON a.user_id = c.user_id
			AND a.answered_at >= c.day::timestamp AT TIME ZONE 'UTC' AND a.answered_at < (c.day + 1)::timestamp AT TIME ZONE 'UTC'`), nil, nil},
		{"count the learners' answers", putLearners(learnerCounts(`sextant.answer WHERE user_id IN (SELECT user_id FROM sync_touched)`)), nil, nil},
		{"forget learners without answers", `
			DELETE FROM sextant.learner l WHERE l.user_id IN (SELECT user_id FROM sync_touched)
			AND NOT EXISTS (SELECT FROM sextant.answer a WHERE a.user_id = l.user_id)`, nil, nil},
	})
}

// tallyColumns are sextant.answer_tally's, in the order of tally.
const tallyColumns = `user_id, topic_id, day, attempts, correct`

// tally counts answers a by learner, topic and day.
func tally(answers string) string {
	return `
		SELECT a.user_id, coalesce(a.topic_id, '') AS topic_id, (a.answered_at AT TIME ZONE 'UTC')::date AS day,
		       count(*) AS attempts, count(*) FILTER (WHERE a.correct) AS correct
		FROM ` + answers + ` GROUP BY 1, 2, 3 ORDER BY day`
}

// countColumns are sextant.learner's, in the order of learnerCounts.
const countColumns = `user_id, first_at, last_at, answers, sessions`

// learnerCounts counts answers by learner, as sextant.learner has them: first
// by session, since counting distinct ones in one go would sort every answer.
func learnerCounts(answers string) string {
	return `
		SELECT user_id, min(first_at) AS first_at, max(last_at) AS last_at, sum(answers)::bigint AS answers, count(*) AS sessions
		FROM (SELECT user_id, min(answered_at) AS first_at, max(answered_at) AS last_at, count(*) AS answers
		      FROM ` + answers + `
		      GROUP BY user_id, session_id, CASE WHEN session_id IS NULL THEN (answered_at AT TIME ZONE 'UTC')::date END) session
		GROUP BY user_id`
}

// putLearners brings sextant.learner up to date with such counts.
func putLearners(counts string) string {
	return `
		INSERT INTO sextant.learner AS l (` + countColumns + `)
		` + counts + `
		ON CONFLICT (user_id) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at,
			answers = excluded.answers, sessions = excluded.sessions`
}

// quarantine records the rows (source_key, position, reason, raw) of a query
// under source $1, seen at $2.
func quarantine(rows string) string {
	return `
		INSERT INTO sextant.quarantine AS k (source, source_key, position, reason, raw, first_seen, last_seen)
		SELECT $1, source_key, position, reason, raw, $2::timestamptz, $2::timestamptz FROM (` + rows + `) bad
		WHERE source_key IS NOT NULL
		ON CONFLICT (source, source_key, position, reason) DO UPDATE SET
			raw = excluded.raw, last_seen = excluded.last_seen, times_seen = k.times_seen + 1, resolved_at = NULL`
}

// reread reads the last days of a source that has no update time, and the
// sessions that have found their learner since.
func (s *syncer) reread(ctx context.Context) error {
	since := s.state.Now.Add(-rereadDays)
	read := s.platform.readResponses(`(responded_at >= $1 OR responded_at IS NULL)`)
	if s.reader == SourceAttempt {
		read = s.platform.readAttempts(s.recentAttempts())
	}
	if err := s.run(ctx, []step{
		{"read the newest answers", `CREATE TEMP TABLE sync_answer ON COMMIT DROP AS ` + s.platform.remembered(read), []any{since}, nil},
		{"index them", `CREATE INDEX ON sync_answer (source_key, position)`, nil, nil},
		{"analyze them", `ANALYZE sync_answer`, nil, nil},
	}); err != nil {
		return err
	}
	// By key and not with an OR, which would read every answer there is.
	scope := fmt.Sprintf(`(a.source_key, a.position) IN (SELECT source_key, position FROM sextant.answer WHERE answered_at >= '%s'
		UNION SELECT source_key, position FROM sync_answer)`, since.UTC().Format("2006-01-02 15:04:05.999999Z07:00"))
	if err := s.applyAnswers(ctx, scope); err != nil {
		return err
	}
	if err := s.run(ctx, []step{{"close what is mended", `
		UPDATE sextant.quarantine k SET resolved_at = $2
		FROM sync_answer n
		WHERE k.source = $1 AND k.source_key = n.source_key AND k.position = n.position AND k.resolved_at IS NULL AND k.last_seen < $2`,
		[]any{s.reader, s.state.Now}, nil}}); err != nil {
		return err
	}
	if err := s.rememberUnresolved(ctx, `sync_answer`); err != nil {
		return err
	}
	return s.record(ctx, false, true)
}

// recentAttempts is the condition for the attempts that reread reads. Where ids
// may repeat, all rows of an id are read together: only so is it known which of
// them counts.
func (s *syncer) recentAttempts() string {
	recent := `a.completed_at >= $1 OR a.completed_at IS NULL`
	if s.platform.hasColumn("attempt", "session_id") {
		recent += ` OR a.session_id IN (` + s.resolvable() + `)`
	}
	if s.platform.keyed {
		return recent
	}
	return `(` + recent + `) OR a.id IN (SELECT a.id FROM ` + s.platform.from("attempt") + ` a WHERE ` + recent + `)`
}

// resolvable lists the unresolved sessions that a session or result row now
// gives a learner.
func (s *syncer) resolvable() string {
	return `SELECT u.session_id COLLATE "default" FROM sextant.source_session u WHERE u.user_id IS NULL AND ` + s.resolved("u.session_id")
}

// resolved is the condition that the platform knows the learner of a session.
func (s *syncer) resolved(session string) string {
	found := `(false`
	if s.platform.reads("exam_results", "session_id", "user_id") {
		found += ` OR EXISTS (SELECT FROM ` + s.platform.from("exam_results") + ` e WHERE e.session_id = ` + session + ` COLLATE "default" AND e.user_id <> '')`
	}
	if s.platform.reads("session", "id", "user_id") {
		found += ` OR EXISTS (SELECT FROM ` + s.platform.from("session") + ` s WHERE s.id = ` + session + ` COLLATE "default" AND s.user_id <> '')`
	}
	return found + `)`
}

// rememberUnresolved keeps the list of sessions that fell back to student_id.
func (s *syncer) rememberUnresolved(ctx context.Context, answers string) error {
	if s.reader != SourceAttempt || !s.platform.hasColumn("attempt", "session_id") {
		return nil
	}
	return s.run(ctx, []step{
		{"forget sessions that resolved", `
			DELETE FROM sextant.source_session WHERE session_id COLLATE "default" IN (` + s.resolvable() + `)`, nil, nil},
		{"remember sessions that do not", `
			INSERT INTO sextant.source_session (session_id)
			SELECT n.session_id FROM (SELECT DISTINCT session_id FROM ` + answers + ` WHERE session_id <> '') n
			WHERE NOT ` + s.resolved("n.session_id") + `
			ON CONFLICT DO NOTHING`, nil, nil},
	})
}
