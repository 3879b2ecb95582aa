package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// TriggerState says which of the change triggers stand on a platform table.
type TriggerState struct {
	Table     string `json:"table"`
	Present   bool   `json:"present"`   // the table exists and can carry triggers
	Installed bool   `json:"installed"` // all of its triggers stand and are enabled
}

// changeTrigger is one statement-level trigger: what it appends to the log.
type changeTrigger struct {
	table, event string
	op           string
	tables       string // the transition tables it declares
	rows         string // FROM … WHERE …, over the transition tables; the row is r
	user         string
}

const triggerPrefix = "sextant_change_"

// changeTriggers are the triggers that the platform's tables allow. A session
// counts when it finishes, not with every later touch of its row.
func changeTriggers(p platform) []changeTrigger {
	var out []changeTrigger
	if p.carriesTriggers("exam_results") && p.hasColumn("exam_results", "session_id") && p.hasColumn("exam_results", "user_id") {
		for _, e := range []struct{ event, transition string }{{"insert", "NEW"}, {"update", "NEW"}, {"delete", "OLD"}} {
			out = append(out, changeTrigger{table: "exam_results", event: e.event, op: e.event,
				tables: e.transition + " TABLE AS touched", rows: "touched r", user: "r.session_id, r.user_id"})
		}
	}
	if !p.carriesTriggers("session") || !p.hasColumn("session", "id") || !p.hasColumn("session", "user_id") {
		return out
	}
	finished := func(row string) string {
		var conditions []string
		if p.hasColumn("session", "ended_at") {
			conditions = append(conditions, row+".ended_at IS NOT NULL")
		}
		if p.hasColumn("session", "status") {
			conditions = append(conditions, row+".status::text IS NOT DISTINCT FROM 'completed'")
		}
		return "(" + strings.Join(conditions, " OR ") + ")"
	}
	if finished("r") == "()" {
		return out
	}
	return append(out,
		changeTrigger{table: "session", event: "insert", op: "finish", tables: "NEW TABLE AS touched",
			rows: "touched r WHERE " + finished("r"), user: "r.id, r.user_id"},
		changeTrigger{table: "session", event: "update", op: "finish", tables: "NEW TABLE AS touched OLD TABLE AS before",
			rows: "touched r WHERE " + finished("r") + " AND NOT EXISTS (SELECT FROM before o WHERE o.id = r.id AND " + finished("o") + ")",
			user: "r.id, r.user_id"})
}

// carriesTriggers reports whether a relation can have triggers with transition tables.
func (p platform) carriesTriggers(name string) bool {
	kind := p.relations[name].Kind
	return kind == "r" || kind == "p"
}

// function is the trigger's function. The log's table is locked without
// waiting before the insert, and whatever goes wrong is swallowed: the platform's transaction
// neither fails nor waits, and the worker's search finds later what the log
// does not hold. It runs with its owner's rights, whoever writes.
func (t changeTrigger) function() string {
	return fmt.Sprintf(`
CREATE OR REPLACE FUNCTION sextant.%s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp AS $change$
BEGIN
	LOCK TABLE sextant.change IN ROW EXCLUSIVE MODE NOWAIT;
	%s
	INSERT INTO sextant.change (source, op, session_id, user_id) SELECT '%s', '%s', %s FROM %s;
	RETURN NULL;
EXCEPTION WHEN OTHERS THEN
	RETURN NULL;
END $change$`, t.name(), t.bulk(), t.table, t.op, t.user, t.rows)
}

// manyRows is how many a statement touches before the log holds one note of it
// instead of a note of each: an update moves updated_at, by which the worker then
// finds them in its own time, not the platform's.
const manyRows = 10_000

// bulk leaves one note of a bulk update.
func (t changeTrigger) bulk() string {
	if t.table != "exam_results" || t.event != "update" {
		return ""
	}
	return fmt.Sprintf(`IF EXISTS (SELECT FROM touched OFFSET %d) THEN
		INSERT INTO sextant.change (source, op) VALUES ('exam_results', '%s');
		RETURN NULL;
	END IF;`, manyRows, opMany)
}

func (t changeTrigger) name() string { return triggerPrefix + t.table + "_" + t.event }

func (t changeTrigger) create() string {
	return fmt.Sprintf(`CREATE TRIGGER %s AFTER %s ON public.%s REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION sextant.%[1]s()`,
		t.name(), strings.ToUpper(t.event), t.table, t.tables)
}

// ErrNoTriggerTable says that no platform table can carry the trigger.
var ErrNoTriggerTable = errors.New("neither exam_results nor session is a table that can carry the trigger; without it the worker searches for finished sessions")

// InstallTriggers puts the change triggers on the platform's tables, or renews
// their functions. A table in use is waited for a tenth of a second at a time,
// so that no platform write ever queues behind the installation; after patience
// it gives up, leaving what stood before.
func (d *DB) InstallTriggers(ctx context.Context, patience time.Duration) error {
	p, err := inspectPlatform(ctx, d.pool)
	if err != nil {
		return err
	}
	triggers := changeTriggers(p)
	if len(triggers) == 0 {
		return ErrNoTriggerTable
	}
	for _, t := range triggers {
		if err := d.hastily(ctx, patience, t.table, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, t.function()); err != nil {
				return err
			}
			stands, err := triggerStands(ctx, tx, t)
			if err != nil || stands {
				return err
			}
			_, err = tx.Exec(ctx, `DROP TRIGGER IF EXISTS `+t.name()+` ON public.`+t.table+`; `+t.create())
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// RemoveTriggers takes the change triggers away again, in the same manner.
func (d *DB) RemoveTriggers(ctx context.Context, patience time.Duration) error {
	found, err := collect[struct {
		Table string `db:"tab"`
		Name  string `db:"name"`
	}](ctx, d.pool, `
		SELECT c.relname AS tab, t.tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
		WHERE c.relnamespace = 'public'::regnamespace AND starts_with(t.tgname, '`+triggerPrefix+`') ORDER BY 1, 2`)
	if err != nil {
		return err
	}
	for _, f := range found {
		if err := d.hastily(ctx, patience, f.Table, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `DROP TRIGGER IF EXISTS `+pgx.Identifier{f.Name}.Sanitize()+` ON public.`+pgx.Identifier{f.Table}.Sanitize())
			return err
		}); err != nil {
			return err
		}
	}
	rows, err := d.pool.Query(ctx, `
		SELECT format('DROP FUNCTION sextant.%I()', proname) FROM pg_proc
		WHERE pronamespace = 'sextant'::regnamespace AND starts_with(proname, '`+triggerPrefix+`')`)
	if err != nil {
		return classify("find the trigger functions", err)
	}
	drops, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, drop := range drops {
		if err == nil {
			_, err = d.pool.Exec(ctx, drop)
		}
	}
	return classify("drop the trigger functions", err)
}

// Triggers reports where the change triggers stand.
func (d *DB) Triggers(ctx context.Context) ([]TriggerState, error) {
	p, err := inspectPlatform(ctx, d.pool)
	if err != nil {
		return nil, err
	}
	states := []TriggerState{{Table: "exam_results"}, {Table: "session"}}
	for i := range states {
		s := &states[i]
		for _, t := range changeTriggers(p) {
			if t.table != s.Table {
				continue
			}
			stands, err := triggerStands(ctx, d.pool, t)
			if err != nil {
				return nil, err
			}
			s.Installed = stands && (s.Installed || !s.Present)
			s.Present = true
		}
	}
	return states, nil
}

func triggerStands(ctx context.Context, q querier, t changeTrigger) (bool, error) {
	return scalar[bool](ctx, q, `
		SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('public.' || $1) AND tgname = $2 AND tgenabled IN ('O', 'A'))`,
		t.table, t.name())
}

// hastily runs fn in a transaction that waits for a lock a tenth of a second at
// most, and tries again until patience is over.
func (d *DB) hastily(ctx context.Context, patience time.Duration, table string, fn func(pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := classify("install the trigger on "+table, pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '100ms'`); err != nil {
				return err
			}
			return fn(tx)
		}))
		if !IsKind(err, KindTransient) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is in use by a long transaction; nothing was changed there, try again later: %w", table, err)
		case <-time.After(wait):
		}
	}
}
