package tui

import (
	"fmt"
	"strings"

	"sextant/db"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// fill makes the tables' rows of the newest snapshot.
func (s *workers) fill() {
	if !s.drawn.again(s.app, s.feed.serial) {
		return
	}
	th, now, v := s.app.theme, s.app.now(), s.feed.value
	rows := make([]widget.Row, len(v.Workers))
	for i, w := range v.Workers {
		var doing []string
		for _, d := range w.Doing {
			doing = append(doing, d.Stage+" "+age(th, now.Sub(d.Since)))
		}
		rows[i] = widget.Row{ID: w.ID.String(), Cells: []widget.Cell{
			widget.T(th.Text, widget.Clean(strings.TrimPrefix(w.Name, "worker "))),
			workerState(th, w),
			widget.T(th.Text, orDash(th, strings.Join(doing, ", "))),
			widget.N(th.Text, ago(th, now, w.SeenAt), float64(w.SeenAt.Unix())),
			widget.N(th.Muted, ago(th, now, w.StartedAt), float64(w.StartedAt.Unix())),
			widget.T(th.Muted, strings.Join(w.Tasks, " ")),
			widget.T(th.Muted, widget.Clean(w.Version)),
			widget.T(th.Muted, orDash(th, widget.Clean(w.Listen))),
		}}
	}
	s.workers.SetRows(rows)
	s.fillRunning()
	rows = make([]widget.Row, len(v.Queue))
	for i, q := range v.Queue {
		waiting := widget.T(th.Muted, th.Tr("to be tried again later"))
		if q.Oldest != nil {
			waiting = widget.T(th.Text, th.Tr("the oldest for %s", age(th, now.Sub(*q.Oldest))))
		}
		rows[i] = widget.Row{ID: q.Stage, Cells: []widget.Cell{widget.T(th.Text, q.Stage), widget.N(th.Text, count(q.Queued), float64(q.Queued)), waiting}}
	}
	s.queue.SetRows(rows)
}

func (s *workers) fillRunning() {
	th, now, v := s.app.theme, s.app.now(), s.feed.value
	rows := make([]widget.Row, len(v.Running))
	for i, r := range v.Running {
		took, _ := runLength(now, r)
		done, beat := th.Glyph.Dash, widget.N(th.Faint, th.Glyph.Dash, 0)
		if r.UnitsTotal > 0 {
			done = count(r.UnitsDone) + "/" + count(r.UnitsTotal)
		}
		if r.HeartbeatAt != nil {
			beat = widget.N(th.Muted, ago(th, now, *r.HeartbeatAt), float64(r.HeartbeatAt.Unix()))
		}
		host := r.Host
		if r.PID != nil {
			host += fmt.Sprintf("/%d", *r.PID)
		}
		rows[i] = widget.Row{ID: r.ID.String(), Cells: []widget.Cell{
			widget.T(th.Text, r.Stage),
			widget.N(th.Running, shortDuration(th, took), took.Seconds()),
			widget.T(th.Muted, done),
			widget.T(th.Text, shortWindow(th, r)),
			widget.T(th.Muted, startedBy(th, r, " ")),
			widget.T(th.Muted, widget.Clean(host)),
			beat,
			widget.T(th.Faint, shortID(r.ID)),
		}}
	}
	s.running.SetRows(rows)
}

// workerState is how a worker is.
func workerState(th *theme.Theme, w db.Worker) widget.Cell {
	switch {
	case !w.Alive:
		return widget.T(th.Failed, th.Glyph.Bad+" "+th.Tr("gone"))
	case w.Stopping:
		return widget.T(th.Due, th.Glyph.Due+" "+th.Tr("stopping"))
	case len(w.Doing) > 0:
		return widget.T(th.Running, th.Glyph.Running+" "+th.Tr("at work"))
	}
	return widget.T(th.Fresh, th.Glyph.Fresh+" "+th.Tr("alive"))
}

// jobState is a state of River's in words.
func jobState(th *theme.Theme, state string) string {
	switch state {
	case "available":
		return th.Tr("ready")
	case "running":
		return th.Tr("running")
	case "scheduled":
		return th.Tr("for later")
	case "retryable":
		return th.Tr("to be tried again")
	}
	return state
}
