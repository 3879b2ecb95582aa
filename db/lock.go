package db

import (
	"context"
	"errors"
	"hash/fnv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Lock is an advisory lock on a connection of its own: it lives exactly as long
// as that connection, so a dead process holds none.
type Lock struct {
	conn *pgx.Conn
	key  int64
}

// LockKey is the advisory lock key of a name.
func LockKey(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte("sextant:" + name))
	return int64(h.Sum64()) // the bits matter, not the sign
}

// fenceKey pairs with a run's lock key: slices hold it shared while they write,
// and whoever declares a run lost takes it whole, hence waits for them.
func fenceKey(lockKey int64) int64 { return lockKey ^ 0x5e87a9 }

// slicesKey is held shared by every slice under way; who must have none beside
// it takes it whole.
var slicesKey = LockKey("slices")

// TryLock takes the lock if it is free and reports whether it did.
func (d *DB) TryLock(ctx context.Context, key int64) (*Lock, bool, error) {
	conn, err := pgx.ConnectConfig(ctx, d.conf.Copy())
	if err != nil {
		return nil, false, classify("connect to "+d.Target(), err)
	}
	l := &Lock{conn, key}
	got, err := scalar[bool](ctx, conn, `SELECT pg_try_advisory_lock($1)`, key)
	if err != nil || !got {
		l.Release(ctx)
		return nil, false, err
	}
	return l, true, nil
}

// Check reports an error when the lock's connection no longer answers, that is
// when the lock may be gone.
func (l *Lock) Check(ctx context.Context) error { return classify("hold the lock", l.conn.Ping(ctx)) }

// Release gives the lock back. It is free when Release returns, unless the
// connection is gone already, which frees it too, if a moment later.
func (l *Lock) Release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, releaseWithin)
	defer cancel()
	_, _ = l.conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, l.key)
	_ = l.conn.Close(ctx)
}

const releaseWithin = 5 * time.Second // a line that is cut must not hold up the run's end

// lockHeld is an SQL condition: some session of this database holds the lock
// whose bigint key is the named column.
const lockHeld = `EXISTS (SELECT FROM pg_locks k
	WHERE k.locktype = 'advisory' AND k.objsubid = 1 AND k.granted
	  AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
	  AND (k.classid::bigint << 32 | k.objid::bigint) = r.lock_key)`

// Holder gives the running run that holds the lock, or ErrNotFound.
func (d *DB) Holder(ctx context.Context, key int64) (Run, error) {
	runs, err := collect[Run](ctx, d.pool, `
		SELECT `+runColumns+` FROM sextant.run WHERE lock_key = $1 AND status = 'running'
		ORDER BY created_at DESC LIMIT 1`, key)
	if err == nil && len(runs) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Run{}, err
	}
	return runs[0], nil
}

// ErrFenced says that a run may write no more: another process declared it lost.
var ErrFenced = errors.New("this run was declared lost and may not write any more")

// InSlice runs fn in the transaction of one of the run's slices. It fails with
// ErrFenced, and writes nothing, when the run no longer holds its token.
func (d *DB) InSlice(ctx context.Context, r *Run, fn func(*Tx) error) error {
	return d.InTx(ctx, func(tx *Tx) error {
		// Two statements: the second must see what changed while the first waited.
		if _, err := tx.tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared($1), pg_advisory_xact_lock_shared($2)`, fenceKey(r.LockKey), slicesKey); err != nil {
			return err
		}
		ours, err := scalar[bool](ctx, tx.tx, `
			SELECT EXISTS (SELECT FROM sextant.run WHERE id = $1 AND token = $2 AND status = 'running')`, r.ID, r.Token)
		if err != nil {
			return err
		}
		if !ours {
			return ErrFenced
		}
		return fn(tx)
	})
}

// TakeOver marks the runs lost that still say running under a lock the caller
// has just obtained: their processes cannot be alive with it.
func (d *DB) TakeOver(ctx context.Context, key int64) ([]uuid.UUID, error) {
	return d.markLost(ctx, key, `r.lock_key = $1`)
}

// MarkLost marks the running runs lost whose heartbeat is older than a minute
// and whose lock nobody holds.
func (d *DB) MarkLost(ctx context.Context) ([]uuid.UUID, error) {
	keys, err := collect[struct {
		LockKey int64 `db:"lock_key"`
	}](ctx, d.pool, `SELECT DISTINCT r.lock_key FROM sextant.run r WHERE r.status = 'running' AND `+silent)
	if err != nil {
		return nil, err
	}
	var lost []uuid.UUID
	for _, k := range keys {
		ids, err := d.markLost(ctx, k.LockKey, `r.lock_key = $1 AND `+silent)
		if err != nil {
			return lost, err
		}
		lost = append(lost, ids...)
	}
	return lost, nil
}

const silent = `r.heartbeat_at < now() - interval '1 minute' AND NOT ` + lockHeld

func (d *DB) markLost(ctx context.Context, key int64, which string) (lost []uuid.UUID, err error) {
	err = d.InTx(ctx, func(tx *Tx) error {
		if _, err := tx.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, fenceKey(key)); err != nil {
			return err
		}
		rows, err := tx.tx.Query(ctx, `
			UPDATE sextant.run r SET status = 'lost', finished_at = now(),
				error = 'its process ended without a word; its last heartbeat was at ' ||
					to_char(r.heartbeat_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
			WHERE r.status = 'running' AND `+which+` RETURNING r.id`, key)
		if err != nil {
			return err
		}
		lost, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	})
	if len(lost) > 0 {
		d.announce(ctx)
	}
	return lost, err
}
