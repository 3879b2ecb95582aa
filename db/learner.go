package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Learner is one learner as lists show them.
type Learner struct {
	UserID   string    `db:"user_id" json:"user_id"`
	FirstAt  time.Time `db:"first_at" json:"first_at"`
	LastAt   time.Time `db:"last_at" json:"last_at"`
	Answers  int64     `db:"answers" json:"answers"`
	Sessions int       `db:"sessions" json:"sessions"`
	Theta    *float64  `db:"theta" json:"theta"`
	SE       *float64  `db:"se" json:"se"`
	Risk     *float64  `db:"risk" json:"risk"` // of churn: S of the newest row of weekly_kpi
}

// Ability is an overall θ estimate, published or about to be.
type Ability struct {
	Theta    float64   `db:"theta" json:"theta"`
	SE       *float64  `db:"se" json:"se"`
	Model    string    `db:"model" json:"model"`
	Version  string    `db:"version" json:"version"` // names the scale
	FittedAt time.Time `db:"fitted_at" json:"fitted_at"`
	Answers  int       `db:"n_answers" json:"n_answers"`
}

// TopicAbility is a topic's published θ.
type TopicAbility struct {
	TopicID string `db:"topic_id" json:"topic_id"`
	Ability
}

// ThetaPoint is one row of the θ history.
type ThetaPoint struct {
	TopicID     *string   `db:"topic_id" json:"topic_id"`
	Theta       float64   `db:"theta" json:"theta"`
	SE          *float64  `db:"se" json:"se"`
	Answers     int       `db:"n_answers" json:"n_answers"`
	Model       string    `db:"model" json:"model"`
	Version     string    `db:"version" json:"version"`
	Source      string    `db:"source" json:"source"` // imported, calibration, online, manual
	RunID       *string   `db:"run_id" json:"run_id"`
	AsOf        time.Time `db:"as_of" json:"as_of"`
	EstimatedAt time.Time `db:"estimated_at" json:"estimated_at"`
	Stood       bool      `db:"stood" json:"stood"` // it came into force when it was estimated: a restore to that moment brings it back
}

// LearnerAnswer is one of a learner's answers, with its item's parameters
// where the item has any.
type LearnerAnswer struct {
	ItemID         string    `db:"item_id" json:"item_id"`
	TopicID        *string   `db:"topic_id" json:"topic_id"`
	SessionID      *string   `db:"session_id" json:"session_id"`
	Correct        bool      `db:"correct" json:"correct"`
	ResponseTimeMS *int      `db:"response_time_ms" json:"response_time_ms"`
	Hints          int       `db:"hints" json:"hints"`
	AnsweredAt     time.Time `db:"answered_at" json:"answered_at"`
	A              *float64  `db:"a" json:"a"`
	B              *float64  `db:"b" json:"b"`
	C              *float64  `db:"c" json:"c"`
}

// learnerColumns are Learner's, the θ being the newest on the scale in force, else on any.
const learnerColumns = `l.user_id, l.first_at, l.last_at, l.answers, l.sessions, m.theta, m.se, k.risk`

const learnerStanding = `LEFT JOIN LATERAL (
		SELECT theta, ` + finiteSE + ` AS se FROM public.mirt_ability
		WHERE user_id = l.user_id COLLATE "default" AND theta > '-Infinity' AND theta < 'Infinity'
		ORDER BY version = ` + scaleInForce + ` DESC NULLS LAST, fitted_at DESC NULLS LAST LIMIT 1) m ON true
	LEFT JOIN LATERAL (
		SELECT ` + risk + `::float8 AS risk FROM public.weekly_kpi
		WHERE user_id = l.user_id COLLATE "default" ORDER BY week_start DESC LIMIT 1) k ON true`

// risk is S of a row of weekly_kpi, whatever else others put there.
const risk = `sextant.read_number(kpis -> 'S')`

// Learner gives one learner, or ErrNotFound.
func (d *DB) Learner(ctx context.Context, userID string) (Learner, error) {
	return one[Learner](ctx, d.pool, `
		SELECT `+learnerColumns+` FROM sextant.learner l `+learnerStanding+` WHERE l.user_id = $1`, userID)
}

// LearnerExists reports whether any answer of the learner has been read.
func (tx *Tx) LearnerExists(ctx context.Context, userID string) (bool, error) {
	return scalar[bool](ctx, tx.tx, `SELECT EXISTS (SELECT FROM sextant.learner WHERE user_id = $1)`, userID)
}

// Strangers are those of some learners of whom the database holds nothing: no
// answer that has been read, no row published, and no other activity.
func (d *DB) Strangers(ctx context.Context, users []string) ([]string, error) {
	left, err := d.ids(ctx, `
		SELECT u FROM unnest(@users::text[]) u
		WHERE NOT EXISTS (SELECT FROM sextant.learner l WHERE l.user_id = u COLLATE "C")
		  AND NOT EXISTS (SELECT FROM public.features_topic_daily f WHERE f.user_id = u)
		  AND NOT EXISTS (SELECT FROM public.weekly_kpi k WHERE k.user_id = u)`, pgx.NamedArgs{"users": text(users)})
	if err != nil || len(left) == 0 {
		return nil, err
	}
	p, err := inspectActivity(ctx, d.pool) // only now: the platform's tables may have no index that finds them
	if err != nil {
		return nil, err
	}
	const noAnswer = `SELECT NULL::text COLLATE "C" AS user_id, NULL::text COLLATE "C" AS session_id, NULL::date AS day, NULL::timestamptz AS moment WHERE false`
	return d.ids(ctx, `
		SELECT u FROM unnest(@users::text[]) u
		WHERE u COLLATE "C" NOT IN (SELECT user_id FROM (`+p.moments(noAnswer, `'-infinity'`, named())+`) m) ORDER BY u COLLATE "C"`,
		pgx.NamedArgs{"users": left, "end": "infinity"})
}
