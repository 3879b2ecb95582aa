package db

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ledgerChannel is where changes of the ledger are announced.
const ledgerChannel = "sextant_ledger"

// ErrNoListen says that announcements do not arrive here, as behind a pooler
// that gives each transaction another connection. Whoever watches polls.
var ErrNoListen = errors.New("LISTEN hears nothing here, as behind a transaction pooler")

const heardWithin = 3 * time.Second

// announce tells whoever watches that the ledger has changed. It is a
// transaction of its own, after the change: NOTIFY takes a lock over the commits
// of all that notify, and no slice nor the platform shall wait for that. Work
// does not fail because nobody could be told of it.
func (d *DB) announce(ctx context.Context) {
	_, _ = d.pool.Exec(ctx, `SELECT pg_notify($1, '')`, ledgerChannel)
}

// announced is err; where there is none, watchers are told of the change.
func (d *DB) announced(ctx context.Context, err error) error {
	if err == nil {
		d.announce(ctx)
	}
	return err
}

// Watch calls changed once it listens and then with every change of the ledger
// that is announced, until ctx ends. It holds a connection of its own.
func (d *DB) Watch(ctx context.Context, changed func()) error {
	conn, err := pgx.ConnectConfig(ctx, d.conf.Copy())
	if err != nil {
		return classify("connect to "+d.Target(), err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, `LISTEN `+ledgerChannel); err != nil {
		return classify("listen for changes", err)
	}
	if err := probe(ctx, conn); err != nil {
		return err
	}
	for {
		changed()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return classify("listen for changes", err)
		}
	}
}

// probe makes sure that what is announced is heard on this connection.
func probe(ctx context.Context, conn *pgx.Conn) error {
	word := uuid.NewString()
	if _, err := conn.Exec(ctx, `SELECT pg_notify($1, $2)`, ledgerChannel, word); err != nil {
		return classify("listen for changes", err)
	}
	within, cancel := context.WithTimeout(ctx, heardWithin)
	defer cancel()
	for {
		n, err := conn.WaitForNotification(within)
		switch {
		case err != nil && within.Err() != nil && ctx.Err() == nil:
			return ErrNoListen
		case err != nil:
			return classify("listen for changes", err)
		case n.Payload == word:
			return nil
		}
	}
}
