package widget

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// width is ansi.StringWidth, which looks for grapheme clusters, with a short cut
// for the characters that screens are made of: none of them joins another.
func width(s string) int {
	n := 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c >= ' ' && c <= '~':
			n++
			i++
		case c == '\x1b':
			length := styleLength(s[i:])
			if length == 0 {
				return ansi.StringWidth(s)
			}
			i += length
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			cells := runeCells(r)
			if cells == 0 {
				return ansi.StringWidth(s)
			}
			n += cells
			i += size
		}
	}
	return n
}

// styleLength is how long the escape sequence of a style is that s begins with;
// 0: it is another.
func styleLength(s string) int {
	if !strings.HasPrefix(s, "\x1b[") {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case (c < '0' || c > '9') && c != ';' && c != ':':
			return 0
		}
	}
	return 0
}

// runeCells is how many cells a character takes that stands for itself; 0: it may
// not.
func runeCells(r rune) int {
	switch {
	case r >= 0xAC00 && r <= 0xD7A3: // Hangul syllables
		return 2
	case r >= 0x2500 && r <= 0x25FC, r >= 0x2800 && r <= 0x28FF, // lines, blocks, shapes; braille
		r >= 0xAE && r <= 0x24F, r >= 0x391 && r <= 0x3C9, // Latin, Greek
		r >= 0x2010 && r <= 0x2027, r >= 0x2190 && r <= 0x21FF: // dashes and dots, arrows
		return 1
	}
	return 0
}
