package widget

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Wrap renders a line over as many rows of w cells as it needs. It breaks at
// blanks alone: a date, a path or a negative number stays whole, unless it is
// longer than a row.
func Wrap(l Line, w int) []string { return wrapped(l, w, 0) }

// WrapIndented is Wrap with the rows after the first under the line's second
// column: a label's value, a key's meaning, what follows a sign.
func WrapIndented(l Line, w int) []string { return wrapped(l, w, min(secondColumn(l), w/2)) }

func wrapped(l Line, w, indent int) []string {
	if w < 1 {
		return nil
	}
	if l.Width() <= w {
		return []string{l.String()}
	}
	b := breaker{w: w, indent: indent}
	for blank, word := range wordsOf(l) {
		b.add(blank, word)
	}
	if b.filled || len(b.rows) == 0 {
		b.end()
	}
	return b.rows
}

// breaker puts words into rows.
type breaker struct {
	w, indent int
	rows      []string
	row       Line
	used      int  // cells of row
	filled    bool // row has a word
}

func (b *breaker) add(blank, word Line) {
	if b.filled && b.used+blank.Width()+word.Width() > b.w {
		b.end()
		blank = nil
	} else if len(b.rows) > 0 && !b.filled {
		blank = nil
	}
	b.put(blank)
	for b.used+word.Width() > b.w {
		head, rest := split(word, b.w-b.used)
		b.put(head)
		b.end()
		word = rest
	}
	b.put(word)
	b.filled = len(word) > 0
}

func (b *breaker) put(l Line) { b.row, b.used = append(b.row, l...), b.used+l.Width() }

// end finishes a row and begins the next.
func (b *breaker) end() {
	b.rows = append(b.rows, b.row.String())
	b.row, b.used, b.filled = Line{{Text: strings.Repeat(" ", b.indent)}}, b.indent, false
}

// wordsOf gives a line's words, each with the blanks before it.
func wordsOf(l Line) func(yield func(blank, word Line) bool) {
	return func(yield func(blank, word Line) bool) {
		var blank, word Line
		for _, s := range l {
			for text := s.Text; text != ""; {
				n := strings.IndexByte(text, ' ')
				if n == 0 { // blanks, up to the next word
					if len(word) > 0 {
						if !yield(blank, word) {
							return
						}
						blank, word = nil, nil
					}
					n = len(text) - len(strings.TrimLeft(text, " "))
					blank = blank.Add(s.Style, text[:n])
				} else {
					if n < 0 {
						n = len(text)
					}
					word = word.Add(s.Style, text[:n])
				}
				text = text[n:]
			}
		}
		if len(word) > 0 {
			yield(blank, word)
		}
	}
}

// split cuts a word after as many cells as fit into w, and after one character
// at least.
func split(word Line, w int) (head, rest Line) {
	for i, s := range word {
		for at := 0; at < len(s.Text); {
			r, n := utf8.DecodeRuneInString(s.Text[at:])
			cells := width(string(r))
			if cells > w && head.Width()+at > 0 {
				head = head.Add(s.Style, s.Text[:at])
				return head, append(S(s.Style, s.Text[at:]), word[i+1:]...)
			}
			w -= cells
			at += n
		}
		head = append(head, s)
	}
	return head, nil
}

// secondColumn is the cell at which a line's second column begins: after a sign,
// or after the padding or the first two blanks that follow something; 0 if it has
// none.
func secondColumn(l Line) int {
	const farthest = 24 // a sentence is no label
	text := l.Plain()
	first := strings.TrimLeft(text, " ")
	lead := len(text) - len(first)
	if r, n := utf8.DecodeRuneInString(first); !unicode.IsLetter(r) && !unicode.IsDigit(r) && strings.HasPrefix(first[n:], " ") {
		return lead + width(string(r)) + 1
	}
	label := len(first) // up to where
	if i := strings.Index(first, "  "); i > 0 {
		label = i
	}
	if p := padding(l) - lead; p > 0 {
		label = min(label, p)
	}
	second := strings.TrimLeft(first[label:], " ")
	if at := width(text[:len(text)-len(second)]); second != "" && at <= farthest {
		return at
	}
	return lead
}

// padding is the byte at which the first span after some text is nothing but
// blanks; 0 if there is none.
func padding(l Line) int {
	at := 0
	for _, s := range l {
		if at > 0 && s.Text != "" && strings.Trim(s.Text, " ") == "" {
			return at
		}
		at += len(s.Text)
	}
	return 0
}
