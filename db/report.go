package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// ReportTheta is a θ that a report shows.
type ReportTheta struct {
	Theta   float64   `db:"theta"`
	SE      float64   `db:"se"`
	AsOf    time.Time `db:"as_of"`
	Version string    `db:"version"` // names the scale
}

// ReportGoal is a goal and the θs that judge it: the topic's own, else the
// overall ones. A nil number is not known.
type ReportGoal struct {
	Topic       string     `db:"topic_id"`
	Target      *float64   `db:"target"`
	Priority    int        `db:"priority"`
	ByTopic     bool       `db:"by_topic"`
	Theta       *float64   `db:"theta"`
	SE          *float64   `db:"se"`
	Version     *string    `db:"version"`
	AsOf        *time.Time `db:"as_of"`
	PastTheta   *float64   `db:"past_theta"` // as known four weeks earlier
	PastVersion *string    `db:"past_version"`
	PastAsOf    *time.Time `db:"past_as_of"`
}

// ReportTopic is what a learner answered of a topic in a week and the week before.
type ReportTopic struct {
	Topic       string   `db:"topic_id"` // empty: answers that name none
	Answers     int      `db:"answers"`
	Correct     int      `db:"correct"`
	TimeMS      *float64 `db:"time_ms"` // mean of those that have a time
	LastAnswers int      `db:"last_answers"`
	LastCorrect int      `db:"last_correct"`
	Theta       *float64 `db:"theta"`
	SE          *float64 `db:"se"`
}

// ReportDay is a day on which the learner answered.
type ReportDay struct {
	Day     Day    `db:"day"`
	Answers int    `db:"answers"`
	Correct int    `db:"correct"`
	TimeMS  *int64 `db:"time_ms"` // sum of the times there are
}

// ReportData is what the report of one learner and week is made from. Nothing
// in it is of after the week's end.
type ReportData struct {
	UserID         string
	KPIs, LastKPIs map[string]float64 // by key; what is not known is not there
	Theta, Before  *ReportTheta       // at the end of the week and of the week before
	Trajectory     []ReportTheta      // the last of each day that has one, oldest first
	Goals          []ReportGoal       // as KPIs rank them
	Topics         []ReportTopic      // the most answered first; those without answers this week last
	Days           []ReportDay        // oldest first
	LastAnswer     *time.Time
}

// reportWeeks is how far back the trajectory goes.
const reportWeeks = 12

// reportArgs name the moments of a report: the week is [@week, @end).
func reportArgs(week Day, users []string) pgx.NamedArgs {
	monday := week.Monday()
	return pgx.NamedArgs{
		"users": text(users), "monday": monday, "last_monday": monday.Add(-7), "sunday": monday.Add(6),
		"week": monday.Start(), "last": monday.Add(-7).Start(), "end": monday.Add(7).Start(),
		"past":  monday.Add(7 - 28).Start(),
		"since": monday.Add(7 - 7*reportWeeks).Start(),
		"keys":  []string{"I_t", "E_t", "R_t", "A_t", "P", "S"},
	}
}

// ReportLearners lists, bytewise, the learners who are due a report of the week
// that holds a day: those with a row in weekly_kpi or an answer in it. With
// names given, it lists those of them that are known at all. It is ids alone,
// some fifty bytes each, however many there are.
func (d *DB) ReportLearners(ctx context.Context, week Day, users []string) ([]string, error) {
	if len(users) > 0 {
		return d.ids(ctx, `
			SELECT u.user_id FROM unnest(@users::text[]) u (user_id)
			WHERE EXISTS (SELECT FROM sextant.learner l WHERE l.user_id = u.user_id)
			   OR EXISTS (SELECT FROM public.weekly_kpi k WHERE k.user_id = u.user_id)
			   OR EXISTS (SELECT FROM sextant.theta_history h WHERE h.user_id = u.user_id)
			GROUP BY 1 ORDER BY u.user_id COLLATE "C"`, reportArgs(week, users))
	}
	return d.ids(ctx, `
		SELECT user_id FROM (
			SELECT user_id COLLATE "C" AS user_id FROM public.weekly_kpi WHERE week_start = @monday AND user_id <> ''
			UNION
			SELECT user_id FROM sextant.answer_tally WHERE day BETWEEN @monday AND @sunday) due
		ORDER BY 1`, reportArgs(week, nil))
}

func (d *DB) ids(ctx context.Context, sql string, args pgx.NamedArgs) ([]string, error) {
	rows, err := d.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, classify("list the learners", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, classify("list the learners", err)
}

// ReportData reads what the reports of some learners are made from, in their
// order: in a fixed number of statements, however many they are. A few hundred
// at a time keep memory small and the statements busy.
func (d *DB) ReportData(ctx context.Context, week Day, users []string) (data []ReportData, err error) {
	err = d.InSnapshot(ctx, func(tx *Tx) error {
		data, err = tx.reportData(ctx, week, users)
		return err
	})
	return data, err
}

func (tx *Tx) reportData(ctx context.Context, week Day, users []string) ([]ReportData, error) {
	p, err := inspectRelations(ctx, tx.tx)
	if err != nil {
		return nil, err
	}
	b := reportBlock{tx: tx, args: reportArgs(week, users), at: make(map[string]*ReportData, len(users))}
	data := make([]ReportData, len(users))
	for i, u := range users {
		data[i].UserID = u
		b.at[u] = &data[i]
	}
	for _, read := range []func(context.Context) error{
		b.kpis, b.thetas, b.trajectories, b.topics, b.days, b.lastAnswers,
	} {
		if err := read(ctx); err != nil {
			return nil, classify("read the data of the reports", err)
		}
	}
	if p.reads("interest_goal", "user_id", "topic_id") {
		err = b.goals(ctx, p)
	}
	return data, classify("read the goals of the reports", err)
}

// ReportCalibration is what a report says of the calibration of its week.
type ReportCalibration struct {
	RunID    string     `db:"run_id"`
	Model    string     `db:"model"`
	Version  string     `db:"version"`
	DataDay  *Day       `db:"data_day"`
	FittedAt *time.Time `db:"fitted_at"`
	Linking  []byte     `db:"linking"` // JSON; nil: not known
}

// ReportCalibration is the calibration of the unfiltered bank that was in force
// for the data of the week that holds a day: the newest that has come into force of
// a day up to its Sunday; else, from before Sextant calibrated, the newest of
// the platform's own. Nil when there is none.
func (d *DB) ReportCalibration(ctx context.Context, week Day) (*ReportCalibration, error) {
	return first[ReportCalibration](ctx, d.pool, `
		SELECT run_id, model, version, data_day, fitted_at, linking FROM (
			(SELECT 1 AS rank, run_id::text AS run_id, model, version, data_day, fitted_at, linking FROM sextant.calibration
			 WHERE bank = '' AND in_force_at IS NOT NULL AND data_day <= @sunday ORDER BY data_day DESC, in_force_at DESC LIMIT 1)
			UNION ALL
			(SELECT 2, run_id, coalesce(model_spec ->> 'model', ''), coalesce(model_spec ->> 'version', ''), NULL, fitted_at,
			        CASE WHEN jsonb_typeof(model_spec -> 'linking_constants') = 'object' THEN model_spec -> 'linking_constants' END
			 FROM public.mirt_fit_meta WHERE fitted_at < @end AND coalesce(model_spec ->> 'bank', '') = ''
			   AND run_id NOT IN (SELECT run_id::text FROM sextant.calibration)
			 ORDER BY fitted_at DESC LIMIT 1)) c
		ORDER BY rank LIMIT 1`, reportArgs(week, nil))
}
