package tui

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/jobs"
	"sextant/tui/widget"
)

// hold is the form in which a stage is held.
type hold struct {
	formScreen
	stage jobs.StageStatus
}

const fieldUntil = " until"

func newHold(a *app, s jobs.StageStatus) *hold {
	p := &hold{formScreen: formScreen{base: base{app: a}, next: "pause", help: "hold the stage, after a confirmation"}, stage: s}
	p.head, p.proceed = p.heading, p.confirm
	p.add(widget.NewField(fieldReason, "reason", "", "none", "Why, for those who wonder that it does not run.", nil))
	p.add(widget.NewField(fieldUntil, "until", "", "until somebody resumes it", "When it ends by itself: 2026-04-03T06:00 (UTC), 2026-04-03, or a length of time as 36h.", p.check))
	return p
}

// Title is what the form leads to.
func (p *hold) Title() string { return p.app.tr("pause %s", p.stage.Name) }

// Keys are the form's.
func (p *hold) Keys() []Key { return p.keys("") }

func (p *hold) heading() widget.Line {
	th := p.app.theme
	return widget.S(th.Strong, p.stage.Name).Add(th.Muted, "  "+th.Tr("while it is paused, its scheduled runs are skipped and it is not late"))
}

// check says what is wrong with the end.
func (p *hold) check(v string) error {
	if v == "" {
		return nil
	}
	at, err := jobs.ParseMoment(v, p.app.now())
	if err == nil && !at.After(p.app.now()) {
		err = fmt.Errorf("%s", p.app.tr("%s UTC has passed", at.Format("2006-01-02 15:04")))
	}
	return err
}

// until is the end as typed; nil: there is none.
func (p *hold) until() *time.Time {
	at, err := jobs.ParseMoment(p.form.Value(fieldUntil), p.app.now())
	if err != nil {
		return nil
	}
	return &at
}

const ticksCounted = 1000

// skipped says how many scheduled runs the pause would skip.
func (p *hold) skipped() string {
	th, until := p.app.theme, p.until()
	switch {
	case p.stage.Schedule == "":
		return th.Tr("no update starts by itself until it is resumed")
	case until == nil && p.stage.NextTick != nil:
		return th.Tr("every scheduled run is skipped from %s UTC on", p.stage.NextTick.UTC().Format("01-02 15:04"))
	case until == nil:
		return th.Tr("every scheduled run is skipped")
	}
	n, err := jobs.TicksBetween(p.stage.Schedule, p.app.now(), *until, ticksCounted)
	if err != nil {
		return err.Error()
	}
	return plural(th, n, "%s scheduled run is skipped", "%s scheduled runs are skipped")
}

// confirm asks before the stage is held.
func (p *hold) confirm() tea.Cmd {
	a, th, until, reason := p.app, p.app.theme, p.until(), p.form.Value(fieldReason)
	command := "sextant pause " + p.stage.Name
	if reason != "" {
		command += " --reason " + shellWord(reason)
	}
	end := th.Tr("until somebody resumes it")
	if until != nil {
		command += " --until " + until.Format("2006-01-02T15:04")
		end = th.Tr("until %s UTC", until.Format("2006-01-02 15:04"))
	}
	text := []widget.Line{
		widget.S(th.Text, th.Tr("Pause %s, %s", p.stage.Name, end)),
		widget.S(th.Muted, p.skipped()+th.Tr("; what runs now goes on")),
	}
	hold := func(ctx context.Context) (uuid.UUID, error) {
		_, err := a.console.Pause(ctx, p.stage.Name, reason, until)
		return uuid.Nil, err
	}
	return a.open(newConfirm(a, a.tr("Pause a stage"), a.tr("Pause"), command, text, func() tea.Cmd {
		return a.act(a.tr("pausing %s", p.stage.Name), command, hold, func(_ uuid.UUID, err error) tea.Cmd {
			if err != nil {
				a.say(bad, a.tr("%s was not paused: %s", p.stage.Name, errorWords(a.theme, err)))
				return nil
			}
			a.say(good, a.tr("%s is paused, %s", p.stage.Name, end))
			if a.screen() == p {
				return a.back()
			}
			return a.refresh()
		})
	}))
}

// confirmResume asks before a pause is ended.
func confirmResume(a *app, s jobs.StageStatus) dialog {
	th := a.theme
	command := "sextant resume " + s.Name
	text := []widget.Line{
		widget.S(th.Text, th.Tr("End the pause of %s", s.Name)),
		widget.S(th.Muted, widget.Clean(whyWords(th, a.now(), s))),
		widget.S(th.Muted, th.Tr("What was missed is run by the next scheduled run, or at once by R.")),
	}
	resume := func(ctx context.Context) (uuid.UUID, error) {
		_, err := a.console.Resume(ctx, s.Name, "")
		return uuid.Nil, err
	}
	return newConfirm(a, a.tr("Resume a stage"), a.tr("Resume"), command, text, func() tea.Cmd {
		return a.act(a.tr("resuming %s", s.Name), command, resume, func(_ uuid.UUID, err error) tea.Cmd {
			if err != nil {
				a.say(bad, a.tr("%s was not resumed: %s", s.Name, errorWords(a.theme, err)))
				return nil
			}
			a.say(good, a.tr("%s goes on", s.Name))
			return a.refresh()
		})
	})
}
