package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"sextant/db"
	"sextant/db/dbbench"
	"sextant/jobs/demo"
)

// Each measures one promise, or two.
var onlineCases = []suiteCase[*onlineBench]{
	{"latency", measureLatency},
	{"load", measureLoad},
	{"sustained", measureSustained},
	{"many", measureMany},
	{"idle", measureIdle},
	{"inserts", measureInserts},
	{"regrade", measureRegrade},
}

const settleFor = 3 * time.Second // a worker that has just started reads the bank

// finishing lets learners finish sessions at a rate, one after the other, with
// one worker beside it, and gives the sessions' delays in ms, sorted.
func (b *onlineBench) finishing(ctx context.Context, every time.Duration, n int) (ms []float64, missing int, err error) {
	if err := b.server.Settle(ctx, b.url); err != nil {
		return nil, 0, err
	}
	_, stop, err := b.worker(ctx)
	if err != nil {
		return nil, 0, err
	}
	time.Sleep(settleFor)
	began := time.Now()
	err = b.open(ctx, b.url, func(d *db.DB) error {
		sitter, err := demo.NewSitter(ctx, d)
		if err != nil {
			return err
		}
		r := rand.New(rand.NewPCG(uint64(began.UnixNano()), 1))
		for i := range n {
			if wait := time.Until(began.Add(time.Duration(i) * every)); wait > 0 {
				time.Sleep(wait)
			}
			s := demo.Sitting{User: b.users[(i*7)%len(b.users)], At: time.Now()}
			if _, _, err := sitter.Finish(ctx, r, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	took := time.Since(began)
	if err := b.drained(ctx, time.Minute); err != nil {
		return nil, 0, err
	}
	cpu, rss, err := stop()
	if err != nil {
		return nil, 0, err
	}
	b.log.Info("worked", "sessions", n, "took", took.Round(time.Millisecond), "worker_cpu", cpu.Round(time.Millisecond), "worker_mb", rss>>20)
	ms, missing, err = b.server.Delays(ctx, b.url, began)
	slices.Sort(ms)
	return ms, missing, err
}

func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func measureLatency(ctx context.Context, b *onlineBench) error {
	ms, missing, err := b.finishing(ctx, 53*time.Millisecond, 300) // in no step with the poll
	if err != nil {
		return err
	}
	b.add("commit of a finished session → new θ visible, idle system", "p50 ≤ 25 ms, p99 ≤ 75 ms",
		"p50 %.0f ms, p99 %.0f ms (%d sessions, %d lost)", quantile(ms, 0.5), quantile(ms, 0.99), len(ms)+missing, missing)
	return nil
}

func measureLoad(ctx context.Context, b *onlineBench) error {
	o := b.options
	ms, missing, err := b.finishing(ctx, time.Second/time.Duration(o.rate), o.rate*int(o.lasting.Seconds()))
	if err != nil {
		return err
	}
	b.add(fmt.Sprintf("the same at %d finished sessions/s for %s (20 answers each, %s answers in the table)", o.rate, o.lasting, thousands(o.answers)),
		"p99 ≤ 250 ms, none lost", "p50 %.0f ms, p99 %.0f ms, %d of %s lost", quantile(ms, 0.5), quantile(ms, 0.99), missing, thousands(len(ms)+missing))
	return nil
}

// queue finishes a session of each of n learners while nobody works.
func (b *onlineBench) queue(ctx context.Context, n int) error {
	return b.open(ctx, b.url, func(d *db.DB) error {
		sitter, err := demo.NewSitter(ctx, d)
		if err != nil {
			return err
		}
		r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2))
		for from := 0; from < n; from += 500 {
			var sittings []demo.Sitting
			for i := from; i < min(from+500, n); i++ {
				sittings = append(sittings, demo.Sitting{User: b.users[i%len(b.users)], At: time.Now()})
			}
			if err := sitter.FinishMany(ctx, r, sittings); err != nil {
				return err
			}
		}
		return nil
	})
}

// work lets several workers serve a backlog and gives the updates done, the
// time they took, and the sessions that were lost.
func (b *onlineBench) work(ctx context.Context, backlog, workers int) (updates int, span time.Duration, missing int, err error) {
	began := time.Now()
	if err := b.queue(ctx, backlog); err != nil {
		return 0, 0, 0, err
	}
	if err := b.server.Settle(ctx, b.url); err != nil {
		return 0, 0, 0, err
	}
	watch := b.server.Watch(ctx)
	for range workers {
		_, stop, err := b.worker(ctx)
		if err != nil {
			return 0, 0, 0, err
		}
		defer func() {
			cpu, rss, _ := stop()
			b.log.Info("worker", "cpu", cpu.Round(time.Millisecond), "mb", rss>>20)
		}()
	}
	if err := b.drained(ctx, 10*time.Minute); err != nil {
		return 0, 0, 0, err
	}
	b.log.Info("server", "cpu", watch().CPU)
	if updates, span, err = b.server.Updated(ctx, b.url, began); err != nil {
		return 0, 0, 0, err
	}
	_, missing, err = b.server.Delays(ctx, b.url, began)
	return updates, span, missing, err
}

func measureSustained(ctx context.Context, b *onlineBench) error {
	n, span, missing, err := b.work(ctx, min(b.options.backlog, len(b.users)), 1)
	if err != nil {
		return err
	}
	b.add("sustained θ updates, one worker process", "≥ 1,000/s", "%s/s (%s updates in %.1f s, %d lost)",
		thousands(int(float64(n)/span.Seconds())), thousands(n), span.Seconds(), missing)
	return nil
}

func measureMany(ctx context.Context, b *onlineBench) error {
	for _, workers := range []int{2, 4} {
		backlog := min(b.options.backlog, len(b.users))
		n, span, missing, err := b.work(ctx, backlog, workers)
		if err != nil {
			return err
		}
		b.add(fmt.Sprintf("%d worker processes on one queue", workers), "none done twice for the same change, none lost",
			"%d twice, %d lost of %s (%s/s)", n-backlog, missing, thousands(backlog), thousands(int(float64(n)/span.Seconds())))
	}
	return nil
}

func measureIdle(ctx context.Context, b *onlineBench) error {
	pid, stop, err := b.worker(ctx)
	if err != nil {
		return err
	}
	time.Sleep(settleFor)
	watch, before := b.server.Watch(ctx), dbbench.ProcessCPU(pid)
	time.Sleep(b.options.idle)
	cpu, server := dbbench.ProcessCPU(pid)-before, watch()
	_, rss, err := stop()
	if err != nil {
		return err
	}
	share := func(d time.Duration) float64 { return 100 * d.Seconds() / b.options.idle.Seconds() }
	b.add("idle worker", "≤ 2 % of a core, ≤ 60 MB", "%.1f %% of a core (the server beside it %.1f %%), %d MB", share(cpu), share(server.CPU), rss>>20)
	return nil
}

// triggers puts the triggers on the database without a platform's life, or
// takes them away.
func (b *onlineBench) triggers(ctx context.Context, on bool) error {
	return b.open(ctx, b.bare, func(d *db.DB) error {
		if on {
			return d.InstallTriggers(ctx, time.Minute)
		}
		return d.RemoveTriggers(ctx, time.Minute)
	})
}

func measureInserts(ctx context.Context, b *onlineBench) error {
	const rounds = 4
	var sum [2]float64
	for round := range 2 * rounds { // in turns, so that both see the same machine
		with := (round + round/2) % 2
		if err := b.triggers(ctx, with == 1); err != nil {
			return err
		}
		if err := b.server.FillSessions(ctx, b.bare, 1000); err != nil {
			return err
		}
		rate, err := b.server.InsertRate(ctx, b.bare, 16, b.options.inserts)
		if err != nil {
			return err
		}
		sum[with] += rate / rounds
	}
	b.add("cost of the trigger: single inserts at 16 clients", "≥ 95 % of without it",
		"%.1f %% (%s/s with, %s/s without)", 100*sum[1]/sum[0], thousands(int(sum[1])), thousands(int(sum[0])))
	return nil
}

func measureRegrade(ctx context.Context, b *onlineBench) error {
	if err := b.server.FillSessions(ctx, b.bare, b.options.regrade); err != nil {
		return err
	}
	var took [2]time.Duration
	for round := range 4 {
		with := (round + round/2) % 2
		if err := b.triggers(ctx, with == 1); err != nil {
			return err
		}
		d, err := b.server.Regrade(ctx, b.bare)
		if err != nil {
			return err
		}
		took[with] += d / 2
	}
	b.add(fmt.Sprintf("cost of the trigger: one UPDATE re-grading %s rows", thousands(b.options.regrade)), "≤ 20 % longer",
		"%.1f %% longer (%.1f s with, %.1f s without)", 100*(took[1].Seconds()/took[0].Seconds()-1), took[1].Seconds(), took[0].Seconds())
	return b.server.FillSessions(ctx, b.bare, 1000)
}
