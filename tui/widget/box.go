package widget

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sextant/tui/theme"
)

// Box frames lines, with a title in the upper edge. The width counts the frame
// and one blank inside each edge.
func Box(th *theme.Theme, title string, edge theme.Style, lines []string, w int) []string {
	g := th.Glyph
	inner := w - 4
	head := S(edge, g.TopLeft+g.Horizontal+" ").Add(th.Strong, ansi.Truncate(title, max(0, w-6), g.Ellipsis)).Add(edge, " ")
	head = head.Add(edge, strings.Repeat(g.Horizontal, max(0, w-1-head.Width()))+g.TopRight)
	out := []string{head.String()}
	side := edge.Render(g.Vertical)
	for _, l := range Frame(lines, inner, len(lines)) {
		out = append(out, side+" "+l+" "+side)
	}
	return append(out, edge.Render(g.BottomLeft+strings.Repeat(g.Horizontal, w-2)+g.BottomRight))
}

// Overlay draws a box over the middle of a screen whose rest recedes.
func Overlay(th *theme.Theme, screen, box []string, w int) []string {
	boxW := 0
	for _, l := range box {
		boxW = max(boxW, ansi.StringWidth(l))
	}
	x, y := max(0, (w-boxW)/2), max(0, (len(screen)-len(box))/2)
	out := make([]string, len(screen))
	for i, l := range screen {
		plain := ansi.Strip(l)
		if i < y || i >= y+len(box) {
			out[i] = th.Faint.Render(plain)
			continue
		}
		left := Frame([]string{ansi.Truncate(plain, x, "")}, x, 1)[0]
		right, want := ansi.TruncateLeft(plain, x+boxW, ""), max(0, ansi.StringWidth(plain)-x-boxW)
		if ansi.StringWidth(right) > want { // the box covers half a wide character
			right = ansi.TruncateLeft(plain, x+boxW+1, "")
		}
		right = strings.Repeat(" ", max(0, want-ansi.StringWidth(right))) + right
		out[i] = th.Faint.Render(left) + box[i-y] + th.Faint.Render(right)
	}
	return out
}

// Dim is a screen in faint text, as stale data looks.
func Dim(th *theme.Theme, screen []string) []string {
	out := make([]string, len(screen))
	for i, l := range screen {
		out[i] = th.Faint.Render(ansi.Strip(l))
	}
	return out
}
