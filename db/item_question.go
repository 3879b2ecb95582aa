package db

import (
	"context"

	"github.com/google/uuid"
)

// HasQuestions reports whether the platform has the table question, with a
// column meta that can hold parameters.
func (d *DB) HasQuestions(ctx context.Context) (bool, error) {
	p, err := inspectPlatform(ctx, d.pool)
	return p.seeded(), err
}

// UpdateQuestionMeta writes a calibration's usable parameters to
// question.meta.irt and gives the number of questions that changed. Every other key of meta stays, and
// so do anchors, a meta that is no object, and rows that say the same already.
// It is the one platform table that Sextant ever writes, and only when told to.
func (tx *Tx) UpdateQuestionMeta(ctx context.Context, run uuid.UUID, model string) (int64, error) {
	p, err := inspectPlatform(ctx, tx.tx)
	if err != nil {
		return 0, err
	}
	meta := `(` + p.column("question", "q", "meta") + `)`
	tag, err := tx.tx.Exec(ctx, `
		WITH fitted AS (
			SELECT item_id, jsonb_build_object('a', a, 'b', b, 'c', c, 'model', $2::text) AS irt
			FROM sextant.item_history WHERE run_id = $1 AND dropped IS NULL AND `+usable+`)
		UPDATE public.question q
		SET meta = (CASE WHEN jsonb_typeof(`+meta+`) = 'object' THEN `+meta+` ELSE '{}' END || jsonb_build_object('irt', f.irt))::`+p.relations["question"].Columns["meta"]+`
		FROM fitted f
		WHERE (`+p.column("question", "q", "id")+`)::text COLLATE "C" = f.item_id
		  AND (q.meta IS NULL OR jsonb_typeof(`+meta+`) IN ('object', 'null'))
		  AND coalesce(`+meta+` -> 'tags' ? 'anchor', false) = false -- however the tag is written
		  AND `+meta+` -> 'irt' IS DISTINCT FROM f.irt`, run, model)
	return tag.RowsAffected(), classify("write question.meta.irt", err)
}
