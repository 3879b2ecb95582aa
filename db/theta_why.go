package db

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// ThetaOrigin is where a published θ comes from.
type ThetaOrigin struct {
	Source      string     `db:"source" json:"source"` // imported, calibration, online, manual; empty: not known
	RunID       *uuid.UUID `db:"run_id" json:"run_id"`
	EstimatedAt *time.Time `db:"estimated_at" json:"estimated_at"`
	Stage       string     `db:"stage" json:"stage"` // of the run, while the ledger has it
	Actor       string     `db:"actor" json:"actor"`
	Reason      string     `db:"reason" json:"reason"`
	Lookback    *int       `db:"lookback" json:"lookback_days"` // nil: not known
	Scorer      string     `db:"scorer" json:"scorer"`          // of the run: engine or plumber; empty: not known
}

// TopicAbility is a topic's published θ of the learner, or nil.
func (tx *Tx) TopicAbility(ctx context.Context, userID, topicID string) (*Ability, error) {
	return first[Ability](ctx, tx.tx, `
		SELECT t.theta, `+finiteSE+` AS se, coalesce(t.model, '') AS model, coalesce(t.version, '') AS version,
		       coalesce(t.fitted_at, 'epoch') AS fitted_at
		FROM public.student_topic_theta t
		WHERE t.user_id = $1 AND t.topic_id = $2 AND t.theta > '-Infinity' AND t.theta < 'Infinity'`, userID, topicID)
}

// OriginOf finds where a learner's published θ, overall or (topicID not empty) of
// a topic, comes from: the row of the history that says the same, else, since a
// calibration adds none for a learner without new answers, the calibration as
// of whose day it is.
func (tx *Tx) OriginOf(ctx context.Context, userID, topicID string, a Ability) (ThetaOrigin, error) {
	rows, err := collect[ThetaOrigin](ctx, tx.tx, `
		WITH origin AS (
			(SELECT source, run_id, estimated_at FROM sextant.theta_history
			 WHERE user_id = $1 AND topic_id IS NOT DISTINCT FROM nullif($2, '') AND bank = '' AND as_of = $3 AND theta = $4
			 ORDER BY estimated_at DESC LIMIT 1)
			UNION ALL
			(SELECT 'calibration', run_id, fitted_at FROM sextant.calibration
			 WHERE bank = '' AND in_force_at IS NOT NULL
			   AND (data_day + 1)::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond' = $3
			 ORDER BY in_force_at DESC LIMIT 1)
			LIMIT 1)
		SELECT coalesce(o.source, '') AS source, o.run_id, o.estimated_at, coalesce(r.stage, '') AS stage, coalesce(r.actor, '') AS actor,
		       coalesce(r.reason, '') AS reason, coalesce(r.params ->> 'lookback-days', m.model_spec ->> 'lookback_days')::int AS lookback,
		       lower(coalesce(r.params ->> 'scorer', m.model_spec ->> 'scorer', '')) AS scorer
		FROM (SELECT) one
		LEFT JOIN origin o ON true
		LEFT JOIN sextant.run r ON r.id = o.run_id
		LEFT JOIN public.mirt_fit_meta m ON m.run_id = o.run_id::text`, userID, topicID, a.FittedAt, a.Theta)
	if err != nil {
		return ThetaOrigin{}, err
	}
	return rows[0], nil
}
