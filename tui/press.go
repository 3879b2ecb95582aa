package tui

import tea "charm.land/bubbletea/v2"

// press gives a key to the view in front, then to the keys that work on every
// screen.
func (a *app) press(msg tea.KeyPressMsg) tea.Cmd {
	stroke := msg.String()
	if stroke == "ctrl+c" {
		return tea.Quit
	}
	if a.toast.level == warning { // it was about the key before
		a.toast = toast{}
	}
	front := a.front()
	if k, ok := find(front.Keys(), stroke); ok {
		return a.do(k)
	}
	if front.Typing() || len(a.dialogs) > 0 {
		return front.Update(msg)
	}
	if k, ok := find(a.globalKeys(), stroke); ok {
		return a.do(k)
	}
	return nil
}

// do carries out a key, or says why it is off.
func (a *app) do(k Key) tea.Cmd {
	if k.Off != "" {
		a.say(warning, k.Off)
		return nil
	}
	return k.Do()
}

// globalKeys work on every screen that is not taking text.
func (a *app) globalKeys() []Key {
	keys := []Key{
		{Strokes: []string{"esc", "backspace"}, Help: "back to the screen before", Do: a.back},
		{Strokes: []string{":"}, Label: "command", Help: "type a command: :run, :learner kim, :quit …", Do: func() tea.Cmd { return a.open(newPalette(a)) }},
		{Strokes: []string{"?"}, Label: "help", Help: "this help", Do: func() tea.Cmd { return a.open(newHelp(a)) }},
		{Strokes: []string{"ctrl+r"}, Help: "refresh now", Do: a.refresh},
		{Strokes: []string{"ctrl+z"}, Help: "to the shell; fg comes back", Do: func() tea.Cmd { return tea.Suspend }},
		{Strokes: []string{"q", "ctrl+c"}, Label: "quit", Help: "quit; what runs goes on running", Do: func() tea.Cmd { return tea.Quit }},
	}
	for i, t := range topScreens() {
		if t.number != "" {
			keys = append(keys, Key{Strokes: []string{t.number}, Help: t.name, Do: func() tea.Cmd { return a.jump(i) }})
		}
	}
	return keys
}

// wheel moves what the movement keys move.
func (a *app) wheel(msg tea.MouseWheelMsg) tea.Cmd {
	stroke := map[tea.MouseButton]string{tea.MouseWheelUp: "up", tea.MouseWheelDown: "down"}[msg.Button]
	k, ok := find(a.front().Keys(), stroke)
	if !ok || k.Off != "" {
		return nil
	}
	var cmds []tea.Cmd
	for range 3 {
		cmds = append(cmds, k.Do())
	}
	return tea.Batch(cmds...)
}

// click goes to the top screen whose tab is pressed.
func (a *app) click(msg tea.MouseClickMsg) tea.Cmd {
	if msg.Button != tea.MouseLeft || msg.Y != 1 || len(a.dialogs) > 0 || a.front().Typing() {
		return nil
	}
	for _, t := range a.tabsAt() {
		if msg.X >= t.from && msg.X < t.to {
			return a.jump(t.top)
		}
	}
	return nil
}
