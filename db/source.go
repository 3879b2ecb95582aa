package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// ParseSource reads a source's name.
func ParseSource(s string) (Source, error) {
	if slices.Contains(sources, Source(s)) {
		return Source(s), nil
	}
	return "", fmt.Errorf("unknown source %q; the sources are attempt, responses and exam_results", s)
}

// platform is which platform relations exist and how answers are read from them.
type platform struct {
	relations map[string]string // name → relkind of those that exist
	onExams   bool              // attempt is a view that stands on exam_results
}

func (p platform) has(name string) bool { return p.relations[name] != "" }

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
	rows, err := collect[struct {
		Name string `db:"relname"`
		Kind string `db:"relkind"`
	}](ctx, q, `
		SELECT c.relname::text, c.relkind::text FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		  AND c.relname IN ('attempt', 'responses', 'exam_results', 'session', 'question', 'interest_goal', 'classroom')`)
	if err != nil {
		return platform{}, err
	}
	p := platform{relations: map[string]string{}}
	for _, r := range rows {
		p.relations[r.Name] = r.Kind
	}
	p.onExams, err = scalar[bool](ctx, q, `
		WITH RECURSIVE below AS (
			SELECT to_regclass('public.attempt')::oid AS rel
			UNION
			SELECT d.refobjid FROM below b
			JOIN pg_rewrite w ON w.ev_class = b.rel
			JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
			                AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> b.rel)
		SELECT EXISTS (SELECT FROM below WHERE rel = to_regclass('public.exam_results')::oid)`)
	return p, err
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
		return "", fmt.Errorf("the source %s, read so far, is gone; bring it back, or change with "+
			"'sextant run sync-answers --source' to one of: %s", recorded, strings.Join(append(have, "(none left)")[:max(1, len(have))], ", "))
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
