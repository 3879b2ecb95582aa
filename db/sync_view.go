package db

import (
	"context"
	"fmt"
	"strings"
)

// standing is a view that stands on sextant.answer, made by others.
type standing struct {
	Name       string   `db:"name"`
	Plain      bool     `db:"plain"` // not materialized
	Ours       bool     `db:"ours"`  // this role may redefine it
	Definition string   `db:"definition"`
	Options    []string `db:"options"`
}

func standingOnAnswers(ctx context.Context, q querier) ([]standing, error) {
	return collect[standing](ctx, q, `
		SELECT DISTINCT c.oid::regclass::text AS name, c.relkind = 'v' AS plain, pg_has_role(c.relowner, 'USAGE') AS ours,
		       pg_get_viewdef(c.oid) AS definition, coalesce(c.reloptions, '{}') AS options
		FROM pg_depend d
		JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
		JOIN pg_class c ON c.oid = w.ev_class
		WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass('sextant.answer')
		ORDER BY 1`)
}

// movable reports whether a full sync can move the view to the new generation.
func (v standing) movable() bool { return v.Plain && v.Ours }

// views gives the statements that move the views on sextant.answer to its new
// generation once that has the name. It refuses, before the long work, where
// one cannot be moved: the swap would fail in the end.
func (s *syncer) views(ctx context.Context) ([]step, error) {
	found, err := standingOnAnswers(ctx, s.tx.tx)
	if err != nil {
		return nil, err
	}
	var steps []step
	for _, v := range found {
		if !v.movable() {
			return nil, fmt.Errorf("%s stands on sextant.answer, which a full sync replaces, and this role cannot move it: "+
				"drop it, sync, and make it again", v.Name)
		}
		with := ""
		if len(v.Options) > 0 {
			with = " WITH (" + strings.Join(v.Options, ", ") + ")"
		}
		steps = append(steps, step{"move view " + v.Name, `CREATE OR REPLACE VIEW ` + v.Name + with + ` AS ` + v.Definition, nil, nil})
	}
	return steps, nil
}
