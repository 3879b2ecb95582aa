package jobs

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"sextant/db"
)

const (
	metricsFresh  = 10 * time.Second // a scrape within it is served from memory
	metricsWithin = 5 * time.Second
)

// Metrics are a worker's figures for Prometheus. What all workers share is read
// from the database when it is asked for, and at most every ten seconds. No
// label names a learner.
type Metrics struct {
	Registry *prometheus.Registry

	theta prometheus.Histogram
	runs  *prometheus.CounterVec

	service *Service
	mu      sync.Mutex
	at      time.Time
	shared  []prometheus.Metric
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("sextant_"+name, help, labels, nil)
}

var (
	databaseUp  = describe("database_up", "1 when the database answered this scrape.")
	queueDepth  = describe("queue_runs", "Runs that wait for a worker.", "stage")
	queueAge    = describe("queue_oldest_seconds", "How long the due run that has waited longest has waited.")
	changeDepth = describe("changes_waiting", "Changes of the platform whose learners' θ is not updated yet.")
	changeAge   = describe("change_oldest_seconds", "How long the oldest of them has waited.")
	sessionAge  = describe("session_oldest_seconds", "Age of the oldest finished session whose learner's θ is older.")
	runsLastDay = describe("runs_last_day", "Runs of the last 24 hours.", "stage", "status")
	stageState  = describe("stage_state", "1 for the state that a stage is in.", "stage", "state")
	stageLag    = describe("stage_overdue_seconds", "How long the data day due has not been published after its deadline; 0 when it has.", "stage")
	workersUp   = describe("workers", "Workers that are alive.")
)

// NewMetrics makes the figures of one worker.
func NewMetrics(s *Service, commit string) *Metrics {
	m := &Metrics{Registry: prometheus.NewRegistry(), service: s,
		theta: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "sextant_theta_latency_seconds",
			Help:    "From a session's change to its learner's new θ.",
			Buckets: []float64{.005, .01, .025, .05, .075, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sextant_worker_runs_total",
			Help: "Runs that this worker has ended."}, []string{"stage", "status"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "sextant_build_info", Help: "1; the labels tell the build.",
		ConstLabels: prometheus.Labels{"version": s.about.Version, "commit": commit, "go": runtime.Version()}})
	info.Set(1)
	m.Registry.MustRegister(m, m.theta, m.runs, info, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// ThetaLatency records how long a change waited for its learner's new θ.
func (m *Metrics) ThetaLatency(waited time.Duration) { m.theta.Observe(waited.Seconds()) }

// ran counts a run that this worker ended.
func (m *Metrics) ran(r db.Run) { m.runs.WithLabelValues(r.Stage, string(r.Status)).Inc() }

// Describe names no figure: which there are depends on the database.
func (m *Metrics) Describe(chan<- *prometheus.Desc) {}

// Collect gives what the database says.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.at) > metricsFresh {
		ctx, cancel := context.WithTimeout(context.Background(), metricsWithin)
		defer cancel()
		m.shared = m.read(ctx)
		m.at = time.Now()
	}
	for _, v := range m.shared {
		out <- v
	}
}

// read asks the database. Without an answer, only that is told: an old figure
// would pass for a new one.
func (m *Metrics) read(ctx context.Context) []prometheus.Metric {
	f := figures{}
	for _, ask := range []func(context.Context, *figures) error{m.readQueue, m.readChanges, m.readStages} {
		if err := ask(ctx, &f); err != nil {
			m.service.runner.Log.Warn("the metrics could not be read", "error", err.Error())
			return figures{}.with(databaseUp, 0)
		}
	}
	return f.with(databaseUp, 1)
}

// figures are gauges in the making.
type figures []prometheus.Metric

func (f figures) with(d *prometheus.Desc, v float64, labels ...string) figures {
	return append(f, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...))
}

func (m *Metrics) readQueue(ctx context.Context, f *figures) error {
	w, err := m.service.Workers(ctx)
	if err != nil {
		return err
	}
	now, err := m.service.db.Clock(ctx)
	if err != nil {
		return err
	}
	alive, oldest := 0, 0.0
	for _, k := range w.Workers {
		if k.Alive {
			alive++
		}
	}
	for _, q := range w.Queue {
		*f = f.with(queueDepth, float64(q.Queued), q.Stage)
		if q.Oldest != nil {
			oldest = max(oldest, now.Sub(*q.Oldest).Seconds())
		}
	}
	*f = f.with(queueAge, oldest).with(workersUp, float64(alive))
	counts, err := m.service.db.RunCounts(ctx)
	for _, c := range counts {
		*f = f.with(runsLastDay, float64(c.Runs), c.Stage, string(c.Status))
	}
	return err
}

func (m *Metrics) readChanges(ctx context.Context, f *figures) error {
	b, err := m.service.db.Backlog(ctx)
	if err != nil {
		return err
	}
	now, err := m.service.db.Clock(ctx)
	if err != nil {
		return err
	}
	age := 0.0
	if b.Oldest != nil {
		age = now.Sub(*b.Oldest).Seconds()
	}
	*f = f.with(changeDepth, float64(b.Changes)).with(changeAge, age)
	return nil
}

func (m *Metrics) readStages(ctx context.Context, f *figures) error {
	p, err := m.service.Pipeline(ctx)
	if err != nil {
		return err
	}
	for _, s := range p.Stages {
		*f = f.with(stageState, 1, s.Name, string(s.State))
		overdue := 0.0
		if s.Deadline != nil && (s.DataDay == nil || s.DueDay != nil && s.DataDay.Before(*s.DueDay)) && s.State != StateOff {
			overdue = max(0, p.At.Sub(*s.Deadline).Seconds())
		}
		*f = f.with(stageLag, overdue, s.Name)
	}
	waiting := 0.0
	if p.Waiting != nil {
		waiting = max(0, p.At.Sub(*p.Waiting).Seconds())
	}
	*f = f.with(sessionAge, waiting)
	return nil
}
