package tui

import (
	"sextant/db"
	"sextant/jobs"
)

// tell says once how a run that was started here has ended, and what it changed.
func (r *run) tell(d jobs.RunDetail) {
	if !r.tells || !d.Status.Final() {
		return
	}
	r.tells = false
	a, th := r.app, r.app.theme
	switch d.Status {
	case db.RunSucceeded:
		a.say(good, r.changed(d))
	case db.RunPartial:
		a.say(warning, r.changed(d)+"; "+plural(th, len(d.Failures), "%s failure", "%s failures"))
	case db.RunFailed:
		why := ""
		if d.Error != nil {
			why = th.Told(*d.Error)
		}
		a.say(bad, a.tr("%s failed: %s", d.Stage, why))
	default:
		a.say(warning, d.Stage+": "+statusWord(th, d.Status))
	}
}

// changed says what a run has changed: learners' θs, else rows.
func (r *run) changed(d jobs.RunDetail) string {
	th := r.app.theme
	updated, restored := 0, 0
	for _, e := range r.events {
		switch e.Message {
		case jobs.UpdatedLine:
			updated++
		case jobs.RestoredLine:
			restored++
		}
	}
	switch {
	case updated > 0:
		return plural(th, updated, "θ of %s learner updated", "θ of %s learners updated")
	case restored > 0:
		return plural(th, restored, "θ of %s learner restored", "θ of %s learners restored")
	case d.RowsWritten == 0:
		return th.Tr("%s changed nothing", d.Stage)
	}
	return th.Tr("%s is done: %s", d.Stage, plural(th, d.RowsWritten, "%s row written", "%s rows written"))
}
