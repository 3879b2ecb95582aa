package db

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// PlatformSession is one sitting on the platform: its row of session and, once
// it has been handed in, its row of exam_results.
type PlatformSession struct {
	ID          string
	UserID      *string
	OrgID       int
	ClassroomID string
	ExamID      int
	StartedAt   time.Time
	EndedAt     *time.Time
	Status      *string
	Result      *PlatformResult // nil for a session that was abandoned
}

// PlatformResult is a session's row of exam_results.
type PlatformResult struct {
	ID            [16]byte
	UserID        *string
	Status        string
	JSON          []byte
	ScoreRaw      *float64
	ScoreScaled   *float64
	StandardError *float64
	Percentile    *float64
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// PlatformQuestion is a row of question.
type PlatformQuestion struct {
	ID         int64
	Content    string
	Difficulty *float64
	TopicID    *string
	Meta       []byte // JSON, or nil
	CreatedAt  time.Time
}

// PlatformGoal is a row of interest_goal.
type PlatformGoal struct {
	UserID      string
	TopicID     string
	TargetLevel *float64
	Priority    *int
	CreatedAt   time.Time
}

// PlatformClassroom is a row of classroom.
type PlatformClassroom struct {
	ID        string
	OrgID     int
	Name      string
	Grade     *int
	CreatedAt time.Time
}

// CopyPlatformSessions adds sessions and their results to the demo platform.
func (tx *Tx) CopyPlatformSessions(ctx context.Context, rows []PlatformSession) error {
	err := copyRows(ctx, tx, "session",
		[]string{"id", "user_id", "org_id", "classroom_id", "exam_id", "started_at", "ended_at", "status", "created_at"},
		rows, func(s *PlatformSession) []any {
			return []any{s.ID, s.UserID, s.OrgID, s.ClassroomID, strconv.Itoa(s.ExamID), s.StartedAt, s.EndedAt, s.Status, s.StartedAt}
		})
	if err != nil {
		return err
	}
	handedIn := make([]*PlatformSession, 0, len(rows))
	for i := range rows {
		if rows[i].Result != nil {
			handedIn = append(handedIn, &rows[i])
		}
	}
	return copyRows(ctx, tx, "exam_results",
		[]string{"id", "session_id", "user_id", "exam_id", "org_id", "status", "result_json",
			"score_raw", "score_scaled", "standard_error", "percentile", "created_at", "updated_at"},
		handedIn, func(p **PlatformSession) []any {
			s, r := *p, (*p).Result
			return []any{r.ID, s.ID, r.UserID, s.ExamID, s.OrgID, r.Status, r.JSON,
				r.ScoreRaw, r.ScoreScaled, r.StandardError, r.Percentile, r.CreatedAt, r.UpdatedAt}
		})
}

// CopyPlatformQuestions adds questions to the demo platform.
func (tx *Tx) CopyPlatformQuestions(ctx context.Context, rows []PlatformQuestion) error {
	return copyRows(ctx, tx, "question",
		[]string{"id", "content", "difficulty", "topic_id", "meta", "created_at", "updated_at"},
		rows, func(q *PlatformQuestion) []any {
			return []any{q.ID, q.Content, q.Difficulty, q.TopicID, q.Meta, q.CreatedAt, q.CreatedAt}
		})
}

// CopyPlatformGoals adds learners' goals to the demo platform.
func (tx *Tx) CopyPlatformGoals(ctx context.Context, rows []PlatformGoal) error {
	return copyRows(ctx, tx, "interest_goal",
		[]string{"user_id", "topic_id", "target_level", "priority", "created_at"},
		rows, func(g *PlatformGoal) []any {
			return []any{g.UserID, g.TopicID, g.TargetLevel, g.Priority, g.CreatedAt}
		})
}

// CopyPlatformClassrooms adds classrooms to the demo platform.
func (tx *Tx) CopyPlatformClassrooms(ctx context.Context, rows []PlatformClassroom) error {
	return copyRows(ctx, tx, "classroom",
		[]string{"id", "org_id", "name", "grade", "created_at"},
		rows, func(c *PlatformClassroom) []any {
			return []any{c.ID, strconv.Itoa(c.OrgID), c.Name, c.Grade, c.CreatedAt}
		})
}

// copyRows streams rows into a table of schema public by COPY.
func copyRows[T any](ctx context.Context, tx *Tx, table string, columns []string, rows []T, values func(*T) []any) error {
	if len(rows) == 0 {
		return nil
	}
	source := pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return values(&rows[i]), nil })
	_, err := tx.tx.CopyFrom(ctx, pgx.Identifier{"public", table}, columns, source)
	return classify(fmt.Sprintf("copy %d rows into %s", len(rows), table), err)
}

// PlatformItem is a question as a session asks it.
type PlatformItem struct {
	ItemID  string `db:"item_id"`
	TopicID string `db:"topic_id"`
}

// PlatformItems lists the platform's questions.
func (d *DB) PlatformItems(ctx context.Context) ([]PlatformItem, error) {
	return collect[PlatformItem](ctx, d.pool, `SELECT id::text AS item_id, coalesce(topic_id, '') AS topic_id FROM public.question ORDER BY id`)
}
