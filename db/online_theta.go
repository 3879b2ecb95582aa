package db

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// EachAnswerOf gives the answers that learners gave in [since, until), those of
// each learner oldest first.
func (tx *Tx) EachAnswerOf(ctx context.Context, users []string, since, until time.Time, each func(user string, a LearnerAnswer)) error {
	// Learner by learner, so that the index gives the order and nothing large is sorted.
	rows, err := tx.tx.Query(ctx, `
		SELECT u.n, a.item_id, a.topic_id, a.correct, a.answered_at
		FROM unnest($1::text[]) WITH ORDINALITY u (user_id, n)
		CROSS JOIN LATERAL (
			SELECT * FROM sextant.answer WHERE user_id = u.user_id COLLATE "C" AND answered_at >= $2 AND answered_at < $3
			ORDER BY answered_at, position, source_key) a`, text(users), since, until)
	if err != nil {
		return classify("read the learners' answers", err)
	}
	var n int
	var a LearnerAnswer
	_, err = pgx.ForEachRow(rows, []any{&n, &a.ItemID, &a.TopicID, &a.Correct, &a.AnsweredAt}, func() error {
		each(users[n-1], a)
		return nil
	})
	return classify("read the learners' answers", err)
}

// AbilitiesInForce are the as-of moments of the learners' published overall θs
// on a scale.
func (tx *Tx) AbilitiesInForce(ctx context.Context, users []string, version string) (map[string]time.Time, error) {
	rows, err := collect[struct {
		UserID string    `db:"user_id"`
		At     time.Time `db:"at"`
	}](ctx, tx.tx, `
		SELECT user_id, coalesce(fitted_at, 'epoch') AS at FROM public.mirt_ability
		WHERE user_id = ANY ($1::text[]) AND version = $2`, text(users), version)
	out := map[string]time.Time{}
	for _, r := range rows {
		out[r.UserID] = r.At
	}
	return out, err
}

// OnlineTheta is one estimate of an online update, with its learner's model.
type OnlineTheta struct {
	Theta
	Model string
}

// WriteOnline appends estimates as of a moment to the history and publishes
// them. It does what WriteThetas does for a batch of source "online", without
// making a table; a published estimate of a later moment stays.
func (tx *Tx) WriteOnline(ctx context.Context, run uuid.UUID, version string, asOf time.Time, thetas []OnlineTheta) error {
	n := len(thetas)
	users, topics, models := make([]string, n), make([]*string, n), make([]string, n)
	theta, se := make([]float64, n), make([]float64, n)
	answers, newest := make([]int, n), make([]time.Time, n)
	for i, t := range thetas {
		users[i], models[i], theta[i], se[i], answers[i], newest[i] = t.UserID, t.Model, t.Theta.Theta, t.SE, t.Answers, t.Newest
		if t.TopicID != "" {
			topics[i] = &thetas[i].TopicID
		}
	}
	const estimates = `unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::text[]) s (user_id, topic_id, theta, se, model)`
	var b pgx.Batch
	b.Queue(`SELECT sextant.theta_month($1)`, asOf)
	b.Queue(`
		INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, model, n_answers, newest_answer_at, version, source, run_id, as_of, revision)
		SELECT user_id, topic_id, theta, se, model, n_answers, newest, $8, 'online', $9, $10,
		       coalesce((SELECT revised FROM sextant.learner l WHERE l.user_id = s.user_id COLLATE "C"), 0)
		FROM unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::text[], $6::int[], $7::timestamptz[])
			s (user_id, topic_id, theta, se, model, n_answers, newest)`,
		users, topics, theta, se, models, answers, newest, version, run, asOf)
	b.Queue(`
		INSERT INTO public.mirt_ability AS m (user_id, theta, se, model, version, fitted_at)
		SELECT user_id, theta, se, model, $6, $7 FROM `+estimates+` WHERE topic_id IS NULL ORDER BY user_id COLLATE "C"
		`+abilityConflict, users, topics, theta, se, models, version, asOf)
	b.Queue(`
		INSERT INTO public.student_topic_theta AS m (user_id, topic_id, theta, se, model, version, fitted_at)
		SELECT user_id, topic_id, theta, se, model, $6, $7 FROM `+estimates+` WHERE topic_id IS NOT NULL ORDER BY user_id COLLATE "C", topic_id COLLATE "C"
		`+topicConflict, users, topics, theta, se, models, version, asOf)
	b.Queue(`DELETE FROM sextant.theta_outcome WHERE user_id = ANY ($1::text[])`, users)
	return classify("write θ", tx.tx.SendBatch(ctx, &b).Close())
}

// NoteOutcome records that a learner's update wrote nothing, and why.
func (tx *Tx) NoteOutcome(ctx context.Context, user, outcome, problem string, run uuid.UUID, asOf time.Time) error {
	_, err := tx.tx.Exec(ctx, `
		INSERT INTO sextant.theta_outcome (user_id, outcome, error, run_id, as_of) VALUES ($1, $2, nullif($3, ''), $4, $5)
		ON CONFLICT (user_id) DO UPDATE SET outcome = excluded.outcome, error = excluded.error, run_id = excluded.run_id, as_of = excluded.as_of`,
		user, outcome, storable(problem), run, asOf)
	return classify("record the outcome", err)
}

// AddFailure records a learner who failed in the run, with the transaction.
func (tx *Tx) AddFailure(ctx context.Context, run uuid.UUID, f RunFailure) error {
	return addFailure(ctx, tx.tx, run, f)
}

// FindUnserved searches for what the change log does not hold: sessions that
// the source changed since they were read (looking at those updated since a
// moment; zero: since the last sync), learners with answers newer than their θ
// in the last days, and those whose θ is of a session after the data of the
// calibration in force, hence of an older calibration. It appends them to the log and returns how many, and when,
// by the database's clock, it began.
func (d *DB) FindUnserved(ctx context.Context, since time.Time) (n int64, at time.Time, err error) {
	err = d.InTx(ctx, func(tx *Tx) error {
		if at, err = tx.Now(ctx); err != nil {
			return err
		}
		n, err = tx.findUnserved(ctx, since)
		return err
	})
	return n, at, err
}

func (tx *Tx) findUnserved(ctx context.Context, since time.Time) (int64, error) {
	// One searcher at a time: two would find the same.
	free, err := scalar[bool](ctx, tx.tx, `SELECT pg_try_advisory_xact_lock($1)`, LockKey("step:find-unserved"))
	if err != nil || !free {
		return 0, err
	}
	st, err := readSyncState(ctx, tx.tx)
	if err != nil || st.FullAt == nil {
		return 0, err
	}
	from := st.watermark()
	if !since.IsZero() && (st.Watermark == nil || since.After(st.Watermark.Add(-syncOverlap))) {
		from = since
	}
	sessions := `SELECT NULL::text AS session_id, NULL::text AS user_id WHERE $1::timestamptz IS NULL`
	if st.Reader == SourceExamResults {
		p, err := inspectPlatform(ctx, tx.tx)
		if err != nil {
			return 0, err
		}
		sessions = `SELECT c.session_id, c.user_id FROM (` + p.changedSessions() + `) c
			WHERE NOT EXISTS (SELECT FROM sextant.theta_outcome o WHERE o.user_id = c.user_id AND o.outcome = 'failed' AND o.as_of >= c.updated_at)`
	}
	tag, err := tx.tx.Exec(ctx, `
		WITH missed AS (`+sessions+`),
		stale AS (
			SELECT l.user_id FROM sextant.learner l
			LEFT JOIN (SELECT in_force_at, (data_day + 1)::timestamp AT TIME ZONE 'UTC' AS since FROM sextant.calibration
				WHERE bank = '' AND in_force_at IS NOT NULL ORDER BY in_force_at DESC LIMIT 1) c ON l.last_at >= c.since
			CROSS JOIN LATERAL (SELECT greatest(l.last_at, c.in_force_at) AS needed) n
			WHERE l.last_at > now() - interval '2 days' AND l.last_at <= now()
			  AND NOT EXISTS (SELECT FROM public.mirt_ability m WHERE m.user_id = l.user_id COLLATE "default" AND m.fitted_at >= n.needed)
			  AND NOT EXISTS (SELECT FROM sextant.theta_outcome o WHERE o.user_id = l.user_id AND o.as_of >= n.needed))
		INSERT INTO sextant.change (source, op, session_id, user_id)
		SELECT 'search', 'search', session_id, user_id FROM missed m
		WHERE session_id IS NOT NULL AND NOT EXISTS (SELECT FROM sextant.change c WHERE c.session_id = m.session_id)
		UNION ALL
		SELECT 'search', 'search', NULL, user_id FROM stale s
		WHERE NOT EXISTS (SELECT FROM sextant.change c WHERE c.user_id = s.user_id)`,
		from)
	return tag.RowsAffected(), classify("search for unserved sessions", err)
}

// NoteChanged appends the sessions of exam_results that were updated since a
// moment, and have not been read as they stand, to the change log.
func (tx *Tx) NoteChanged(ctx context.Context, since time.Time) error {
	p, err := tx.inspect(ctx)
	if err != nil || p.readable(SourceExamResults) != nil {
		return err
	}
	_, err = tx.tx.Exec(ctx, `
		INSERT INTO sextant.change (source, op, session_id, user_id)
		SELECT 'search', 'search', c.session_id, c.user_id FROM (`+p.changedSessions()+`) c`, since)
	return classify("note the changed sessions", err)
}

// Now is the moment by the database's clock.
func (tx *Tx) Now(ctx context.Context) (time.Time, error) {
	return scalar[time.Time](ctx, tx.tx, `SELECT clock_timestamp()`)
}
