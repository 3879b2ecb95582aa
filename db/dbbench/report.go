package dbbench

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Statements are the settings of a server that counts the statements it is sent.
var Statements = map[string]string{"shared_preload_libraries": "pg_stat_statements"}

// CountStatements begins to count, and the function it gives says how many there
// were since, its own aside.
func (s *Server) CountStatements(ctx context.Context, url string) (func() (int, error), error) {
	if err := s.exec(ctx, url, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`, `SELECT pg_stat_statements_reset()`); err != nil {
		return nil, err
	}
	return func() (n int, err error) {
		err = s.on(ctx, url, func(conn *pgx.Conn) error {
			return conn.QueryRow(ctx, `
				SELECT coalesce(sum(calls), 0)::int FROM pg_stat_statements
				WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query !~ 'pg_stat_statements'`).Scan(&n)
		})
		return n, err
	}, nil
}

// Reports is what the newest run of generate-weekly-report left.
type Reports struct {
	Took    time.Duration // of the run, by its ledger row
	Objects int           // that it stored
	Largest map[string]int64
}

// Reports reads what the newest run of generate-weekly-report left.
func (s *Server) Reports(ctx context.Context, url string) (r Reports, err error) {
	err = s.on(ctx, url, func(conn *pgx.Conn) error {
		var seconds float64
		if err := conn.QueryRow(ctx, `
			SELECT extract(epoch FROM finished_at - started_at)::float8, (SELECT count(*) FROM sextant.report_object WHERE run_id = r.id),
			       (SELECT coalesce(jsonb_object_agg(format, most), '{}') FROM (
			          SELECT format, max(size) AS most FROM sextant.report_object WHERE run_id = r.id GROUP BY 1) f)
			FROM sextant.run r WHERE stage = 'generate-weekly-report' ORDER BY created_at DESC LIMIT 1`).Scan(&seconds, &r.Objects, &r.Largest); err != nil {
			return err
		}
		r.Took = time.Duration(seconds * float64(time.Second))
		return nil
	})
	return r, err
}

// ActiveLearner is the learner with the most answers.
func (s *Server) ActiveLearner(ctx context.Context, url string) (id string, err error) {
	err = s.on(ctx, url, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT user_id FROM sextant.learner ORDER BY answers DESC, user_id LIMIT 1`).Scan(&id)
	})
	return id, err
}
