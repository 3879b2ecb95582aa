package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ReportObject is one stored rendering of a learner's weekly report.
type ReportObject struct {
	UserID      string    `db:"user_id" json:"user_id"`
	Week        Day       `db:"week_start" json:"week_start"` // its Monday
	Edition     string    `db:"edition" json:"edition"`       // learner or teacher
	Lang        string    `db:"lang" json:"lang"`             // ko or en
	Format      string    `db:"format" json:"format"`         // html or pdf
	Key         string    `db:"key" json:"key"`               // within the store
	URL         string    `db:"url" json:"url"`               // s3://… or file://…
	Size        int64     `db:"size" json:"size"`
	Checksum    string    `db:"checksum" json:"checksum"`         // sha256 of the object, in hex
	ContentHash string    `db:"content_hash" json:"content_hash"` // of what it was rendered from
	RunID       uuid.UUID `db:"run_id" json:"run_id"`
	GeneratedAt time.Time `db:"generated_at" json:"generated_at"`
}

const reportColumns = `user_id, week_start, edition, lang, format, key, url, size, checksum, content_hash, run_id, generated_at`

// ReportFilter narrows a list of reports; empty fields narrow nothing.
type ReportFilter struct {
	User     string // the whole id
	Contains string // a part of the id, upper and lower case alike
	Week     *Day   // its Monday
	Edition  string
	Lang     string
	Format   string
	Limit    int // the newest weeks first; 0: all
}

const reportsWanted = `
	WHERE (@user = '' OR user_id = @user) AND (@part = '' OR strpos(lower(user_id), lower(@part)) > 0)
	  AND (@week::date IS NULL OR week_start = @week) AND (@edition = '' OR edition = @edition)
	  AND (@lang = '' OR lang = @lang) AND (@format = '' OR format = @format)`

func (f ReportFilter) args() pgx.NamedArgs {
	limit := &f.Limit
	if f.Limit == 0 {
		limit = nil
	}
	return pgx.NamedArgs{"user": f.User, "part": f.Contains, "week": f.Week, "edition": f.Edition, "lang": f.Lang, "format": f.Format, "limit": limit}
}

// Reports lists stored reports, the newest week first, then by learner.
func (d *DB) Reports(ctx context.Context, f ReportFilter) ([]ReportObject, error) {
	return collect[ReportObject](ctx, d.pool, `SELECT `+reportColumns+` FROM sextant.report_object`+reportsWanted+`
		ORDER BY week_start DESC, user_id, edition, lang, format LIMIT @limit`, f.args())
}

// ReportWeek is how many reports of a week are stored.
type ReportWeek struct {
	Week      Day       `db:"week_start" json:"week_start"`
	Learners  int64     `db:"learners" json:"learners"`
	Reports   int64     `db:"reports" json:"reports"`
	Bytes     int64     `db:"bytes" json:"bytes"`
	Generated time.Time `db:"generated_at" json:"generated_at"` // the newest
}

// ReportWeeks lists the weeks that have reports, the newest first.
func (d *DB) ReportWeeks(ctx context.Context) ([]ReportWeek, error) {
	return collect[ReportWeek](ctx, d.pool, `
		SELECT week_start, count(DISTINCT user_id) AS learners, count(*) AS reports, sum(size)::bigint AS bytes, max(generated_at) AS generated_at
		FROM sextant.report_object GROUP BY 1 ORDER BY 1 DESC`)
}

// StoredReports are the stored reports of a week and of the learners named.
func (tx *Tx) StoredReports(ctx context.Context, week Day, users []string) ([]ReportObject, error) {
	return collect[ReportObject](ctx, tx.tx, `SELECT `+reportColumns+` FROM sextant.report_object
		WHERE week_start = $1 AND user_id = ANY ($2) ORDER BY user_id, edition, lang, format`, week, text(users))
}

// LearnerReports are all stored reports of a learner.
func (tx *Tx) LearnerReports(ctx context.Context, userID string) ([]ReportObject, error) {
	return collect[ReportObject](ctx, tx.tx, `SELECT `+reportColumns+` FROM sextant.report_object
		WHERE user_id = ANY ($1) ORDER BY week_start, edition, lang, format`, namesOf(userID))
}

// PutReports records stored objects, in one statement: each in report_object, and
// the learner edition in the default language in report_artifacts too.
func (tx *Tx) PutReports(ctx context.Context, objects []ReportObject, defaultLang string) error {
	if len(objects) == 0 {
		return nil
	}
	rows, err := json.Marshal(objects)
	if err != nil {
		return fmt.Errorf("record the reports: %w", err)
	}
	_, err = tx.tx.Exec(ctx, `
		WITH object AS (
			SELECT * FROM jsonb_to_recordset($1) AS o (user_id text, week_start date, edition text, lang text, format text, key text, url text,
				size bigint, checksum text, content_hash text, run_id uuid, generated_at timestamptz)
		), stored AS (
			INSERT INTO sextant.report_object (`+reportColumns+`)
			SELECT `+reportColumns+` FROM object ORDER BY user_id, edition, lang, format
			ON CONFLICT (user_id, week_start, edition, lang, format) DO UPDATE SET key = excluded.key, url = excluded.url, size = excluded.size,
				checksum = excluded.checksum, content_hash = excluded.content_hash, run_id = excluded.run_id, generated_at = excluded.generated_at
		)
		INSERT INTO public.report_artifacts (user_id, week_start, format, url, generated_at)
		SELECT user_id, week_start, format, url, generated_at FROM object WHERE edition = 'learner' AND lang = $2 ORDER BY user_id, format
		ON CONFLICT (user_id, week_start, format) DO UPDATE SET url = excluded.url, generated_at = excluded.generated_at`, rows, defaultLang)
	return classify("record the reports", err)
}

// OldReports are the reports of weeks before a day that come after a place in
// their order, at most limit.
func (tx *Tx) OldReports(ctx context.Context, before Day, after ReportObject, limit int) ([]ReportObject, error) {
	return collect[ReportObject](ctx, tx.tx, `SELECT `+reportColumns+` FROM sextant.report_object
		WHERE week_start < $1 AND (user_id, week_start, edition, lang, format) > ($2, $3, $4, $5, $6)
		ORDER BY user_id, week_start, edition, lang, format LIMIT $7`,
		before, after.UserID, DayOf(after.Week.Start()), after.Edition, after.Lang, after.Format, limit)
}

// OldReportCount counts the reports of weeks before a day.
func (tx *Tx) OldReportCount(ctx context.Context, before Day) (ReportWeek, error) {
	return one[ReportWeek](ctx, tx.tx, `
		SELECT $1::date AS week_start, count(DISTINCT user_id) AS learners, count(*) AS reports, coalesce(sum(size), 0)::bigint AS bytes
		FROM sextant.report_object WHERE week_start < $1`, before)
}

// DropReports removes the rows of objects that are stored no more.
func (tx *Tx) DropReports(ctx context.Context, objects []ReportObject) (int64, error) {
	if len(objects) == 0 {
		return 0, nil
	}
	rows, err := json.Marshal(objects)
	if err != nil {
		return 0, fmt.Errorf("drop the reports: %w", err)
	}
	return scalar[int64](ctx, tx.tx, `
		WITH object AS (
			SELECT * FROM jsonb_to_recordset($1) AS o (user_id text, week_start date, edition text, lang text, format text, url text)
		), gone AS (
			DELETE FROM sextant.report_object r USING object o
			WHERE r.user_id = o.user_id COLLATE "C" AND r.week_start = o.week_start AND r.edition = o.edition AND r.lang = o.lang
			  AND r.format = o.format AND r.url = o.url RETURNING 1
		), artifact AS (
			DELETE FROM public.report_artifacts a USING object o
			WHERE a.user_id = o.user_id AND a.week_start = o.week_start AND a.format = o.format AND a.url = o.url
		)
		SELECT count(*) FROM gone`, rows)
}

// ReportSecret is the secret that the names of stored reports are made with; the
// one given is kept where there is none yet.
func (tx *Tx) ReportSecret(ctx context.Context, fresh []byte) ([]byte, error) {
	if _, err := tx.tx.Exec(ctx, `INSERT INTO sextant.installation (report_secret) VALUES ($1) ON CONFLICT (one) DO NOTHING`, fresh); err != nil {
		return nil, classify("keep the installation's secret", err)
	}
	return scalar[[]byte](ctx, tx.tx, `SELECT report_secret FROM sextant.installation`)
}

// KnownReportSecret is that secret, or nil before the first report.
func (tx *Tx) KnownReportSecret(ctx context.Context) ([]byte, error) {
	return scalar[[]byte](ctx, tx.tx, `SELECT (SELECT report_secret FROM sextant.installation)`)
}

// Unforgotten are those of the learners named who were not erased, in order.
func (tx *Tx) Unforgotten(ctx context.Context, users []string) ([]string, error) {
	there, err := anyForgotten(ctx, tx.tx)
	if err != nil || !there {
		return users, err
	}
	return scalar[[]string](ctx, tx.tx, `
		SELECT coalesce(array_agg(name ORDER BY nth), '{}') FROM unnest($1::text[]) WITH ORDINALITY u (name, nth)
		WHERE `+notForgotten("u.name"), text(users))
}
