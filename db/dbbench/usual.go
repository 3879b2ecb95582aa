package dbbench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// UsualDay publishes the last day's features the usual way: it asks the attempt
// view for the day's learners and topics and then, one by one, for the numbers of
// each. It returns how many there were and how long that took. Sessions with an
// answer that breaks the view's casts are taken out of exam_results before.
func (s *Server) UsualDay(ctx context.Context, url string) (rows int, took time.Duration, err error) {
	err = s.on(ctx, url, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `DELETE FROM public.exam_results
			WHERE session_id IN (SELECT source_key FROM sextant.quarantine) OR jsonb_typeof(result_json -> 'questions') IS DISTINCT FROM 'array'`)
		if err != nil {
			return err
		}
		began := time.Now()
		rows, err = usualDay(ctx, conn)
		took = time.Since(began)
		return err
	})
	return rows, took, err
}

func usualDay(ctx context.Context, conn *pgx.Conn) (int, error) {
	day := fmt.Sprintf(`completed_at >= '%[1]sZ' AND completed_at < '%[1]sZ'::timestamptz + interval '1 day'`, LastDay)
	found, err := conn.Query(ctx, `SELECT DISTINCT student_id::text, topic_id FROM public.attempt WHERE `+day+` AND topic_id <> ''`)
	if err != nil {
		return 0, err
	}
	type pair struct{ Student, Topic string }
	pairs, err := pgx.CollectRows(found, pgx.RowToStructByPos[pair])
	if err != nil {
		return 0, err
	}
	for _, p := range pairs {
		_, err := conn.Exec(ctx, `
			INSERT INTO public.bare (user_id, topic_id, date, attempts, correct, avg_time_ms, rt_median, hints, last_seen_at)
			SELECT $1, $2, '`+LastDay+`', count(*), count(*) FILTER (WHERE correct), avg(response_time_ms),
			       percentile_cont(0.5) WITHIN GROUP (ORDER BY response_time_ms), count(*) FILTER (WHERE hint_used), max(completed_at)
			FROM public.attempt
			WHERE student_id = $1::text::uuid AND topic_id = $2 AND `+day, p.Student, p.Topic)
		if err != nil {
			return 0, err
		}
	}
	return len(pairs), nil
}
