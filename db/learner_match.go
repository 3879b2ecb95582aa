package db

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pattern is the query for the conditions below.
func (s *learnerSearch) pattern() string { return "%" + likeEscape.Replace(lowerASCII(s.Query)) + "%" }

// matches is the condition that an id read one by one contains the query, in
// whatever case the letters of ASCII are. ILIKE says the same and takes longer:
// up to four times as long where the query has no such letters.
func (s *learnerSearch) matches() string {
	if !hasASCIILetter(s.Query) {
		return `user_id LIKE @pattern`
	}
	return `lower(user_id) LIKE @pattern`
}

// indexed is the same for the index of the trigrams.
func (s *learnerSearch) indexed() string {
	if !hasASCIILetter(s.Query) {
		return `user_id LIKE @pattern`
	}
	return `user_id ILIKE @pattern`
}

// lowerASCII is what lower and ILIKE make of a text in the order of bytes.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, text)
}

func hasASCIILetter(text string) bool {
	return strings.ContainsFunc(lowerASCII(text), func(r rune) bool { return 'a' <= r && r <= 'z' })
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// hasTrigram reports whether a text holds three characters of a word, or two at
// its edge, that the index of the ids can be asked for. Without any it would be
// read as a whole, and that cannot be interrupted.
func hasTrigram(query string) bool {
	for i, word := range wordsOf(query) {
		edge := i > 0 || !isWord(firstRune(query))
		if n := utf8.RuneCountInString(word); n >= 3 || n == 2 && (edge || !strings.HasSuffix(query, word)) {
			return true
		}
	}
	return false
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !isWord(r) })
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// ranges are where ids that begin with a short text stand in the order of their
// bytes, a range for each way to write it in upper and lower case.
func ranges(query string) (low, high []string) {
	ways := []string{""}
	for _, r := range query {
		var next []string
		for _, w := range ways {
			for _, c := range slices.Compact(slices.Sorted(slices.Values([]rune{unicode.ToLower(r), unicode.ToUpper(r)}))) {
				next = append(next, w+string(c))
			}
		}
		ways = next
	}
	for _, w := range ways {
		low, high = append(low, w), append(high, w+string(unicode.MaxRune))
	}
	return low, high
}
