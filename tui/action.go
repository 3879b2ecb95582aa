package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/jobs"
)

// action is a change under way. It outlives the dialog and the screen that
// started it.
type action struct {
	what string // in the present: "starting update-theta"
	feed *feed[uuid.UUID]
	done func(uuid.UUID, error) tea.Cmd
}

// act starts a change; done hears how it ended.
func (a *app) act(what string, do func(context.Context) (uuid.UUID, error), done func(uuid.UUID, error) tea.Cmd) tea.Cmd {
	x := &action{what: what, feed: newFeed(a, do), done: done}
	x.feed.limit = writeLimit
	a.actions = append(a.actions, x)
	a.toast = toast{}
	return x.feed.Refresh()
}

// settle ends the action that a reply belongs to.
func (a *app) settle(msg tea.Msg) tea.Cmd {
	for i, x := range a.actions {
		if x.feed.Take(msg) {
			a.actions = append(a.actions[:i:i], a.actions[i+1:]...)
			return x.done(x.feed.value, x.feed.err)
		}
	}
	return nil
}

// launch starts a run and then shows it, in place of the last n screens, if the
// operator is still where the launch began. When it fails, again is called:
// the operator may try once more.
func (a *app) launch(q jobs.Request, n int, again func()) tea.Cmd {
	from := a.screen()
	start := func(ctx context.Context) (uuid.UUID, error) { return a.console.Launch(ctx, q) }
	return a.act("starting "+q.Stage, start, func(id uuid.UUID, err error) tea.Cmd {
		if err != nil {
			again()
		}
		switch {
		case err != nil && connectionLost(err):
			a.say(bad, "no answer: "+q.Stage+" may have started all the same; look at Runs ("+err.Error()+")")
			return nil
		case err != nil:
			a.say(bad, q.Stage+" was not started: "+err.Error())
			return nil
		case a.screen() != from:
			a.say(good, q.Stage+" started; :run "+shortID(id)+" shows it")
			return nil
		}
		a.say(good, q.Stage+" started")
		for range min(n, len(a.stack)-1) {
			a.screen().Close()
			a.stack = a.stack[:len(a.stack)-1]
		}
		return a.push(newRun(a, id))
	})
}
