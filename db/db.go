// Package db is Sextant's view of PostgreSQL: the pool, the migrations' runner
// and, one file a family of tables, every SQL statement the product has.
package db

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says which database to open and how.
type Config struct {
	URL         string        // a libpq URL or keyword string
	ReadOnly    bool          // every session refuses writes
	Application string        // application_name, shown in pg_stat_activity; "sextant" when empty
	MaxConns    int32         // pool size; 8 when 0
	Timeout     time.Duration // to connect; 5 s when 0
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	pool *pgxpool.Pool
	conf *pgx.ConnConfig // for connections outside the pool: locks and LISTEN
}

// Open connects to the database and checks that it answers. Errors are
// classified (see Kind) and never contain the password.
func Open(ctx context.Context, c Config) (*DB, error) {
	pc, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, unreadable(err)
	}
	if c.Application == "" {
		c.Application = "sextant"
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	pc.MaxConns = 8
	if c.MaxConns > 0 {
		pc.MaxConns = c.MaxConns
	}
	pc.ConnConfig.ConnectTimeout = c.Timeout
	params := pc.ConnConfig.RuntimeParams
	params["application_name"] = c.Application
	params["timezone"] = "UTC" // every day and week of the contract is UTC
	params["datestyle"] = "ISO"
	params["jit"] = "off"            // the statements here are many and short, or scans that it slows
	params["search_path"] = "public" // "$user" would let a role named sextant shadow the platform's tables
	if c.ReadOnly {
		params["default_transaction_read_only"] = "on"
	}
	keepAlive(pc.ConnConfig)
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, unreadable(err)
	}
	d := &DB{pool: pool, conf: pc.ConnConfig.Copy()}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, classify("connect to "+d.Target(), err)
	}
	return d, nil
}

// keepAlive sets tight TCP keepalives, so that both ends learn of a cut line
// within seconds: a lost lock is not believed, and a dead process's slice does
// not keep whoever takes over waiting. Keepalives tell nothing while something
// sent waits to be acknowledged; a bound of its own is set for that.
func keepAlive(c *pgx.ConnConfig) {
	c.DialFunc = (&net.Dialer{
		Timeout:         c.ConnectTimeout,
		Control:         boundUnacknowledged,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3},
	}).DialContext
	for k, v := range map[string]string{
		"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3",
	} {
		c.RuntimeParams[k] = v
	}
}

// Close ends every pooled connection.
func (d *DB) Close() { d.pool.Close() }

// Target names the database for people: user@host:port/name, never a password.
func (d *DB) Target() string {
	c := d.pool.Config().ConnConfig
	if len(c.Host) > 0 && c.Host[0] == '/' {
		return fmt.Sprintf("%s@%s/%s", c.User, c.Host, c.Database)
	}
	return fmt.Sprintf("%s@%s:%d/%s", c.User, c.Host, c.Port, c.Database)
}

// Tx is a transaction; its methods are the writes and the reads that belong
// with them. It is not safe for concurrent use.
type Tx struct{ tx pgx.Tx }

// InTx runs fn in one read-committed transaction: all of it or nothing.
func (d *DB) InTx(ctx context.Context, fn func(*Tx) error) error {
	return d.inTx(ctx, pgx.TxOptions{}, fn)
}

// InSnapshot runs fn in a read-only transaction that sees one moment of the
// database throughout: what previews and exports read.
func (d *DB) InSnapshot(ctx context.Context, fn func(*Tx) error) error {
	return d.inTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx *Tx) error {
		// Before the snapshot is taken: a full sync swaps these tables, and in an older
		// snapshot the new ones would be empty.
		_, err := tx.tx.Exec(ctx, `LOCK TABLE sextant.answer, sextant.answer_tally, sextant.learner IN ACCESS SHARE MODE`)
		if err != nil {
			return classify("take a snapshot", err)
		}
		return fn(tx)
	})
}

func (d *DB) inTx(ctx context.Context, o pgx.TxOptions, fn func(*Tx) error) error {
	err := pgx.BeginTxFunc(ctx, d.pool, o, func(tx pgx.Tx) error { return fn(&Tx{tx}) })
	return classify("", err)
}

// querier is what DB's pool and Tx have in common.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// collect runs a query and scans every row by column name into T's db tags.
func collect[T any](ctx context.Context, q querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, classify("", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[T])
	return out, classify("", err)
}

// scalar runs a query that returns one value.
func scalar[T any](ctx context.Context, q querier, sql string, args ...any) (T, error) {
	var v T
	err := q.QueryRow(ctx, sql, args...).Scan(&v)
	return v, classify("", err)
}

// first is the first row of a query, or nil.
func first[T any](ctx context.Context, q querier, sql string, args ...any) (*T, error) {
	rows, err := collect[T](ctx, q, sql, args...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// one is the first row of a query, or ErrNotFound.
func one[T any](ctx context.Context, q querier, sql string, args ...any) (T, error) {
	row, err := first[T](ctx, q, sql, args...)
	if err == nil && row == nil {
		err = ErrNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return *row, nil
}
