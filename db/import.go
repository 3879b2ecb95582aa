package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Response is an answer on its way into public.responses.
type Response struct {
	UserID, ItemID     string
	Correct            bool
	At                 time.Time
	SessionID, TopicID *string
	TimeMS, Hints      *int
}

// ResponsesTable is public.responses as it stands.
type ResponsesTable struct {
	Exists     bool
	WholeItems bool     // item_id is a number
	Lacks      []string // optional columns that it has not
}

// Imported is what an import did.
type Imported struct {
	Created   bool  // the table was missing
	Added     int64 // answers that were not there
	Present   int64 // that were there already
	Differing int64 // of those, the ones that stand there with another verdict
}

// ErrNotRead says that imported answers would not be read.
var ErrNotRead = errors.New("the platform's own")

var optionalResponse = []string{"session_id", "topic_id", "response_time_ms", "hints"}

// ImportTarget looks at where an import would go. Unless forced, it refuses
// with ErrNotRead where the pipeline reads its answers elsewhere.
func (d *DB) ImportTarget(ctx context.Context, force bool) (ResponsesTable, error) {
	p, err := inspectPlatform(ctx, d.pool)
	if err != nil {
		return ResponsesTable{}, err
	}
	recorded, err := d.recordedSource(ctx)
	if err != nil {
		return ResponsesTable{}, err
	}
	source, err := p.choose("", recorded)
	switch {
	case force, errors.Is(err, ErrNoSource), source == SourceResponses && (recorded != "" || !p.has("exam_results")):
	case err != nil:
		return ResponsesTable{}, err
	default:
		also := string(source)
		if source == SourceResponses {
			also = "exam_results" // it is there, and answers of two origins would be told apart by nothing
		}
		return ResponsesTable{}, fmt.Errorf("the platform has answers of its own in %s; answers in responses would be mixed with them or not be read: "+
			"import into a database of its own, or with --force and then 'sextant run sync-answers --source responses' (%w)", also, ErrNotRead)
	}
	return p.responses()
}

// responses describes the table, or says why nothing can be imported into it.
func (p platform) responses() (ResponsesTable, error) {
	r := ResponsesTable{Exists: p.has("responses")}
	if !r.Exists {
		return r, nil
	}
	if kind := p.relations["responses"].Kind; kind != "r" && kind != "p" {
		return r, fmt.Errorf("responses is a %s: answers can be imported into a table alone", kindWords[kind])
	}
	if err := p.readable(SourceResponses); err != nil {
		return r, err
	}
	r.WholeItems = p.relations["responses"].Columns["item_id"] != "text" && !strings.HasPrefix(p.relations["responses"].Columns["item_id"], "character")
	for _, c := range optionalResponse {
		if !p.hasColumn("responses", c) {
			r.Lacks = append(r.Lacks, c)
		}
	}
	return r, nil
}

const createResponses = `
	CREATE TABLE public.responses (
		user_id          text NOT NULL,
		item_id          text NOT NULL,
		is_correct       boolean NOT NULL,
		responded_at     timestamptz NOT NULL,
		session_id       text,
		topic_id         text,
		response_time_ms integer,
		hints            integer
	)`

// ImportResponses copies answers into public.responses, which it makes where it
// is missing: all of them or, when next fails, none. Answers that are there
// already (learner, item, moment, and how many of the same) are not added again.
func (d *DB) ImportResponses(ctx context.Context, target ResponsesTable, next func() (Response, bool, error)) (done Imported, err error) {
	err = d.InTx(ctx, func(tx *Tx) (err error) {
		if _, err := tx.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, LockKey("import")); err != nil {
			return err
		}
		if done.Created = !target.Exists; done.Created {
			if _, err := tx.tx.Exec(ctx, createResponses); err != nil {
				return classify("create the table responses", err)
			}
		}
		// Repeats within one file are answers: where nothing stands yet, all rows are new.
		some, err := scalar[bool](ctx, tx.tx, `SELECT EXISTS (SELECT FROM public.responses)`)
		if err != nil {
			return err
		}
		if some || target.WholeItems {
			err = tx.mergeResponses(ctx, target, next, &done)
		} else {
			done.Added, err = tx.copyResponses(ctx, pgx.Identifier{"public", "responses"}, target.columns(), next)
		}
		if err == nil && done.Added > 0 {
			err = tx.syncInFull(ctx)
		}
		if err == nil && done.Created {
			_, err = tx.tx.Exec(ctx, `CREATE INDEX responses_responded_at_idx ON public.responses (responded_at)`)
		}
		return err
	})
	if err == nil {
		_, err = d.pool.Exec(ctx, `ANALYZE public.responses`) // a warning where the table is another's
		err = classify("analyze the table responses", err)
	}
	return done, err
}

// syncInFull has the next sync read all of the log, which has no update time to
// tell answers by that are new and yet old.
func (tx *Tx) syncInFull(ctx context.Context) error {
	migrated, err := scalar[bool](ctx, tx.tx, `SELECT to_regclass('sextant.sync_state') IS NOT NULL`)
	if err != nil || !migrated {
		return err
	}
	// A sync under way, which does not see the import, goes first.
	if _, err := tx.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, LockKey(syncLock)); err != nil {
		return classify("wait for a sync", err)
	}
	_, err = tx.tx.Exec(ctx, `UPDATE sextant.sync_state SET full_at = NULL WHERE reader = 'responses'`)
	return classify("have the answers read again", err)
}

var requiredResponse = []string{"user_id", "item_id", "is_correct", "responded_at"}

// columns are those of the table that an import fills.
func (r ResponsesTable) columns() []string {
	return slices.DeleteFunc(slices.Concat(requiredResponse, optionalResponse), func(c string) bool { return slices.Contains(r.Lacks, c) })
}

// copyResponses streams answers into a table.
func (tx *Tx) copyResponses(ctx context.Context, table pgx.Identifier, columns []string, next func() (Response, bool, error)) (int64, error) {
	values := make([]any, 0, len(columns))
	var stopped error // the server gives back no more than its text
	n, err := tx.tx.CopyFrom(ctx, table, columns, pgx.CopyFromFunc(func() ([]any, error) {
		r, ok, err := next()
		if err != nil || !ok {
			stopped = err
			return nil, err
		}
		values = append(values[:0], r.UserID, r.ItemID, r.Correct, r.At)
		for i, v := range []any{r.SessionID, r.TopicID, r.TimeMS, r.Hints} {
			if slices.Contains(columns, optionalResponse[i]) {
				values = append(values, v)
			}
		}
		return values, nil
	}))
	if stopped != nil {
		return 0, stopped
	}
	return n, classify("copy the answers", err)
}

// mergeResponses adds what is not there yet. Rows are told apart by hash; only
// those that stand there in part are numbered among their equals.
func (tx *Tx) mergeResponses(ctx context.Context, target ResponsesTable, next func() (Response, bool, error), done *Imported) error {
	_, err := tx.tx.Exec(ctx, `SET LOCAL work_mem = '256MB';
		CREATE TEMP TABLE import_answer (n bigint GENERATED ALWAYS AS IDENTITY, user_id text, item_id text, is_correct boolean,
			responded_at timestamptz, session_id text, topic_id text, response_time_ms int, hints int) ON COMMIT DROP`)
	if err != nil {
		return classify("prepare the import", err)
	}
	rows, err := tx.copyResponses(ctx, pgx.Identifier{"import_answer"}, slices.Concat(requiredResponse, optionalResponse), next)
	if err != nil {
		return err
	}
	columns := strings.Join(target.columns(), ", ")
	values, item := columns, `item_id`
	if target.WholeItems {
		values, item = strings.Replace(columns, "item_id", "item_id::bigint", 1), `item_id::text`
	}
	err = tx.tx.QueryRow(ctx, `
		WITH here AS (
			SELECT user_id, item_id, responded_at, count(*) AS n, bool_and(is_correct) AS verdict FROM import_answer GROUP BY 1, 2, 3
		), there AS (
			SELECT user_id, `+item+` AS item_id, responded_at, count(*) AS had, bool_and(is_correct) AS verdict
			FROM public.responses
			WHERE responded_at >= (SELECT min(responded_at) FROM import_answer) AND responded_at <= (SELECT max(responded_at) FROM import_answer)
			GROUP BY 1, 2, 3
		), matched AS (
			SELECT h.*, coalesce(t.had, 0) AS had, t.verdict AS was FROM here h LEFT JOIN there t USING (user_id, item_id, responded_at)
		), added AS (
			INSERT INTO public.responses (`+columns+`)
			SELECT `+values+` FROM (
				SELECT i.*, 1 AS ordinal, 0 AS had FROM import_answer i
				JOIN matched m USING (user_id, item_id, responded_at) WHERE m.had = 0
				UNION ALL
				SELECT i.*, row_number() OVER (PARTITION BY user_id, item_id, responded_at ORDER BY i.n), m.had FROM import_answer i
				JOIN matched m USING (user_id, item_id, responded_at) WHERE m.had > 0 AND m.n > m.had
			) a WHERE ordinal > had
			RETURNING 1
		)
		SELECT (SELECT count(*) FROM added), count(*) FILTER (WHERE n = 1 AND had = 1 AND verdict <> was) FROM matched`,
	).Scan(&done.Added, &done.Differing)
	done.Present = rows - done.Added
	return classify("add the answers", err)
}
