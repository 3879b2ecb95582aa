package db

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// RestoredTheta is a θ as it stood at a moment, beside the one in force.
type RestoredTheta struct {
	TopicID     *string    `db:"topic_id" json:"topic_id"` // nil: overall
	Theta       float64    `db:"theta" json:"theta"`
	SE          *float64   `db:"se" json:"se"`
	Answers     int        `db:"n_answers" json:"n_answers"`
	Version     string     `db:"version" json:"version"`
	Source      string     `db:"source" json:"source"`
	AsOf        time.Time  `db:"as_of" json:"as_of"`
	EstimatedAt time.Time  `db:"estimated_at" json:"estimated_at"`
	Now         *float64   `db:"now_theta" json:"now"` // in force; nil: none
	NowAsOf     *time.Time `db:"now_as_of" json:"now_as_of"`
}

// published tells the rows h of the θ history that were also published from
// those of a calibration that went to the histories only.
const published = `NOT EXISTS (SELECT FROM sextant.calibration c WHERE c.run_id = h.run_id AND c.in_force_at IS NULL)`

// stood are the learner's ($1) θs as they stood at a moment ($2): of the rows
// that had been published by then, the newest of each topic by as-of, as an
// older one never replaces a newer.
const stood = `
	SELECT DISTINCT ON (topic_id) topic_id, theta, se, n_answers, newest_answer_at, model, version, source, as_of, estimated_at, revision
	FROM sextant.theta_history h
	WHERE user_id = $1 AND bank = '' AND estimated_at <= $2 AND ` + published + `
	ORDER BY topic_id, as_of DESC, estimated_at DESC`

// ThetasAt gives the learner's θs as they stood at a moment, the overall one
// first, beside those in force. None had been estimated by then when it is empty.
func (tx *Tx) ThetasAt(ctx context.Context, userID string, at time.Time) ([]RestoredTheta, error) {
	return collect[RestoredTheta](ctx, tx.tx, `
		SELECT s.topic_id, s.theta, s.se, s.n_answers, s.version, s.source, s.as_of, s.estimated_at,
		       coalesce(a.theta, t.theta) AS now_theta, coalesce(a.fitted_at, t.fitted_at) AS now_as_of
		FROM (`+stood+`) s
		LEFT JOIN public.mirt_ability a ON s.topic_id IS NULL AND a.user_id = $1 AND a.version = s.version
		LEFT JOIN public.student_topic_theta t ON t.user_id = $1 AND t.topic_id = s.topic_id COLLATE "default"
		ORDER BY s.topic_id NULLS FIRST`, userID, at)
}

// KeptTheta is a topic's θ that a restore leaves as it is: there was none at its
// moment, and the history takes nothing back.
type KeptTheta struct {
	TopicID     string    `db:"topic_id" json:"topic_id"`
	Theta       float64   `db:"theta" json:"theta"`
	SE          *float64  `db:"se" json:"se"`
	Source      string    `db:"source" json:"source"`
	AsOf        time.Time `db:"as_of" json:"as_of"`
	EstimatedAt time.Time `db:"estimated_at" json:"estimated_at"`
}

// ThetasSince gives the newest θs of the topics of which the learner had none
// yet at a moment.
func (tx *Tx) ThetasSince(ctx context.Context, userID string, at time.Time) ([]KeptTheta, error) {
	return collect[KeptTheta](ctx, tx.tx, `
		SELECT DISTINCT ON (topic_id) topic_id, theta, se, source, as_of, estimated_at
		FROM sextant.theta_history
		WHERE user_id = $1 AND bank = '' AND topic_id NOT IN (SELECT topic_id FROM (`+stood+`) s WHERE topic_id IS NOT NULL)
		ORDER BY topic_id, as_of DESC, estimated_at DESC`, userID, at)
}

// FirstTheta is when the learner's first θ was estimated; nil: none ever was.
func (tx *Tx) FirstTheta(ctx context.Context, userID string) (*time.Time, error) {
	return scalar[*time.Time](ctx, tx.tx, `SELECT min(estimated_at) FROM sextant.theta_history WHERE user_id = $1 AND bank = ''`, userID)
}

// RestoreThetas appends the learner's θs as they stood at a moment to the
// history, as new rows of a run as of another, and publishes them; one in force
// with a later as-of stays. It returns the rows written.
func (tx *Tx) RestoreThetas(ctx context.Context, userID string, at time.Time, run uuid.UUID, asOf time.Time) (written int64, err error) {
	const restored = `FROM sextant.theta_history WHERE user_id = $1 AND run_id = $2 AND as_of = $3 AND bank = ''`
	published := []any{userID, run, asOf}
	err = tx.run(ctx, []step{
		{"make room for θ", `SELECT sextant.theta_month($1)`, []any{asOf}, nil},
		{"append the θ history", `
			INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, n_answers, newest_answer_at, model, version, source, run_id, as_of, revision)
			SELECT $1, topic_id, theta, se, n_answers, newest_answer_at, model, version, 'manual', $3, $4, revision FROM (` + stood + `) s`,
			[]any{userID, at, run, asOf}, &written},
		{"publish θ", `
			INSERT INTO public.mirt_ability AS m (user_id, theta, se, model, version, fitted_at)
			SELECT user_id, theta, se, model, version, as_of ` + restored + ` AND topic_id IS NULL
			` + abilityConflict, published, &written},
		{"publish topic θ", `
			INSERT INTO public.student_topic_theta AS m (user_id, topic_id, theta, se, model, version, fitted_at)
			SELECT user_id, topic_id, theta, se, model, version, as_of ` + restored + ` AND topic_id IS NOT NULL ORDER BY topic_id
			` + topicConflict, published, &written},
	})
	return written, err
}
