package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// LearnerFilter chooses learners by a part of their id, and orders them.
type LearnerFilter struct {
	Query   string // a part of the id, in whatever case
	Sort    string // one of LearnerSorts; active when empty
	Reverse bool
	Limit   int  // 200 when 0
	Whole   bool // look until all is found, however long that takes
}

// Learners is a page of learners.
type Learners struct {
	Learners []Learner `json:"learners"`
	More     bool      `json:"more"`    // the limit left some out
	Partial  string    `json:"partial"` // what was not looked through, in words; empty: everything was
}

// learnerOrder is an order of the learners. walk gives user ids in it, the whole
// order apart from those that have no place in it.
type learnerOrder struct {
	name      string
	walk      func(desc bool) string
	everybody bool   // has a place in it
	window    int    // how many ids of the walk a search looks at first
	key       string // what a few learners are sorted by, as learnerColumns name it
	natural   bool   // whether the order that is natural for people descends
}

// The walks read an index each and stop with their LIMIT.
var learnerOrders = []learnerOrder{
	{name: "active", natural: true, everybody: true, window: 20_000, key: "last_at", walk: func(desc bool) string {
		return `SELECT user_id FROM sextant.learner ORDER BY last_at` + direction(desc) + `, user_id` + direction(!desc)
	}},
	{name: "id", everybody: true, window: 20_000, key: "user_id", walk: func(desc bool) string {
		return `SELECT user_id FROM sextant.learner ORDER BY user_id` + direction(desc)
	}},
	{name: "theta", natural: true, window: 5_000, key: "theta", walk: func(desc bool) string {
		return `SELECT user_id COLLATE "C" AS user_id FROM public.mirt_ability
			WHERE version = ` + scaleToSort + ` AND theta > '-Infinity' AND theta < 'Infinity' ORDER BY theta` + direction(desc)
	}},
	{name: "se", natural: true, window: 5_000, key: "se", walk: func(desc bool) string {
		return `SELECT user_id COLLATE "C" AS user_id FROM public.mirt_ability
			WHERE version = ` + scaleToSort + ` AND se >= 0 AND se < 'Infinity' ORDER BY se` + direction(desc)
	}},
	{name: "risk", natural: true, window: 5_000, key: "risk", walk: walkRisk},
}

// LearnerSorts names the orders of learners.
func LearnerSorts() []string {
	names := make([]string, len(learnerOrders))
	for i, o := range learnerOrders {
		names[i] = o.name
	}
	return names
}

// scaleToSort is the scale in force or, before any calibration, one there is.
const scaleToSort = `coalesce(` + scaleInForce + `, (SELECT max(version) FROM public.mirt_ability))`

// walkRisk orders by churn risk: the newest week's rows and, of the week before,
// the first of those whose learner has no row in the newest yet, as on a Tuesday
// between the KPIs and the inactivity.
func walkRisk(desc bool) string {
	week := func(which, more string) string {
		return `(SELECT user_id, ` + risk + ` AS risk FROM public.weekly_kpi
			WHERE week_start = ` + which + ` AND ` + risk + ` IS NOT NULL ORDER BY ` + risk + direction(desc) + more + `)`
	}
	const newest = `(SELECT max(week_start) FROM public.weekly_kpi)`
	const before = `(SELECT max(week_start) FROM public.weekly_kpi WHERE week_start < ` + newest + `)`
	return `SELECT user_id COLLATE "C" AS user_id FROM (
			SELECT * FROM ` + week(newest, ` LIMIT @window`) + ` w
			UNION ALL
			SELECT * FROM ` + week(before, ` LIMIT 2000`) + ` w
			WHERE NOT EXISTS (SELECT FROM public.weekly_kpi k WHERE k.user_id = w.user_id AND k.week_start = ` + newest + `)) r
		ORDER BY risk` + direction(desc)
}

func direction(desc bool) string {
	if desc {
		return ` DESC`
	}
	return ``
}

const (
	learnersListed = 200
	shortQuery     = 3      // characters from which on a query is searched for anywhere in the id: a trigram
	mostCandidates = 10_000 // learners that a search sorts
	searchTime     = 80 * time.Millisecond
)

// FindLearners lists learners in an order. A search looks first at the learners
// who come first in that order, which finds what is common; what is rare it
// finds by the trigrams of the ids, or their beginning, within a time that a
// person who types does not notice. What it could not look through it says.
func (d *DB) FindLearners(ctx context.Context, f LearnerFilter) (Learners, error) {
	i := slices.IndexFunc(learnerOrders, func(o learnerOrder) bool { return o.name == f.Sort })
	if f.Sort == "" {
		i = 0
	}
	if i < 0 {
		return Learners{}, fmt.Errorf("learners are not sorted by %q; they are by %s", f.Sort, strings.Join(LearnerSorts(), ", "))
	}
	if f.Limit <= 0 {
		f.Limit = learnersListed
	}
	s := learnerSearch{LearnerFilter: f, began: time.Now(), order: learnerOrders[i], desc: learnerOrders[i].natural != f.Reverse}
	look := func(part func(context.Context, *Tx) error) error {
		return d.inTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx *Tx) error { return part(ctx, tx) })
	}
	if err := look(s.first); err != nil {
		return Learners{}, err
	}
	if len(s.found) <= f.Limit && !s.all {
		err := look(s.rest)
		var pg *pgconn.PgError
		switch {
		case errors.As(err, &pg) && pg.Code == "57014" && ctx.Err() == nil: // its time is up
			s.partial = fmt.Sprintf("only the first %d in this order were looked through", s.order.window)
		case err != nil:
			return Learners{}, err
		}
	}
	out := Learners{More: len(s.found) > f.Limit, Partial: s.partial}
	var err error
	out.Learners, err = collect[Learner](ctx, d.pool, `
		SELECT `+learnerColumns+`
		FROM unnest($1::text[]) WITH ORDINALITY o (user_id, place) JOIN sextant.learner l ON l.user_id = o.user_id COLLATE "C" `+learnerStanding+`
		ORDER BY o.place`, text(s.found[:min(len(s.found), f.Limit)]))
	return out, err
}

// learnerSearch is one search under way.
type learnerSearch struct {
	LearnerFilter
	began   time.Time
	order   learnerOrder
	desc    bool
	found   []string // ids, in the order
	all     bool     // everybody has been looked at
	partial string
}

// first takes the learners who come first in the order.
func (s *learnerSearch) first(ctx context.Context, tx *Tx) error {
	window := s.order.window
	if s.Query == "" {
		window = s.Limit + 1
	}
	var walked int
	err := tx.tx.QueryRow(ctx, `
		WITH walk AS MATERIALIZED (SELECT user_id, row_number() OVER () AS place FROM (`+s.order.walk(s.desc)+` LIMIT @window) w)
		SELECT ARRAY(SELECT user_id FROM walk WHERE @query = '' OR `+s.matches()+` ORDER BY place LIMIT @limit), (SELECT count(*) FROM walk)`,
		pgx.NamedArgs{"window": window, "query": s.Query, "pattern": s.pattern(), "limit": s.Limit + 1}).Scan(&s.found, &walked)
	s.all = walked < window && s.order.everybody
	return classify("search the learners", err)
}

// rest adds those whom the search finds besides, or who have no place in the
// order, after those already found.
func (s *learnerSearch) rest(ctx context.Context, tx *Tx) error {
	if s.order.everybody && utf8.RuneCountInString(s.Query) >= shortQuery && !hasTrigram(s.Query) {
		return s.walkOn(ctx, tx)
	}
	users, err := s.candidates(ctx, tx)
	if err != nil {
		return err
	}
	if len(users) > mostCandidates {
		s.partial = fmt.Sprintf("more than %d ids match; only so many are in order", mostCandidates)
	}
	seen := make(map[string]bool, len(s.found))
	for _, u := range s.found {
		seen[u] = true
	}
	users = slices.DeleteFunc(users, func(u string) bool { return seen[u] })
	by, join := `l.`+s.order.key+direction(s.desc), ``
	if !s.order.everybody {
		by, join = s.order.key+direction(s.desc)+` NULLS LAST, l.last_at DESC`, learnerStanding
	}
	more, err := s.ids(ctx, tx, `SELECT l.user_id FROM sextant.learner l `+join+` WHERE l.user_id = ANY (@users::text[])
		ORDER BY `+by+`, l.user_id LIMIT @limit`, pgx.NamedArgs{"users": text(users), "limit": s.Limit + 1})
	s.found = append(s.found, more...)
	return err
}

// walkOn finds what no trigram leads to by looking at everybody in the order,
// until it has enough. What is not rare it finds so in a part of the time that
// reading all ids would take.
func (s *learnerSearch) walkOn(ctx context.Context, tx *Tx) error {
	// Without a sort to be had, the planner reads the order's index.
	if _, err := tx.tx.Exec(ctx, `SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off`); err != nil {
		return classify("search the learners", err)
	}
	users, err := s.ids(ctx, tx, `SELECT user_id FROM (`+s.order.walk(s.desc)+`) w WHERE `+s.matches()+` LIMIT @limit`,
		pgx.NamedArgs{"pattern": s.pattern(), "limit": s.Limit + 1})
	if err == nil {
		s.found = users
	}
	return err
}

// candidates are the ids that match, one more than will be sorted; without a
// query those who have no place in the order.
func (s *learnerSearch) candidates(ctx context.Context, tx *Tx) ([]string, error) {
	settings, match := `SET LOCAL enable_bitmapscan = off`, s.matches()
	args := pgx.NamedArgs{"pattern": s.pattern(), "most": mostCandidates + 1, "limit": s.Limit + 1, "found": text(s.found)}
	switch n := utf8.RuneCountInString(s.Query); {
	case n == 0:
		return s.ids(ctx, tx, `SELECT user_id FROM sextant.learner WHERE user_id <> ALL (@found::text[]) ORDER BY last_at DESC LIMIT @limit`, args)
	case n < shortQuery:
		s.partial = "elsewhere only ids that begin with it: type a third character"
		args["low"], args["high"] = ranges(s.Query)
		return s.ids(ctx, tx, `SELECT l.user_id FROM unnest(@low::text[], @high::text[]) r (low, high) CROSS JOIN LATERAL (
				SELECT user_id FROM sextant.learner WHERE user_id >= r.low COLLATE "C" AND user_id <= r.high COLLATE "C"
				ORDER BY user_id`+direction(s.desc && s.order.name == "id")+` LIMIT @most) l LIMIT @most`, args)
	}
	// Left to choose, the planner takes a pattern for common that is rare, and walks
	// the whole table to meet the limit.
	if hasTrigram(s.Query) {
		settings = `SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off`
		match = s.indexed()
	}
	if _, err := tx.tx.Exec(ctx, settings); err != nil {
		return nil, classify("search the learners", err)
	}
	users, err := s.ids(ctx, tx, `SELECT user_id FROM sextant.learner WHERE `+match+` LIMIT @most`, args)
	if err != nil {
		return nil, err
	}
	_, err = tx.tx.Exec(ctx, `RESET enable_seqscan; RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan`)
	return users, classify("search the learners", err)
}

// ids runs a query for ids, within the time that is left.
func (s *learnerSearch) ids(ctx context.Context, tx *Tx, sql string, args pgx.NamedArgs) ([]string, error) {
	if !s.Whole {
		left := max(5*time.Millisecond, searchTime-time.Since(s.began))
		if _, err := tx.tx.Exec(ctx, fmt.Sprintf(`SET LOCAL statement_timeout = %d`, left.Milliseconds())); err != nil {
			return nil, classify("search the learners", err)
		}
	}
	rows, err := tx.tx.Query(ctx, sql, args)
	if err != nil {
		return nil, classify("search the learners", err)
	}
	users, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return users, classify("search the learners", err)
}
