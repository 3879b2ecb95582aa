package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sextant/tui/theme"
)

// inASCII is a row w cells wide with the signs replaced that it still has: those
// of what the database holds, as a log. What that takes is made up for in the
// next gap, so that what follows keeps its column, or else at the row's end.
func inASCII(row string, w int) string {
	var b strings.Builder
	longer, blanks, state := 0, 0, byte(0)
	for row != "" {
		seq, width, n, next := ansi.DecodeSequence(row, state, nil)
		row, state = row[n:], next
		if width == 0 {
			b.WriteString(seq)
			continue
		}
		if seq != " " {
			blanks = 0
		} else if blanks++; blanks > 1 && longer > 0 {
			longer--
			continue
		}
		for _, r := range seq {
			sign, ok := theme.Sign(r)
			if !ok {
				sign = string(r)
			}
			b.WriteString(sign)
		}
		if sign, ok := theme.Sign([]rune(seq)[0]); ok {
			longer += len(sign) - width
		}
	}
	return ansi.Truncate(b.String(), w, "")
}
