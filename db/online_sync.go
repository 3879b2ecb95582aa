package db

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// SessionSync is what SyncSessions did.
type SessionSync struct {
	Learners    []string  // whose answers changed, as the answers name them
	At          time.Time // by the database's clock, before anything was read
	Quarantined int64
}

// ErrSyncing says that a whole sync is under way, or none has run yet: sessions
// cannot be read singly now.
var ErrSyncing = errors.New("the answers are being synced as a whole")

// SyncSessions brings the answers of a few sessions up to date, as Sync would,
// without making a table: what a θ update at session end does first. Sources
// that keep no sessions are read by learner.
func (tx *Tx) SyncSessions(ctx context.Context, sessions, users []string) (SessionSync, error) {
	free, err := scalar[bool](ctx, tx.tx, `SELECT pg_try_advisory_xact_lock_shared($1)`, LockKey(syncLock))
	if err != nil {
		return SessionSync{}, err
	}
	st, err := readSyncState(ctx, tx.tx)
	if err != nil {
		return SessionSync{}, err
	}
	if !free || st.FullAt == nil {
		return SessionSync{}, ErrSyncing
	}
	s := &sessionSync{tx: tx, state: st, sessions: text(sessions), users: text(users)}
	out, err := s.run(ctx)
	out.At = st.Now
	return out, err
}

type sessionSync struct {
	tx              *Tx
	state           syncState
	sessions, users []string
}

// touchedDay is a UTC day of a learner whose answers changed.
type touchedDay struct {
	UserID string `db:"user_id"`
	Day    Day    `db:"day"`
}

func (s *sessionSync) run(ctx context.Context) (out SessionSync, err error) {
	sql, args, err := s.statement(ctx)
	if err != nil {
		return out, err
	}
	days, err := collect[touchedDay](ctx, s.tx.tx, sql, args...)
	if err != nil {
		return out, err
	}
	for _, d := range days {
		if !slices.Contains(out.Learners, d.UserID) {
			out.Learners = append(out.Learners, d.UserID)
		}
	}
	out.Quarantined, err = s.conclude(ctx, days, out.Learners)
	return out, err
}

// statement is the one that reads the source and writes the answers: a single
// snapshot, so that what is remembered of a session is what was read of it.
func (s *sessionSync) statement(ctx context.Context) (string, []any, error) {
	args := []any{s.state.Reader, s.state.Now, s.sessions}
	p, err := inspectPlatform(ctx, s.tx.tx)
	if err != nil {
		return "", nil, err
	}
	if err := p.readable(s.state.Reader); err != nil {
		return "", nil, err
	}
	switch s.state.Reader {
	case SourceExamResults:
		return p.examSessions(), args, nil
	case SourceAttempt:
		where := `a.session_id = ANY ($3::text[])`
		if !p.keyed {
			where = `a.id IN (SELECT a.id FROM public.attempt a WHERE ` + where + `)`
		}
		// By learner, for the index; an answer that moves to another learner is found by its key.
		return replaceAnswers(``, p.remembered(p.readAttempts(where)), `a.user_id = ANY ($4::text[]) AND a.session_id = ANY ($3::text[])`, ``),
			append(args, s.users), nil
	}
	args[2] = s.users
	since := s.state.Now.Add(-rereadDays).UTC().Format("2006-01-02 15:04:05.999999Z07:00")
	return replaceAnswers(``, p.remembered(readResponses(`r.user_id = ANY ($3::text[]) AND responded_at >= '`+since+`'`)),
		`a.user_id = ANY ($3::text[]) AND a.answered_at >= '`+since+`'`, ``), args, nil
}

// examSessions replaces the answers of the sessions $3 of exam_results and
// remembers what was seen of them.
func (p platform) examSessions() string {
	return replaceAnswers(`
	touched AS MATERIALIZED (SELECT e.* FROM public.exam_results e WHERE e.session_id = ANY ($3::text[])`+p.unforgotten("e.user_id")+`),`,
		readExams(`touched`), `a.source_key = ANY ($3::text[])`, rememberSessions)
}

var rememberSessions = `,
	odd AS (` + quarantine(badRows(`touched`)) + `),
	forgotten AS (
		DELETE FROM sextant.source_session s WHERE s.session_id = ANY ($3::text[])
		AND NOT EXISTS (SELECT FROM touched t WHERE t.session_id COLLATE "C" = s.session_id)),
	remembered AS (
		INSERT INTO sextant.source_session AS s (session_id, user_id, status, created_at, updated_at)
		SELECT session_id, nullif(user_id, ''), status, created_at, updated_at FROM touched
		ON CONFLICT (session_id) DO UPDATE SET user_id = excluded.user_id, status = excluded.status,
			created_at = excluded.created_at, updated_at = excluded.updated_at)`

// replaceAnswers is the statement that makes the answers in scope (a condition
// on sextant.answer a) those that read reads and returns the learners' days
// that changed. before and after are further parts of it.
func replaceAnswers(before, read, scope, after string) string {
	const key = `a.source_key = n.source_key AND a.position = n.position`
	return `
	WITH ` + before + `
	found AS MATERIALIZED (` + read + `),
	n AS MATERIALIZED (SELECT * FROM found n WHERE ` + taken + `),
	a AS MATERIALIZED (
		SELECT * FROM sextant.answer a WHERE ` + scope + ` UNION SELECT a.* FROM n JOIN sextant.answer a ON ` + key + `),
	gone AS (
		DELETE FROM sextant.answer d USING a WHERE d.source_key = a.source_key AND d.position = a.position
		AND NOT EXISTS (SELECT FROM n WHERE ` + key + `) RETURNING d.user_id, d.answered_at),
	written AS (
		INSERT INTO sextant.answer (` + answerColumns + `)
		SELECT ` + answerColumns + ` FROM n WHERE NOT EXISTS (SELECT FROM a WHERE ` + key + ` AND ` + sameAnswer + `)
		ON CONFLICT (source_key, position) DO UPDATE SET user_id = excluded.user_id, item_id = excluded.item_id,
			topic_id = excluded.topic_id, session_id = excluded.session_id, correct = excluded.correct,
			response_time_ms = excluded.response_time_ms, hints = excluded.hints, answered_at = excluded.answered_at
		RETURNING source_key, position, user_id, answered_at),
	bad AS (` + quarantine(`SELECT n.source_key, n.position, r.reason, n.raw FROM found n CROSS JOIN LATERAL unnest(n.problems) r (reason)`) + `)` +
		after + `
	SELECT DISTINCT user_id, (answered_at AT TIME ZONE 'UTC')::date AS day FROM (
		SELECT user_id, answered_at FROM gone
		UNION ALL SELECT user_id, answered_at FROM written
		UNION ALL SELECT a.user_id, a.answered_at FROM a JOIN written n ON ` + key + `) changed`
}

// conclude brings up to date what stands on the answers of the days touched.
// The days' revisions come last: other updates of the same day wait for them.
func (s *sessionSync) conclude(ctx context.Context, days []touchedDay, learners []string) (quarantined int64, err error) {
	users, dates := make([]string, len(days)), make([]time.Time, len(days))
	for i, d := range days {
		users[i], dates[i] = d.UserID, d.Day.Start()
	}
	const touched = `unnest($1::text[], $2::date[]) c (user_id, day)`
	var b pgx.Batch
	b.Queue(`UPDATE sextant.quarantine SET resolved_at = $2
		WHERE source = $1 AND source_key = ANY ($3::text[]) AND resolved_at IS NULL AND last_seen < $2`,
		s.state.Reader, s.state.Now, s.sessions)
	if len(days) > 0 {
		b.Queue(`DELETE FROM sextant.answer_tally t USING `+touched+` WHERE t.user_id = c.user_id COLLATE "C" AND t.day = c.day`, users, dates)
		b.Queue(`INSERT INTO sextant.answer_tally (`+tallyColumns+`) `+tally(touched+` JOIN sextant.answer a ON a.user_id = c.user_id COLLATE "C"
			AND a.answered_at >= c.day::timestamp AT TIME ZONE 'UTC' AND a.answered_at < (c.day + 1)::timestamp AT TIME ZONE 'UTC'`), users, dates)
		b.Queue(putLearners(learnerCounts(`sextant.answer WHERE user_id = ANY ($1::text[])`)), learners)
		b.Queue(`DELETE FROM sextant.learner l WHERE l.user_id = ANY ($1::text[])
			AND NOT EXISTS (SELECT FROM sextant.answer a WHERE a.user_id = l.user_id)`, learners)
		b.Queue(`INSERT INTO sextant.answer_day (day, revision)
			SELECT day, nextval('sextant.revision') FROM (SELECT DISTINCT day FROM unnest($1::date[]) d (day) ORDER BY day OFFSET 0) d
			ON CONFLICT (day) DO UPDATE SET revision = excluded.revision`, dates)
	}
	return 0, classify("sync the sessions", s.tx.tx.SendBatch(ctx, &b).Close())
}
