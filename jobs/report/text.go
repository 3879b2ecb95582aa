package report

import (
	"strings"
	"unicode"
)

// line makes a text of words (strings) and foreign names (Spans).
func line(parts ...any) Text {
	var t Text
	for _, part := range parts {
		switch v := part.(type) {
		case string:
			t = append(t, Span{Text: v})
		case Span:
			t = append(t, v)
		case Text:
			t = append(t, v...)
		}
	}
	return t
}

// longestName is how many characters of a name are shown among words.
const longestName = 80

// name is a topic as it can be shown among words.
func name(s string) Span {
	s = Shown(s)
	if r := []rune(s); len(r) > longestName {
		s = strings.TrimSpace(string(r[:longestName-1])) + "…"
	}
	return Span{Text: s, Foreign: true}
}

// strong is a stretch of words that stands out.
func strong(s string) Span { return Span{Text: s, Strong: true} }

// Shown is an id as it can be shown: what would break a line, or turn the text
// around it, is left out; nothing is left of an id of only that but a dash.
func Shown(id string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Noncharacter_Code_Point, r):
			return -1
		}
		return r
	}, id)
	if strings.TrimSpace(s) == "" {
		return unknown
	}
	return s
}
