package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Source is where answers come from.
type Source string

// The sources, in order of preference.
const (
	SourceAttempt     Source = "attempt"
	SourceResponses   Source = "responses"
	SourceExamResults Source = "exam_results"
)

var sources = []Source{SourceAttempt, SourceResponses, SourceExamResults}

// platform is which platform relations exist and how answers are read from them.
type platform struct {
	relations map[string]relation // those that exist, by name
	onExams   bool                // attempt is a view that stands on exam_results
	keyed     bool                // the database itself holds attempt's ids to be there, and each once
	mirrored  bool                // sextant.source_session notes every row of exam_results; see inspectActivity
	forgotten bool                // some learner was erased, and is to be left out
}

// relation is a platform table or view as it stands.
type relation struct {
	Name     string            `db:"name"`
	Kind     string            `db:"kind"`     // pg_class.relkind
	Columns  map[string]string `db:"columns"`  // name → type
	Estimate float64           `db:"estimate"` // rows, by the planner's statistics; -1: never analysed
}

func (p platform) has(name string) bool { return p.relations[name].Kind != "" }

// hasColumn reports whether a relation has a column.
func (p platform) hasColumn(name, column string) bool { return p.relations[name].Columns[column] != "" }

// reader is the relation a source is read from: a view that stands on
// exam_results is read as exam_results, which is faster and survives answers
// that break the view's casts.
func (p platform) reader(s Source) Source {
	if s == SourceAttempt && p.onExams {
		return SourceExamResults
	}
	return s
}

// inspectPlatform looks at what the database holds.
func inspectPlatform(ctx context.Context, q querier) (platform, error) {
	p, err := inspectRelations(ctx, q)
	if err == nil {
		p.forgotten, err = anyForgotten(ctx, q)
	}
	return p, err
}

// inspectRelations is the same but for what schema sextant knows.
func inspectRelations(ctx context.Context, q querier) (platform, error) {
	rows, err := collect[relation](ctx, q, `
		SELECT c.relname::text AS name, c.relkind::text AS kind, CASE WHEN c.relpages = 0 AND c.reltuples = 0 THEN -1 ELSE c.reltuples END::float8 AS estimate,
		       (SELECT coalesce(jsonb_object_agg(a.attname, CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod)
		                                                         ELSE format_type(a.atttypid, a.atttypmod) END), '{}')
		        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
		        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
		FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		  AND c.relname = ANY ($1)`, platformNames)
	if err != nil {
		return platform{}, err
	}
	p := platform{relations: map[string]relation{}}
	for _, r := range rows {
		p.relations[r.Name] = r
	}
	if !p.has("attempt") {
		return p, nil
	}
	if p.onExams, err = scalar[bool](ctx, q, `
		WITH RECURSIVE below AS (
			SELECT to_regclass('public.attempt')::oid AS rel
			UNION
			SELECT d.refobjid FROM below b
			JOIN pg_rewrite w ON w.ev_class = b.rel
			JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
			                AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> b.rel)
		SELECT EXISTS (SELECT FROM below WHERE rel = to_regclass('public.exam_results')::oid)`); err != nil {
		return p, err
	}
	p.keyed, err = uniquelyIndexed(ctx, q, "attempt", "id")
	return p, err
}

// uniquelyIndexed reports whether a unique index holds the values of a platform
// table's column to be there, and each once.
func uniquelyIndexed(ctx context.Context, q querier, table, column string) (bool, error) {
	return scalar[bool](ctx, q, `
		SELECT EXISTS (
			SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indrelid = to_regclass('public.' || $1) AND i.indisunique AND i.indisvalid AND i.indimmediate
			  AND i.indnkeyatts = 1 AND i.indpred IS NULL AND a.attname = $2 AND a.attnotnull)`, table, column)
}

// needed are the columns without which a source cannot be read.
var needed = map[Source][]string{
	SourceAttempt:     {"id", "student_id", "item_id", "correct", "completed_at"},
	SourceResponses:   {"user_id", "item_id", "is_correct", "responded_at"},
	SourceExamResults: {"session_id", "user_id", "status", "result_json", "created_at", "updated_at"},
}

// lacks lists what a relation would need to be read as a source.
func (p platform) lacks(s Source) (lacks []string) {
	for _, c := range needed[s] {
		if !p.hasColumn(string(s), c) {
			lacks = append(lacks, "column "+c)
		}
	}
	for _, g := range p.gaps(string(s)) {
		if !g.Reads && g.Type != "" {
			lacks = append(lacks, g.Column+" as "+g.Wanted+" (it is "+g.Type+")")
		}
	}
	if t := p.relations[string(s)].Columns["result_json"]; s == SourceExamResults && t != "" && t != "jsonb" {
		lacks = append(lacks, "result_json as jsonb (it is "+t+")")
	}
	return lacks
}

// readable is an error that says what keeps a relation from being read.
func (p platform) readable(s Source) error {
	if lacks := p.lacks(s); len(lacks) > 0 {
		return fmt.Errorf("source %s cannot be read: it lacks %s; see 'sextant doctor'", s, strings.Join(lacks, ", "))
	}
	return nil
}

// ErrNoSource says that the database holds no answers in any known form.
var ErrNoSource = errors.New("the database has none of the tables attempt, responses and exam_results; " +
	"check that DATABASE_URL names the platform's database, or try 'sextant demo'")

// choose picks the source to read: the one asked for, else the one recorded at
// the first sync, else the first that exists.
func (p platform) choose(asked, recorded Source) (Source, error) {
	switch {
	case asked != "" && !p.has(string(asked)):
		return "", fmt.Errorf("source %s: the database has no such table", asked)
	case asked != "":
		return asked, nil
	case recorded != "" && !p.has(string(recorded)):
		var have []string
		for _, s := range sources {
			if p.has(string(s)) {
				have = append(have, string(s))
			}
		}
		if len(have) == 0 {
			return "", fmt.Errorf("the source %s, read so far, is gone, and there is no other: bring it back", recorded)
		}
		return "", fmt.Errorf("the source %s, read so far, is gone; bring it back, or change with "+
			"'sextant run sync-answers --source' to one of: %s", recorded, strings.Join(have, ", "))
	case recorded != "":
		return recorded, nil
	}
	for _, s := range sources {
		if p.has(string(s)) {
			return s, nil
		}
	}
	return "", ErrNoSource
}
