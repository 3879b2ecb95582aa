package db

import (
	"context"
	"strconv"

	"github.com/google/uuid"
)

// ItemRow is an item as one calibration left it.
type ItemRow struct {
	ItemID   string   `db:"item_id" json:"item_id"`
	A        *float64 `db:"a" json:"a"` // null when the item was dropped
	B        *float64 `db:"b" json:"b"`
	C        *float64 `db:"c" json:"c"`
	SEA      *float64 `db:"se_a" json:"se_a"`
	SEB      *float64 `db:"se_b" json:"se_b"`
	SEC      *float64 `db:"se_c" json:"se_c"`
	N        int      `db:"n" json:"n"` // answers it was fitted on
	PCorrect *float64 `db:"p_correct" json:"p_correct"`
	ItemFit
	Flags   []string `db:"flags" json:"flags"`
	Dropped *string  `db:"dropped" json:"dropped"` // why the item has no parameters
}

// ItemVersion is an item in one of its bank's calibrations.
type ItemVersion struct {
	RunID   uuid.UUID `db:"run_id" json:"run_id"`
	Model   string    `db:"model" json:"model"`
	Version string    `db:"version" json:"version"` // names the scale
	DataDay Day       `db:"data_day" json:"data_day"`
	InForce bool      `db:"in_force" json:"in_force"` // it was, or is
	ItemRow
}

// Question is what the platform says of an item.
type Question struct {
	Content *string `db:"content" json:"content"`
	TopicID *string `db:"topic_id" json:"topic_id"`
	Anchor  bool    `db:"anchor" json:"anchor"`

	// The seed parameters, of an anchor those that define the scale; nil where they cannot be used.
	A *float64 `db:"a" json:"a"`
	B *float64 `db:"b" json:"b"`
	C *float64 `db:"c" json:"c"`
}

const itemColumns = `h.item_id, h.a, h.b, h.c, h.se_a, h.se_b, h.se_c, h.n, h.p_correct, h.infit, h.outfit, h.sx2, h.sx2_df, h.sx2_p, h.flags, h.dropped`

// CalibrationBefore is the newest calibration of a bank, on the scale named, of
// a data day before the one given, or ErrNotFound.
func (d *DB) CalibrationBefore(ctx context.Context, bank, version string, day Day) (Calibration, error) {
	return one[Calibration](ctx, d.pool, `
		SELECT `+calibrationColumns+`
		FROM sextant.calibration WHERE bank = $1 AND version = $2 AND data_day < $3
		ORDER BY data_day DESC, fitted_at DESC LIMIT 1`, bank, version, day)
}

// ItemRows are the items of one calibration, dropped ones included, numbers in
// the order of their value.
func (d *DB) ItemRows(ctx context.Context, run uuid.UUID) ([]ItemRow, error) {
	return collect[ItemRow](ctx, d.pool, `SELECT `+itemColumns+` FROM sextant.item_history h WHERE run_id = $1
		ORDER BY btrim(h.item_id, '0123456789') <> '', CASE WHEN btrim(h.item_id, '0123456789') = '' THEN length(h.item_id) END, h.item_id`, run)
}

// ItemVersions are the calibrations of a bank that an item took part in, newest
// data day first.
func (d *DB) ItemVersions(ctx context.Context, bank, item string, limit int) ([]ItemVersion, error) {
	return collect[ItemVersion](ctx, d.pool, `
		SELECT c.run_id, c.model, c.version, c.data_day, c.in_force_at IS NOT NULL AS in_force, `+itemColumns+`
		FROM sextant.item_history h JOIN sextant.calibration c USING (run_id)
		WHERE h.item_id = $2 AND c.bank = $1 ORDER BY c.data_day DESC, c.fitted_at DESC LIMIT $3`, bank, item, limit)
}

// Banks are the names of the banks that have ever been calibrated.
func (d *DB) Banks(ctx context.Context) ([]string, error) {
	rows, err := collect[struct {
		Bank string `db:"bank"`
	}](ctx, d.pool, `SELECT DISTINCT bank FROM sextant.calibration ORDER BY bank`)
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.Bank
	}
	return names, err
}

// Question is the platform's row of an item, nil where there is none.
func (d *DB) Question(ctx context.Context, item string) (*Question, error) {
	p, err := inspectPlatform(ctx, d.pool)
	if err != nil || !p.reads("question", "id") {
		return nil, err
	}
	id := any(item)
	if p.numbered() {
		if id, err = strconv.ParseInt(item, 10, 64); err != nil {
			return nil, nil // an item whose id is no number has no question
		}
	}
	return first[Question](ctx, d.pool, `
		SELECT to_jsonb(q) ->> 'content' AS content, to_jsonb(q) ->> 'topic_id' AS topic_id, coalesce(`+anchored+`, false) AS anchor, s.a, s.b, s.c
		FROM `+p.from("question")+` q LEFT JOIN (`+p.questionParams()+` AND q.id = $1) s ON true WHERE q.id = $1`, id)
}
