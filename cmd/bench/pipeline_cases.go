package main

import (
	"context"
	"fmt"
	"time"

	"sextant/db"
	"sextant/db/dbbench"
	"sextant/jobs/demo"
)

// pipelineCases measure one or more stages each, on data of their own.
var pipelineCases = []suiteCase[*pipelineBench]{
	{"answers", measureAnswers},
	{"features", measureFeatures},
	{"inactivity", measureInactivity},
	{"usual", measureUsual},
}

// platform gives the URL of a migrated database with a simulated platform, and
// what then fills, if anything, adds to it.
func (b *pipelineBench) platform(ctx context.Context, name string, o demo.Options, then func(url string) error) (string, error) {
	day, err := time.Parse(time.DateOnly, dbbench.LastDay)
	if err != nil {
		return "", err
	}
	o.Until = day
	return b.database(ctx, name, fmt.Sprintf("%+v", o), func(url string, d *db.DB) error {
		last := time.Now()
		sum, err := demo.Load(ctx, d, o, func(p demo.Progress) {
			if time.Since(last) > 10*time.Second {
				last = time.Now()
				b.log.Info("simulating", "learners", p.Learners, "of", p.Of)
			}
		})
		b.log.Info("simulated", "learners", sum.Learners, "answers", sum.Answers, "sessions", sum.Sessions)
		if err != nil || then == nil {
			return err
		}
		return then(url)
	})
}

// database gives the URL of a migrated database that fill has filled.
func (b *pipelineBench) database(ctx context.Context, name, key string, fill func(url string, d *db.DB) error) (string, error) {
	url, err := b.server.Database(ctx, name, key, func(url string) error {
		b.log.Info("filling", "database", name)
		began := time.Now()
		d, err := db.Open(ctx, db.Config{URL: url})
		if err != nil {
			return err
		}
		defer d.Close()
		if _, err := d.Migrate(ctx); err != nil {
			return err
		}
		err = fill(url, d)
		b.log.Info("filled", "database", name, "took", time.Since(began).Round(time.Second))
		return err
	})
	if err != nil {
		return "", err
	}
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return "", err
	}
	defer d.Close()
	_, err = d.Migrate(ctx) // what was added since the data was made
	return url, err
}

// answersSize is a platform of 100 answers a learner over 56 days.
func (b *pipelineBench) answersSize(answers int) demo.Options {
	return demo.Options{Learners: answers / 100, Items: b.options.items, Days: 56, Seed: 1, Rate: 0.127}
}

// measureAnswers takes a platform through its first sync, a calibration and the
// KPIs, at two sizes.
func measureAnswers(ctx context.Context, b *pipelineBench) error {
	var runs [2]struct{ sync, again, calibrate, kpis stageRun }
	var answers int
	for i, size := range []int{b.options.answers / 10, b.options.answers} {
		url, err := b.platform(ctx, []string{"answers_tenth", "answers"}[i], b.answersSize(size),
			func(url string) error { return b.server.LayByTime(ctx, url) })
		if err != nil || b.options.prepare {
			if err != nil {
				return err
			}
			continue
		}
		r := &runs[i]
		if err := b.server.Forget(ctx, url, true); err != nil {
			return err
		}
		if r.sync, err = b.stage(ctx, url, "sync-answers"); err != nil {
			return err
		}
		if r.again, err = b.stage(ctx, url, "sync-answers"); err != nil {
			return err
		}
		if answers, err = b.server.Answers(ctx, url); err != nil {
			return err
		}
		window := []string{"--date", dbbench.LastDay, "--lookback-days", "56"}
		if r.calibrate, err = b.stage(ctx, url, "mirt-calibrate", window...); err != nil {
			return err
		}
		// As if there had been another a fortnight before, for the θ form of I_t.
		if err := b.server.AgeThetas(ctx, url); err != nil {
			return err
		}
		if r.kpis, err = b.stage(ctx, url, "compute-daily-kpis", append(window, "--use-irt-theta")...); err != nil {
			return err
		}
	}
	if b.options.prepare {
		return nil
	}
	n, learners := thousands(answers), thousands(b.options.answers/100)
	tenth, full := runs[0], runs[1]
	b.add("sync "+n+" answers from `exam_results` JSON, first time", "≥ 150,000 answers/s",
		fmt.Sprintf("%s answers/s (%s)", thousands(int(float64(answers)/full.sync.wall.Seconds())), inSeconds(full.sync)), full.sync, tenth.sync)
	b.add("sync again, with nothing new", "≤ 0.2 s", fmt.Sprintf("%.2f s", full.again.wall.Seconds()), full.again, tenth.again)
	b.add(fmt.Sprintf("calibrate %s answers × %s items, score %s learners overall and by topic, all in the database", n, thousands(b.options.items), learners),
		"≤ 90 s", inSeconds(full.calibrate), full.calibrate, tenth.calibrate)
	b.add(fmt.Sprintf("six KPIs of %s active learners over %s answers", learners, n), "≤ 60 s", inSeconds(full.kpis), full.kpis, tenth.kpis)
	return nil
}

func inSeconds(r stageRun) string { return fmt.Sprintf("%.1f s", r.wall.Seconds()) }

// measureFeatures publishes one day in front of 28 full ones.
func measureFeatures(ctx context.Context, b *pipelineBench) error {
	var runs [2]stageRun
	var bare, without, with time.Duration
	for i, perDay := range []int{b.options.perDay / 10, b.options.perDay} {
		url, err := b.database(ctx, []string{"features_tenth", "features"}[i], fmt.Sprintf("28 days of %d", perDay),
			func(url string, _ *db.DB) error { return b.server.FillDays(ctx, url, perDay) })
		if err != nil {
			return err
		}
		if b.options.prepare {
			continue
		}
		for try := range 2 { // the best of two, side by side
			if err := b.server.Forget(ctx, url, false); err != nil {
				return err
			}
			r, err := b.stage(ctx, url, "aggregate-features-daily", "--date", dbbench.LastDay, "--lookback-days", "1")
			if err != nil {
				return err
			}
			if try == 0 || r.wall < runs[i].wall {
				runs[i] = r
			}
			if i == 0 {
				continue
			}
			ways, err := b.featuresWays(ctx, url)
			if err != nil {
				return err
			}
			for k, best := range []*time.Duration{&bare, &without, &with} {
				if try == 0 || ways[k] < *best {
					*best = ways[k]
				}
			}
		}
	}
	if b.options.prepare {
		return nil
	}
	b.add(fmt.Sprintf("features of a day of %s answers of %s learners, 28 full days behind it", thousands(b.options.perDay), thousands(b.options.perDay/10)),
		"≤ 20 s", inSeconds(runs[1]), runs[1], runs[0])
	b.rows = append(b.rows,
		row{"the bare `GROUP BY` of that day", "", fmt.Sprintf("%.2f s", bare.Seconds()), "", "", ""},
		row{"the stage's statement without the improvement index, against the bare one", "≤ 1.5×", fmt.Sprintf("%.2f×", without.Seconds()/bare.Seconds()), "", "", ""},
		row{"and with it", "≤ 5×", fmt.Sprintf("%.2f×", with.Seconds()/bare.Seconds()), "", "", ""})
	return nil
}

// featuresWays times the bare statement and the stage's, without and with the
// improvement index, one after the other.
func (b *pipelineBench) featuresWays(ctx context.Context, url string) (took [3]time.Duration, err error) {
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return took, err
	}
	defer d.Close()
	day, err := db.ParseDay(dbbench.LastDay)
	if err != nil {
		return took, err
	}
	publish := func(bare bool) error {
		return d.InTx(ctx, func(tx *db.Tx) error {
			read, _, err := tx.PublishFeatures(ctx, "aggregate-features-daily", db.FeaturesOptions{Day: day, NoImprove: bare})
			if err == nil && read != int64(b.options.perDay) {
				err = fmt.Errorf("%d answers read", read)
			}
			return err
		})
	}
	for i, do := range []func() error{func() error { return b.server.BareDay(ctx, url) },
		func() error { return publish(true) }, func() error { return publish(false) }} {
		if err := b.server.Forget(ctx, url, false); err != nil {
			return took, err
		}
		began := time.Now()
		if err := do(); err != nil {
			return took, err
		}
		took[i] = time.Since(began)
	}
	b.log.Info("side by side", "bare", took[0], "without", took[1], "with", took[2])
	return took, nil
}

// thresholds are the days after which a learner counts as quiet: the default,
// by which nearly all of the benchmark's are, and one that fewer reach.
var thresholds = []string{"7", "28"}

// measureInactivity looks for the quiet among learners most of whom are: a
// platform where people come once or twice.
func measureInactivity(ctx context.Context, b *pipelineBench) error {
	runs := make([][2]stageRun, len(thresholds))
	quiet := make([]int, len(thresholds))
	for i, learners := range []int{b.options.learners / 10, b.options.learners} {
		url, err := b.platform(ctx, []string{"quiet_tenth", "quiet"}[i],
			demo.Options{Learners: learners, Items: b.options.items, Days: 56, Seed: 2, Rate: 0.01}, func(url string) error {
				if _, err := b.stage(ctx, url, "sync-answers"); err != nil {
					return err
				}
				return b.server.FillThetas(ctx, url)
			})
		if err != nil {
			return err
		}
		if b.options.prepare {
			continue
		}
		if _, err := b.stage(ctx, url, "sync-answers"); err != nil { // a folder of yesterday is reconciled first
			return err
		}
		for t, days := range thresholds {
			if err := b.server.Forget(ctx, url, false); err != nil {
				return err
			}
			if runs[t][i], err = b.stage(ctx, url, "detect-inactivity", "--date", dbbench.LastDay, "--threshold-days", days); err != nil {
				return err
			}
			if quiet[t], err = b.server.Quiet(ctx, url); err != nil {
				return err
			}
		}
	}
	for t, days := range thresholds {
		if !b.options.prepare {
			b.add(fmt.Sprintf("inactivity over %s learners, of whom %s have been quiet for %s days", thousands(b.options.learners), thousands(quiet[t]), days),
				"≤ 10 s", inSeconds(runs[t][1]), runs[t][1], runs[t][0])
		}
	}
	return nil
}
