package main

import (
	"context"
	"fmt"

	"sextant/db/dbbench"
	"sextant/jobs/demo"
)

// usualLearners is a platform that the usual way can bear: it reads all of
// exam_results for every learner and topic of the day.
const usualLearners = 2000

// measureUsual publishes one day of features the usual way, a query for every
// learner and topic over a view on the JSON, and with Sextant.
func measureUsual(ctx context.Context, b *pipelineBench) error {
	url, err := b.platform(ctx, "usual", demo.Options{Learners: usualLearners, Items: 400, Days: 56, Seed: 3, Rate: 0.127}, nil)
	if err != nil || b.options.prepare {
		return err
	}
	if err := b.server.Forget(ctx, url, true); err != nil {
		return err
	}
	sync, err := b.stage(ctx, url, "sync-answers")
	if err != nil {
		return err
	}
	answers, err := b.server.Answers(ctx, url)
	if err != nil {
		return err
	}
	day, err := b.stage(ctx, url, "aggregate-features-daily", "--date", dbbench.LastDay, "--lookback-days", "1")
	if err != nil {
		return err
	}
	rows, took, err := b.server.UsualDay(ctx, url)
	if err != nil {
		return err
	}
	b.rows = append(b.rows,
		row{work: fmt.Sprintf("a day's features of %s learners with %s answers the usual way: %s queries on the JSON view", thousands(usualLearners), thousands(answers), thousands(rows)),
			measured: fmt.Sprintf("%.1f s", took.Seconds())},
		row{work: "the same day by `aggregate-features-daily`, improvement index included (and the first sync of all answers before it)",
			measured: fmt.Sprintf("%.2f s (%.1f s)", day.wall.Seconds(), sync.wall.Seconds())})
	return nil
}
