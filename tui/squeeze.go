package tui

import (
	"sextant/tui/theme"
	"sextant/tui/widget"
)

// squeeze wraps lines into at most h rows of a window w wide. Where they do not
// fit, the longest are cut to a row each, and then the last go.
func squeeze(th *theme.Theme, lines []widget.Line, w, h int) []string {
	wrapped, total := make([][]string, len(lines)), 0
	for i, l := range lines {
		wrapped[i] = widget.WrapIndented(l, w-2)
		total += len(wrapped[i])
	}
	for total > h {
		longest := 0
		for i := range wrapped {
			if len(wrapped[i]) >= len(wrapped[longest]) { // of equals the later
				longest = i
			}
		}
		if len(wrapped) == 0 || len(wrapped[longest]) < 2 {
			break
		}
		total -= len(wrapped[longest]) - 1
		wrapped[longest] = []string{lines[longest].Truncate(w-2, th.Glyph.Ellipsis).String()}
	}
	var rows []string
	for _, text := range wrapped {
		for _, s := range text {
			rows = append(rows, " "+s)
		}
	}
	return rows[:min(len(rows), h)]
}
