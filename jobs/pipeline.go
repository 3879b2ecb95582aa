package jobs

import (
	"context"
	"fmt"
	"time"

	"sextant/db"
)

const recentRuns = 14 // of a stage, for its spark line

// observed is what the stages are judged on, read once for all of them.
type observed struct {
	db.Overview
	now    time.Time
	skew   time.Duration
	days   map[string]db.Day // newest day published in full, by stage
	runs   map[string][]db.Run
	tries  map[string]db.Run
	pauses map[string]db.Pause
}

// Pipeline judges every stage.
func (s *Service) Pipeline(ctx context.Context) (Pipeline, error) {
	if err := s.markLost(ctx); err != nil {
		return Pipeline{}, err
	}
	o, err := s.observe(ctx)
	if err != nil {
		return Pipeline{}, err
	}
	p := Pipeline{At: o.now, Skew: o.skew.Seconds(), Source: o.Source, Answers: o.Answers, SyncAt: o.SyncedAt, Waiting: o.Waiting}
	if o.InForce != nil {
		if p.Scale, err = scaleOf(*o.InForce); err != nil {
			return Pipeline{}, err
		}
	}
	for _, st := range s.runner.Stages.All() {
		if st.Info().Step {
			continue
		}
		status, err := freshness(o.of(st))
		if err != nil {
			return Pipeline{}, err
		}
		if status.UpstreamNewer, err = s.runner.upstreamNewer(ctx, st); err != nil {
			return Pipeline{}, err
		}
		p.Stages = append(p.Stages, status)
	}
	return p, nil
}

func (s *Service) observe(ctx context.Context) (o observed, err error) {
	if o.Overview, err = s.db.Overview(ctx); err != nil {
		return o, err
	}
	if o.days, err = s.db.PublishedDays(ctx); err != nil {
		return o, err
	}
	var names []string
	for _, st := range s.runner.Stages.All() {
		names = append(names, st.Info().Name)
	}
	if o.runs, err = s.db.RecentRuns(ctx, names, recentRuns); err != nil {
		return o, err
	}
	if o.now, o.skew, err = s.runner.now(ctx); err != nil {
		return o, err
	}
	if o.pauses, err = s.db.Pauses(ctx, o.now); err != nil {
		return o, err
	}
	o.tries, err = s.tries(ctx, o.now)
	return o, err
}

// of is what concerns one stage.
func (o observed) of(st Stage) facts {
	info := st.Info()
	if info.Upstream == nil {
		info.Upstream = []string{} // a list for scripts, not null
	}
	f := facts{info: info, runs: o.runs[info.Name], since: o.Waiting, now: o.now}
	if d, ok := o.days[info.Name]; ok {
		f.dataDay = &d
	}
	if t, ok := o.tries[info.Name]; ok {
		f.try = &t
	}
	if hold, ok := o.pauses[info.Name]; ok {
		f.pause = &hold
	}
	return f
}

// tries gives, by stage, the last run that could have published its day due.
func (s *Service) tries(ctx context.Context, now time.Time) (map[string]db.Run, error) {
	days := map[string]db.Day{}
	for _, st := range s.runner.Stages.All() {
		info := st.Info()
		if info.Schedule == "" {
			continue
		}
		day, _, _, err := due(info.Schedule, now)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", info.Name, err)
		}
		days[info.Name] = day
	}
	return s.db.LastTries(ctx, days)
}
