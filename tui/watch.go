package tui

import (
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/db"
)

// watch hears of the ledger's changes as they are announced, so that screens
// need not ask so often. Where nothing can be heard they ask at their own pace.
type watch struct {
	bell    chan struct{} // of the connection that listens; nil: none does
	live    bool          // it has been heard
	never   bool          // nothing can be heard here
	tries   int
	retryAt time.Time
}

// changed says that the ledger has changed; silent that nobody listens any more.
type (
	changed struct{ bell chan struct{} }
	silent  struct {
		bell chan struct{}
		err  error
	}
)

const (
	calm           = 4 // how much longer screens wait between questions while changes are announced
	longestSilence = 2 * time.Minute
	soonest        = 250 * time.Millisecond // between two questions, however many changes are announced
)

// listen begins to watch the ledger.
func (a *app) listen() tea.Cmd {
	bell := make(chan struct{}, 1)
	a.watch.bell = bell
	ctx, console := a.ctx, a.console
	hear := func() tea.Msg {
		defer close(bell)
		err := console.Watch(ctx, func() {
			select {
			case bell <- struct{}{}:
			default: // one that waits says as much
			}
		})
		return silent{bell, err}
	}
	return tea.Batch(hear, ring(bell))
}

// ring waits for the next change.
func ring(bell chan struct{}) tea.Cmd {
	return func() tea.Msg {
		if _, ok := <-bell; !ok {
			return nil
		}
		return changed{bell}
	}
}

// heard brings the screen in front up to date, at once if it was not just now.
func (a *app) heard(m changed) tea.Cmd {
	if m.bell != a.watch.bell {
		return nil
	}
	a.watch.live, a.watch.tries = true, 0
	next := ring(m.bell)
	if a.link.lost || a.screen().Every() == 0 {
		return next
	}
	if a.now().Sub(a.refreshedAt) < soonest {
		a.stale = true // the next tick asks
		return next
	}
	return tea.Batch(next, a.refresh())
}

// unheard goes back to asking, and tries to listen again later where that can
// be of use.
func (a *app) unheard(m silent) tea.Cmd {
	if m.bell != a.watch.bell {
		return nil
	}
	a.watch.bell, a.watch.live = nil, false
	a.watch.never = errors.Is(m.err, db.ErrNoListen)
	a.watch.tries++
	a.watch.retryAt = a.now().Add(min(longestSilence, time.Second<<min(a.watch.tries, 7)))
	return nil
}

// listenAgain tries to listen once the time has come.
func (a *app) listenAgain() tea.Cmd {
	if w := a.watch; w.bell != nil || w.never || w.retryAt.IsZero() || a.now().Before(w.retryAt) || a.link.lost {
		return nil
	}
	return a.listen()
}

// pace is how often the screen in front asks.
func (a *app) pace() time.Duration {
	every := a.screen().Every()
	if a.watch.live {
		every *= calm
	}
	return every
}
