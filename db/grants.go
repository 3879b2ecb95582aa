package db

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// publishedNames are the tables of schema public that Sextant writes.
var publishedNames = []string{"features_topic_daily", "weekly_kpi", "mirt_item_params", "mirt_ability", "mirt_fit_meta",
	"student_topic_theta", "report_artifacts"}

// rebuiltTables are those a full sync builds anew: that takes their owner.
var rebuiltTables = []string{"answer", "answer_tally", "learner", "source_session"}

// keptTables are the histories and the ledger, which only an operator's hand
// may shorten.
var keptTables = []string{"run", "run_event", "run_failure", "published", "theta_history", "calibration", "item_history"}

// handTables are written by an operator's hand alone.
var handTables = []string{"forgotten", "pause"}

// sealedTables are written by migrations alone.
var sealedTables = []string{"schema_version", "river_migration"}

// MayChange reports whether this role, on this server, can write what Sextant
// writes: a role that may only look, a standby and a read-only session cannot.
func (d *DB) MayChange(ctx context.Context) (bool, error) {
	return scalar[bool](ctx, d.pool, `
		SELECT has_table_privilege('sextant.run', 'INSERT') AND NOT pg_is_in_recovery()
		   AND current_setting('default_transaction_read_only') = 'off'`)
}

// Grants gives the SQL that makes three least-privilege roles for this
// database, named after the prefix: operator, worker and readonly. A fourth,
// which nobody logs in as, owns the tables that a full sync builds anew. It can
// be run again, and has to be after a migration.
func (d *DB) Grants(ctx context.Context, prefix string) (string, error) {
	if err := d.CheckSchema(ctx); err != nil {
		return "", err
	}
	g := grants{database: d.pool.Config().ConnConfig.Database, prefix: prefix}
	p, err := inspectPlatform(ctx, d.pool)
	if err != nil {
		return "", err
	}
	for _, name := range platformNames {
		if p.has(name) {
			g.platform = append(g.platform, name)
		}
	}
	g.question = p.has("question")
	tables, err := collect[struct {
		Name string `db:"name"`
	}](ctx, d.pool, `
		SELECT relname::text AS name FROM pg_class
		WHERE relnamespace = 'sextant'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname`)
	if err != nil {
		return "", err
	}
	for _, t := range tables {
		g.tables = append(g.tables, t.Name)
	}
	serial, err := collect[struct {
		Name string `db:"name"`
	}](ctx, d.pool, `SELECT s AS name FROM (SELECT pg_get_serial_sequence('public.report_artifacts', 'id') AS s) q WHERE s IS NOT NULL`)
	if err != nil {
		return "", err
	}
	for _, s := range serial {
		g.sequences = append(g.sequences, s.Name)
	}
	return g.sql(), nil
}

// grants is what the SQL of the roles depends on.
type grants struct {
	database, prefix string
	platform         []string // platform relations that exist
	tables           []string // of schema sextant
	sequences        []string // of published tables, quoted
	question         bool
}

// LongestRolePrefix is how many bytes the roles' names may have in common: a
// longer one would make the server cut all of them to the same.
const LongestRolePrefix = 63 - len("_operator")

func (g grants) role(name string) string { return pgx.Identifier{g.prefix + "_" + name}.Sanitize() }

func (g grants) sql() string {
	owner, operator, worker, readonly := g.role("owner"), g.role("operator"), g.role("worker"), g.role("readonly")
	writers := operator + ", " + worker
	all := writers + ", " + readonly
	database := pgx.Identifier{g.database}.Sanitize()
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	put("-- Sextant's roles in database %s: %s runs and repairs, %s runs stages, %s looks.", database, operator, worker, readonly)
	put("-- Run this as a superuser, or as the owner of the database with CREATEROLE; run it again after a migration.")
	put("BEGIN;")
	put("DO $$\nBEGIN")
	for _, r := range []struct{ name, kind string }{{"owner", "NOLOGIN"}, {"operator", "LOGIN"}, {"worker", "LOGIN"}, {"readonly", "LOGIN"}} {
		put("    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %s) THEN\n        CREATE ROLE %s %s;\n    END IF;",
			literal(g.prefix+"_"+r.name), g.role(r.name), r.kind)
	}
	put("END $$;")
	put("\n-- Everybody looks.")
	put("GRANT CONNECT, TEMPORARY ON DATABASE %s TO %s;", database, all)
	put("GRANT USAGE ON SCHEMA public, sextant TO %s, %s;", all, owner)
	put("GRANT SELECT ON ALL TABLES IN SCHEMA sextant TO %s;", all)
	put("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sextant TO %s, %s;", all, owner)
	put("GRANT SELECT ON %s TO %s, %s;", in("public", slices.Concat(g.platform, publishedNames)), all, owner)
	put("\n-- Operator and worker publish. They never write to a table of the platform's.")
	put("GRANT INSERT, UPDATE, DELETE ON %s TO %s;", in("public", publishedNames), writers)
	for _, s := range g.sequences {
		put("GRANT USAGE ON SEQUENCE %s TO %s;", s, writers)
	}
	put("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA sextant TO %s;", writers)
	open := slices.DeleteFunc(slices.Clone(g.tables), func(t string) bool {
		return slices.Contains(slices.Concat(keptTables, handTables, sealedTables), t)
	})
	put("GRANT INSERT, UPDATE, DELETE ON %s TO %s;", in("sextant", open), writers)
	put("GRANT INSERT, UPDATE ON %s TO %s;", in("sextant", keptTables), writers)
	put("GRANT DELETE ON %s TO %s; -- prune, forget", in("sextant", keptTables), operator)
	put("GRANT INSERT, UPDATE, DELETE ON %s TO %s;", in("sextant", handTables), operator)
	put("\n-- A full sync builds these anew and swaps them in: that takes their owner.")
	put("GRANT %s TO %s, CURRENT_USER;", owner, writers)
	put("GRANT CREATE ON SCHEMA sextant TO %s;", owner)
	for _, t := range rebuiltTables {
		put("ALTER TABLE sextant.%s OWNER TO %s;", t, owner)
	}
	put("COMMIT;")
	put("\n-- Give each a password:  \\password %s", operator)
	if g.question {
		put("-- Only where calibrations write to question.meta (--update-question-meta, IRT_UPDATE_QUESTION_META):")
		put("-- GRANT UPDATE (meta, updated_at) ON public.question TO %s;", writers)
	}
	return b.String()
}

// in lists tables of a schema.
func in(schema string, tables []string) string {
	qualified := make([]string, len(tables))
	for i, t := range tables {
		qualified[i] = schema + "." + pgx.Identifier{t}.Sanitize()
	}
	return strings.Join(qualified, ", ")
}

// literal is an SQL string.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
