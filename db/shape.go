package db

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// form is how a column of the platform's is read: as it is where its type is one
// of the contract's, else, where that can be done without ever failing, by an
// expression.
type form struct {
	name  string   // the contract's type
	fits  []string // types that are read as they are
	takes []string // types that read can read; nil: any
	read  string   // x stands for the column
}

// aNumber reads whatever says a number; one that no float8 holds is none.
const aNumber = `CASE WHEN sextant.read_number(to_jsonb(x)) BETWEEN -1e100 AND 1e100 THEN sextant.read_number(to_jsonb(x))::float8 END`

var (
	asText   = form{"text", []string{"text", "character varying"}, nil, `x::text`}
	asItem   = form{"bigint", []string{"bigint", "integer", "smallint"}, nil, `x::text`}
	asMoment = form{"timestamptz", []string{"timestamp with time zone"}, []string{"timestamp without time zone", "date"},
		`x::timestamp AT TIME ZONE 'UTC'`}
	// Not every json can become a jsonb: the null character and half a surrogate pair cannot, nor can numbers beyond measure.
	asObject = form{"jsonb", []string{"jsonb"}, []string{"json"}, `CASE WHEN regexp_replace(x::text,
		'\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}', '', 'g') !~ '\\u(0000|[dD][89a-fA-F])|[0-9.][eE][+-]?[0-9]{4}' THEN x::jsonb END`}
	asNumber = form{"numeric", []string{"numeric()", "double precision", "real", "bigint", "integer", "smallint"}, nil, aNumber}
	asWhole  = form{"smallint", []string{"integer", "smallint"}, nil,
		`CASE WHEN ` + aNumber + ` BETWEEN -2147483648 AND 2147483647 THEN sextant.read_number(to_jsonb(x))::int END`}
)

type shapeColumn struct {
	name string
	form form
}

// shapes are the columns of the platform's tables whose type a statement relies
// on. What else a source's answers are read from is read whatever its type.
var shapes = map[string][]shapeColumn{
	"exam_results":  {{"session_id", asText}, {"user_id", asText}, {"status", asText}, {"created_at", asMoment}, {"updated_at", asMoment}},
	"attempt":       {{"session_id", asText}, {"completed_at", asMoment}},
	"responses":     {{"user_id", asText}, {"responded_at", asMoment}},
	"session":       {{"id", asText}, {"user_id", asText}, {"ended_at", asMoment}, {"status", asText}},
	"question":      {{"id", asItem}, {"meta", asObject}},
	"interest_goal": {{"user_id", asText}, {"topic_id", asText}, {"target_level", asNumber}, {"priority", asWhole}},
}

// ColumnGap is a column of the platform's that is not what the contract says.
type ColumnGap struct {
	Column string `json:"column"`
	Wanted string `json:"wanted"`
	Type   string `json:"type"` // empty: the column is missing
	Reads  bool   `json:"read"` // it can be read all the same
}

var (
	modifier    = regexp.MustCompile(`\([0-9, -]+\)`)
	placeholder = regexp.MustCompile(`\bx\b`)
)

// reads reports whether the column's type can be read, and whether as it is.
func (f form) reads(kind string) (can, asIs bool) {
	base := modifier.ReplaceAllString(kind, "")
	if f.name == "numeric" && base == "numeric" && base != kind {
		base = "numeric()" // bounded: neither infinite nor too large for a float8
	}
	asIs = slices.Contains(f.fits, base)
	return asIs || kind != "" && (f.takes == nil || slices.Contains(f.takes, base)), asIs
}

// gaps lists what a relation's columns differ in from the contract.
func (p platform) gaps(name string) []ColumnGap {
	gaps := []ColumnGap{}
	for _, c := range shapes[name] {
		kind := p.relations[name].Columns[c.name]
		if can, asIs := c.form.reads(kind); !asIs {
			gaps = append(gaps, ColumnGap{c.name, c.form.name, kind, can})
		}
	}
	return gaps
}

// reads reports whether a relation is there and has those columns, of types that
// can be read.
func (p platform) reads(name string, columns ...string) bool {
	for _, g := range p.gaps(name) {
		if !g.Reads && slices.Contains(columns, g.Column) {
			return false
		}
	}
	return p.has(name)
}

// from is the FROM item of a platform table in the contract's shape: the table
// itself where it has that, so that nothing stands between a statement and its
// indexes.
func (p platform) from(name string) string { return p.shaped(name, "public."+name) }

// shaped brings a FROM item with the columns of a platform table, a sample of it
// for example, into the contract's shape: columns of other types are read as
// theirs, and those that are missing or cannot be read are null.
func (p platform) shaped(name, from string) string {
	if !p.has(name) || len(p.gaps(name)) == 0 {
		return from
	}
	var columns []string
	given := map[string]bool{}
	for _, c := range shapes[name] {
		given[c.name] = true
		columns = append(columns, p.column(name, "x", c.name)+" AS "+c.name)
	}
	for _, c := range slices.Sorted(maps.Keys(p.relations[name].Columns)) {
		if !given[c] {
			columns = append(columns, "x."+pgx.Identifier{c}.Sanitize())
		}
	}
	return "(SELECT " + strings.Join(columns, ", ") + " FROM " + from + " x)"
}

// column is the expression that reads a column of a platform table, which goes
// by an alias, in the contract's type.
func (p platform) column(name, alias, column string) string {
	at := slices.IndexFunc(shapes[name], func(c shapeColumn) bool { return c.name == column })
	f := shapes[name][at].form
	switch can, asIs := f.reads(p.relations[name].Columns[column]); {
	case !can:
		return "NULL::" + f.name
	case !asIs:
		return placeholder.ReplaceAllLiteralString(f.read, alias+"."+column)
	}
	return alias + "." + column
}

// numbered reports whether the ids of questions are whole numbers, which their
// index can be asked for.
func (p platform) numbered() bool {
	_, asIs := asItem.reads(p.relations["question"].Columns["id"])
	return asIs
}
