package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sextant/jobs"
)

// rService is an R service that gives everyone the same θ on its own scale.
type rService struct {
	*httptest.Server
	mu     sync.Mutex
	tokens []string // that it was sent
	status int      // that it answers with; 0: 200
	linger time.Duration
}

func newRService(t *testing.T) *rService {
	t.Helper()
	s := &rService{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Responses [][]*int `json:"responses"`
		}
		_ = json.NewDecoder(r.Body).Decode(&q) // of GET /healthz there is none
		s.mu.Lock()
		s.tokens = append(s.tokens, r.Header.Get("Authorization"))
		status, linger := s.status, s.linger
		s.mu.Unlock()
		select {
		case <-time.After(linger):
		case <-r.Context().Done():
		}
		if status != 0 {
			w.WriteHeader(status)
			fmt.Fprint(w, `{"error": ["no R today"]}`)
			return
		}
		abilities := make([]map[string]float64, len(q.Responses))
		for i := range abilities {
			abilities[i] = map[string]float64{"theta": 0.25, "se": 0.5}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "ok", "abilities": abilities}) // a client that has gone away
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *rService) set(status int, linger time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.linger = status, linger
}

// asked gives the last token, and forgets all.
func (s *rService) asked() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := "nothing"
	if len(s.tokens) > 0 {
		last = s.tokens[len(s.tokens)-1]
	}
	s.tokens = nil
	return last
}

// configure writes the config file.
func (b *bench) configure(text string) {
	b.Helper()
	path := configPath(func(k string) string { return b.env[k] })
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

// The variables of the R service have an effect where the operator chooses it,
// by flag or config file, and none otherwise.
func TestTheVariablesOfThePlumber(t *testing.T) {
	t.Parallel()
	b, service := newDemoBench(t), newRService(t)
	user := b.learner()
	recompute := func(args ...string) []string { return append([]string{"theta", "recompute", user}, args...) }

	b.fails(exitUsage, "set R_IRT_BASE_URL, or plumber.url in the config file", recompute("--scorer", "plumber")...)
	b.fails(exitUsage, "scorer: \"R\" is not one of engine, plumber", recompute("--scorer", "R")...)
	b.env["R_IRT_BASE_URL"] = service.URL + "/"
	b.env["R_IRT_INTERNAL_TOKEN"] = "s3cret"
	b.ok(recompute()...)
	if got := service.asked(); got != "nothing" {
		t.Errorf("unasked, it was sent %q", got)
	}
	b.ok(recompute("--scorer", "plumber")...)
	if got := service.asked(); got != "Bearer s3cret" {
		t.Errorf("the token: %q", got)
	}
	if got := b.recordedParams("update-theta", recompute("--scorer", "plumber")...)["scorer"]; got != "plumber" {
		t.Errorf("the ledger says scorer %v", got)
	}
	if out := b.ok("theta", "why", user); !strings.Contains(out, "came from the R service (scorer plumber)") {
		t.Errorf("why:\n%s", out)
	}
	for _, bad := range [][2]string{{"R_IRT_BASE_URL", "localhost:8000"}, {"R_IRT_TIMEOUT_SECS", "soon"}, {"R_IRT_INTERNAL_TOKEN", "s3\ncret"}} {
		good, had := b.env[bad[0]]
		b.env[bad[0]] = bad[1]
		b.fails(exitUsage, bad[0], recompute("--scorer", "plumber")...)
		b.ok(recompute()...) // who does not choose it need not mind
		if delete(b.env, bad[0]); had {
			b.env[bad[0]] = good
		}
	}

	notReady := func(want string) {
		t.Helper()
		if r := b.sextant(recompute("--scorer", "plumber")...); r.code != exitNotReady || !strings.Contains(r.errOut, want) || strings.Contains(r.errOut, "s3cret") {
			t.Errorf("exit %d, want %q in\n%s", r.code, want, r.errOut)
		}
	}
	service.set(http.StatusServiceUnavailable, 0)
	notReady("answered 503 Service Unavailable: no R today")
	if out := b.ok("schedule", "--format", "crontab"); !strings.Contains(out, "R_IRT_BASE_URL="+service.URL) || strings.Contains(out, "s3cret") {
		t.Errorf("the crontab sets for the service:\n%s", out)
	}
	b.env["R_IRT_BASE_URL"] = "http://u:hunter2@r.example.org"
	if out := b.ok("schedule", "--format", "crontab"); strings.Contains(out, "hunter2") {
		t.Errorf("the crontab holds a password:\n%s", out)
	}
	b.env["R_IRT_BASE_URL"] = service.URL
	service.set(0, time.Hour)
	b.env["R_IRT_TIMEOUT_SECS"] = "0.05"
	notReady("did not answer within 50ms; raise R_IRT_TIMEOUT_SECS")
	b.fails(exitNotReady, "did not answer within 50ms", recompute("--scorer", "plumber", "--dry-run")...)
}

// The config file chooses the service, for a profile or all; flag and
// environment go before it; doctor asks it how it is.
func TestTheConfigFileChoosesThePlumber(t *testing.T) {
	t.Parallel()
	b, service := newDemoBench(t), newRService(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	found := func() jobs.Finding {
		for _, f := range b.diagnosis().Findings {
			if f.Check == "scorer" {
				return f
			}
		}
		return jobs.Finding{}
	}
	if f := found(); f.Check != "" {
		t.Errorf("without a word of a service: %+v", f)
	}
	b.env["R_IRT_BASE_URL"] = service.URL
	if f := found(); f.Level != jobs.LevelInfo || !strings.Contains(f.What, "only 'scorer: plumber'") || service.asked() != "nothing" {
		t.Errorf("not chosen: %+v", f)
	}
	delete(b.env, "R_IRT_BASE_URL")
	b.configure("scorer: plumber\nplumber:\n  url: " + service.URL + "\n  timeout: 5s\n  token_file: " + token + "\n")
	if f := found(); f.Level != jobs.LevelOK || !strings.Contains(f.What, service.URL) {
		t.Errorf("chosen: %+v", f)
	}
	if got := service.asked(); got != "Bearer from-a-file" {
		t.Errorf("the token: %q", got)
	}
	recompute := []string{"theta", "recompute", b.learner()}
	b.ok(recompute...)
	if got := service.asked(); got != "Bearer from-a-file" {
		t.Errorf("by the config file: %q", got)
	}
	b.ok(append(recompute, "--scorer", "engine")...)
	if got := service.asked(); got != "nothing" {
		t.Errorf("--scorer engine asks it: %q", got)
	}
	service.set(http.StatusServiceUnavailable, 0)
	if f := found(); f.Level != jobs.LevelError || !strings.Contains(f.What, "503 Service Unavailable: no R today") {
		t.Errorf("away: %+v", f)
	}
	b.configure("scorer: plumber\n")
	if f := found(); f.Level != jobs.LevelError || !strings.Contains(f.What, "set R_IRT_BASE_URL") {
		t.Errorf("without an address: %+v", f)
	}
	b.fails(exitUsage, "set R_IRT_BASE_URL", "worker", "--listen", "")
	b.fails(exitUsage, "--scorer is engine or plumber", "worker", "--scorer", "R")
	b.configure("scorer: plumber\nplumber:\n  url: " + service.URL + "\n  token_file: /nowhere/token\n")
	b.fails(exitUsage, "plumber.token_file: open /nowhere/token", recompute...)
}
