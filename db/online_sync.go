package db

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// SessionSync is what SyncSessions did.
type SessionSync struct {
	Learners []string  // whose answers changed, as the answers name them
	At       time.Time // by the database's clock, before anything was read
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
	UserID  string `db:"user_id"`
	Day     Day    `db:"day"`
	Recount bool   `db:"recount"` // the learner did more than finish new sessions
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
	seen := map[string]bool{}
	for _, d := range days {
		if !seen[d.UserID] {
			seen[d.UserID] = true
			out.Learners = append(out.Learners, d.UserID)
		}
	}
	return out, s.conclude(ctx, days)
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
			where = `a.id IN (SELECT a.id FROM ` + p.from("attempt") + ` a WHERE ` + where + `)`
		}
		// By learner, for the index; an answer that moves to another learner is found by its key.
		return replaceAnswers(``, p.remembered(p.readAttempts(where)),
			theirAnswers(`a.user_id = ANY ($4::text[]) AND a.session_id = ANY ($3::text[])`), ``), append(args, s.users), nil
	}
	args[2] = s.users
	since := s.state.Now.Add(-rereadDays).UTC().Format("2006-01-02 15:04:05.999999Z07:00")
	return replaceAnswers(``, p.remembered(p.readResponses(`r.user_id = ANY ($3::text[]) AND responded_at >= '`+since+`'`)),
		theirAnswers(`a.user_id = ANY ($3::text[]) AND a.answered_at >= '`+since+`'`), ``), args, nil
}

// examSessions replaces the answers of the sessions $3 of exam_results and
// remembers what was seen of them.
func (p platform) examSessions() string {
	return replaceAnswers(`
	touched AS MATERIALIZED (SELECT e.* FROM `+p.from("exam_results")+` e WHERE e.session_id = ANY ($3::text[])`+p.unforgotten("e.user_id")+`),`,
		readExams(`touched`), `SELECT * FROM sextant.answer a WHERE a.source_key = ANY ($3::text[])`, rememberSessions)
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

// theirAnswers are the answers in scope (a condition on sextant.answer a) and those
// with the key of one that was read.
func theirAnswers(scope string) string {
	return `SELECT * FROM sextant.answer a WHERE ` + scope + ` UNION SELECT a.* FROM n JOIN sextant.answer a ON ` + sameKey
}

const sameKey = `a.source_key = n.source_key AND a.position = n.position`

// replaceAnswers is the statement that makes the answers that stand those that
// read reads and returns the learners' days that changed. Sessions that are new
// as a whole, the rule, are added to the tallies and counts at once; whose
// answers changed otherwise is to be counted again. before and after are further
// parts of it.
func replaceAnswers(before, read, stand, after string) string {
	return `
	WITH ` + before + `
	found AS MATERIALIZED (` + read + `),
	n AS MATERIALIZED (SELECT * FROM found n WHERE ` + taken + `),
	a AS MATERIALIZED (` + stand + `),
	gone AS (
		DELETE FROM sextant.answer d USING a WHERE d.source_key = a.source_key AND d.position = a.position
		AND NOT EXISTS (SELECT FROM n WHERE ` + sameKey + `) RETURNING d.user_id, d.answered_at),
	written AS (
		INSERT INTO sextant.answer (` + answerColumns + `)
		SELECT ` + answerColumns + ` FROM n WHERE NOT EXISTS (SELECT FROM a WHERE ` + sameKey + ` AND ` + sameAnswer + `)
		ON CONFLICT (source_key, position) DO UPDATE SET user_id = excluded.user_id, item_id = excluded.item_id,
			topic_id = excluded.topic_id, session_id = excluded.session_id, correct = excluded.correct,
			response_time_ms = excluded.response_time_ms, hints = excluded.hints, answered_at = excluded.answered_at
		RETURNING source_key, position, user_id, answered_at, session_id, topic_id, correct),
	moved AS MATERIALIZED (
		SELECT user_id, answered_at FROM gone
		UNION ALL SELECT a.user_id, a.answered_at FROM a JOIN written n ON ` + sameKey + `
		UNION ALL SELECT user_id, answered_at FROM written w
			WHERE session_id IS NULL OR EXISTS (SELECT FROM a WHERE a.session_id = w.session_id AND a.user_id = w.user_id)),
	fresh AS MATERIALIZED (SELECT * FROM written w WHERE NOT EXISTS (SELECT FROM moved m WHERE m.user_id = w.user_id)),
	tallied AS (
		INSERT INTO sextant.answer_tally AS t (` + tallyColumns + `) ` + tally(`fresh a`) + `
		ON CONFLICT (user_id, topic_id, day) DO UPDATE SET attempts = t.attempts + excluded.attempts, correct = t.correct + excluded.correct),
	counted AS (
		INSERT INTO sextant.learner AS l (` + countColumns + `) ` + learnerCounts(`fresh`) + `
		ON CONFLICT (user_id) DO UPDATE SET first_at = least(l.first_at, excluded.first_at), last_at = greatest(l.last_at, excluded.last_at),
			answers = l.answers + excluded.answers, sessions = l.sessions + excluded.sessions,
			revised = CASE WHEN excluded.first_at <= l.last_at THEN nextval('sextant.revision') ELSE l.revised END),
	bad AS (` + quarantine(`SELECT n.source_key, n.position, r.reason, n.raw FROM found n CROSS JOIN LATERAL unnest(n.problems) r (reason)
		WHERE n.problems IS NOT NULL`) + `)` +
		after + `
	SELECT user_id, (answered_at AT TIME ZONE 'UTC')::date AS day, bool_or(recount) AS recount FROM (
		SELECT user_id, answered_at, true AS recount FROM moved
		UNION ALL SELECT user_id, answered_at, false FROM fresh
		UNION ALL SELECT user_id, answered_at, true FROM written w WHERE EXISTS (SELECT FROM moved m WHERE m.user_id = w.user_id)) changed
	GROUP BY 1, 2`
}

// conclude counts again what has to be, and marks the days. Their revisions
// come last: other updates of the same day wait for them.
func (s *sessionSync) conclude(ctx context.Context, days []touchedDay) error {
	var users []string
	var dates, all []time.Time
	for _, d := range days {
		all = append(all, d.Day.Start())
		if d.Recount {
			users, dates = append(users, d.UserID), append(dates, d.Day.Start())
		}
	}
	const touched = `unnest($1::text[], $2::date[]) c (user_id, day)`
	var b pgx.Batch
	b.Queue(`UPDATE sextant.quarantine SET resolved_at = $2
		WHERE source = $1 AND source_key = ANY ($3::text[]) AND resolved_at IS NULL AND last_seen < $2`,
		s.state.Reader, s.state.Now, s.sessions)
	if len(users) > 0 {
		b.Queue(`DELETE FROM sextant.answer_tally t USING `+touched+` WHERE t.user_id = c.user_id COLLATE "C" AND t.day = c.day`, users, dates)
		b.Queue(`INSERT INTO sextant.answer_tally (`+tallyColumns+`) `+tally(touched+` JOIN sextant.answer a ON a.user_id = c.user_id COLLATE "C"
			AND a.answered_at >= c.day::timestamp AT TIME ZONE 'UTC' AND a.answered_at < (c.day + 1)::timestamp AT TIME ZONE 'UTC'`), users, dates)
		b.Queue(putLearners(learnerCounts(`sextant.answer WHERE user_id = ANY ($1::text[])`)), users)
		b.Queue(`UPDATE sextant.learner SET revised = nextval('sextant.revision') WHERE user_id = ANY ($1::text[])`, users)
		b.Queue(`DELETE FROM sextant.learner l WHERE l.user_id = ANY ($1::text[])
			AND NOT EXISTS (SELECT FROM sextant.answer a WHERE a.user_id = l.user_id)`, users)
	}
	if len(all) > 0 {
		b.Queue(`INSERT INTO sextant.answer_day (day, revision)
			SELECT day, nextval('sextant.revision') FROM (SELECT DISTINCT day FROM unnest($1::date[]) d (day) ORDER BY day OFFSET 0) d
			ON CONFLICT (day) DO UPDATE SET revision = excluded.revision`, all)
	}
	return classify("sync the sessions", s.tx.tx.SendBatch(ctx, &b).Close())
}
