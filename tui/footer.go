package tui

import (
	"slices"
	"time"

	"sextant/tui/widget"
)

// status is the line above the footer: a toast, or what we wait for.
func (a *app) status() string {
	th := a.theme
	if a.toast.text != "" {
		sign, style := th.Glyph.OK, th.Fresh
		switch a.toast.level {
		case warning:
			sign, style = th.Glyph.Warn, th.Due
		case bad:
			sign, style = th.Glyph.Bad, th.Failed
		}
		return a.fit(widget.S(style, sign+" ").Add(th.Text, a.toast.text))
	}
	if a.switching != nil {
		return a.fit(widget.S(th.Running, th.Glyph.Running+" ").Add(th.Text, th.Tr("connecting to %s", a.switching.name)+th.Glyph.Ellipsis))
	}
	if len(a.actions) > 0 {
		return a.fit(widget.S(th.Running, th.Glyph.Running+" ").Add(th.Text, a.actions[0].what+th.Glyph.Ellipsis))
	}
	if wait := a.longestWait(); wait >= 2*time.Second && !a.link.lost {
		return a.fit(widget.S(th.Muted, th.Tr("waiting for the database, %s", age(th, wait))))
	}
	return a.fit(nil)
}

func (a *app) longestWait() time.Duration {
	var longest time.Duration
	for _, since := range a.waiting {
		longest = max(longest, a.now().Sub(since))
	}
	return longest
}

// footer lists the keys of the view in front.
func (a *app) footer() string {
	th := a.theme
	keys := a.front().Keys()
	var tail []Key
	if len(a.dialogs) == 0 && !a.front().Typing() {
		for _, k := range a.globalKeys() {
			if k.Label != "" {
				tail = append(tail, k)
			}
		}
	}
	room := a.width - 2
	end := a.keyLine(tail, room)
	if len(tail) > 0 && a.keyLine(keys, 1<<30).Width() > room-end.Width()-3 {
		help := slices.IndexFunc(tail, func(k Key) bool { return k.Strokes[0] == "?" })
		end = a.keyLine(tail[help:help+1], room) // which names the others
	}
	line := a.keyLine(keys, room-end.Width()-3)
	if len(line) > 0 && len(end) > 0 {
		line = line.Add(th.Blank, "   ")
	}
	return a.fit(append(line, end...))
}

// keyLine shows as many keys as fit, whole.
func (a *app) keyLine(keys []Key, room int) widget.Line {
	th := a.theme
	var line widget.Line
	for _, k := range keys {
		if k.Label == "" {
			continue
		}
		style, label := th.Key, th.Muted
		if k.Changes {
			style = th.ChangeKey
		}
		if k.Off != "" {
			style, label = th.KeyOff, th.KeyOff
		}
		next := widget.S(style, a.stroke(k.Strokes[0])).Add(th.Blank, " ").Add(label, th.Tr(k.Label))
		if len(line) > 0 {
			next = append(widget.S(th.Blank, "   "), next...)
		}
		if line.Width()+next.Width() > room {
			break
		}
		line = append(line, next...)
	}
	return line
}

// stroke is a keystroke as this terminal can show it.
func (a *app) stroke(s string) string {
	if shown := shownStroke(s); !a.mode.ASCII {
		return shown
	}
	return s
}
