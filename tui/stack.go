package tui

import tea "charm.land/bubbletea/v2"

// screen is the one in front.
func (a *app) screen() screen { return a.stack[len(a.stack)-1] }

// front is what keys go to.
func (a *app) front() view {
	if n := len(a.dialogs); n > 0 {
		return a.dialogs[n-1]
	}
	return a.screen()
}

// push opens a screen over the one in front.
func (a *app) push(s screen) tea.Cmd {
	a.dialogs = nil
	a.stack = append(a.stack, s)
	a.resize()
	return a.refresh()
}

// back closes the screen in front; the first one stays.
func (a *app) back() tea.Cmd {
	if len(a.stack) == 1 {
		return nil
	}
	a.screen().Close()
	a.stack = a.stack[:len(a.stack)-1]
	a.resize()
	return a.refresh()
}

// jump goes to a top screen and closes what is open over it.
func (a *app) jump(i int) tea.Cmd {
	a.dialogs = nil
	for _, s := range a.stack[1:] {
		s.Close()
	}
	if a.tops[i] == nil {
		a.tops[i] = topScreens()[i].open(a)
	}
	a.stack = []screen{a.tops[i]}
	a.resize()
	return a.refresh()
}

// begin opens the first screen, and no other.
func (a *app) begin() {
	a.tops = make([]screen, len(topScreens()))
	a.tops[topPipeline] = topScreens()[topPipeline].open(a)
	a.stack, a.dialogs = []screen{a.tops[topPipeline]}, nil
	a.resize()
}

// open shows a dialog.
func (a *app) open(d dialog) tea.Cmd {
	a.dialogs = append(a.dialogs, d)
	return nil
}

// dismiss closes the dialog in front.
func (a *app) dismiss() tea.Cmd {
	if n := len(a.dialogs); n > 0 {
		a.dialogs = a.dialogs[:n-1]
	}
	return nil
}
