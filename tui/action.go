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
	what  string // in the present: "starting update-theta"
	entry *entry
	feed  *feed[uuid.UUID]
	done  func(uuid.UUID, error) tea.Cmd
}

// act starts a change, which stands in the journal by the shell command that
// does the same; done hears how it ended.
func (a *app) act(what, command string, do func(context.Context) (uuid.UUID, error), done func(uuid.UUID, error) tea.Cmd) tea.Cmd {
	x := &action{what: what, feed: newFeed(a, do), done: done,
		entry: &entry{at: a.now(), what: what, command: command, env: a.environment()}}
	a.journal = append(a.journal, x.entry)
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
			x.entry.done, x.entry.run, x.entry.err = true, x.feed.value, x.feed.err
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
	return a.act(a.tr("starting %s", q.Stage), q.Command(), start, func(id uuid.UUID, err error) tea.Cmd {
		if err != nil {
			again()
		}
		switch {
		case err != nil && connectionLost(err):
			a.say(bad, a.tr("no answer: %s may have started all the same; look at Runs (%s)", q.Stage, errorWords(a.theme, err)))
			return nil
		case err != nil:
			a.say(bad, a.tr("%s was not started: %s", q.Stage, errorWords(a.theme, err)))
			return nil
		case a.screen() != from:
			a.say(good, a.tr("%s started; :run %s shows it", q.Stage, shortID(id)))
			return nil
		}
		a.say(good, a.tr("%s started", q.Stage))
		for range min(n, len(a.stack)-1) {
			a.screen().Close()
			a.stack = a.stack[:len(a.stack)-1]
		}
		r := newRun(a, id)
		r.tells = true
		return a.push(r)
	})
}
