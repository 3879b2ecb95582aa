package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/google/uuid"

	"sextant/db"
)

// ledgerHandler is a slog.Handler that writes a run's log to the ledger, in
// batches, so that a chatty stage costs no round trip a line.
type ledgerHandler struct {
	db    *db.DB
	run   uuid.UUID
	attrs []slog.Attr
	buf   *eventBuffer // shared by the handlers that WithAttrs derives
}

type eventBuffer struct {
	mu     sync.Mutex
	events []db.RunEvent
}

func newLedgerHandler(d *db.DB, run uuid.UUID) *ledgerHandler {
	return &ledgerHandler{db: d, run: run, buf: &eventBuffer{}}
}

// Enabled takes everything from info up.
func (h *ledgerHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

// Handle keeps the record until the next flush.
func (h *ledgerHandler) Handle(_ context.Context, r slog.Record) error {
	attrs := map[string]any{}
	add := func(a slog.Attr) bool {
		attrs[a.Key] = a.Value.Any()
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	for k, v := range attrs { // what JSON cannot hold is told in words
		if _, err := json.Marshal(v); err != nil {
			attrs[k] = fmt.Sprint(v)
		}
	}
	raw, err := json.Marshal(attrs)
	if err != nil {
		return fmt.Errorf("log to the ledger: %w", err)
	}
	h.buf.mu.Lock()
	defer h.buf.mu.Unlock()
	h.buf.events = append(h.buf.events, db.RunEvent{At: r.Time, Level: strings.ToLower(r.Level.String()), Message: r.Message, Attrs: raw})
	return nil
}

// WithAttrs gives a handler that adds attrs to every record.
func (h *ledgerHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	n := *h
	n.attrs = append(append([]slog.Attr{}, h.attrs...), attrs...)
	return &n
}

// WithGroup is not distinguished in the ledger.
func (h *ledgerHandler) WithGroup(string) slog.Handler { return h }

// flush writes what has gathered; on an error the lines are kept for the next.
func (h *ledgerHandler) flush(ctx context.Context) error {
	h.buf.mu.Lock()
	events := h.buf.events
	h.buf.events = nil
	h.buf.mu.Unlock()
	if len(events) == 0 {
		return nil
	}
	if err := h.db.AppendEvents(ctx, h.run, events); err != nil {
		h.buf.mu.Lock()
		h.buf.events = append(events, h.buf.events...)
		h.buf.mu.Unlock()
		return err
	}
	return nil
}
