package main

import (
	"context"
	"fmt"
	"time"

	"sextant/db"
	"sextant/jobs"
)

// searches are typed a character at a time: common and rare, found and not.
var searches = []string{"user-00012345", "김서연-702", "박지우-99999999999", "kim.0a3f2b", "@school96.kr", "100004321", "zzzzzzzzzzzzzzzzzzzz",
	"99999999999999999999", "a-b", "가나다라마바사", "b3f0c7d2-1f5e-4f3a-9"}

// benchSearch measures every keystroke of the searches, as the screen asks.
func benchSearch(ctx context.Context, b *consoleBench) error {
	s, done, err := b.service(ctx, b.url)
	if err != nil {
		return err
	}
	defer done()
	for range 2 { // the pool's connections, and what they remember, as in a session
		for _, q := range []string{"", "warm", "김"} {
			if _, err := s.Learners(ctx, db.LearnerFilter{Query: q, Limit: 200}); err != nil {
				return err
			}
		}
	}
	cold, err := searchAll(ctx, s)
	if err != nil {
		return err
	}
	warm, err := searchAll(ctx, s)
	if err != nil {
		return err
	}
	b.add("learner search, per keystroke (p99)", "≤ 100 ms", "%s (median %s, the slowest best of three %s, %q); %d of %d keystrokes answered in part and then whole; p99 while the server, just started, reads from the disk %s",
		milliseconds(percentile(warm.times, 0.99)), milliseconds(percentile(warm.times, 0.5)), milliseconds(warm.worst), warm.slowest,
		warm.partial, len(warm.times)/3, milliseconds(percentile(cold.times, 0.99)))
	return nil
}

// searchTimes are the times of searches, three tries a keystroke.
type searchTimes struct {
	times   []time.Duration
	worst   time.Duration // of the best of three
	slowest string
	partial int // keystrokes answered in part at first
}

// searchAll types every search, a character at a time.
func searchAll(ctx context.Context, s *jobs.Service) (t searchTimes, err error) {
	for _, text := range searches {
		runes := []rune(text)
		for n := 1; n <= len(runes); n++ {
			best := time.Duration(0)
			for i := range 3 {
				began := time.Now()
				found, err := s.Learners(ctx, db.LearnerFilter{Query: string(runes[:n]), Limit: 200})
				if err != nil {
					return t, err
				}
				took := time.Since(began)
				if t.times = append(t.times, took); i == 0 || took < best {
					best = took
				}
				if found.Partial != "" && i == 0 {
					t.partial++
				}
			}
			if best > t.worst {
				t.worst, t.slowest = best, string(runes[:n])
			}
		}
	}
	return t, nil
}

// read is one thing that a screen asks for.
type read struct {
	name string
	ask  func(context.Context) error
}

// reads are all that the screens ask for.
func reads(ctx context.Context, s *jobs.Service) ([]read, error) {
	found, err := s.Learners(ctx, db.LearnerFilter{Query: "김서연", Limit: 2})
	if err != nil || len(found.Learners) == 0 {
		return nil, fmt.Errorf("no learner to look at: %w", err)
	}
	user := found.Learners[0].UserID
	runs, err := s.Runs(ctx, db.RunFilter{Stage: "mirt-calibrate", Limit: 2})
	if err != nil || len(runs) < 2 {
		return nil, fmt.Errorf("no runs to look at: %w", err)
	}
	calibrations, err := s.Item(ctx, "", "17")
	if err != nil || len(calibrations.History) < 2 {
		return nil, fmt.Errorf("no calibrations to look at: %w", err)
	}
	var list []read
	add := func(name string, ask func(context.Context) error) { list = append(list, read{name, ask}) }
	add("pipeline", func(ctx context.Context) error { _, err := s.Pipeline(ctx); return err })
	for _, f := range []string{"", "failed", "actor:kim", "actor:nobody", "stage:mirt trigger:cron", "since:7d", "until:2020-01-01", "nowhere", "failed host:host3 since:90d"} {
		filter, err := jobs.ParseRunFilter(f, time.Now())
		if err != nil {
			return nil, err
		}
		filter.Limit = 300
		add("runs "+f, func(ctx context.Context) error { _, err := s.Runs(ctx, filter); return err })
	}
	add("run", func(ctx context.Context) error { _, err := s.Run(ctx, runs[0].ID, 0); return err })
	add("run by prefix", func(ctx context.Context) error { _, err := s.FindRun(ctx, runs[0].ID.String()[:13]); return err })
	add("compare runs", func(ctx context.Context) error { _, err := s.CompareRuns(ctx, runs[0].ID, runs[1].ID); return err })
	add("calendar", func(ctx context.Context) error {
		to := db.DayOf(time.Now()).Add(-1)
		_, err := s.Calendar(ctx, "aggregate-features-daily", to.Add(-83), to)
		return err
	})
	for _, sort := range db.LearnerSorts() {
		for _, reverse := range []bool{false, true} {
			add(fmt.Sprint("learners by ", sort, map[bool]string{true: ", reversed"}[reverse]), func(ctx context.Context) error {
				_, err := s.Learners(ctx, db.LearnerFilter{Sort: sort, Reverse: reverse, Limit: 200})
				return err
			})
		}
	}
	add("learners, scrolled down", func(ctx context.Context) error {
		_, err := s.Learners(ctx, db.LearnerFilter{Sort: "risk", Limit: 2000})
		return err
	})
	add("learner", func(ctx context.Context) error { _, err := s.Learner(ctx, user); return err })
	add("learner's KPIs explained", func(ctx context.Context) error { _, err := s.LearnerKPIs(ctx, user, nil, nil); return err })
	add("why", func(ctx context.Context) error { _, err := s.WhyTheta(ctx, user, ""); return err })
	add("recompute preview", func(ctx context.Context) error { _, err := s.PreviewTheta(ctx, []string{user}, nil); return err })
	add("undo preview", func(ctx context.Context) error {
		_, err := s.PreviewRestore(ctx, []string{user}, time.Now())
		return err
	})
	add("items", func(ctx context.Context) error { _, err := s.Items(ctx, jobs.ItemFilter{}); return err })
	add("item", func(ctx context.Context) error { _, err := s.Item(ctx, "", "17"); return err })
	add("bank", func(ctx context.Context) error { _, err := s.Bank(ctx, ""); return err })
	add("quarantine", func(ctx context.Context) error { _, err := s.Quarantine(ctx); return err })
	add("quarantine sample", func(ctx context.Context) error { _, err := s.QuarantineSample(ctx, "no_item", false, 50); return err })
	add("workers", func(ctx context.Context) error { _, err := s.Workers(ctx); return err })
	add("report weeks", func(ctx context.Context) error { _, err := s.ReportWeeks(ctx); return err })
	add("reports", func(ctx context.Context) error { _, err := s.Reports(ctx, db.ReportFilter{Limit: 200}); return err })
	add("compare calibrations", func(ctx context.Context) error {
		_, err := s.CompareItems(ctx, calibrations.History[1].RunID, calibrations.History[0].RunID)
		return err
	})
	return list, nil
}

// benchScreens measures all that the screens ask for.
func benchScreens(ctx context.Context, b *consoleBench) error {
	s, done, err := b.service(ctx, b.url)
	if err != nil {
		return err
	}
	defer done()
	list, err := reads(ctx, s)
	if err != nil {
		return err
	}
	worst, slowest := time.Duration(0), ""
	for _, r := range list {
		var times []time.Duration
		for range 7 {
			began := time.Now()
			if err := r.ask(ctx); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			times = append(times, time.Since(began))
		}
		took := percentile(times, 0.5)
		b.log.Info("read", "what", r.name, "median", milliseconds(took), "first", milliseconds(times[0]))
		if took > worst {
			worst, slowest = took, r.name
		}
	}
	b.add(fmt.Sprintf("the data of any screen (%d reads)", len(list)), "≤ 150 ms", "%s at most (median of 7), for %s", milliseconds(worst), slowest)
	return nil
}
