package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Comparison sets the answers of attempt beside those of exam_results, for a
// sample of sessions.
type Comparison struct {
	Sessions    int    `json:"sessions"`
	Same        int64  `json:"same"`         // answers that both hold: session, item and verdict
	OnlyAttempt int64  `json:"only_attempt"` // answers that attempt alone holds
	OnlyExams   int64  `json:"only_exam_results"`
	TimedOut    bool   `json:"timed_out"`
	Failure     string `json:"failure"` // why attempt cannot be read, in the server's words; empty when it can
}

const (
	compareSessions = 500
	compareWithin   = 5 * time.Second
)

// CompareAttempt compares both where there are both; nil where there are not.
func (d *DB) CompareAttempt(ctx context.Context) (*Comparison, error) {
	p, err := d.lookAtPlatform(ctx)
	if err != nil || !p.hasColumn("attempt", "session_id") || !p.hasColumn("attempt", "item_id") || !p.hasColumn("attempt", "correct") ||
		!p.has("exam_results") || p.readable(SourceExamResults) != nil {
		return nil, err
	}
	from, _ := p.sample(SourceExamResults, compareSessions)
	ours, err := inlineReaders(`SELECT session_id, item_id, correct, count(*) AS n FROM (` +
		readExams(`(SELECT * FROM `+p.from("exam_results")+` e WHERE session_id = ANY ($1))`) + `) n WHERE ` + taken + ` GROUP BY 1, 2, 3`)
	if err != nil {
		return nil, err
	}
	var c Comparison
	err = d.bounded(ctx, compareWithin, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT session_id FROM `+from+` e WHERE status = 'ready' LIMIT $1`, compareSessions)
		if err != nil {
			return err
		}
		sessions, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		c.Sessions = len(sessions)
		return tx.QueryRow(ctx, `
			WITH theirs AS (
				SELECT session_id COLLATE "C" AS session_id, item_id::text COLLATE "C" AS item_id, correct, count(*) AS n
				FROM `+p.from("attempt")+` a WHERE session_id = ANY ($1) AND item_id IS NOT NULL AND correct IS NOT NULL GROUP BY 1, 2, 3
			), ours AS (`+ours+`)
			SELECT coalesce(sum(least(coalesce(t.n, 0), coalesce(o.n, 0))), 0)::bigint, coalesce(sum(greatest(coalesce(t.n, 0) - coalesce(o.n, 0), 0)), 0)::bigint,
			       coalesce(sum(greatest(coalesce(o.n, 0) - coalesce(t.n, 0), 0)), 0)::bigint
			FROM theirs t FULL JOIN ours o USING (session_id, item_id, correct)`, sessions).Scan(&c.Same, &c.OnlyAttempt, &c.OnlyExams)
	})
	switch {
	case timedOut(err):
		c.TimedOut, err = true, nil
	case IsKind(err, KindOther):
		c.Failure, err = failure(err), nil
	}
	return &c, err
}
