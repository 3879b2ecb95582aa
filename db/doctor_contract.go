package db

import (
	"context"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"sextant/migrations"
)

// PublishedGap is what a migration would do to one published table, and what it
// cannot mend.
type PublishedGap struct {
	Table   string   `json:"table"`
	Missing bool     `json:"missing"` // it would be created
	Columns []string `json:"columns"` // that would be added, with their types
	Wrong   []string `json:"wrong"`   // columns of a type that cannot hold what is published
	Owned   bool     `json:"-"`       // this role may alter it
}

type wanted struct{ name, kind string }

var (
	ensured      = regexp.MustCompile(`(?s)ensure_columns\('public\.(\w+)',(.*?)\);`)
	quotedColumn = regexp.MustCompile(`'(\w+) ([^']*)'`)
)

// migrationTexts are the upward halves of the migrations, in order.
func migrationTexts() ([]string, error) {
	files, err := fs.Glob(migrations.FS, "*.sql") // sorted
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(files))
	for i, f := range files {
		text, err := fs.ReadFile(migrations.FS, f)
		if err != nil {
			return nil, err
		}
		texts[i], _, _ = strings.Cut(string(text), "-- +goose Down")
	}
	return texts, nil
}

// contract reads the published tables' columns from the migrations, which are
// what creates them.
func contract() (map[string][]wanted, error) {
	ups, err := migrationTexts()
	if err != nil {
		return nil, err
	}
	tables := map[string][]wanted{}
	for _, up := range ups {
		for _, m := range ensured.FindAllStringSubmatch(up, -1) {
			for _, c := range quotedColumn.FindAllStringSubmatch(m[2], -1) {
				tables[m[1]] = append(tables[m[1]], wanted{c[1], c[2]})
			}
		}
	}
	return tables, nil
}

// publishedGaps compares the published tables with the contract.
func publishedGaps(ctx context.Context, q querier) ([]PublishedGap, error) {
	want, err := contract()
	if err != nil {
		return nil, err
	}
	rows, err := collect[struct {
		relation
		Owned bool `db:"owned"`
	}](ctx, q, `
		SELECT c.relname::text AS name, c.relkind::text AS kind, pg_has_role(c.relowner, 'USAGE') AS owned,
		       (SELECT coalesce(jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)), '{}') FROM pg_attribute a
		        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1)`, publishedNames)
	if err != nil {
		return nil, err
	}
	var gaps []PublishedGap
	for _, name := range publishedNames {
		g := PublishedGap{Table: name, Missing: true, Columns: []string{}, Wrong: []string{}}
		for _, r := range rows {
			if r.Name != name {
				continue
			}
			g.Missing, g.Owned = false, r.Owned
			if r.Kind != "r" && r.Kind != "p" {
				g.Wrong = append(g.Wrong, "it is no table")
				continue
			}
			for _, c := range want[name] {
				switch have := r.Columns[c.name]; {
				case have == "":
					g.Columns = append(g.Columns, c.name+" "+c.kind)
				case !holds(have, c.kind):
					g.Wrong = append(g.Wrong, c.name+" is "+have+", not "+typeOf(c.kind))
				}
			}
		}
		gaps = append(gaps, g)
	}
	return gaps, nil
}

// typeOf is the type of a column's definition.
func typeOf(kind string) string {
	for _, end := range []string{" DEFAULT", " GENERATED"} {
		kind, _, _ = strings.Cut(kind, end)
	}
	return kind
}

// holds reports whether a column can take the values of another type, and give
// them back: an integer may be wider, a text may have another name.
func holds(have, want string) bool {
	base, _, _ := strings.Cut(have, "(")
	switch want, _, _ = strings.Cut(typeOf(want), "("); want {
	case "text":
		return slices.Contains([]string{"text", "character varying", "citext"}, base)
	case "integer":
		return slices.Contains([]string{"integer", "bigint", "numeric"}, base)
	case "bigint":
		return base == "bigint" || base == "integer"
	case "timestamptz":
		return base == "timestamp with time zone"
	case "numeric", "double precision":
		return slices.Contains([]string{"numeric", "double precision", "real"}, base)
	}
	return base == want
}
