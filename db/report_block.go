package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// reportBlock reads the data of a block of learners, table by table.
type reportBlock struct {
	tx   *Tx
	args pgx.NamedArgs
	at   map[string]*ReportData
}

// reportOwner is the learner whom a row is of.
type reportOwner struct {
	UserID string `db:"user_id"`
}

func (o reportOwner) owner() string { return o.UserID }

// The rows of the block's queries.
type (
	reportThetaRow struct {
		reportOwner
		ReportTheta
		Before bool `db:"before"`
	}
	reportTopicRow struct {
		reportOwner
		ReportTopic
	}
	reportDayRow struct {
		reportOwner
		ReportDay
	}
	reportGoalRow struct {
		reportOwner
		ReportGoal
	}
	reportKPIRow struct {
		reportOwner
		Week  Day     `db:"week_start"`
		Key   string  `db:"key"`
		Value float64 `db:"value"`
	}
	reportAnswerRow struct {
		reportOwner
		At time.Time `db:"answered_at"`
	}
)

// spread runs a query and hands every row to the learner it is of.
func spread[T interface{ owner() string }](ctx context.Context, b *reportBlock, sql string, put func(*ReportData, T)) error {
	rows, err := collect[T](ctx, b.tx.tx, sql, b.args)
	for _, r := range rows {
		if d := b.at[r.owner()]; d != nil {
			put(d, r)
		}
	}
	return err
}

// reportWho are the learners of the block; their ids compare bytewise.
const reportWho = `(SELECT user_id COLLATE "C" AS user_id FROM unnest(@users::text[]) u (user_id)) who`

// kpis reads the stored KPIs. Other programs write the table too: what is no
// number there, or one beyond all sense, is not known.
func (b *reportBlock) kpis(ctx context.Context) error {
	monday := b.args["monday"].(Day)
	return spread(ctx, b, `
		SELECT k.user_id, k.week_start, key, value FROM public.weekly_kpi k
		CROSS JOIN LATERAL unnest(@keys::text[]) key
		CROSS JOIN LATERAL (
			SELECT CASE WHEN jsonb_typeof(k.kpis -> key) = 'number' THEN
			       CASE WHEN abs((k.kpis ->> key)::numeric) <= 1 THEN (k.kpis ->> key)::float8 END END AS value) v
		WHERE k.user_id = ANY (@users) AND k.week_start IN (@monday, @last_monday) AND v.value IS NOT NULL`,
		func(d *ReportData, k reportKPIRow) {
			into := &d.LastKPIs
			if k.Week == monday {
				into = &d.KPIs
			}
			if *into == nil {
				*into = map[string]float64{}
			}
			(*into)[k.Key] = k.Value
		})
}

// thetas reads the newest θ at the end of this week and of the last.
func (b *reportBlock) thetas(ctx context.Context) error {
	return spread(ctx, b, `
		SELECT who.user_id, false AS before, t.* FROM `+reportWho+`
		CROSS JOIN LATERAL (`+thetaOf(`IS NULL`, `'-infinity'`, `@end`)+`) t
		UNION ALL
		SELECT who.user_id, true, t.* FROM `+reportWho+`
		CROSS JOIN LATERAL (`+thetaOf(`IS NULL`, `'-infinity'`, `@week`)+`) t`,
		func(d *ReportData, t reportThetaRow) {
			if t.Before {
				d.Before = &t.ReportTheta
			} else {
				d.Theta = &t.ReportTheta
			}
		})
}

// trajectories reads the last θ of each day: a learner who practises all day has
// dozens.
func (b *reportBlock) trajectories(ctx context.Context) error {
	return spread(ctx, b, `
		SELECT DISTINCT ON (h.user_id, (h.as_of AT TIME ZONE 'UTC')::date) h.user_id, h.theta, h.se, h.as_of, h.version
		FROM sextant.theta_history h
		WHERE h.user_id = ANY (@users) AND h.topic_id IS NULL AND h.as_of >= @since AND h.as_of < @end AND `+usableTheta+`
		ORDER BY h.user_id, (h.as_of AT TIME ZONE 'UTC')::date, h.as_of DESC, h.estimated_at DESC`,
		func(d *ReportData, t reportThetaRow) { d.Trajectory = append(d.Trajectory, t.ReportTheta) })
}

// topics reads the answers of two weeks by topic, with the topic's θ.
func (b *reportBlock) topics(ctx context.Context) error {
	return spread(ctx, b, `
		SELECT who.user_id, who.topic_id, who.answers, who.correct, who.time_ms, who.last_answers, who.last_correct, t.theta, t.se
		FROM (
			SELECT user_id, coalesce(topic_id, '') AS topic_id,
			       count(*) FILTER (WHERE answered_at >= @week) AS answers,
			       count(*) FILTER (WHERE answered_at >= @week AND correct) AS correct,
			       (avg(response_time_ms) FILTER (WHERE answered_at >= @week))::float8 AS time_ms,
			       count(*) FILTER (WHERE answered_at < @week) AS last_answers,
			       count(*) FILTER (WHERE answered_at < @week AND correct) AS last_correct
			FROM sextant.answer WHERE user_id = ANY (@users) AND answered_at >= @last AND answered_at < @end
			GROUP BY 1, 2) who
		LEFT JOIN LATERAL (`+thetaOf(`= who.topic_id`, `'-infinity'`, `@end`)+`) t ON true
		ORDER BY who.user_id, who.answers DESC, who.topic_id`,
		func(d *ReportData, t reportTopicRow) { d.Topics = append(d.Topics, t.ReportTopic) })
}

// days reads the week's answers by day.
func (b *reportBlock) days(ctx context.Context) error {
	return spread(ctx, b, `
		SELECT user_id, (answered_at AT TIME ZONE 'UTC')::date AS day, count(*) AS answers,
		       count(*) FILTER (WHERE correct) AS correct, sum(response_time_ms) AS time_ms
		FROM sextant.answer WHERE user_id = ANY (@users) AND answered_at >= @week AND answered_at < @end
		GROUP BY 1, 2 ORDER BY 1, 2`,
		func(d *ReportData, day reportDayRow) { d.Days = append(d.Days, day.ReportDay) })
}

// lastAnswers reads when each learner last answered.
func (b *reportBlock) lastAnswers(ctx context.Context) error {
	return spread(ctx, b, `
		SELECT who.user_id, a.answered_at FROM `+reportWho+`
		CROSS JOIN LATERAL (
			SELECT answered_at FROM sextant.answer a WHERE a.user_id = who.user_id AND a.answered_at < @end
			ORDER BY a.answered_at DESC LIMIT 1) a`,
		func(d *ReportData, a reportAnswerRow) { d.LastAnswer = &a.At })
}

// goals reads the goals with the θs that judge them, ranked as for P.
func (b *reportBlock) goals(ctx context.Context, p platform) error {
	return spread(ctx, b, `
		SELECT who.user_id, who.topic_id, who.target, who.priority, by_topic.theta IS NOT NULL AS by_topic,
		       now.theta, now.se, now.version, now.as_of, past.theta AS past_theta, past.version AS past_version, past.as_of AS past_as_of
		FROM (
			SELECT g.user_id COLLATE "C" AS user_id, g.topic_id COLLATE "C" AS topic_id, coalesce(g.priority, 0)::int AS priority,
			       CASE WHEN g.target_level::float8 > '-Infinity' AND g.target_level::float8 < 'Infinity' THEN g.target_level::float8 END AS target
			FROM `+p.from("interest_goal")+` g WHERE g.user_id = ANY (@users)) who
		LEFT JOIN LATERAL (`+thetaOf(`= who.topic_id`, `'-infinity'`, `@end`)+`) by_topic ON true
		LEFT JOIN LATERAL (`+thetaOf(`IS NULL AND by_topic.theta IS NULL`, `'-infinity'`, `@end`)+`) overall ON true
		LEFT JOIN LATERAL (SELECT coalesce(by_topic.theta, overall.theta) AS theta, coalesce(by_topic.se, overall.se) AS se,
			coalesce(by_topic.version, overall.version) AS version, coalesce(by_topic.as_of, overall.as_of) AS as_of) now ON true
		LEFT JOIN LATERAL (`+thetaOf(`= who.topic_id AND by_topic.theta IS NOT NULL`, `'-infinity'`, `@past`)+`) past_topic ON true
		LEFT JOIN LATERAL (`+thetaOf(`IS NULL AND by_topic.theta IS NULL`, `'-infinity'`, `@past`)+`) past_overall ON true
		LEFT JOIN LATERAL (SELECT coalesce(past_topic.theta, past_overall.theta) AS theta,
			coalesce(past_topic.version, past_overall.version) AS version, coalesce(past_topic.as_of, past_overall.as_of) AS as_of) past ON true
		ORDER BY who.user_id, who.target IS NULL, who.priority DESC, who.topic_id`,
		func(d *ReportData, g reportGoalRow) { d.Goals = append(d.Goals, g.ReportGoal) })
}
