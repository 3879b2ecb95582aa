package db

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Forecast is what a full sync would set aside, counted over the whole source
// or a sample.
type Forecast struct {
	Answers  int64        `json:"answers"`   // looked at
	Lost     int64        `json:"lost"`      // of them, those that cannot be taken at all
	Sample   bool         `json:"sample"`    // not the whole source
	TimedOut bool         `json:"timed_out"` // no count within the time
	Failure  string       `json:"failure"`   // why the source cannot be read, in the server's words; empty when it can
	Reasons  []ReasonTold `json:"reasons"`
}

// ReasonTold counts the values that would be set aside for one reason.
type ReasonTold struct {
	Reason string `db:"reason" json:"reason"`
	Count  int64  `db:"n" json:"count"`
}

const (
	forecastRows   = 20_000 // of the source; a larger one is sampled
	forecastWithin = 10 * time.Second
)

// Forecast counts what a full sync would set aside. It needs nothing but the
// right to read the source: no schema sextant, no function.
func (d *DB) Forecast(ctx context.Context) (f Forecast, err error) {
	f.Reasons = []ReasonTold{}
	p, source, err := d.chosen(ctx)
	if err != nil {
		return f, err
	}
	reader := p.reader(source)
	if err := p.readable(reader); err != nil {
		return f, err
	}
	from, sampled := p.sample(reader, forecastRows)
	f.Sample = sampled
	query, err := forecastQuery(p, reader, from)
	if err != nil {
		return f, err
	}
	var rows []struct {
		ReasonTold
		Lost int64 `db:"lost"`
	}
	err = d.bounded(ctx, forecastWithin, func(tx pgx.Tx) error {
		rows, err = collect[struct {
			ReasonTold
			Lost int64 `db:"lost"`
		}](ctx, tx, query)
		return err
	})
	switch {
	case timedOut(err):
		f.TimedOut = true
		return f, nil
	case IsKind(err, KindOther):
		f.Failure = failure(err)
		return f, nil
	}
	for _, r := range rows {
		if r.Reason == "" {
			f.Answers, f.Lost = r.Count, r.Lost
		} else {
			f.Reasons = append(f.Reasons, r.ReasonTold)
		}
	}
	return f, err
}

func forecastQuery(p platform, reader Source, from string) (string, error) {
	read, bad := "", ""
	switch reader {
	case SourceExamResults:
		read = readExams(from)
		bad = ` UNION ALL SELECT reason, count(*), 0 FROM (` + badRows(from) + `) b GROUP BY 1`
	case SourceAttempt:
		read = p.readAttemptsOf(from, `true`)
	default:
		read = readResponsesOf(from, `true`)
	}
	return inlineReaders(`
		WITH answer AS MATERIALIZED (SELECT n.problems, ` + taken + ` AS taken FROM (` + read + `) n)
		SELECT '' AS reason, count(*) AS n, count(*) FILTER (WHERE NOT taken) AS lost FROM answer
		UNION ALL (SELECT r.reason, count(*), count(*) FILTER (WHERE NOT taken) FROM answer CROSS JOIN LATERAL unnest(problems) r (reason) GROUP BY 1
		ORDER BY 2 DESC, 1)` + bad)
}

// sample is a FROM item of about so many of a relation's rows, and whether it
// leaves any out.
func (p platform) sample(s Source, rows int) (from string, sampled bool) {
	name := "public." + string(s)
	r := p.relations[string(s)]
	switch {
	case r.Kind != "r" && r.Kind != "p" && r.Kind != "m", r.Estimate < 0:
		return p.shaped(string(s), fmt.Sprintf("(SELECT * FROM %s LIMIT %d)", name, rows)), true
	case r.Estimate <= float64(rows):
		return p.from(string(s)), false
	}
	return p.shaped(string(s), fmt.Sprintf("(SELECT * FROM %s TABLESAMPLE SYSTEM (%.6f) REPEATABLE (1))", name, 100*float64(rows)/r.Estimate)), true
}

// chosen is the source that the next sync reads.
func (d *DB) chosen(ctx context.Context) (platform, Source, error) {
	p, err := d.lookAtPlatform(ctx)
	if err != nil {
		return p, "", err
	}
	recorded, err := d.recordedSource(ctx)
	if err != nil {
		return p, "", err
	}
	source, err := p.choose("", recorded)
	return p, source, err
}

// recordedSource is the source of the first sync, empty before it.
func (d *DB) recordedSource(ctx context.Context) (Source, error) {
	recorded, err := scalar[Source](ctx, d.pool, `SELECT coalesce((SELECT source FROM sextant.sync_state), '')`)
	if IsKind(err, KindNotMigrated) || IsKind(err, KindPrivilege) {
		return "", nil
	}
	return recorded, err
}

// bounded runs fn in a read-only transaction whose statements may take so long
// together with the planner's help of their own.
func (d *DB) bounded(ctx context.Context, within time.Duration, fn func(pgx.Tx) error) error {
	err := pgx.BeginTxFunc(ctx, d.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`SET LOCAL statement_timeout = %d`, within.Milliseconds())); err != nil {
			return err
		}
		return fn(tx)
	})
	return classify("", err)
}

// timedOut reports whether a statement ran into its time limit.
func timedOut(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "57014"
}

// failure is what the server says of a statement that the relations it reads, not
// its own text, made fail: a cast in a view, a function of somebody's.
func failure(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Cause()
	}
	return ""
}

var (
	readerFunction = regexp.MustCompile(`(?s)CREATE (?:OR REPLACE )?FUNCTION (sextant\.\w+)\((\w) \w+\)[^$]*LANGUAGE sql[^$]*AS \$\$(.*?)\$\$`)
	readerCall     = regexp.MustCompile(`sextant\.(read_number|read_verdict|whole)\(`)
)

// inlineReaders replaces the calls of the functions that read values by the
// functions' own expressions, so that a statement works where they are not: in a
// database before its first migration, and for a role that may only look.
func inlineReaders(sql string) (string, error) {
	ups, err := migrationTexts()
	if err != nil {
		return "", err
	}
	bodies := map[string][2]string{}
	for _, up := range ups {
		for _, m := range readerFunction.FindAllStringSubmatch(up, -1) {
			bodies[m[1]+"("] = [2]string{m[2], strings.TrimPrefix(strings.TrimSpace(m[3]), "SELECT ")}
		}
	}
	for {
		calls := readerCall.FindAllStringIndex(sql, -1)
		if len(calls) == 0 {
			return sql, nil
		}
		at := calls[len(calls)-1] // the last holds no other
		f, ok := bodies[sql[at[0]:at[1]]]
		end := closing(sql, at[1])
		if !ok || end < 0 {
			return "", fmt.Errorf("%s cannot be put in place", sql[at[0]:at[1]])
		}
		argument := "(" + sql[at[1]:end] + ")"
		parameter := regexp.MustCompile(`(^|[^\\\w])` + f[0] + `\b`) // not the \v of a regular expression
		body := parameter.ReplaceAllStringFunc(f[1], func(m string) string { return strings.TrimSuffix(m, f[0]) + argument })
		sql = sql[:at[0]] + "(" + body + ")" + sql[end+1:]
	}
}

// closing is where the parenthesis that was opened before from is closed, -1 for
// nowhere. Where the arguments hold parentheses in a string, they are balanced.
func closing(sql string, from int) int {
	depth := 1
	for i := from; i < len(sql); i++ {
		switch sql[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
