package db

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// RunFilter chooses runs; zero fields choose all.
type RunFilter struct {
	Stage     string
	StageLike string // a part of the stage's name
	Statuses  []RunStatus
	Triggers  []Trigger
	Actor     string
	Host      string
	Words     []string  // each a part of the stage, the actor, the host, the reason or the error
	Since     time.Time // made at or after
	Until     time.Time // made before
	ID        string    // the start of the id
	Limit     int       // 100 when 0
}

// Runs lists runs, newest first.
func (d *DB) Runs(ctx context.Context, f RunFilter) ([]Run, error) {
	if f.Limit == 0 {
		f.Limit = 100
	}
	where, args := []string{`true`}, pgx.NamedArgs{"limit": f.Limit}
	add := func(condition, name string, value any) {
		where = append(where, condition)
		args[name] = value
	}
	if f.Stage != "" {
		add(`stage = @stage`, "stage", f.Stage)
	}
	if f.StageLike != "" {
		add(`stage ILIKE @like`, "like", "%"+likeEscape.Replace(f.StageLike)+"%")
	}
	if f.ID != "" {
		low, high, ok := idRange(strings.ToLower(f.ID))
		if !ok {
			return []Run{}, nil
		}
		add(`id BETWEEN @low AND @high`, "low", low)
		args["high"] = high
	}
	if len(f.Statuses) > 0 {
		add(`status = ANY (@statuses)`, "statuses", words(f.Statuses))
	}
	if len(f.Triggers) > 0 {
		add(`trigger = ANY (@triggers)`, "triggers", words(f.Triggers))
	}
	if f.Actor != "" {
		add(`actor = @actor`, "actor", f.Actor)
	}
	if f.Host != "" {
		add(`host = @host`, "host", f.Host)
	}
	if !f.Since.IsZero() {
		add(`created_at >= @since`, "since", f.Since)
	}
	if !f.Until.IsZero() {
		add(`created_at < @until`, "until", f.Until)
	}
	for i, w := range f.Words {
		name := fmt.Sprint("word", i)
		add(`strpos(lower(concat_ws(' ', stage, actor, host, reason, error)), lower(@`+name+`)) > 0`, name, w) // ILIKE takes thrice as long
	}
	return collect[Run](ctx, d.pool, `
		SELECT `+runColumns+` FROM sextant.run
		WHERE `+strings.Join(where, `
		  AND `)+`
		ORDER BY created_at DESC, id DESC LIMIT @limit`, args)
}

// words are values of a kind of text as text.
func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// FindRun gives the run whose id starts with prefix. It is ErrNotFound when
// there is none, and an error that lists them when there are several.
func (d *DB) FindRun(ctx context.Context, prefix string) (Run, error) {
	low, high, ok := idRange(prefix)
	if !ok {
		return Run{}, ErrNotFound
	}
	runs, err := collect[Run](ctx, d.pool, `
		SELECT `+runColumns+` FROM sextant.run WHERE id BETWEEN $1 AND $2 ORDER BY created_at DESC LIMIT 4`, low, high)
	switch {
	case err != nil:
		return Run{}, err
	case len(runs) == 0:
		return Run{}, ErrNotFound
	case len(runs) > 1:
		ids := make([]string, len(runs))
		for i, r := range runs {
			ids[i] = r.ID.String()
		}
		return Run{}, fmt.Errorf("run id %q is ambiguous: %s", prefix, strings.Join(ids, ", "))
	}
	return runs[0], nil
}

// idRange is the least and the greatest id that starts with a text; not ok when
// none can.
func idRange(prefix string) (low, high uuid.UUID, ok bool) {
	const least, most = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
	if len(prefix) > len(least) {
		return low, high, false
	}
	for i := range prefix {
		if (prefix[i] == '-') != (least[i] == '-') {
			return low, high, false
		}
	}
	low, err := uuid.Parse(prefix + least[len(prefix):])
	if err != nil {
		return low, high, false
	}
	high, err = uuid.Parse(prefix + most[len(prefix):])
	return low, high, err == nil
}
