package db

import (
	"context"
	"fmt"
	"strings"
)

// BankFilter narrows a calibration to a bank of its own: the answers of one
// topic, of one subject (an exam_id), or of both. The zero value is the
// unfiltered bank, the one whose parameters are published.
type BankFilter struct{ Topic, Subject string }

// Bank is the filter's name in the histories, ” for the unfiltered bank.
func (f BankFilter) Bank() string {
	var parts []string
	if f.Subject != "" {
		parts = append(parts, "subject:"+f.Subject)
	}
	if f.Topic != "" {
		parts = append(parts, "topic:"+f.Topic)
	}
	return strings.Join(parts, " ")
}

// predicate is the SQL condition that an answer a belongs to the bank, and its
// arguments, numbered from first.
func (f BankFilter) predicate(ctx context.Context, q querier, first int) (string, []any, error) {
	conditions, args := []string{"true"}, []any{}
	next := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", first+len(args)-1)
	}
	if f.Topic != "" {
		conditions = append(conditions, "coalesce(a.topic_id = "+next(f.Topic)+", false)")
	}
	if f.Subject != "" {
		sessions, err := subjectSessions(ctx, q, next(f.Subject))
		if err != nil {
			return "", nil, err
		}
		conditions = append(conditions, "coalesce(a.session_id IN ("+sessions+"), false)")
	}
	return strings.Join(conditions, " AND "), args, nil
}

// subjectSessions selects the ids of a subject's sessions: an answer knows its
// subject by the exam of its session, graded or not.
func subjectSessions(ctx context.Context, q querier, arg string) (string, error) {
	selects := []string{"SELECT NULL::text WHERE " + arg + "::text IS NULL"}
	for _, t := range []struct{ table, session string }{{"exam_results", "session_id"}, {"session", "id"}} {
		there, err := scalar[bool](ctx, q, `SELECT count(*) = 2 FROM pg_attribute
			WHERE attrelid = to_regclass('public.' || $1) AND attname IN ('exam_id', $2) AND NOT attisdropped`, t.table, t.session)
		if err != nil {
			return "", err
		}
		if there {
			selects = append(selects, fmt.Sprintf(`SELECT %s::text COLLATE "C" FROM public.%s WHERE exam_id::text = %s`, t.session, t.table, arg))
		}
	}
	return strings.Join(selects, " UNION "), nil
}

// WindowCount counts a bank's answers in a window of days, and their learners.
func (d *DB) WindowCount(ctx context.Context, f BankFilter, from, to Day) (DayCount, error) {
	where, args, err := f.predicate(ctx, d.pool, 4)
	if err != nil {
		return DayCount{}, err
	}
	rows, err := collect[DayCount](ctx, d.pool, `
		SELECT $2::date AS day, count(DISTINCT user_id) AS learners, count(*) AS answers
		FROM sextant.answer a WHERE answered_at >= $1 AND answered_at < $3 AND `+where,
		append([]any{from.Start(), to, to.End()}, args...)...)
	if err != nil {
		return DayCount{}, err
	}
	return rows[0], nil
}
