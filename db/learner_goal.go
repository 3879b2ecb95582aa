package db

import "context"

// KPIValues are the six KPIs; one that cannot be told is nil.
type KPIValues struct {
	Improvement *float64 `db:"i_t" json:"I_t"`
	Efficiency  *float64 `db:"e_t" json:"E_t"`
	Recovery    *float64 `db:"r_t" json:"R_t"`
	Engagement  *float64 `db:"a_t" json:"A_t"`
	Reach       *float64 `db:"p" json:"P"`
	Churn       *float64 `db:"s" json:"S"`
}

// Values are the KPIs in the order of Formulas.
func (v KPIValues) Values() []*float64 {
	return []*float64{v.Improvement, v.Efficiency, v.Recovery, v.Engagement, v.Reach, v.Churn}
}

// KPIWeek is a learner's KPIs of one week as weekly_kpi has them; what is no
// number there is nil.
type KPIWeek struct {
	Week Day `db:"week_start" json:"week_start"`
	KPIValues
}

// KPIWeeks are a learner's last weeks of weekly_kpi, the oldest first.
func (d *DB) KPIWeeks(ctx context.Context, userID string, weeks int) ([]KPIWeek, error) {
	return collect[KPIWeek](ctx, d.pool, `
		SELECT week_start, sextant.read_number(kpis -> 'I_t')::float8 AS i_t, sextant.read_number(kpis -> 'E_t')::float8 AS e_t,
		       sextant.read_number(kpis -> 'R_t')::float8 AS r_t, sextant.read_number(kpis -> 'A_t')::float8 AS a_t,
		       sextant.read_number(kpis -> 'P')::float8 AS p, sextant.read_number(kpis -> 'S')::float8 AS s
		FROM (SELECT week_start, kpis FROM public.weekly_kpi WHERE user_id = $1 ORDER BY week_start DESC LIMIT $2) k
		ORDER BY week_start`, userID, weeks)
}

// Goal is a learner's row of interest_goal.
type Goal struct {
	TopicID  string   `db:"topic_id" json:"topic_id"`
	Target   *float64 `db:"target" json:"target"` // nil: none set
	Priority int      `db:"priority" json:"priority"`
}

// Goals are a learner's goals, the one that counts for P first where it has a
// target. A platform may have no such table.
func (d *DB) Goals(ctx context.Context, userID string) ([]Goal, error) {
	p, err := inspectPlatform(ctx, d.pool)
	if err != nil || !p.reads("interest_goal", "user_id", "topic_id") {
		return nil, err
	}
	return collect[Goal](ctx, d.pool, `
		SELECT topic_id, CASE WHEN target > '-Infinity' AND target < 'Infinity' THEN target END AS target, priority
		FROM (SELECT topic_id, target_level::float8 AS target, coalesce(priority, 0)::int AS priority
		      FROM `+p.from("interest_goal")+` i WHERE user_id = $1) g
		ORDER BY priority DESC, topic_id COLLATE "C"`, userID)
}
