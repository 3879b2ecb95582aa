package dbbench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// CommitTimes are the settings of a server that keeps the moment of each
// commit: with them it is known when a row became visible, to the microsecond.
var CommitTimes = map[string]string{"track_commit_timestamp": "on"}

// Delays are, in milliseconds, how long each session that was handed in since a
// moment waited: from the commit of its result to that of the first θ that rests
// on it. missing counts the sessions without one.
func (s *Server) Delays(ctx context.Context, url string, since time.Time) (ms []float64, missing int, err error) {
	err = s.on(ctx, url, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT extract(epoch FROM h.at - pg_xact_commit_timestamp(e.xmin))::float8 * 1000
			FROM public.exam_results e
			LEFT JOIN LATERAL (
				SELECT min(pg_xact_commit_timestamp(h.xmin)) AS at FROM sextant.theta_history h
				WHERE h.user_id = e.user_id AND h.topic_id IS NULL AND h.source = 'online' AND h.newest_answer_at >= e.created_at) h ON true
			WHERE e.created_at >= $1 AND starts_with(e.session_id, 'session-')`, since) // the platform's own have clocks that run ahead
		if err != nil {
			return err
		}
		delays, err := pgx.CollectRows(rows, pgx.RowTo[*float64])
		for _, d := range delays {
			if d == nil {
				missing++
			} else {
				ms = append(ms, *d)
			}
		}
		return err
	})
	return ms, missing, err
}

// Updated counts the online updates since a moment and the time from the first
// of them to the last.
func (s *Server) Updated(ctx context.Context, url string, since time.Time) (n int, span time.Duration, err error) {
	var seconds float64
	err = s.on(ctx, url, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `
			SELECT count(*), coalesce(extract(epoch FROM max(pg_xact_commit_timestamp(xmin)) - min(estimated_at)), 0)::float8
			FROM sextant.theta_history WHERE source = 'online' AND topic_id IS NULL AND as_of >= $1`, since).Scan(&n, &seconds)
	})
	return n, time.Duration(seconds * float64(time.Second)), err
}

// Waiting counts the changes that no θ update has served.
func (s *Server) Waiting(ctx context.Context, url string) (int, error) {
	return s.count(ctx, url, `SELECT count(*) FROM sextant.change`)
}

// Users lists learners, in the order of their ids.
func (s *Server) Users(ctx context.Context, url string) (users []string, err error) {
	err = s.on(ctx, url, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT user_id FROM sextant.learner ORDER BY user_id`)
		if err != nil {
			return err
		}
		users, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return users, err
}

// Settle brings a database to rest, so that one measurement does not pay for
// the one before it.
func (s *Server) Settle(ctx context.Context, url string) error {
	return s.exec(ctx, url, `VACUUM ANALYZE sextant.answer, sextant.change, sextant.answer_tally, sextant.learner, sextant.theta_history,
		public.mirt_ability, public.student_topic_theta`, `CHECKPOINT`)
}

// gradedSession is a result as platforms write them: 20 answers.
const gradedSession = `jsonb_build_object('questions', (SELECT jsonb_agg(jsonb_build_object('question_id', q, 'is_correct', q %% 3 = %[1]s, 'topic', 't' || q %% 5,
	'time_spent_sec', 10 + q, 'used_hints', 0)) FROM generate_series(1, 20) q))`

// InsertRate is how many sessions a second clients insert, a statement and a
// transaction each, into an exam_results of their own making.
func (s *Server) InsertRate(ctx context.Context, url string, clients int, d time.Duration) (float64, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return 0, err
	}
	c.MaxConns = int32(clients)
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	var n atomic.Int64
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	began := time.Now()
	for range clients {
		wg.Go(func() {
			for time.Since(began) < d && failed.Load() == nil {
				_, err := pool.Exec(ctx, fmt.Sprintf(`
					INSERT INTO exam_results (id, session_id, user_id, status, result_json, created_at, updated_at)
					SELECT i, i::text, $1, 'ready', `+gradedSession+`, now(), now() FROM gen_random_uuid() i`, "0"), fmt.Sprint("u", rand.IntN(100_000)))
				if err != nil {
					failed.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(n.Load()) / took.Seconds(), nil
}

// FillSessions writes n graded sessions.
func (s *Server) FillSessions(ctx context.Context, url string, n int) error {
	statements := []string{`TRUNCATE exam_results`}
	for from := 0; from < n; from += 100_000 {
		statements = append(statements, fmt.Sprintf(`
			INSERT INTO exam_results (id, session_id, user_id, status, result_json, created_at, updated_at)
			SELECT gen_random_uuid(), 's' || i, 'u' || i %% 100000, 'ready', `+gradedSession+`, now(), now() FROM generate_series(%[2]d, %[3]d) i`,
			"0", from+1, min(from+100_000, n)))
	}
	return s.exec(ctx, url, append(statements, `VACUUM ANALYZE exam_results`, `CHECKPOINT`)...)
}

// Regrade changes a verdict in every session, in one statement, and tells how
// long that took. What it leaves behind is cleaned up.
func (s *Server) Regrade(ctx context.Context, url string) (took time.Duration, err error) {
	err = s.on(ctx, url, func(conn *pgx.Conn) error {
		began := time.Now()
		_, err := conn.Exec(ctx, `UPDATE exam_results SET result_json = jsonb_set(result_json, '{questions,0,is_correct}',
			to_jsonb(NOT (result_json #>> '{questions,0,is_correct}')::boolean)), updated_at = now()`)
		took = time.Since(began)
		return err
	})
	if err != nil {
		return 0, err
	}
	return took, s.exec(ctx, url, `TRUNCATE sextant.change`, `VACUUM exam_results`, `CHECKPOINT`)
}
