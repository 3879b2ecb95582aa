package db

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Survey is what doctor reads from the catalogs: quick, whatever the database's
// size, and possible for a role that may only look.
type Survey struct {
	Server    int    // PostgreSQL's version number, as 160004
	Version   string // the same for people
	Encoding  string
	Standby   bool
	ReadOnly  bool // sessions are read-only by the database's or the role's settings
	MayChange bool // this role can write what Sextant writes; false before the migration
	Closed    bool // there is a schema sextant that this role may not look into
	Schema    int64
	Wanted    int64

	Relations []PlatformRelation
	Recorded  Source // read so far; empty before the first sync
	Source    Source // that the next sync reads; empty: none can be chosen
	Reader    Source // the relation that it is read from
	SourceErr error  // why none can be chosen, or the reader cannot be read
	Keyed     bool   // the attempt table's ids are held to be there and unique
	Unique    bool   // exam_results holds each session once
	Indexed   bool   // exam_results has an index on updated_at

	Published []PublishedGap
	Lacking   []Privilege
	Standing  []string // what stands on sextant.answer and cannot follow a full sync, as DROP names it
	Trgm      string   // installed, available, or missing
	Silent    []uuid.UUID
}

// PlatformRelation is a platform table or view as found.
type PlatformRelation struct {
	Name    string      `json:"name"`
	Kind    string      `json:"kind"`  // table, view, materialized view or foreign table
	Rows    *int64      `json:"rows"`  // the planner's estimate; null: it has none
	Lacks   []string    `json:"lacks"` // what reading it as a source would need
	Gaps    []ColumnGap `json:"gaps"`  // in what its columns are not the contract's
	OnExams bool        `json:"on_exam_results"`
}

// Privilege is a right that the role lacks.
type Privilege struct {
	Name string `db:"name"` // as in: SELECT on public.session
	SQL  string `db:"sql"`  // what grants it
}

// Survey looks at the database as it stands, migrated or not.
func (d *DB) Survey(ctx context.Context) (s Survey, err error) {
	s.Wanted = latestMigration()
	err = d.pool.QueryRow(ctx, `
		SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding'),
		       pg_is_in_recovery(),
		       CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN 'installed'
		            WHEN EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN 'available' ELSE 'missing' END,
		       EXISTS (SELECT FROM pg_db_role_setting s, unnest(s.setconfig) c
		               WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
		                 AND s.setrole IN (0, current_user::regrole) AND c IN ('default_transaction_read_only=on', 'default_transaction_read_only=true'))`,
	).Scan(&s.Server, &s.Version, &s.Encoding, &s.Standby, &s.Trgm, &s.ReadOnly)
	if err != nil {
		return s, classify("look at the server", err)
	}
	if err := d.surveySchema(ctx, &s); err != nil {
		return s, err
	}
	if err := d.surveyPlatform(ctx, &s); err != nil {
		return s, err
	}
	if s.Published, err = publishedGaps(ctx, d.pool); err != nil {
		return s, err
	}
	s.Lacking, err = d.lacking(ctx, s)
	return s, err
}

// surveySchema looks at schema sextant.
func (d *DB) surveySchema(ctx context.Context, s *Survey) (err error) {
	s.Schema, err = d.SchemaVersion(ctx)
	if s.Closed = IsKind(err, KindPrivilege); err != nil && !s.Closed {
		return err
	}
	if s.Schema != s.Wanted {
		return nil
	}
	if s.MayChange, err = scalar[bool](ctx, d.pool, `SELECT has_table_privilege('sextant.run', 'INSERT')`); err != nil {
		return err
	}
	if s.Recorded, err = d.recordedSource(ctx); err != nil {
		return err
	}
	runs, err := collect[struct {
		ID uuid.UUID `db:"id"`
	}](ctx, d.pool, `SELECT r.id FROM sextant.run r WHERE r.status = 'running' AND `+silent+` ORDER BY r.created_at`)
	for _, r := range runs {
		s.Silent = append(s.Silent, r.ID)
	}
	if err != nil {
		return err
	}
	views, err := standingOnAnswers(ctx, d.pool)
	for _, v := range views {
		if !v.movable() {
			kind := "MATERIALIZED VIEW "
			if v.Plain {
				kind = "VIEW "
			}
			s.Standing = append(s.Standing, kind+v.Name)
		}
	}
	return err
}

// lookAtPlatform inspects the platform for a look alone: one that may not see
// who was erased counts the erased too.
func (d *DB) lookAtPlatform(ctx context.Context) (platform, error) {
	p, err := inspectPlatform(ctx, d.pool)
	if IsKind(err, KindPrivilege) {
		return inspectRelations(ctx, d.pool)
	}
	return p, err
}

var kindWords = map[string]string{"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}

// surveyPlatform looks at the platform's tables and chooses the source.
func (d *DB) surveyPlatform(ctx context.Context, s *Survey) error {
	p, err := d.lookAtPlatform(ctx)
	if err != nil {
		return err
	}
	for _, name := range platformNames {
		r, ok := p.relations[name]
		if !ok {
			continue
		}
		f := PlatformRelation{Name: name, Kind: kindWords[r.Kind], Lacks: []string{}, Gaps: []ColumnGap{}, OnExams: name == "attempt" && p.onExams}
		if n := int64(r.Estimate); r.Estimate >= 0 && r.Kind != "v" && r.Kind != "f" {
			f.Rows = &n
		}
		if !f.OnExams {
			f.Lacks = append(f.Lacks, p.lacks(Source(name))...)
			f.Gaps = append(f.Gaps, p.gaps(name)...)
		}
		s.Relations = append(s.Relations, f)
	}
	s.Keyed = p.keyed
	if s.Source, s.SourceErr = p.choose("", s.Recorded); s.SourceErr == nil {
		s.Reader = p.reader(s.Source)
		s.SourceErr = p.readable(s.Reader)
	}
	if s.Reader != SourceExamResults {
		return nil
	}
	return classify("look at the indexes", d.pool.QueryRow(ctx, `
		SELECT coalesce(bool_or(a.attname = 'session_id' AND i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL), false),
		       coalesce(bool_or(a.attname = 'updated_at' AND i.indpred IS NULL), false) OR c.relkind <> 'r' AND c.relkind <> 'p'
		FROM pg_class c
		LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisvalid
		LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		WHERE c.oid = 'public.exam_results'::regclass GROUP BY c.relkind`).Scan(&s.Unique, &s.Indexed))
}

// lacking lists the rights that the role would need and has not: to look, and
// to migrate where that is still to be done, or to run stages where it is not a
// role that may only look.
func (d *DB) lacking(ctx context.Context, s Survey) ([]Privilege, error) {
	var have []string
	for _, r := range s.Relations {
		have = append(have, r.Name)
	}
	lacks, err := collect[Privilege](ctx, d.pool, `
		SELECT 'SELECT on public.' || r AS name, format('GRANT SELECT ON public.%I TO %s', r, current_user::regrole) AS sql
		FROM unnest($1::text[]) WITH ORDINALITY u (r, i)
		WHERE NOT has_table_privilege('public.' || quote_ident(r), 'SELECT') ORDER BY i`, text(have))
	if err != nil {
		return nil, err
	}
	var more []Privilege
	switch {
	case s.Closed:
	case s.Schema == s.Wanted:
		more, err = d.lackingToRun(ctx, s)
	default:
		more, err = d.lackingToMigrate(ctx, s)
	}
	return append(lacks, more...), err
}

func (d *DB) lackingToMigrate(ctx context.Context, s Survey) ([]Privilege, error) {
	create := slices.ContainsFunc(s.Published, func(g PublishedGap) bool { return g.Missing })
	lacks, err := collect[Privilege](ctx, d.pool, `
		SELECT 'CREATE on database ' || current_database() AS name,
		       format('GRANT CREATE ON DATABASE %I TO %s', current_database(), current_user::regrole) AS sql
		WHERE to_regnamespace('sextant') IS NULL AND NOT has_database_privilege(current_database(), 'CREATE')
		UNION ALL
		SELECT 'CREATE on schema sextant', format('GRANT CREATE ON SCHEMA sextant TO %s', current_user::regrole)
		WHERE NOT coalesce(has_schema_privilege(to_regnamespace('sextant'), 'CREATE'), true)
		UNION ALL
		SELECT 'CREATE on schema public', format('GRANT CREATE ON SCHEMA public TO %s', current_user::regrole)
		WHERE $1 AND NOT has_schema_privilege('public', 'CREATE')`, create)
	for _, g := range s.Published {
		if !g.Missing && len(g.Columns) > 0 && !g.Owned {
			lacks = append(lacks, Privilege{"ownership of public." + g.Table + ", to add " + strings.Join(g.Columns, ", "),
				fmt.Sprintf("ALTER TABLE public.%s ADD COLUMN %s", pgx.Identifier{g.Table}.Sanitize(), strings.Join(g.Columns, ", ADD COLUMN "))})
		}
	}
	return lacks, err
}

// lackingToRun looks at schema sextant too: a migration brings tables that roles
// made before it know nothing of.
func (d *DB) lackingToRun(ctx context.Context, s Survey) ([]Privilege, error) {
	wants := []string{"SELECT"}
	if s.MayChange {
		wants = append(wants, "INSERT")
	}
	own, err := collect[Privilege](ctx, d.pool, `
		SELECT p || ' on sextant.' || relname AS name, format('GRANT %s ON sextant.%I TO %s', p, relname, current_user::regrole) AS sql
		FROM pg_class, unnest($1::text[]) p
		WHERE relnamespace = 'sextant'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND NOT has_table_privilege(pg_class.oid, p)
		  AND (p = 'SELECT' OR relname <> ALL ($2))
		ORDER BY relname, p DESC`, wants, slices.Concat(handTables, sealedTables))
	if err != nil || !s.MayChange {
		return own, err
	}
	more, err := collect[Privilege](ctx, d.pool, `
		SELECT p || ' on public.' || t AS name, format('GRANT %s ON public.%I TO %s', p, t, current_user::regrole) AS sql
		FROM unnest($1::text[]) t, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p
		WHERE to_regclass('public.' || t) IS NOT NULL AND NOT has_table_privilege('public.' || t, p)
		UNION ALL
		SELECT 'ownership of sextant.' || t, format('GRANT %s TO %s', c.relowner::regrole, current_user::regrole)
		FROM unnest($2::text[]) t JOIN pg_class c ON c.oid = to_regclass('sextant.' || t)
		WHERE NOT pg_has_role(c.relowner, 'USAGE')
		UNION ALL
		SELECT 'CREATE on schema sextant', format('GRANT CREATE ON SCHEMA sextant TO %s', current_user::regrole)
		WHERE NOT has_schema_privilege('sextant', 'CREATE')
		UNION ALL
		SELECT 'TEMPORARY on database ' || current_database(),
		       format('GRANT TEMPORARY ON DATABASE %I TO %s', current_database(), current_user::regrole)
		WHERE NOT has_database_privilege(current_database(), 'TEMPORARY')`, publishedNames, rebuiltTables)
	return append(own, more...), err
}
