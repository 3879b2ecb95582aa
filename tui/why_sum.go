package tui

import (
	"sextant/jobs"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// tabs names the two lists.
func (s *why) tabs() widget.Line {
	th, w := s.app.theme, s.feed.value
	style := func(on bool) theme.Style {
		if on {
			return th.Strong.Underline()
		}
		return th.Muted
	}
	line := widget.S(style(!s.onLeft), th.Tr("Used")).Add(th.Faint, " "+count(len(w.Used))).Add(th.Blank, "   ").
		Add(style(s.onLeft), th.Tr("Left out")).Add(th.Faint, " "+count(len(w.LeftOut)))
	if len(w.LeftOut) > 0 {
		line = line.Add(th.Faint, reasons(th, w.LeftOut, w.Lookback))
	}
	return line
}

// head is the sum: the prior's mean, what the answers add to it, and whether
// that is what is stored.
func (s *why) head() []string {
	a, w := s.app, s.feed.value
	th := a.theme
	title := widget.S(th.Strong, widget.Clean(w.UserID))
	if w.TopicID != nil {
		title = title.Add(th.Accent, "  "+widget.Clean(*w.TopicID))
	}
	title = title.Add(th.Strong, "  "+th.Glyph.Theta+" "+withSE(th, w.Stored.Theta, w.Stored.SE)).Add(th.Text, "  "+abilityWords(th, w.Stored.Theta, w.Stored.SE))
	lines := []widget.Line{title, sumLine(th, w), s.verdict()}
	if s.height >= 15 {
		lines = append(lines, widget.S(th.Muted, th.Tr("prior N(%s, %s²): %s", number(w.PriorMean, 2), number(w.PriorSD, 2), priorWords(th, w))+
			"  "+th.Glyph.Dot+"  "+th.Tr("scale %s", widget.Clean(w.Version))+"  "+th.Glyph.Dot+"  "+th.Tr("answers of %s up to %s UTC", plural(th, w.Lookback, "%s day", "%s days"), clock(a.now(), w.AsOf))))
		for _, n := range whyNotes(th, w) {
			lines = append(lines, widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, n))
		}
	}
	var rows []string
	for _, l := range lines {
		for _, r := range widget.WrapIndented(l, s.width-2) {
			rows = append(rows, " "+r)
		}
	}
	rows = rows[:min(len(rows), max(3, s.height/2))]
	if s.height >= 20 {
		rows = append(rows, "")
	}
	return rows
}

// sumLine adds the pulls up.
func sumLine(th *theme.Theme, w jobs.ThetaWhy) widget.Line {
	up, down, right, wrong := 0.0, 0.0, 0, 0
	for _, u := range w.Used {
		if u.Correct {
			right++
		} else {
			wrong++
		}
		if u.Pull > 0 {
			up += u.Pull
		} else {
			down += u.Pull
		}
	}
	return widget.S(th.Muted, th.Tr("prior")+" ").Add(th.Text, number(w.PriorMean, 2)).
		Add(th.Right, "  "+signed(up)).Add(th.Muted, " "+th.Tr("by %s right", count(right))).
		Add(th.Wrong, "  "+signed(down)).Add(th.Muted, " "+th.Tr("by %s wrong", count(wrong))).
		Add(th.Muted, "  = ").Add(th.Strong, th.Glyph.Theta+" "+number(w.PriorMean+up+down, 2))
}

// verdict sets the stored θ beside the one worked out anew.
func (s *why) verdict() widget.Line {
	th, w := s.app.theme, s.feed.value
	if w.Agrees {
		return widget.S(th.Fresh, th.Glyph.OK+" ").Add(th.Text, th.Tr("the stored estimate is what these answers give"))
	}
	return widget.S(th.Late, th.Glyph.Late+" ").Add(th.Text, th.Tr("stored %s, worked out anew %s: %s apart", number(w.Stored.Theta, 3), number(w.Theta, 3), signed(w.Difference)))
}

// describeWhy shows where an estimate comes from.
func describeWhy(a *app, w jobs.ThetaWhy, command string) dialog {
	th := a.theme
	d := &textDialog{app: a, title: a.tr("why %s", th.Glyph.Theta), copies: command}
	se := w.SE
	o := w.Origin
	lines := []widget.Line{
		pair(th, "stored", withSEOf(th, &w.Stored.Theta, w.Stored.SE)+", "+w.Stored.Model+", "+stamp(w.AsOf)),
		pair(th, "anew", withSEOf(th, &w.Theta, &se)),
		pair(th, "source", orDash(th, o.Source)),
	}
	if o.Stage != "" {
		lines = append(lines, pair(th, "stage", o.Stage+", "+o.Actor))
	}
	if o.RunID != nil {
		lines = append(lines, pair(th, "run", o.RunID.String()))
	}
	if o.Reason != "" {
		lines = append(lines, pair(th, "reason", o.Reason))
	}
	lines = append(lines, pair(th, "scale", w.Version), pair(th, "calibration", orDash(th, w.Calibration)),
		pair(th, "prior", "N("+number(w.PriorMean, 3)+", "+number(w.PriorSD, 3)+"²), "+priorWords(th, w)))
	for _, n := range whyNotes(th, w) {
		lines = append(lines, nil, widget.S(th.Due, th.Glyph.Warn+" ").Add(th.Text, n))
	}
	lines = append(lines, nil, widget.S(th.Muted, th.Tr("A pull is how far an answer moves the estimate: the prior's mean and all pulls add up to it. A right answer to an item that was expected to be right pulls little.")),
		nil, pair(th, "command", command))
	d.viewer.SetLines(lines)
	return d
}
