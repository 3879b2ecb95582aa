package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	readyWithin = 2 * time.Second
	readyBeat   = 4 * workerBeat // a worker not heard of for so long is not ready
)

// readiness is what /readyz tells.
type readiness struct {
	Ready    bool              `json:"ready"`
	Stopping bool              `json:"stopping"`
	Worker   string            `json:"worker"`
	Trouble  map[string]string `json:"trouble"` // by task, or database
}

// serveHTTP answers probes and scrapes until the function it gives is called.
func (w *Worker) serveHTTP(l net.Listener) (stop func()) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(out http.ResponseWriter, _ *http.Request) {
		answer(out, http.StatusOK, map[string]any{"alive": true, "worker": w.row.Name, "version": w.row.Version})
	})
	mux.HandleFunc("GET /readyz", func(out http.ResponseWriter, r *http.Request) {
		v := w.readiness(r.Context())
		status := http.StatusOK
		if !v.Ready {
			status = http.StatusServiceUnavailable
		}
		answer(out, status, v)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.metrics.Registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			w.Log.Error("health and metrics are not served any more", "error", err.Error())
		}
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
		defer cancel()
		_ = server.Shutdown(ctx) // the process ends with it
	}
}

// readiness says whether the worker does what it is there for.
func (w *Worker) readiness(ctx context.Context) readiness {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	v := readiness{Worker: w.row.Name, Trouble: map[string]string{}}
	if err := w.Runner.DB.CheckSchema(ctx); err != nil {
		v.Trouble["database"] = err.Error()
	}
	for _, t := range w.tasks {
		if err := t.trouble(); err != nil {
			v.Trouble[t.name] = err.Error()
		}
	}
	w.mu.Lock()
	v.Stopping = w.row.Stopping
	if since := time.Since(w.seen); since > readyBeat {
		v.Trouble["heartbeat"] = "none for " + since.Round(time.Second).String()
	}
	w.mu.Unlock()
	v.Ready = len(v.Trouble) == 0 && !v.Stopping
	return v
}

func answer(out http.ResponseWriter, status int, v any) {
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(status)
	_ = json.NewEncoder(out).Encode(v) // whoever asked may have gone
}
