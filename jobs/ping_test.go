package jobs_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"sextant/db"
	"sextant/jobs"
)

// monitor is a dead-man monitor that notes what it is told.
type monitor struct {
	*httptest.Server
	mu     sync.Mutex
	told   []string
	status int
}

func newMonitor(t *testing.T) *monitor {
	m := &monitor{status: http.StatusOK}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.told = append(m.told, r.Method+" "+r.URL.String())
		w.WriteHeader(m.status)
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *monitor) heard() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	told := m.told
	m.told = nil
	return told
}

func TestARunTellsItsMonitorHowItWent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := newMonitor(t)
	b.exec(`CREATE TABLE public.responses (user_id text, item_id text, is_correct boolean, responded_at timestamptz)`)
	url := m.URL + "/ping/secret?rid=7"
	b.run(jobs.Request{Stage: features, PingURL: url})
	if got, want := m.heard(), []string{"GET /ping/secret/start?rid=7", "GET /ping/secret?rid=7"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}

	// The config file's address, and a run that fails.
	stages, err := jobs.Stages().With(map[string]jobs.Setting{features: {PingURL: &url}})
	if err != nil {
		t.Fatal(err)
	}
	b.runner.Stages = stages
	b.exec(`ALTER TABLE public.features_topic_daily RENAME TO gone`)
	if _, err := b.runner.Run(b.ctx, jobs.Request{Stage: features, Force: true, Trigger: db.TriggerCron}); err == nil {
		t.Fatal("the run did not fail")
	}
	if got, want := m.heard(), []string{"GET /ping/secret/start?rid=7", "GET /ping/secret/fail?rid=7"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	b.exec(`ALTER TABLE public.gone RENAME TO features_topic_daily`)

	// A monitor that complains, or is not there, costs the run nothing but a warning.
	m.mu.Lock()
	m.status = http.StatusNotFound
	m.mu.Unlock()
	b.run(jobs.Request{Stage: features, Force: true})
	m.Close()
	b.run(jobs.Request{Stage: features, Force: true})
	log := b.log.String()
	if n := strings.Count(log, "the monitor could not be pinged"); n != 4 {
		t.Errorf("%d warnings, want 4:\n%s", n, log)
	}
	if strings.Contains(log, "secret") {
		t.Errorf("the log tells the monitor's address:\n%s", log)
	}
	if err := b.runner.Validate(jobs.Request{Stage: features, PingURL: "hc.example.org/secret"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("an address that is none: %v", err)
	}
}
