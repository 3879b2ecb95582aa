package db

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Theta is one estimate about to be written.
type Theta struct {
	UserID  string
	TopicID string // empty: overall
	Theta   float64
	SE      float64
	Answers int
	Newest  time.Time // the newest answer it saw
}

// ThetaBatch is what the estimates of one slice have in common.
type ThetaBatch struct {
	Model    string
	Version  string
	Source   string // calibration, online or manual
	Bank     string
	RunID    uuid.UUID
	AsOf     time.Time
	Revision int64 // of all answers, before a calibration read them
	InForce  bool  // publish them too; false: histories only
}

// WriteThetas appends estimates to the history, a calibration's only where they
// say something new, and, when they come into force, publishes them to
// mirt_ability and student_topic_theta. A published estimate with a later as-of
// is never replaced by an earlier one. It returns the rows written.
func (tx *Tx) WriteThetas(ctx context.Context, b ThetaBatch, thetas []Theta) (int64, error) {
	_, err := tx.tx.Exec(ctx, `CREATE TEMP TABLE IF NOT EXISTS theta_slice (user_id text COLLATE "C", topic_id text COLLATE "C", theta float8,
		se float8, n_answers int, newest timestamptz) ON COMMIT DROP; TRUNCATE theta_slice`)
	if err != nil {
		return 0, classify("stage θ", err)
	}
	_, err = tx.tx.CopyFrom(ctx, pgx.Identifier{"theta_slice"}, []string{"user_id", "topic_id", "theta", "se", "n_answers", "newest"},
		pgx.CopyFromSlice(len(thetas), func(i int) ([]any, error) {
			t := thetas[i]
			var topic *string
			if t.TopicID != "" {
				topic = &t.TopicID
			}
			return []any{t.UserID, topic, t.Theta, t.SE, t.Answers, t.Newest}, nil
		}))
	if err != nil {
		return 0, classify("stage θ", err)
	}
	var written int64
	err = tx.run(ctx, thetaSteps(b, &written))
	return written, err
}

// news is the condition that a calibration's estimate s says something new of a
// learner l, beside the last row of the history: they have answered since, it is
// on another scale or by another model; or it differs, and their past has been
// graded anew, the last was an operator's, or the same day is done again. Else
// only the items' parameters have moved, or answers have left the lookback.
const news = `(last.newest_answer_at IS NULL OR last.newest_answer_at < s.newest OR last.version <> $2 OR last.model <> $1
	OR (last.theta, last.se) IS DISTINCT FROM (s.theta, s.se)
		AND (coalesce(last.revision, 0) < l.revised OR last.source = 'manual' OR last.as_of = $6))`

// appendThetas appends to the history the estimates that are overall, or of a
// topic, by the condition on a history row's topic: apart, because the index
// serves either and not both at once.
func appendThetas(topic string) string {
	return `
		INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, n_answers, newest_answer_at, model, version, source, bank, run_id, as_of, revision)
		SELECT s.user_id, s.topic_id, s.theta, s.se, s.n_answers, s.newest, $1, $2, $3, $4, $5, $6,
		       CASE WHEN $3 = 'calibration' THEN $7 ELSE coalesce(l.revised, 0) END
		FROM theta_slice s
		LEFT JOIN (SELECT user_id, revised FROM sextant.learner WHERE revised > 0) l ON l.user_id = s.user_id
		LEFT JOIN LATERAL (
			SELECT h.newest_answer_at, h.version, h.model, h.theta, h.se, h.revision, h.source, h.as_of FROM sextant.theta_history h
			WHERE h.user_id = s.user_id AND h.topic_id ` + topic + ` AND h.bank = $4 AND h.as_of <= $6
			ORDER BY h.topic_id, h.as_of DESC, h.estimated_at DESC LIMIT 1) last ON true
		WHERE s.topic_id IS ` + when(topic == `IS NULL`, ``, `NOT `) + `NULL
		  AND ($3 <> 'calibration' OR ` + news + `)`
}

func thetaSteps(b ThetaBatch, written *int64) []step {
	args := []any{b.Model, b.Version, b.Source, b.Bank, b.RunID, b.AsOf, b.Revision}
	steps := []step{
		{"leave out who was erased meanwhile", `
			DELETE FROM theta_slice s USING sextant.forgotten f WHERE f.digest = sha256(convert_to(s.user_id, 'UTF8'))`, nil, nil},
		{"plan for θ", `ANALYZE theta_slice`, nil, nil},
		{"make room for θ", `SELECT sextant.theta_month($1)`, []any{b.AsOf}, nil},
		// The planner takes the keys for few and would remember what it looked up, which costs more than it saves.
		{"plan for θ", `SELECT set_config(name, 'off', true) FROM pg_settings WHERE name = 'enable_memoize'`, nil, nil},
		{"append the θ history", appendThetas(`IS NULL`), args, written},
		{"append the topics' θ history", appendThetas(`= s.topic_id`), args, written},
	}
	if !b.InForce {
		return steps
	}
	args = []any{b.Model, b.Version, b.AsOf}
	return append(steps,
		step{"publish θ", `
			INSERT INTO public.mirt_ability AS m (user_id, theta, se, model, version, fitted_at)
			SELECT user_id, theta, se, $1, $2, $3 FROM theta_slice WHERE topic_id IS NULL ORDER BY user_id
			` + abilityConflict, args, written},
		step{"publish topic θ", `
			INSERT INTO public.student_topic_theta AS m (user_id, topic_id, theta, se, model, version, fitted_at)
			SELECT user_id, topic_id, theta, se, $1, $2, $3 FROM theta_slice WHERE topic_id IS NOT NULL ORDER BY user_id, topic_id
			` + topicConflict, args, written})
}

// How a published θ m gives way to a new one: never to an older.
const (
	abilityConflict = `ON CONFLICT (user_id, version) DO UPDATE SET theta = excluded.theta, se = excluded.se, model = excluded.model,
				fitted_at = excluded.fitted_at
			WHERE m.fitted_at IS NULL OR m.fitted_at <= excluded.fitted_at`
	topicConflict = `ON CONFLICT (user_id, topic_id) DO UPDATE SET theta = excluded.theta, se = excluded.se, model = excluded.model,
				version = excluded.version, fitted_at = excluded.fitted_at
			WHERE m.fitted_at IS NULL OR m.fitted_at <= excluded.fitted_at`
)

// LockLearner makes θ writes of one learner take turns until the transaction ends.
func (tx *Tx) LockLearner(ctx context.Context, userID string) error {
	_, err := tx.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, LockKey("learner:"+userID))
	return classify("lock the learner", err)
}

// finiteSE is null for what no SE can be: published rows may be the platform's own.
const finiteSE = `CASE WHEN se >= 0 AND se < 'Infinity' THEN se END`

// scaleInForce is the version that the published θs of today are on: an old
// scale's rows stay, and may be of a later moment.
const scaleInForce = `(SELECT version FROM sextant.calibration WHERE bank = '' AND in_force_at IS NOT NULL ORDER BY in_force_at DESC LIMIT 1)`

// AbilityInForce is the learner's published overall θ, or nil.
func (tx *Tx) AbilityInForce(ctx context.Context, userID string) (*Ability, error) {
	return abilityInForce(ctx, tx.tx, userID)
}

func abilityInForce(ctx context.Context, q querier, userID string) (*Ability, error) {
	return first[Ability](ctx, q, `
		SELECT m.theta, `+finiteSE+` AS se, coalesce(m.model, '') AS model, m.version, coalesce(m.fitted_at, 'epoch') AS fitted_at,
		       coalesce(h.n_answers, 0) AS n_answers
		FROM public.mirt_ability m
		LEFT JOIN LATERAL (
			SELECT n_answers FROM sextant.theta_history h
			WHERE h.user_id = m.user_id COLLATE "C" AND h.topic_id IS NULL AND h.bank = '' AND h.version = m.version
			ORDER BY h.as_of DESC, h.estimated_at DESC LIMIT 1) h ON true
		WHERE m.user_id = $1 AND m.theta > '-Infinity' AND m.theta < 'Infinity'
		ORDER BY m.version = `+scaleInForce+` DESC NULLS LAST, m.fitted_at DESC NULLS LAST LIMIT 1`, userID)
}

// AbilityInForce is the learner's published overall θ, or nil.
func (d *DB) AbilityInForce(ctx context.Context, userID string) (*Ability, error) {
	return abilityInForce(ctx, d.pool, userID)
}

// TopicAbilities are the learner's published topic θs, by topic.
func (d *DB) TopicAbilities(ctx context.Context, userID string) ([]TopicAbility, error) {
	return collect[TopicAbility](ctx, d.pool, `
		SELECT t.topic_id, t.theta, `+finiteSE+` AS se, coalesce(t.model, '') AS model, coalesce(t.version, '') AS version,
		       coalesce(t.fitted_at, 'epoch') AS fitted_at, coalesce(h.n_answers, 0) AS n_answers
		FROM public.student_topic_theta t
		LEFT JOIN LATERAL (
			SELECT n_answers FROM sextant.theta_history h
			WHERE h.user_id = t.user_id COLLATE "C" AND h.topic_id = t.topic_id COLLATE "C" AND h.bank = ''
			ORDER BY h.as_of DESC, h.estimated_at DESC LIMIT 1) h ON true
		WHERE t.user_id = $1 AND t.theta > '-Infinity' AND t.theta < 'Infinity' ORDER BY t.topic_id`, userID)
}

// ThetaHistory is the learner's θ history of the unfiltered bank, oldest first:
// overall, or of all topics too. One stood that stood gives for the moment at
// which it was estimated.
func (d *DB) ThetaHistory(ctx context.Context, userID string, topics bool) ([]ThetaPoint, error) {
	return collect[ThetaPoint](ctx, d.pool, `
		SELECT topic_id, theta, se, n_answers, model, version, source, run_id::text AS run_id, as_of, estimated_at,
		       published AND as_of = max(as_of) FILTER (WHERE published) OVER (PARTITION BY topic_id ORDER BY estimated_at) AS stood
		FROM (SELECT h.*, `+published+` AS published FROM sextant.theta_history h
		      WHERE user_id = $1 AND bank = '' AND (topic_id IS NULL OR $2)) h
		ORDER BY as_of, estimated_at, topic_id NULLS FIRST`, userID, topics)
}

// LearnerAnswers are the learner's last answers, newest first, with the
// parameters in force of their items.
func (d *DB) LearnerAnswers(ctx context.Context, userID string, limit int) ([]LearnerAnswer, error) {
	return collect[LearnerAnswer](ctx, d.pool, `
		SELECT a.item_id, a.topic_id, a.session_id, a.correct, a.response_time_ms, a.hints, a.answered_at, p.a, p.b, p.c
		FROM (SELECT * FROM sextant.answer WHERE user_id = $1
		      ORDER BY answered_at DESC, position DESC, source_key DESC LIMIT $2) a
		LEFT JOIN (`+publishedParams+`) p ON p.item_id = a.item_id
		ORDER BY a.answered_at DESC, a.position DESC, a.source_key DESC`, userID, limit)
}

// AnswersUntil are the learner's answers before a moment, oldest first.
func (tx *Tx) AnswersUntil(ctx context.Context, userID string, end time.Time) ([]LearnerAnswer, error) {
	return collect[LearnerAnswer](ctx, tx.tx, `
		SELECT item_id, topic_id, session_id, correct, response_time_ms, hints, answered_at
		FROM sextant.answer WHERE user_id = $1 AND answered_at < $2 ORDER BY answered_at, position, source_key`, userID, end)
}
