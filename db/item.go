package db

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ItemParams are one item's parameters and where they come from.
type ItemParams struct {
	ItemID string  `db:"item_id"`
	A      float64 `db:"a"`
	B      float64 `db:"b"`
	C      float64 `db:"c"`
	From   string  `db:"origin"` // calibration or question
}

// Usable reports whether answers to the item can be scored with the parameters:
// what a calibration makes of too few or contradicting answers (a slope that is
// negative or none) is not published, and those in force before stay.
func (p ItemParams) Usable() bool {
	return p.A >= 0.001 && p.A <= 100 && p.B >= -100 && p.B <= 100 && p.C >= 0 && p.C <= 0.99
}

// usable is ItemParams.Usable of a row with the columns a, b and c.
const usable = `a BETWEEN 0.001 AND 100 AND b BETWEEN -100 AND 100 AND c BETWEEN 0 AND 0.99`

// Calibration is one calibration and the population prior that goes with it.
type Calibration struct {
	RunID     uuid.UUID `db:"run_id" json:"run_id"`
	Bank      string    `db:"bank" json:"bank"`
	Model     string    `db:"model" json:"model"`
	Version   string    `db:"version" json:"version"` // names the scale
	DataDay   Day       `db:"data_day" json:"data_day"`
	PriorMean float64   `db:"prior_mean" json:"prior_mean"`
	PriorSD   float64   `db:"prior_sd" json:"prior_sd"`
	Linking   []byte    `db:"linking" json:"-"`
	Metrics   []byte    `db:"metrics" json:"-"`
	FittedAt  time.Time `db:"fitted_at" json:"fitted_at"`

	InForceAt *time.Time `db:"in_force_at" json:"-"` // nil: never has been
}

// CalibratedItem is an item as a calibration left it.
type CalibratedItem struct {
	ItemID        string
	A, B, C       *float64 // nil when the item was dropped
	SEA, SEB, SEC *float64
	N             int
	PCorrect      *float64
	Flags         []string
	Dropped       string // why; empty when it was fitted
	ItemFit
}

// ItemFit is how well an item follows its model; nil where it cannot be told.
type ItemFit struct {
	Infit  *float64 `db:"infit" json:"infit"`
	Outfit *float64 `db:"outfit" json:"outfit"`
	SX2    *float64 `db:"sx2" json:"sx2"`
	SX2DF  *int     `db:"sx2_df" json:"sx2_df"`
	SX2P   *float64 `db:"sx2_p" json:"sx2_p"`
}

const calibrationColumns = `run_id, bank, model, version, data_day, prior_mean, prior_sd, linking, metrics, fitted_at, in_force_at`

// CalibrationInForce is the calibration that scorers of a bank use, or
// ErrNotFound before the first.
func (d *DB) CalibrationInForce(ctx context.Context, bank string) (Calibration, error) {
	return calibrationInForce(ctx, d.pool, bank)
}

// CalibrationInForce is the same within a transaction.
func (tx *Tx) CalibrationInForce(ctx context.Context, bank string) (Calibration, error) {
	return calibrationInForce(ctx, tx.tx, bank)
}

func calibrationInForce(ctx context.Context, q querier, bank string) (Calibration, error) {
	return one[Calibration](ctx, q, `
		SELECT `+calibrationColumns+`
		FROM sextant.calibration WHERE bank = $1 AND in_force_at IS NOT NULL ORDER BY in_force_at DESC LIMIT 1`, bank)
}

// CalibrationItems are the fitted parameters of one calibration.
func (d *DB) CalibrationItems(ctx context.Context, run uuid.UUID) ([]ItemParams, error) {
	return collect[ItemParams](ctx, d.pool, `
		SELECT item_id, a, b, c, 'calibration' AS origin FROM sextant.item_history
		WHERE run_id = $1 AND dropped IS NULL ORDER BY item_id`, run)
}

// questionParams reads the seed parameters that a question row q carries;
// whatever is not a usable set of finite numbers gives no row.
func (p platform) questionParams() string {
	return `
	SELECT q.id::text COLLATE "C" AS item_id, sextant.read_number(q.meta #> '{irt,a}')::float8 AS a,
	       sextant.read_number(q.meta #> '{irt,b}')::float8 AS b,
	       coalesce(sextant.read_number(q.meta #> '{irt,c}'), 0)::float8 AS c, 'question' AS origin
	FROM ` + p.from("question") + ` q
	WHERE sextant.read_number(q.meta #> '{irt,a}') BETWEEN 0.001 AND 100 AND sextant.read_number(q.meta #> '{irt,b}') BETWEEN -100 AND 100
	  AND coalesce(sextant.read_number(q.meta #> '{irt,c}'), 0) BETWEEN 0 AND 0.99`
}

// seeded reports whether the platform has questions that may carry parameters.
func (p platform) seeded() bool { return p.reads("question", "id", "meta") }

// publishedParams reads mirt_item_params in the same careful way.
const publishedParams = `
	SELECT p.item_id COLLATE "C" AS item_id, sextant.read_number(p.params -> 'a')::float8 AS a,
	       sextant.read_number(p.params -> 'b')::float8 AS b,
	       coalesce(sextant.read_number(p.params -> 'c'), 0)::float8 AS c, 'calibration' AS origin
	FROM public.mirt_item_params p
	WHERE sextant.read_number(p.params -> 'a') BETWEEN 0.001 AND 100 AND sextant.read_number(p.params -> 'b') BETWEEN -100 AND 100
	  AND coalesce(sextant.read_number(p.params -> 'c'), 0) BETWEEN 0 AND 0.99`

// anchored is the condition that a question q is an anchor: anchors define the
// scale, and nothing of Sextant's writes their parameters.
const anchored = `jsonb_typeof(q.meta -> 'tags') = 'array' AND q.meta -> 'tags' ? 'anchor'`

// Anchors are the questions tagged "anchor" whose seed parameters can be used.
func (d *DB) Anchors(ctx context.Context) ([]ItemParams, error) {
	p, err := inspectPlatform(ctx, d.pool)
	if err != nil || !p.seeded() {
		return nil, err
	}
	return collect[ItemParams](ctx, d.pool, p.questionParams()+`
	  AND `+anchored+` ORDER BY item_id`)
}

// UnusableAnchors are the questions tagged "anchor" whose parameters are not
// numbers in range.
func (d *DB) UnusableAnchors(ctx context.Context) ([]string, error) {
	p, err := inspectPlatform(ctx, d.pool)
	if err != nil || !p.seeded() {
		return nil, err
	}
	rows, err := d.pool.Query(ctx, `
		SELECT q.id::text FROM `+p.from("question")+` q WHERE `+anchored+`
		  AND q.id::text COLLATE "C" NOT IN (SELECT item_id FROM (`+p.questionParams()+`) usable) ORDER BY q.id`)
	if err != nil {
		return nil, classify("read the anchors", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, classify("read the anchors", err)
}

// ItemBank gives the parameters in force of every item: those published, else
// the question's own seed.
func (d *DB) ItemBank(ctx context.Context) ([]ItemParams, error) {
	return itemBank(ctx, d.pool, nil)
}

// ItemBank is the same within a transaction, for the items named; nil names all.
func (tx *Tx) ItemBank(ctx context.Context, items []string) ([]ItemParams, error) {
	return itemBank(ctx, tx.tx, items)
}

func itemBank(ctx context.Context, q querier, items []string) ([]ItemParams, error) {
	p, err := inspectPlatform(ctx, q)
	if err != nil {
		return nil, err
	}
	published, seeds, args := publishedParams, p.questionParams(), []any{}
	if items != nil {
		args = append(args, items)
		published += ` AND p.item_id = ANY ($1)`
		// Of ids that are numbers, only canonical bigints can be question ids.
		seeds += when(p.numbered(), ` AND q.id IN (SELECT i::bigint FROM unnest($1::text[]) i WHERE i ~ '^-?[0-9]{1,18}$')`, ` AND q.id = ANY ($1)`)
	}
	if !p.seeded() {
		return collect[ItemParams](ctx, q, published+` ORDER BY item_id`, args...)
	}
	return collect[ItemParams](ctx, q, `
		WITH published AS (`+published+`), seed AS (`+seeds+`)
		SELECT * FROM published
		UNION ALL SELECT * FROM seed s WHERE NOT EXISTS (SELECT FROM published p WHERE p.item_id = s.item_id)
		ORDER BY item_id`, args...)
}

// ItemBankBefore gives the parameters of the items named that were in force on
// the night of a day: of a scale's calibrations of the unfiltered bank and of
// earlier days the newest that fitted the item, else the question's own seed.
func (tx *Tx) ItemBankBefore(ctx context.Context, day Day, version string, items []string) ([]ItemParams, error) {
	p, err := inspectPlatform(ctx, tx.tx)
	if err != nil {
		return nil, err
	}
	fitted := `
		SELECT i COLLATE "C" AS item_id, h.a, h.b, h.c, 'calibration' AS origin FROM unnest($3::text[]) i
		CROSS JOIN LATERAL (
			SELECT a, b, c FROM sextant.item_history h JOIN sextant.calibration k USING (run_id)
			WHERE h.item_id = i COLLATE "C" AND h.dropped IS NULL AND ` + usable + ` AND k.bank = '' AND k.version = $2 AND k.data_day < $1
			ORDER BY k.data_day DESC, k.fitted_at DESC LIMIT 1) h`
	if p.seeded() {
		fitted = `
		WITH fitted AS (` + fitted + `), seed AS (` + p.questionParams() + `)
		SELECT * FROM fitted
		UNION ALL SELECT * FROM seed s WHERE s.item_id = ANY ($3) AND NOT EXISTS (SELECT FROM fitted f WHERE f.item_id = s.item_id)`
	}
	return collect[ItemParams](ctx, tx.tx, fitted, day, version, text(items))
}

// PublishCalibration writes a calibration and its items to the histories and,
// when it comes into force for the unfiltered bank, its parameters to
// mirt_item_params.
func (tx *Tx) PublishCalibration(ctx context.Context, c Calibration, items []CalibratedItem, inForce bool) error {
	_, err := tx.tx.Exec(ctx, `
		INSERT INTO sextant.calibration (run_id, bank, model, version, data_day, prior_mean, prior_sd, linking, metrics, fitted_at, in_force_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now(), CASE WHEN $10 THEN clock_timestamp() END)`,
		c.RunID, c.Bank, c.Model, c.Version, c.DataDay, c.PriorMean, c.PriorSD, c.Linking, c.Metrics, inForce)
	if err != nil {
		return classify("write the calibration", err)
	}
	_, err = tx.tx.CopyFrom(ctx, pgx.Identifier{"sextant", "item_history"},
		[]string{"run_id", "item_id", "a", "b", "c", "se_a", "se_b", "se_c", "n", "p_correct", "flags", "dropped",
			"infit", "outfit", "sx2", "sx2_df", "sx2_p"},
		pgx.CopyFromSlice(len(items), func(i int) ([]any, error) {
			it := items[i]
			var dropped *string
			if it.Dropped != "" {
				dropped = &it.Dropped
			}
			return []any{c.RunID, it.ItemID, it.A, it.B, it.C, it.SEA, it.SEB, it.SEC, it.N, it.PCorrect, text(it.Flags), dropped,
				it.Infit, it.Outfit, it.SX2, it.SX2DF, it.SX2P}, nil
		}))
	if err != nil || !inForce || c.Bank != "" {
		return classify("write the items", err)
	}
	_, err = tx.tx.Exec(ctx, `
		INSERT INTO public.mirt_item_params AS p (item_id, model, params, version, fitted_at)
		SELECT item_id, $2, jsonb_build_object('a', a, 'b', b, 'c', c, 'se_a', se_a, 'se_b', se_b, 'se_c', se_c, 'n', n), $3, now()
		FROM sextant.item_history WHERE run_id = $1 AND dropped IS NULL
		  AND `+usable+`
		ON CONFLICT (item_id) DO UPDATE SET model = excluded.model, params = excluded.params,
			version = excluded.version, fitted_at = excluded.fitted_at`, c.RunID, c.Model, c.Version)
	return classify("publish the item parameters", err)
}

// PublishFitMeta writes a calibration's row of mirt_fit_meta.
func (tx *Tx) PublishFitMeta(ctx context.Context, run uuid.UUID, spec, metrics []byte) error {
	_, err := tx.tx.Exec(ctx, `
		INSERT INTO public.mirt_fit_meta (run_id, model_spec, metrics, fitted_at) VALUES ($1, $2, $3, now())
		ON CONFLICT (run_id) DO UPDATE SET model_spec = excluded.model_spec, metrics = excluded.metrics, fitted_at = excluded.fitted_at`,
		run.String(), spec, metrics)
	return classify("publish the fit", err)
}

// NewerPublished reports whether the stage has published a later day in full.
func (tx *Tx) NewerPublished(ctx context.Context, stage, scope string, day Day) (bool, error) {
	return scalar[bool](ctx, tx.tx, `
		SELECT EXISTS (SELECT FROM sextant.published WHERE stage = $1 AND scope = $2 AND complete AND data_day > $3)`, stage, scope, day)
}
