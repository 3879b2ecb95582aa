package db

import (
	"context"

	"github.com/google/uuid"
)

// HasQuestions reports whether the platform has the table question.
func (d *DB) HasQuestions(ctx context.Context) (bool, error) {
	p, err := inspectPlatform(ctx, d.pool)
	return p.has("question"), err
}

// UpdateQuestionMeta writes a calibration's usable parameters to
// question.meta.irt and gives the number of questions that changed. Every other key of meta stays, and
// so do anchors, a meta that is no object, and rows that say the same already.
// It is the one platform table that Sextant ever writes, and only when told to.
func (tx *Tx) UpdateQuestionMeta(ctx context.Context, run uuid.UUID, model string) (int64, error) {
	tag, err := tx.tx.Exec(ctx, `
		WITH fitted AS (
			SELECT item_id, jsonb_build_object('a', a, 'b', b, 'c', c, 'model', $2::text) AS irt
			FROM sextant.item_history WHERE run_id = $1 AND dropped IS NULL AND `+usable+`)
		UPDATE public.question q
		SET meta = CASE WHEN jsonb_typeof(q.meta) = 'object' THEN q.meta ELSE '{}' END || jsonb_build_object('irt', f.irt)
		FROM fitted f
		WHERE q.id::text COLLATE "C" = f.item_id
		  AND coalesce(jsonb_typeof(q.meta), 'null') IN ('object', 'null')
		  AND coalesce(q.meta -> 'tags' ? 'anchor', false) = false -- however the tag is written
		  AND q.meta -> 'irt' IS DISTINCT FROM f.irt`, run, model)
	return tag.RowsAffected(), classify("write question.meta.irt", err)
}
