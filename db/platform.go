package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrPlatformLoaded says that the demo platform is already in the database.
var ErrPlatformLoaded = errors.New("the demo platform is already in this database; start it afresh with --reset")

// ErrPlatformForeign says that platform tables stand there which the demo did
// not make, so that it may neither fill nor drop them.
var ErrPlatformForeign = errors.New("not made by 'sextant demo'; give the demo a database of its own")

// platformMark begins the comment by which the demo knows its own tables.
const platformMark = "sextant demo"

// platformTables are the tables the demo makes. The view attempt is dropped
// first because it stands on exam_results.
var platformTables = []string{"exam_results", "question", "session", "interest_goal", "classroom"}

// platformNames are all the names a platform may use: a database that holds one
// of them without the mark belongs to somebody.
var platformNames = append([]string{"attempt", "responses"}, platformTables...)

const createPlatform = `
CREATE TABLE public.exam_results (
    id             uuid PRIMARY KEY,
    session_id     text NOT NULL UNIQUE,
    user_id        text,
    exam_id        int,
    org_id         int,
    status         text NOT NULL,
    result_json    jsonb NOT NULL,
    score_raw      numeric,
    score_scaled   numeric,
    standard_error numeric,
    percentile     numeric,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL
);
CREATE TABLE public.question (
    id         bigint PRIMARY KEY,
    content    text,
    difficulty numeric,
    topic_id   text,
    meta       jsonb,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE public.session (
    id           text PRIMARY KEY,
    user_id      text,
    org_id       int,
    classroom_id text,
    exam_id      text,
    started_at   timestamptz,
    ended_at     timestamptz,
    status       text,
    created_at   timestamptz NOT NULL
);
CREATE TABLE public.interest_goal (
    user_id      text NOT NULL,
    topic_id     text NOT NULL,
    target_level numeric(6,3),
    priority     smallint DEFAULT 0,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (user_id, topic_id)
);
CREATE TABLE public.classroom (
    id         text PRIMARY KEY,
    org_id     text,
    name       text,
    grade      smallint,
    created_at timestamptz NOT NULL
);`

// createAttempt is the view as platforms write it: plain casts, which one
// malformed answer is enough to break. Sextant has to live with that.
const createAttempt = `
CREATE VIEW public.attempt AS
SELECT ('x' || md5(r.session_id || '/' || q.position))::bit(64)::bigint AS id,
       CASE WHEN r.user_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            THEN r.user_id::uuid ELSE md5(r.user_id)::uuid END          AS student_id,
       (q.answer ->> 'question_id')::bigint                             AS item_id,
       coalesce((q.answer ->> 'is_correct')::boolean,
                (q.answer ->> 'correct')::boolean)                      AS correct,
       round((q.answer ->> 'time_spent_sec')::numeric * 1000)::int      AS response_time_ms,
       coalesce((q.answer ->> 'used_hints')::int, 0) > 0                AS hint_used,
       1                                                                AS attempt_no,
       coalesce(s.started_at, r.created_at)                             AS started_at,
       r.created_at                                                     AS completed_at,
       r.session_id,
       q.answer ->> 'topic'                                             AS topic_id
FROM public.exam_results r
LEFT JOIN public.session s ON s.id = r.session_id
CROSS JOIN LATERAL jsonb_array_elements(r.result_json -> 'questions')
           WITH ORDINALITY AS q(answer, position)
WHERE r.status = 'ready'`

// indexPlatform comes after the rows: one sort instead of many insertions.
const indexPlatform = `CREATE INDEX exam_results_updated_at_idx ON public.exam_results (updated_at)`

// CreatePlatform makes the demo platform's tables and leaves them empty.
func (d *DB) CreatePlatform(ctx context.Context) error {
	return d.LoadPlatform(ctx, "", func(*Tx) error { return nil })
}

// LoadPlatform makes the demo platform's tables and lets fill copy rows into
// them, all in one transaction: a demo that is interrupted leaves nothing. The
// note is kept with the tables, and PlatformNote gives it back.
func (d *DB) LoadPlatform(ctx context.Context, note string, fill func(*Tx) error) error {
	err := d.InTx(ctx, func(t *Tx) error {
		if err := t.lockPlatform(ctx); err != nil {
			return err
		}
		made, err := t.platformMade(ctx)
		if err != nil {
			return err
		}
		if len(made) > 0 {
			return ErrPlatformLoaded
		}
		if _, err := t.tx.Exec(ctx, createPlatform+";"+createAttempt); err != nil {
			return classify("create the demo platform", err)
		}
		if err := fill(t); err != nil {
			return err
		}
		if _, err := t.tx.Exec(ctx, indexPlatform+";"+markPlatform(note)); err != nil {
			return classify("index the demo platform", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Not ANALYZE alone: the visibility map and hint bits spare the first sync
	// from writing every page it reads.
	_, err = d.pool.Exec(ctx, "VACUUM (ANALYZE) public."+strings.Join(platformTables, ", public."))
	return classify("analyze the demo platform", err)
}

// DropPlatform removes the demo platform's tables and nothing else; it refuses
// where platform tables stand that the demo did not make.
func (d *DB) DropPlatform(ctx context.Context) error {
	return d.InTx(ctx, func(t *Tx) error {
		if err := t.lockPlatform(ctx); err != nil {
			return err
		}
		made, err := t.platformMade(ctx)
		if err != nil || len(made) == 0 {
			return err
		}
		_, err = t.tx.Exec(ctx, "DROP VIEW IF EXISTS public.attempt; DROP TABLE IF EXISTS public."+
			strings.Join(platformTables, ", public."))
		return classify("drop the demo platform", err)
	})
}

// ResetDemo drops the demo platform and all that Sextant made beside it: schema
// sextant and the published tables. It refuses with ErrPlatformForeign, and
// drops nothing, where the platform's tables are somebody else's or there is no
// demo platform.
func (d *DB) ResetDemo(ctx context.Context) error {
	return d.InTx(ctx, func(t *Tx) error {
		if err := t.lockPlatform(ctx); err != nil {
			return err
		}
		made, err := t.platformMade(ctx)
		if err != nil {
			return err
		}
		if len(made) == 0 {
			return ErrPlatformForeign
		}
		_, err = t.tx.Exec(ctx, "DROP VIEW IF EXISTS public.attempt; DROP TABLE IF EXISTS public."+
			strings.Join(platformTables, ", public.")+`;
			DROP SCHEMA IF EXISTS sextant CASCADE;
			DROP TABLE IF EXISTS public.features_topic_daily, public.weekly_kpi, public.mirt_item_params, public.mirt_ability,
				public.mirt_fit_meta, public.student_topic_theta, public.report_artifacts`)
		return classify("reset the demo", err)
	})
}

// PlatformNote returns the note LoadPlatform left with the demo platform; ok is
// false where there is no demo platform.
func (d *DB) PlatformNote(ctx context.Context) (note string, ok bool, err error) {
	comment, err := scalar[string](ctx, d.pool, `
		SELECT coalesce(obj_description(to_regclass('public.exam_results'), 'pg_class'), '')`)
	note, ok = strings.CutPrefix(comment, platformMark)
	return strings.TrimSpace(note), ok, err
}

// lockPlatform makes two demos at once wait for each other.
func (tx *Tx) lockPlatform(ctx context.Context) error {
	_, err := tx.tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('sextant demo platform'))`)
	return classify("lock the demo platform", err)
}

// platformMade returns the names of the demo's own relations, and
// ErrPlatformForeign when a platform name is taken by anything else.
func (tx *Tx) platformMade(ctx context.Context) ([]string, error) {
	type relation struct {
		Name string `db:"name"`
		Made bool   `db:"made"`
	}
	found, err := collect[relation](ctx, tx.tx, `
		SELECT c.relname AS name,
		       coalesce(starts_with(obj_description(c.oid, 'pg_class'), $2), false) AS made
		FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace
		  AND c.relname = ANY($1)
		ORDER BY c.relname`, platformNames, platformMark)
	if err != nil {
		return nil, err
	}
	var made, foreign []string
	for _, r := range found {
		if r.Made {
			made = append(made, r.Name)
		} else {
			foreign = append(foreign, r.Name)
		}
	}
	if len(foreign) > 0 {
		return nil, fmt.Errorf("%s in schema public: %w", strings.Join(foreign, ", "), ErrPlatformForeign)
	}
	return made, nil
}

// markPlatform is the statements that comment every relation as the demo's own.
func markPlatform(note string) string {
	text := strings.TrimSpace(platformMark + " " + note)
	literal := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	var b strings.Builder
	for _, name := range platformTables {
		fmt.Fprintf(&b, "COMMENT ON TABLE public.%s IS %s;\n", name, literal)
	}
	fmt.Fprintf(&b, "COMMENT ON VIEW public.attempt IS %s;\n", literal)
	return b.String()
}
