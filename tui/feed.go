package tui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
)

// reply is the answer to the request of that id.
type reply[T any] struct {
	id    uint64
	value T
	err   error
}

// outcome lets the root model see how a request fared without its type.
type outcome interface{ outcome() (id uint64, err error) }

func (r reply[T]) outcome() (uint64, error) { return r.id, r.err }

// feed keeps the newest answer to one question. At most one request is in
// flight; asking another question drops the answer to the one before.
type feed[T any] struct {
	app     *app
	limit   time.Duration // for one request
	ask     func(context.Context) (T, error)
	pending uint64 // the request in flight; 0: none
	cancel  context.CancelFunc

	value  T
	loaded bool
	serial int   // of value: one more with every answer
	err    error // of the last request
}

const (
	readLimit  = 15 * time.Second
	writeLimit = 60 * time.Second
)

func newFeed[T any](a *app, ask func(context.Context) (T, error)) *feed[T] {
	return &feed[T]{app: a, limit: readLimit, ask: ask}
}

// Refresh asks again, unless a request is in flight.
func (f *feed[T]) Refresh() tea.Cmd {
	if f.pending != 0 {
		return nil
	}
	f.pending = f.app.nextRequest()
	ctx, cancel := context.WithTimeout(f.app.ctx, f.limit)
	f.cancel = cancel
	id, ask := f.pending, f.ask
	return func() tea.Msg {
		defer cancel()
		value, err := ask(ctx)
		return reply[T]{id, value, err}
	}
}

// Ask asks another question at once.
func (f *feed[T]) Ask(ask func(context.Context) (T, error)) tea.Cmd {
	f.Close()
	f.ask = ask
	return f.Refresh()
}

// Supersede asks another question at once and leaves the one in flight to end by
// itself, since to cut it off costs a connection; unless it has been on its way
// for so long that it may never end.
func (f *feed[T]) Supersede(ask func(context.Context) (T, error)) tea.Cmd {
	if since, ok := f.app.waiting[f.pending]; ok && f.app.now().Sub(since) < time.Second/2 {
		f.cancel = nil
	}
	return f.Ask(ask)
}

// Busy reports whether a request is in flight.
func (f *feed[T]) Busy() bool { return f.pending != 0 }

// Close ends the request in flight.
func (f *feed[T]) Close() {
	if f.cancel != nil {
		f.cancel()
	}
	f.pending = 0
}

// Take keeps the answer if msg is the one this feed waits for, and reports
// whether it was. After a failure the last good value stays.
func (f *feed[T]) Take(msg tea.Msg) bool {
	r, ok := msg.(reply[T])
	if !ok || f.pending == 0 || r.id != f.pending {
		return false
	}
	f.pending, f.err = 0, r.err
	if r.err == nil {
		f.value, f.loaded = r.value, true
		f.serial++
	}
	return true
}

// connectionLost reports whether an error means that the database does not
// answer, as opposed to having answered no.
func connectionLost(err error) bool {
	return db.IsKind(err, db.KindUnreachable) || db.IsKind(err, db.KindTransient) || db.IsKind(err, db.KindAuth) ||
		errors.Is(err, context.DeadlineExceeded)
}
