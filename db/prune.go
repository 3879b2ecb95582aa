package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pruning removes the old rows of a table, and those that hang on them, a batch
// at a time.
type Pruning struct {
	Tables []string // the table itself first
	doomed string   // SELECT of the keys of what goes
	key    string
	hang   []string // columns of the further tables that refer to the key
	batch  int
	args   pgx.NamedArgs
	theta  bool // the θ history goes by learner: see pruneThetas
}

// oldCalibration is the condition that a calibration c may go: it is neither in
// force, nor the first of its scale, nor among a bank's last ten.
const oldCalibration = `c.fitted_at < @cutoff
	AND c.run_id NOT IN (SELECT DISTINCT ON (bank) run_id FROM sextant.calibration WHERE in_force_at IS NOT NULL ORDER BY bank, in_force_at DESC)
	AND c.run_id NOT IN (SELECT DISTINCT ON (bank, version) run_id FROM sextant.calibration ORDER BY bank, version, fitted_at, run_id)
	AND c.run_id NOT IN (SELECT run_id FROM (
		SELECT run_id, row_number() OVER (PARTITION BY bank ORDER BY fitted_at DESC, run_id) AS nth FROM sextant.calibration) n WHERE nth <= 10)`

// Prunings are what prune removes, in order. featuresStage names the stage whose
// stamps the rows of features_topic_daily carry.
func Prunings(featuresStage string) []Pruning {
	return []Pruning{
		// A stage keeps its newest run and its newest that succeeded, and a calibration
		// the run that says with which parameters it was made.
		{Tables: []string{"sextant.run", "sextant.run_event", "sextant.run_failure"}, key: "id", hang: []string{"run_id", "run_id"}, batch: 500, doomed: `
			SELECT r.id FROM sextant.run r
			WHERE r.finished_at < @cutoff AND r.status NOT IN ('queued', 'running')
			  AND EXISTS (SELECT FROM sextant.run n WHERE n.stage = r.stage AND n.created_at > r.created_at)
			  AND (r.status <> 'succeeded' OR EXISTS (
				SELECT FROM sextant.run n WHERE n.stage = r.stage AND n.created_at > r.created_at AND n.status = 'succeeded'))
			  AND r.id NOT IN (SELECT run_id FROM sextant.calibration EXCEPT SELECT c.run_id FROM sextant.calibration c WHERE ` + oldCalibration + `)`},
		// A day keeps its newest publication and those whose rows still stand.
		{Tables: []string{"sextant.published"}, key: "id", batch: 500, args: pgx.NamedArgs{"features": featuresStage}, doomed: `
			SELECT p.id FROM sextant.published p
			WHERE p.at < @cutoff
			  AND EXISTS (SELECT FROM sextant.published n
				WHERE n.stage = p.stage AND n.scope = p.scope AND n.data_day = p.data_day AND n.complete AND n.id > p.id)
			  AND NOT (p.stage = @features AND EXISTS (
				SELECT FROM public.features_topic_daily f WHERE f.date = p.data_day AND f.computed_at = p.stamp))`},
		{Tables: []string{"sextant.theta_history"}, theta: true, batch: 20000},
		{Tables: []string{"sextant.calibration", "sextant.item_history"}, key: "run_id", hang: []string{"run_id"}, batch: 5,
			doomed: `SELECT c.run_id FROM sextant.calibration c WHERE ` + oldCalibration},
		{Tables: []string{"sextant.quarantine"}, key: "id", batch: 5000, doomed: `
			SELECT q.id FROM sextant.quarantine q WHERE coalesce(q.resolved_at, q.last_seen) < @cutoff`},
		{Tables: []string{"sextant.kpi_row"}, key: "ctid", batch: 5000, doomed: `
			SELECT k.ctid FROM sextant.kpi_row k WHERE (k.week_start + 7)::timestamp AT TIME ZONE 'UTC' <= @cutoff`},
	}
}

// PruneCount counts what would go, table by table.
func (tx *Tx) PruneCount(ctx context.Context, p Pruning, cutoff time.Time) ([]int64, error) {
	if p.theta {
		n, err := scalar[int64](ctx, tx.tx, `SELECT count(*) FROM (`+oldThetas+`) h WHERE superseded`,
			pgx.NamedArgs{"cutoff": cutoff, "after": "", "upto": nil})
		return []int64{n}, err
	}
	counts := `(SELECT count(*) FROM doomed)`
	for i, column := range p.hang {
		counts += `, (SELECT count(*) FROM ` + p.Tables[i+1] + ` WHERE ` + column + ` IN (SELECT * FROM doomed))`
	}
	return scalar[[]int64](ctx, tx.tx, `WITH doomed AS MATERIALIZED (`+p.doomed+`) SELECT ARRAY[`+counts+`]`, p.named(cutoff))
}

func (p Pruning) named(cutoff time.Time) pgx.NamedArgs {
	args := pgx.NamedArgs{"cutoff": cutoff, "batch": p.batch}
	for k, v := range p.args {
		args[k] = v
	}
	return args
}

// PruneBatch removes a batch and returns how many rows of each table went, where
// the next begins, and whether there may be one.
func (tx *Tx) PruneBatch(ctx context.Context, p Pruning, cutoff time.Time, after string) (counts []int64, next string, more bool, err error) {
	if p.theta {
		return tx.pruneThetas(ctx, cutoff, after, p.batch)
	}
	parts, totals := ``, `(SELECT count(*) FROM gone)`
	for i, column := range p.hang {
		part := `gone_` + column + string(rune('a'+i))
		parts += `, ` + part + ` AS (DELETE FROM ` + p.Tables[i+1] + ` WHERE ` + column + ` IN (SELECT * FROM doomed) RETURNING 1)`
		totals += `, (SELECT count(*) FROM ` + part + `)`
	}
	counts, err = scalar[[]int64](ctx, tx.tx, `
		WITH doomed AS MATERIALIZED (`+p.doomed+` LIMIT @batch)`+parts+`,
		gone AS (DELETE FROM `+p.Tables[0]+` WHERE `+p.key+` IN (SELECT * FROM doomed) RETURNING 1)
		SELECT ARRAY[`+totals+`]`, p.named(cutoff))
	if err != nil {
		return nil, "", false, classify("prune "+p.Tables[0], err)
	}
	return counts, "", counts[0] > 0, nil
}

// oldThetas are the estimates before the cutoff of the learners after one and up
// to another. Superseded are those that no formula of a later day can ask for:
// neither a key's newest, nor its newest with a standard error, without which an
// estimate counts as none.
const oldThetas = `
	SELECT user_id, as_of, tableoid AS part, ctid AS place,
	       row_number() OVER (PARTITION BY user_id, topic_id, bank ORDER BY as_of DESC, estimated_at DESC) > 1
	       AND ((se > 0) IS NOT TRUE
	         OR row_number() OVER (PARTITION BY user_id, topic_id, bank, (se > 0) IS TRUE ORDER BY as_of DESC, estimated_at DESC) > 1) AS superseded
	FROM sextant.theta_history
	WHERE as_of < @cutoff AND user_id > @after AND (@upto::text IS NULL OR user_id <= @upto)`

// pruneThetas goes through the learners in order: which of a learner's estimates
// are superseded is seen from all of them.
func (tx *Tx) pruneThetas(ctx context.Context, cutoff time.Time, after string, batch int) ([]int64, string, bool, error) {
	args := pgx.NamedArgs{"cutoff": cutoff, "after": after, "batch": batch}
	upto, err := scalar[*string](ctx, tx.tx, `SELECT coalesce(
		(SELECT user_id FROM sextant.theta_history WHERE user_id > @after AND as_of < @cutoff ORDER BY user_id OFFSET @batch LIMIT 1),
		(SELECT max(user_id) FROM sextant.theta_history WHERE user_id > @after AND as_of < @cutoff))`, args)
	if err != nil || upto == nil {
		return []int64{0}, "", false, err
	}
	args["upto"] = *upto
	tag, err := tx.tx.Exec(ctx, `
		DELETE FROM sextant.theta_history h USING (`+oldThetas+`) o
		WHERE o.superseded AND h.as_of < @cutoff AND h.user_id > @after AND h.user_id <= @upto
		  AND h.user_id = o.user_id AND h.as_of = o.as_of AND h.tableoid = o.part AND h.ctid = o.place`, args)
	return []int64{tag.RowsAffected()}, *upto, true, classify("prune the θ history", err)
}

// DropEmptyThetaMonths drops the months of the θ history that lie before a moment
// and hold nothing any more, and returns how many; one that is in use stays for
// the next time.
func (tx *Tx) DropEmptyThetaMonths(ctx context.Context, cutoff time.Time) (int, error) {
	if _, err := tx.tx.Exec(ctx, `SET LOCAL lock_timeout = '2s'`); err != nil {
		return 0, classify("drop empty months", err)
	}
	return scalar[int](ctx, tx.tx, `SELECT sextant.drop_empty_theta_months($1)`, cutoff)
}
