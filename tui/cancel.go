package tui

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"sextant/db"
	"sextant/tui/widget"
)

// cancelsNamed is how many runs a confirmation names one by one.
const cancelsNamed = 6

// confirmCancels asks before runs are cancelled.
func confirmCancels(a *app, runs []db.Run) dialog {
	th, n := a.theme, plural(a.theme, len(runs), "%s run", "%s runs")
	text := []widget.Line{widget.S(th.Text, a.tr("Cancel %s", n))}
	for i, r := range runs {
		if i == cancelsNamed {
			text = append(text, widget.S(th.Muted, a.tr("and %s more", count(len(runs)-i))))
			break
		}
		text = append(text, widget.S(th.Strong, r.Stage).Add(th.Muted, "  "+shortID(r.ID)+"  ").Add(th.Text, widget.Clean(r.Actor)+" "+th.Glyph.Dot+" "+widget.Clean(r.Host)))
	}
	text = append(text, widget.S(th.Muted, a.tr("It stops within seconds. The slice in flight is rolled back; the slices already published stay.")))
	command := func(reason string) string {
		var all []string
		for _, r := range runs {
			one := "sextant runs cancel " + r.ID.String()
			if reason != "" {
				one += " --reason " + shellWord(reason)
			}
			all = append(all, one)
		}
		return strings.Join(all, " && ")
	}
	ask := func(reason string) func(context.Context) (uuid.UUID, error) {
		return func(ctx context.Context) (uuid.UUID, error) {
			var errs []error
			for _, r := range runs {
				if err := a.console.Cancel(ctx, r.ID, reason); err != nil {
					errs = append(errs, err)
				}
			}
			return runs[0].ID, errors.Join(errs...)
		}
	}
	c := newReasonedConfirm(a, a.tr("Cancel runs"), a.tr("Cancel %s", n), command, text, func(reason string) tea.Cmd {
		return a.act(a.tr("asking %s to stop", n), command(reason), ask(reason), func(_ uuid.UUID, err error) tea.Cmd {
			if err != nil {
				a.say(bad, a.tr("not cancelled: %s", errorWords(a.theme, err)))
				return a.refresh()
			}
			a.say(good, a.tr("%s asked to stop", n))
			return a.refresh()
		})
	})
	c.rest = a.tr("Keep running")
	return c
}
