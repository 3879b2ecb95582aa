package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Probe is what only a connection of its own, with the server's own settings,
// can show.
type Probe struct {
	TimeZone string        // of sessions that do not set one
	Skew     time.Duration // how far the database's clock is ahead of this machine's
	Proxy    bool          // something answers for the server: a pooler or the like
	Pooled   bool          // ... which gives each transaction another server session
}

const probeWithin = 3 * time.Second // to tell a pooler from a proxy that waits

// Probe looks at the way to the server.
func (d *DB) Probe(ctx context.Context) (Probe, error) {
	conn, err := d.bare(ctx)
	if err != nil {
		return Probe{}, err
	}
	defer conn.Close(ctx)
	var p Probe
	if p.TimeZone, err = scalar[string](ctx, conn, `SELECT current_setting('timezone')`); err != nil {
		return p, err
	}
	if p.Skew, err = clockSkew(ctx, conn, 3); err != nil {
		return p, err
	}
	pid, err := scalar[uint32](ctx, conn, `SELECT pg_backend_pid()`)
	if err != nil {
		return p, err
	}
	// The process that the connection was told at its start is the server's own,
	// unless somebody in between made one up.
	if p.Proxy = pid != conn.PgConn().PID(); p.Proxy {
		p.Pooled, err = d.moves(ctx, conn, pid)
	}
	return p, err
}

// bare connects without the settings that Sextant asks for, and in the protocol
// that any pooler understands.
func (d *DB) bare(ctx context.Context) (*pgx.Conn, error) {
	conf := d.conf.Copy()
	conf.RuntimeParams = map[string]string{"application_name": conf.RuntimeParams["application_name"]}
	conf.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(ctx, conf)
	return conn, classify("connect to "+d.Target(), err)
}

// moves reports whether a session's next statement runs in another server
// session while the one it had is busy with somebody's transaction.
func (d *DB) moves(ctx context.Context, conn *pgx.Conn, pid uint32) (bool, error) {
	within, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	for range 3 {
		other, err := d.bare(within)
		if err != nil {
			return within.Err() != nil, ctx.Err() // a pool with no session to spare
		}
		defer other.Close(ctx)
		if _, err := other.Exec(within, `BEGIN; SELECT 1`); err != nil {
			return true, ctx.Err()
		}
	}
	now, err := scalar[uint32](within, conn, `SELECT pg_backend_pid()`)
	return err != nil || now != pid, ctx.Err()
}
