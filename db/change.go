package db

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// Change is a touch of the platform's that a θ update has to serve.
type Change struct {
	ID        int64     `db:"id"`
	Source    string    `db:"source"` // exam_results, session, or search
	Op        string    `db:"op"`
	SessionID string    `db:"session_id"`
	UserID    string    `db:"user_id"` // as the platform's row names them; may be empty
	At        time.Time `db:"at"`
	Attempts  int       `db:"attempts"` // that failed
}

// opMany is the note of a statement that touched more sessions than are noted
// one by one.
const opMany = "many"

// Many reports whether the change stands for more sessions than it names.
func (c Change) Many() bool { return c.Op == opMany }

const changeColumns = `id, source, op, coalesce(session_id, '') AS session_id, coalesce(user_id, '') AS user_id, at, attempts`

// Changes are the oldest changes that wait and may be tried now.
func (d *DB) Changes(ctx context.Context, limit int) ([]Change, error) {
	return collect[Change](ctx, d.pool, `
		SELECT `+changeColumns+` FROM sextant.change WHERE not_before <= now() ORDER BY id LIMIT $1`, limit)
}

// IdleUpTo has the server end the transaction when nothing is heard from it for
// so long.
func (tx *Tx) IdleUpTo(ctx context.Context, d time.Duration) error {
	_, err := tx.tx.Exec(ctx, fmt.Sprintf(`SET LOCAL idle_in_transaction_session_timeout = %d`, d.Milliseconds()))
	return classify("bound the transaction", err)
}

// ClaimChanges takes the learners of changes for this transaction, skipping
// those whom another transaction holds, and returns the changes of theirs that
// still stand: what another worker has served meanwhile is gone.
func (tx *Tx) ClaimChanges(ctx context.Context, changes []Change) ([]Change, error) {
	// A worker whose line is cut must not hold its learners for ever.
	if err := tx.IdleUpTo(ctx, 30*time.Second); err != nil {
		return nil, err
	}
	ids, keys := make([]int64, len(changes)), make([]int64, len(changes))
	for i, c := range changes {
		ids[i], keys[i] = c.ID, c.lockKey()
	}
	// Two statements: the second must see what was served before the locks were free.
	got, err := collect[struct {
		Key int64 `db:"key"`
	}](ctx, tx.tx, `
		SELECT key FROM (SELECT DISTINCT key FROM unnest($1::bigint[]) k (key) ORDER BY key OFFSET 0) k
		WHERE pg_try_advisory_xact_lock(key)`, keys)
	if err != nil {
		return nil, err
	}
	free := map[int64]bool{}
	for _, g := range got {
		free[g.Key] = true
	}
	mine, users, oldest := ids[:0], []string{}, int64(math.MaxInt64)
	for i, c := range changes {
		if free[keys[i]] {
			mine, oldest = append(mine, c.ID), min(oldest, c.ID)
			if c.UserID != "" {
				users = append(users, c.UserID)
			}
		}
	}
	// With all that has come for these learners since, so that they are served
	// once: the index leads past what was served before, dead rows that a scan
	// would read.
	return collect[Change](ctx, tx.tx, `
		SELECT `+changeColumns+` FROM sextant.change
		WHERE id >= $3 AND (id = ANY ($1) OR user_id = ANY ($2::text[]) AND not_before <= now()) ORDER BY id FOR UPDATE SKIP LOCKED`,
		mine, users, oldest)
}

// lockKey is the advisory lock of the change's learner; a session that names
// nobody has one of its own.
func (c Change) lockKey() int64 {
	if c.UserID == "" {
		return LockKey("session:" + c.SessionID)
	}
	return learnerKey(c.UserID)
}

// Subject names who a change is about.
func (c Change) Subject() string {
	if c.UserID == "" {
		return "session " + c.SessionID
	}
	return c.UserID
}

// TryLockLearners takes the θ locks of learners and returns those it got.
func (tx *Tx) TryLockLearners(ctx context.Context, users []string) (map[string]bool, error) {
	keys := make([]int64, len(users))
	for i, u := range users {
		keys[i] = learnerKey(u)
	}
	rows, err := collect[struct {
		UserID string `db:"user_id"`
	}](ctx, tx.tx, `
		SELECT user_id FROM (SELECT * FROM unnest($1::text[], $2::bigint[]) k (user_id, key) ORDER BY key OFFSET 0) k
		WHERE pg_try_advisory_xact_lock(key)`, text(users), keys)
	got := map[string]bool{}
	for _, r := range rows {
		got[r.UserID] = true
	}
	return got, err
}

// FinishChanges removes changes that have been served.
func (tx *Tx) FinishChanges(ctx context.Context, changes []Change) error {
	_, err := tx.tx.Exec(ctx, `DELETE FROM sextant.change WHERE id = ANY ($1)`, changeIDs(changes))
	return classify("close the changes", err)
}

// PostponeChanges counts a failed attempt and tries again after a while.
func (tx *Tx) PostponeChanges(ctx context.Context, changes []Change, wait time.Duration) error {
	_, err := tx.tx.Exec(ctx, `
		UPDATE sextant.change SET attempts = attempts + 1, not_before = now() + $2::interval WHERE id = ANY ($1)`,
		changeIDs(changes), wait)
	return classify("postpone the changes", err)
}

// AddChanges asks for updates of learners, as of the changes of others that
// turned out to be about them too.
func (tx *Tx) AddChanges(ctx context.Context, users []string) error {
	_, err := tx.tx.Exec(ctx, `
		INSERT INTO sextant.change (source, user_id, op) SELECT 'search', u, 'search' FROM unnest($1::text[]) u`, text(users))
	return classify("add changes", err)
}

func changeIDs(changes []Change) []int64 {
	ids := make([]int64, len(changes))
	for i, c := range changes {
		ids[i] = c.ID
	}
	return ids
}

// Backlog is what waits for a θ update.
type Backlog struct {
	Changes int64      `db:"changes" json:"changes"` // at most 1,000,000 are counted
	Oldest  *time.Time `db:"oldest" json:"oldest"`   // nil: nothing waits
}

// Backlog counts the changes that wait.
func (d *DB) Backlog(ctx context.Context) (Backlog, error) {
	rows, err := collect[Backlog](ctx, d.pool, `
		SELECT count(*) AS changes, min(at) AS oldest FROM (SELECT at FROM sextant.change LIMIT 1000000) c`)
	if err != nil {
		return Backlog{}, err
	}
	return rows[0], nil
}

// learnerKey is the advisory lock under which θ writes of a learner take turns.
func learnerKey(userID string) int64 { return LockKey("learner:" + userID) }

// Waiter waits for changes, on a connection of its own.
type Waiter struct{ conn *pgx.Conn }

const waitStatement = "await_change"

// NewWaiter connects.
func (d *DB) NewWaiter(ctx context.Context) (*Waiter, error) {
	conn, err := pgx.ConnectConfig(ctx, d.conf.Copy())
	if err != nil {
		return nil, classify("connect to "+d.Target(), err)
	}
	if _, err = conn.Prepare(ctx, waitStatement, `SELECT sextant.await_change($1)`); err != nil {
		return nil, errors.Join(classify("prepare to wait for changes", err), conn.Close(ctx))
	}
	return &Waiter{conn}, nil
}

// Wait waits until a change can be served, or a while, and reports whether one
// can. It fails when no answer comes within the time and grace.
func (w *Waiter) Wait(ctx context.Context, d, grace time.Duration) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, d+grace)
	defer cancel()
	err = w.conn.QueryRow(ctx, waitStatement, d).Scan(&found)
	return found, classify("wait for changes", err)
}

// Close ends the connection.
func (w *Waiter) Close(ctx context.Context) { _ = w.conn.Close(ctx) }
