package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/jobs"
)

// command is a line of the palette.
type command struct {
	name string
	also []string // other names, found but not listed
	arg  string   // what it takes; empty: nothing
	help string
	do   func(arg string) tea.Cmd

	private bool // its argument is nothing to keep
}

// commands registers what the palette can do.
func (a *app) commands() []command {
	var list []command
	for i, t := range topScreens() {
		list = append(list, command{name: strings.ToLower(t.name), also: strings.Fields(t.also), help: a.tr("go to %s", a.tr(t.name)),
			do: func(string) tea.Cmd { return a.jump(i) }})
	}
	return append(list,
		command{name: "stage", arg: "NAME", help: a.tr("open a stage"), do: a.openStage},
		command{name: "learner", arg: "ID", help: a.tr("open a learner, or search"), do: a.openLearner, private: true},
		command{name: "run", arg: "ID", help: a.tr("open a run by the start of its id"), do: a.openRun},
		command{name: "item", arg: "ID", help: a.tr("open an item of the unfiltered bank"), do: a.openItem},
		command{name: "why", arg: "LEARNER", help: a.tr("explain a learner's estimate"), do: a.openWhy, private: true},
		command{name: "ctx", also: []string{"profile", "context"}, arg: "PROFILE", help: a.tr("switch to another database of the config file"), do: a.openProfile},
		command{name: "help", help: a.tr("the keys of this screen"), do: func(string) tea.Cmd { return a.open(newHelp(a)) }},
		command{name: "quit", help: a.tr("leave the console"), do: func(string) tea.Cmd { return tea.Quit }},
	)
}

// openStage opens the stage whose name matches best.
func (a *app) openStage(name string) tea.Cmd {
	names := a.stageNames()
	if best := rank(name, names); len(best) > 0 {
		return a.push(newStage(a, names[best[0]]))
	}
	a.say(warning, a.tr("no stage is called %s", name))
	return nil
}

// stageNames are the stages as the pipeline last listed them.
func (a *app) stageNames() []string {
	stages := a.tops[topPipeline].(*pipeline).feed.value.Stages
	names := make([]string, len(stages))
	for i, s := range stages {
		names[i] = s.Name
	}
	return names
}

// openLearner searches the list for what was typed, and opens the learner if
// there is but one.
func (a *app) openLearner(id string) tea.Cmd {
	cmd := a.jump(topLearners)
	if id != "" {
		cmd = tea.Batch(cmd, a.screen().(*learners).find(id))
	}
	return cmd
}

// finding is a run on its way, by the start of its id.
type finding struct {
	prefix string
	feed   *feed[jobs.RunDetail]
}

// openRun opens the run whose id starts as given.
func (a *app) openRun(prefix string) tea.Cmd {
	if id, err := uuid.Parse(prefix); err == nil {
		return a.push(newRun(a, id))
	}
	if prefix == "" {
		return a.jump(topRuns)
	}
	console := a.console
	f := &finding{prefix: prefix}
	f.feed = newFeed(a, func(ctx context.Context) (jobs.RunDetail, error) {
		return console.FindRun(ctx, strings.ToLower(prefix))
	})
	a.finding = f
	return f.feed.Refresh()
}

// found opens the run that was looked for; when it is not one run, it says so
// and shows the list.
func (a *app) found(msg tea.Msg) tea.Cmd {
	f := a.finding
	if f == nil || !f.feed.Take(msg) {
		return nil
	}
	a.finding = nil
	if err := f.feed.err; err != nil {
		a.say(warning, a.tr("no run is opened: %s", errorWords(a.theme, err)))
		return a.jump(topRuns)
	}
	return a.push(newRun(a, f.feed.value.ID))
}

// openItem opens an item by its id, or the list.
func (a *app) openItem(id string) tea.Cmd {
	if id == "" {
		return a.jump(topItems)
	}
	return a.push(newItem(a, "", id))
}

// openWhy explains a learner's estimate, or offers the learners.
func (a *app) openWhy(id string) tea.Cmd {
	if id == "" {
		return a.jump(topLearners)
	}
	return a.push(newWhy(a, id, ""))
}
